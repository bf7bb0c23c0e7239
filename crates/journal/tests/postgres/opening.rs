use journal::{Expected, Journal as _, JournalError, OpenOptions, Position, postgres::PostgresJournal};
use uuid::Uuid;

use super::server::{Database, run};
use crate::{
    backend::Backend as _,
    build::{append, stream},
};

#[tokio::test]
async fn opening_says_what_is_wrong() {
    let database = Database::create().await;
    let open = async |url: &str, create| {
        let options = OpenOptions {
            create,
            ..OpenOptions::default()
        };
        PostgresJournal::open(url, &options).await.map(drop)
    };
    assert!(matches!(
        open(&database.url, false).await,
        Err(JournalError::Missing { .. })
    ));
    assert!(matches!(
        open("postgres://127.0.0.1:1/none", true).await,
        Err(JournalError::Unavailable { .. })
    ));
    let other = format!("{}x", database.url);
    assert!(matches!(
        open(&other, true).await,
        Err(JournalError::Unavailable { .. })
    ));

    let mut session = database.session().await;
    run(
        &mut session,
        "CREATE SCHEMA alforis; CREATE TABLE alforis.meta (name text)",
    )
    .await;
    assert!(matches!(
        open(&database.url, true).await,
        Err(JournalError::NotAJournal { .. })
    ));
    run(&mut session, "CREATE TABLE alforis.events (name text)").await;
    assert!(matches!(
        open(&database.url, true).await,
        Err(JournalError::NotAJournal { .. })
    ));
    run(&mut session, "DROP TABLE meta, events").await;
    open(&database.url, true).await.expect("an empty schema can be used");
    open(&database.url, false).await.expect("it is there now");
    run(&mut session, "UPDATE meta SET format = 99, least_version = '99.0.0'").await;
    let newer = open(&database.url, false).await;
    assert!(
        matches!(newer, Err(JournalError::NewerFormat { found: 99, .. })),
        "{newer:?}"
    );
}

#[tokio::test]
async fn two_journals_live_in_two_schemas_of_one_database() {
    let database = Database::create().await;
    let journal = database.open().await;
    let create = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    let url = format!("{}?options=-c%20search_path%3Dsecond", database.url);
    let second = PostgresJournal::open(&url, &create).await.expect("opened");
    assert_ne!(journal.info().id, second.info().id);
    journal
        .append(append(&stream("deal"), Expected::Any))
        .await
        .expect("appended");
    assert_eq!(second.head().await.expect("head").position, Position::START);
}

#[tokio::test]
async fn several_processes_may_create_the_same_journal_at_once() {
    let database = Database::create().await;
    let opening = (0..6).map(|_| async { database.open().await.info().id });
    let ids: Vec<Uuid> = futures::future::join_all(opening).await;
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}
