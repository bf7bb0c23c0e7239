//! From a URL to a journal.

use std::sync::Arc;

use crate::{Journal, JournalError, postgres::PostgresJournal, sqlite::SqliteJournal};

/// How to open a journal.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// Make the journal when there is none; otherwise that is [`JournalError::Missing`].
    pub create: bool,
    /// Bytes that an SQLite journal's file may grow to; appends beyond are refused as [`JournalError::Full`].
    pub max_bytes: Option<u64>,
}

/// Opens the journal that a URL names: `sqlite:path/to/file.db` or `postgres://user@host/database`.
pub async fn open(url: &str, options: OpenOptions) -> Result<Arc<dyn Journal>, JournalError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => {
            let url = url.to_owned();
            let opened = tokio::task::spawn_blocking(move || SqliteJournal::open(&url, &options)).await;
            let journal = opened.map_err(|error| JournalError::Database(error.to_string()))??;
            Ok(Arc::new(journal))
        }
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(PostgresJournal::open(url, &options).await?)),
        _ => Err(JournalError::InvalidUrl(url.to_owned())),
    }
}
