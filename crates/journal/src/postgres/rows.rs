//! From a row of `events` to an event.

use std::{collections::HashSet, sync::Arc};

use bytes::Bytes;
use sqlx::{Row, postgres::PgRow};

use super::failure::failure;
use crate::{
    error::JournalError,
    event::{EventHeader, Position, RecordedEvent, StreamId, Timestamp, Version},
    tree::Hash,
};

/// The few names of a page (categories, types, actors), each kept once.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<Arc<str>>);

impl Names {
    fn keep(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.0.insert(name.clone());
        name
    }
}

/// The columns of `sql/read.sql` and `sql/read_stream.sql`, by number.
pub(super) fn recorded(row: &PgRow, names: &mut Names) -> Result<RecordedEvent, JournalError> {
    let number = |column: usize| row.try_get::<i64, _>(column).map_err(failure);
    let id = |column: usize| row.try_get(column).map_err(failure);
    let mut name = |column: usize| row.try_get(column).map_err(failure).map(|text| names.keep(text));
    let bytes = |column: usize| row.try_get::<&[u8], _>(column).map_err(failure);

    let position = Position(number(1)? as u64);
    let header = EventHeader {
        position,
        version: Version(number(2)? as u64),
        recorded_at: Timestamp(number(3)?),
        occurred_at: Timestamp(number(4)?),
        schema_version: row.try_get::<i32, _>(5).map_err(failure)? as u32,
        stream: StreamId {
            id: id(6)?,
            category: name(11)?,
        },
        event_id: id(7)?,
        command_id: id(8)?,
        correlation_id: id(9)?,
        causation_id: row.try_get(10).map_err(failure)?,
        event_type: name(12)?,
        actor: name(13)?,
    };
    Ok(RecordedEvent {
        header,
        leaf_hash: hash(bytes(14)?, position)?,
        payload: Bytes::copy_from_slice(bytes(15)?),
        metadata: Bytes::copy_from_slice(bytes(16)?),
    })
}

/// A stored hash; `position` is named when it is none.
pub(super) fn hash(bytes: &[u8], position: Position) -> Result<Hash, JournalError> {
    bytes.try_into().map_err(|_| JournalError::Corrupt {
        position,
        detail: format!("a hash of {} bytes instead of 32", bytes.len()),
    })
}
