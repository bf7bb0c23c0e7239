//! From a queue of appends to the rows of one transaction: pure, shared by the back ends.

use std::collections::HashMap;

use crate::{
    append::{AppendBatch, Appended, CommandKey, Fingerprint},
    error::AppendError,
    event::{EventHeader, Position, RecordedEvent, StreamId, Version},
    port::{CommandRecord, Head},
    tree::{CompletedSubtree, leaf_hash},
};

/// Bytes that one event's payload and metadata may have together.
pub(crate) const MAX_EVENT_BYTES: usize = 8 << 20;

/// A row of the command index.
#[derive(Debug, Clone)]
pub(crate) struct CommandRow {
    pub(crate) key: CommandKey,
    pub(crate) fingerprint: Fingerprint,
    /// `None` when the command led to no event.
    pub(crate) first: Option<Position>,
    pub(crate) last: Position,
}

/// What one transaction writes.
#[derive(Debug)]
pub(crate) struct GroupCommit {
    pub(crate) events: Vec<RecordedEvent>,
    pub(crate) commands: Vec<CommandRow>,
    pub(crate) subtrees: Vec<CompletedSubtree>,
    pub(crate) head: Head,
}

impl GroupCommit {
    pub(crate) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }
}

/// Decides appends one after the other against the head, the command index and the stream versions, and collects the
/// rows of those that are accepted. A refused append leaves no trace, so its neighbours are not concerned.
#[derive(Debug)]
pub(crate) struct Planner<'a> {
    known_commands: HashMap<CommandKey, CommandRecord>,
    versions: &'a mut dyn StreamVersions,
    group: GroupCommit,
}

/// Versions of streams as of the transaction; a stream that is not known has no events.
pub(crate) trait StreamVersions: std::fmt::Debug {
    fn get(&mut self, stream: &StreamId) -> Version;
    fn set(&mut self, stream: &StreamId, version: Version);
}

impl<'a> Planner<'a> {
    /// `known_commands` holds what the index has for the keys of the appends to come.
    pub(crate) fn new(
        head: Head,
        known_commands: HashMap<CommandKey, CommandRecord>,
        versions: &'a mut dyn StreamVersions,
    ) -> Self {
        let group = GroupCommit {
            events: Vec::new(),
            commands: Vec::new(),
            subtrees: Vec::new(),
            head,
        };
        Self {
            known_commands,
            versions,
            group,
        }
    }

    pub(crate) fn admit(&mut self, batch: AppendBatch) -> Result<Appended, AppendError> {
        if let Some(known) = self.known_commands.get(&batch.command) {
            return replay(known, &batch);
        }
        validate(&batch)?;
        let written = batch.writes.iter().map(|write| (&write.stream, write.expected));
        let checked = batch.checks.iter().map(|check| (&check.stream, check.expected));
        for (stream, expected) in written.chain(checked) {
            let current = self.versions.get(stream);
            if !expected.admits(current) {
                return Err(AppendError::WrongVersion {
                    stream: stream.clone(),
                    expected,
                    current,
                });
            }
        }
        Ok(self.accept(batch))
    }

    pub(crate) fn finish(self) -> GroupCommit {
        self.group
    }

    fn accept(&mut self, batch: AppendBatch) -> Appended {
        let AppendBatch {
            command,
            fingerprint,
            actor,
            correlation_id,
            causation_id,
            now,
            writes,
            ..
        } = batch;
        let head = &mut self.group.head;
        let first = head.position.next();
        let mut versions = Vec::with_capacity(writes.len());
        if writes.iter().any(|write| !write.events.is_empty()) {
            head.recorded_at = head.recorded_at.max(now);
        }
        for write in writes {
            let mut version = self.versions.get(&write.stream);
            for event in write.events {
                version = version.next();
                head.position = head.position.next();
                let header = EventHeader {
                    position: head.position,
                    stream: write.stream.clone(),
                    version,
                    event_id: event.event_id,
                    event_type: event.event_type,
                    schema_version: event.schema_version,
                    recorded_at: head.recorded_at,
                    occurred_at: event.occurred_at,
                    actor: actor.clone(),
                    command_id: command.id,
                    correlation_id,
                    causation_id,
                };
                let leaf = leaf_hash(&header, &event.payload, &event.metadata);
                head.frontier.push(leaf, |subtree| self.group.subtrees.push(subtree));
                self.group.events.push(RecordedEvent {
                    header,
                    payload: event.payload,
                    metadata: event.metadata,
                    leaf_hash: leaf,
                });
            }
            self.versions.set(&write.stream, version);
            versions.push((write.stream, version));
        }
        let last = head.position;
        let appended = Appended {
            first: (first <= last).then_some(first),
            last,
            versions,
            replayed: false,
        };
        self.group.commands.push(CommandRow {
            key: command.clone(),
            fingerprint,
            first: appended.first,
            last,
        });
        self.known_commands.insert(
            command,
            CommandRecord {
                fingerprint,
                appended: appended.clone(),
            },
        );
        appended
    }
}

fn replay(known: &CommandRecord, batch: &AppendBatch) -> Result<Appended, AppendError> {
    if known.fingerprint == batch.fingerprint {
        Ok(Appended {
            replayed: true,
            ..known.appended.clone()
        })
    } else {
        Err(AppendError::CommandReused(batch.command.clone()))
    }
}

fn validate(batch: &AppendBatch) -> Result<(), AppendError> {
    for (index, write) in batch.writes.iter().enumerate() {
        if write.events.is_empty() {
            return Err(AppendError::Invalid(format!(
                "the write to {} has no events",
                write.stream
            )));
        }
        if batch
            .writes
            .iter()
            .take(index)
            .any(|other| other.stream == write.stream)
        {
            return Err(AppendError::Invalid(format!(
                "stream {} is written twice",
                write.stream
            )));
        }
        let bytes = |event: &crate::NewEvent| event.payload.len() + event.metadata.len();
        if let Some(event) = write.events.iter().find(|event| bytes(event) > MAX_EVENT_BYTES) {
            let (size, stream) = (bytes(event), &write.stream);
            let message = format!("an event of {size} bytes for {stream}; at most {MAX_EVENT_BYTES} are allowed");
            return Err(AppendError::Invalid(message));
        }
    }
    Ok(())
}
