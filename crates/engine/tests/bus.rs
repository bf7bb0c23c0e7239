//! Commands and what they lead to.

use chrono::TimeDelta;
use engine::{Code, CommandError, Until};
use futures::future::join_all;
use journal::{Expected, Version};
use uuid::Uuid;

use crate::{
    bank::{Account, AccountCommand, AccountError, AccountEvent, BankEvent, EraseHolder, Holder, Personal},
    world::{World, account, noon, someone},
};

#[tokio::test]
async fn a_command_appends_its_events() {
    let world = World::new().await;
    let id = world.account(500).await;
    let outcome = world
        .execute(id, AccountCommand::Withdraw { cents: 200 })
        .await
        .unwrap();
    assert_eq!(outcome.position, world.head().await);
    assert_eq!(outcome.versions, [(account(id), Version(3))]);
    assert!(!outcome.replayed);
    assert_eq!(world.cents(id).await, 300);
    let last = world.events().await.pop().unwrap();
    assert_eq!(
        last.event,
        BankEvent::Account(AccountEvent::MoneyWithdrawn { cents: 200 })
    );
    assert_eq!(&*last.header.event_type, "MoneyWithdrawn");
    assert_eq!(&*last.header.actor, "user:test");
}

#[tokio::test]
async fn events_carry_the_context_of_their_command() {
    let world = World::new().await;
    let (correlation, causation) = (Uuid::now_v7(), Uuid::now_v7());
    let mut context = someone().occurred_at(noon() - TimeDelta::days(30));
    (context.correlation_id, context.causation_id) = (Some(correlation), Some(causation));
    let holder = Personal::new(Uuid::now_v7(), "Ada");
    world
        .bus
        .execute::<Account>(&context, Uuid::now_v7(), AccountCommand::Open { holder })
        .await
        .unwrap();
    let header = world.events().await.pop().unwrap().header;
    assert_eq!(header.command_id, context.command_id);
    assert_eq!(
        (header.correlation_id, header.causation_id),
        (correlation, Some(causation))
    );
    assert_eq!(header.occurred_at, (noon() - TimeDelta::days(30)).into());
    assert_eq!(header.recorded_at, noon().into());
}

