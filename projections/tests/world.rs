//! A journal in a temporary directory, and an engine over it.

use std::{path::Path, sync::Arc};

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use domain::Event;
use engine::{Codec, CommandBus, CommandContext, KeyRing, ManualClock, MasterKey, Outcome, ids::SeededIds};
use journal::{Journal, OpenOptions};
use serde::Serialize;
use uuid::Uuid;

use crate::place::Place;

const MASTER: [u8; 32] = [7; 32];

pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) journal: Arc<dyn Journal>,

    pub(crate) codec: Arc<Codec<Event>>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) bus: Arc<CommandBus<Event>>,
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) async fn journal_in(folder: &Path) -> Arc<dyn Journal> {
    journal_at(&format!("sqlite:{}", folder.join("journal.db").display())).await
}

async fn journal_at(url: &str) -> Arc<dyn Journal> {
    let options = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    journal::open(url, options).await.unwrap()
}

impl World {
    pub(crate) async fn at(place: Place) -> Self {
        let journal = journal_at(&place.journal_url()).await;
        let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes(MASTER))
            .await
            .unwrap();
        let codec = Arc::new(Codec::new(projections::vocabulary(), keys));
        let clock = Arc::new(ManualClock::new(noon()));
        let bus = CommandBus::open(
            journal.clone(),
            codec.clone(),
            clock.clone(),
            Arc::new(SeededIds::new(1)),
        );
        let bus = bus.await.unwrap();
        Self {
            place,
            journal,
            codec,
            clock,
            bus,
        }
    }

    pub(crate) async fn execute<A>(&self, id: Uuid, command: A::Command) -> Outcome
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Event: Into<Event>,
        A::Command: Serialize + Clone,
        A::Error: std::fmt::Debug + std::fmt::Display,
    {
        let context = CommandContext::new("test", Uuid::now_v7(), "user:test");
        self.bus.execute::<A>(&context, id, command).await.unwrap()
    }
}
