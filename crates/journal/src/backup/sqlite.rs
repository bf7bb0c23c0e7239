//! From an SQLite journal and to one: the file itself, whole and of one moment.

use std::{
    fs::{self, File},
    path::Path,
};

use rusqlite::{Connection, OpenFlags};

use super::occupied;
use crate::{
    JournalError, OpenOptions,
    sqlite::{
        error::Translated,
        schema::{self, Location},
    },
};

/// SQLite writes the copy itself, as one reader sees the file: without free pages, so that nothing deleted comes along.
pub(super) fn copy(url: &str, to: &Path) -> Result<(), JournalError> {
    let location = Location::parse(url)?;
    if !location.path.exists() {
        return Err(JournalError::Missing {
            location: location.text(),
        });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&location.path, flags).translated()?;
    schema::refuse_what_is_not_ours(&connection, &location)?;
    let target = to.to_str().ok_or_else(|| unwritable(to, &"its name is not UTF-8"))?;
    connection.execute("VACUUM INTO ?1", [target]).translated()?;
    settle(to)
}

pub(super) fn put_back(copy: &Path, url: &str, without: &[&str]) -> Result<(), JournalError> {
    let location = Location::parse(url)?;
    if location.path.exists() {
        return Err(occupied(location.text()));
    }
    schema::make_folder(&location.path)?;
    // Under another name until it is whole: what has the journal's name is one.
    let mut unfinished = location.path.clone().into_os_string();
    unfinished.push(".unfinished");
    let unfinished = Path::new(&unfinished);
    fs::copy(copy, unfinished).map_err(|error| unwritable(unfinished, &error))?;
    let connection = Connection::open(unfinished).translated()?;
    for kind in without {
        connection
            .execute("DELETE FROM vault_records WHERE kind = ?1", [kind])
            .translated()?;
    }
    connection.execute_batch("VACUUM").translated()?;
    connection.pragma_update(None, "journal_mode", "WAL").translated()?;
    connection.close().map_err(|(_, error)| error).translated()?;
    settle(unfinished)?;
    fs::rename(unfinished, &location.path).map_err(|error| unwritable(&location.path, &error))?;
    settle(&location.path)
}

/// A journal without events under another's name, for its rows to be written into.
pub(super) fn empty(at: &Path) -> Result<Connection, JournalError> {
    let location = Location { path: at.to_owned() };
    let options = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    let (connection, _) = schema::open(&location, &options)?;
    Ok(connection)
}

/// Makes a file and its name durable.
pub(super) fn settle(path: &Path) -> Result<(), JournalError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or(Ok(()), |folder| File::open(folder)?.sync_all());
    synced.and(folder).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, reason: &dyn std::fmt::Display) -> JournalError {
    JournalError::Copy {
        path: path.display().to_string(),
        reason: reason.to_string(),
    }
}
