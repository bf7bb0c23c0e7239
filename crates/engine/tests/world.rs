//! A journal in a temporary directory, and an engine over it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use engine::{
    Codec, CommandBus, CommandContext, CommandError, KeyRing, ManualClock, MasterKey, Outcome, Recorded, ids::SeededIds,
};
use journal::{Journal, NewEvent, OpenOptions, Position, ReadFilter, StreamId};
use tempfile::TempDir;
use uuid::Uuid;

use crate::bank::{Account, AccountCommand, AccountError, BankEvent, Personal, vocabulary};

pub(crate) const MASTER: [u8; 32] = [7; 32];

pub(crate) struct World {
    pub(crate) folder: PathBuf,
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
    let url = format!("sqlite:{}", folder.join("journal.db").display());
    journal::open(
        &url,
        OpenOptions {
            create: true,
            ..OpenOptions::default()
        },
    )
    .await
    .unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut world = Self::at(temporary.path().to_owned()).await;
        world.temporary = Some(Arc::new(temporary));
        world
    }

    /// Another process on the same journal, as far as the engine can tell.
    pub(crate) async fn another(&self) -> Self {
        let mut world = Self::at(self.folder.clone()).await;
        world.temporary.clone_from(&self.temporary);
        world
    }

    /// In a folder that somebody else looks after.
    pub(crate) async fn at(folder: PathBuf) -> Self {
        let journal = journal_in(&folder).await;
        let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes(MASTER))
            .await
            .unwrap();
        let codec = Arc::new(Codec::new(vocabulary(), keys.clone()));
        let clock = Arc::new(ManualClock::new(noon()));
        let ids = Arc::new(SeededIds::new(1));
        let bus = CommandBus::open(journal.clone(), codec.clone(), clock.clone(), ids)
            .await
            .unwrap();
        Self {
            folder,
            temporary: None,
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
