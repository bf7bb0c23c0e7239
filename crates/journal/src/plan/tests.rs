//! Given head, index and versions; when these appends come; then these outcomes and rows.

use std::collections::HashMap;

use bytes::Bytes;
use uuid::Uuid;

use super::*;
use crate::{Expected, NewEvent, StreamCheck, Timestamp, Version, tree::Frontier};

#[derive(Debug, Default)]
struct Versions(HashMap<StreamId, Version>);

impl StreamVersions for Versions {
    fn get(&mut self, stream: &StreamId) -> Version {
        self.0.get(stream).copied().unwrap_or_default()
    }

    fn set(&mut self, stream: &StreamId, version: Version) {
        self.0.insert(stream.clone(), version);
    }
}

/// A journal that stands at some position, with some streams.
struct Given {
    head: Head,
    known: HashMap<CommandKey, CommandRecord>,
    versions: Versions,
}

fn given(position: u64, streams: &[(u128, u64)]) -> Given {
    let mut frontier = Frontier::default();
    for leaf in 0..position {
        frontier.push([leaf as u8; 32], |_| ());
    }
    let versions = streams
        .iter()
        .map(|(id, version)| (stream(*id), Version(*version)))
        .collect();
    let head = Head {
        position: Position(position),
        recorded_at: Timestamp(1_000),
        frontier,
    };
    Given {
        head,
        known: HashMap::new(),
        versions: Versions(versions),
    }
}

impl Given {
    fn when(&mut self, batches: &[AppendBatch]) -> (Vec<Result<Appended, AppendError>>, GroupCommit) {
        let mut planner = Planner::new(self.head.clone(), self.known.clone(), &mut self.versions);
        let outcomes = batches.iter().map(|batch| planner.admit(batch)).collect();
        (outcomes, planner.finish())
    }
}

fn stream(id: u128) -> StreamId {
    StreamId::new("deal", Uuid::from_u128(id))
}

fn event(size: usize) -> NewEvent {
    NewEvent {
        event_id: Uuid::now_v7(),
        event_type: "Noted".into(),
        schema_version: 1,
        occurred_at: Timestamp(5),
        payload: Bytes::from(vec![b'x'; size]),
        metadata: Bytes::new(),
    }
}

fn batch(id: u128, writes: &[(u128, Expected, usize)]) -> AppendBatch {
    let write = |(stream_id, expected, events): &(u128, Expected, usize)| StreamWrite {
        stream: stream(*stream_id),
        expected: *expected,
        events: (0..*events).map(|_| event(3)).collect(),
    };
    AppendBatch {
        command: CommandKey {
            issuer: "test".into(),
            id: Uuid::from_u128(id),
        },
        fingerprint: Fingerprint([1; 32]),
        actor: "user:test".into(),
        correlation_id: Uuid::nil(),
        causation_id: None,
        now: Timestamp(2_000),
        writes: writes.iter().map(write).collect(),
        checks: Vec::new(),
    }
}

#[test]
fn positions_go_on_from_the_head_and_versions_from_the_streams() {
    let (outcomes, group) = given(10, &[(1, 4)]).when(&[
        batch(1, &[(1, Expected::Exact(Version(4)), 2), (2, Expected::NoStream, 1)]),
        batch(2, &[(2, Expected::Exact(Version(1)), 1)]),
    ]);
    let appended: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        (appended[0].first, appended[0].last),
        (Some(Position(11)), Position(13))
    );
    assert_eq!(appended[0].versions, [(stream(1), Version(6)), (stream(2), Version(1))]);
    assert_eq!(
        (appended[1].first, appended[1].last),
        (Some(Position(14)), Position(14))
    );

    let places: Vec<_> = group
        .events
        .iter()
        .map(|event| (event.header.position.0, event.header.version.0))
        .collect();
    assert_eq!(places, [(11, 5), (12, 6), (13, 1), (14, 2)]);
    assert_eq!((group.head.position, group.head.frontier.size()), (Position(14), 14));
    assert_eq!(group.commands.len(), 2);
}

#[test]
fn a_refused_append_leaves_no_trace_for_its_neighbours() {
    let (outcomes, group) = given(0, &[]).when(&[
        batch(1, &[(1, Expected::NoStream, 1)]),
        batch(2, &[(2, Expected::NoStream, 3), (1, Expected::NoStream, 1)]),
        batch(3, &[(2, Expected::NoStream, 1)]),
    ]);
    let Err(AppendError::WrongVersion {
        stream: refused,
        current,
        ..
    }) = &outcomes[1]
    else {
        panic!("{:?}", outcomes[1])
    };
    assert_eq!((refused, *current), (&stream(1), Version(1)));
    assert_eq!(outcomes[2].as_ref().unwrap().versions, [(stream(2), Version(1))]);
    let commands: Vec<_> = group.commands.iter().map(|row| row.key.id.as_u128()).collect();
    assert_eq!((group.events.len(), commands), (2, vec![1, 3]));
}

