//! Receipts: a stream's events, or one of them, with all that is needed to check them without the journal.
//!
//! A receipt proves that these very events stood in the journal when its checkpoint was signed. It cannot prove that
//! nothing came later, nor that no other event claims to be of the same stream: that is for `verify` and for those
//! who keep checkpoints.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    checkpoint::{self, CheckpointError, SignedCheckpoint, SigningKeyFile, TrustedKeys},
    error::JournalError,
    event::{EventHeader, Position, RecordedEvent, StreamId, Timestamp, Version},
    port::Journal,
    tree::{Hash, TreeError, TreeReader, leaf_hash, verify_inclusion},
};

/// Names the form of the document.
const FORMAT: &str = "alforis/receipt/1";
/// Events read from the journal at once.
const PAGE: usize = 1_000;

/// What a receipt does not prove, to be told to whoever reads one.
pub const LIMITS: &str = "It does not prove that nothing came later, nor that the journal has no other event of this \
    stream: for that, run `alforis verify --against` a later checkpoint on the journal itself.";

/// Which events a receipt is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// Versions 1 up to the last there was.
    History,
    /// One event alone.
    Event,
}

/// The document. Unknown fields are refused, so that nothing unproven can be slipped into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    format: String,
    scope: Scope,
    stream: StreamId,
    events: Vec<ReceiptEvent>,
    /// The signed note, whole.
    checkpoint: String,
    /// Rotations of the signing key, whole; empty when it was never replaced.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    key_rotations: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReceiptEvent {
    position: Position,
    version: Version,
    event_id: Uuid,
    event_type: String,
    schema_version: u32,
    /// Microseconds since 1970, as in the leaf.
    recorded_at: Timestamp,
    occurred_at: Timestamp,
    actor: String,
    command_id: Uuid,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    #[serde(with = "base64_bytes")]
    payload: Vec<u8>,
    #[serde(with = "base64_bytes")]
    metadata: Vec<u8>,
    leaf_index: u64,
    #[serde(with = "base64_hashes")]
    inclusion: Vec<Hash>,
}

/// Why a receipt cannot be made, or not be believed.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    #[error("stream {0} has no events")]
    NoSuchStream(StreamId),
    #[error("stream {stream} has no version {version}")]
    NoSuchVersion { stream: StreamId, version: Version },
    #[error("not a receipt: {0}")]
    Malformed(String),
    /// The form is newer than this program, or of something else.
    #[error("the receipt has the form `{0}`, this program reads `{FORMAT}`")]
    UnknownFormat(String),
    #[error("the receipt has no events")]
    Empty,
    #[error("the receipt is of one event but has {0}")]
    NotOneEvent(usize),
    /// A history must be whole: every version from 1.
    #[error("the receipt's history is broken: version {expected} is missing, {found} stands in its place")]
    MissingVersion { expected: Version, found: Version },
    #[error("the receipt's version {version} stands at position {position}, which is not after the version before it")]
    OutOfOrder { version: Version, position: Position },
    /// A byte of the event, its place, the proof or the checkpoint was changed.
    #[error("version {version} (position {position}) is not in the tree that the checkpoint signs")]
    NotIncluded { version: Version, position: Position },
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Trust(#[from] checkpoint::TrustError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptReport {
    /// The journal's name, as the key signs for it.
    pub origin: String,
    pub scope: Scope,
    /// The proven events, in order.
    pub events: Vec<RecordedEvent>,
    /// Size of the journal whose root was signed.
    pub size: u64,
    pub root: Hash,
    /// The key that signed, in its text form.
    pub key: String,
}

/// Makes a receipt of the stream's whole history, against a checkpoint signed now.
pub async fn issue(journal: &dyn Journal, stream: &StreamId, key: &SigningKeyFile) -> Result<Receipt, ReceiptError> {
    let mut events = Vec::new();
    loop {
        let after = events
            .last()
            .map_or(Version::NONE, |event: &RecordedEvent| event.header.version);
        let page = journal.read_stream(stream, after, PAGE).await?;
        if page.is_empty() {
            break;
        }
        events.extend(page);
    }
    if events.is_empty() {
        return Err(ReceiptError::NoSuchStream(stream.clone()));
    }
    assemble(journal, Scope::History, events, key).await
}

/// Makes a receipt of one event of the stream, against a checkpoint signed now.
pub async fn issue_event(
    journal: &dyn Journal,
    stream: &StreamId,
    version: Version,
    key: &SigningKeyFile,
) -> Result<Receipt, ReceiptError> {
    let missing = || ReceiptError::NoSuchVersion {
        stream: stream.clone(),
        version,
    };
    let before = Version(version.0.checked_sub(1).ok_or_else(missing)?);
    let events = journal.read_stream(stream, before, 1).await?;
    if events.iter().all(|event| event.header.version != version) {
        return Err(missing());
    }
    assemble(journal, Scope::Event, events, key).await
}

/// `events` are of one stream and at least one. The checkpoint is signed after they were read, so it covers them.
async fn assemble(
    journal: &dyn Journal,
    scope: Scope,
    events: Vec<RecordedEvent>,
    key: &SigningKeyFile,
) -> Result<Receipt, ReceiptError> {
    let stream = events
        .first()
        .map(|event| event.header.stream.clone())
        .ok_or(ReceiptError::Empty)?;
    let checkpoint = checkpoint::sign(journal, key).await?;
    let size = checkpoint.checkpoint().size;
    let mut tree = TreeReader::new(journal, size);
    let mut proven = Vec::with_capacity(events.len());
    for event in events {
        let leaf_index = event.header.position.0.saturating_sub(1);
        let inclusion = tree.inclusion(leaf_index, size).await?;
        proven.push(ReceiptEvent::of(event, leaf_index, inclusion));
    }
    let key_rotations = key.chain().map_err(CheckpointError::Key)?;
    let format = FORMAT.to_owned();
    Ok(Receipt {
        format,
        scope,
        stream,
        events: proven,
        checkpoint: checkpoint.to_string(),
        key_rotations,
    })
}

