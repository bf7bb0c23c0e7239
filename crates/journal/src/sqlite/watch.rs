//! Noticing what happens to the file besides our own appends: other processes' commits, and the file's loss.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::Connection;
use tokio::sync::watch;

use super::reader;
use crate::{JournalError, Position, sequencer::raise};

/// How long another process's append may go unnoticed.
const INTERVAL: Duration = Duration::from_millis(20);

/// Raises the head hint when another process commits. Ends when every receiver's journal is dropped.
pub(crate) struct HeadWatch {
    _stop: std::sync::mpsc::Sender<()>,
}

impl HeadWatch {
    pub(crate) fn start(connection: Connection, head: Arc<watch::Sender<Position>>) -> Result<Self, JournalError> {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let mut seen = None;
        let run = move || {
            while stopped.recv_timeout(INTERVAL) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                if let Err(error) = look(&connection, &mut seen, &head) {
                    tracing::debug!(%error, "the journal's head cannot be watched");
                }
            }
        };
        std::thread::Builder::new()
            .name("head-watch".into())
            .spawn(run)
            .map_err(|error| JournalError::Database(error.to_string()))?;
        Ok(Self { _stop: stop })
    }
}

/// `data_version` changes whenever another connection has committed; asking costs no read of the file.
fn look(
    connection: &Connection,
    seen: &mut Option<i64>,
    head: &watch::Sender<Position>,
) -> Result<(), rusqlite::Error> {
    let version = connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))?;
    if seen.replace(version) == Some(version) {
        return Ok(());
    }
    if let Ok(position) = reader::head_position(connection) {
        head.send_if_modified(|head| raise(head, position));
    }
    Ok(())
}

/// Which files the paths of the journal and its write-ahead log led to when they were opened. A file that was moved or
/// deleted takes writes as if nothing had happened, and they are lost.
#[derive(Debug, Clone)]
pub(crate) struct FileIdentity {
    files: Vec<(PathBuf, Identity)>,
}

/// Device and number on it.
type Identity = (u64, u64);

impl FileIdentity {
    /// Of a journal that has a connection open: as long as it has one, SQLite keeps both files.
    pub(crate) fn of(journal: &Path) -> Self {
        let mut log = journal.as_os_str().to_owned();
        log.push("-wal");
        let paths = [journal.to_owned(), PathBuf::from(log)];
        let files = paths
            .into_iter()
            .filter_map(|path| identity(&path).ok().map(|identity| (path, identity)));
        Self { files: files.collect() }
    }

    /// Fails when a path leads elsewhere now.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        self.files.iter().try_for_each(|(path, known)| {
            let detail = match identity(path) {
                Ok(now) if now == *known => return Ok(()),
                Ok(_) => format!("{}: the file was replaced by another", path.display()),
                Err(error) => format!("{}: {error}", path.display()),
            };
            Err(JournalError::Unavailable { detail })
        })
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> std::io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> std::io::Result<Identity> {
    // An open file cannot be moved or deleted there.
    std::fs::metadata(path).map(|_| (0, 0))
}
