//! Builders: an append in a line.

use std::sync::Arc;

use bytes::Bytes;
use journal::{
    AppendBatch, CommandKey, Expected, Fingerprint, NewEvent, StreamCheck, StreamId, StreamWrite, Timestamp, Version,
};
use uuid::Uuid;

/// A stream that no other test uses.
pub(crate) fn stream(category: &str) -> StreamId {
    StreamId::new(category, Uuid::now_v7())
}

pub(crate) fn event(text: &str) -> NewEvent {
    NewEvent {
        event_id: Uuid::now_v7(),
        event_type: "Noted".into(),
        schema_version: 1,
        occurred_at: Timestamp(1_700_000_000_000_000),
        payload: Bytes::from(format!("{{\"Noted\":{{\"text\":\"{text}\"}}}}")),
        metadata: Bytes::new(),
    }
}

/// An append under a new command id, at first without events.
pub(crate) fn command() -> AppendBatch {
    AppendBatch {
        command: CommandKey {
            issuer: "test".into(),
            id: Uuid::now_v7(),
        },
        fingerprint: Fingerprint([7; 32]),
        actor: "user:test".into(),
        correlation_id: Uuid::now_v7(),
        causation_id: None,
        now: Timestamp(1_700_000_000_000_000),
        writes: Vec::new(),
        checks: Vec::new(),
    }
}

/// One event appended to one stream.
pub(crate) fn append(stream: &StreamId, expected: Expected) -> AppendBatch {
    command().write(stream, expected, 1)
}

pub(crate) fn exactly(version: u64) -> Expected {
    Expected::Exact(Version(version))
}

pub(crate) trait BatchBuilder {
    fn write(self, stream: &StreamId, expected: Expected, events: usize) -> Self;
    fn check(self, stream: &StreamId, expected: Expected) -> Self;
    fn at(self, now: Timestamp) -> Self;
    fn fingerprint(self, byte: u8) -> Self;
    fn issued_by(self, issuer: impl Into<Arc<str>>) -> Self;
}

impl BatchBuilder for AppendBatch {
    fn write(mut self, stream: &StreamId, expected: Expected, events: usize) -> Self {
        let events = (0..events).map(|number| event(&number.to_string())).collect();
        self.writes.push(StreamWrite {
            stream: stream.clone(),
            expected,
            events,
        });
        self
    }

    fn check(mut self, stream: &StreamId, expected: Expected) -> Self {
        self.checks.push(StreamCheck {
            stream: stream.clone(),
            expected,
        });
        self
    }

    fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    fn fingerprint(mut self, byte: u8) -> Self {
        self.fingerprint = Fingerprint([byte; 32]);
        self
    }

    fn issued_by(mut self, issuer: impl Into<Arc<str>>) -> Self {
        self.command.issuer = issuer.into();
        self
    }
}
