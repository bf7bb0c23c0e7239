//! Files and folders of a backup.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{BackupError, manifest::Listed};

/// Makes a folder where nothing is, or takes an empty one.
pub(super) fn make_empty(folder: &Path) -> Result<(), BackupError> {
    fs::create_dir_all(folder).map_err(BackupError::file(folder))?;
    let mut inside = fs::read_dir(folder).map_err(BackupError::file(folder))?;
    match inside.next() {
        None => Ok(()),
        Some(_) => Err(BackupError::NotEmpty(folder.to_owned())),
    }
}

/// Copies a file for its owner's eyes only, durably.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let copied = (|| {
        let mut source = File::open(from)?;
        let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
        io::copy(&mut source, &mut target)?;
        target.sync_all()
    })();
    copied.map_err(BackupError::file(from))
}

/// Copies the files of a folder and of those in it; the paths within it that are at the target then. What is there
/// already with the same bytes stays; with others, it is an error. No folder: nothing.
pub(super) fn copy_folder(from: &Path, to: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut copied = Vec::new();
    for path in inside(from)? {
        let target = to.join(&path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(BackupError::file(folder))?;
        }
        if !(target.is_file() && describe(from, &path)?.sha256 == describe(to, &path)?.sha256) {
            copy(&from.join(&path), &target)?;
        }
        copied.push(path);
    }
    Ok(copied)
}

/// The files of a folder and of those in it, as paths within it, in order.
fn inside(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let (mut found, mut open) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(part) = open.pop() {
        let place = folder.join(&part);
        let entries = match fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound && part.as_os_str().is_empty() => break,
            Err(error) => return Err(BackupError::file(place)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(BackupError::file(&place))?;
            let kind = entry.file_type().map_err(BackupError::file(entry.path()))?;
            let path = part.join(entry.file_name());
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What a manifest says of a file.
pub(super) fn describe(folder: &Path, path: &Path) -> Result<Listed, BackupError> {
    let place = folder.join(path);
    let mut digest = Sha256::new();
    let bytes = File::open(&place)
        .and_then(|mut file| io::copy(&mut file, &mut digest))
        .map_err(BackupError::file(&place))?;
    Ok(Listed {
        path: path.to_string_lossy().into_owned(),
        bytes,
        sha256: hex::encode(digest.finalize()),
    })
}

/// Writes a document durably, under another name until it is whole.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), BackupError> {
    let mut unfinished = path.to_owned().into_os_string();
    unfinished.push(".unfinished");
    let written = (|| {
        let mut file = File::create(&unfinished)?;
        serde_json::to_writer_pretty(&mut file, value)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    })();
    written.map_err(BackupError::file(path))
}
