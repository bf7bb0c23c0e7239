//! Hints between processes, and that they cost appends nothing.

use std::time::{Duration, Instant};

use futures::future::join_all;
use journal::{Expected, OpenOptions, Position};
use sqlx::postgres::PgListener;
use tokio::time::timeout;

use super::server::{Database, PrivateServer, run, session};
use crate::{
    backend::Backend as _,
    build::{append, stream},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_hears_of_an_append_at_once() {
    let database = Database::create().await;
    let (one, other) = (database.open().await, database.open().await);
    let mut hint = other.head_hint();
    // The listener may still be connecting: hints before that are made up for by polling.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut delays = Vec::new();
    for position in 1..=5 {
        let appended = one.append(append(&stream("deal"), Expected::Any)).await.unwrap();
        let asked = Instant::now();
        let heard = timeout(Duration::from_secs(5), hint.wait_for(|head| *head >= appended.last)).await;
        assert_eq!(*heard.expect("heard in time").unwrap(), Position(position));
        delays.push(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    delays.sort();
    assert!(
        delays[2] < Duration::from_millis(200),
        "polling would take longer: {delays:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_commits_make_few_hints_and_the_last_one_is_told() {
    let database = Database::create().await;
    let journal = database.open().await;
    let mut listener = PgListener::connect(&database.url).await.unwrap();
    listener
        .listen(&format!("alforis_{}", journal.info().id.simple()))
        .await
        .unwrap();
    let started = Instant::now();
    for _ in 0..20 {
        join_all((0..10).map(|_| journal.append(append(&stream("deal"), Expected::Any)))).await;
    }
    let mut hints = 0;
    loop {
        let hint = timeout(Duration::from_secs(5), listener.recv())
            .await
            .expect("a hint")
            .unwrap();
        hints += 1;
        if hint.payload() == "200" {
            break;
        }
    }
    let most = started.elapsed().as_millis() / 5 + 1;
    assert!(hints <= most, "{hints} hints in {:?}", started.elapsed());
}

/// A transaction that writes waits for the standby, one that only notifies would not.
const STUCK: &str = "SET synchronous_commit = on; BEGIN; CREATE TABLE written (); NOTIFY elsewhere; COMMIT";

/// A session that waits for a standby that does not exist stands still in its commit, the notification lock in hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_do_not_wait_for_the_notification_lock() {
    let server = PrivateServer::start();
    let create = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    let mut admin = session(&server.url).await;
    run(&mut admin, "ALTER DATABASE postgres SET synchronous_commit = local").await;
    let journal = journal::open(&server.url, create).await.unwrap();
    journal.append(append(&stream("deal"), Expected::Any)).await.unwrap();
    run(&mut admin, "SET synchronous_commit = local").await;
    run(&mut admin, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await;
    run(&mut admin, "SELECT pg_reload_conf()").await;

    let mut stuck = session(&server.url).await;
    let holding = tokio::spawn(async move { run(&mut stuck, STUCK).await });
    let held = "SELECT count(*) FROM pg_locks
                WHERE locktype = 'object' AND classid = 'pg_database'::regclass AND objid = 0 AND granted";
    let deadline = Instant::now() + Duration::from_secs(10);
    while sqlx::query_scalar::<_, i64>(held).fetch_one(&mut admin).await.unwrap() == 0 {
        assert!(Instant::now() < deadline, "nobody took the lock");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..5 {
        let appending = journal.append(append(&stream("deal"), Expected::Any));
        timeout(Duration::from_secs(5), appending)
            .await
            .expect("the append does not wait")
            .unwrap();
    }
    assert!(!holding.is_finished(), "the lock was held all the time");
    run(&mut admin, "ALTER SYSTEM RESET synchronous_standby_names").await;
    run(&mut admin, "SELECT pg_reload_conf()").await;
    holding.await.unwrap();
}
