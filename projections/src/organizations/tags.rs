//! Tags of organizations, a row for each.

use domain::text::fold;
use engine::TableSpec;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organization_tags")]
pub struct Model {
    /// Organization and folded tag.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub organization_id: Uuid,
    /// As it was first written.
    pub tag: String,
    pub tag_folded: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn of(organization: Uuid, tag: &str) -> Self {
        Self {
            id: key(organization, tag),
            organization_id: organization,
            tag: tag.to_owned(),
            tag_folded: fold(tag),
        }
    }
}

pub(super) fn key(organization: Uuid, tag: &str) -> String {
    format!("{organization}/{}", fold(tag))
}

pub(super) fn table() -> TableSpec {
    TableSpec::of::<Entity>()
        .index(Column::OrganizationId)
        .index_on([Column::TagFolded, Column::OrganizationId])
}
