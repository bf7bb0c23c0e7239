//! One pass over the rows in order: hashes, positions, versions, recording times, and the tree over them.

use std::collections::HashMap;

use crate::{
    event::{Position, RecordedEvent, StreamId, Timestamp, Version},
    port::FoundRow,
    tree::{CompletedSubtree, Frontier, Hash, leaf_hash},
};

/// Something is wrong with the row that should come next.
pub(super) struct Suspicion {
    pub(super) position: Position,
    pub(super) what: Suspect,
}

pub(super) enum Suspect {
    /// The next row has a later position, or there is none (then `None`).
    Missing {
        next: Option<Position>,
    },
    Unreadable(String),
    /// The row does not have the hash that is stored with it.
    Hash(Box<RecordedEvent>),
    /// The row is as it was written, yet cannot stand here.
    Misplaced(String),
}

/// What the rows taken so far come to.
pub(super) struct Scan {
    /// Position of the last row to take.
    end: Position,
    frontier: Frontier,
    completed: Vec<CompletedSubtree>,
    recorded_at: Timestamp,
    versions: HashMap<StreamId, Version>,
    wanted_size: Option<u64>,
    wanted_root: Option<Hash>,
}

impl Scan {
    /// A scan of the rows up to `end` that remembers the root at `wanted_size`.
    pub(super) fn new(end: Position, wanted_size: Option<u64>) -> Self {
        let frontier = Frontier::default();
        let wanted_root = (wanted_size == Some(0)).then(|| frontier.root());
        Self {
            end,
            frontier,
            completed: Vec::new(),
            recorded_at: Timestamp(i64::MIN),
            versions: HashMap::new(),
            wanted_size,
            wanted_root,
        }
    }

    /// Takes the next rows; stops at the first that is suspect.
    pub(super) fn take(&mut self, rows: Vec<FoundRow>) -> Result<(), Suspicion> {
        for row in rows {
            let position = Position(self.frontier.size()).next();
            if position > self.end {
                break;
            }
            let suspicion = |what| Suspicion { position, what };
            if row.position != position {
                return Err(suspicion(Suspect::Missing {
                    next: Some(row.position),
                }));
            }
            let event = row.event.map_err(|detail| suspicion(Suspect::Unreadable(detail)))?;
            self.take_event(event).map_err(suspicion)?;
        }
        Ok(())
    }

    /// What is wrong when no more rows come.
    pub(super) fn unfinished(&self) -> Option<Suspicion> {
        let position = Position(self.frontier.size()).next();
        (position <= self.end).then_some(Suspicion {
            position,
            what: Suspect::Missing { next: None },
        })
    }

    fn take_event(&mut self, event: RecordedEvent) -> Result<(), Suspect> {
        let header = &event.header;
        if leaf_hash(header, &event.payload, &event.metadata) != event.leaf_hash {
            return Err(Suspect::Hash(Box::new(event)));
        }
        if header.recorded_at < self.recorded_at {
            let detail = format!("recorded at {}, before the event before it", header.recorded_at);
            return Err(Suspect::Misplaced(detail));
        }
        let version = self.versions.entry(header.stream.clone()).or_default();
        if header.version != version.next() {
            let detail = format!(
                "version {} of {} follows version {version}",
                header.version, header.stream
            );
            return Err(Suspect::Misplaced(detail));
        }
        *version = header.version;
        self.recorded_at = header.recorded_at;
        self.frontier
            .push(event.leaf_hash, |subtree| self.completed.push(subtree));
        if self.wanted_size == Some(self.frontier.size()) {
            self.wanted_root = Some(self.frontier.root());
        }
        Ok(())
    }

    pub(super) fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The subtrees of stored levels that were completed since the last call.
    pub(super) fn take_completed(&mut self) -> Vec<CompletedSubtree> {
        std::mem::take(&mut self.completed)
    }

    pub(super) fn streams(&self) -> u64 {
        self.versions.len() as u64
    }

    pub(super) fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    pub(super) fn wanted_root(&self) -> Option<Hash> {
        self.wanted_root
    }
}
