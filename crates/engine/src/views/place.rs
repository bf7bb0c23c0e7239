//! Where views lie: SQLite files beside each other, or schemas of one PostgreSQL database.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use journal::Position;
use log::LevelFilter;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, SqlxPostgresConnector};
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{
    ViewsError,
    store::{Copied, CopyPlan, Durability, PostgresStore, SqliteStore, Store},
};
use crate::projection::Projection;

/// What SQLite keeps beside a database file.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// The control store's schema in PostgreSQL; those of generations begin with it.
const CONTROL_SCHEMA: &str = "alforis_views";
/// Any number that is ours.
const SCHEMA_LOCK: i64 = 0x616c_666f_7269_7376;
/// A reader may keep the write-ahead log in use for a while.
const PURGE_ATTEMPTS: usize = 100;
const PURGE_PAUSE: Duration = Duration::from_millis(50);

#[derive(Clone)]
pub(crate) enum Place {
    /// The control file; generations lie beside it.
    Sqlite(PathBuf),
    /// The database; the control store has a schema in it, and so has every generation.
    Postgres(String),
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
        let postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        if postgres && PgConnectOptions::from_str(url).is_ok() {
            Ok(Self::Postgres(url.to_owned()))
        } else {
            Err(invalid())
        }
    }

    /// Bytes of a generation's write-ahead log, where it has one of its own.
    pub(crate) fn write_ahead_bytes(&self, id: &str) -> Option<u64> {
        match self {
            Self::Sqlite(path) => {
                let log = with_suffix(&generation_file(path, id), "-wal");
                fs::metadata(log).ok().map(|file| file.len())
            }
            Self::Postgres(_) => None,
        }
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
            Self::Postgres(url) => {
                create_schema(url, CONTROL_SCHEMA).await?;
                connect_postgres(url, CONTROL_SCHEMA, 2, false).await
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
            Self::Postgres(_) => std::env::temp_dir().join("alforis-as-of"),
        }
    }

    /// A generation to read from.
    pub(crate) async fn connect(&self, id: &str, connections: u32) -> Result<DatabaseConnection, ViewsError> {
        match self {
            Self::Sqlite(path) => connect_sqlite(&generation_file(path, id), connections, true).await,
            Self::Postgres(url) => connect_postgres(url, &schema_of(id), connections, true).await,
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
            Self::Postgres(url) => {
                create_schema(url, &schema_of(id)).await?;
                let store = PostgresStore::open(url, &schema_of(id)).await?;
                store.create(projections).await?;
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
            Self::Postgres(url) => Ok(Box::new(PostgresStore::open(url, &schema_of(id)).await?)),
        }
    }

    /// Takes what has not changed from another generation into one that is being built.
    pub(crate) async fn copy(&self, donor: &str, target: &str, plan: &CopyPlan) -> Result<Copied, ViewsError> {
        match self {
            Self::Sqlite(path) => {
                let mut store = SqliteStore::open(&generation_file(path, target), Durability::Process)?;
                store.copy_from(&generation_file(path, donor), plan)
            }
            Self::Postgres(url) => {
                PostgresStore::open(url, &schema_of(target))
                    .await?
                    .copy_from(&schema_of(donor), plan)
                    .await
            }
        }
    }

    /// Whether the generation is where it should be.
    pub(crate) async fn exists(&self, id: &str) -> Result<bool, ViewsError> {
        match self {
            Self::Sqlite(path) => Ok(generation_file(path, id).exists()),
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await?;
                let found = sqlx::query("SELECT 1 FROM pg_namespace WHERE nspname = $1").bind(schema_of(id));
                Ok(found.fetch_optional(&mut connection).await?.is_some())
            }
        }
    }

    /// Everything written while building, up to this position, is safe from a power cut from now on, and the planner knows
    /// how its rows lie.
    pub(crate) async fn finish(&self, id: &str, position: Position) -> Result<(), ViewsError> {
        match self {
            Self::Sqlite(path) => {
                let path = generation_file(path, id);
                let mut store = SqliteStore::open(&path, Durability::Normal)?;
                store.analyze(position)?;
                store.truncate_log()?;
                File::open(&path)
                    .and_then(|file| file.sync_all())
                    .map_err(|error| file_error(&path, error))
            }
            Self::Postgres(url) => PostgresStore::open(url, &schema_of(id)).await?.analyze().await,
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
            Self::Postgres(url) => PostgresStore::open(url, &schema_of(id)).await?.rewrite().await,
        }
    }

    pub(crate) async fn remove(&self, id: &str) -> Result<(), ViewsError> {
        match self {
            Self::Sqlite(path) => remove_database(&generation_file(path, id)),
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await?;
                let text = format!("DROP SCHEMA IF EXISTS \"{}\" CASCADE", schema_of(id));
                sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await?;
                Ok(())
            }
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
        // Statements are told to whoever asks for `sqlx::query=debug`, and to nobody else.
        .sqlx_logging(true)
        .sqlx_logging_level(LevelFilter::Debug)
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

async fn connect_postgres(
    url: &str,
    schema: &str,
    connections: u32,
    read_only: bool,
) -> Result<DatabaseConnection, ViewsError> {
    let mut settings = vec![("search_path", schema)];
    if read_only {
        settings.push(("default_transaction_read_only", "on"));
    }
    let options = PgConnectOptions::from_str(url)?.options(settings);
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10));
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(
        pool.connect_with(options).await?,
    ))
}

/// Two processes may want the same schema at the same time, which `IF NOT EXISTS` alone does not bear.
async fn create_schema(url: &str, schema: &str) -> Result<(), ViewsError> {
    let mut connection = PgConnection::connect(url).await?;
    let text =
        format!("BEGIN; SELECT pg_advisory_xact_lock({SCHEMA_LOCK}); CREATE SCHEMA IF NOT EXISTS \"{schema}\"; COMMIT");
    sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await?;
    Ok(())
}

fn schema_of(id: &str) -> String {
    format!("{CONTROL_SCHEMA}_{}", id.replace('-', "_"))
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
