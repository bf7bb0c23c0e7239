//! Why an event cannot be written or read.

use journal::{Position, RecordedEvent};
use uuid::Uuid;

use crate::{code::Code, keys::KeyError, vocabulary::DecodeError};

#[derive(Debug, Clone, thiserror::Error)]
pub enum CodecError {
    /// An event that this program does not know. The reader stops: it would be wrong to go on without it.
    #[error("the event at position {position} (`{event_type}`) cannot be read: {reason}. Use a newer alforis")]
    Unknown {
        position: Position,
        event_type: String,
        reason: DecodeError,
    },
    /// An event of a schema version that this program does not know.
    #[error(
        "the event at position {position} (`{event_type}`) has schema version {found}, this program knows up to \
         {supported}. Use a newer alforis"
    )]
    NewerSchema {
        position: Position,
        event_type: String,
        found: u32,
        supported: u32,
    },
    /// The key of this sealed value is neither in the vault nor was it destroyed.
    #[error("the key of person {person} is missing, the event at position {position} cannot be opened")]
    KeyMissing { position: Position, person: Uuid },
    /// The sealed bytes are not those that were written.
    #[error("the sealed data of person {person} in the event at position {position} is damaged")]
    SealBroken { position: Position, person: Uuid },
    /// Nothing can be written about this person any more.
    #[error("the data of person {person} was erased. Use a new person id")]
    PersonErased { person: Uuid },
    /// The event's version and the table of upcasters disagree.
    #[error("event `{event_type}` says schema version `{found}`, the upcasters lead to {current}")]
    SchemaVersion {
        event_type: String,
        found: String,
        current: u32,
    },
    /// The payload uses a key that the codec keeps for itself in a way of its own.
    #[error("an event may not contain the key `{key}` in this form")]
    ReservedKey { key: String },
    #[error("the event cannot be written as JSON: {0}")]
    Encode(String),
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl CodecError {
    pub(super) fn unreadable(event: &RecordedEvent, reason: DecodeError) -> Self {
        Self::Unknown {
            position: event.header.position,
            event_type: event.header.event_type.to_string(),
            reason,
        }
    }

    pub fn code(&self) -> Code {
        match self {
            Self::Unknown { .. } | Self::NewerSchema { .. } => Code::UnknownEvent,
            Self::KeyMissing { .. } | Self::SealBroken { .. } => Code::SealBroken,
            Self::PersonErased { .. } => Code::PersonErased,
            Self::SchemaVersion { .. } | Self::ReservedKey { .. } | Self::Encode(_) => Code::Internal,
            Self::Key(error) => error.code(),
        }
    }
}
