//! The sequencer: one thread that gives all appends one order, many per transaction.
//!
//! It takes whatever is queued, never waiting for more: while one transaction's fsync is in flight the next group
//! gathers. The head row is taken first, so several processes on one database give one order together.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use lru::LruCache;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use crate::{
    append::{AppendBatch, Appended, CommandKey},
    error::{AppendError, JournalError},
    event::{Position, StreamId, Version},
    failpoint,
    plan::{GroupCommit, MAX_BATCH_STREAMS, Planner, StreamVersions, validate},
    port::{CommandRecord, Head},
};

/// Appends waiting for their group; a full queue makes callers wait.
const QUEUE_LENGTH: usize = 4_096;
/// Weight at which a transaction takes no further append, so that a flood does not make the first caller wait for
/// long. The last one taken may overshoot by its own size, which is limited too.
const MAX_GROUP_WEIGHT: usize = 2_048;
/// Bytes of events that weigh as much as one event.
const BYTES_PER_WEIGHT: usize = 8 << 10;
/// Streams whose version is remembered between transactions. Far more than one transaction can touch (a group's
/// weight and one more append), so that loading versions for a group never pushes out another of the same group.
const CACHED_STREAMS: NonZeroUsize = NonZeroUsize::new(200_000).unwrap();
const _: () = assert!(CACHED_STREAMS.get() > 2 * (MAX_GROUP_WEIGHT + MAX_BATCH_STREAMS));

/// The write side of a back end: one connection, one transaction at a time. Runs on the sequencer's own thread.
pub(crate) trait Writer: Send + 'static {
    /// Opens a transaction and takes the head row before anything else. A back end may instead answer with where this
    /// process left the head, without asking anyone, if `lookup` and `write` find out when that is not so any more.
    async fn begin(&mut self) -> Result<Head, JournalError>;
    /// What the index knows of these commands, and the versions of those of the streams that exist. Both at once: a
    /// back end across a network saves a round trip.
    async fn lookup(&mut self, keys: &[CommandKey], streams: &[StreamId]) -> Result<Known, JournalError>;
    /// Writes events, command rows, subtrees and head, on top of the head that `begin` gave.
    async fn write(&mut self, group: &GroupCommit) -> Result<Written, JournalError>;
    async fn commit(&mut self) -> Result<(), JournalError>;
    /// Ends the transaction without effect. After an error of any other method the connection may be unusable; this
    /// makes it usable again, by reconnecting if need be, or leaves that to the next `begin`.
    async fn rollback(&mut self);
    /// Tells other processes; a hint, outside the transaction.
    async fn notify(&mut self, head: Position);
}

/// What the database knows of the commands and streams of a group.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) commands: HashMap<CommandKey, CommandRecord>,
    pub(crate) versions: Vec<(StreamId, Version)>,
    /// The head is not where `begin` said.
    pub(crate) overtaken: bool,
}

impl Known {
    /// Nothing that is worth knowing: begin again.
    pub(crate) fn overtaken() -> Self {
        Self {
            overtaken: true,
            ..Self::default()
        }
    }
}

/// What became of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    All,
    /// Nothing, because another process moved the head since `begin` answered: begin again.
    Overtaken,
}

type Answer = oneshot::Sender<Result<Appended, AppendError>>;

struct Request {
    batch: AppendBatch,
    answer: Answer,
}

/// Handle on the sequencer's thread. Dropping the last one stops it after what is queued.
#[derive(Clone)]
pub(crate) struct Sequencer {
    queue: mpsc::Sender<Request>,
    commits: Arc<AtomicU64>,
}

impl Sequencer {
    /// Starts the thread. `head` is told each new head after its commit.
    pub(crate) fn start<W: Writer>(writer: W, head: Arc<watch::Sender<Position>>) -> Result<Self, JournalError> {
        let (queue, requests) = mpsc::channel(QUEUE_LENGTH);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| JournalError::Database(error.to_string()))?;
        let commits = Arc::new(AtomicU64::new(0));
        let sequencing = Sequencing {
            writer,
            head,
            commits: commits.clone(),
            cache: VersionCache::default(),
        };
        std::thread::Builder::new()
            .name("sequencer".into())
            .spawn(move || runtime.block_on(sequencing.run(requests)))
            .map_err(|error| JournalError::Database(error.to_string()))?;
        Ok(Self { queue, commits })
    }

    /// Transactions that this process has committed.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Appends that wait for their group.
    pub(crate) fn queued(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    pub(crate) async fn append(&self, batch: AppendBatch) -> Result<Appended, AppendError> {
        validate(&batch)?;
        let (answer, answered) = oneshot::channel();
        self.queue
            .send(Request { batch, answer })
            .await
            .map_err(|_| JournalError::Closed)?;
        answered.await.map_err(|_| JournalError::Closed)?
    }
}

struct Sequencing<W> {
    writer: W,
    head: Arc<watch::Sender<Position>>,
    commits: Arc<AtomicU64>,
    cache: VersionCache,
}

