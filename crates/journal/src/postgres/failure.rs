//! What the server's errors mean to us.

use std::{future::Future, time::Duration};

use sqlx::error::DatabaseError;

use crate::error::JournalError;

/// Runs a step that must not last for ever: a server that vanished from the network never answers.
pub(super) async fn within<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, JournalError> {
    match tokio::time::timeout(limit, step).await {
        Ok(result) => result.map_err(failure),
        Err(_) => Err(JournalError::Unavailable {
            detail: format!("no answer within {} s", limit.as_secs()),
        }),
    }
}

/// The typed error for whatever sqlx reports. Everything that breaks the connection is [`JournalError::Unavailable`].
pub(crate) fn failure(error: sqlx::Error) -> JournalError {
    match error {
        sqlx::Error::Database(reported) => reported_failure(reported.as_ref()),
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::Encode(_)
        | sqlx::Error::InvalidArgument(_)
        | sqlx::Error::RowNotFound => JournalError::Database(error.to_string()),
        lost => JournalError::Unavailable {
            detail: lost.to_string(),
        },
    }
}

fn reported_failure(reported: &dyn DatabaseError) -> JournalError {
    let code = reported.code().unwrap_or_default();
    let detail = format!("{} ({code})", reported.message());
    match code.as_ref() {
        // disk_full
        "53100" => JournalError::Full { detail },
        // Too many connections, starting up or shutting down, a lock or an idle transaction timed out, no such
        // database, read-only (a standby).
        "53300" | "57P01" | "57P02" | "57P03" | "57P05" | "55P03" | "25P03" | "3D000" | "25006" => {
            JournalError::Unavailable { detail }
        }
        // Connection exceptions; refused credentials.
        _ if code.starts_with("08") || code.starts_with("28") => JournalError::Unavailable { detail },
        _ => JournalError::Database(detail),
    }
}
