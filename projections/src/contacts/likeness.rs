//! What makes two contacts look alike, a row for each mark. Merged ones have none: they were found already. The marks
//! are personal data: they go with the person's erasure.

use domain::text::fold;
use engine::{Rows, TableSpec};
use sea_orm::entity::prelude::*;

use crate::likeness::{beginnings, dialled, telling_words};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_likeness")]
pub struct Model {
    /// Contact and mark.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub contact_id: Uuid,
    pub person_id: Uuid,
    /// `EMAIL`, `PHONE`, `NAME` or `SIMILAR_NAME`.
    pub reason: String,
    /// Equal in those that are alike: the reason, and what is the same.
    pub mark: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn of(row: &super::Model) -> Vec<Model> {
    if row.merged_into.is_some() || row.erased {
        return Vec::new();
    }
    let mut marks = Vec::new();
    marks.extend(row.emails().into_iter().map(|email| ("EMAIL", fold(&email))));
    marks.extend(row.phones().into_iter().map(|phone| ("PHONE", dialled(&phone))));
    if let Some(name) = &row.full_name {
        // Namesakes are many: a name says something only within one organization.
        let place = row.organization_id.map(|id| id.to_string()).unwrap_or_default();
        let telling = telling_words(name);
        marks.push(("SIMILAR_NAME", format!("{} {place}", beginnings(&telling))));
        marks.push(("NAME", format!("{telling} {place}")));
    }
    marks
        .into_iter()
        .map(|(reason, what)| {
            let mark = format!("{reason}:{what}");
            Model {
                id: format!("{}/{mark}", row.id),
                contact_id: row.id,
                person_id: row.person_id,
                reason: reason.to_owned(),
                mark,
            }
        })
        .collect()
}

/// Replaces the marks of a contact; what it has is to be named in `needs`.
pub(super) fn refresh(row: &super::Model, rows: &mut Rows) {
    for old in rows.matching::<Entity>(Column::ContactId, row.id) {
        rows.remove::<Entity>(old.id);
    }
    for mark in of(row) {
        rows.put(mark);
    }
}

pub(super) fn table() -> TableSpec {
    TableSpec::of::<Entity>()
        .index(Column::ContactId)
        .index(Column::PersonId)
        .index_on([Column::Mark, Column::ContactId])
}
