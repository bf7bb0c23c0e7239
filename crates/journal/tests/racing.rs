//! Appends at the same time, through one handle and through two as from two processes.

use std::sync::Arc;

use journal::{AppendError, Appended, Expected, Journal, OpenOptions, StreamId, Version};

use crate::{
    backend::{Backend, conformance},
    build::{BatchBuilder, append, command, exactly, stream},
    sound,
};

const RACERS: usize = 24;

/// Lets everybody append one event to the same stream at once, with the same expectation.
async fn race(place: &impl Backend, stream: &StreamId, expected: Expected) -> Vec<Result<Appended, AppendError>> {
    let handles: [Arc<dyn Journal>; 2] = [place.open().await, place.open().await];
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..RACERS {
        let (journal, batch) = (handles[number % 2].clone(), append(stream, expected));
        racers.spawn(async move { journal.append(batch).await });
    }
    let outcomes = racers.join_all().await;
    sound::all_events(&*handles[0]).await;
    outcomes
}

fn winners(outcomes: &[Result<Appended, AppendError>]) -> Vec<Version> {
    let mut versions: Vec<_> = outcomes
        .iter()
        .flatten()
        .map(|appended| appended.versions[0].1)
        .collect();
    versions.sort();
    versions
}

async fn of_appends_that_expect_the_same_version_one_wins(place: impl Backend) {
    let deal = stream("deal");
    place
        .open()
        .await
        .append(command().write(&deal, Expected::NoStream, 5))
        .await
        .unwrap();
    let outcomes = race(&place, &deal, exactly(5)).await;
    assert_eq!(winners(&outcomes), [Version(6)]);
    for refused in outcomes.into_iter().filter_map(Result::err) {
        let AppendError::WrongVersion { current, .. } = refused else {
            panic!("{refused}")
        };
        assert_eq!(current, Version(6));
    }
}

async fn of_appends_that_expect_no_stream_one_wins(place: impl Backend) {
    let outcomes = race(&place, &stream("deal"), Expected::NoStream).await;
    assert_eq!(winners(&outcomes), [Version(1)]);
}

async fn appends_that_expect_any_version_all_win(place: impl Backend) {
    let outcomes = race(&place, &stream("deal"), Expected::Any).await;
    assert_eq!(winners(&outcomes), (1..=RACERS as u64).map(Version).collect::<Vec<_>>());
}

async fn appends_that_expect_an_existing_stream_all_win_or_all_fail(place: impl Backend) {
    let deal = stream("deal");
    assert_eq!(winners(&race(&place, &deal, Expected::Exists).await), []);
    place
        .open()
        .await
        .append(append(&deal, Expected::NoStream))
        .await
        .unwrap();
    let outcomes = race(&place, &deal, Expected::Exists).await;
    assert_eq!(
        winners(&outcomes),
        (2..=RACERS as u64 + 1).map(Version).collect::<Vec<_>>()
    );
}

/// Each transfer needs both streams where it saw them; whoever loses tries again. None may be half done.
async fn transfers_between_two_streams_are_whole(place: impl Backend) {
    const TRANSFERS: u64 = 40;
    let handles = [place.open().await, place.open().await];
    let (from, to) = (stream("account"), stream("account"));
    let mut transfers = tokio::task::JoinSet::new();
    for number in 0..TRANSFERS {
        let (journal, from, to) = (handles[number as usize % 2].clone(), from.clone(), to.clone());
        transfers.spawn(async move {
            loop {
                let seen = journal.stream_version(&from).await.unwrap();
                let batch = command()
                    .write(&from, Expected::Exact(seen), 1)
                    .write(&to, Expected::Exact(seen), 1);
                match journal.append(batch).await {
                    Ok(_) => break,
                    Err(AppendError::WrongVersion { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        });
    }
    transfers.join_all().await;
    for stream in [&from, &to] {
        assert_eq!(handles[0].stream_version(stream).await.unwrap(), Version(TRANSFERS));
    }
    let events = sound::all_events(&*handles[1]).await;
    for pair in events.chunks(2) {
        assert_eq!(pair[0].header.command_id, pair[1].header.command_id);
    }
}

/// What a handle remembers of a stream does not outlive another's append.
async fn a_version_that_another_handle_moved_is_noticed(place: impl Backend) {
    let (one, other) = (place.open().await, place.open().await);
    let (deal, task) = (stream("deal"), stream("task"));
    one.append(append(&deal, exactly(0))).await.unwrap();
    other.append(append(&deal, exactly(1))).await.unwrap();
    let refused = one.append(append(&deal, exactly(1))).await;
    assert!(
        matches!(
            refused,
            Err(AppendError::WrongVersion {
                current: Version(2),
                ..
            })
        ),
        "{refused:?}"
    );
    // Also when the other's append made a stream that this handle remembers as missing.
    let missing = one.append(append(&task, exactly(9))).await;
    assert!(
        matches!(
            missing,
            Err(AppendError::WrongVersion {
                current: Version::NONE,
                ..
            })
        ),
        "{missing:?}"
    );
    other.append(append(&task, Expected::NoStream)).await.unwrap();
    one.append(append(&task, exactly(1))).await.unwrap();
    one.append(append(&deal, exactly(2))).await.unwrap();
    sound::all_events(&*other).await;
}

/// As when several programs start on a new deployment.
async fn a_journal_made_by_many_at_once_is_one_journal(place: impl Backend) {
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let url = place.url();
        let options = OpenOptions {
            create: true,
            ..OpenOptions::default()
        };
        opening.spawn(async move { journal::open(&url, options).await.unwrap() });
    }
    let handles = opening.join_all().await;
    let deal = stream("deal");
    for journal in &handles {
        assert_eq!(journal.info(), handles[0].info());
        journal.append(append(&deal, Expected::Any)).await.unwrap();
    }
    assert_eq!(sound::all_events(&*handles[0]).await.len(), handles.len());
}

conformance![
    a_journal_made_by_many_at_once_is_one_journal,
    a_version_that_another_handle_moved_is_noticed,
    of_appends_that_expect_the_same_version_one_wins,
    of_appends_that_expect_no_stream_one_wins,
    appends_that_expect_any_version_all_win,
    appends_that_expect_an_existing_stream_all_win_or_all_fail,
    transfers_between_two_streams_are_whole,
];
