//! What the ledger remembers.

use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounting_states")]
pub struct Model {
    /// As [`domain::accounting::StateKey`] prints itself.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// JSON.
    pub state: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
