//! How a reaction can fail: for good, or for now.

use std::fmt::Display;

use journal::JournalError;

use crate::{
    bus::{CommandError, LoadError},
    code::Code,
    codec::CodecError,
};

#[derive(Debug, Clone, thiserror::Error)]
pub enum ReactionError {
    /// Trying again would lead to the same answer: it is logged and passed over.
    #[error("{code}: {reason}")]
    Refused { code: Code, reason: String },
    /// It may work later: it is tried again until it does.
    #[error("{code}: {reason}")]
    Trouble { code: Code, reason: String },
}

impl ReactionError {
    pub fn code(&self) -> Code {
        match self {
            Self::Refused { code, .. } | Self::Trouble { code, .. } => *code,
        }
    }

    /// Something outside the journal failed that may heal by itself.
    pub fn trouble(reason: impl Display) -> Self {
        Self::Trouble {
            code: Code::Internal,
            reason: reason.to_string(),
        }
    }
}

impl<R: Display> From<CommandError<R>> for ReactionError {
    fn from(error: CommandError<R>) -> Self {
        let (code, reason) = (error.code(), error.to_string());
        match error {
            CommandError::Journal(_) | CommandError::Conflict { .. } => Self::Trouble { code, reason },
            CommandError::Codec(error) => error.into(),
            _ => Self::Refused { code, reason },
        }
    }
}

impl From<CodecError> for ReactionError {
    fn from(error: CodecError) -> Self {
        let (code, reason) = (error.code(), error.to_string());
        match error {
            CodecError::PersonErased { .. } => Self::Refused { code, reason },
            _ => Self::Trouble { code, reason },
        }
    }
}

impl From<LoadError> for ReactionError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Journal(error) => error.into(),
            LoadError::Codec(error) => error.into(),
        }
    }
}

impl From<JournalError> for ReactionError {
    fn from(error: JournalError) -> Self {
        Self::Trouble {
            code: Code::from(&error),
            reason: error.to_string(),
        }
    }
}
