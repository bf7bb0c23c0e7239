//! Expected versions, several streams at once, and what is read back.

use journal::{AppendError, Expected, Position, ReadFilter, Timestamp, Version, tree};

use crate::{
    backend::{Backend, conformance},
    build::{BatchBuilder, append, command, exactly, stream},
};

/// The expectation, and whether it lets an append pass on a missing stream and on one of two events.
const EXPECTATIONS: [(Expected, bool, bool); 6] = [
    (Expected::Any, true, true),
    (Expected::NoStream, true, false),
    (Expected::Exists, false, true),
    (Expected::Exact(Version(0)), true, false),
    (Expected::Exact(Version(2)), false, true),
    (Expected::Exact(Version(3)), false, false),
];

async fn every_expectation_holds_on_missing_and_existing_streams(place: impl Backend) {
    let journal = place.open().await;
    for (expected, on_missing, on_existing) in EXPECTATIONS {
        let missing = stream("deal");
        let existing = stream("deal");
        journal
            .append(command().write(&existing, Expected::NoStream, 2))
            .await
            .unwrap();
        for (stream, current, passes) in [(missing, 0, on_missing), (existing, 2, on_existing)] {
            // Both when the stream is written and when it is only looked at.
            let written = journal.append(command().check(&stream, expected)).await;
            assert_eq!(written.is_ok(), passes, "check {expected:?} at {current}");
            match journal.append(append(&stream, expected)).await {
                Ok(appended) => {
                    assert!(passes, "{expected:?} at {current}");
                    assert_eq!(appended.versions, [(stream.clone(), Version(current + 1))]);
                }
                Err(AppendError::WrongVersion {
                    stream: refused,
                    expected: wanted,
                    current: found,
                }) => {
                    assert!(!passes, "{expected:?} at {current}");
                    assert_eq!((refused, wanted, found), (stream.clone(), expected, Version(current)));
                }
                Err(other) => panic!("{expected:?} at {current}: {other}"),
            }
            let version = journal.stream_version(&stream).await.unwrap();
            assert_eq!(version, Version(current + u64::from(passes)));
        }
    }
}

async fn what_was_appended_is_read_back_whole(place: impl Backend) {
    let journal = place.open().await;
    let (deal, task) = (stream("deal"), stream("task"));
    let batch = command()
        .write(&deal, Expected::NoStream, 2)
        .write(&task, Expected::NoStream, 1);
    let appended = journal.append(batch.clone()).await.unwrap();
    assert_eq!((appended.first, appended.last), (Some(Position(1)), Position(3)));
    assert_eq!(
        appended.versions,
        [(deal.clone(), Version(2)), (task.clone(), Version(1))]
    );

    let page = journal
        .read(Position::START, 100, &ReadFilter::default())
        .await
        .unwrap();
    assert_eq!((page.last, page.head), (Position(3), Position(3)));
    let given = batch
        .writes
        .iter()
        .flat_map(|write| write.events.iter().map(move |event| (&write.stream, event)));
    for ((recorded, (stream, event)), position) in page.events.iter().zip(given).zip(1..) {
        let header = &recorded.header;
        assert_eq!((header.position, &header.stream), (Position(position), stream));
        assert_eq!(
            (header.event_id, &header.event_type),
            (event.event_id, &event.event_type)
        );
        assert_eq!((header.command_id, &header.actor), (batch.command.id, &batch.actor));
        assert_eq!(
            (header.correlation_id, header.causation_id),
            (batch.correlation_id, batch.causation_id)
        );
        assert_eq!((header.occurred_at, header.recorded_at), (event.occurred_at, batch.now));
        assert_eq!(
            (&recorded.payload, &recorded.metadata),
            (&event.payload, &event.metadata)
        );
        assert_eq!(
            recorded.leaf_hash,
            tree::leaf_hash(header, &recorded.payload, &recorded.metadata)
        );
    }
    // Some of them, in order and each once; what is not there yet is nothing.
    let wanted = [3, 1, 3, 0, 9, u64::MAX].map(Position);
    let found = journal.read_at(&wanted).await.unwrap();
    assert_eq!(found, [page.events[0].clone(), page.events[2].clone()]);
    assert_eq!(journal.read_at(&[]).await.unwrap(), []);
    assert_eq!(
        journal.read_stream(&deal, Version::NONE, 10).await.unwrap(),
        page.events[..2]
    );
    assert_eq!(
        journal.read_stream(&deal, Version(1), 10).await.unwrap(),
        page.events[1..2]
    );
    assert_eq!(
        journal.read_stream(&deal, Version::NONE, 1).await.unwrap(),
        page.events[..1]
    );
}

