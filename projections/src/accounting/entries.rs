//! Entries, a row each.

use domain::accounting::{Entry, Line};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounting_entries")]
pub struct Model {
    /// Of the event that it comes from: an event has one entry at most.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// The last day of its fiscal year.
    pub closing: String,
    /// From 1, without gap within the fiscal year.
    pub number: i32,
    /// As in [`domain::accounting::Journal::as_str`].
    pub journal: String,
    pub journal_code: String,
    pub journal_label: String,
    /// The day that it counts for.
    pub entry_date: String,
    pub piece: String,
    pub piece_date: String,
    pub label: String,
    pub valid_on: String,
    /// What its debits add up to, and its credits.
    pub total_minor: i64,
    /// What it happened to: `invoice` or `payment`, and its id.
    pub category: String,
    pub stream_id: Uuid,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn of(entry: &Entry, header: &EventHeader) -> Self {
        Self {
            position: entry.position as i64,
            closing: entry.closing.to_string(),
            number: entry.number as i32,
            journal: entry.journal.as_str().to_owned(),
            journal_code: entry.journal_name.code.clone(),
            journal_label: entry.journal_name.label.clone(),
            entry_date: entry.on.to_string(),
            piece: entry.piece.clone(),
            piece_date: entry.piece_date.to_string(),
            label: entry.label.clone(),
            valid_on: entry.valid_on.to_string(),
            total_minor: entry.lines.iter().map(Line::debit).sum(),
            category: header.stream.category.to_string(),
            stream_id: header.stream.id,
        }
    }
}
