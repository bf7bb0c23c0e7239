use std::time::Duration;

use journal::{JournalError, Position};

use crate::codec::CodecError;

#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    /// The views have not come as far as was asked.
    #[error(
        "the views stand at position {position} and position {wanted} was asked: {events} events, {seconds:.1} s \
         behind. Ask again in a moment"
    )]
    Behind {
        position: Position,
        wanted: Position,
        /// How many events the views are behind what was asked.
        events: u64,
        /// Age of the first event that the views lack.
        seconds: f64,
    },
    /// The views of this version of the program are being built for the first time.
    #[error("the views are being built: {done} of {total} events. Ask again in a moment")]
    Building { done: u64, total: u64 },
    #[error("the views as of that moment are being built: {done} of {total} events. Ask again in a moment")]
    AsOfBuilding { done: u64, total: u64 },
    #[error("`{url}` is no place for views: write `sqlite:PATH` or `postgres://…`")]
    Url { url: String },
    #[error("projection `{projection}`: {problem}")]
    Projection { projection: String, problem: String },
    #[error("there is no projection `{0}`")]
    UnknownProjection(String),
    #[error("nothing is parked under `{partition}` in projection `{projection}`")]
    NothingParked { projection: String, partition: String },
    /// Another process does this right now.
    #[error("{0} is being done by another process. Wait for it to end")]
    Busy(&'static str),
    #[error("no answer within {0:?} from the process that keeps the views up to date")]
    NoAnswer(Duration),
    #[error("the views' database: {0}")]
    Database(String),
    /// Somebody else has written meanwhile: what was folded in memory is thrown away and read again.
    #[error("another process has taken over these views")]
    TakenOver,
    /// The worker was told to end.
    #[error("the views' worker is ending")]
    Stopped,
    #[error("`{path}`: {error}")]
    File { path: String, error: std::io::Error },
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Codec(#[from] CodecError),
}

impl From<sea_orm::DbErr> for ViewsError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<rusqlite::Error> for ViewsError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<sqlx::Error> for ViewsError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.to_string())
    }
}
