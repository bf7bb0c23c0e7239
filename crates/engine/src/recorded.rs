//! An event as readers get it: typed, opened, at its current schema version.

use bytes::Bytes;
use journal::EventHeader;

/// A typed event with everything the journal knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    pub header: EventHeader,
    pub event: E,
    /// As written; empty when there is none.
    pub metadata: Bytes,
}
