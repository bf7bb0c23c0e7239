//! Given events, expect rows: one by one, twice, in one page and rebuilt.

mod agenda;
mod attachments;
mod contacts;
mod deal_parts;
mod deal_stage_entries;
mod deals;
mod deliveries;
mod erased_persons;
mod imports;
mod invoices;
mod notifications;
mod organizations;
mod pipelines;
mod saved_filters;
mod task_series;
mod tasks;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub(crate) const ONE: Uuid = Uuid::from_u128(1);
pub(crate) const TWO: Uuid = Uuid::from_u128(2);

/// A time of March 2026, given as `DDTHH:MM`.
pub(crate) fn march(time: &str) -> DateTime<Utc> {
    format!("2026-03-{time}:00Z").parse().unwrap()
}

pub(crate) fn micros(time: &str) -> i64 {
    march(time).timestamp_micros()
}
