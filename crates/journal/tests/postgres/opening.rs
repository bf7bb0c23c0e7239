use journal::{Expected, Journal as _, JournalError, OpenOptions, Position, Timestamp, postgres::PostgresJournal};
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

#[tokio::test]
async fn a_journal_of_the_previous_format_opens_and_goes_on() {
    let first = include_str!("../../../../migrations/postgres/0001_journal.sql");
    let database = Database::create().await;
    let mut session = database.session().await;
    run(&mut session, "CREATE SCHEMA alforis").await;
    run(&mut session, first).await;
    let journal = journal::open(&database.url, OpenOptions::default()).await.unwrap();
    assert_eq!(journal.info().format, 3);
    for position in 1..=3 {
        let appended = journal
            .append(append(&stream("deal"), Expected::NoStream))
            .await
            .unwrap();
        assert_eq!(appended.last, Position(position));
    }
}

#[tokio::test]
async fn who_may_not_migrate_works_with_the_previous_format() {
    let database = Database::create().await;
    let role = format!("app_{}", Uuid::new_v4().simple());
    journal::postgres::migrate(&database.url, Some(&role)).await.unwrap();
    let mut session = database.session().await;
    run(
        &mut session,
        "DROP TRIGGER goes_forward ON head; DROP TABLE vault_records; UPDATE meta SET format = 1",
    )
    .await;
    let journal = journal::open(&database.url_as(&role), OpenOptions::default())
        .await
        .unwrap();
    assert_eq!(journal.info().format, 1);
    journal
        .append(append(&stream("deal"), Expected::NoStream))
        .await
        .unwrap();
    let record = journal.vault().record("session", b"key", Timestamp(0)).await;
    assert!(record.unwrap_err().to_string().contains("alforis migrate"));
    drop(journal);
    run(&mut session, format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}
