//! How projections are tested: given events, expect rows.
//!
//! A [`Spec`] folds its events through a real SQLite store in several ways: one by one with nothing kept in memory
//! between them, each delivered twice, in one page, and as a rebuild. All must come out alike. A projection that reads
//! more than it names in `needs`, or that depends on how events are cut into pages, does not pass.
//!
//! ```ignore
//! Spec::of(Deals)
//!     .given("deal", id, DealEvent::DealOpened { .. })
//!     .given("deal", id, DealEvent::DealWon { .. })
//!     .expect([deals::Model { id, stage: "SIGNE".into(), .. }]);
//! ```

#![allow(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a spec that does not hold is a failed test"
)]

use std::{any::TypeId, collections::HashMap, fmt::Debug, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::executor::block_on;
use journal::{EventHeader, Position, StreamId, Timestamp, Version};
use sea_orm::{EntityTrait, ModelTrait, TryIntoModel, Value};
use uuid::Uuid;

use super::{Projection, TableSpec, table::model_from};
use crate::{
    Recorded,
    views::{ViewsError, generation::Generation, store::SqliteStore},
};

/// Events for one projection, and what its tables contain after them.
pub struct Spec<E> {
    projection: Arc<dyn Projection<E>>,
    events: Vec<Recorded<E>>,
    versions: HashMap<StreamId, Version>,
    now: DateTime<Utc>,
    actor: Arc<str>,
}

/// A way for the same events to reach a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    OneByOne,
    EachTwice,
    OnePage,
    Rebuild,
}

