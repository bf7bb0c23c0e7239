//! Projections: pure functions from events to the rows of read models.
//!
//! A [`Projection`] names its tables, says which rows an event needs, and changes them in a buffered write set
//! ([`Rows`]). It does no I/O, reads no clock and has no effects: the runner in [`crate::views`] loads what a page of
//! events needs, folds the page in memory and writes rows and position in one transaction. A projection never copies
//! another aggregate's mutable field: queries join.
//!
//! [`spec`] is how projections are tested: given events, expect rows.

mod buffer;
mod column;
mod fold;
mod key;
mod needs;
mod rows;
pub mod spec;
mod table;

use crate::Recorded;

pub(crate) use buffer::{Buffer, Lookup};
pub(crate) use column::Kind;
pub(crate) use fold::{Failure, Lane, Note, Parked};
pub use key::Key;
pub use needs::Needs;
pub(crate) use needs::{Need, What};
pub use rows::Rows;
pub(crate) use rows::RowsOfTable;
pub use table::TableSpec;

/// A read model: tables, and how events change their rows.
pub trait Projection<E>: Send + Sync + 'static {
    /// Stable name: states, parked keys and skips are kept under it.
    fn name(&self) -> &'static str;

    /// Raise it whenever the rows would come out differently: a new version is built beside the old one.
    fn version(&self) -> u32;

    /// The tables this projection alone writes.
    fn tables(&self) -> Vec<TableSpec>;

    /// What a failure at this event holds back: every later event with the same partition waits, the rest goes on.
    /// `None`: no partition, a failure stops the whole projection.
    fn partition(&self, event: &Recorded<E>) -> Option<String>;

    /// Names the rows and lookups that [`Projection::apply`] will read for this event. A row that is only put or
    /// removed without being read need not be named.
    fn needs(&self, event: &Recorded<E>, needs: &mut Needs);

    /// Changes the rows. After an error nothing of this event's changes stays.
    fn apply(&self, event: &Recorded<E>, rows: &mut Rows) -> Result<(), ProjectionError>;
}

/// Why a projection could not take an event. The event is parked with this text, for people to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// The event speaks of a row that should be there.
    #[error("no row `{key}` in table `{table}`")]
    MissingRow { table: &'static str, key: Key },
    /// The projection read something it had not named in `needs`.
    #[error("table `{table}` was read at `{what}` without naming it in `needs`")]
    Undeclared { table: String, what: String },
    /// The projection used a table that is not among its `tables`.
    #[error("table `{table}` is not one of this projection's tables")]
    ForeignTable { table: &'static str },
    /// The projection panicked: a bug.
    #[error("the projection panicked: {0}")]
    Panicked(String),
    /// Anything else, in the projection's own words.
    #[error("{0}")]
    Other(String),
}

impl ProjectionError {
    /// An error in the projection's own words.
    pub fn other(reason: impl std::fmt::Display) -> Self {
        Self::Other(reason.to_string())
    }
}
