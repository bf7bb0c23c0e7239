//! Reads a whole journal and checks everything that must hold of any journal at any time.

use std::collections::HashMap;

use journal::{
    Journal, Position, ReadFilter, RecordedEvent, StreamId, Timestamp, Version,
    tree::{self, Frontier, STORED_LEVELS},
};
use uuid::Uuid;

/// The journal's events, after having checked positions, versions, times, hashes, tree, subtrees and command index.
pub(crate) async fn all_events(journal: &dyn Journal) -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    let mut after = Position::START;
    loop {
        let page = journal.read(after, 1_000, &ReadFilter::default()).await.unwrap();
        if page.last == after {
            break;
        }
        after = page.last;
        events.extend(page.events);
    }
    check_order(&events);
    check_tree(journal, &events).await;
    events
}

/// Positions are dense, versions are dense per stream, times never decrease.
fn check_order(events: &[RecordedEvent]) {
    let mut versions: HashMap<StreamId, Version> = HashMap::new();
    let mut recorded_at = Timestamp(i64::MIN);
    for (event, position) in events.iter().zip(1..) {
        let header = &event.header;
        assert_eq!(header.position, Position(position));
        assert!(header.recorded_at >= recorded_at, "time runs backwards at {position}");
        recorded_at = header.recorded_at;
        let version = versions.entry(header.stream.clone()).or_default();
        *version = version.next();
        assert_eq!(header.version, *version, "version of {} at {position}", header.stream);
    }
}

/// Each leaf hash is that of its event, the head's frontier and the stored subtrees are those of the leaves.
async fn check_tree(journal: &dyn Journal, events: &[RecordedEvent]) {
    let mut frontier = Frontier::default();
    let mut subtrees = Vec::new();
    for event in events {
        let leaf = tree::leaf_hash(&event.header, &event.payload, &event.metadata);
        assert_eq!(leaf, event.leaf_hash, "leaf hash at {}", event.header.position);
        frontier.push(leaf, |subtree| subtrees.push(subtree));
    }
    let head = journal.head().await.unwrap();
    let size = events.len() as u64;
    if head.position.0 == size {
        assert_eq!(head.frontier, frontier);
    }
    for level in STORED_LEVELS {
        let expected: Vec<_> = subtrees
            .iter()
            .filter(|subtree| subtree.level == level)
            .map(|subtree| subtree.hash)
            .collect();
        assert_eq!(
            journal.subtree_hashes(level, 0..size >> level).await.unwrap(),
            expected,
            "level {level}"
        );
    }
    let leaves: Vec<_> = events.iter().map(|event| event.leaf_hash).collect();
    assert_eq!(journal.leaf_hashes(0..size).await.unwrap(), leaves);
}

/// The events that a command led to; they lie together.
pub(crate) fn events_of(events: &[RecordedEvent], command: Uuid) -> Vec<&RecordedEvent> {
    let of: Vec<_> = events
        .iter()
        .filter(|event| event.header.command_id == command)
        .collect();
    for pair in of.windows(2) {
        let (one, next) = (pair[0].header.position, pair[1].header.position);
        assert_eq!(one.next(), next, "command {command} is torn apart");
    }
    of
}