#[test]
fn a_check_sees_what_the_group_has_written_before_it() {
    let mut checked = batch(2, &[(2, Expected::Any, 1)]);
    checked.checks.push(StreamCheck {
        stream: stream(1),
        expected: Expected::Exact(Version(1)),
    });
    let (outcomes, _) = given(0, &[]).when(&[checked.clone(), batch(1, &[(1, Expected::Any, 1)]), checked]);
    assert!(matches!(outcomes[0], Err(AppendError::WrongVersion { .. })));
    assert!(outcomes[2].is_ok());
}

#[test]
fn a_command_repeated_within_the_group_is_taken_once() {
    let first = batch(1, &[(1, Expected::NoStream, 2)]);
    let other = AppendBatch {
        fingerprint: Fingerprint([2; 32]),
        ..first.clone()
    };
    let (outcomes, group) = given(7, &[]).when(&[first.clone(), first, other]);
    let answer = outcomes[0].as_ref().unwrap();
    assert_eq!(
        *outcomes[1].as_ref().unwrap(),
        Appended {
            replayed: true,
            ..answer.clone()
        }
    );
    assert!(matches!(outcomes[2], Err(AppendError::CommandReused(_))));
    assert_eq!((group.events.len(), group.commands.len()), (2, 1));
}

#[test]
fn a_command_known_from_before_gets_its_answer_whatever_it_expects() {
    let again = batch(1, &[(1, Expected::NoStream, 1)]);
    let mut journal = given(9, &[(1, 3)]);
    let versions = vec![(stream(1), Version(1))];
    let appended = Appended {
        first: Some(Position(2)),
        last: Position(2),
        versions,
        replayed: false,
    };
    let record = CommandRecord {
        fingerprint: again.fingerprint,
        appended: appended.clone(),
    };
    journal.known.insert(again.command.clone(), record);
    let (outcomes, group) = journal.when(&[again]);
    assert_eq!(
        *outcomes[0].as_ref().unwrap(),
        Appended {
            replayed: true,
            ..appended
        }
    );
    assert!(group.is_empty());
}

#[test]
fn a_command_without_events_is_recorded_at_the_head() {
    let (outcomes, group) = given(9, &[]).when(&[batch(1, &[])]);
    let appended = outcomes[0].as_ref().unwrap();
    assert_eq!((appended.first, appended.last), (None, Position(9)));
    assert_eq!((group.commands[0].first, group.commands[0].last), (None, Position(9)));
    assert_eq!((group.events.len(), group.head.recorded_at), (0, Timestamp(1_000)));
    assert!(!group.is_empty());
}

#[test]
fn recording_time_is_the_later_of_now_and_the_heads() {
    let early = AppendBatch {
        now: Timestamp(10),
        ..batch(1, &[(1, Expected::Any, 1)])
    };
    let late = batch(2, &[(1, Expected::Any, 1)]);
    let early_again = AppendBatch {
        now: Timestamp(10),
        ..batch(3, &[(1, Expected::Any, 1)])
    };
    let (_, group) = given(0, &[]).when(&[early, late, early_again]);
    let times: Vec<_> = group.events.iter().map(|event| event.header.recorded_at.0).collect();
    assert_eq!(times, [1_000, 2_000, 2_000]);
}

#[test]
fn subtrees_are_collected_when_their_last_leaf_comes() {
    let (_, group) = given(250, &[]).when(&[batch(1, &[(1, Expected::Any, 300)])]);
    let places: Vec<_> = group
        .subtrees
        .iter()
        .map(|subtree| (subtree.level, subtree.node))
        .collect();
    assert_eq!(places, [(8, 0), (8, 1)]);
}

#[test]
fn batches_beyond_the_limits_are_invalid() {
    let mut huge_event = batch(1, &[(1, Expected::Any, 1)]);
    huge_event.writes[0].events[0] = event(MAX_EVENT_BYTES + 1);
    let mut huge = batch(1, &[(1, Expected::Any, 1)]);
    huge.writes[0].events = vec![event(MAX_EVENT_BYTES); 9];
    let many_events = batch(1, &[(1, Expected::Any, MAX_BATCH_EVENTS + 1)]);
    let check = StreamCheck {
        stream: stream(1),
        expected: Expected::Any,
    };
    let many_checks = AppendBatch {
        checks: vec![check; MAX_BATCH_STREAMS + 1],
        ..batch(1, &[])
    };
    let empty = batch(1, &[(1, Expected::Any, 0)]);
    let twice = batch(1, &[(1, Expected::Any, 1), (1, Expected::Any, 1)]);
    let long_name = AppendBatch {
        actor: "x".repeat(256).into(),
        ..batch(1, &[])
    };
    let nul = AppendBatch {
        actor: "a\0b".into(),
        ..batch(1, &[])
    };
    for invalid in [huge_event, huge, many_events, many_checks, empty, twice, long_name, nul] {
        assert!(matches!(validate(&invalid), Err(AppendError::Invalid(_))));
    }
    validate(&batch(1, &[(1, Expected::Any, MAX_BATCH_EVENTS)])).unwrap();
}
