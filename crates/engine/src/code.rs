//! The engine's stable error codes, all in one place: what programs may match on.

use std::fmt;

use journal::JournalError;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)+) => {
        /// A stable code. Texts never change; new ones may be added.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// The business rules refuse the command; the refusal has a code of its own.
    Refused => "REFUSED",
    /// The object moved on since the client looked at it.
    Conflict => "CONFLICT",
    /// The object does not exist.
    NotFound => "NOT_FOUND",
    /// The command id was used before, for another command.
    CommandReused => "COMMAND_REUSED",
    /// The command names a person whose data was erased.
    PersonErased => "PERSON_ERASED",
    /// The request itself makes no sense to the journal (too large, two writes to one stream).
    InvalidAppend => "INVALID_APPEND",
    /// No room on the journal's disk.
    JournalFull => "JOURNAL_FULL",
    /// The journal's database cannot be reached; repeat the command with the same id.
    JournalUnavailable => "JOURNAL_UNAVAILABLE",
    /// The journal was written by a newer program.
    JournalTooNew => "JOURNAL_TOO_NEW",
    /// The URL does not lead to a journal of ours.
    NotAJournal => "NOT_A_JOURNAL",
    /// There is no journal at the URL.
    JournalMissing => "JOURNAL_MISSING",
    /// There is a journal where none may be.
    JournalExists => "JOURNAL_EXISTS",
    /// The journal's content is damaged.
    JournalDamaged => "JOURNAL_DAMAGED",
    /// The journal's database failed in a way that has no code of its own.
    JournalFailed => "JOURNAL_FAILED",
    /// The URL cannot be read.
    InvalidUrl => "INVALID_URL",
    /// An event that this program does not know, or of a schema version that it does not know.
    UnknownEvent => "UNKNOWN_EVENT",
    /// Sealed personal data cannot be opened although its key exists.
    SealBroken => "SEAL_BROKEN",
    /// The master key is not the one this journal was written with.
    WrongMasterKey => "WRONG_MASTER_KEY",
    /// The master key cannot be read, or its file is open to others.
    InvalidMasterKey => "INVALID_MASTER_KEY",
    /// The person is erased in the journal; what is left of the work is being finished.
    ErasurePending => "ERASURE_PENDING",
    /// The views do not show the journal's end yet.
    ViewsBehind => "VIEWS_BEHIND",
    /// The views' database failed.
    ViewsFailed => "VIEWS_FAILED",
    /// A mistake of the program itself.
    Internal => "INTERNAL",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<&JournalError> for Code {
    fn from(error: &JournalError) -> Self {
        match error {
            JournalError::NotAJournal { .. } => Self::NotAJournal,
            JournalError::NewerFormat { .. } => Self::JournalTooNew,
            JournalError::Missing { .. } => Self::JournalMissing,
            JournalError::Occupied { .. } => Self::JournalExists,
            JournalError::Full { .. } => Self::JournalFull,
            JournalError::Unavailable { .. } | JournalError::Closed => Self::JournalUnavailable,
            JournalError::InvalidUrl(_) => Self::InvalidUrl,
            JournalError::Corrupt { .. } => Self::JournalDamaged,
            JournalError::Copy { .. } | JournalError::Database(_) => Self::JournalFailed,
        }
    }
}
