//! What can be wrong with a file, and with the disk below it.

use std::{fs, path::Path, process::Command, sync::Arc, time::Duration};

use journal::{
    AppendError, CommandKey, Expected, Journal, JournalError, OpenOptions, Position, ReadFilter, StreamId, Timestamp,
    WrappedKey,
};
use uuid::Uuid;

use crate::{
    backend::{Backend, Sqlite},
    build::{BatchBuilder, append, command, exactly, stream},
    child::{Appender, Said},
    killing, sound,
};

async fn open(place: &Sqlite, options: OpenOptions) -> Result<Arc<dyn Journal>, JournalError> {
    journal::open(&place.url(), options).await
}

fn creating() -> OpenOptions {
    OpenOptions {
        create: true,
        ..OpenOptions::default()
    }
}

/// A journal with some events, closed.
async fn with_events(events: usize) -> Sqlite {
    let place = Sqlite::start().await;
    let journal = place.open().await;
    journal
        .append(command().write(&stream("deal"), Expected::NoStream, events))
        .await
        .unwrap();
    place
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused_and_left_alone() {
    let place = Sqlite::start().await;
    fs::write(place.path(), "Dear Sir or Madam,\n".repeat(1_000)).unwrap();
    let before = fs::read(place.path()).unwrap();
    assert!(matches!(
        open(&place, creating()).await.err(),
        Some(JournalError::NotAJournal { .. })
    ));
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    for application in ["", "PRAGMA application_id = 7;"] {
        let place = Sqlite::start().await;
        place
            .execute(&format!("CREATE TABLE events (position INTEGER); {application}"))
            .await
            .unwrap();
        let before = fs::read(place.path()).unwrap();
        assert!(matches!(
            open(&place, creating()).await.err(),
            Some(JournalError::NotAJournal { .. })
        ));
        assert_eq!(fs::read(place.path()).unwrap(), before);
    }
}

#[tokio::test]
async fn a_folder_is_not_a_journal() {
    let place = Sqlite::start().await;
    fs::create_dir(place.path()).unwrap();
    assert!(matches!(
        open(&place, creating()).await.err(),
        Some(JournalError::Unavailable { .. })
    ));
}

#[tokio::test]
async fn an_empty_file_may_become_a_journal() {
    let place = Sqlite::start().await;
    fs::write(place.path(), "").unwrap();
    assert!(matches!(
        open(&place, OpenOptions::default()).await.err(),
        Some(JournalError::Missing { .. })
    ));
    open(&place, creating()).await.unwrap();
}

#[tokio::test]
async fn the_folder_is_made_with_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("some/where/journal.db").display());
    journal::open(&url, creating()).await.unwrap();
}

