//! What verification finds, and what only a checkpoint kept elsewhere can show.

mod tamper;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use journal::{
    Expected, Journal, RecordedEvent,
    checkpoint::{self, CheckpointError, SignedCheckpoint, SigningKeyFile, TrustedKeys},
    verify::{Damage, VerifyError, VerifyReport, verify},
};
use tempfile::TempDir;

use self::tamper::{Tamper, at};
use crate::{
    backend::conformance,
    build::{BatchBuilder, command, stream},
    sound,
};

/// Enough for two stored subtrees and an unfinished one.
const EVENTS: u64 = 600;

/// A journal of [`EVENTS`] events in three streams, taking turns by two.
async fn filled(place: &impl Tamper) -> (Arc<dyn Journal>, Vec<RecordedEvent>) {
    let journal = place.open().await;
    append(&*journal, EVENTS).await;
    let events = sound::all_events(&*journal).await;
    (journal, events)
}

async fn append(journal: &dyn Journal, events: u64) {
    let streams = [stream("deal"), stream("deal"), stream("task")];
    for _ in 0..events / 6 {
        let batch = streams
            .iter()
            .fold(command(), |batch, stream| batch.write(stream, Expected::Any, 2));
        journal.append(batch).await.unwrap();
    }
}

async fn verified(journal: &dyn Journal) -> Result<VerifyReport, VerifyError> {
    verify(journal, None, &|_, _| ()).await
}

async fn verified_against(
    journal: &dyn Journal,
    kept: &(SignedCheckpoint, TrustedKeys),
) -> Result<VerifyReport, VerifyError> {
    verify(journal, Some((&kept.0, &kept.1)), &|_, _| ()).await
}

/// A checkpoint of the journal as it is now, and the key to check it with.
async fn checkpoint(journal: &dyn Journal) -> (SignedCheckpoint, TrustedKeys) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("checkpoint.key");
    let key = SigningKeyFile::open_or_create(&path, &checkpoint::origin(journal.info())).unwrap();
    (
        checkpoint::sign(journal, &key).await.unwrap(),
        key.verifier_key().into(),
    )
}

/// Verification must end with this position and damage, and say something like it.
#[track_caller]
fn assert_broken(outcome: Result<VerifyReport, VerifyError>, position: u64, damage: Damage, words: &str) {
    match outcome {
        Err(VerifyError::Broken {
            position: found,
            damage: named,
            detail,
        }) => {
            assert_eq!((found.0, named), (position, damage), "{detail}");
            assert!(detail.contains(words), "`{detail}` does not say `{words}`");
        }
        other => panic!("{damage:?} at {position} was not found: {other:?}"),
    }
}

async fn a_sound_journal_is_found_sound<P: Tamper>(place: P) {
    let (journal, _) = filled(&place).await;
    let kept = checkpoint(&*journal).await;
    append(&*journal, 60).await;
    let progress = AtomicU64::new(0);
    let told = |done, all| {
        assert!(done <= all);
        progress.store(done, Ordering::Relaxed);
    };
    let report = verify(&*journal, Some((&kept.0, &kept.1)), &told).await.unwrap();
    assert_eq!((report.events, report.streams), (EVENTS + 60, 6));
    assert_eq!(report.root, hex::encode(journal.head().await.unwrap().frontier.root()));
    assert_eq!(report.against.unwrap().size, EVENTS);
    assert_eq!(progress.into_inner(), EVENTS + 60);
}

async fn an_empty_journal_is_sound<P: Tamper>(place: P) {
    let journal = place.open().await;
    let kept = checkpoint(&*journal).await;
    assert_eq!(verified_against(&*journal, &kept).await.unwrap().events, 0);
    append(&*journal, 6).await;
    assert_eq!(verified_against(&*journal, &kept).await.unwrap().events, 6);
}

async fn a_journal_that_grows_meanwhile_is_sound<P: Tamper>(place: P) {
    let (journal, _) = filled(&place).await;
    let writer = journal.clone();
    let writing = tokio::spawn(async move { append(&*writer, 300).await });
    while !writing.is_finished() {
        verified(&*journal).await.unwrap();
    }
    writing.await.unwrap();
}

async fn a_changed_payload_byte_is_found<P: Tamper>(place: P) {
    let (journal, events) = filled(&place).await;
    let mut payload = at(&events, 300).payload.to_vec();
    payload[5] ^= 1;
    place.set(300, "payload", P::bytes(&payload)).await;
    assert_broken(
        verified(&*journal).await,
        300,
        Damage::Changed,
        "header, payload or metadata was changed",
    );
}

