//! The journal in PostgreSQL 15: for a team that runs several processes, or wants its own operators' replication.
//!
//! One connection appends (the sequencer's), some read, two more carry hints between processes. Every process that
//! appends takes the head row first, so all of them together give one order. Needs sessions of its own: no pooler that
//! shares sessions between transactions.

mod audit;
pub(crate) mod failure;
mod hints;
pub(crate) mod migrate;
mod records;
mod rows;
pub(crate) mod target;
mod vault;
mod writer;

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use sqlx::{PgPool, Row};
use tokio::sync::watch;

pub use self::migrate::migrate;
use self::{
    failure::failure,
    migrate::{FORMAT, Found, Meta},
    rows::Names,
    target::Target,
    vault::PostgresVault,
    writer::PostgresWriter,
};
use crate::{
    OpenOptions,
    append::{AppendBatch, Appended, CommandKey},
    error::{AppendError, JournalError},
    event::{Position, RecordedEvent, StreamId, Timestamp, Version},
    port::{Audit, CommandRecord, Head, Journal, JournalInfo, Page, ReadFilter, Vault},
    sequencer::Sequencer,
    tree::Hash,
};

const READ: &str = include_str!("sql/read.sql");
const READ_AT: &str = include_str!("sql/read_at.sql");
const READ_STREAM: &str = include_str!("sql/read_stream.sql");
const POSITION_AT: &str = include_str!("sql/position_at.sql");
const COMMAND_STREAMS: &str = include_str!("sql/command_streams.sql");

/// A journal in a schema of a PostgreSQL database.
pub struct PostgresJournal {
    info: JournalInfo,
    sequencer: Sequencer,
    readers: PgPool,
    vault: PostgresVault,
    head: Arc<watch::Sender<Position>>,
}

impl PostgresJournal {
    /// Opens the journal that the URL names. With `create`, a missing one is made if the role may.
    pub async fn open(url: &str, options: &OpenOptions) -> Result<Self, JournalError> {
        let target: Target = url.parse()?;
        let meta = ready(&target, options.create).await?;
        let readers = target.readers();
        let position: i64 = sqlx::query_scalar("SELECT position FROM head")
            .fetch_one(&readers)
            .await
            .map_err(failure)?;
        let head = Arc::new(watch::Sender::new(Position(position as u64)));
        let (committed, told) = watch::channel(Position::START);
        hints::start(target.clone(), meta.id, told, head.clone())?;
        let info = JournalInfo {
            id: meta.id,
            format: meta.format,
            location: target.location.clone(),
        };
        let sequencer = Sequencer::start(PostgresWriter::new(target, committed), head.clone())?;
        let vault = PostgresVault { pool: readers.clone() };
        Ok(Self {
            info,
            sequencer,
            readers,
            vault,
            head,
        })
    }
}

/// Makes sure that the journal is there and of this program's format.
async fn ready(target: &Target, create: bool) -> Result<Meta, JournalError> {
    let mut connection = target.connect().await?;
    let found = migrate::inspect(&mut connection, target).await?;
    match found {
        Found::Journal(meta) if meta.format >= FORMAT => return Ok(meta),
        Found::Journal(meta) if !migrate::is_owner(&mut connection).await? => {
            // This program works with every format so far: the owner brings it up to date when it suits.
            tracing::warn!(
                location = %target.location, format = meta.format,
                "the journal has an earlier format; run `alforis migrate` as the owner of its tables"
            );
            return Ok(meta);
        }
        Found::Nothing if !create => {
            return Err(JournalError::Missing {
                location: target.location.clone(),
            });
        }
        Found::Journal(_) | Found::Nothing => migrate::apply(&mut connection, target).await?,
    }
    match migrate::inspect(&mut connection, target).await? {
        Found::Journal(meta) => Ok(meta),
        Found::Nothing => Err(JournalError::Missing {
            location: target.location.clone(),
        }),
    }
}

#[async_trait]
impl Journal for PostgresJournal {
    fn info(&self) -> &JournalInfo {
        &self.info
    }

    async fn append(&self, batch: AppendBatch) -> Result<Appended, AppendError> {
        self.sequencer.append(batch).await
    }

    async fn head(&self) -> Result<Head, JournalError> {
        let query = sqlx::query("SELECT position, recorded_at, frontier FROM head");
        writer::head(&query.fetch_one(&self.readers).await.map_err(failure)?)
    }

    async fn read(&self, after: Position, limit: usize, filter: &ReadFilter) -> Result<Page, JournalError> {
        let until = after.0.saturating_add(limit as u64);
        let categories: Vec<&str> = filter.categories.iter().map(|category| &**category).collect();
        let query = sqlx::query(READ)
            .bind(as_bigint(after.0))
            .bind(as_bigint(until))
            .bind(categories)
            .bind(filter.occurred_until.map_or(i64::MAX, |time| time.0));
        let rows = query.fetch_all(&self.readers).await.map_err(failure)?;
        let (mut head, mut names) = (None, Names::default());
        let mut events = Vec::with_capacity(rows.len().saturating_sub(1));
        for row in &rows {
            match row.try_get::<Option<i64>, _>(0).map_err(failure)? {
                Some(position) => head = Some(Position(position as u64)),
                None => events.push(rows::recorded(row, &mut names)?),
            }
        }
        let head = head.ok_or_else(|| JournalError::Database("the head row is missing".into()))?;
        // They come in this order, but nothing in SQL promises it.
        events.sort_by_key(|event| event.header.position);
        let last = Position(until).min(head).max(after);
        if filter.is_all() {
            check_dense(after, last, &events)?;
        }
        Ok(Page { events, last, head })
    }

