//! What the customer may buy.

use domain::{deal::ProductOfInterest, text::fold};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deal_products")]
pub struct Model {
    /// Deal and place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub deal_id: Uuid,
    /// From 1.
    pub place: i32,
    pub label: String,
    pub label_folded: String,
    /// A decimal number.
    pub quantity: Option<String>,
    pub amount_minor: Option<i64>,
    pub amount_currency: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn new(deal: Uuid, place: i32, product: &ProductOfInterest) -> Self {
        Self {
            id: super::key(deal, place),
            deal_id: deal,
            place,
            label: product.label.clone(),
            label_folded: fold(&product.label),
            quantity: product.quantity.map(|quantity| quantity.to_string()),
            amount_minor: product.amount.map(|amount| amount.minor_units),
            amount_currency: product.amount.map(|amount| amount.currency.code().to_owned()),
        }
    }
}