async fn a_change_is_found_in_every_column_of_the_header<P: Tamper>(place: P) {
    let (journal, events) = filled(&place).await;
    let header = &at(&events, 300).header;
    let other = P::id(at(&events, 301).header.event_id);
    for (column, wrong, right) in [
        ("aggregate_type", "'deal'".to_owned(), "'task'".to_owned()),
        ("aggregate_id", other.clone(), P::id(header.stream.id)),
        ("sequence", "100000".to_owned(), header.version.to_string()),
        ("event_id", other.clone(), P::id(header.event_id)),
        ("event_type", "'Notes'".to_owned(), "'Noted'".to_owned()),
        ("event_version", "2".to_owned(), "1".to_owned()),
        ("recorded_at", "1".to_owned(), header.recorded_at.0.to_string()),
        ("occurred_at", "1".to_owned(), header.occurred_at.0.to_string()),
        ("actor", "'user:other'".to_owned(), "'user:test'".to_owned()),
        ("command_id", other.clone(), P::id(header.command_id)),
        ("correlation_id", other.clone(), P::id(header.correlation_id)),
        ("causation_id", other.clone(), "NULL".to_owned()),
        ("metadata", P::bytes(b"x"), P::bytes(b"")),
    ] {
        place.set(300, column, wrong).await;
        assert_broken(
            verified(&*journal).await,
            300,
            Damage::Changed,
            "header, payload or metadata was changed",
        );
        place.set(300, column, right).await;
        verified(&*journal).await.unwrap();
    }
}

async fn a_changed_hash_is_told_from_a_changed_row<P: Tamper>(place: P) {
    let (journal, events) = filled(&place).await;
    for position in [300, EVENTS] {
        place.set(position, "leaf_hash", P::bytes(&[7; 32])).await;
        assert_broken(
            verified(&*journal).await,
            position,
            Damage::Changed,
            "not the row itself",
        );
        place
            .set(position, "leaf_hash", P::bytes(&at(&events, position).leaf_hash))
            .await;
    }
    place.set(300, "leaf_hash", P::bytes(&[7; 31])).await;
    assert_broken(verified(&*journal).await, 300, Damage::Changed, "unreadable");
}

async fn a_row_changed_together_with_its_hash_is_found_by_the_tree<P: Tamper>(place: P) {
    let (journal, events) = filled(&place).await;
    place.change_with_hash(at(&events, 300), b"{}").await;
    assert_broken(verified(&*journal).await, 257, Damage::Changed, "from 257 to 512");
}

async fn a_row_of_the_last_block_changed_together_with_its_hash_is_found_by_the_head<P: Tamper>(place: P) {
    let (journal, events) = filled(&place).await;
    // 600 = 512 + 64 + 16 + 8: the second peak is over 513..=576.
    place.change_with_hash(at(&events, 520), b"{}").await;
    assert_broken(verified(&*journal).await, 513, Damage::Changed, "from 513 to 576");
}

async fn deleted_rows_are_found<P: Tamper>(place: P) {
    let (journal, _) = filled(&place).await;
    place
        .tamper("DELETE FROM events WHERE position BETWEEN 598 AND 600")
        .await;
    assert_broken(verified(&*journal).await, 598, Damage::Deleted, "up to 600 are missing");
    place
        .tamper("DELETE FROM events WHERE position BETWEEN 400 AND 402")
        .await;
    assert_broken(verified(&*journal).await, 400, Damage::Deleted, "up to 402 are missing");
    place.tamper("DELETE FROM events WHERE position = 300").await;
    assert_broken(verified(&*journal).await, 300, Damage::Deleted, "the row is missing");
}

async fn a_deleted_row_is_found_when_the_later_ones_move_up<P: Tamper>(place: P) {
    let (journal, _) = filled(&place).await;
    place.tamper("DELETE FROM events WHERE position = 300").await;
    place
        .tamper("UPDATE events SET position = -position WHERE position > 300")
        .await;
    place
        .tamper("UPDATE events SET position = -position - 1 WHERE position < 0")
        .await;
    assert_broken(
        verified(&*journal).await,
        300,
        Damage::Deleted,
        "written at position 301 stands here",
    );
}

async fn swapped_rows_are_found<P: Tamper>(place: P) {
    let (journal, _) = filled(&place).await;
    place.swap(300, 590).await;
    assert_broken(
        verified(&*journal).await,
        300,
        Damage::Swapped,
        "the one at position 590",
    );
}

async fn swapped_contents_are_found<P: Tamper>(place: P) {
    let (journal, events) = filled(&place).await;
    place.swap(300, 590).await;
    for position in [300, 590] {
        place
            .set(position, "leaf_hash", P::bytes(&at(&events, position).leaf_hash))
            .await;
    }
    assert_broken(
        verified(&*journal).await,
        300,
        Damage::Swapped,
        "the one at position 590",
    );
}

