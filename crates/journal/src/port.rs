//! The port: what every back end offers.

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    append::{AppendBatch, Appended, CommandKey, Fingerprint},
    error::{AppendError, JournalError},
    event::{Position, RecordedEvent, StreamId, Timestamp, Version},
    records::VaultRecords,
    tree::{Frontier, Hash},
};

/// What identifies a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalInfo {
    /// Made at creation; names the journal in checkpoints.
    pub id: Uuid,
    /// Number of the table layout.
    pub format: u32,
    /// The URL without credentials, for messages.
    pub location: String,
}

/// The end of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Position of the last event.
    pub position: Position,
    /// Recording time of the last event.
    pub recorded_at: Timestamp,
    /// The tree over all events up to `position`.
    pub frontier: Frontier,
}

impl Head {
    /// The end of an empty journal.
    pub fn start() -> Self {
        Self {
            position: Position::START,
            recorded_at: Timestamp(0),
            frontier: Frontier::default(),
        }
    }
}

/// Some consecutive events.
#[derive(Debug, Clone)]
pub struct Page {
    /// In order of position; events that the filter left out are missing.
    pub events: Vec<RecordedEvent>,
    /// Everything up to and including this position was looked at: read on after it.
    pub last: Position,
    /// Position of the journal's end when the page was read.
    pub head: Position,
}

/// Which events a reader wants. The default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadFilter {
    /// Only events of these categories; empty means all.
    pub categories: Vec<Arc<str>>,
    /// Only events that happened at or before this time.
    pub occurred_until: Option<Timestamp>,
}

impl ReadFilter {
    /// Whether it leaves nothing out.
    pub fn is_all(&self) -> bool {
        self.categories.is_empty() && self.occurred_until.is_none()
    }
}

/// What the command index remembers of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRecord {
    pub fingerprint: Fingerprint,
    /// The answer that was given.
    pub appended: Appended,
}

/// The append-only log. Object-safe: programs hold an `Arc<dyn Journal>`.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    fn info(&self) -> &JournalInfo;

    /// Appends all of the batch or nothing. A repeated command gets its first answer.
    async fn append(&self, batch: AppendBatch) -> Result<Appended, AppendError>;

    async fn head(&self) -> Result<Head, JournalError>;

    /// Reads up to `limit` positions after `after`, in order. A page that is empty with `last == after` is the end.
    async fn read(&self, after: Position, limit: usize, filter: &ReadFilter) -> Result<Page, JournalError>;

    /// Reads the events at these positions, in order and each once; positions where there is no event yet are left out.
    async fn read_at(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, JournalError>;

    /// Reads up to `limit` events of one stream after a version, in order.
    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, JournalError>;

    /// The version of the stream's last event; [`Version::NONE`] when there is none.
    async fn stream_version(&self, stream: &StreamId) -> Result<Version, JournalError>;

    /// The last position recorded at or before `time`.
    async fn position_at(&self, time: Timestamp) -> Result<Position, JournalError>;

    /// What the command index remembers of a command.
    async fn command(&self, key: &CommandKey) -> Result<Option<CommandRecord>, JournalError>;

    /// Transactions that this process's sequencer has committed: appends divided by this is how many shared one.
    fn group_commits(&self) -> u64;

    /// Appends of this process that wait for their group; a full queue makes callers wait.
    fn queued_appends(&self) -> usize;

    /// Bytes of the write-ahead log; `None` where that is the database server's affair.
    fn write_ahead_bytes(&self) -> Option<u64>;

    /// A hint of the head's position, without delay for appends of this process and with a short one for others'.
    /// A reader that has seen the hint reads; it never trusts the hint for content.
    fn head_hint(&self) -> watch::Receiver<Position>;

    /// Leaf hashes by leaf index (position − 1), as stored.
    async fn leaf_hashes(&self, leaves: Range<u64>) -> Result<Vec<Hash>, JournalError>;

    /// Stored hashes of the perfect subtrees of `2^level` leaves, for `level` in [`crate::tree::STORED_LEVELS`].
    async fn subtree_hashes(&self, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, JournalError>;

    fn vault(&self) -> &dyn Vault;

    /// The tables as they are, for verification.
    fn audit(&self) -> &dyn Audit;
}

/// A row of the events as it is found, whether or not it makes sense.
#[derive(Debug, Clone)]
pub struct FoundRow {
    pub position: Position,
    /// Or why the row cannot have been written by us.
    pub event: Result<RecordedEvent, String>,
}

/// What a journal's tables hold, seen at one moment.
#[derive(Debug, Clone)]
pub struct Inventory {
    pub head: Head,
    /// The least and the greatest position of any row, as stored; `None` when there is no row.
    pub positions: Option<(i64, i64)>,
    /// Number of stored subtree hashes.
    pub subtrees: u64,
    /// A row of the command index that points outside the journal, described.
    pub stray_command: Option<String>,
}

/// The look of someone who trusts nothing: no page stops at damage, nothing is hidden behind the head.
#[async_trait]
pub trait Audit: Send + Sync {
    async fn inventory(&self) -> Result<Inventory, JournalError>;

    /// Up to `limit` rows after a position, in order, with whatever gaps there are. Reads past the head.
    async fn rows(&self, after: Position, limit: usize) -> Result<Vec<FoundRow>, JournalError>;
}

/// A key of the vault, encrypted under the master key.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(pub Vec<u8>);

/// The mutable tables beside the journal: wrapped keys, secrets, consumer positions. Rows may be destroyed on purpose.
#[async_trait]
pub trait Vault: VaultRecords + Send + Sync {
    /// The wrapped key of a subject; `None` when it never had one or it was destroyed.
    async fn key(&self, subject: Uuid) -> Result<Option<WrappedKey>, JournalError>;

    /// Stores the key unless the subject has or had one. Returns the key that is in force, `None` when the subject's
    /// key was destroyed (a destroyed key is never replaced).
    async fn put_key(&self, subject: Uuid, key: WrappedKey) -> Result<Option<WrappedKey>, JournalError>;

    /// Destroys the key so that no copy stays in the database's files. Idempotent.
    async fn destroy_key(&self, subject: Uuid, at: Timestamp) -> Result<(), JournalError>;

    /// Whether the subject's key was destroyed.
    async fn is_destroyed(&self, subject: Uuid) -> Result<bool, JournalError>;

    /// A secret of the journal by name (wrapped by the caller); the first one stored wins and is returned.
    async fn secret(&self, name: &str, propose: WrappedKey) -> Result<WrappedKey, JournalError>;

    /// How far a durable consumer (a policy) has come.
    async fn consumer_position(&self, consumer: &str) -> Result<Option<Position>, JournalError>;

    /// Moves a consumer from `from` to `to`; `false` when another process moved it meanwhile.
    async fn advance_consumer(
        &self,
        consumer: &str,
        from: Option<Position>,
        to: Position,
    ) -> Result<bool, JournalError>;
}
