//! A full disk, a lost connection, a server that crashes: typed errors, nothing by halves, and work goes on after.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use journal::{AppendError, Expected, Journal, JournalError, OpenOptions, Position, ReadFilter};
use tokio::time::timeout;

use super::server::{Database, PrivateServer, run};
use crate::{
    backend::Backend as _,
    build::{BatchBuilder as _, append, command, stream},
    sound,
};

const FULL_DISK: &str = "
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100';
    END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON events FOR EACH ROW
        WHEN (length(new.payload) > 100) EXECUTE FUNCTION full_disk()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_the_append_and_not_its_neighbours() {
    let database = Database::create().await;
    let journal = database.open().await;
    let mut session = database.session().await;
    run(&mut session, FULL_DISK).await;

    let mut large = append(&stream("deal"), Expected::Any);
    large.writes[0].events[0].payload = vec![b'x'; 200].into();
    let mut batches: Vec<_> = (0..20).map(|_| append(&stream("deal"), Expected::Any)).collect();
    batches.insert(7, large.clone());
    let answers = join_all(batches.into_iter().map(|batch| journal.append(batch))).await;
    for (place, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(_) => assert_ne!(place, 7),
            Err(AppendError::Journal(JournalError::Full { .. })) => assert_eq!(place, 7),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(journal.head().await.unwrap().position, Position(20));
    run(&mut session, "DROP TRIGGER full_disk ON events").await;
    assert_eq!(journal.append(large).await.unwrap().last, Position(21));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_between_appends_is_not_noticed() {
    let database = Database::create().await;
    let journal = database.open().await;
    let deal = stream("deal");
    for _ in 0..3 {
        journal.append(append(&deal, Expected::Any)).await.unwrap();
        end_sessions(&database).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        journal.append(append(&deal, Expected::Any)).await.unwrap();
        journal.head().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_in_flight_when_the_connection_is_lost_answers_unavailable() {
    let database = Database::create().await;
    let journal = database.open().await;
    let batch = append(&stream("deal"), Expected::NoStream);
    journal.append(append(&stream("deal"), Expected::Any)).await.unwrap();

    // Holds the append up where it writes.
    let mut session = database.session().await;
    run(&mut session, "BEGIN; LOCK TABLE events IN SHARE MODE").await;
    let in_flight = tokio::spawn({
        let (journal, batch) = (journal.clone(), batch.clone());
        async move { journal.append(batch).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    end_sessions(&database).await;
    let answer = timeout(Duration::from_secs(10), in_flight)
        .await
        .expect("an answer")
        .unwrap();
    assert!(
        matches!(answer, Err(AppendError::Journal(JournalError::Unavailable { .. }))),
        "{answer:?}"
    );
    run(&mut session, "ROLLBACK").await;
    assert_eq!(journal.append(batch).await.unwrap().last, Position(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_crashes_and_comes_back_loses_nothing_that_was_answered() {
    let server = PrivateServer::start();
    let create = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    let journal = journal::open(&server.url, create).await.unwrap();
    let clients: Vec<_> = (0..8).map(|_| tokio::spawn(keep_appending(journal.clone()))).collect();
    for crash in ["stop --mode immediate", "stop --mode fast"] {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.control(crash);
        let lost = journal.append(append(&stream("deal"), Expected::Any)).await;
        assert!(
            matches!(lost, Err(AppendError::Journal(JournalError::Unavailable { .. }))),
            "{lost:?}"
        );
        let lost = journal.read(Position::START, 1, &ReadFilter::default()).await.map(drop);
        assert!(matches!(lost, Err(JournalError::Unavailable { .. })), "{lost:?}");
        server.control("start");
    }
    let answered: u64 = join_all(clients).await.into_iter().map(|count| count.unwrap()).sum();
    // Each command was repeated until it was answered, and each is there once.
    assert_eq!(sound::all_events(&*journal).await.len() as u64, answered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_event_is_never_skipped_in_silence() {
    let database = Database::create().await;
    let journal = database.open().await;
    journal
        .append(command().write(&stream("deal"), Expected::NoStream, 5))
        .await
        .unwrap();
    let delete = "ALTER TABLE events DISABLE TRIGGER USER; DELETE FROM events WHERE position = ";
    for (position, after) in [(3, 0), (5, 3)] {
        run(&mut database.session().await, format!("{delete}{position}")).await;
        match journal.read(Position(after), 10, &ReadFilter::default()).await {
            Err(JournalError::Corrupt { position: named, .. }) => assert_eq!(named, Position(position)),
            other => panic!("{other:?}"),
        }
    }
}

/// Appends until the server has gone twice, repeating what got no answer.
async fn keep_appending(journal: Arc<dyn Journal>) -> u64 {
    let mut losses = 0;
    let mut appended = 0;
    while losses < 2 || appended % 50 != 0 {
        let batch = command().write(&stream("deal"), Expected::NoStream, 1);
        let mut lost = false;
        while let Err(error) = journal.append(batch.clone()).await {
            assert!(
                matches!(error, AppendError::Journal(JournalError::Unavailable { .. })),
                "{error}"
            );
            lost = true;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        losses += u32::from(lost);
        appended += 1;
    }
    appended
}

/// Ends every session of the database but the asking one, as an administrator or a failing network does.
async fn end_sessions(database: &Database) {
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'alforis'";
    run(&mut database.session().await, end).await;
}