/// Checks a receipt with nothing but the public key that the verifier holds.
pub fn verify_receipt(json: &str, trusted: &TrustedKeys) -> Result<ReceiptReport, ReceiptError> {
    Receipt::from_json(json)?.verify(trusted)
}

impl Receipt {
    pub fn from_json(json: &str) -> Result<Self, ReceiptError> {
        let malformed = |error: serde_json::Error| ReceiptError::Malformed(error.to_string());
        // The form is looked at first: another form's fields would only confuse.
        let Format { format } = serde_json::from_str(json).map_err(malformed)?;
        if format != FORMAT {
            return Err(ReceiptError::UnknownFormat(format));
        }
        serde_json::from_str(json).map_err(malformed)
    }

    pub fn to_json(&self) -> Result<String, ReceiptError> {
        serde_json::to_string_pretty(self).map_err(|error| ReceiptError::Malformed(error.to_string()))
    }

    /// Checks the receipt; `trusted` may be an earlier key of the same journal.
    pub fn verify(self, trusted: &TrustedKeys) -> Result<ReceiptReport, ReceiptError> {
        self.is_ordered()?;
        let trusted = trusted.clone().follow(&self.key_rotations)?;
        let signed = SignedCheckpoint::parse(&self.checkpoint)?;
        let key = trusted.verify(&signed)?.to_string();
        let checkpoint::Checkpoint { origin, size, root } = signed.checkpoint().clone();
        let events = self
            .events
            .into_iter()
            .map(|event| event.prove(&self.stream, size, &root));
        let events = events.collect::<Result<_, _>>()?;
        Ok(ReceiptReport {
            origin,
            scope: self.scope,
            events,
            size,
            root,
            key,
        })
    }

    fn is_ordered(&self) -> Result<(), ReceiptError> {
        match (self.scope, self.events.len()) {
            (_, 0) => return Err(ReceiptError::Empty),
            (Scope::Event, 2..) => return Err(ReceiptError::NotOneEvent(self.events.len())),
            (Scope::Event, _) => return Ok(()),
            (Scope::History, _) => {}
        }
        let (mut version, mut position) = (Version::NONE, Position::START);
        for event in &self.events {
            version = version.next();
            if event.version != version {
                return Err(ReceiptError::MissingVersion {
                    expected: version,
                    found: event.version,
                });
            }
            if event.position <= position {
                return Err(ReceiptError::OutOfOrder {
                    version,
                    position: event.position,
                });
            }
            position = event.position;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Format {
    format: String,
}

impl ReceiptEvent {
    fn of(event: RecordedEvent, leaf_index: u64, inclusion: Vec<Hash>) -> Self {
        let RecordedEvent {
            header,
            payload,
            metadata,
            ..
        } = event;
        Self {
            position: header.position,
            version: header.version,
            event_id: header.event_id,
            event_type: header.event_type.to_string(),
            schema_version: header.schema_version,
            recorded_at: header.recorded_at,
            occurred_at: header.occurred_at,
            actor: header.actor.to_string(),
            command_id: header.command_id,
            correlation_id: header.correlation_id,
            causation_id: header.causation_id,
            payload: payload.to_vec(),
            metadata: metadata.to_vec(),
            leaf_index,
            inclusion,
        }
    }

    /// The event itself, once its hash leads to the root.
    fn prove(self, stream: &StreamId, size: u64, root: &Hash) -> Result<RecordedEvent, ReceiptError> {
        let not_included = ReceiptError::NotIncluded {
            version: self.version,
            position: self.position,
        };
        let header = EventHeader {
            position: self.position,
            stream: stream.clone(),
            version: self.version,
            event_id: self.event_id,
            event_type: self.event_type.into(),
            schema_version: self.schema_version,
            recorded_at: self.recorded_at,
            occurred_at: self.occurred_at,
            actor: self.actor.into(),
            command_id: self.command_id,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
        };
        let leaf_hash = leaf_hash(&header, &self.payload, &self.metadata);
        let in_place = self.position.0.checked_sub(1) == Some(self.leaf_index);
        if !in_place || verify_inclusion(&leaf_hash, self.leaf_index, size, &self.inclusion, root).is_err() {
            return Err(not_included);
        }
        Ok(RecordedEvent {
            header,
            payload: self.payload.into(),
            metadata: self.metadata.into(),
            leaf_hash,
        })
    }
}

mod base64_bytes {
    use super::{BASE64, Deserialize, Engine as _};

    pub(super) fn serialize<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        BASE64
            .decode(String::deserialize(deserializer)?)
            .map_err(serde::de::Error::custom)
    }
}

mod base64_hashes {
    use super::{BASE64, Deserialize, Engine as _, Hash};

    pub(super) fn serialize<S: serde::Serializer>(hashes: &[Hash], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(hashes.iter().map(|hash| BASE64.encode(hash)))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Hash>, D::Error> {
        let hashes = Vec::<String>::deserialize(deserializer)?.into_iter().map(|text| {
            let bytes = BASE64.decode(text).map_err(serde::de::Error::custom)?;
            Hash::try_from(bytes).map_err(|bytes| serde::de::Error::invalid_length(bytes.len(), &"32 bytes"))
        });
        hashes.collect()
    }
}
