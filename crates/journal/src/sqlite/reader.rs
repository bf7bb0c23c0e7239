//! Reading: functions over one connection, for the writer inside its transaction as for readers.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    error::Translated,
    rows::{self, Decoder, corrupt},
};
use crate::{
    Appended, CommandKey, CommandRecord, Fingerprint, Head, JournalError, Page, Position, ReadFilter, RecordedEvent,
    StreamId, Timestamp, Version, tree::Hash,
};

pub(crate) fn head(connection: &Connection) -> Result<Head, JournalError> {
    let mut query = connection
        .prepare_cached("SELECT position, recorded_at, frontier FROM head")
        .translated()?;
    let mut found = query.query([]).translated()?;
    let row = found
        .next()
        .translated()?
        .ok_or_else(|| corrupt(Position::START, "the head row is missing"))?;
    rows::head(row)
}

pub(crate) fn head_position(connection: &Connection) -> Result<Position, JournalError> {
    let mut query = connection.prepare_cached("SELECT position FROM head").translated()?;
    query
        .query_row([], |row| row.get::<_, i64>(0))
        .map(|position| Position(position as u64))
        .translated()
}

/// Some positions after `after`. Rows never change once committed, so head and rows need no common snapshot.
pub(crate) fn page(
    connection: &Connection,
    decoder: &mut Decoder,
    after: Position,
    limit: usize,
    filter: &ReadFilter,
) -> Result<Page, JournalError> {
    let head = head_position(connection)?;
    let last = Position(after.0.saturating_add(limit as u64)).min(head).max(after);
    let mut events = Vec::with_capacity(if filter.is_all() {
        (last.0 - after.0) as usize
    } else {
        0
    });
    let mut query = connection
        .prepare_cached(include_str!("sql/read_range.sql"))
        .translated()?;
    let mut found = query.query([after.0 as i64, last.0 as i64]).translated()?;
    let mut expected = after;
    while let Some(row) = found.next().translated()? {
        expected = expected.next();
        // A missing row is never skipped in silence.
        if rows::integer(row, 0, expected)? as u64 != expected.0 {
            return Err(corrupt(expected, "the event is missing"));
        }
        if admits(filter, row, expected)? {
            events.push(decoder.event(row)?);
        }
    }
    if expected < last {
        return Err(corrupt(expected.next(), "the event is missing"));
    }
    Ok(Page { events, last, head })
}

/// The events at some positions, wherever they lie.
pub(crate) fn at(
    connection: &Connection,
    decoder: &mut Decoder,
    positions: &[Position],
) -> Result<Vec<RecordedEvent>, JournalError> {
    let wanted = positions
        .iter()
        .map(|position| i64::try_from(position.0).unwrap_or(i64::MAX));
    // However many there are, the statement binds one value.
    let wanted = wanted.collect::<serde_json::Value>().to_string();
    let mut query = connection
        .prepare_cached(include_str!("sql/read_at.sql"))
        .translated()?;
    let mut found = query.query([wanted]).translated()?;
    let mut events = Vec::with_capacity(positions.len());
    while let Some(row) = found.next().translated()? {
        events.push(decoder.event(row)?);
    }
    Ok(events)
}

fn admits(filter: &ReadFilter, row: &Row<'_>, at: Position) -> Result<bool, JournalError> {
    if !filter.categories.is_empty() {
        let category = rows::text(row, 1, at)?;
        if filter.categories.iter().all(|wanted| &**wanted != category) {
            return Ok(false);
        }
    }
    match filter.occurred_until {
        Some(until) => Ok(rows::integer(row, 8, at)? <= until.0),
        None => Ok(true),
    }
}

pub(crate) fn stream(
    connection: &Connection,
    decoder: &mut Decoder,
    stream: &StreamId,
    after: Version,
    limit: usize,
) -> Result<Vec<RecordedEvent>, JournalError> {
    let mut query = connection
        .prepare_cached(include_str!("sql/read_stream.sql"))
        .translated()?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = params![&*stream.category, stream.id.as_bytes(), after.0 as i64, limit];
    let mut found = query.query(values).translated()?;
    let mut events = Vec::new();
    while let Some(row) = found.next().translated()? {
        events.push(decoder.event(row)?);
    }
    Ok(events)
}

