//! Several aggregates, one append.

use chrono::TimeDelta;
use engine::{Code, CommandError};
use futures::FutureExt as _;
use journal::{Expected, Version};
use uuid::Uuid;

use crate::{
    bank::{Account, AccountCommand, AccountError},
    world::{World, account, noon, someone},
};

#[tokio::test]
async fn all_is_appended_at_once() {
    let world = World::new().await;
    let (from, to) = (world.account(100).await, world.account(0).await);
    let mut unit = world.bus.unit_of_work(&someone(), &("transfer", from, to, 30)).unwrap();
    unit.run::<Account>(from, AccountCommand::Withdraw { cents: 30 })
        .await
        .unwrap();
    unit.run::<Account>(to, AccountCommand::Deposit { cents: 30 })
        .await
        .unwrap();
    let outcome = unit.commit().await.unwrap();
    assert_eq!(
        outcome.versions,
        [(account(from), Version(3)), (account(to), Version(3))]
    );
    assert_eq!((world.cents(from).await, world.cents(to).await), (70, 30));
}

#[tokio::test]
async fn a_rehearsed_unit_decides_and_is_not_appended() {
    let world = World::new().await;
    let from = world.account(100).await;
    let head = world.head().await;
    let unit = || world.bus.unit_of_work(&someone(), &"transfer").unwrap().rehearsing();
    let mut rehearsed = unit();
    for cents in [60, 40] {
        let withdraw = AccountCommand::Withdraw { cents };
        rehearsed.run::<Account>(from, withdraw).await.unwrap();
    }
    // It sees what it decided before.
    let withdraw = AccountCommand::Withdraw { cents: 1 };
    let refused = rehearsed.run::<Account>(from, withdraw).await.unwrap_err();
    assert!(matches!(refused, CommandError::Refused(AccountError::Overdrawn { .. })));
    let mut rehearsed = unit();
    let withdraw = AccountCommand::Withdraw { cents: 1 };
    rehearsed.run::<Account>(from, withdraw).await.unwrap();
    assert_eq!(rehearsed.commit().await.unwrap_err().code(), Code::InvalidAppend);
    assert_eq!(world.head().await, head);
}

#[tokio::test]
async fn a_unit_that_is_dropped_leaves_no_trace() {
    let world = World::new().await;
    let (from, to) = (world.account(100).await, world.account(0).await);
    let head = world.head().await;
    let mut unit = world.bus.unit_of_work(&someone(), &"transfer").unwrap();
    unit.run::<Account>(to, AccountCommand::Deposit { cents: 300 })
        .await
        .unwrap();
    let refused = unit
        .run::<Account>(from, AccountCommand::Withdraw { cents: 300 })
        .await
        .unwrap_err();
    assert!(matches!(refused, CommandError::Refused(AccountError::Overdrawn { .. })));
    drop(unit);
    assert_eq!(world.head().await, head);
    assert_eq!(world.cents(to).await, 0);
}

#[tokio::test]
async fn a_later_decision_sees_the_earlier_one() {
    let world = World::new().await;
    let id = world.account(10).await;
    let mut unit = world.bus.unit_of_work(&someone(), &"twice").unwrap();
    unit.run::<Account>(id, AccountCommand::Withdraw { cents: 10 })
        .await
        .unwrap();
    unit.run::<Account>(id, AccountCommand::Withdraw { cents: 10 })
        .await
        .unwrap_err();
    unit.run::<Account>(id, AccountCommand::Deposit { cents: 1 })
        .await
        .unwrap();
    unit.commit().await.unwrap();
    assert_eq!(world.cents(id).await, 1);
    assert_eq!(world.another().await.cents(id).await, 1);
}

#[tokio::test]
async fn each_command_may_have_its_own_time() {
    let world = World::new().await;
    let id = world.account(10).await;
    let mut unit = world.bus.unit_of_work(&someone(), &"past").unwrap();
    for days in [30, 20, 10] {
        let then = noon() - TimeDelta::days(days);
        unit.run_at::<Account>(id, AccountCommand::Deposit { cents: 1 }, then)
            .await
            .unwrap();
    }
    unit.commit().await.unwrap();
    let times: Vec<_> = world.events().await[2..]
        .iter()
        .map(|event| event.header.occurred_at)
        .collect();
    assert_eq!(times, [30, 20, 10].map(|days| (noon() - TimeDelta::days(days)).into()));
}

