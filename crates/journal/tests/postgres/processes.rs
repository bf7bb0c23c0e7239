//! Several processes on one database: here several handles, which share nothing but the database.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::future::join_all;
use journal::{AppendError, Expected, Journal, Position, ReadFilter, Version};

use super::server::Database;
use crate::{
    backend::Backend as _,
    build::{BatchBuilder as _, append, command, exactly, stream},
    child::{Appender, Said},
    killing, sound,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_of_several_processes_get_one_dense_order() {
    const PROCESSES: u64 = 4;
    const APPENDS: u64 = 60;
    let database = Database::create().await;
    let shared = stream("deal");
    let processes: Vec<Arc<dyn Journal>> = join_all((0..PROCESSES).map(|_| database.open())).await;
    let appending = processes.iter().flat_map(|journal| {
        let shared = &shared;
        (0..APPENDS).map(move |_| async move {
            let both = command()
                .write(&stream("task"), Expected::NoStream, 1)
                .write(shared, Expected::Any, 1);
            journal.append(both).await.unwrap().last
        })
    });
    let lasts: HashSet<Position> = join_all(appending).await.into_iter().collect();
    assert_eq!(lasts.len() as u64, PROCESSES * APPENDS);

    let page = processes[0]
        .read(Position::START, 10_000, &ReadFilter::default())
        .await
        .unwrap();
    let positions: Vec<u64> = page.events.iter().map(|event| event.header.position.0).collect();
    assert_eq!(positions, (1..=2 * PROCESSES * APPENDS).collect::<Vec<_>>());
    let versions: Vec<u64> = page
        .events
        .iter()
        .filter(|event| event.header.stream == shared)
        .map(|event| event.header.version.0)
        .collect();
    assert_eq!(versions, (1..=PROCESSES * APPENDS).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_forgets_versions_when_another_moved_the_head() {
    let database = Database::create().await;
    let (one, other) = (database.open().await, database.open().await);
    let deal = stream("deal");
    for turn in 0..10 {
        let (writer, late) = if turn % 2 == 0 { (&one, &other) } else { (&other, &one) };
        writer.append(append(&deal, exactly(turn))).await.unwrap();
        let refused = late.append(append(&deal, exactly(turn))).await;
        let Err(AppendError::WrongVersion { current, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(current, Version(turn + 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_another_process_took_is_answered_from_the_index() {
    let database = Database::create().await;
    let (one, other) = (database.open().await, database.open().await);
    let command = append(&stream("deal"), Expected::NoStream);
    let first = one.append(command.clone()).await.unwrap();
    let again = other.append(command).await.unwrap();
    assert_eq!(
        (again.replayed, again.last, again.versions),
        (true, first.last, first.versions)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_among_others_gives_the_head_back() {
    let database = Database::create().await;
    let journal = database.open().await;
    let seed = 815;
    let mut from = 0;
    for failpoint in database.failpoints() {
        // Two that append at once take turns with the head row locked.
        let done = Arc::new(AtomicBool::new(false));
        let neighbour = tokio::spawn(keep_appending(database.open().await, done.clone()));
        let child = Appender::start(&database.url(), seed, from, |mut command| {
            command.env("ALFORIS_FAILPOINT", format!("{failpoint}:6"));
            command
        });
        let mut said = Vec::new();
        loop {
            match child.listen() {
                Some(Said::Failpoint) => break,
                Some(other) => said.push(other),
                None => panic!("the child ended before {failpoint}: {said:?}"),
            }
        }
        said.extend(child.kill());
        done.store(true, Ordering::SeqCst);
        assert!(neighbour.await.unwrap() > 0);
        (from, _) = killing::check(&*journal, seed, from, &said).await;
    }
    sound::all_events(&*journal).await;
}

async fn keep_appending(journal: Arc<dyn Journal>, done: Arc<AtomicBool>) -> u64 {
    let mut appended = 0;
    while !done.load(Ordering::SeqCst) {
        journal
            .append(append(&stream("task"), Expected::NoStream))
            .await
            .unwrap();
        appended += 1;
    }
    appended
}
