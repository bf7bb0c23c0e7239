//! The sequencer's side: one transaction at a time on the write connection.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, params};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{error::Translated, reader, watch::FileIdentity};
use crate::{
    CommandKey, Head, JournalError, Position, RecordedEvent, StreamId, Version, failpoint,
    plan::{CommandRow, GroupCommit},
    sequencer::{Known, Writer, Written},
};

/// The one connection of this process that writes. The sequencer and the vault take turns, first come first served:
/// two connections would empty each other's page cache, and SQLite's own lock is not fair.
pub(crate) type WriteConnection = Arc<Mutex<Connection>>;

pub(crate) struct SqliteWriter {
    connection: WriteConnection,
    /// Held from `begin` to `commit` or `rollback`.
    turn: Option<OwnedMutexGuard<Connection>>,
    file: FileIdentity,
}

impl SqliteWriter {
    pub(crate) fn new(connection: WriteConnection, file: FileIdentity) -> Self {
        Self {
            connection,
            turn: None,
            file,
        }
    }

    fn turn(&self) -> Result<&Connection, JournalError> {
        self.turn.as_deref().ok_or(JournalError::Closed)
    }
}

impl Writer for SqliteWriter {
    async fn begin(&mut self) -> Result<Head, JournalError> {
        let connection = self.connection.clone().lock_owned().await;
        let connection = self.turn.insert(connection);
        self.file.check()?;
        connection
            .prepare_cached("BEGIN IMMEDIATE")
            .translated()?
            .execute([])
            .translated()?;
        reader::head(connection)
    }

    async fn lookup(&mut self, keys: &[CommandKey], streams: &[StreamId]) -> Result<Known, JournalError> {
        let connection = self.turn()?;
        let mut known = Known::default();
        for key in keys {
            if let Some(record) = reader::command(connection, key)? {
                known.commands.insert(key.clone(), record);
            }
        }
        for stream in streams {
            let version = reader::stream_version(connection, stream)?;
            if version > Version::NONE {
                known.versions.push((stream.clone(), version));
            }
        }
        Ok(known)
    }

    async fn write(&mut self, group: &GroupCommit) -> Result<Written, JournalError> {
        let connection = self.turn()?;
        insert_events(connection, &group.events).translated()?;
        failpoint::hit("events-written");
        insert_commands(connection, &group.commands).translated()?;
        for subtree in &group.subtrees {
            let insert = "INSERT INTO subtrees (level, node, hash) VALUES (?1, ?2, ?3)";
            let values = params![subtree.level, subtree.node as i64, subtree.hash];
            connection
                .prepare_cached(insert)
                .translated()?
                .execute(values)
                .translated()?;
        }
        if !group.events.is_empty() {
            let update = "UPDATE head SET position = ?1, recorded_at = ?2, frontier = ?3";
            let head = &group.head;
            let values = params![head.position.0 as i64, head.recorded_at.0, head.frontier.to_bytes()];
            connection
                .prepare_cached(update)
                .translated()?
                .execute(values)
                .translated()?;
        }
        Ok(Written::All)
    }

    async fn commit(&mut self) -> Result<(), JournalError> {
        self.turn()?
            .prepare_cached("COMMIT")
            .translated()?
            .execute([])
            .translated()?;
        self.turn = None;
        Ok(())
    }

    async fn rollback(&mut self) {
        let Some(connection) = self.turn.take() else { return };
        // SQLite has rolled back by itself after some errors.
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "the journal's transaction could not be rolled back");
        }
    }

    async fn notify(&mut self, _head: Position) {}
}

fn insert_events(connection: &Connection, events: &[RecordedEvent]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(include_str!("sql/insert_event.sql"))?;
    events.iter().try_for_each(|event| insert_event(&mut insert, event))
}

fn insert_event(insert: &mut CachedStatement<'_>, event: &RecordedEvent) -> rusqlite::Result<()> {
    let header = &event.header;
    insert.raw_bind_parameter(1, header.position.0 as i64)?;
    insert.raw_bind_parameter(2, &*header.stream.category)?;
    insert.raw_bind_parameter(3, header.stream.id.as_bytes())?;
    insert.raw_bind_parameter(4, header.version.0 as i64)?;
    insert.raw_bind_parameter(5, header.event_id.as_bytes())?;
    insert.raw_bind_parameter(6, &*header.event_type)?;
    insert.raw_bind_parameter(7, header.schema_version)?;
    insert.raw_bind_parameter(8, header.recorded_at.0)?;
    insert.raw_bind_parameter(9, header.occurred_at.0)?;
    insert.raw_bind_parameter(10, &*header.actor)?;
    insert.raw_bind_parameter(11, header.command_id.as_bytes())?;
    insert.raw_bind_parameter(12, header.correlation_id.as_bytes())?;
    insert.raw_bind_parameter(13, header.causation_id.as_ref().map(|id| id.as_bytes().as_slice()))?;
    insert.raw_bind_parameter(14, event.leaf_hash)?;
    insert.raw_bind_parameter(15, &*event.payload)?;
    insert.raw_bind_parameter(16, &*event.metadata)?;
    insert.raw_execute().map(|_| ())
}

fn insert_commands(connection: &Connection, commands: &[CommandRow]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(include_str!("sql/insert_command.sql"))?;
    for command in commands {
        insert.execute(params![
            &*command.key.issuer,
            command.key.id.as_bytes(),
            command.fingerprint.0,
            command.first.map(|position| position.0 as i64),
            command.last.0 as i64,
        ])?;
    }
    Ok(())
}