async fn a_changed_or_missing_subtree_is_found<P: Tamper>(place: P) {
    let (journal, _) = filled(&place).await;
    let changed = format!("UPDATE subtrees SET hash = {} WHERE node = 1", P::bytes(&[7; 32]));
    place.tamper(&changed).await;
    assert_broken(
        verified(&*journal).await,
        257,
        Damage::Changed,
        "or the stored hash over them was",
    );
    place.tamper("DELETE FROM subtrees WHERE node = 1").await;
    assert_broken(verified(&*journal).await, 257, Damage::Inconsistent, "missing");
}

async fn a_subtree_that_should_not_be_there_is_found<P: Tamper>(place: P) {
    let (journal, _) = filled(&place).await;
    place
        .tamper("INSERT INTO subtrees (level, node, hash) SELECT level, 99, hash FROM subtrees WHERE node = 0")
        .await;
    assert_broken(
        verified(&*journal).await,
        EVENTS,
        Damage::Inconsistent,
        "3 subtree hashes are stored",
    );
}

async fn a_head_that_was_set_back_is_found<P: Tamper>(place: P) {
    let (journal, events) = filled(&place).await;
    let mut frontier = journal::tree::Frontier::default();
    for event in &events[..598] {
        frontier.push(event.leaf_hash, |_| ());
    }
    let frontier = P::bytes(&frontier.to_bytes());
    place
        .tamper(&format!("UPDATE head SET position = 598, frontier = {frontier}"))
        .await;
    assert_broken(
        verified(&*journal).await,
        599,
        Damage::Inconsistent,
        "rows stand beyond the head",
    );
}

async fn a_command_that_points_outside_the_journal_is_found<P: Tamper>(place: P) {
    let (journal, _) = filled(&place).await;
    place
        .tamper("UPDATE commands SET last_position = 601 WHERE last_position = 600")
        .await;
    assert_broken(
        verified(&*journal).await,
        EVENTS,
        Damage::Inconsistent,
        "points outside the journal",
    );
}

async fn a_truncated_journal_is_found_against_a_checkpoint_only<P: Tamper>(place: P) {
    let (journal, events) = filled(&place).await;
    let kept = checkpoint(&*journal).await;
    place.truncate(&events[..570]).await;
    assert_eq!(verified(&*journal).await.unwrap().events, 570);
    assert_broken(
        verified_against(&*journal, &kept).await,
        571,
        Damage::Truncated,
        "the checkpoint has 600 events",
    );
}

async fn a_rewritten_journal_is_found_against_a_checkpoint_only<P: Tamper>(place: P) {
    let (journal, _) = filled(&place).await;
    let kept = checkpoint(&*journal).await;
    let forged = P::start().await;
    drop(filled(&forged).await);
    let id = P::id(journal.info().id);
    forged.tamper(&format!("UPDATE meta SET journal_id = {id}")).await;
    let forged = forged.open().await;
    append(&*forged, 30).await;
    assert_eq!(verified(&*forged).await.unwrap().events, EVENTS + 30);
    assert_broken(
        verified_against(&*forged, &kept).await,
        1,
        Damage::Rewritten,
        "not those of the checkpoint",
    );
}

async fn a_checkpoint_of_another_journal_or_key_is_refused<P: Tamper>(place: P) {
    let journal = place.open().await;
    let elsewhere = P::start().await;
    let other = elsewhere.open().await;
    let refused = verified_against(&*journal, &checkpoint(&*other).await).await;
    assert!(
        matches!(
            refused,
            Err(VerifyError::Checkpoint(CheckpointError::OtherOrigin { .. }))
        ),
        "{refused:?}"
    );
    let (signed, _) = checkpoint(&*journal).await;
    let (_, stranger) = checkpoint(&*journal).await;
    let refused = verified_against(&*journal, &(signed, stranger)).await;
    assert!(
        matches!(refused, Err(VerifyError::Checkpoint(CheckpointError::Note(_)))),
        "{refused:?}"
    );
}

conformance!(
    a_sound_journal_is_found_sound,
    an_empty_journal_is_sound,
    a_journal_that_grows_meanwhile_is_sound,
    a_changed_payload_byte_is_found,
    a_change_is_found_in_every_column_of_the_header,
    a_changed_hash_is_told_from_a_changed_row,
    a_row_changed_together_with_its_hash_is_found_by_the_tree,
    a_row_of_the_last_block_changed_together_with_its_hash_is_found_by_the_head,
    deleted_rows_are_found,
    a_deleted_row_is_found_when_the_later_ones_move_up,
    swapped_rows_are_found,
    swapped_contents_are_found,
    a_changed_or_missing_subtree_is_found,
    a_subtree_that_should_not_be_there_is_found,
    a_head_that_was_set_back_is_found,
    a_command_that_points_outside_the_journal_is_found,
    a_truncated_journal_is_found_against_a_checkpoint_only,
    a_rewritten_journal_is_found_against_a_checkpoint_only,
    a_checkpoint_of_another_journal_or_key_is_refused,
);