impl<E: Send + Sync + 'static> Spec<E> {
    pub fn of(projection: impl Projection<E>) -> Self {
        Self {
            projection: Arc::new(projection),
            events: Vec::new(),
            versions: HashMap::new(),
            now: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000),
            actor: Arc::from("user:spec"),
        }
    }

    /// The next event, a second after the one before.
    pub fn given(self, category: &str, id: Uuid, event: impl Into<E>) -> Self {
        let now = self.now + TimeDelta::seconds(1);
        self.given_at(category, id, now, event)
    }

    /// The next event, at this time.
    pub fn given_at(mut self, category: &str, id: Uuid, time: DateTime<Utc>, event: impl Into<E>) -> Self {
        self.now = time;
        let stream = StreamId::new(category, id);
        let version = self.versions.entry(stream.clone()).or_default();
        *version = version.next();
        let position = Position(self.events.len() as u64 + 1);
        let event_id = Uuid::from_u128(u128::from(position.0));
        let header = EventHeader {
            position,
            stream,
            version: *version,
            event_id,
            event_type: Arc::from("spec"),
            schema_version: 1,
            recorded_at: time.into(),
            occurred_at: time.into(),
            actor: Arc::clone(&self.actor),
            command_id: event_id,
            correlation_id: event_id,
            causation_id: None,
        };
        self.events.push(Recorded {
            header,
            event: event.into(),
            metadata: Bytes::new(),
        });
        self
    }

    /// Who does what follows.
    pub fn by(mut self, actor: &str) -> Self {
        self.actor = actor.into();
        self
    }

    /// Recording and business time of the event given last.
    pub fn now(&self) -> Timestamp {
        self.now.into()
    }

    /// The table contains exactly these rows, in any order, and nothing waits because an event failed.
    #[track_caller]
    pub fn expect<M>(&self, rows: impl IntoIterator<Item = M>) -> &Self
    where
        M: ModelTrait + PartialEq + Debug + TryIntoModel<M>,
        M::Entity: EntityTrait<Model = M>,
        <M::Entity as EntityTrait>::ActiveModel: TryIntoModel<M>,
    {
        let mut expected = rows.into_iter().collect::<Vec<_>>();
        let mut found = self.rows::<M::Entity>();
        // Both in the order of their text: keys alone would do, but this needs to know nothing of them.
        expected.sort_by_cached_key(|row| format!("{row:?}"));
        found.sort_by_cached_key(|row| format!("{row:?}"));
        assert_eq!(found, expected, "rows of `{}`", self.table::<M::Entity>().name);
        self
    }

    /// The rows of a table after all events, in order of primary key.
    #[track_caller]
    pub fn rows<T>(&self) -> Vec<T::Model>
    where
        T: EntityTrait,
        T::ActiveModel: TryIntoModel<T::Model>,
    {
        let outcome = self.outcome();
        assert!(outcome.waiting.is_empty(), "an event failed: {:?}", outcome.waiting);
        let table = self.table::<T>();
        let at = self
            .projection
            .tables()
            .iter()
            .position(|own| own.name == table.name)
            .unwrap_or_default();
        let rows = outcome.tables.into_iter().nth(at).unwrap_or_default();
        let models = rows.into_iter().map(model_from::<T>).collect::<Result<_, _>>();
        models.unwrap_or_else(|error| panic!("rows of `{}` cannot be read: {error}", table.name))
    }

    /// These events fail and wait, in this order, with all that waits behind them.
    #[track_caller]
    pub fn expect_waiting(&self, positions: &[u64]) -> &Self {
        let waiting = self
            .outcome()
            .waiting
            .into_iter()
            .map(|(position, _)| position)
            .collect::<Vec<_>>();
        assert_eq!(waiting, positions, "positions of events that wait");
        self
    }

    fn table<T: EntityTrait>(&self) -> TableSpec {
        let mut tables = self.projection.tables().into_iter();
        let found = tables.find(|table| table.entity == TypeId::of::<T>());
        found.unwrap_or_else(|| panic!("`{}` has no such table", self.projection.name()))
    }

    #[track_caller]
    fn outcome(&self) -> Outcome {
        let fold = |delivery| {
            let folded = block_on(self.fold(delivery));
            folded.unwrap_or_else(|error| panic!("the events cannot be folded ({delivery:?}): {error}"))
        };
        let outcome = fold(Delivery::OneByOne);
        for delivery in [Delivery::EachTwice, Delivery::OnePage, Delivery::Rebuild] {
            assert_eq!(
                fold(delivery),
                outcome,
                "{delivery:?} (left) must come out like one by one (right)"
            );
        }
        outcome
    }

    async fn fold(&self, delivery: Delivery) -> Result<Outcome, ViewsError> {
        let projections = [Arc::clone(&self.projection)];
        let mut store = SqliteStore::in_memory()?;
        store.create(&projections)?;
        let mut generation = Generation::open(Box::new(store), &projections).await?;
        if delivery != Delivery::Rebuild {
            generation.finish().await?;
        }
        if matches!(delivery, Delivery::OneByOne | Delivery::EachTwice) {
            for event in &self.events {
                let last = event.header.position;
                generation.offer(std::slice::from_ref(event), last).await?;
                generation.flush().await?;
                generation.forget_rows();
                if delivery == Delivery::EachTwice {
                    generation.offer(std::slice::from_ref(event), last).await?;
                    generation.flush().await?;
                }
            }
        } else {
            generation
                .offer(&self.events, Position(self.events.len() as u64))
                .await?;
        }
        generation.finish().await?;
        let mut tables = Vec::new();
        for table in self.projection.tables() {
            tables.push(generation.store.all(&table).await?);
        }
        Ok(Outcome {
            tables,
            waiting: waiting(&generation),
        })
    }
}

/// What the tables contain, and what waits.
#[derive(Debug, PartialEq)]
struct Outcome {
    tables: Vec<Vec<Vec<Value>>>,
    waiting: Vec<(u64, String)>,
}

fn waiting<E>(generation: &Generation<E>) -> Vec<(u64, String)> {
    let mut waiting = Vec::new();
    for lane in &generation.lanes {
        let stopped = lane
            .stopped
            .iter()
            .map(|stopped| (stopped.position.0, stopped.error.clone()));
        waiting.extend(stopped);
        for parked in lane.parked.values() {
            waiting.extend(parked.held.iter().map(|position| (position.0, parked.error.clone())));
        }
    }
    waiting.sort_unstable();
    waiting
}
