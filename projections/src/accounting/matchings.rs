//! What settles what: letters are given by it.

use domain::accounting::Matching;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounting_matchings")]
pub struct Model {
    /// Of the event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub matched_on: String,
    /// The invoice.
    pub invoice_id: Uuid,
    /// The payment or credit note.
    pub by_id: Uuid,
    /// Below zero: no more.
    pub amount_minor: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn of(matching: &Matching) -> Self {
        Self {
            position: matching.position as i64,
            matched_on: matching.on.to_string(),
            invoice_id: matching.one,
            by_id: matching.other,
            amount_minor: matching.amount,
        }
    }
}
