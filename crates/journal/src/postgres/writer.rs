//! The sequencer's connection.
//!
//! A process that appends alone, as far as it knows, plans on the head that it left itself and needs two round trips for
//! a group, however many appends are in it: what the group must know, and one statement that writes everything on the
//! condition that the head has not moved. When it has, nothing was written, and the group begins again with the head
//! row locked from the start, as all groups do that follow another process's.

use std::{future::Future, time::Duration};

use sqlx::{PgConnection, Row, postgres::PgRow};
use tokio::sync::watch;

use super::{
    failure::{failure, within},
    target::Target,
};
use crate::{
    append::{Appended, CommandKey, Fingerprint},
    error::JournalError,
    event::{Position, StreamId, Timestamp, Version},
    plan::GroupCommit,
    port::{CommandRecord, Head},
    sequencer::{Known, Writer, Written},
    tree::Frontier,
};

const TAKE_HEAD: &str = include_str!("sql/take_head.sql");
const LOOKUP: &str = include_str!("sql/lookup.sql");
const WRITE_GROUP: &str = include_str!("sql/write_group.sql");
const COMMAND_STREAMS: &str = include_str!("sql/command_streams.sql");
/// Longer than any lock or fsync that still leads somewhere.
const STEP_LIMIT: Duration = Duration::from_secs(30);

/// Connects when it first needs to and again after a loss, on the sequencer's own runtime.
#[derive(Debug)]
pub(super) struct PostgresWriter {
    target: Target,
    connection: Option<PgConnection>,
    /// Whether a transaction is open that holds the head row.
    holds_head: bool,
    /// The head that the group at work was told.
    began: Head,
    /// Where our last group left the head, as long as nobody else is known to move it.
    own: Option<Head>,
    /// Where our last group left the head.
    left: Option<Position>,
    /// Heads that other processes are to hear of: see [`super::hints`].
    committed: watch::Sender<Position>,
}

impl PostgresWriter {
    pub(super) fn new(target: Target, committed: watch::Sender<Position>) -> Self {
        Self {
            target,
            connection: None,
            holds_head: false,
            began: Head::start(),
            own: None,
            left: None,
            committed,
        }
    }

    /// Runs a step on the connection and gives the connection up when the step broke it or may have left it halfway.
    async fn step<T, F>(&mut self, step: impl FnOnce(PgConnection) -> F) -> Result<T, JournalError>
    where
        F: Future<Output = (PgConnection, Result<T, sqlx::Error>)>,
    {
        let own = self.own.take();
        let Some(connection) = self.connection.take() else {
            return Err(JournalError::Unavailable {
                detail: "the connection was lost".into(),
            });
        };
        let run = async {
            let (connection, result) = step(connection).await;
            Ok((connection, result.map_err(failure)))
        };
        let (connection, result) = within(STEP_LIMIT, run).await?;
        if !matches!(result, Err(JournalError::Unavailable { .. })) {
            self.connection = Some(connection);
        }
        if result.is_ok() {
            self.own = own;
        }
        result
    }

    async fn take_head(&mut self) -> Result<Head, JournalError> {
        self.own = None;
        self.holds_head = true;
        let row = self
            .step(async |mut connection| {
                let row = sqlx::raw_sql(TAKE_HEAD).fetch_one(&mut connection).await;
                (connection, row)
            })
            .await?;
        let head = head(&row)?;
        self.began = head.clone();
        Ok(head)
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), JournalError> {
        self.step(async |mut connection| {
            let done = sqlx::raw_sql(sql).execute(&mut connection).await;
            (connection, done.map(drop))
        })
        .await
    }

    async fn command_streams(&mut self, first: i64, last: i64) -> Result<Vec<(StreamId, Version)>, JournalError> {
        let rows = self
            .step(async |mut connection| {
                let query = sqlx::query(COMMAND_STREAMS).bind(first).bind(last);
                let rows = query.fetch_all(&mut connection).await;
                (connection, rows)
            })
            .await?;
        rows.iter().map(written_stream).collect()
    }
}

