//! What issued documents say of themselves, without tax: the other side of the reconciliation.

use domain::accounting::DocumentFact;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounting_documents")]
pub struct Model {
    /// Of the invoice or credit note.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Of the event that wrote it into the books.
    pub position: i64,
    /// As in [`domain::document::InvoiceKind::as_str`].
    pub kind: String,
    pub number: String,
    pub issued_on: String,
    /// The day of its entry.
    pub entry_date: String,
    /// What was sold by it: nothing by a deposit, below zero by a credit note.
    pub revenue_minor: i64,
    /// What the customer was asked for by it.
    pub invoiced_minor: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn of(document: &DocumentFact) -> Self {
        Self {
            id: document.invoice.0,
            position: document.position as i64,
            kind: document.kind.as_str().to_owned(),
            number: document.number.clone(),
            issued_on: document.issued_on.to_string(),
            entry_date: document.on.to_string(),
            revenue_minor: document.revenue,
            invoiced_minor: document.invoiced,
        }
    }
}
