//! What is due is done, once.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use engine::{
    AgendaError, AgendaSource, Clock as _, CommandBus, CommandContext, Obligation, Obligations, PolicyRunner,
    ReactionError, Scheduler,
    agenda::entity::{Column, Entity},
};
use journal::Position;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, Schema,
};
use uuid::Uuid;

use crate::{
    bank::{Account, AccountCommand, AccountEvent, BankEvent, Personal},
    world::{World, noon, someone},
};

const REMINDER: &str = "reminder";

/// The agenda, built anew from the whole journal each time it is asked for.
struct Rebuilt(World);

#[async_trait]
impl AgendaSource for Rebuilt {
    async fn showing(&self, position: Position) -> Result<DatabaseConnection, AgendaError> {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1);
        let agenda = Database::connect(options).await?;
        let backend = agenda.get_database_backend();
        agenda
            .execute(&Schema::new(backend).create_table_from_entity(Entity))
            .await?;
        for event in self
            .0
            .events()
            .await
            .into_iter()
            .filter(|event| event.header.position <= position)
        {
            let (header, BankEvent::Account(event)) = (event.header, event.event) else {
                continue;
            };
            match event {
                AccountEvent::ReminderSet { at } => {
                    Entity::delete_by_id(Obligation::id_of(REMINDER, &header.stream, ""))
                        .exec(&agenda)
                        .await?;
                    let obligation = Obligation::new(REMINDER, &header.stream, "", at, header.position);
                    obligation.into_active_model().insert(&agenda).await?;
                }
                AccountEvent::Reminded { .. } => {
                    Entity::delete_many()
                        .filter(Column::StreamId.eq(header.stream.id))
                        .exec(&agenda)
                        .await?;
                }
                _ => {}
            }
        }
        Ok(agenda)
    }
}

/// An agenda that is being rebuilt.
struct Behind;

#[async_trait]
impl AgendaSource for Behind {
    async fn showing(&self, _: Position) -> Result<DatabaseConnection, AgendaError> {
        Err(AgendaError::Behind {
            detail: "rebuilding".to_owned(),
        })
    }
}

/// The agenda as it was at some time.
struct Stale(DatabaseConnection);

#[async_trait]
impl AgendaSource for Stale {
    async fn showing(&self, _: Position) -> Result<DatabaseConnection, AgendaError> {
        Ok(self.0.clone())
    }
}

/// Reminds.
struct Reminders;

#[async_trait]
impl Obligations<BankEvent> for Reminders {
    async fn fulfil(
        &self,
        obligation: &Obligation,
        context: CommandContext,
        bus: &CommandBus<BankEvent>,
    ) -> Result<(), ReactionError> {
        assert_eq!(
            (obligation.kind.as_str(), obligation.category.as_str()),
            (REMINDER, "account")
        );
        let command = AccountCommand::Remind { due: obligation.due() };
        bus.execute::<Account>(&context, obligation.stream_id, command).await?;
        Ok(())
    }
}

pub(crate) async fn scheduler(world: &World) -> Arc<Scheduler<BankEvent>> {
    let policies = PolicyRunner::new(world.bus.clone(), Vec::new());
    Scheduler::new(
        world.bus.clone(),
        Arc::new(Rebuilt(world.another().await)),
        Arc::new(Reminders),
        policies,
        Vec::new(),
    )
}

pub(crate) async fn remind(world: &World, id: Uuid, at: DateTime<Utc>) {
    world.execute(id, AccountCommand::SetReminder { at }).await.unwrap();
}

/// When each reminder was given, and for when.
pub(crate) async fn reminded(world: &World) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let given = |event: engine::Recorded<BankEvent>| match event.event {
        BankEvent::Account(AccountEvent::Reminded { due }) => Some((event.header.occurred_at.into(), due)),
        _ => None,
    };
    world.events().await.into_iter().filter_map(given).collect()
}

pub(crate) fn hours(hours: i64) -> DateTime<Utc> {
    noon() + TimeDelta::hours(hours)
}

#[tokio::test]
async fn what_is_due_is_done_and_the_next_due_time_is_known() {
    let world = World::new().await;
    let scheduler = scheduler(&world).await;
    for due in [-2, 0, 3, 5] {
        remind(&world, world.account(0).await, hours(due)).await;
    }
    assert_eq!(scheduler.fulfil_due().await.unwrap(), Some(hours(3)));
    assert_eq!(reminded(&world).await, [(noon(), hours(-2)), (noon(), hours(0))]);
    assert_eq!(scheduler.fulfil_due().await.unwrap(), Some(hours(3)));
    assert_eq!(reminded(&world).await.len(), 2);
}

