//! What SQLite reports, in the journal's words.

use rusqlite::{Error, ErrorCode, ffi};

use crate::{JournalError, Position};

/// Marks the errors that pass when another process has finished.
const BUSY: &str = " (another process is writing)";

/// Whether the same may succeed a little later.
pub(crate) fn is_busy(error: &JournalError) -> bool {
    matches!(error, JournalError::Unavailable { detail } if detail.ends_with(BUSY))
}

/// Translates an error that is not about the file being ours: see [`super::schema`] for that.
pub(crate) fn translate(error: &Error) -> JournalError {
    let detail = error.to_string();
    let Error::SqliteFailure(failure, _) = error else {
        return JournalError::Database(detail);
    };
    match (failure.code, failure.extended_code) {
        // Quotas and file size limits make the write fail without saying "full".
        (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE) => {
            JournalError::Full { detail }
        }
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => JournalError::Unavailable {
            detail: format!("{detail}{BUSY}"),
        },
        (
            ErrorCode::CannotOpen
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed,
            _,
        ) => JournalError::Unavailable { detail },
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => JournalError::Corrupt {
            position: Position::START,
            detail,
        },
        _ => JournalError::Database(detail),
    }
}

pub(crate) trait Translated<T> {
    fn translated(self) -> Result<T, JournalError>;
}

impl<T> Translated<T> for Result<T, Error> {
    fn translated(self) -> Result<T, JournalError> {
        self.map_err(|error| translate(&error))
    }
}
