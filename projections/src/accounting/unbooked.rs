//! What is in no book: amounts in a currency for which there is no rate of exchange.

use domain::accounting::Unbooked;
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounting_unbooked")]
pub struct Model {
    /// Of the event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// `invoice` or `payment`, and its id.
    pub category: String,
    pub stream_id: Uuid,
    /// The day that it would count for.
    pub counted_on: String,
    pub piece: String,
    pub amount_minor: i64,
    pub currency: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn of(unbooked: &Unbooked, header: &EventHeader) -> Self {
        Self {
            position: unbooked.position as i64,
            category: header.stream.category.to_string(),
            stream_id: header.stream.id,
            counted_on: unbooked.on.to_string(),
            piece: unbooked.piece.clone(),
            amount_minor: unbooked.amount,
            currency: unbooked.currency.code().to_owned(),
        }
    }
}