pub(crate) fn stream_version(connection: &Connection, stream: &StreamId) -> Result<Version, JournalError> {
    let mut query = connection
        .prepare_cached(include_str!("sql/stream_version.sql"))
        .translated()?;
    let version: Option<i64> = query
        .query_row(params![&*stream.category, stream.id.as_bytes()], |row| row.get(0))
        .translated()?;
    Ok(version.map_or(Version::NONE, |version| Version(version as u64)))
}

/// Recording times never decrease, so the position is found by halving.
pub(crate) fn position_at(connection: &Connection, time: Timestamp) -> Result<Position, JournalError> {
    let mut query = connection
        .prepare_cached("SELECT recorded_at FROM events WHERE position = ?1")
        .translated()?;
    let (mut low, mut high) = (0, head_position(connection)?.0);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let recorded: i64 = query
            .query_row([middle as i64], |row| row.get(0))
            .optional()
            .translated()?
            .ok_or_else(|| corrupt(Position(middle), "the event is missing"))?;
        if recorded <= time.0 {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(Position(low))
}

pub(crate) fn command(connection: &Connection, key: &CommandKey) -> Result<Option<CommandRecord>, JournalError> {
    let mut query = connection
        .prepare_cached(include_str!("sql/find_command.sql"))
        .translated()?;
    let mut found = query.query(params![&*key.issuer, key.id.as_bytes()]).translated()?;
    let Some(row) = found.next().translated()? else {
        return Ok(None);
    };
    let fingerprint = Fingerprint(rows::array(row, 0, Position::START)?);
    let first: Option<i64> = row.get(1).translated()?;
    let first = first.map(|position| Position(position as u64));
    let last = Position(rows::integer(row, 2, Position::START)? as u64);
    let versions = match first {
        Some(first) => written_versions(connection, first, last)?,
        None => Vec::new(),
    };
    Ok(Some(CommandRecord {
        fingerprint,
        appended: Appended {
            first,
            last,
            versions,
            replayed: false,
        },
    }))
}

fn written_versions(
    connection: &Connection,
    first: Position,
    last: Position,
) -> Result<Vec<(StreamId, Version)>, JournalError> {
    let mut query = connection
        .prepare_cached(include_str!("sql/written_versions.sql"))
        .translated()?;
    let mut found = query.query([first.0 as i64, last.0 as i64]).translated()?;
    let mut versions = Vec::new();
    while let Some(row) = found.next().translated()? {
        versions.push((rows::stream(row)?, Version(rows::integer(row, 2, first)? as u64)));
    }
    Ok(versions)
}

pub(crate) fn leaf_hashes(connection: &Connection, leaves: Range<u64>) -> Result<Vec<Hash>, JournalError> {
    let leaves = leaves.start..leaves.end.min(head_position(connection)?.0);
    let sql = "SELECT position, leaf_hash FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position";
    let mut hashes = Vec::with_capacity(leaves.clone().count());
    let mut query = connection.prepare_cached(sql).translated()?;
    let mut found = query.query([leaves.start as i64, leaves.end as i64]).translated()?;
    let mut expected = Position(leaves.start);
    while let Some(row) = found.next().translated()? {
        expected = expected.next();
        if rows::integer(row, 0, expected)? as u64 != expected.0 {
            return Err(corrupt(expected, "the event is missing"));
        }
        hashes.push(rows::array(row, 1, expected)?);
    }
    if expected.0 < leaves.end {
        return Err(corrupt(expected.next(), "the event is missing"));
    }
    Ok(hashes)
}

pub(crate) fn subtree_hashes(connection: &Connection, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, JournalError> {
    let sql = "SELECT node, hash FROM subtrees WHERE level = ?1 AND node >= ?2 AND node < ?3 ORDER BY node";
    let mut query = connection.prepare_cached(sql).translated()?;
    let mut found = query
        .query([i64::from(level), nodes.start as i64, nodes.end as i64])
        .translated()?;
    let mut hashes = Vec::new();
    while let Some(row) = found.next().translated()? {
        let node = nodes.start + hashes.len() as u64;
        // The subtree's last leaf names the place.
        let place = Position((node + 1) << level);
        if rows::integer(row, 0, place)? as u64 != node {
            return Err(corrupt(place, "a stored subtree hash is missing"));
        }
        hashes.push(rows::array(row, 1, place)?);
    }
    Ok(hashes)
}
