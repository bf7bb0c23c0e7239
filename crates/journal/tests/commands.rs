//! A command is taken once, whatever its sender does.

use journal::{AppendBatch, AppendError, Appended, Expected, JournalError, Position, Version};

use crate::{
    backend::{Backend, conformance},
    build::{BatchBuilder, append, command, exactly, stream},
    sound,
};

fn replay_of(appended: &Appended) -> Appended {
    Appended {
        replayed: true,
        ..appended.clone()
    }
}

async fn a_repeated_command_gets_its_first_answer(place: impl Backend) {
    let journal = place.open().await;
    let (deal, task, person) = (stream("deal"), stream("task"), stream("person"));
    journal
        .append(command().write(&task, Expected::NoStream, 4))
        .await
        .unwrap();
    let batch = command()
        .write(&task, exactly(4), 2)
        .write(&deal, Expected::NoStream, 3)
        .write(&person, exactly(0), 1);
    let first = journal.append(batch.clone()).await.unwrap();
    assert!(!first.replayed);
    let versions = [
        (task.clone(), Version(6)),
        (deal.clone(), Version(3)),
        (person, Version(1)),
    ];
    assert_eq!(first.versions, versions);

    // The streams have moved on, so the expectations would not hold any more.
    journal.append(append(&deal, exactly(3))).await.unwrap();
    assert_eq!(journal.append(batch.clone()).await.unwrap(), replay_of(&first));
    let elsewhere = place.open().await;
    assert_eq!(elsewhere.append(batch.clone()).await.unwrap(), replay_of(&first));
    let known = elsewhere.command(&batch.command).await.unwrap().unwrap();
    assert_eq!((known.fingerprint, known.appended), (batch.fingerprint, first));
    assert_eq!(journal.head().await.unwrap().position, Position(11));
}

async fn a_command_that_led_to_nothing_is_remembered_too(place: impl Backend) {
    let journal = place.open().await;
    let deal = stream("deal");
    journal.append(append(&deal, Expected::NoStream)).await.unwrap();
    let batch = command().check(&deal, exactly(1));
    let first = journal.append(batch.clone()).await.unwrap();
    assert_eq!((first.first, first.last, first.versions.len()), (None, Position(1), 0));
    journal.append(append(&deal, exactly(1))).await.unwrap();
    assert_eq!(journal.append(batch.clone()).await.unwrap(), replay_of(&first));
    let elsewhere = place.open().await;
    assert_eq!(elsewhere.append(batch.clone()).await.unwrap(), replay_of(&first));
    assert_reused(&elsewhere.append(batch.fingerprint(9)).await);
}

async fn the_same_id_with_another_payload_is_refused(place: impl Backend) {
    let journal = place.open().await;
    let deal = stream("deal");
    let batch = append(&deal, Expected::Any);
    journal.append(batch.clone()).await.unwrap();
    assert_reused(&journal.append(batch.clone().fingerprint(9)).await);
    let without_events = AppendBatch {
        writes: Vec::new(),
        ..batch.fingerprint(9)
    };
    assert_reused(&place.open().await.append(without_events).await);
    assert_eq!(journal.stream_version(&deal).await.unwrap(), Version(1));
}

fn assert_reused(answer: &Result<Appended, AppendError>) {
    assert!(matches!(answer, Err(AppendError::CommandReused(_))), "{answer:?}");
}

async fn issuers_do_not_share_ids(place: impl Backend) {
    let journal = place.open().await;
    let deal = stream("deal");
    let batch = append(&deal, Expected::Any);
    journal.append(batch.clone().issued_by("one")).await.unwrap();
    let other = journal.append(batch.issued_by("two").fingerprint(9)).await.unwrap();
    assert!(!other.replayed);
    assert_eq!(other.versions, [(deal, Version(2))]);
}

async fn a_command_sent_many_times_at_once_is_taken_once(place: impl Backend) {
    let handles = [place.open().await, place.open().await];
    let (deal, task) = (stream("deal"), stream("task"));
    let batch = command()
        .write(&deal, Expected::Any, 2)
        .write(&task, Expected::NoStream, 1);
    let mut answers = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (journal, batch) = (handles[number % 2].clone(), batch.clone());
        answers.spawn(async move { journal.append(batch).await.unwrap() });
    }
    let answers = answers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(answers.iter().all(|answer| replay_of(answer) == replay_of(&answers[0])));
    assert_eq!(sound::all_events(&*handles[0]).await.len(), 3);
}

async fn a_refused_command_may_be_tried_again_under_the_same_id(place: impl Backend) {
    let journal = place.open().await;
    let deal = stream("deal");
    let batch = append(&deal, exactly(1));
    assert!(matches!(
        journal.append(batch.clone()).await,
        Err(AppendError::WrongVersion { .. })
    ));
    journal.append(append(&deal, Expected::NoStream)).await.unwrap();
    assert!(!journal.append(batch).await.unwrap().replayed);
}

async fn a_url_without_a_journal_is_missing_unless_one_may_be_made(place: impl Backend) {
    let opened = journal::open(&place.url(), journal::OpenOptions::default()).await;
    assert!(matches!(opened.err(), Some(JournalError::Missing { .. })));
    place.open().await;
    journal::open(&place.url(), journal::OpenOptions::default())
        .await
        .unwrap();
}

conformance![
    a_repeated_command_gets_its_first_answer,
    a_command_that_led_to_nothing_is_remembered_too,
    the_same_id_with_another_payload_is_refused,
    issuers_do_not_share_ids,
    a_command_sent_many_times_at_once_is_taken_once,
    a_refused_command_may_be_tried_again_under_the_same_id,
    a_url_without_a_journal_is_missing_unless_one_may_be_made,
];
