//! Noticing what happens to the file besides our own appends: other processes' commits, and the file's loss.

use std::{path::PathBuf, sync::Arc, time::Duration};

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

/// Which file a path led to when it was opened. A file that was moved or deleted takes writes as if nothing had
/// happened, and they are lost.
#[derive(Debug, Clone)]
pub(crate) struct FileIdentity {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl FileIdentity {
    pub(crate) fn of(path: PathBuf) -> Self {
        let identity = identity(&path).ok();
        Self { path, identity }
    }

    /// Fails when the path leads elsewhere now.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        let lost = |what: String| JournalError::Unavailable {
            detail: format!("{}: {what}", self.path.display()),
        };
        let now = identity(&self.path).map_err(|error| lost(error.to_string()))?;
        if self.identity == Some(now) {
            Ok(())
        } else {
            Err(lost("the file was replaced by another".to_owned()))
        }
    }
}

#[cfg(unix)]
fn identity(path: &std::path::Path) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(path: &std::path::Path) -> std::io::Result<(u64, u64)> {
    // An open file cannot be moved or deleted there.
    std::fs::metadata(path).map(|_| (0, 0))
}
