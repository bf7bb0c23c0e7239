//! The same command again is the same answer again.

use engine::{Code, CommandContext};
use journal::Version;
use uuid::Uuid;

use crate::{
    bank::{Account, AccountCommand, Personal},
    world::{World, someone},
};

fn open(holder: Uuid) -> AccountCommand {
    AccountCommand::Open {
        holder: Personal::new(holder, "Ada"),
    }
}

async fn assert_replays(world: &World, context: &CommandContext, id: Uuid, command: AccountCommand) {
    let head = world.head().await;
    let first = world
        .bus
        .execute::<Account>(context, id, command.clone())
        .await
        .unwrap();
    world.execute(id, AccountCommand::Deposit { cents: 1 }).await.unwrap();
    let written = world.head().await;
    assert!(written > head);
    for bus in [&world.bus, &world.another().await.bus] {
        let again = bus.execute::<Account>(context, id, command.clone()).await.unwrap();
        assert!(again.replayed);
        assert_eq!((again.position, &again.versions), (first.position, &first.versions));
    }
    assert_eq!(world.head().await, written);
}

#[tokio::test]
async fn a_repeated_command_gets_its_first_answer() {
    let world = World::new().await;
    let id = world.account(100).await;
    assert_replays(&world, &someone(), id, AccountCommand::Deposit { cents: 5 }).await;
    assert_eq!(world.cents(id).await, 106);
}

#[tokio::test]
async fn a_command_that_would_be_refused_now_gets_its_first_answer() {
    let world = World::new().await;
    assert_replays(&world, &someone(), Uuid::now_v7(), open(Uuid::now_v7())).await;
}

#[tokio::test]
async fn a_command_that_led_to_nothing_gets_its_first_answer() {
    let world = World::new().await;
    let id = world.account(100).await;
    assert_replays(&world, &someone(), id, AccountCommand::Look).await;
}

#[tokio::test]
async fn a_command_that_expected_a_version_gets_its_first_answer() {
    let world = World::new().await;
    let id = world.account(100).await;
    assert_replays(
        &world,
        &someone().expecting(Version(2)),
        id,
        AccountCommand::Deposit { cents: 5 },
    )
    .await;
}

#[tokio::test]
async fn another_command_under_the_same_id_is_refused() {
    let world = World::new().await;
    let (id, context) = (world.account(100).await, someone());
    world
        .bus
        .execute::<Account>(&context, id, AccountCommand::Withdraw { cents: 60 })
        .await
        .unwrap();
    let head = world.head().await;
    let others = [
        AccountCommand::Withdraw { cents: 10 },
        AccountCommand::Withdraw { cents: 99 },
        AccountCommand::Look,
        open(Uuid::now_v7()),
    ];
    for other in others {
        let error = world.bus.execute::<Account>(&context, id, other).await.unwrap_err();
        assert_eq!(error.code(), Code::CommandReused);
    }
    let elsewhere = world.bus.execute::<Account>(
        &context,
        world.account(100).await,
        AccountCommand::Withdraw { cents: 60 },
    );
    assert_eq!(elsewhere.await.unwrap_err().code(), Code::CommandReused);
    let expecting = context.clone().expecting(Version(3));
    let expecting = world
        .bus
        .execute::<Account>(&expecting, id, AccountCommand::Withdraw { cents: 60 })
        .await;
    assert_eq!(expecting.unwrap_err().code(), Code::CommandReused);
    assert_eq!(world.head().await.0, head.0 + 2);
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let world = World::new().await;
    let (id, context) = (world.account(0).await, someone());
    let withdraw = AccountCommand::Withdraw { cents: 10 };
    world
        .bus
        .execute::<Account>(&context, id, withdraw.clone())
        .await
        .unwrap_err();
    world.execute(id, AccountCommand::Deposit { cents: 10 }).await.unwrap();
    assert!(
        !world
            .bus
            .execute::<Account>(&context, id, withdraw)
            .await
            .unwrap()
            .replayed
    );
}

#[tokio::test]
async fn two_issuers_may_use_the_same_id() {
    let world = World::new().await;
    let id = world.account(0).await;
    let one = someone();
    let other = CommandContext {
        issuer: "other".into(),
        ..one.clone()
    };
    world
        .bus
        .execute::<Account>(&one, id, AccountCommand::Deposit { cents: 1 })
        .await
        .unwrap();
    world
        .bus
        .execute::<Account>(&other, id, AccountCommand::Deposit { cents: 2 })
        .await
        .unwrap();
    assert_eq!(world.cents(id).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_from_many_sides_at_once_is_done_once() {
    let world = World::new().await;
    let (id, context) = (world.account(0).await, someone());
    let other = world.another().await;
    let sides = (0..16).map(|n| {
        let (bus, context) = (
            if n % 2 == 0 { &world.bus } else { &other.bus }.clone(),
            context.clone(),
        );
        tokio::spawn(async move {
            bus.execute::<Account>(&context, id, AccountCommand::Deposit { cents: 1 })
                .await
                .unwrap()
        })
    });
    let answers = futures::future::join_all(sides.collect::<Vec<_>>()).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(answers.iter().all(|answer| answer.position == answers[0].position));
    assert_eq!(world.cents(id).await, 1);
}
