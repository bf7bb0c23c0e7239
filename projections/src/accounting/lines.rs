//! The lines of entries.

use domain::accounting::{Entry, Line};
use sea_orm::entity::prelude::*;

/// Lines of one entry at most: each account once, so far fewer.
const LINES_MAX: i64 = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounting_lines")]
pub struct Model {
    /// In the order of the journal and of the lines.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Of the entry.
    pub position: i64,
    pub closing: String,
    pub entry_date: String,
    /// As in [`domain::accounting::Journal::as_str`].
    pub journal: String,
    pub account: String,
    pub account_label: String,
    /// The customer's code and name at the time.
    pub auxiliary: Option<String>,
    pub auxiliary_label: Option<String>,
    /// Above zero a debit, below a credit.
    pub amount_minor: i64,
    /// The document or payment whose settlement it is part of.
    pub settles: Option<Uuid>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn of(entry: &Entry, at: usize, line: &Line) -> Self {
        let auxiliary = line.auxiliary.as_ref();
        Self {
            id: entry.position as i64 * LINES_MAX + at as i64,
            position: entry.position as i64,
            closing: entry.closing.to_string(),
            entry_date: entry.on.to_string(),
            journal: entry.journal.as_str().to_owned(),
            account: line.account.number.clone(),
            account_label: line.account.label.clone(),
            auxiliary: auxiliary.map(|of| of.code.clone()),
            auxiliary_label: auxiliary.map(|of| of.label.clone()),
            amount_minor: line.amount,
            settles: line.key,
        }
    }
}
