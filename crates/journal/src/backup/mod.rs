//! Copies of a whole journal with its vault, taken while it is being written, and journals made of such copies.
//!
//! A copy is a journal in one SQLite file, whichever back end it was taken from, and can be put back onto either: all
//! tables of both hold the same rows. What a copy contains is of one moment.

mod postgres;
mod sqlite;
mod tables;

use std::path::Path;

use crate::JournalError;

/// Writes a copy of the journal at a URL to `to`, where nothing may be yet. The journal may be in use.
pub async fn copy(url: &str, to: &Path) -> Result<(), JournalError> {
    if to.exists() {
        return Err(occupied(to.display()));
    }
    if url.starts_with("sqlite:") {
        let (url, to) = (url.to_owned(), to.to_owned());
        blocking(move || sqlite::copy(&url, &to)).await
    } else {
        postgres::copy(url, to).await
    }
}

/// Makes a journal of a copy, at a URL where there is none. Records of the vault of the kinds in `without` stay out.
///
/// In PostgreSQL the role of the URL owns the tables afterwards; let the application's role in by
/// [`crate::postgres::migrate`].
pub async fn put_back(copy: &Path, url: &str, without: &'static [&'static str]) -> Result<(), JournalError> {
    if url.starts_with("sqlite:") {
        let (copy, url) = (copy.to_owned(), url.to_owned());
        blocking(move || sqlite::put_back(&copy, &url, without)).await
    } else {
        postgres::put_back(copy, url, without).await
    }
}

fn occupied(location: impl std::fmt::Display) -> JournalError {
    JournalError::Occupied {
        location: location.to_string(),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, JournalError> + Send + 'static,
) -> Result<T, JournalError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| JournalError::Database(error.to_string()))?
}
