//! How the books are kept: one row, once something was said of it.

use domain::accounting_period::AccountingState;
use engine::ProjectionError;
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The last day that is closed.
    pub locked_through: Option<String>,
    /// All of [`AccountingState`] as JSON.
    pub state: String,
    pub updated_at: i64,
    /// Of the stream.
    pub version: i64,
    /// Of the last event.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn of(state: &AccountingState, header: &EventHeader) -> Result<Self, ProjectionError> {
        Ok(Self {
            id: header.stream.id,
            locked_through: state.locked_through().map(|day| day.to_string()),
            state: crate::json(state)?,
            updated_at: header.occurred_at.0,
            version: header.version.0 as i64,
            position: header.position.0 as i64,
        })
    }
}
