//! Tags of contacts, a row for each.

use domain::text::fold;
use engine::TableSpec;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_tags")]
pub struct Model {
    /// Contact and folded tag.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub contact_id: Uuid,
    /// As it was first written.
    pub tag: String,
    pub tag_folded: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn of(contact: Uuid, tag: &str) -> Self {
        Self {
            id: key(contact, tag),
            contact_id: contact,
            tag: tag.to_owned(),
            tag_folded: fold(tag),
        }
    }
}

pub(super) fn key(contact: Uuid, tag: &str) -> String {
    format!("{contact}/{}", fold(tag))
}

pub(super) fn table() -> TableSpec {
    TableSpec::of::<Entity>()
        .index(Column::ContactId)
        .index_on([Column::TagFolded, Column::ContactId])
}
