//! A journal, views with their worker, and letters to send.

use std::{sync::Arc, time::Duration};

use blobs::Blobs;
use chrono::{DateTime, Utc};
use domain::{
    Decider as _, Delivery, DeliveryCommand, DeliveryEvent, Event, Language, PersonId, TaskId,
    delivery::{DeliveryState, QueueDelivery},
};
use engine::{Codec, CommandBus, CommandContext, KeyRing, ManualClock, MasterKey, Views, ViewsOptions, ids::RandomIds};
use journal::{OpenOptions, StreamId, Version};
use mail::{Due, Reminder, To};
use tokio::{sync::oneshot, task::JoinHandle};
use uuid::Uuid;

use crate::place::Place;

const MASTER: [u8; 32] = [7; 32];
/// Short, so that a test need not wait long for somebody to take over.
const LEASE: Duration = Duration::from_secs(1);

pub(crate) const ZOE: PersonId = PersonId(Uuid::from_u128(0xE0E));

pub(crate) struct World {
    pub(crate) place: Arc<Place>,
    pub(crate) bus: Arc<CommandBus<Event>>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) views: Arc<Views<Event>>,
    _stop: oneshot::Sender<()>,
    _worker: JoinHandle<()>,
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-03-09T12:00:00Z".parse().unwrap()
}

pub(crate) fn to_zoe() -> To {
    To {
        person: ZOE,
        name: Some("Zoé Martin".to_owned()),
        email: "zoe@martin.example".to_owned(),
        language: Language::French,
        time_zone: chrono_tz::Europe::Paris,
    }
}

/// A letter that stays worth sending for ten days.
pub(crate) fn reminder() -> QueueDelivery {
    let due = noon() + chrono::TimeDelta::days(9);
    let reminder = Reminder {
        task: TaskId(Uuid::from_u128(6)),
        title: "Rappeler l'été".to_owned(),
        due: Some(Due::Moment(due)),
        organization: Some("Ateliers Martin".to_owned()),
        until: due + chrono::TimeDelta::days(1),
    };
    mail::task_reminder(to_zoe(), &reminder).unwrap()
}

impl World {
    pub(crate) async fn at(place: Place) -> Self {
        Self::over(Arc::new(place), Arc::new(ManualClock::new(noon()))).await
    }

    pub(crate) async fn new() -> Self {
        Self::at(Place::sqlite()).await
    }

    /// Another process on the same journal and views, as far as the engine can tell.
    pub(crate) async fn another(&self) -> Self {
        Self::over(self.place.clone(), self.clock.clone()).await
    }

    async fn over(place: Arc<Place>, clock: Arc<ManualClock>) -> Self {
        let options = OpenOptions {
            create: true,
            ..OpenOptions::default()
        };
        let journal = journal::open(&place.journal_url(), options).await.unwrap();
        let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes(MASTER))
            .await
            .unwrap();
        let codec = Arc::new(Codec::new(projections::vocabulary(), keys));
        let bus = CommandBus::open(journal.clone(), codec.clone(), clock.clone(), Arc::new(RandomIds))
            .await
            .unwrap();
        let options = ViewsOptions {
            lease: LEASE,
            ..ViewsOptions::default()
        };
        let projections = projections::all();
        let views = Views::open(&place.views_url(), journal, codec, projections, clock.clone(), options)
            .await
            .unwrap();
        let (stop, stopped) = oneshot::channel();
        let running = views.clone();
        let worker = tokio::spawn(async move {
            let _ = running.run(async move { drop(stopped.await) }).await;
        });
        Self {
            place,
            bus,
            clock,
            views,
            _stop: stop,
            _worker: worker,
        }
    }

    /// Where the files lie that letters name.
    pub(crate) fn blobs(&self) -> Blobs {
        Blobs::new(&self.place.folder.path().join("blobs"))
    }

    pub(crate) async fn put(&self, delivery: Uuid, command: DeliveryCommand) {
        let context = CommandContext::new("test", Uuid::now_v7(), "user:test");
        self.bus.execute::<Delivery>(&context, delivery, command).await.unwrap();
    }

    pub(crate) async fn queue(&self, delivery: QueueDelivery) -> Uuid {
        let id = Uuid::now_v7();
        self.put(id, DeliveryCommand::Queue(delivery)).await;
        id
    }

    /// What happened to a delivery since it was queued.
    pub(crate) async fn history(&self, delivery: Uuid) -> Vec<DeliveryEvent> {
        let stream = StreamId::new(DeliveryState::TYPE, delivery);
        let events = self.bus.history(&stream, Version(1), 1_000).await.unwrap();
        events
            .into_iter()
            .map(|event| match event.event {
                Event::Delivery(event) => event,
                other => panic!("{other:?}"),
            })
            .collect()
    }
}
