//! What makes two organizations look alike, a row for each mark. Merged ones have none: they were found already.

use engine::{Rows, TableSpec};
use sea_orm::entity::prelude::*;

use crate::likeness::{beginnings, telling_words};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organization_likeness")]
pub struct Model {
    /// Organization and reason.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub organization_id: Uuid,
    /// `SIREN`, `VAT_NUMBER`, `NAME` or `SIMILAR_NAME`.
    pub reason: String,
    /// Equal in those that are alike: the reason, and what is the same.
    pub mark: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The marks of an organization.
pub(super) fn of(row: &super::Model) -> Vec<Model> {
    if row.merged_into.is_some() {
        return Vec::new();
    }
    let telling = telling_words(&row.name);
    // A French VAT number ends with the company's SIREN.
    let of_vat_number = row
        .vat_number
        .as_deref()
        .and_then(|number| number.strip_prefix("FR")?.get(2..));
    let marks = [
        ("SIREN", row.siren.as_deref().or(of_vat_number).map(str::to_owned)),
        ("VAT_NUMBER", row.vat_number.clone()),
        ("SIMILAR_NAME", Some(beginnings(&telling))),
        ("NAME", Some(telling)),
    ];
    let marks = marks.into_iter().filter_map(|(reason, what)| Some((reason, what?)));
    marks
        .map(|(reason, what)| Model {
            id: format!("{}/{reason}", row.id),
            organization_id: row.id,
            reason: reason.to_owned(),
            mark: format!("{reason}:{what}"),
        })
        .collect()
}

/// Replaces the marks of an organization; what it has is to be named in `needs`.
pub(super) fn refresh(row: &super::Model, rows: &mut Rows) {
    for old in rows.matching::<Entity>(Column::OrganizationId, row.id) {
        rows.remove::<Entity>(old.id);
    }
    for mark in of(row) {
        rows.put(mark);
    }
}

pub(super) fn table() -> TableSpec {
    TableSpec::of::<Entity>()
        .index(Column::OrganizationId)
        .index_on([Column::Mark, Column::OrganizationId])
}
