//! From a queue of appends to the rows of one transaction: pure, shared by the back ends.

use std::collections::{HashMap, HashSet};

use crate::{
    append::{AppendBatch, Appended, CommandKey, Fingerprint, StreamWrite},
    error::AppendError,
    event::{EventHeader, Position, RecordedEvent, StreamId, Version},
    port::{CommandRecord, Head},
    tree::{CompletedSubtree, leaf_hash},
};

/// Bytes that one event's payload and metadata may have together.
pub(crate) const MAX_EVENT_BYTES: usize = 8 << 20;
/// Bytes of a category, an event type, an actor or an issuer.
pub(crate) const MAX_NAME_BYTES: usize = 255;
/// Bytes that all events of one append may have together.
pub(crate) const MAX_BATCH_BYTES: usize = 64 << 20;
/// Events of one append: it is one transaction, during which everybody else waits.
pub(crate) const MAX_BATCH_EVENTS: usize = 20_000;
/// Streams that one append writes or checks.
pub(crate) const MAX_BATCH_STREAMS: usize = 20_000;

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

    /// Takes a batch that [`validate`] has let pass.
    pub(crate) fn admit(&mut self, batch: &AppendBatch) -> Result<Appended, AppendError> {
        if let Some(known) = self.known_commands.get(&batch.command) {
            return replay(known, batch);
        }
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

    fn accept(&mut self, batch: &AppendBatch) -> Appended {
        let head = &mut self.group.head;
        let first = head.position.next();
        let mut versions = Vec::with_capacity(batch.writes.len());
        if !batch.writes.is_empty() {
            head.recorded_at = head.recorded_at.max(batch.now);
        }
        for write in &batch.writes {
            let mut version = self.versions.get(&write.stream);
            for event in &write.events {
                version = version.next();
                head.position = head.position.next();
                let header = EventHeader {
                    position: head.position,
                    stream: write.stream.clone(),
                    version,
                    event_id: event.event_id,
                    event_type: event.event_type.clone(),
                    schema_version: event.schema_version,
                    recorded_at: head.recorded_at,
                    occurred_at: event.occurred_at,
                    actor: batch.actor.clone(),
                    command_id: batch.command.id,
                    correlation_id: batch.correlation_id,
                    causation_id: batch.causation_id,
                };
                let leaf = leaf_hash(&header, &event.payload, &event.metadata);
                head.frontier.push(leaf, |subtree| self.group.subtrees.push(subtree));
                self.group.events.push(RecordedEvent {
                    header,
                    payload: event.payload.clone(),
                    metadata: event.metadata.clone(),
                    leaf_hash: leaf,
                });
            }
            self.versions.set(&write.stream, version);
            versions.push((write.stream.clone(), version));
        }
        let last = head.position;
        let appended = Appended {
            first: (first <= last).then_some(first),
            last,
            versions,
            replayed: false,
        };
        let row = CommandRow {
            key: batch.command.clone(),
            fingerprint: batch.fingerprint,
            first: appended.first,
            last,
        };
        self.group.commands.push(row);
        let record = CommandRecord {
            fingerprint: batch.fingerprint,
            appended: appended.clone(),
        };
        self.known_commands.insert(batch.command.clone(), record);
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

/// Names are stored and hashed as they are; `NUL` is refused because PostgreSQL cannot store it.
fn validate_names(batch: &AppendBatch) -> Result<(), AppendError> {
    let streams = batch.writes.iter().map(|write| &write.stream.category);
    let checked = batch.checks.iter().map(|check| &check.stream.category);
    let types = batch
        .writes
        .iter()
        .flat_map(|write| write.events.iter().map(|event| &event.event_type));
    for name in [&batch.actor, &batch.command.issuer]
        .into_iter()
        .chain(streams)
        .chain(checked)
        .chain(types)
    {
        if name.len() > MAX_NAME_BYTES || name.contains('\0') {
            let shown: String = name.chars().take(40).collect();
            return Err(AppendError::Invalid(format!(
                "`{shown}` is not a name of at most {MAX_NAME_BYTES} bytes"
            )));
        }
    }
    Ok(())
}

/// Refuses what makes no sense whatever the journal holds. Called before an append is queued.
pub(crate) fn validate(batch: &AppendBatch) -> Result<(), AppendError> {
    let refuse = |reason: String| Err(AppendError::Invalid(reason));
    let streams = batch.writes.len() + batch.checks.len();
    if streams > MAX_BATCH_STREAMS {
        return refuse(format!(
            "{streams} streams in one append; at most {MAX_BATCH_STREAMS} are allowed"
        ));
    }
    let mut written = HashSet::with_capacity(batch.writes.len());
    let (mut events, mut bytes) = (0, 0);
    for StreamWrite {
        stream, events: new, ..
    } in &batch.writes
    {
        if new.is_empty() {
            return refuse(format!("the write to {stream} has no events"));
        }
        if !written.insert(stream) {
            return refuse(format!("stream {stream} is written twice"));
        }
        for event in new {
            let size = event.payload.len() + event.metadata.len();
            if size > MAX_EVENT_BYTES {
                return refuse(format!(
                    "an event of {size} bytes for {stream}; at most {MAX_EVENT_BYTES} are allowed"
                ));
            }
            bytes += size;
        }
        events += new.len();
    }
    validate_names(batch)?;
    if events > MAX_BATCH_EVENTS {
        return refuse(format!(
            "{events} events in one append; at most {MAX_BATCH_EVENTS} are allowed"
        ));
    }
    if bytes > MAX_BATCH_BYTES {
        return refuse(format!(
            "{bytes} bytes in one append; at most {MAX_BATCH_BYTES} are allowed"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
