//! The journal in one SQLite file.
//!
//! One connection writes, in turns between the sequencer's thread and the vault. Readers have connections of their
//! own and run on blocking threads; the write-ahead log lets them read while a transaction is being written.

mod audit;
pub(crate) mod error;
mod pool;
pub(crate) mod reader;
mod records;
mod rows;
pub(crate) mod schema;
mod vault;
mod watch;
mod writer;

use std::{ops::Range, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use tokio::sync::{Mutex, watch as channel};

use self::{
    pool::Pool,
    schema::Location,
    watch::{FileIdentity, HeadWatch},
    writer::{SqliteWriter, WriteConnection},
};
use crate::{
    AppendBatch, AppendError, Appended, Audit, CommandKey, CommandRecord, Head, Journal, JournalError, JournalInfo,
    OpenOptions, Page, Position, ReadFilter, RecordedEvent, StreamId, Timestamp, Vault, Version, sequencer::Sequencer,
    tree::Hash,
};

/// A journal in a file. Several handles, in one process or many, may be open on one file.
pub struct SqliteJournal {
    info: JournalInfo,
    sequencer: Sequencer,
    readers: Pool,
    connection: WriteConnection,
    file: FileIdentity,
    head: Arc<channel::Sender<Position>>,
    write_ahead_log: PathBuf,
    _watch: HeadWatch,
}

impl SqliteJournal {
    /// Opens `sqlite:path`. Must not be called on an async runtime's thread that may not block for long: an older
    /// format is brought up to date here.
    pub fn open(url: &str, options: &OpenOptions) -> Result<Self, JournalError> {
        let location = Location::parse(url)?;
        let (connection, info) = schema::open(&location, options)?;
        let (head, _) = channel::channel(reader::head_position(&connection)?);
        let head = Arc::new(head);
        let file = FileIdentity::of(&location.path);
        let connection = Arc::new(Mutex::new(connection));
        let writer = SqliteWriter::new(connection.clone(), file.clone());
        let sequencer = Sequencer::start(writer, head.clone())?;
        let write_ahead_log = location.write_ahead_log();
        let watch = HeadWatch::start(schema::open_reader(&location)?, head.clone())?;
        Ok(Self {
            info,
            sequencer,
            readers: Pool::new(location),
            connection,
            file,
            head,
            write_ahead_log,
            _watch: watch,
        })
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    fn info(&self) -> &JournalInfo {
        &self.info
    }

    async fn append(&self, batch: AppendBatch) -> Result<Appended, AppendError> {
        self.sequencer.append(batch).await
    }

    async fn head(&self) -> Result<Head, JournalError> {
        self.readers.run(|reader| reader::head(&reader.connection)).await
    }

    async fn read(&self, after: Position, limit: usize, filter: &ReadFilter) -> Result<Page, JournalError> {
        let filter = filter.clone();
        self.readers
            .run(move |reader| reader::page(&reader.connection, &mut reader.decoder, after, limit, &filter))
            .await
    }

    async fn read_at(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, JournalError> {
        let positions = positions.to_vec();
        self.readers
            .run(move |reader| reader::at(&reader.connection, &mut reader.decoder, &positions))
            .await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, JournalError> {
        let stream = stream.clone();
        self.readers
            .run(move |reader| reader::stream(&reader.connection, &mut reader.decoder, &stream, after, limit))
            .await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<Version, JournalError> {
        let stream = stream.clone();
        self.readers
            .run(move |reader| reader::stream_version(&reader.connection, &stream))
            .await
    }

    async fn position_at(&self, time: Timestamp) -> Result<Position, JournalError> {
        self.readers
            .run(move |reader| reader::position_at(&reader.connection, time))
            .await
    }

    async fn command(&self, key: &CommandKey) -> Result<Option<CommandRecord>, JournalError> {
        let key = key.clone();
        self.readers
            .run(move |reader| reader::command(&reader.connection, &key))
            .await
    }

    fn group_commits(&self) -> u64 {
        self.sequencer.commits()
    }

    fn queued_appends(&self) -> usize {
        self.sequencer.queued()
    }

    fn write_ahead_bytes(&self) -> Option<u64> {
        std::fs::metadata(&self.write_ahead_log).ok().map(|file| file.len())
    }

    fn head_hint(&self) -> channel::Receiver<Position> {
        self.head.subscribe()
    }

    async fn leaf_hashes(&self, leaves: Range<u64>) -> Result<Vec<Hash>, JournalError> {
        self.readers
            .run(move |reader| reader::leaf_hashes(&reader.connection, leaves))
            .await
    }

    async fn subtree_hashes(&self, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, JournalError> {
        self.readers
            .run(move |reader| reader::subtree_hashes(&reader.connection, level, nodes))
            .await
    }

    fn vault(&self) -> &dyn Vault {
        self
    }

    fn audit(&self) -> &dyn Audit {
        self
    }
}
