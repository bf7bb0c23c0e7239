//! Events as the journal sees them: a header and bytes.

use std::{fmt, str::FromStr, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::tree::Hash;

/// Place of an event in the whole journal: dense from 1, without gaps. `0` is the place before the first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// The place before the first event.
    pub const START: Self = Self(0);

    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Place of an event in its stream: dense from 1. `0` is the version of a stream that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// The version of a stream without events.
    pub const NONE: Self = Self(0);

    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_micros())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    /// Times outside chrono's range, which no [`DateTime`] can have produced, saturate.
    fn from(time: Timestamp) -> Self {
        let edge = if time.0 < 0 { Self::MIN_UTC } else { Self::MAX_UTC };
        Self::from_timestamp_micros(time.0).unwrap_or(edge)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DateTime::<Utc>::from(*self)
            .to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
            .fmt(f)
    }
}

/// Name of a stream: the category (the aggregate's type) and the aggregate's id. Written `deal:0190…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    pub category: Arc<str>,
    pub id: Uuid,
}

impl StreamId {
    pub fn new(category: impl Into<Arc<str>>, id: Uuid) -> Self {
        Self {
            category: category.into(),
            id,
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.category, self.id)
    }
}

/// A stream name that is not `category:uuid`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a stream name: write `category:uuid`, for example `deal:018f3a5e-0000-7000-8000-000000000000`")]
pub struct InvalidStreamId(pub String);

impl FromStr for StreamId {
    type Err = InvalidStreamId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidStreamId(text.to_owned());
        let (category, id) = text.split_once(':').ok_or_else(invalid)?;
        let named = !category.is_empty()
            && category
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'-');
        let id = Uuid::parse_str(id).map_err(|_| invalid())?;
        if named {
            Ok(Self::new(category, id))
        } else {
            Err(invalid())
        }
    }
}

impl Serialize for StreamId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StreamId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// An event about to be appended. The journal adds position, version, recording time and leaf hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    pub event_id: Uuid,
    pub event_type: Arc<str>,
    pub schema_version: u32,
    /// Business time: when it happened in the world.
    pub occurred_at: Timestamp,
    /// Stored and hashed exactly as given.
    pub payload: Bytes,
    /// Stored and hashed exactly as given; empty when there is none.
    pub metadata: Bytes,
}

/// Everything the journal knows of an event besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventHeader {
    pub position: Position,
    pub stream: StreamId,
    pub version: Version,
    pub event_id: Uuid,
    pub event_type: Arc<str>,
    pub schema_version: u32,
    /// When the journal took it; never decreases with the position.
    pub recorded_at: Timestamp,
    /// Business time: when it happened in the world.
    pub occurred_at: Timestamp,
    /// Who did it, as a name that means something to the application (`user:…`, `token:…`, `system:…`).
    pub actor: Arc<str>,
    pub command_id: Uuid,
    pub correlation_id: Uuid,
    pub causation_id: Option<Uuid>,
}

/// An event as it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    pub header: EventHeader,
    pub payload: Bytes,
    pub metadata: Bytes,
    /// RFC 6962 leaf hash over header and bytes: see [`crate::tree::leaf_hash`].
    pub leaf_hash: Hash,
}
