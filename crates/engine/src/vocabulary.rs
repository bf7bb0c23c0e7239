//! What the engine must be told of the application's events: a table of functions.

use journal::Position;
use serde_json::Value;
use uuid::Uuid;

/// One pure step over the whole payload, from the named schema version of the event type to the next.
pub type Upcaster = (&'static str, u32, fn(Value) -> Value);

/// The application's events, as far as the engine has to understand them.
pub struct Vocabulary<E> {
    /// Reads an opened payload of the current schema version.
    pub decode: fn(category: &str, payload: &[u8]) -> Result<E, DecodeError>,
    /// Every step from an older schema version. A type's current version is one more than its highest step.
    pub upcasters: &'static [Upcaster],
    /// The event that a projection was told to pass over, when this event says so.
    pub skipped: fn(&E) -> Option<SkippedEvent>,
    /// The person who was erased, when this event says so.
    pub erased: fn(&E) -> Option<Uuid>,
}

impl<E> Clone for Vocabulary<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Vocabulary<E> {}

/// An event that a projection passes over, for a reason that the journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedEvent {
    pub projection: String,
    pub position: Position,
}

/// Why a payload is not an event of the vocabulary. A reader that meets one stops: it never skips.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No aggregate of this program writes such streams.
    #[error("unknown stream category `{0}`")]
    UnknownCategory(String),
    /// The category is known, the payload is not one of its events.
    #[error("not an event of this program: {0}")]
    Unreadable(String),
}

impl From<serde_json::Error> for DecodeError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}
