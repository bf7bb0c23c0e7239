//! Whose sale it is, and in which parts.

use domain::deal::CreditShare;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deal_credits")]
pub struct Model {
    /// Deal and place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub deal_id: Uuid,
    /// From 1.
    pub place: i32,
    pub user_id: Uuid,
    /// Hundredths of a percent.
    pub basis_points: i32,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn new(deal: Uuid, place: i32, share: CreditShare) -> Self {
        Self {
            id: super::key(deal, place),
            deal_id: deal,
            place,
            user_id: share.user.0,
            basis_points: share.basis_points as i32,
        }
    }
}
