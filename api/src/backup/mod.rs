//! Backups: a copy of the journal with its vault, the blobs, and on request the keys, in a folder that says what it is;
//! and an installation made of such a folder.
//!
//! The folder is whole when `backup.json` is in it: that is written last. `erasures.json` lists who was erased until
//! then; it can be taken anew without the rest, and whoever is on the newest list is erased again after a restore.

mod erasures;
mod files;
mod manifest;
mod restore;
mod take;

pub use self::{
    erasures::{Erasures, list as list_erasures},
    manifest::Manifest,
    restore::{Restored, restore},
    take::take,
};

use std::path::PathBuf;

use journal::JournalError;

use crate::application::OpenError;

/// The copy of the journal.
pub const JOURNAL: &str = "journal.db";
/// What the folder is; written last.
pub const MANIFEST: &str = "backup.json";
/// Who was erased.
pub const ERASURES: &str = "erasures.json";
/// The bytes of files.
pub const BLOBS: &str = "blobs";
/// The keys, where they are in it.
pub const KEYS: &str = "keys";

/// Why a backup cannot be taken or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: std::io::Error },
    /// There is something already where nothing may be.
    #[error("{} is not empty: a backup, and what is restored, need a place of their own", .0.display())]
    NotEmpty(PathBuf),
    /// A backup that was not finished, or no backup.
    #[error("{} is no whole backup: {reason}", .path.display())]
    NotWhole { path: PathBuf, reason: String },
    /// The copy does not say what its manifest does.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    #[error("a person on the list of erasures cannot be erased again: {0}")]
    Erasure(String),
}

impl BackupError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |error| Self::File { path, error }
    }
}
