//! What depends on several processes writing to one journal, over PostgreSQL.

use engine::{Code, CommandError, Erasure};
use futures::future::join_all;
use journal::Version;
use uuid::Uuid;

use crate::{
    bank::{Account, AccountCommand, AccountError, EraseHolder, Holder, Personal},
    world::{World, someone},
};

#[tokio::test(flavor = "multi_thread")]
async fn rivals_in_several_processes_all_succeed() {
    let worlds = [World::on_postgres().await];
    let worlds = [worlds[0].another().await, worlds[0].another().await];
    let id = worlds[0].account(0).await;
    let rivals = (0..48).map(|n: usize| {
        let bus = worlds[n % 2].bus.clone();
        tokio::spawn(async move {
            let deposit = AccountCommand::Deposit { cents: 1 };
            bus.execute::<Account>(&someone(), id, deposit).await.unwrap()
        })
    });
    for rival in join_all(rivals.collect::<Vec<_>>()).await {
        rival.unwrap();
    }
    assert_eq!(worlds[0].cents(id).await, 48);
    assert_eq!(worlds[1].head().await.0, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_in_several_processes_is_done_once() {
    let world = World::on_postgres().await;
    let (id, context, other) = (world.account(0).await, someone(), world.another().await);
    let sides = (0..16).map(|n| {
        let (bus, context) = ([&world, &other][n % 2].bus.clone(), context.clone());
        tokio::spawn(async move {
            let deposit = AccountCommand::Deposit { cents: 1 };
            bus.execute::<Account>(&context, id, deposit).await.unwrap()
        })
    });
    let answers: Vec<_> = join_all(sides.collect::<Vec<_>>())
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(answers.iter().all(|answer| answer.position == answers[0].position));
    assert_eq!(world.cents(id).await, 1);
}

#[tokio::test]
async fn a_decision_is_never_based_on_what_another_process_has_changed() {
    let world = World::on_postgres().await;
    let other = world.another().await;
    let id = world.account(100).await;
    other.execute(id, AccountCommand::Withdraw { cents: 80 }).await.unwrap();
    let refused = world
        .execute(id, AccountCommand::Withdraw { cents: 80 })
        .await
        .unwrap_err();
    assert!(
        matches!(refused, CommandError::Refused(AccountError::Overdrawn { cents: -60 })),
        "{refused}"
    );
    other.execute(id, AccountCommand::Deposit { cents: 60 }).await.unwrap();
    world.execute(id, AccountCommand::Withdraw { cents: 80 }).await.unwrap();
    let late = other
        .bus
        .execute::<Account>(&someone().expecting(Version(4)), id, AccountCommand::Look)
        .await;
    assert_eq!(late.unwrap_err().code(), Code::Conflict);
}

#[tokio::test]
async fn an_erased_person_is_erased_for_every_process() {
    let world = World::on_postgres().await;
    let (ada, other) = (Uuid::now_v7(), world.another().await);
    let id = world.account_of(ada, "Ada", 1).await;
    let shown = |account: Account| account.holder.unwrap();
    assert_eq!(
        shown(other.bus.load::<Account>(id).await.unwrap().unwrap().0),
        Personal::new(ada, "Ada")
    );
    let erasure = Erasure::new(world.bus.clone(), "holder", Vec::new());
    erasure
        .erase::<Holder>(&someone(), ada, EraseHolder { person: ada })
        .await
        .unwrap();
    other.events().await;
    for world in [&world, &other, &world.another().await] {
        assert_eq!(
            shown(world.bus.load::<Account>(id).await.unwrap().unwrap().0),
            Personal::Erased { person: ada }
        );
    }
    assert!(world.journal.vault().key(ada).await.unwrap().is_none());
}

#[tokio::test]
async fn ids_are_derived_alike_in_every_process() {
    let world = World::on_postgres().await;
    let other = world.another().await;
    assert_eq!(world.bus.derived_id(&["a"]), other.bus.derived_id(&["a"]));
    assert_eq!(world.bus.secret_id("a", "b"), other.bus.secret_id("a", "b"));
}
