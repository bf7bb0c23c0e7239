//! What a leaf is: the event's header, each field length-prefixed, then its stored bytes.

use sha2::{Digest, Sha256};

use super::Hash;
use crate::event::EventHeader;

/// Names the encoding, so that a later one cannot be mistaken for it.
const DOMAIN: &[u8] = b"alforis/event/1";

/// The leaf's data: the domain tag, then in this order position, category, stream id, version, event id, event type,
/// schema version, recorded at, occurred at, actor, command id, correlation id, causation id, payload, metadata.
/// Each field is preceded by its length as a big-endian `u32`; numbers are big-endian 8 bytes (schema version 4), ids
/// 16 bytes, an absent causation id has length 0.
pub fn leaf_data(header: &EventHeader, payload: &[u8], metadata: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(256 + payload.len() + metadata.len());
    for_each_field(header, payload, metadata, |bytes| data.extend_from_slice(bytes));
    data
}

/// RFC 6962 §2.1: hash of a leaf, SHA-256 of `0x00` and the leaf's data.
pub fn leaf_hash(header: &EventHeader, payload: &[u8], metadata: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0x00]);
    for_each_field(header, payload, metadata, |bytes| hasher.update(bytes));
    hasher.finalize().into()
}

fn for_each_field(header: &EventHeader, payload: &[u8], metadata: &[u8], mut emit: impl FnMut(&[u8])) {
    let mut field = |bytes: &[u8]| {
        emit(&(bytes.len() as u32).to_be_bytes());
        emit(bytes);
    };
    field(DOMAIN);
    field(&header.position.0.to_be_bytes());
    field(header.stream.category.as_bytes());
    field(header.stream.id.as_bytes());
    field(&header.version.0.to_be_bytes());
    field(header.event_id.as_bytes());
    field(header.event_type.as_bytes());
    field(&header.schema_version.to_be_bytes());
    field(&header.recorded_at.0.to_be_bytes());
    field(&header.occurred_at.0.to_be_bytes());
    field(header.actor.as_bytes());
    field(header.command_id.as_bytes());
    field(header.correlation_id.as_bytes());
    field(header.causation_id.as_ref().map_or(&[], |id| id.as_bytes().as_slice()));
    field(payload);
    field(metadata);
}
