//! What one asks of the journal, and what it answers.

use std::sync::Arc;

use uuid::Uuid;

use crate::event::{NewEvent, Position, StreamId, Timestamp, Version};

/// What an append expects of a stream's version. The words are KurrentDB's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// No expectation.
    Any,
    /// The stream has no event.
    NoStream,
    /// The stream has at least one event.
    Exists,
    /// The stream's last event has this version.
    Exact(Version),
}

impl Expected {
    /// Whether a stream that stands at `current` ([`Version::NONE`] when it does not exist) meets the expectation.
    pub fn admits(self, current: Version) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => current == Version::NONE,
            Self::Exists => current > Version::NONE,
            Self::Exact(version) => current == version,
        }
    }
}

/// Names a command for ever: nobody else's command can have the same key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommandKey {
    /// Whose ids these are: one client's ids cannot collide with another's or with the system's.
    pub issuer: Arc<str>,
    pub id: Uuid,
}

/// Keyed digest of a command's content, so that a reused id with another payload is recognized without storing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// The events to append to one stream.
#[derive(Debug, Clone)]
pub struct StreamWrite {
    pub stream: StreamId,
    pub expected: Expected,
    pub events: Vec<NewEvent>,
}

/// A stream that is only looked at: the append is refused when the expectation does not hold.
#[derive(Debug, Clone)]
pub struct StreamCheck {
    pub stream: StreamId,
    pub expected: Expected,
}

/// All or nothing: either every write and check holds and all events are appended, or nothing is.
///
/// A batch without events is legal: it records that the command was taken and led to nothing.
#[derive(Debug, Clone)]
pub struct AppendBatch {
    pub command: CommandKey,
    pub fingerprint: Fingerprint,
    pub actor: Arc<str>,
    pub correlation_id: Uuid,
    pub causation_id: Option<Uuid>,
    /// The engine's clock at the time of asking; the recording time is the later of this and the head's.
    pub now: Timestamp,
    /// At most one write per stream.
    pub writes: Vec<StreamWrite>,
    pub checks: Vec<StreamCheck>,
}

/// The answer to an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The first event's position; `None` when the command led to no event.
    pub first: Option<Position>,
    /// The last event's position; the head's at that time when the command led to no event.
    pub last: Position,
    /// The streams written, each with its version after the append, in the order of writing.
    pub versions: Vec<(StreamId, Version)>,
    /// Whether this is the answer that the same command got before.
    pub replayed: bool,
}