async fn a_refused_append_leaves_no_trace(place: impl Backend) {
    let journal = place.open().await;
    let (deal, task) = (stream("deal"), stream("task"));
    journal.append(append(&deal, Expected::NoStream)).await.unwrap();
    let before = journal.head().await.unwrap();
    let refused = command()
        .write(&task, Expected::NoStream, 3)
        .write(&deal, exactly(7), 1);
    assert!(matches!(
        journal.append(refused.clone()).await,
        Err(AppendError::WrongVersion { .. })
    ));
    let refused_by_check = command()
        .write(&task, Expected::NoStream, 3)
        .check(&deal, Expected::NoStream);
    assert!(matches!(
        journal.append(refused_by_check).await,
        Err(AppendError::WrongVersion { .. })
    ));
    assert_eq!(journal.head().await.unwrap(), before);
    assert_eq!(journal.stream_version(&task).await.unwrap(), Version::NONE);
    assert_eq!(
        journal.command(&refused.command).await.unwrap(),
        None,
        "refusals are not remembered"
    );
}

async fn recording_times_never_decrease(place: impl Backend) {
    let journal = place.open().await;
    let deal = stream("deal");
    for now in [1_000, 3_000, 2_000, 5_000] {
        journal
            .append(append(&deal, Expected::Any).at(Timestamp(now)))
            .await
            .unwrap();
    }
    let events = journal.read_stream(&deal, Version::NONE, 10).await.unwrap();
    let times: Vec<_> = events.iter().map(|event| event.header.recorded_at.0).collect();
    assert_eq!(times, [1_000, 3_000, 3_000, 5_000]);
    for (time, position) in [(999, 0), (1_000, 1), (2_999, 1), (3_000, 3), (4_999, 3), (9_000, 4)] {
        assert_eq!(
            journal.position_at(Timestamp(time)).await.unwrap(),
            Position(position),
            "at {time}"
        );
    }
}

async fn a_reopened_journal_goes_on_where_it_was(place: impl Backend) {
    let deal = stream("deal");
    let first = place.open().await;
    first.append(append(&deal, Expected::NoStream)).await.unwrap();
    let (id, head) = (first.info().id, first.head().await.unwrap());
    drop(first);
    let second = place.open().await;
    assert_eq!((second.info().id, second.head().await.unwrap()), (id, head));
    assert_eq!(*second.head_hint().borrow(), Position(1));
    let appended = second.append(append(&deal, exactly(1))).await.unwrap();
    assert_eq!(appended.last, Position(2));
}

async fn a_batch_that_makes_no_sense_is_refused(place: impl Backend) {
    let journal = place.open().await;
    let deal = stream("deal");
    let twice = command().write(&deal, Expected::Any, 1).write(&deal, Expected::Any, 1);
    let nothing = command().write(&deal, Expected::Any, 0);
    let too_many = command().write(&deal, Expected::Any, 20_001);
    let mut too_large = append(&deal, Expected::Any);
    too_large.writes[0].events[0].payload = vec![b'x'; (8 << 20) + 1].into();
    for batch in [twice, nothing, too_many, too_large] {
        assert!(matches!(journal.append(batch).await, Err(AppendError::Invalid(_))));
    }
    assert_eq!(journal.head().await.unwrap().position, Position::START);
}

conformance![
    every_expectation_holds_on_missing_and_existing_streams,
    what_was_appended_is_read_back_whole,
    a_refused_append_leaves_no_trace,
    recording_times_never_decrease,
    a_reopened_journal_goes_on_where_it_was,
    a_batch_that_makes_no_sense_is_refused,
];
