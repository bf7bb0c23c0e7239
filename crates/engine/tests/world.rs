//! A journal in a temporary directory, and an engine over it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use engine::{
    Codec, CommandBus, CommandContext, CommandError, KeyRing, ManualClock, MasterKey, Outcome, Recorded, ids::RandomIds,
};
use journal::{Journal, NewEvent, OpenOptions, Position, ReadFilter, StreamId};
use sea_orm::ConnectionTrait as _;
use tempfile::TempDir;
use uuid::Uuid;

use crate::bank::{Account, AccountCommand, AccountError, BankEvent, Personal, vocabulary};

pub(crate) const MASTER: [u8; 32] = [7; 32];

pub(crate) struct World {
    pub(crate) folder: PathBuf,
    url: String,
    /// Removed with the last world in it.
    temporary: Option<Arc<TempDir>>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) codec: Arc<Codec<BankEvent>>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) bus: Arc<CommandBus<BankEvent>>,
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) async fn journal_in(folder: &Path) -> Arc<dyn Journal> {
    journal_at(&sqlite_in(folder)).await
}

fn sqlite_in(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("journal.db").display())
}

async fn journal_at(url: &str) -> Arc<dyn Journal> {
    let options = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    journal::open(url, options).await.unwrap()
}

/// A new database in the disposable cluster of `scripts/with-postgres`.
async fn postgres_database() -> String {
    let cluster = std::env::var("ALFORIS_TEST_POSTGRES")
        .expect("this test needs PostgreSQL: run it through `scripts/with-postgres cargo nextest run …`");
    let name = format!("engine_{}", Uuid::now_v7().simple());
    let connection = sea_orm::Database::connect(&cluster).await.unwrap();
    connection
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    connection.close().await.unwrap();
    let (server, _) = cluster.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{name}")
}

impl World {
    pub(crate) async fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let url = sqlite_in(temporary.path());
        Self::over(url, temporary.path().to_owned(), Some(Arc::new(temporary))).await
    }

    pub(crate) async fn on_postgres() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let url = postgres_database().await;
        Self::over(url, temporary.path().to_owned(), Some(Arc::new(temporary))).await
    }

    /// Another process on the same journal, as far as the engine can tell.
    pub(crate) async fn another(&self) -> Self {
        Self::over(self.url.clone(), self.folder.clone(), self.temporary.clone()).await
    }

    /// In a folder that somebody else looks after.
    pub(crate) async fn at(folder: PathBuf) -> Self {
        Self::over(sqlite_in(&folder), folder, None).await
    }

    async fn over(url: String, folder: PathBuf, temporary: Option<Arc<TempDir>>) -> Self {
        let journal = journal_at(&url).await;
        let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes(MASTER))
            .await
            .unwrap();
        let codec = Arc::new(Codec::new(vocabulary(), keys.clone()));
        let clock = Arc::new(ManualClock::new(noon()));
        let ids = Arc::new(RandomIds);
        let bus = CommandBus::open(journal.clone(), codec.clone(), clock.clone(), ids)
            .await
            .unwrap();
        Self {
            folder,
            url,
            temporary,
            journal,
            keys,
            codec,
            clock,
            bus,
        }
    }

    pub(crate) async fn execute(
        &self,
        id: Uuid,
        command: AccountCommand,
    ) -> Result<Outcome, CommandError<AccountError>> {
        self.bus.execute::<Account>(&someone(), id, command).await
    }

    /// An open account with something in it.
    pub(crate) async fn account(&self, cents: i64) -> Uuid {
        self.account_of(Uuid::now_v7(), "Ada", cents).await
    }

    pub(crate) async fn account_of(&self, person: Uuid, name: &str, cents: i64) -> Uuid {
        let id = Uuid::now_v7();
        self.execute(
            id,
            AccountCommand::Open {
                holder: Personal::new(person, name),
            },
        )
        .await
        .unwrap();
        self.execute(id, AccountCommand::Deposit { cents }).await.unwrap();
        id
    }

    pub(crate) async fn cents(&self, id: Uuid) -> i64 {
        self.bus.load::<Account>(id).await.unwrap().unwrap().0.cents
    }

    pub(crate) async fn head(&self) -> Position {
        self.journal.head().await.unwrap().position
    }

    /// Every event there is, typed.
    pub(crate) async fn events(&self) -> Vec<Recorded<BankEvent>> {
        let page = self
            .journal
            .read(Position::START, 10_000, &ReadFilter::default())
            .await
            .unwrap();
        self.codec.open_page(&page).await.unwrap()
    }

    /// Appends an event past the codec, as an older or newer program may have written it.
    pub(crate) async fn append_raw(
        &self,
        stream: StreamId,
        event_type: &str,
        schema_version: u32,
        payload: impl Into<Vec<u8>>,
    ) {
        let event = NewEvent {
            event_id: Uuid::now_v7(),
            event_type: event_type.into(),
            schema_version,
            occurred_at: noon().into(),
            payload: payload.into().into(),
            metadata: Bytes::new(),
        };
        let command = journal::CommandKey {
            issuer: "test".into(),
            id: Uuid::now_v7(),
        };
        let batch = journal::AppendBatch {
            correlation_id: command.id,
            command,
            fingerprint: journal::Fingerprint([0; 32]),
            actor: "test".into(),
            causation_id: None,
            now: noon().into(),
            writes: vec![journal::StreamWrite {
                stream,
                expected: journal::Expected::Any,
                events: vec![event],
            }],
            checks: Vec::new(),
        };
        self.journal.append(batch).await.unwrap();
    }
}

/// A command that nobody gave before.
pub(crate) fn someone() -> CommandContext {
    CommandContext::new("test", Uuid::now_v7(), "user:test")
}

pub(crate) fn account(id: Uuid) -> StreamId {
    StreamId::new("account", id)
}