impl Writer for PostgresWriter {
    async fn begin(&mut self) -> Result<Head, JournalError> {
        self.holds_head = false;
        if self.connection.is_some() {
            if let Some(own) = &self.own {
                self.began = own.clone();
                return Ok(self.began.clone());
            }
            match self.take_head().await {
                // The server went away while nothing was under way: nobody needs to know if it is back.
                Err(JournalError::Unavailable { .. }) => {}
                taken => return taken,
            }
        }
        self.connection = Some(self.target.connect_writer().await?);
        self.take_head().await
    }

    async fn lookup(&mut self, keys: &[CommandKey], streams: &[StreamId]) -> Result<Known, JournalError> {
        let issuers = column(keys, |key| &*key.issuer);
        let ids = column(keys, |key| key.id);
        let categories = column(streams, |stream| &*stream.category);
        let stream_ids = column(streams, |stream| stream.id);
        let asked = self
            .step(async |mut connection| {
                let query = sqlx::query(LOOKUP)
                    .bind(issuers)
                    .bind(ids)
                    .bind(categories)
                    .bind(stream_ids);
                let rows = query.fetch_all(&mut connection).await;
                (connection, rows)
            })
            .await;
        let rows = match asked {
            // The server went away while nothing was under way: begin again, on another connection.
            Err(JournalError::Unavailable { .. }) if !self.holds_head => return Ok(Known::overtaken()),
            asked => asked?,
        };
        let mut known = Known::default();
        for row in rows {
            match found(&row).map_err(failure)? {
                Found::Command {
                    index,
                    first,
                    last,
                    fingerprint,
                } => {
                    let versions = match first {
                        Some(first) => self.command_streams(first, last).await?,
                        None => Vec::new(),
                    };
                    let record = command_record(first, last, &fingerprint, versions)?;
                    known.commands.extend(keys.get(index).map(|key| (key.clone(), record)));
                }
                Found::Head(position) => {
                    if position != self.began.position {
                        self.own = None;
                        return Ok(Known::overtaken());
                    }
                }
                Found::Stream { index, version } => {
                    known
                        .versions
                        .extend(streams.get(index).map(|stream| (stream.clone(), version)));
                }
            }
        }
        Ok(known)
    }

    async fn write(&mut self, group: &GroupCommit) -> Result<Written, JournalError> {
        let events = &group.events;
        let commands = &group.commands;
        let subtrees = &group.subtrees;
        let query = sqlx::query(WRITE_GROUP)
            .bind(column(events, |event| event.header.position.0 as i64))
            .bind(column(events, |event| event.header.version.0 as i64))
            .bind(column(events, |event| event.header.recorded_at.0))
            .bind(column(events, |event| event.header.occurred_at.0))
            .bind(column(events, |event| event.header.schema_version as i32))
            .bind(column(events, |event| event.header.stream.id))
            .bind(column(events, |event| event.header.event_id))
            .bind(column(events, |event| event.header.command_id))
            .bind(column(events, |event| event.header.correlation_id))
            .bind(column(events, |event| event.header.causation_id))
            .bind(column(events, |event| &*event.header.stream.category))
            .bind(column(events, |event| &*event.header.event_type))
            .bind(column(events, |event| &*event.header.actor))
            .bind(column(events, |event| event.leaf_hash.as_slice()))
            .bind(column(events, |event| &*event.payload))
            .bind(column(events, |event| &*event.metadata))
            .bind(column(commands, |row| &*row.key.issuer))
            .bind(column(commands, |row| row.key.id))
            .bind(column(commands, |row| row.first.map(|first| first.0 as i64)))
            .bind(column(commands, |row| row.last.0 as i64))
            .bind(column(commands, |row| row.fingerprint.0.as_slice()))
            .bind(column(subtrees, |subtree| i16::from(subtree.level)))
            .bind(column(subtrees, |subtree| subtree.node as i64))
            .bind(column(subtrees, |subtree| subtree.hash.as_slice()))
            .bind(group.head.position.0 as i64)
            .bind(group.head.recorded_at.0)
            .bind(group.head.frontier.to_bytes())
            .bind(self.began.position.0 as i64)
            .bind(self.began.frontier.to_bytes());
        let written = self
            .step(async |mut connection| {
                let moved = query.fetch_optional(&mut connection).await;
                (connection, moved.map(|row| row.is_some()))
            })
            .await;
        let moved = match written {
            // Perhaps the same command from another process, which this group could not know of: look again, holding
            // the head.
            Err(JournalError::Database(_)) if !self.holds_head => false,
            written => written?,
        };
        if !moved {
            self.own = None;
            return Ok(Written::Overtaken);
        }
        // Others have appended if the head was not where our last group left it: then the next group locks it first.
        let alone = self.left.is_none_or(|left| left == self.began.position);
        self.own = alone.then(|| group.head.clone());
        self.left = Some(group.head.position);
        Ok(Written::All)
    }

