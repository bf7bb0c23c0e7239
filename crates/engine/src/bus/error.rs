//! Why a command was not taken. Unless the journal could not be reached, nothing was appended.

use std::convert::Infallible;

use journal::{AppendError, EventHeader, Expected, JournalError, StreamId, Version};
use uuid::Uuid;

use super::Clash;
use crate::{code::Code, codec::CodecError};

/// `R` is the aggregate's own refusal.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandError<R> {
    /// The business rules say no.
    #[error("{0}")]
    Refused(R),
    /// Somebody changed the object since the client looked at it: look again and decide again.
    #[error("{stream} is at version {current}, the command expected {}", expectation(*expected))]
    Conflict {
        stream: StreamId,
        expected: Expected,
        current: Version,
        /// What happened since; the first ones when there are many.
        between: Vec<EventHeader>,
        /// What both sides changed, where that was asked for.
        clashes: Vec<Clash>,
    },
    /// The client expected a version of an object that does not exist.
    #[error("{stream} does not exist")]
    NotFound { stream: StreamId },
    #[error("command id {command_id} was used before, for another command. Choose a new command id")]
    CommandReused { command_id: Uuid },
    /// The append makes no sense in itself.
    #[error("the command cannot be appended: {0}")]
    Invalid(String),
    /// An aggregate waited for something instead of deciding.
    #[error("the aggregate `{0}` did not decide at once")]
    NotSynchronous(&'static str),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Codec(#[from] CodecError),
}

impl<R> CommandError<R> {
    /// The engine's code; a refusal has a finer code of its own.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(_) => Code::Refused,
            Self::Conflict { .. } => Code::Conflict,
            Self::NotFound { .. } => Code::NotFound,
            Self::CommandReused { .. } => Code::CommandReused,
            Self::Invalid(_) => Code::InvalidAppend,
            Self::NotSynchronous(_) => Code::Internal,
            Self::Journal(error) => error.into(),
            Self::Codec(error) => error.code(),
        }
    }

    /// The same error with another kind of refusal.
    pub fn map_refusal<S>(self, map: impl FnOnce(R) -> S) -> CommandError<S> {
        match self {
            Self::Refused(refusal) => CommandError::Refused(map(refusal)),
            Self::Conflict {
                stream,
                expected,
                current,
                between,
                clashes,
            } => CommandError::Conflict {
                stream,
                expected,
                current,
                between,
                clashes,
            },
            Self::NotFound { stream } => CommandError::NotFound { stream },
            Self::CommandReused { command_id } => CommandError::CommandReused { command_id },
            Self::Invalid(reason) => CommandError::Invalid(reason),
            Self::NotSynchronous(aggregate) => CommandError::NotSynchronous(aggregate),
            Self::Journal(error) => CommandError::Journal(error),
            Self::Codec(error) => CommandError::Codec(error),
        }
    }
}

impl CommandError<Infallible> {
    /// An error without refusal is an error with any kind of refusal.
    pub fn lift<R>(self) -> CommandError<R> {
        self.map_refusal(|never| match never {})
    }
}

impl<R> From<LoadError> for CommandError<R> {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Journal(error) => Self::Journal(error),
            LoadError::Codec(error) => Self::Codec(error),
        }
    }
}

impl<R> CommandError<R> {
    /// Every reason of an append but the wrong version, which its caller settles.
    pub(super) fn from_append(error: AppendError) -> Self {
        match error {
            AppendError::WrongVersion {
                stream,
                expected,
                current,
            } => Self::Conflict {
                stream,
                expected,
                current,
                between: Vec::new(),
                clashes: Vec::new(),
            },
            AppendError::CommandReused(key) => Self::CommandReused { command_id: key.id },
            AppendError::Invalid(reason) => Self::Invalid(reason),
            AppendError::Journal(error) => Self::Journal(error),
        }
    }
}

/// Why an aggregate cannot be loaded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Codec(#[from] CodecError),
}

impl LoadError {
    pub fn code(&self) -> Code {
        match self {
            Self::Journal(error) => error.into(),
            Self::Codec(error) => error.code(),
        }
    }
}

fn expectation(expected: Expected) -> String {
    match expected {
        Expected::Any => "nothing".to_owned(),
        Expected::NoStream => "that it does not exist".to_owned(),
        Expected::Exists => "that it exists".to_owned(),
        Expected::Exact(version) => format!("version {version}"),
    }
}