#[tokio::test]
async fn a_refusal_leaves_the_aggregate_untouched() {
    let world = World::new().await;
    let id = world.account(100).await;
    let before = world.head().await;
    let refused = world
        .execute(id, AccountCommand::Withdraw { cents: 101 })
        .await
        .unwrap_err();
    assert!(
        matches!(refused, CommandError::Refused(AccountError::Overdrawn { cents: -1 })),
        "{refused:?}"
    );
    assert_eq!(refused.code(), Code::Refused);
    assert_eq!(world.head().await, before);
    world
        .execute(id, AccountCommand::Withdraw { cents: 100 })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_stale_version_is_a_conflict_that_shows_what_happened() {
    let world = World::new().await;
    let id = world.account(100).await;
    world.execute(id, AccountCommand::Deposit { cents: 1 }).await.unwrap();
    let late = world
        .bus
        .execute::<Account>(&someone().expecting(Version(1)), id, AccountCommand::Look)
        .await;
    let Err(CommandError::Conflict {
        stream,
        expected,
        current,
        between,
        clashes,
    }) = late
    else {
        panic!("{late:?}")
    };
    assert_eq!(
        (stream, expected, current),
        (account(id), Expected::Exact(Version(1)), Version(3))
    );
    assert_eq!(clashes, []);
    assert_eq!(
        between.iter().map(|header| header.version.0).collect::<Vec<_>>(),
        [2, 3]
    );
}

#[tokio::test]
async fn an_expected_version_that_holds_is_no_hindrance() {
    let world = World::new().await;
    let id = world.account(100).await;
    let context = someone().expecting(Version(2));
    world
        .bus
        .execute::<Account>(&context, id, AccountCommand::Deposit { cents: 1 })
        .await
        .unwrap();
}

#[tokio::test]
async fn an_expected_version_holds_although_another_process_wrote_it() {
    let world = World::new().await;
    let id = world.account(100).await;
    world
        .another()
        .await
        .execute(id, AccountCommand::Deposit { cents: 1 })
        .await
        .unwrap();
    let context = someone().expecting(Version(3));
    world
        .bus
        .execute::<Account>(&context, id, AccountCommand::Deposit { cents: 1 })
        .await
        .unwrap();
    assert_eq!(world.cents(id).await, 102);
}

#[tokio::test]
async fn expecting_a_version_of_nothing_says_that_it_does_not_exist() {
    let world = World::new().await;
    let context = someone().expecting(Version(1));
    let error = world
        .bus
        .execute::<Account>(&context, Uuid::now_v7(), AccountCommand::Look)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}

#[tokio::test]
async fn of_rivals_that_expect_the_same_version_one_wins() {
    let world = World::new().await;
    let id = world.account(0).await;
    let rivals = (0..16).map(|_| {
        let bus = world.bus.clone();
        async move {
            let context = someone().expecting(Version(2));
            bus.execute::<Account>(&context, id, AccountCommand::Deposit { cents: 1 })
                .await
        }
    });
    let outcomes = join_all(rivals).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(
        outcomes
            .iter()
            .filter_map(|outcome| outcome.as_ref().err())
            .all(|error| error.code() == Code::Conflict)
    );
    assert_eq!(world.cents(id).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rivals_without_expectation_all_succeed() {
    let world = World::new().await;
    let id = world.account(0).await;
    let others = [world.another().await, world.another().await];
    let rivals = (0..96).map(|n: usize| {
        let bus = [&world, &others[0], &others[1]][n % 3].bus.clone();
        tokio::spawn(async move {
            bus.execute::<Account>(&someone(), id, AccountCommand::Deposit { cents: 1 })
                .await
                .unwrap()
        })
    });
    join_all(rivals.collect::<Vec<_>>())
        .await
        .into_iter()
        .for_each(|rival| drop(rival.unwrap()));
    assert_eq!(world.cents(id).await, 96);
    assert_eq!(world.head().await.0, 98);
}

#[tokio::test]
async fn a_refusal_is_never_based_on_what_another_process_has_changed() {
    let world = World::new().await;
    let id = world.account(0).await;
    world
        .another()
        .await
        .execute(id, AccountCommand::Deposit { cents: 50 })
        .await
        .unwrap();
    world.execute(id, AccountCommand::Withdraw { cents: 50 }).await.unwrap();
    assert_eq!(world.cents(id).await, 0);
}

#[tokio::test]
async fn an_aggregate_is_shown_as_it_was() {
    let world = World::new().await;
    let id = world.account(100).await;
    let then = world.head().await;
    world.clock.advance(TimeDelta::days(1));
    let backdated = someone().occurred_at(noon() - TimeDelta::days(1));
    world
        .bus
        .execute::<Account>(&backdated, id, AccountCommand::Deposit { cents: 7 })
        .await
        .unwrap();

    let at = async |until| {
        world
            .bus
            .load_until::<Account>(id, until)
            .await
            .unwrap()
            .map(|(found, v)| (found.cents, v.0))
    };
    assert_eq!(at(Until::Position(then)).await, Some((100, 2)));
    assert_eq!(at(Until::Recorded(noon())).await, Some((100, 2)));
    assert_eq!(at(Until::Effective(noon())).await, Some((107, 3)));
    assert_eq!(at(Until::Effective(noon() - TimeDelta::days(1))).await, Some((7, 3)));
    assert_eq!(at(Until::Recorded(noon() - TimeDelta::days(1))).await, None);
    assert_eq!(world.bus.load::<Account>(Uuid::now_v7()).await.unwrap(), None);
}

#[tokio::test]
async fn a_long_history_loads_whole() {
    let world = World::new().await;
    let id = world.account(0).await;
    for _ in 0..30 {
        let mut unit = world.bus.unit_of_work(&someone(), &Uuid::now_v7()).unwrap();
        for _ in 0..40 {
            unit.run::<Account>(id, AccountCommand::Deposit { cents: 1 })
                .await
                .unwrap();
        }
        unit.commit().await.unwrap();
    }
    assert_eq!(world.another().await.cents(id).await, 1_200);
    let history = world.bus.history(&account(id), Version(1_000), 500).await.unwrap();
    assert_eq!((history.len(), history[0].header.version), (202, Version(1_001)));
}

#[tokio::test]
async fn ids_are_derived_in_a_namespace_of_the_journal() {
    let world = World::new().await;
    let id = world.bus.derived_id(&["policy", "welcome"]);
    assert_eq!(world.another().await.bus.derived_id(&["policy", "welcome"]), id);
    assert_ne!(world.bus.derived_id(&["policywelcome"]), id);
    assert_ne!(world.bus.derived_id(&["policyw", "elcome"]), id);
    assert_ne!(World::new().await.bus.derived_id(&["policy", "welcome"]), id);
}

#[tokio::test]
async fn a_reserved_value_has_one_secret_id() {
    let world = World::new().await;
    let id = world.bus.secret_id("email", "ada@example.com");
    assert_eq!(world.another().await.bus.secret_id("email", "ada@example.com"), id);
    assert_ne!(world.bus.secret_id("siren", "ada@example.com"), id);
    assert_ne!(World::new().await.bus.secret_id("email", "ada@example.com"), id);
}

#[tokio::test]
async fn what_a_new_aggregate_would_take_is_decided_against_the_one_that_exists() {
    let world = World::new().await;
    let person = Uuid::now_v7();
    let erase = EraseHolder { person };
    world
        .bus
        .execute::<Holder>(&someone(), person, erase.clone())
        .await
        .unwrap();
    let other = world.another().await;
    let again = other
        .bus
        .execute::<Holder>(&someone(), person, erase.clone())
        .await
        .unwrap();
    assert_eq!((again.versions, again.position), (Vec::new(), other.head().await));
    assert_eq!(world.head().await.0, 1);
}
