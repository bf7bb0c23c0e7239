//! Events lead to commands, once.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use engine::{CommandBus, Policy, PolicyRunner, ReactionError, Recorded, StartAt};
use uuid::Uuid;

use crate::{
    bank::{Account, AccountCommand, AccountEvent, BankEvent},
    world::World,
};

/// Gives a bonus of one cent for each deposit of at least ten.
struct Bonus {
    start_at: StartAt,
    troubles: AtomicU32,
    seen: AtomicU32,
}

impl Bonus {
    fn new(start_at: StartAt, troubles: u32) -> Arc<Self> {
        Arc::new(Self {
            start_at,
            troubles: AtomicU32::new(troubles),
            seen: AtomicU32::new(0),
        })
    }
}

#[async_trait]
impl Policy<BankEvent> for Bonus {
    fn name(&self) -> &'static str {
        "bonus"
    }

    fn start_at(&self) -> StartAt {
        self.start_at
    }

    async fn react(&self, event: &Recorded<BankEvent>, bus: &CommandBus<BankEvent>) -> Result<(), ReactionError> {
        self.seen.fetch_add(1, Ordering::SeqCst);
        let context = bus.reaction("bonus", &event.header, "");
        let id = event.header.stream.id;
        match event.event {
            BankEvent::Account(AccountEvent::MoneyDeposited { cents: 10.. }) => {
                bus.execute::<Account>(&context, id, AccountCommand::Deposit { cents: 1 })
                    .await?;
            }
            BankEvent::Account(AccountEvent::MoneyDeposited { cents: 5 }) => {
                bus.execute::<Account>(&context, id, AccountCommand::Withdraw { cents: 1_000_000 })
                    .await?;
            }
            _ => {}
        }
        if self.troubles.load(Ordering::SeqCst) > 0 {
            self.troubles.fetch_sub(1, Ordering::SeqCst);
            return Err(ReactionError::trouble("the line is down"));
        }
        Ok(())
    }
}

async fn until_drained(world: &World, policy: Arc<Bonus>) {
    let runner = PolicyRunner::new(world.bus.clone(), vec![policy]);
    while runner.drain().await.is_err() {}
}

#[tokio::test]
async fn a_reaction_is_a_command_caused_by_the_event() {
    let world = World::new().await;
    let id = world.account(10).await;
    until_drained(&world, Bonus::new(StartAt::Beginning, 0)).await;
    assert_eq!(world.cents(id).await, 11);
    let events = world.events().await;
    let (cause, effect) = (&events[1].header, &events[2].header);
    assert_eq!(
        (effect.causation_id, effect.correlation_id),
        (Some(cause.event_id), cause.correlation_id)
    );
    assert_eq!(&*effect.actor, "system:bonus");
}

#[tokio::test]
async fn a_new_policy_is_not_concerned_with_the_past() {
    let world = World::new().await;
    let id = world.account(10).await;
    let runner = PolicyRunner::new(world.bus.clone(), vec![Bonus::new(StartAt::Head, 0)]);
    runner.drain().await.unwrap();
    assert_eq!(world.cents(id).await, 10);
    world.execute(id, AccountCommand::Deposit { cents: 10 }).await.unwrap();
    runner.drain().await.unwrap();
    assert_eq!(world.cents(id).await, 21);
}

#[tokio::test]
async fn reacting_again_after_a_trouble_has_the_effect_of_once() {
    let world = World::new().await;
    let id = world.account(10).await;
    let policy = Bonus::new(StartAt::Beginning, 3);
    until_drained(&world, policy.clone()).await;
    assert!(policy.seen.load(Ordering::SeqCst) > 3);
    assert_eq!(world.cents(id).await, 11);
}

#[tokio::test]
async fn a_process_that_died_before_storing_its_position_reacts_again_without_effect() {
    let world = World::new().await;
    let id = world.account(10).await;
    until_drained(&world, Bonus::new(StartAt::Beginning, 0)).await;
    let again = Bonus::new(StartAt::Beginning, 0);
    let other = world.another().await;
    until_drained(&other, again.clone()).await;
    assert_eq!(again.seen.load(Ordering::SeqCst), 3, "the position was not stored yet");
    assert_eq!(other.cents(id).await, 11);
}

#[tokio::test]
async fn two_processes_with_the_same_policy_have_the_effect_of_one() {
    let world = World::new().await;
    let other = world.another().await;
    let id = world.account(10).await;
    let policies = (Bonus::new(StartAt::Beginning, 0), Bonus::new(StartAt::Beginning, 0));
    tokio::join!(until_drained(&world, policies.0), until_drained(&other, policies.1));
    assert_eq!(world.cents(id).await, 11);
}

#[tokio::test]
async fn a_refused_reaction_is_passed_over() {
    let world = World::new().await;
    let id = world.account(5).await;
    world.execute(id, AccountCommand::Deposit { cents: 10 }).await.unwrap();
    until_drained(&world, Bonus::new(StartAt::Beginning, 0)).await;
    assert_eq!(world.cents(id).await, 16);
}

#[tokio::test]
async fn the_runner_reacts_to_what_happens_and_stores_how_far_it_came() {
    let world = World::new().await;
    let runner = PolicyRunner::new(world.bus.clone(), vec![Bonus::new(StartAt::Head, 0)]);
    runner.drain().await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(async move { runner.run(async { drop(stopped.await) }).await });
    let id: Uuid = world.account(10).await;
    while world.cents(id).await != 11 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // Its own deposit is an event that it reads, too.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    stop.send(()).unwrap();
    running.await.unwrap();
    let stored = world.journal.vault().consumer_position("bonus").await.unwrap();
    assert_eq!(stored, Some(world.head().await));
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_not_passed_over() {
    let world = World::new().await;
    let id = world.account(10).await;
    world
        .append_raw(crate::world::account(id), "MoneyStolen", 1, r#"{"MoneyStolen":{}}"#)
        .await;
    let runner = PolicyRunner::new(world.bus.clone(), vec![Bonus::new(StartAt::Beginning, 0)]);
    assert_eq!(runner.drain().await.unwrap_err().code(), engine::Code::UnknownEvent);
}