    async fn read_at(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, JournalError> {
        let wanted: Vec<i64> = positions.iter().map(|position| as_bigint(position.0)).collect();
        let query = sqlx::query(READ_AT).bind(wanted);
        let rows = query.fetch_all(&self.readers).await.map_err(failure)?;
        let mut names = Names::default();
        rows.iter().map(|row| rows::recorded(row, &mut names)).collect()
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, JournalError> {
        let query = sqlx::query(READ_STREAM)
            .bind(stream.id)
            .bind(&*stream.category)
            .bind(as_bigint(after.0))
            .bind(as_bigint(limit as u64));
        let rows = query.fetch_all(&self.readers).await.map_err(failure)?;
        let mut names = Names::default();
        rows.iter().map(|row| rows::recorded(row, &mut names)).collect()
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<Version, JournalError> {
        let newest = "SELECT sequence FROM events WHERE aggregate_id = $1 AND aggregate_type = $2
                      ORDER BY sequence DESC LIMIT 1";
        let query = sqlx::query_scalar::<_, i64>(newest)
            .bind(stream.id)
            .bind(&*stream.category);
        let version = query.fetch_optional(&self.readers).await.map_err(failure)?;
        Ok(version.map_or(Version::NONE, |version| Version(version as u64)))
    }

    async fn position_at(&self, time: Timestamp) -> Result<Position, JournalError> {
        let query = sqlx::query_scalar::<_, i64>(POSITION_AT).bind(time.0);
        let position = query.fetch_optional(&self.readers).await.map_err(failure)?;
        let position = position.ok_or_else(|| JournalError::Corrupt {
            position: *self.head.borrow(),
            detail: "a position at or before it is missing".into(),
        })?;
        Ok(Position(position as u64))
    }

    async fn command(&self, key: &CommandKey) -> Result<Option<CommandRecord>, JournalError> {
        let taken = "SELECT first_position, last_position, fingerprint FROM commands
                     WHERE command_id = $1 AND issuer = $2";
        let query = sqlx::query_as::<_, (Option<i64>, i64, Vec<u8>)>(taken)
            .bind(key.id)
            .bind(&*key.issuer);
        let Some((first, last, fingerprint)) = query.fetch_optional(&self.readers).await.map_err(failure)? else {
            return Ok(None);
        };
        let versions = match first {
            None => Vec::new(),
            Some(first) => {
                let query = sqlx::query(COMMAND_STREAMS).bind(first).bind(last);
                let rows = query.fetch_all(&self.readers).await.map_err(failure)?;
                rows.iter().map(writer::written_stream).collect::<Result<_, _>>()?
            }
        };
        writer::command_record(first, last, &fingerprint, versions).map(Some)
    }

    fn group_commits(&self) -> u64 {
        self.sequencer.commits()
    }

    fn queued_appends(&self) -> usize {
        self.sequencer.queued()
    }

    fn write_ahead_bytes(&self) -> Option<u64> {
        None
    }

    fn head_hint(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    async fn leaf_hashes(&self, leaves: Range<u64>) -> Result<Vec<Hash>, JournalError> {
        let stored = "SELECT position, leaf_hash FROM events WHERE position > $1 AND position <= $2 ORDER BY position";
        let query = sqlx::query_as::<_, (i64, Vec<u8>)>(stored)
            .bind(as_bigint(leaves.start))
            .bind(as_bigint(leaves.end));
        let rows = query.fetch_all(&self.readers).await.map_err(failure)?;
        rows.iter()
            .map(|(position, bytes)| rows::hash(bytes, Position(*position as u64)))
            .collect()
    }

    async fn subtree_hashes(&self, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, JournalError> {
        let stored = "SELECT node, hash FROM subtrees WHERE level = $1 AND node >= $2 AND node < $3 ORDER BY node";
        let query = sqlx::query_as::<_, (i64, Vec<u8>)>(stored)
            .bind(i16::from(level))
            .bind(as_bigint(nodes.start))
            .bind(as_bigint(nodes.end));
        let rows = query.fetch_all(&self.readers).await.map_err(failure)?;
        rows.iter()
            .map(|(node, bytes)| rows::hash(bytes, Position((*node as u64 + 1) << level)))
            .collect()
    }

    fn vault(&self) -> &dyn Vault {
        &self.vault
    }

    fn audit(&self) -> &dyn Audit {
        self
    }
}

/// A missing row is never skipped in silence.
fn check_dense(after: Position, last: Position, events: &[RecordedEvent]) -> Result<(), JournalError> {
    let mut expected = after.next();
    for event in events {
        if event.header.position != expected {
            break;
        }
        expected = expected.next();
    }
    if expected > last {
        return Ok(());
    }
    Err(JournalError::Corrupt {
        position: expected,
        detail: "the event is missing".into(),
    })
}

/// Positions and versions beyond the database's range lie beyond every event as well.
fn as_bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
