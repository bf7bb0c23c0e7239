//! From a queued letter to its outcome, on both back ends: once if nothing goes wrong, and never not at all.

use std::{
    collections::VecDeque,
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    BlobHash, Delivery, DeliveryCommand, DeliveryEvent, Event, FileDescription, Person, PersonCommand,
    delivery::{Abandonment, Content, DeliveryStatus, Enclosure, OnDoubt, QueueDelivery},
    person::ErasureGround,
};
use engine::{
    Carrier, Clock as _, CommandBus, CommandContext, Dispatcher, Erasure, Outbound as _, RetrySchedule,
    deliveries::{Carried, Due, Outcome},
    policy::ReactionError,
};
use mail::{Post, Route};
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use crate::{
    place::{Place, on_both},
    world::{World, ZOE, noon, reminder},
};

on_both!(
    what_is_queued_is_sent_once,
    many_letters_are_all_sent,
    what_is_put_off_goes_at_its_time,
    a_dead_letter_is_sent_when_a_person_wants_it,
    an_attempt_without_an_outcome_is_made_again,
    what_must_not_go_twice_waits_for_a_person,
    what_is_of_no_use_any_more_is_not_sent,
    nobody_writes_to_an_erased_person,
    a_letter_that_cannot_be_written_is_a_dead_letter,
    a_file_goes_with_the_letter_that_names_it,
    an_attempt_that_breaks_its_worker_is_tried_so_often_and_no_more,
    another_process_takes_over,
    a_worker_that_stops_finishes_what_it_began,
);

const PATIENCE: Duration = Duration::from_secs(30);

/// Letters into the outbox, but for what a script says of the next attempts.
struct Scripted {
    post: Post,
    script: Mutex<VecDeque<Turn>>,
    carried: Mutex<Vec<()>>,
    begun: Arc<Notify>,
}

/// What comes of an attempt.
enum Turn {
    NotNow,
    Refused,
    /// The worker breaks.
    Breaks,
    /// It never ends.
    Hangs,
    /// It takes a while and works.
    Lasts(Duration),
}

#[async_trait]
impl Carrier<Event> for Scripted {
    type Parcel = <Post as Carrier<Event>>::Parcel;

    fn kind(&self) -> &'static str {
        self.post.kind()
    }

    async fn due(
        &self,
        view: &DatabaseConnection,
        now: DateTime<Utc>,
        except: &[Uuid],
        limit: u64,
    ) -> Result<Vec<Due>, DbErr> {
        self.post.due(view, now, except, limit).await
    }

    async fn next_due(&self, view: &DatabaseConnection, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, DbErr> {
        self.post.next_due(view, now).await
    }

    async fn begin(
        &self,
        due: &Due,
        attempt: u32,
        context: CommandContext,
        bus: &CommandBus<Event>,
    ) -> Result<Option<Self::Parcel>, ReactionError> {
        self.post.begin(due, attempt, context, bus).await
    }

    async fn carry(&self, parcel: Self::Parcel) -> Carried {
        self.carried.lock().unwrap().push(());
        self.begun.notify_one();
        let turn = self.script.lock().unwrap().pop_front();
        match turn {
            Some(Turn::NotNow) => {
                return Carried::NotNow {
                    reason: "not now".to_owned(),
                };
            }
            Some(Turn::Refused) => {
                return Carried::Refused {
                    reason: "never".to_owned(),
                };
            }
            Some(Turn::Breaks) => panic!("as the script says"),
            Some(Turn::Hangs) => std::future::pending().await,
            Some(Turn::Lasts(time)) => tokio::time::sleep(time).await,
            None => {}
        }
        self.post.carry(parcel).await
    }

    async fn record(
        &self,
        delivery: Uuid,
        attempt: u32,
        outcome: Outcome,
        context: CommandContext,
        bus: &CommandBus<Event>,
    ) -> Result<(), ReactionError> {
        self.post.record(delivery, attempt, outcome, context, bus).await
    }
}

type Machine = Arc<Dispatcher<Event, Scripted>>;

fn machine(world: &World, script: impl IntoIterator<Item = Turn>) -> Machine {
    let route = Route::Outbox(world.place.folder.path().join("outbox"));
    let scripted = Scripted {
        post: Post::new(&route, None, "https://crm.example", world.blobs()).unwrap(),
        script: Mutex::new(script.into_iter().collect()),
        carried: Mutex::default(),
        begun: Arc::default(),
    };
    Dispatcher::new(
        world.bus.clone(),
        world.views.clone(),
        scripted,
        RetrySchedule::default(),
    )
}

fn carried(machine: &Machine) -> usize {
    machine.carrier().carried.lock().unwrap().len()
}

/// Files in the outbox.
fn letters(world: &World) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(world.place.folder.path().join("outbox")) else {
        return Vec::new();
    };
    folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

async fn status(world: &World, delivery: Uuid) -> DeliveryStatus {
    let (delivery, _) = world.bus.load::<Delivery>(delivery).await.unwrap().unwrap();
    delivery.status().unwrap()
}

