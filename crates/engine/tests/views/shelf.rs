//! A journal and views in a temporary place, on SQLite or PostgreSQL.

use std::{collections::BTreeMap, future::Future, path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use engine::{Clock, Codec, KeyRing, ManualClock, MasterKey, Projection, ViewHandle, Views, ViewsError, ViewsOptions};
use journal::{
    AppendBatch, CommandKey, Expected, Fingerprint, Journal, NewEvent, OpenOptions, Position, StreamId, StreamWrite,
};
use sea_orm::{EntityTrait, QueryOrder};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use uuid::Uuid;

use super::ledger::{Event, Items, Members, items, members, vocabulary};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// Where a journal is written and views are opened.
pub(crate) struct Shelf {
    pub(crate) folder: Arc<TempDir>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) codec: Arc<Codec<Event>>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) views_url: String,
}

impl Shelf {
    pub(crate) async fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let views_url = format!("sqlite:{}", folder.path().join("views.db").display());
        Self::at(folder, views_url).await
    }

    pub(crate) async fn at(folder: Arc<TempDir>, views_url: String) -> Self {
        let (journal, codec) = open_journal(folder.path()).await;
        let clock = Arc::new(ManualClock::new(noon()));
        Self {
            folder,
            journal,
            codec,
            clock,
            views_url,
        }
    }

    /// Views with both projections, as one process opens them.
    pub(crate) async fn views(&self) -> Arc<Views<Event>> {
        self.views_of(vec![Arc::new(Items::default()), Arc::new(Members::default())])
            .await
    }

    pub(crate) async fn views_of(&self, projections: Vec<Arc<dyn Projection<Event>>>) -> Arc<Views<Event>> {
        self.views_with(projections, options()).await
    }

    pub(crate) async fn views_with(
        &self,
        projections: Vec<Arc<dyn Projection<Event>>>,
        options: ViewsOptions,
    ) -> Arc<Views<Event>> {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let (journal, codec) = (self.journal.clone(), self.codec.clone());
        Views::open(&self.views_url, journal, codec, projections, clock, options)
            .await
            .unwrap()
    }

    pub(crate) async fn append(&self, item: Uuid, events: &[Event]) -> Position {
        append(&*self.journal, self.clock.now(), item, self.clock.now(), events).await
    }

    /// An event as some other program wrote it.
    pub(crate) async fn append_raw(&self, item: Uuid, event_type: &str, payload: &[u8]) -> Position {
        let (now, stream) = (self.clock.now(), StreamId::new("item", item));
        append_payloads(&*self.journal, now, stream, now, vec![(event_type, payload.to_vec())]).await
    }

    pub(crate) async fn append_at(&self, item: Uuid, occurred_at: DateTime<Utc>, event: Event) -> Position {
        append(&*self.journal, self.clock.now(), item, occurred_at, &[event]).await
    }

    pub(crate) async fn head(&self) -> Position {
        self.journal.head().await.unwrap().position
    }

    /// The views once they show the journal's end.
    pub(crate) async fn at_head(&self, views: &Views<Event>) -> ViewHandle {
        views.wait_for(self.head().await, PATIENCE).await.unwrap()
    }

    /// Several items with a life each; returns the items.
    pub(crate) async fn some_history(&self, items: usize) -> Vec<Uuid> {
        let ids = (0..items).map(|_| Uuid::now_v7()).collect::<Vec<_>>();
        for (number, id) in ids.iter().enumerate() {
            self.clock.advance(TimeDelta::seconds(1));
            self.append(*id, &[Event::opened(&format!("group {}", number % 7), number as i64)])
                .await;
        }
        for (number, id) in ids.iter().enumerate() {
            self.clock.advance(TimeDelta::seconds(1));
            let moved = Event::Moved {
                group: format!("group {}", number % 5),
            };
            self.append(*id, &[Event::Added { amount: 10 }, moved]).await;
            if number % 11 == 3 {
                self.append(*id, &[Event::Closed]).await;
            }
            if number % 13 == 5 {
                let group = format!("group {}", number % 5);
                self.append(Uuid::now_v7(), &[Event::GroupCleared { group }]).await;
            }
        }
        ids
    }
}

/// Short waits, so that tests are.
pub(crate) fn options() -> ViewsOptions {
    ViewsOptions {
        lease: Duration::from_millis(800),
        page: 64,
        as_of_wait: PATIENCE,
        ..ViewsOptions::default()
    }
}

