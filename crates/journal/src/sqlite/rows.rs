//! From rows to events, with as few allocations as an event allows.
//!
//! Names repeat (categories, types, actors), so they are interned; payloads are laid one after the other into shared
//! blocks and each event gets its slice.

use std::{collections::HashSet, sync::Arc};

use bytes::{Bytes, BytesMut};
use rusqlite::{Row, types::ValueRef};
use uuid::Uuid;

use super::error::Translated;
use crate::{EventHeader, JournalError, Position, RecordedEvent, StreamId, Timestamp, Version, tree::Frontier};

/// Payload bytes that share one allocation. An event that is kept keeps its block, so blocks are not whole pages.
const BLOCK_BYTES: usize = 64 << 10;
/// Names remembered before starting over; actors are the only ones that can be many.
const MAX_NAMES: usize = 4_096;

/// What row decoding reuses from row to row.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    names: HashSet<Arc<str>>,
    /// The names of the row before, by column: most rows repeat them.
    category: Option<Arc<str>>,
    event_type: Option<Arc<str>>,
    actor: Option<Arc<str>>,
    block: BytesMut,
}

impl Decoder {
    pub(crate) fn event(&mut self, row: &Row<'_>) -> Result<RecordedEvent, JournalError> {
        let position = Position(integer(row, 0, Position::START)? as u64);
        let at = position;
        let category = text(row, 1, at)?;
        let event_type = text(row, 5, at)?;
        let actor = text(row, 9, at)?;
        let header = EventHeader {
            position,
            stream: StreamId {
                category: name(&mut self.names, &mut self.category, category),
                id: uuid(row, 2, at)?,
            },
            version: Version(integer(row, 3, at)? as u64),
            event_id: uuid(row, 4, at)?,
            event_type: name(&mut self.names, &mut self.event_type, event_type),
            schema_version: u32::try_from(integer(row, 6, at)?).map_err(|_| malformed(at, 6))?,
            recorded_at: Timestamp(integer(row, 7, at)?),
            occurred_at: Timestamp(integer(row, 8, at)?),
            actor: name(&mut self.names, &mut self.actor, actor),
            command_id: uuid(row, 10, at)?,
            correlation_id: uuid(row, 11, at)?,
            causation_id: optional_uuid(row, 12, at)?,
        };
        let leaf_hash = array(row, 13, at)?;
        let payload = blob(row, 14, at)?;
        let metadata = blob(row, 15, at)?;
        let needed = payload.len() + metadata.len();
        if self.block.capacity() < needed {
            self.block = BytesMut::with_capacity(needed.max(BLOCK_BYTES));
        }
        let payload = self.slice(payload);
        let metadata = self.slice(metadata);
        Ok(RecordedEvent {
            header,
            payload,
            metadata,
            leaf_hash,
        })
    }

    fn slice(&mut self, bytes: &[u8]) -> Bytes {
        if bytes.is_empty() {
            return Bytes::new();
        }
        self.block.extend_from_slice(bytes);
        self.block.split().freeze()
    }
}

fn name(names: &mut HashSet<Arc<str>>, last: &mut Option<Arc<str>>, text: &str) -> Arc<str> {
    if let Some(last) = last.as_ref().filter(|last| &***last == text) {
        return last.clone();
    }
    let name = if let Some(name) = names.get(text) {
        name.clone()
    } else {
        if names.len() >= MAX_NAMES {
            names.clear();
        }
        let name: Arc<str> = text.into();
        names.insert(name.clone());
        name
    };
    *last = Some(name.clone());
    name
}

/// The head's row: position, `recorded_at`, frontier.
pub(crate) fn head(row: &Row<'_>) -> Result<crate::Head, JournalError> {
    let position = Position(integer(row, 0, Position::START)? as u64);
    let recorded_at = Timestamp(integer(row, 1, position)?);
    let frontier = Frontier::from_bytes(blob(row, 2, position)?)
        .filter(|frontier| frontier.size() == position.0)
        .ok_or_else(|| corrupt(position, "the head's frontier is not one of that many events"))?;
    Ok(crate::Head {
        position,
        recorded_at,
        frontier,
    })
}

pub(crate) fn stream(row: &Row<'_>) -> Result<StreamId, JournalError> {
    Ok(StreamId::new(
        text(row, 0, Position::START)?,
        uuid(row, 1, Position::START)?,
    ))
}

pub(crate) fn integer(row: &Row<'_>, column: usize, at: Position) -> Result<i64, JournalError> {
    match row.get_ref(column).translated()? {
        ValueRef::Integer(number) => Ok(number),
        _ => Err(malformed(at, column)),
    }
}

pub(crate) fn text<'r>(row: &'r Row<'_>, column: usize, at: Position) -> Result<&'r str, JournalError> {
    match row.get_ref(column).translated()? {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| malformed(at, column)),
        _ => Err(malformed(at, column)),
    }
}

pub(crate) fn blob<'r>(row: &'r Row<'_>, column: usize, at: Position) -> Result<&'r [u8], JournalError> {
    match row.get_ref(column).translated()? {
        ValueRef::Blob(bytes) => Ok(bytes),
        _ => Err(malformed(at, column)),
    }
}

pub(crate) fn array<const N: usize>(row: &Row<'_>, column: usize, at: Position) -> Result<[u8; N], JournalError> {
    blob(row, column, at)?.try_into().map_err(|_| malformed(at, column))
}

fn uuid(row: &Row<'_>, column: usize, at: Position) -> Result<Uuid, JournalError> {
    array(row, column, at).map(Uuid::from_bytes)
}

fn optional_uuid(row: &Row<'_>, column: usize, at: Position) -> Result<Option<Uuid>, JournalError> {
    match row.get_ref(column).translated()? {
        ValueRef::Null => Ok(None),
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).map(Some).map_err(|_| malformed(at, column)),
        _ => Err(malformed(at, column)),
    }
}

fn malformed(position: Position, column: usize) -> JournalError {
    corrupt(position, &format!("column {column} has an impossible value"))
}

pub(crate) fn corrupt(position: Position, detail: &str) -> JournalError {
    JournalError::Corrupt {
        position,
        detail: detail.to_owned(),
    }
}