    async fn commit(&mut self) -> Result<(), JournalError> {
        if std::mem::take(&mut self.holds_head) {
            self.run("COMMIT").await?;
        }
        Ok(())
    }

    async fn rollback(&mut self) {
        let holds_head = std::mem::take(&mut self.holds_head);
        if holds_head && self.connection.is_some() && self.run("ROLLBACK").await.is_err() {
            self.connection = None;
        }
    }

    async fn notify(&mut self, head: Position) {
        self.committed.send_replace(head);
    }
}

fn column<'g, R, V>(rows: &'g [R], value: impl Fn(&'g R) -> V) -> Vec<V> {
    rows.iter().map(value).collect()
}

/// A row of `sql/lookup.sql`; `index` is the place of what was asked for.
enum Found {
    Command {
        index: usize,
        first: Option<i64>,
        last: i64,
        fingerprint: Vec<u8>,
    },
    Stream {
        index: usize,
        version: Version,
    },
    /// Where the head is.
    Head(Position),
}

fn found(row: &PgRow) -> Result<Found, sqlx::Error> {
    let index = (row.try_get::<i64, _>("index")? - 1) as usize;
    let last: i64 = row.try_get("last")?;
    match row.try_get::<i16, _>("kind")? {
        0 => Ok(Found::Command {
            index,
            first: row.try_get("first")?,
            last,
            fingerprint: row.try_get("fingerprint")?,
        }),
        2 => Ok(Found::Head(Position(last as u64))),
        _ => Ok(Found::Stream {
            index,
            version: Version(last as u64),
        }),
    }
}

pub(super) fn written_stream(row: &PgRow) -> Result<(StreamId, Version), JournalError> {
    let category: &str = row.try_get("aggregate_type").map_err(failure)?;
    let id = row.try_get("aggregate_id").map_err(failure)?;
    let version: i64 = row.try_get("version").map_err(failure)?;
    Ok((StreamId::new(category, id), Version(version as u64)))
}

pub(super) fn command_record(
    first: Option<i64>,
    last: i64,
    fingerprint: &[u8],
    versions: Vec<(StreamId, Version)>,
) -> Result<CommandRecord, JournalError> {
    let last = Position(last as u64);
    let fingerprint = Fingerprint(super::rows::hash(fingerprint, last)?);
    let first = first.map(|first| Position(first as u64));
    Ok(CommandRecord {
        fingerprint,
        appended: Appended {
            first,
            last,
            versions,
            replayed: false,
        },
    })
}

/// The head row: position, recording time, frontier.
pub(super) fn head(row: &PgRow) -> Result<Head, JournalError> {
    let position = Position(row.try_get::<i64, _>("position").map_err(failure)? as u64);
    let recorded_at = Timestamp(row.try_get("recorded_at").map_err(failure)?);
    let frontier: Vec<u8> = row.try_get("frontier").map_err(failure)?;
    let frontier = Frontier::from_bytes(&frontier).filter(|frontier| frontier.size() == position.0);
    let frontier = frontier.ok_or_else(|| JournalError::Corrupt {
        position,
        detail: "the head's frontier is not that of as many events".into(),
    })?;
    Ok(Head {
        position,
        recorded_at,
        frontier,
    })
}
