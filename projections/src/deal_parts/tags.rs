//! What people mark deals with.

use domain::text::fold;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deal_tags")]
pub struct Model {
    /// Deal and place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub deal_id: Uuid,
    /// From 1; some may be missing in between.
    pub place: i32,
    pub name: String,
    pub name_folded: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn new(deal: Uuid, place: i32, name: &str) -> Self {
        Self {
            id: super::key(deal, place),
            deal_id: deal,
            place,
            name: name.to_owned(),
            name_folded: fold(name),
        }
    }
}
