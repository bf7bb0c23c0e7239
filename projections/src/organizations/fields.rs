//! Fields of the house of organizations, a row for each.

use domain::CustomValue;
use engine::TableSpec;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organization_fields")]
pub struct Model {
    /// Organization and key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub organization_id: Uuid,
    pub key: String,
    /// `TEXT`, `NUMBER`, `DATE` or `BOOL`.
    pub kind: String,
    /// The value as text: a decimal, `YYYY-MM-DD`, `true` or `false`.
    pub value: String,
    /// A number once more, for comparing.
    pub number: Option<f64>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn of(organization: Uuid, key: &str, value: &CustomValue) -> Self {
        let (kind, text) = match value {
            CustomValue::Text(text) => ("TEXT", text.clone()),
            CustomValue::Number(number) => ("NUMBER", number.to_string()),
            CustomValue::Date(date) => ("DATE", date.to_string()),
            CustomValue::Bool(bool) => ("BOOL", bool.to_string()),
        };
        let number = match value {
            CustomValue::Number(_) => text.parse().ok(),
            _ => None,
        };
        Self {
            id: self::key(organization, key),
            organization_id: organization,
            key: key.to_owned(),
            kind: kind.to_owned(),
            value: text,
            number,
        }
    }
}

pub(super) fn key(organization: Uuid, key: &str) -> String {
    format!("{organization}/{key}")
}

pub(super) fn table() -> TableSpec {
    TableSpec::of::<Entity>()
        .index(Column::OrganizationId)
        .index_on([Column::Key, Column::Value])
}