pub(crate) async fn open_journal(folder: &Path) -> (Arc<dyn Journal>, Arc<Codec<Event>>) {
    let url = format!("sqlite:{}", folder.join("journal.db").display());
    let options = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    let journal = journal::open(&url, options).await.unwrap();
    let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes([7; 32]))
        .await
        .unwrap();
    (journal, Arc::new(Codec::new(vocabulary(), keys)))
}

pub(crate) async fn append(
    journal: &dyn Journal,
    now: DateTime<Utc>,
    item: Uuid,
    occurred_at: DateTime<Utc>,
    events: &[Event],
) -> Position {
    let is_skip = events.iter().any(|event| matches!(event, Event::Skipped { .. }));
    let stream = StreamId::new(if is_skip { "projection" } else { "item" }, item);
    let events = events
        .iter()
        .map(|event| (event.name(), serde_json::to_vec(event).unwrap()))
        .collect();
    append_payloads(journal, now, stream, occurred_at, events).await
}

async fn append_payloads(
    journal: &dyn Journal,
    now: DateTime<Utc>,
    stream: StreamId,
    occurred_at: DateTime<Utc>,
    events: Vec<(&str, Vec<u8>)>,
) -> Position {
    let events = events.into_iter().map(|(event_type, payload)| NewEvent {
        event_id: Uuid::now_v7(),
        event_type: event_type.into(),
        schema_version: 1,
        occurred_at: occurred_at.into(),
        payload: payload.into(),
        metadata: Vec::new().into(),
    });
    let batch = AppendBatch {
        command: CommandKey {
            issuer: "test".into(),
            id: Uuid::now_v7(),
        },
        fingerprint: Fingerprint([0; 32]),
        actor: "user:test".into(),
        correlation_id: Uuid::now_v7(),
        causation_id: None,
        now: now.into(),
        writes: vec![StreamWrite {
            stream,
            expected: Expected::Any,
            events: events.collect(),
        }],
        checks: Vec::new(),
    };
    journal.append(batch).await.unwrap().last
}

/// A worker of this process, ended by [`Worker::stop`].
pub(crate) struct Worker {
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), ViewsError>>,
}

impl Worker {
    pub(crate) fn start(views: &Arc<Views<Event>>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(run(views.clone(), stopped));
        Self { stop, running }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }
}

fn run(views: Arc<Views<Event>>, stopped: oneshot::Receiver<()>) -> impl Future<Output = Result<(), ViewsError>> {
    views.run(async move {
        let _ = stopped.await;
    })
}

/// Everything the tables contain.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct Contents {
    pub(crate) items: Vec<items::Model>,
    pub(crate) members: Vec<members::Model>,
}

pub(crate) async fn contents(handle: &ViewHandle) -> Contents {
    let members = members::Entity::find()
        .order_by_asc(members::Column::Id)
        .all(&handle.connection);
    Contents {
        items: items_in(handle).await,
        members: members.await.unwrap(),
    }
}

pub(crate) async fn items_in(handle: &ViewHandle) -> Vec<items::Model> {
    items::Entity::find()
        .order_by_asc(items::Column::Id)
        .all(&handle.connection)
        .await
        .unwrap()
}

/// What the items' table must contain after these events: folded as plainly as can be.
pub(crate) fn naive_items<'e>(events: impl IntoIterator<Item = (u64, Uuid, &'e Event)>) -> Vec<items::Model> {
    let mut rows = BTreeMap::new();
    for (position, id, event) in events {
        let last_position = position as i64;
        match event {
            Event::Opened { group, amount } => {
                let (group, amount) = (group.clone(), *amount);
                rows.insert(
                    id,
                    items::Model {
                        id,
                        group,
                        amount,
                        changes: 0,
                        note: None,
                        last_position,
                    },
                );
            }
            Event::Added { amount } => {
                let row = rows.get_mut(&id).unwrap();
                (row.amount, row.changes, row.last_position) = (row.amount + amount, row.changes + 1, last_position);
            }
            Event::Moved { group } => {
                let row = rows.get_mut(&id).unwrap();
                row.group.clone_from(group);
                (row.changes, row.last_position) = (row.changes + 1, last_position);
            }
            Event::Closed => {
                rows.remove(&id);
            }
            _ => {}
        }
    }
    rows.into_values().collect()
}
