//! How a subcommand ends: the exit codes, and an error as people and scripts see it.

use std::{fmt, io::Write, process::ExitCode};

use domain::Refusal;
use engine::{Code, CodecError, CommandError, LoadError, ViewsError};
use journal::JournalError;

use crate::{application::OpenError, config::ConfigError, graphql::errors::ApiError};

/// A subcommand that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// Exit code 0.
    Done,
    /// Exit code 1: the question was answered, and the answer is no (`verify` found damage).
    No,
    /// Exit code 2: a part was refused (`import` left out some rows).
    Partly,
}

impl From<Finish> for ExitCode {
    fn from(finish: Finish) -> Self {
        match finish {
            Finish::Done => Self::SUCCESS,
            Finish::No => Self::from(1),
            Finish::Partly => Self::from(2),
        }
    }
}

/// A subcommand that could not do what it was asked to. Exit code 1; stderr says code, message and what to do.
#[derive(Debug)]
pub struct Failure {
    code: &'static str,
    message: String,
}

impl Failure {
    pub fn new(code: &'static str, message: impl fmt::Display) -> Self {
        Self {
            code,
            message: message.to_string(),
        }
    }

    /// Standard output cannot be written.
    pub fn output(error: std::io::Error) -> Self {
        let code = if error.kind() == std::io::ErrorKind::BrokenPipe {
            CLOSED_PIPE
        } else {
            "OUTPUT_FAILED"
        };
        Self::new(code, format!("the output cannot be written: {error}"))
    }

    /// Tells stderr and gives the exit code. Nobody reads the end of a pipe that was closed, so that is no news.
    pub fn report(&self) -> ExitCode {
        if self.code != CLOSED_PIPE {
            // When stderr is gone too there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "error[{}]: {}", self.code, self.message);
        }
        ExitCode::from(1)
    }
}

const CLOSED_PIPE: &str = "OUTPUT_CLOSED";

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code, self.message)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(error.code(), error)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::new(Code::from(&error).as_str(), error)
    }
}

impl From<CodecError> for Failure {
    fn from(error: CodecError) -> Self {
        Self::new(error.code().as_str(), error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Journal(error) => error.into(),
            LoadError::Codec(error) => error.into(),
        }
    }
}

impl From<ViewsError> for Failure {
    /// The same codes as the API's, with the whole message: whoever sits at the machine may read it.
    fn from(error: ViewsError) -> Self {
        let message = error.to_string();
        match error {
            ViewsError::Journal(error) => error.into(),
            ViewsError::Codec(error) => error.into(),
            error => Self::new(ApiError::from(error).code.as_str(), message),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Journal(error) => error.into(),
            OpenError::Key(error) => Self::new(error.code().as_str(), error),
            OpenError::Clock(error) => Self::new("CLOCK_BEHIND", error),
            OpenError::Views(error) => error.into(),
            OpenError::Post(error) => Self::new("MAIL_SETTINGS", error),
            OpenError::Outgoing(error) => Self::new("SERVICE_SETTINGS", error),
        }
    }
}

impl<R: Refusal> From<CommandError<R>> for Failure {
    fn from(error: CommandError<R>) -> Self {
        match error {
            CommandError::Refused(refusal) => Self::new(refusal.code(), refusal),
            error => Self::new(error.code().as_str(), error),
        }
    }
}