#[tokio::test]
async fn the_manual_clock_stops_at_each_due_time() {
    let world = World::new().await;
    let scheduler = scheduler(&world).await;
    for due in [5, 3, 3, 48] {
        remind(&world, world.account(0).await, hours(due)).await;
    }
    scheduler.advance_to(&world.clock, hours(24)).await.unwrap();
    assert_eq!(reminded(&world).await, [3, 3, 5].map(|due| (hours(due), hours(due))));
    assert_eq!(world.clock.now(), hours(24));
    scheduler.advance_to(&world.clock, hours(23)).await.unwrap();
    assert_eq!(world.clock.now(), hours(24), "time does not go back");
}

#[tokio::test]
async fn an_obligation_that_was_rescheduled_is_done_at_its_new_time_only() {
    let world = World::new().await;
    let scheduler = scheduler(&world).await;
    let id = world.account(0).await;
    remind(&world, id, hours(1)).await;
    remind(&world, id, hours(2)).await;
    scheduler.advance_to(&world.clock, hours(24)).await.unwrap();
    assert_eq!(reminded(&world).await, [(hours(2), hours(2))]);
}

#[tokio::test]
async fn an_obligation_is_done_again_when_it_is_made_again() {
    let world = World::new().await;
    let scheduler = scheduler(&world).await;
    let id = world.account(0).await;
    remind(&world, id, hours(1)).await;
    scheduler.advance_to(&world.clock, hours(2)).await.unwrap();
    remind(&world, id, hours(3)).await;
    scheduler.advance_to(&world.clock, hours(4)).await.unwrap();
    assert_eq!(reminded(&world).await.len(), 2);
}

#[tokio::test]
async fn a_process_that_takes_over_does_nothing_twice() {
    let world = World::new().await;
    remind(&world, world.account(0).await, hours(0)).await;
    let stale = Rebuilt(world.another().await)
        .showing(world.head().await)
        .await
        .unwrap();
    scheduler(&world).await.fulfil_due().await.unwrap();
    assert_eq!(reminded(&world).await.len(), 1);

    // Another process still sees the row of before, as if the first had died right after its command.
    let other = world.another().await;
    let policies = PolicyRunner::new(other.bus.clone(), Vec::new());
    let late = Scheduler::new(
        other.bus.clone(),
        Arc::new(Stale(stale)),
        Arc::new(Reminders),
        policies,
        Vec::new(),
    );
    late.fulfil_due().await.unwrap();
    late.fulfil_due().await.unwrap();
    assert_eq!(reminded(&world).await.len(), 1);
}

#[tokio::test]
async fn a_stale_row_of_a_rescheduled_obligation_is_refused_by_the_aggregate() {
    let world = World::new().await;
    let id = world.account(0).await;
    remind(&world, id, hours(0)).await;
    let source = Rebuilt(world.another().await);
    let rows = Entity::find()
        .all(&source.showing(world.head().await).await.unwrap())
        .await
        .unwrap();
    remind(&world, id, hours(8)).await;
    let context = CommandContext::system(world.bus.derived_id(&["agenda", "stale"]), "agenda");
    let refused = Reminders.fulfil(&rows[0], context, &world.bus).await.unwrap_err();
    assert!(matches!(refused, ReactionError::Refused { .. }), "{refused:?}");
    scheduler(&world)
        .await
        .advance_to(&world.clock, hours(9))
        .await
        .unwrap();
    assert_eq!(reminded(&world).await, [(hours(8), hours(8))]);
}

#[tokio::test]
async fn the_scheduler_waits_while_the_agenda_is_behind() {
    let world = World::new().await;
    let policies = PolicyRunner::new(world.bus.clone(), Vec::new());
    let scheduler = Scheduler::new(
        world.bus.clone(),
        Arc::new(Behind),
        Arc::new(Reminders),
        policies,
        Vec::new(),
    );
    let error = scheduler.fulfil_due().await.unwrap_err();
    assert_eq!(error.code(), engine::Code::ViewsBehind);
}

#[tokio::test]
async fn the_running_scheduler_notices_new_obligations() {
    let world = World::new().await;
    let scheduler = scheduler(&world).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(async move { scheduler.run(async { drop(stopped.await) }).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    remind(&world, world.account(0).await, hours(-1)).await;
    while reminded(&world).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn more_obligations_than_a_page_are_all_done() {
    let world = World::new().await;
    let mut unit = world.bus.unit_of_work(&someone(), &"many").unwrap();
    for n in 0..300 {
        let (id, holder) = (Uuid::now_v7(), Personal::new(Uuid::nil(), "Ada"));
        unit.run::<Account>(id, AccountCommand::Open { holder }).await.unwrap();
        unit.run::<Account>(id, AccountCommand::SetReminder { at: hours(1 + n % 2) })
            .await
            .unwrap();
    }
    unit.commit().await.unwrap();
    scheduler(&world)
        .await
        .advance_to(&world.clock, hours(3))
        .await
        .unwrap();
    assert_eq!(reminded(&world).await.len(), 300);
}