impl<W: Writer> Sequencing<W> {
    async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(first) = requests.recv().await {
            let mut weight = first.batch.weight();
            let mut batches = vec![first.batch];
            let mut answers = vec![first.answer];
            while weight < MAX_GROUP_WEIGHT
                && let Ok(next) = requests.try_recv()
            {
                weight += next.batch.weight();
                batches.push(next.batch);
                answers.push(next.answer);
            }
            for (answer, outcome) in answers.into_iter().zip(self.serve(&batches).await) {
                // A caller that went away is not interested any more.
                let _ = answer.send(outcome);
            }
        }
    }

    /// Commits a group: one outcome per batch. When the database refuses the whole transaction for a reason that one
    /// member may have caused, each member is tried alone, so that none fails for its neighbour.
    async fn serve(&mut self, batches: &[AppendBatch]) -> Vec<Result<Appended, AppendError>> {
        match self.commit(batches).await {
            Ok(outcomes) => outcomes,
            Err(JournalError::Database(_) | JournalError::Full { .. }) if batches.len() > 1 => {
                let mut outcomes = Vec::with_capacity(batches.len());
                for batch in batches {
                    let alone = self.commit(std::slice::from_ref(batch)).await;
                    outcomes.push(alone.map_or_else(|error| Err(error.into()), |mut one| one.remove(0)));
                }
                outcomes
            }
            Err(error) => batches.iter().map(|_| Err(error.clone().into())).collect(),
        }
    }

    /// One transaction: one outcome per batch, or the error that ended it.
    async fn commit(&mut self, batches: &[AppendBatch]) -> Result<Vec<Result<Appended, AppendError>>, JournalError> {
        let result = self.try_commit(batches).await;
        if result.is_err() {
            self.cache.clear();
            self.writer.rollback().await;
        }
        result
    }

    async fn try_commit(
        &mut self,
        batches: &[AppendBatch],
    ) -> Result<Vec<Result<Appended, AppendError>>, JournalError> {
        loop {
            if let Some(outcomes) = self.attempt(batches).await? {
                return Ok(outcomes);
            }
            self.cache.clear();
        }
    }

    /// `None` when another process was faster: nothing was written, and what was planned is void.
    async fn attempt(
        &mut self,
        batches: &[AppendBatch],
    ) -> Result<Option<Vec<Result<Appended, AppendError>>>, JournalError> {
        let head = self.writer.begin().await?;
        failpoint::hit("head-taken");
        if self.cache.head != head.position {
            self.cache.clear();
            self.cache.head = head.position;
        }
        let Some(known) = self.load(batches).await? else {
            return Ok(None);
        };
        let mut planner = Planner::new(head, known, &mut self.cache);
        let outcomes: Vec<_> = batches.iter().map(|batch| planner.admit(batch)).collect();
        let group = planner.finish();
        if group.is_empty() {
            self.writer.rollback().await;
            return Ok(Some(outcomes));
        }
        failpoint::hit("planned");
        if self.writer.write(&group).await? == Written::Overtaken {
            return Ok(None);
        }
        failpoint::hit("written");
        self.writer.commit().await?;
        failpoint::hit("committed");
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.cache.head = group.head.position;
        self.head.send_if_modified(|head| raise(head, group.head.position));
        self.writer.notify(group.head.position).await;
        Ok(Some(outcomes))
    }

    /// What the index knows of the commands; the streams' versions go to the cache. `None` when overtaken.
    async fn load(
        &mut self,
        batches: &[AppendBatch],
    ) -> Result<Option<HashMap<CommandKey, CommandRecord>>, JournalError> {
        let keys: Vec<_> = batches.iter().map(|batch| batch.command.clone()).collect();
        let missing: HashSet<&StreamId> = batches
            .iter()
            .flat_map(AppendBatch::streams)
            .filter(|stream| !self.cache.knows(stream))
            .collect();
        let missing: Vec<StreamId> = missing.into_iter().cloned().collect();
        let known = self.writer.lookup(&keys, &missing).await?;
        if known.overtaken {
            return Ok(None);
        }
        for stream in &missing {
            self.cache.set(stream, Version::NONE);
        }
        for (stream, version) in &known.versions {
            self.cache.set(stream, *version);
        }
        Ok(Some(known.commands))
    }
}

/// Raises a head hint; whether it rose. It never goes back, whoever was late to tell.
pub(crate) fn raise(head: &mut Position, to: Position) -> bool {
    let rises = *head < to;
    if rises {
        *head = to;
    }
    rises
}

impl AppendBatch {
    /// How much of a transaction it fills.
    fn weight(&self) -> usize {
        let events = self.writes.iter().flat_map(|write| &write.events);
        let weights = events.map(|event| 1 + (event.payload.len() + event.metadata.len()) / BYTES_PER_WEIGHT);
        1 + self.checks.len() + weights.sum::<usize>()
    }

    fn streams(&self) -> impl Iterator<Item = &StreamId> {
        let written = self.writes.iter().map(|write| &write.stream);
        written.chain(self.checks.iter().map(|check| &check.stream))
    }
}

/// Versions of recently used streams, valid as long as the head is where this process left it.
#[derive(Debug)]
struct VersionCache {
    head: Position,
    versions: LruCache<(Arc<str>, Uuid), Version>,
}

impl Default for VersionCache {
    fn default() -> Self {
        Self {
            head: Position::START,
            versions: LruCache::new(CACHED_STREAMS),
        }
    }
}

impl VersionCache {
    fn knows(&mut self, stream: &StreamId) -> bool {
        self.versions.get(&(stream.category.clone(), stream.id)).is_some()
    }

    fn clear(&mut self) {
        self.versions.clear();
    }
}

impl StreamVersions for VersionCache {
    fn get(&mut self, stream: &StreamId) -> Version {
        self.versions
            .get(&(stream.category.clone(), stream.id))
            .copied()
            .unwrap_or(Version::NONE)
    }

    fn set(&mut self, stream: &StreamId, version: Version) {
        self.versions.put((stream.category.clone(), stream.id), version);
    }
}