async fn until_status(world: &World, delivery: Uuid, wanted: DeliveryStatus) {
    let reached = async {
        while status(world, delivery).await != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let history = world.history(delivery).await;
    tokio::time::timeout(PATIENCE, reached)
        .await
        .unwrap_or_else(|_| panic!("never {wanted:?}: {history:?}"));
}

fn attempted(attempt: u32) -> DeliveryEvent {
    DeliveryEvent::DeliveryAttempted { attempt }
}

fn succeeded(attempt: u32) -> DeliveryEvent {
    DeliveryEvent::DeliverySucceeded { attempt }
}

async fn what_is_queued_is_sent_once(place: Place) {
    let world = World::at(place).await;
    let machine = machine(&world, []);
    let delivery = world.queue(reminder()).await;
    assert_eq!(machine.deliver_due().await.unwrap(), None);
    assert_eq!(machine.deliver_due().await.unwrap(), None);
    assert_eq!(world.history(delivery).await, [attempted(1), succeeded(1)]);
    assert_eq!(letters(&world), [format!("{delivery}.eml")]);
}

async fn many_letters_are_all_sent(place: Place) {
    let world = World::at(place).await;
    let machine = machine(&world, []);
    let mut queued = Vec::new();
    for _ in 0..25 {
        queued.push(world.queue(reminder()).await);
    }
    machine.deliver_due().await.unwrap();
    for delivery in queued {
        assert_eq!(world.history(delivery).await, [attempted(1), succeeded(1)]);
    }
    assert_eq!((carried(&machine), letters(&world).len()), (25, 25));
}

async fn what_is_put_off_goes_at_its_time(place: Place) {
    let world = World::at(place).await;
    let machine = machine(&world, [Turn::NotNow]);
    let delivery = world.queue(reminder()).await;
    let next = machine.deliver_due().await.unwrap().unwrap();
    let pause = (next - noon()).num_seconds();
    assert!((30..=36).contains(&pause), "{pause}");
    assert_eq!(status(&world, delivery).await, DeliveryStatus::Deferred);
    world.clock.set(next - chrono::TimeDelta::milliseconds(1));
    assert_eq!(machine.deliver_due().await.unwrap(), Some(next));
    assert_eq!(carried(&machine), 1);
    world.clock.set(next);
    assert_eq!(machine.deliver_due().await.unwrap(), None);
    assert_eq!(status(&world, delivery).await, DeliveryStatus::Sent);
}

async fn a_dead_letter_is_sent_when_a_person_wants_it(place: Place) {
    let world = World::at(place).await;
    let machine = machine(&world, [Turn::Refused]);
    let delivery = world.queue(reminder()).await;
    assert_eq!(machine.deliver_due().await.unwrap(), None);
    assert_eq!(status(&world, delivery).await, DeliveryStatus::Dead);
    world.put(delivery, DeliveryCommand::Requeue).await;
    machine.deliver_due().await.unwrap();
    assert_eq!(world.history(delivery).await.last(), Some(&succeeded(2)));
    assert_eq!(letters(&world), [format!("{delivery}.eml")]);
}

/// As a process leaves it that died in between.
async fn begun_and_left(world: &World, delivery: QueueDelivery) -> Uuid {
    let delivery = world.queue(delivery).await;
    let attempt = DeliveryCommand::Attempt { attempt: 1, at: noon() };
    world.put(delivery, attempt).await;
    delivery
}

async fn an_attempt_without_an_outcome_is_made_again(place: Place) {
    let world = World::at(place).await;
    let delivery = begun_and_left(&world, reminder()).await;
    machine(&world, []).deliver_due().await.unwrap();
    let again = [attempted(1), attempted(2), succeeded(2)];
    assert_eq!(world.history(delivery).await, again);
}

async fn what_must_not_go_twice_waits_for_a_person(place: Place) {
    let world = World::at(place).await;
    let once = QueueDelivery {
        on_doubt: OnDoubt::Hold,
        ..reminder()
    };
    let delivery = begun_and_left(&world, once).await;
    let machine = machine(&world, []);
    assert_eq!(machine.deliver_due().await.unwrap(), None);
    assert_eq!(status(&world, delivery).await, DeliveryStatus::Unknown);
    assert_eq!(carried(&machine), 0);
    world.put(delivery, DeliveryCommand::Requeue).await;
    machine.deliver_due().await.unwrap();
    assert_eq!(status(&world, delivery).await, DeliveryStatus::Sent);
}

async fn what_is_of_no_use_any_more_is_not_sent(place: Place) {
    let world = World::at(place).await;
    let machine = machine(&world, []);
    let delivery = world.queue(reminder()).await;
    world.clock.advance(chrono::TimeDelta::days(11));
    machine.deliver_due().await.unwrap();
    let cause = Abandonment::Expired;
    assert_eq!(
        world.history(delivery).await,
        [DeliveryEvent::DeliveryAbandoned { cause }]
    );
    assert_eq!(carried(&machine), 0);
}

async fn nobody_writes_to_an_erased_person(place: Place) {
    let world = World::at(place).await;
    let machine = machine(&world, []);
    let delivery = world.queue(reminder()).await;
    let erasure = Erasure::new(world.bus.clone(), "person", vec![world.views.clone()]);
    let context = CommandContext::new("test", Uuid::now_v7(), "user:test");
    let erase = PersonCommand::Erase {
        person: ZOE,
        ground: ErasureGround::Request,
    };
    erasure.erase::<Person>(&context, ZOE.0, erase).await.unwrap();
    machine.deliver_due().await.unwrap();
    let cause = Abandonment::AddresseeErased;
    assert_eq!(
        world.history(delivery).await,
        [DeliveryEvent::DeliveryAbandoned { cause }]
    );
    assert_eq!(carried(&machine), 0);
}

async fn a_letter_that_cannot_be_written_is_a_dead_letter(place: Place) {
    let world = World::at(place).await;
    let mut unknown = reminder();
    let Content::Letter(letter) = &mut unknown.content;
    letter.template = "of-a-later-version".to_owned();
    let delivery = world.queue(unknown).await;
    machine(&world, []).deliver_due().await.unwrap();
    assert_eq!(status(&world, delivery).await, DeliveryStatus::Dead);
}

async fn a_file_goes_with_the_letter_that_names_it(place: Place) {
    let world = World::at(place).await;
    let bytes = b"%PDF-1.7 the offer";
    let name = Uuid::now_v7();
    let mut incoming = world.blobs().receive(name, 100).await.unwrap();
    incoming.write(bytes).await.unwrap();
    let received = incoming.finish().await.unwrap();
    world.blobs().keep(name, &received.hash).await.unwrap();

    let mut with_a_file = reminder();
    let Content::Letter(letter) = &mut with_a_file.content;
    letter.enclosures = vec![Enclosure {
        blob: BlobHash(received.hash),
        description: FileDescription {
            name: "Offre n° 3.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
        },
    }];
    let delivery = world.queue(with_a_file.clone()).await;
    machine(&world, []).deliver_due().await.unwrap();
    assert_eq!(status(&world, delivery).await, DeliveryStatus::Sent);
    let outbox = world.place.folder.path().join("outbox");
    let message = fs::read_to_string(outbox.join(format!("{delivery}.eml"))).unwrap();
    assert!(message.contains("Content-Type: application/pdf"), "{message}");
    assert!(message.contains("Content-Disposition: attachment"), "{message}");
    // As text, or in base64.
    let carried = ["%PDF-1.7 the offer", "JVBERi0xLjcgdGhlIG9mZmVy"];
    assert!(carried.iter().any(|form| message.contains(form)), "{message}");

    // Without its file it is not sent half.
    world.blobs().remove(&received.hash).await.unwrap();
    let incomplete = world.queue(with_a_file).await;
    machine(&world, []).deliver_due().await.unwrap();
    assert_eq!(status(&world, incomplete).await, DeliveryStatus::Dead);
}

async fn an_attempt_that_breaks_its_worker_is_tried_so_often_and_no_more(place: Place) {
    let world = World::at(place).await;
    let machine = machine(&world, (0..20).map(|_| Turn::Breaks));
    let delivery = world.queue(reminder()).await;
    machine.deliver_due().await.unwrap();
    assert_eq!(status(&world, delivery).await, DeliveryStatus::Dead);
    assert_eq!(carried(&machine), 7);
}

/// Runs a machine; dropping what comes back stops it in order.
fn running(machine: &Machine) -> (oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let running = machine.clone().run(async move { drop(stopped.await) });
    (stop, tokio::spawn(running))
}

async fn another_process_takes_over(place: Place) {
    let world = World::at(place).await;
    let first = machine(&world, [Turn::Hangs]);
    let (_stop, worker) = running(&first);
    let delivery = world.queue(reminder()).await;
    tokio::time::timeout(PATIENCE, first.carrier().begun.notified())
        .await
        .unwrap();
    // The other one stands by while the first works...
    let other = world.another().await;
    let second = machine(&other, []);
    let (stop, standby) = running(&second);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(carried(&second), 0);
    // ...and takes over when it is gone without a word.
    worker.abort();
    until_status(&other, delivery, DeliveryStatus::Sent).await;
    assert_eq!(
        other.history(delivery).await,
        [attempted(1), attempted(2), succeeded(2)]
    );
    drop(stop);
    standby.await.unwrap();
}

async fn a_worker_that_stops_finishes_what_it_began(place: Place) {
    let world = World::at(place).await;
    let machine = machine(&world, [Turn::Lasts(Duration::from_millis(500))]);
    let (stop, worker) = running(&machine);
    let delivery = world.queue(reminder()).await;
    tokio::time::timeout(PATIENCE, machine.carrier().begun.notified())
        .await
        .unwrap();
    drop(stop);
    worker.await.unwrap();
    assert_eq!(world.history(delivery).await, [attempted(1), succeeded(1)]);
    assert_eq!(world.clock.now(), noon());
}
