//! What a backup says of itself.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{BackupError, MANIFEST, files};

/// The form that this program writes, and the only one so far.
pub(super) const FORM: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub form: u32,
    pub taken_at: DateTime<Utc>,
    /// Version of the program that took it.
    pub program: String,
    /// Id of the journal.
    pub journal: Uuid,
    /// Position of the last event in it.
    pub position: u64,
    /// Root of the tree over its events.
    pub root: String,
    /// Every other file, in order of path.
    pub files: Vec<Listed>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Within the folder.
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    pub fn write(&self, folder: &Path) -> Result<(), BackupError> {
        files::write_json(&folder.join(MANIFEST), self)
    }

    /// Reads it, and compares every file with it.
    pub fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(MANIFEST);
        let not_whole = |reason: String| BackupError::NotWhole {
            path: folder.to_owned(),
            reason,
        };
        let text = std::fs::read(&path).map_err(|error| not_whole(format!("{MANIFEST}: {error}")))?;
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|error| not_whole(format!("{MANIFEST}: {error}")))?;
        if manifest.form != FORM {
            let reason = format!("it has form {}, this program reads form {FORM}", manifest.form);
            return Err(not_whole(reason));
        }
        for listed in &manifest.files {
            let found = files::describe(folder, Path::new(&listed.path))?;
            if found != *listed {
                return Err(BackupError::Damaged(format!(
                    "{} is not the file that was written",
                    listed.path
                )));
            }
        }
        Ok(manifest)
    }
}
