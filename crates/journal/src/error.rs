//! Why the journal refuses or fails, and what the caller can do about it.

use crate::{
    append::{CommandKey, Expected},
    event::{Position, StreamId, Version},
};

/// The journal itself is in trouble; nothing was appended unless the variant says otherwise.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// The file or schema is not a journal of ours.
    #[error("`{location}` is not an Alforis journal: {reason}. Check the --journal URL")]
    NotAJournal { location: String, reason: String },
    /// The journal needs a newer program.
    #[error("`{location}` has journal format {found}, this program reads up to {supported}. Use a newer alforis")]
    NewerFormat {
        location: String,
        found: u32,
        supported: u32,
    },
    /// The journal does not exist and the caller asked not to create it.
    #[error("there is no journal at `{location}`. Create one with `alforis serve` or `alforis demo`")]
    Missing { location: String },
    /// There is a journal, or something else, where none may be yet.
    #[error("there is something at `{location}` already: a journal is only put where there is none")]
    Occupied { location: String },
    /// A copy of the journal cannot be written or read.
    #[error("the copy {path}: {reason}")]
    Copy { path: String, reason: String },
    /// The disk or the database's quota is full. Appends work again once there is room.
    #[error("the journal's disk is full: {detail}. Free some space; nothing was appended")]
    Full { detail: String },
    /// The database cannot be reached or refused the connection. The outcome of an append in flight is unknown:
    /// repeat it with the same command id.
    #[error("the journal's database cannot be reached: {detail}. Repeat the command with the same id")]
    Unavailable { detail: String },
    /// A URL that is neither `sqlite:` nor `postgres:`.
    #[error("`{0}` is not a journal URL: write `sqlite:path/to/file.db` or `postgres://user@host/database`")]
    InvalidUrl(String),
    /// What was read cannot have been written by us.
    #[error("the journal is damaged at position {position}: {detail}. Run `alforis verify`")]
    Corrupt { position: Position, detail: String },
    /// The sequencer has stopped; the process is shutting down.
    #[error("the journal is closed")]
    Closed,
    /// Anything else the database reported.
    #[error("the journal's database failed: {0}")]
    Database(String),
}

/// Why an append was refused. Nothing was appended.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// A stream is not at the version that the caller expected: load it again and decide again.
    #[error("stream {stream} is at version {current}, expected {expected:?}")]
    WrongVersion {
        stream: StreamId,
        expected: Expected,
        current: Version,
    },
    /// The command id was used before, for another command: choose a new id.
    #[error("command id {} was used before with another content. Choose a new command id", .0.id)]
    CommandReused(CommandKey),
    /// The batch itself makes no sense (two writes to one stream, a field beyond its limit).
    #[error("invalid append: {0}")]
    Invalid(String),
    #[error(transparent)]
    Journal(#[from] JournalError),
}
