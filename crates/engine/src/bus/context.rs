//! What comes with a command, and what goes back.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use journal::{Appended, Position, StreamId, Version};
use uuid::Uuid;

/// Issuer of every command that the system gives itself.
pub const SYSTEM: &str = "system";

/// Which streams somebody may know of.
pub trait Sees: Send + Sync {
    /// Whether they may know of this one; also when it does not exist. An error says why that cannot be found out.
    fn sees<'s>(&'s self, stream: &'s StreamId) -> BoxFuture<'s, Result<bool, String>>;
}

/// The sight of whoever gives a command: what they may not know of decides as if it did not exist.
#[derive(Clone)]
pub struct Sight(Arc<dyn Sees>);

impl Sight {
    pub fn new(sees: impl Sees + 'static) -> Self {
        Self(Arc::new(sees))
    }

    pub async fn sees(&self, stream: &StreamId) -> Result<bool, String> {
        self.0.sees(stream).await
    }
}

impl fmt::Debug for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sight")
    }
}

/// Who asks, under which name, and in which connection.
#[derive(Debug, Clone)]
pub struct CommandContext {
    /// Whose command ids these are: one issuer's ids cannot collide with another's.
    pub issuer: Arc<str>,
    /// The same id again is the same command again, and gets the same answer.
    pub command_id: Uuid,
    /// Written on the events: `user:…`, `token:…`, `system:…`.
    pub actor: Arc<str>,
    /// The command's own id when there is none.
    pub correlation_id: Option<Uuid>,
    pub causation_id: Option<Uuid>,
    /// The version of the (first) aggregate that the client has seen; without it, somebody faster is no conflict.
    pub expected_version: Option<Version>,
    /// Where it is there, what happened since the expected version is a conflict only when it changed the same things
    /// ([`super::Merging`]). What the commands named in it led to does not count: it is the client's own.
    pub beside: Option<Arc<[Uuid]>>,
    /// Business time of the events; the clock's when there is none.
    pub occurred_at: Option<DateTime<Utc>>,
    /// What whoever asks may know of; without it, everything.
    pub sight: Option<Sight>,
}

impl CommandContext {
    pub fn new(issuer: impl Into<Arc<str>>, command_id: Uuid, actor: impl Into<Arc<str>>) -> Self {
        Self {
            issuer: issuer.into(),
            command_id,
            actor: actor.into(),
            correlation_id: None,
            causation_id: None,
            expected_version: None,
            beside: None,
            occurred_at: None,
            sight: None,
        }
    }

    /// A command that the system gives itself. `command_id` is derived ([`crate::CommandBus::derived_id`]).
    pub fn system(command_id: Uuid, part: &str) -> Self {
        Self::new(SYSTEM, command_id, format!("{SYSTEM}:{part}"))
    }

    pub fn expecting(self, version: Version) -> Self {
        Self {
            expected_version: Some(version),
            ..self
        }
    }

    /// Whether a decision may be taken anew when somebody else was faster.
    pub(super) const fn bears_others(&self) -> bool {
        self.expected_version.is_none() || self.beside.is_some()
    }

    pub fn occurred_at(self, time: DateTime<Utc>) -> Self {
        Self {
            occurred_at: Some(time),
            ..self
        }
    }

    pub fn caused_by(self, event: &journal::EventHeader) -> Self {
        Self {
            correlation_id: Some(event.correlation_id),
            causation_id: Some(event.event_id),
            ..self
        }
    }
}

/// The answer to a command that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Views that show this position show what the command did.
    pub position: Position,
    /// The streams written, each with its version afterwards; empty when the command led to nothing.
    pub versions: Vec<(StreamId, Version)>,
    /// Whether this is the answer that the same command got before.
    pub replayed: bool,
}

impl Outcome {
    pub(super) fn replayed(appended: Appended) -> Self {
        Self {
            replayed: true,
            ..appended.into()
        }
    }
}

impl From<Appended> for Outcome {
    fn from(appended: Appended) -> Self {
        let Appended {
            last,
            versions,
            replayed,
            ..
        } = appended;
        Self {
            position: last,
            versions,
            replayed,
        }
    }
}