#[tokio::test]
async fn a_url_that_names_no_file_is_invalid() {
    for url in [
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        "mysql://localhost/x",
        "journal.db",
        "",
    ] {
        let opened = journal::open(url, creating()).await;
        assert!(matches!(opened.err(), Some(JournalError::InvalidUrl(_))), "{url}");
    }
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    for newer in [
        "UPDATE meta SET format = 99",
        "UPDATE meta SET least_version = '99.0.0'",
    ] {
        let place = with_events(1).await;
        place.execute(newer).await.unwrap();
        let refused = open(&place, OpenOptions::default()).await.err();
        assert!(matches!(refused, Some(JournalError::NewerFormat { .. })), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_of_the_previous_format_opens_and_goes_on() {
    let place = Sqlite::start().await;
    fs::write(place.path(), include_bytes!("fixtures/format-1.db")).unwrap();
    // Two at once, as when several programs start after an update.
    let (one, two) = tokio::join!(
        open(&place, OpenOptions::default()),
        open(&place, OpenOptions::default())
    );
    let (journal, other) = (one.unwrap(), two.unwrap());
    assert_eq!((journal.info().format, other.info().format), (3, 3));

    let events = sound::all_events(&*journal).await;
    let payloads: Vec<_> = events.iter().map(|event| event.payload.clone()).collect();
    let expected = ["1/0", "1/1", "2/0", "1/0"].map(|text| format!("{{\"Noted\":{{\"text\":\"{text}\"}}}}"));
    assert_eq!(payloads, expected);
    let nothing = CommandKey {
        issuer: "fixture".into(),
        id: Uuid::from_u128(103),
    };
    let known = journal.command(&nothing).await.unwrap().unwrap();
    assert_eq!((known.appended.first, known.appended.last), (None, Position(4)));
    let vault = journal.vault();
    assert!(vault.key(Uuid::from_u128(1)).await.unwrap() == Some(WrappedKey(vec![1; 72])));
    assert!(vault.is_destroyed(Uuid::from_u128(2)).await.unwrap());
    assert!(vault.secret("namespace", WrappedKey(vec![9])).await.unwrap() == WrappedKey(vec![3; 60]));
    assert_eq!(vault.consumer_position("agenda").await.unwrap(), Some(Position(4)));

    let deal = StreamId::new("deal", Uuid::from_u128(1));
    journal.append(append(&deal, exactly(3))).await.unwrap();
    assert_eq!(sound::all_events(&*other).await.len(), 5);
    // What the newer format adds holds for what was there before.
    for statement in place
        .forbidden_statements()
        .iter()
        .filter(|statement| !statement.contains("subtrees"))
    {
        place.execute(statement).await.expect_err(statement);
    }
}

#[tokio::test]
async fn a_deleted_event_is_not_skipped_in_silence() {
    let place = with_events(10).await;
    place
        .execute("DROP TRIGGER events_are_not_deleted; DELETE FROM events WHERE position = 6")
        .await
        .unwrap();
    let journal = place.open().await;
    let read = journal.read(Position::START, 100, &ReadFilter::default()).await;
    assert!(
        matches!(
            read,
            Err(JournalError::Corrupt {
                position: Position(6),
                ..
            })
        ),
        "{read:?}"
    );
    let deals = ReadFilter {
        categories: vec!["deal".into()],
        occurred_until: None,
    };
    assert!(matches!(
        journal.read(Position(4), 3, &deals).await,
        Err(JournalError::Corrupt { .. })
    ));
    assert!(matches!(
        journal.leaf_hashes(0..10).await,
        Err(JournalError::Corrupt {
            position: Position(6),
            ..
        })
    ));
    assert_eq!(
        journal
            .read(Position(6), 100, &ReadFilter::default())
            .await
            .unwrap()
            .events
            .len(),
        4
    );
}

#[tokio::test]
async fn an_impossible_value_is_reported_with_its_position() {
    let place = with_events(3).await;
    place
        .execute("DROP TRIGGER events_are_not_updated; UPDATE events SET event_id = x'00' WHERE position = 2")
        .await
        .unwrap();
    let read = place
        .open()
        .await
        .read(Position::START, 100, &ReadFilter::default())
        .await;
    assert!(
        matches!(
            read,
            Err(JournalError::Corrupt {
                position: Position(2),
                ..
            })
        ),
        "{read:?}"
    );
}

#[tokio::test]
async fn a_garbled_file_gives_errors_and_no_panic() {
    let place = with_events(2_000).await;
    let sound_file = fs::read(place.path()).unwrap();
    for start in (100..sound_file.len()).step_by(sound_file.len() / 12) {
        let mut garbled = sound_file.clone();
        let end = (start + 3_000).min(garbled.len());
        garbled[start..end].fill(0xA5);
        fs::write(place.path(), &garbled).unwrap();
        let Ok(journal) = open(&place, OpenOptions::default()).await else {
            continue;
        };
        let _ = journal.read(Position::START, 5_000, &ReadFilter::default()).await;
        let _ = journal.append(append(&stream("deal"), Expected::Any)).await;
        let _ = journal.position_at(Timestamp(5)).await;
    }
}

/// Appends of some kilobytes until one is refused.
async fn fill(journal: &dyn Journal) -> (u64, AppendError) {
    for appended in 0.. {
        if let Err(error) = journal.append(large(100_000)).await {
            return (appended, error);
        }
    }
    unreachable!("the loop has no end")
}

fn large(bytes: usize) -> journal::AppendBatch {
    let mut batch = append(&stream("file"), Expected::NoStream);
    batch.writes[0].events[0].payload = vec![b'x'; bytes].into();
    batch
}

#[tokio::test]
async fn a_full_disk_refuses_appends_and_keeps_what_is_there() {
    let place = Sqlite::start().await;
    let journal = open(
        &place,
        OpenOptions {
            max_bytes: Some(2 << 20),
            ..creating()
        },
    )
    .await
    .unwrap();
    let (appended, error) = fill(&*journal).await;
    assert!(
        matches!(error, AppendError::Journal(JournalError::Full { .. })),
        "{error:?}"
    );
    assert!(appended > 5);
    assert_eq!(sound::all_events(&*journal).await.len() as u64, appended);

    // Something small still fits, even beside something that does not.
    let mut together = tokio::task::JoinSet::new();
    for bytes in [500_000, 10, 500_000, 10, 10] {
        let journal = journal.clone();
        together.spawn(async move { (bytes, journal.append(large(bytes)).await.is_ok()) });
    }
    assert!(
        together
            .join_all()
            .await
            .into_iter()
            .all(|(bytes, taken)| taken == (bytes == 10))
    );

    // And everything once there is room.
    drop(journal);
    let journal = place.open().await;
    journal.append(large(500_000)).await.unwrap();
    assert_eq!(sound::all_events(&*journal).await.len() as u64, appended + 4);
}

/// The limit is in blocks of 512 or 1,024 bytes, depending on the shell. The signal that usually comes with it is
/// ignored, as a disk quota has none.
fn with_small_files(command: &Command) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1200; exec \"$0\" \"$@\""]);
    limited.arg(command.get_program()).args(command.get_args());
    limited
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_may_write_no_more_says_so_and_stays_up() {
    let place = Sqlite::start().await;
    let journal = place.open().await;
    let seed = 12;
    let child = Appender::start(&place.url(), seed, 0, |command| with_small_files(&command));
    let (mut said, mut full) = (Vec::new(), 0);
    while full < 20 {
        let next = child.listen().expect("the child ended by itself");
        full += usize::from(matches!(&next, Said::Refused { reason, .. } if reason.contains("Full")));
        said.push(next);
    }
    said.extend(child.kill());
    assert!(said.iter().filter(|said| matches!(said, Said::Acked { .. })).count() > 20);
    killing::check(&*journal, seed, 0, &said).await;
    sound::all_events(&*journal).await;
}

#[tokio::test]
async fn a_journal_whose_file_is_lost_takes_nothing_until_it_is_back() {
    let place = with_events(1).await;
    let journal = place.open().await;
    let deal = stream("deal");
    journal.append(append(&deal, Expected::Any)).await.unwrap();
    let aside = place.path().with_extension("aside");
    fs::rename(place.path(), &aside).unwrap();
    let lost = journal.append(append(&deal, Expected::Any)).await;
    assert!(
        matches!(lost, Err(AppendError::Journal(JournalError::Unavailable { .. }))),
        "{lost:?}"
    );
    let key = journal.vault().put_key(Uuid::now_v7(), WrappedKey(vec![1])).await;
    assert!(matches!(key.err(), Some(JournalError::Unavailable { .. })));

    fs::copy(&aside, place.path()).unwrap();
    let replaced = journal.append(append(&deal, Expected::Any)).await;
    assert!(
        matches!(replaced, Err(AppendError::Journal(JournalError::Unavailable { .. }))),
        "{replaced:?}"
    );

    fs::rename(&aside, place.path()).unwrap();
    journal.append(append(&deal, Expected::Any)).await.unwrap();
    assert_eq!(sound::all_events(&*journal).await.len(), 3);
}

#[tokio::test]
async fn a_journal_whose_write_ahead_log_is_lost_takes_nothing() {
    let place = with_events(1).await;
    let journal = place.open().await;
    let deal = stream("deal");
    journal.append(append(&deal, Expected::Any)).await.unwrap();
    fs::remove_file(place.path().with_extension("db-wal")).unwrap();
    let lost = journal.append(append(&deal, Expected::Any)).await;
    assert!(
        matches!(lost, Err(AppendError::Journal(JournalError::Unavailable { .. }))),
        "{lost:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_waits_for_another_process() {
    let place = with_events(1).await;
    let journal = place.open().await;
    let other = rusqlite::Connection::open(place.path()).unwrap();
    other
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO consumers VALUES ('shell', 1)")
        .unwrap();
    let appending = tokio::spawn({
        let journal = journal.clone();
        async move { journal.append(append(&stream("deal"), Expected::Any)).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!appending.is_finished());
    other.execute_batch("COMMIT").unwrap();
    appending.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_destroyed_key_is_in_no_file_any_more() {
    let place = with_events(1).await;
    let journal = place.open().await;
    let subject = Uuid::now_v7();
    let secret: Vec<u8> = (0..72).map(|number| number * 3 + 1).collect();
    journal
        .vault()
        .put_key(subject, WrappedKey(secret.clone()))
        .await
        .unwrap();
    assert!(
        found_in_files(&place.path(), &secret),
        "the test looks in the wrong place"
    );
    journal.vault().destroy_key(subject, Timestamp(1)).await.unwrap();
    assert!(!found_in_files(&place.path(), &secret));
}

fn found_in_files(journal: &Path, needle: &[u8]) -> bool {
    let files = fs::read_dir(journal.parent().unwrap()).unwrap();
    files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .any(|bytes| bytes.windows(needle.len()).any(|w| w == needle))
}