#[tokio::test]
async fn a_check_on_another_stream_holds_or_nothing_is_appended() {
    let world = World::new().await;
    let (written, checked) = (world.account(0).await, world.account(0).await);
    for (expected, holds) in [
        (Expected::Exact(Version(1)), false),
        (Expected::NoStream, false),
        (Expected::Exists, true),
    ] {
        let mut unit = world.bus.unit_of_work(&someone(), &"checked").unwrap();
        unit.run::<Account>(written, AccountCommand::Deposit { cents: 1 })
            .await
            .unwrap();
        unit.check(account(checked), expected);
        let outcome = unit.commit().await;
        assert_eq!(outcome.is_ok(), holds, "{outcome:?}");
        assert!(outcome.err().is_none_or(|error| error.code() == Code::Conflict));
    }
    assert_eq!(world.cents(written).await, 1);
}

#[tokio::test]
async fn a_unit_repeated_gets_its_first_answer() {
    let world = World::new().await;
    let (from, to, context) = (world.account(100).await, world.account(0).await, someone());
    let mut answers = Vec::new();
    for _ in 0..3 {
        let mut unit = world.bus.unit_of_work(&context, &("transfer", 100)).unwrap();
        unit.run::<Account>(from, AccountCommand::Withdraw { cents: 100 })
            .await
            .unwrap();
        unit.run::<Account>(to, AccountCommand::Deposit { cents: 100 })
            .await
            .unwrap();
        answers.push(unit.commit().await.unwrap());
    }
    assert_eq!(
        answers.iter().map(|answer| answer.replayed).collect::<Vec<_>>(),
        [false, true, true]
    );
    assert_eq!((world.cents(from).await, world.cents(to).await), (0, 100));
    let mut other = world.bus.unit_of_work(&context, &("transfer", 99)).unwrap();
    let error = other
        .run::<Account>(from, AccountCommand::Withdraw { cents: 99 })
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::CommandReused);
}

#[tokio::test]
async fn together_decides_again_when_somebody_was_faster() {
    let world = World::new().await;
    let (from, to) = (world.account(100).await, world.account(0).await);
    let (context, other) = (someone(), &world.another().await);
    let mut tries = 0;
    let outcome = world.bus.together(&context, &"transfer", |unit| {
        tries += 1;
        let interfere = tries == 1;
        async move {
            unit.run::<Account>(from, AccountCommand::Withdraw { cents: 40 })
                .await?;
            unit.run::<Account>(to, AccountCommand::Deposit { cents: 40 }).await?;
            if interfere {
                other.execute(from, AccountCommand::Deposit { cents: 1 }).await?;
            }
            Ok(())
        }
        .boxed()
    });
    outcome.await.unwrap();
    assert_eq!(tries, 2);
    assert_eq!((world.cents(from).await, world.cents(to).await), (61, 40));
}

#[tokio::test]
async fn the_expected_version_is_that_of_the_first_aggregate() {
    let world = World::new().await;
    let (first, second) = (world.account(0).await, world.account(0).await);
    let mut unit = world
        .bus
        .unit_of_work(&someone().expecting(Version(2)), &Uuid::now_v7())
        .unwrap();
    unit.run::<Account>(first, AccountCommand::Deposit { cents: 1 })
        .await
        .unwrap();
    unit.run::<Account>(second, AccountCommand::Deposit { cents: 1 })
        .await
        .unwrap();
    unit.commit().await.unwrap();
    let mut unit = world
        .bus
        .unit_of_work(&someone().expecting(Version(2)), &Uuid::now_v7())
        .unwrap();
    let error = unit
        .run::<Account>(first, AccountCommand::Deposit { cents: 1 })
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Conflict);
}
