//! Where views lie: SQLite files beside each other, or schemas of one PostgreSQL database.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::{
    ViewsError,
    store::{Copied, CopyPlan, Durability, SqliteStore, Store},
};
use crate::projection::Projection;

/// What SQLite keeps beside a database file.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// A reader may keep the write-ahead log in use for a while.
const PURGE_ATTEMPTS: usize = 100;
const PURGE_PAUSE: Duration = Duration::from_millis(50);

#[derive(Clone)]
pub(crate) enum Place {
    /// The control file; generations lie beside it.
    Sqlite(PathBuf),
}

impl Place {
    pub(crate) fn parse(url: &str) -> Result<Self, ViewsError> {
        let invalid = || ViewsError::Url { url: url.to_owned() };
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            let path = path.split('?').next().unwrap_or(path);
            return if path.is_empty() || path == ":memory:" {
                Err(invalid())
            } else {
                Ok(Self::Sqlite(path.into()))
            };
        }
        Err(invalid())
    }

    pub(crate) async fn connect_control(&self) -> Result<DatabaseConnection, ViewsError> {
        match self {
            Self::Sqlite(path) => {
                if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    fs::create_dir_all(folder).map_err(|error| file_error(folder, error))?;
                }
                // The mode of a database stays with it: made here, where an error has a name.
                rusqlite::Connection::open(path)?
                    .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
                connect_sqlite(path, 2, false).await
            }
        }
    }

    /// Where views as of earlier moments are kept.
    pub(crate) fn as_of_folder(&self) -> PathBuf {
        match self {
            Self::Sqlite(path) => {
                let name = path
                    .file_stem()
                    .map_or_else(|| "views".into(), |stem| stem.to_string_lossy());
                path.with_file_name(format!("{name}-as-of"))
            }
        }
    }

    /// A generation to read from.
    pub(crate) async fn connect(&self, id: &str, connections: u32) -> Result<DatabaseConnection, ViewsError> {
        match self {
            Self::Sqlite(path) => connect_sqlite(&generation_file(path, id), connections, true).await,
        }
    }

    /// A generation to build: made when it is not there.
    pub(crate) async fn build<E: 'static>(
        &self,
        id: &str,
        projections: &[Arc<dyn Projection<E>>],
    ) -> Result<Box<dyn Store>, ViewsError> {
        match self {
            Self::Sqlite(path) => {
                let mut store = SqliteStore::open(&generation_file(path, id), Durability::Process)?;
                store.create(projections)?;
                Ok(Box::new(store))
            }
        }
    }

    /// A generation to keep up to date.
    pub(crate) async fn open(&self, id: &str) -> Result<Box<dyn Store>, ViewsError> {
        match self {
            Self::Sqlite(path) => {
                let path = generation_file(path, id);
                if !path.exists() {
                    return Err(ViewsError::Database(format!("`{}` is missing", path.display())));
                }
                Ok(Box::new(SqliteStore::open(&path, Durability::Normal)?))
            }
        }
    }

    /// Takes what has not changed from another generation into one that is being built.
    pub(crate) async fn copy(&self, donor: &str, target: &str, plan: &CopyPlan) -> Result<Copied, ViewsError> {
        match self {
            Self::Sqlite(path) => {
                let mut store = SqliteStore::open(&generation_file(path, target), Durability::Process)?;
                store.copy_from(&generation_file(path, donor), plan)
            }
        }
    }

    /// Whether the generation is where it should be.
    pub(crate) async fn exists(&self, id: &str) -> Result<bool, ViewsError> {
        match self {
            Self::Sqlite(path) => Ok(generation_file(path, id).exists()),
        }
    }

    /// Everything written while building is safe from a power cut from now on.
    pub(crate) async fn sync(&self, id: &str) -> Result<(), ViewsError> {
        match self {
            Self::Sqlite(path) => {
                let path = generation_file(path, id);
                SqliteStore::open(&path, Durability::Normal)?.truncate_log()?;
                File::open(&path)
                    .and_then(|file| file.sync_all())
                    .map_err(|error| file_error(&path, error))
            }
        }
    }

    /// Leaves nothing of overwritten rows in the generation's files.
    pub(crate) async fn purge(&self, id: &str) -> Result<(), ViewsError> {
        match self {
            Self::Sqlite(path) => {
                let store = SqliteStore::open(&generation_file(path, id), Durability::Normal)?;
                for _ in 0..PURGE_ATTEMPTS {
                    if store.truncate_log()? {
                        return Ok(());
                    }
                    tokio::time::sleep(PURGE_PAUSE).await;
                }
                Err(ViewsError::Busy("reading, which keeps the write-ahead log in use,"))
            }
        }
    }

    pub(crate) async fn remove(&self, id: &str) -> Result<(), ViewsError> {
        match self {
            Self::Sqlite(path) => remove_database(&generation_file(path, id)),
        }
    }
}

pub(crate) async fn connect_sqlite(
    path: &Path,
    connections: u32,
    read_only: bool,
) -> Result<DatabaseConnection, ViewsError> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rw", path.display()));
    options
        .max_connections(connections)
        .min_connections(0)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |options| {
            let options = options.busy_timeout(Duration::from_secs(10));
            if read_only {
                options.pragma("query_only", "ON")
            } else {
                options
            }
        });
    Ok(Database::connect(options).await?)
}

pub(crate) fn remove_database(path: &Path) -> Result<(), ViewsError> {
    for companion in COMPANIONS {
        let path = with_suffix(path, companion);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(file_error(&path, error)),
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn generation_file(control: &Path, id: &str) -> PathBuf {
    let name = control
        .file_stem()
        .map_or_else(|| "views".into(), |stem| stem.to_string_lossy());
    let extension = control
        .extension()
        .map_or_else(|| "db".into(), |extension| extension.to_string_lossy());
    control.with_file_name(format!("{name}-{id}.{extension}"))
}

pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

pub(crate) fn file_error(path: &Path, error: std::io::Error) -> ViewsError {
    ViewsError::File {
        path: path.display().to_string(),
        error,
    }
}
