//! Opening the file: whether it is ours, which format it has, and bringing an earlier one up to date.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};
use uuid::Uuid;

use super::error::{Translated, is_busy, translate};
use crate::{JournalError, JournalInfo, OpenOptions, tree::Frontier};

/// `ALFO`: SQLite keeps it in the file's header, so that tools and we recognize a journal.
const APPLICATION_ID: i32 = 0x414C_464F;
/// The format this program writes. Formats before it are brought up to date when opened.
pub(crate) const FORMAT: u32 = MIGRATIONS.len() as u32;
/// Step n leads from format n to format n + 1; the first makes the tables.
const MIGRATIONS: [Migration; 3] = [
    Migration {
        sql: include_str!("../../../../migrations/sqlite/0001_journal.sql"),
        least_version: "0.1.0",
    },
    Migration {
        sql: include_str!("../../../../migrations/sqlite/0002_guards.sql"),
        least_version: "0.1.0",
    },
    Migration {
        sql: include_str!("../../../../migrations/sqlite/0003_vault_records.sql"),
        least_version: "0.1.0",
    },
];

/// How long a writer waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

struct Migration {
    sql: &'static str,
    /// The least version of the program that may open the format it leads to.
    least_version: &'static str,
}

/// Where the journal is.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) path: PathBuf,
}

impl Location {
    /// `sqlite:path`, `sqlite://path`.
    pub(crate) fn parse(url: &str) -> Result<Self, JournalError> {
        let path = url
            .strip_prefix("sqlite:")
            .map(|rest| rest.strip_prefix("//").unwrap_or(rest));
        match path {
            Some(path) if !path.is_empty() && path != ":memory:" => Ok(Self { path: path.into() }),
            _ => Err(JournalError::InvalidUrl(url.to_owned())),
        }
    }

    /// The file beside it that holds what is committed and not yet in the journal's own file.
    pub(crate) fn write_ahead_log(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push("-wal");
        path.into()
    }

    pub(crate) fn text(&self) -> String {
        format!("sqlite:{}", self.path.display())
    }
}

/// Opens the write connection, after having made or checked the tables; tries again while other processes make or check
/// the same file, because SQLite's own waiting gives up at once where it fears that two might wait for each other.
pub(crate) fn open(location: &Location, options: &OpenOptions) -> Result<(Connection, JournalInfo), JournalError> {
    let started = Instant::now();
    loop {
        match try_open(location, options) {
            Err(error) if is_busy(&error) && started.elapsed() < BUSY_TIMEOUT => {
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

fn try_open(location: &Location, options: &OpenOptions) -> Result<(Connection, JournalInfo), JournalError> {
    if !location.path.exists() {
        if !options.create {
            return Err(JournalError::Missing {
                location: location.text(),
            });
        }
        make_folder(&location.path)?;
    }
    let mut connection = Connection::open(&location.path).translated()?;
    connection.busy_timeout(BUSY_TIMEOUT).translated()?;
    if is_empty(&connection, location)? {
        if !options.create {
            return Err(JournalError::Missing {
                location: location.text(),
            });
        }
        // Kept in the file, and impossible to change once a transaction runs.
        connection.pragma_update(None, "journal_mode", "WAL").translated()?;
    }
    configure_writer(&connection, options)?;
    migrate(&mut connection, location)?;
    let info = info(&connection, location)?;
    Ok((connection, info))
}

/// Opens one more connection to a journal that [`open`] has accepted, for reading only.
pub(crate) fn open_reader(location: &Location) -> Result<Connection, JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&location.path, flags).translated()?;
    connection.busy_timeout(BUSY_TIMEOUT).translated()?;
    connection.pragma_update(None, "query_only", true).translated()?;
    Ok(connection)
}

pub(crate) fn make_folder(path: &Path) -> Result<(), JournalError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|error| JournalError::Unavailable {
        detail: format!("{}: {error}", folder.display()),
    })
}

/// Whether the file has no tables yet. A file that is not SQLite's or not ours is refused before anything is changed.
fn is_empty(connection: &Connection, location: &Location) -> Result<bool, JournalError> {
    let foreign = |reason: &str| JournalError::NotAJournal {
        location: location.text(),
        reason: reason.to_owned(),
    };
    // One statement, so that both are of one moment: somebody else may be making the tables.
    let query = "SELECT (SELECT application_id FROM pragma_application_id), count(*) FROM sqlite_schema";
    let (application, tables): (i32, i64) = connection
        .query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => foreign("it is not an SQLite database"),
            _ => translate(&error),
        })?;
    match (application, tables) {
        (0, 0) => Ok(true),
        (APPLICATION_ID, _) => Ok(false),
        _ => Err(foreign("it is a database of another program")),
    }
}

/// An error where the file is not a journal of ours, or of a newer program.
pub(crate) fn refuse_what_is_not_ours(connection: &Connection, location: &Location) -> Result<(), JournalError> {
    if is_empty(connection, location)? {
        return Err(JournalError::Missing {
            location: location.text(),
        });
    }
    read_format(connection, location).map(|_| ())
}

fn configure_writer(connection: &Connection, options: &OpenOptions) -> Result<(), JournalError> {
    let set = |name: &str, value: i64| connection.pragma_update(None, name, value).translated();
    connection.pragma_update(None, "synchronous", "FULL").translated()?;
    set("recursive_triggers", 1)?;
    // What is deleted from the vault is overwritten, not merely forgotten.
    set("secure_delete", 1)?;
    // Fewer and larger checkpoints: most pages are written many times in between.
    set("wal_autocheckpoint", 16_384)?;
    // Small on purpose: moving pages apart makes SQLite walk the whole cache at the commit, and the system's cache is near.
    set("cache_size", -8_000)?;
    connection.set_prepared_statement_cache_capacity(64);
    if let Some(bytes) = options.max_bytes {
        let page: i64 = connection
            .query_row("PRAGMA page_size", [], |row| row.get(0))
            .translated()?;
        let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page;
        // This pragma answers with a row, unlike the others.
        connection
            .pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))
            .translated()?;
    }
    Ok(())
}

/// Brings the tables to [`FORMAT`], from nothing or from an earlier format; two processes that try at once take turns.
fn migrate(connection: &mut Connection, location: &Location) -> Result<(), JournalError> {
    if !is_empty(connection, location)? && read_format(connection, location)? == FORMAT {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .translated()?;
    let format = if is_empty(&transaction, location)? {
        0
    } else {
        read_format(&transaction, location)?
    };
    for migration in MIGRATIONS.iter().skip(format as usize) {
        transaction.execute_batch(migration.sql).translated()?;
    }
    if format == 0 {
        create_rows(&transaction)?;
    }
    if let Some(latest) = MIGRATIONS.last() {
        let version = latest.least_version;
        let update = "UPDATE meta SET format = ?1, least_version = ?2";
        transaction.execute(update, params![FORMAT, version]).translated()?;
    }
    transaction.commit().translated()
}

fn create_rows(connection: &Connection) -> Result<(), JournalError> {
    connection
        .pragma_update(None, "application_id", APPLICATION_ID)
        .translated()?;
    let meta = "INSERT INTO meta (one, journal_id, format, least_version, created_at)
                VALUES (1, ?1, 0, '', unixepoch() * 1000000)";
    connection.execute(meta, [Uuid::now_v7().as_bytes()]).translated()?;
    let head = "INSERT INTO head (one, position, recorded_at, frontier) VALUES (1, 0, 0, ?1)";
    connection
        .execute(head, [Frontier::default().to_bytes()])
        .translated()?;
    Ok(())
}

/// The journal's format; an error when this program is too old for it.
fn read_format(connection: &Connection, location: &Location) -> Result<u32, JournalError> {
    let (format, least_version): (u32, String) = connection
        .query_row("SELECT format, least_version FROM meta", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .map_err(|error| JournalError::NotAJournal {
            location: location.text(),
            reason: format!("its meta table cannot be read: {error}"),
        })?;
    if format > FORMAT || is_newer(&least_version, env!("CARGO_PKG_VERSION")) {
        return Err(JournalError::NewerFormat {
            location: location.text(),
            found: format,
            supported: FORMAT,
        });
    }
    Ok(format)
}

/// Whether version `a` is later than `b`; both are `major.minor.patch`.
fn is_newer(a: &str, b: &str) -> bool {
    let numbers = |text: &str| {
        text.split('.')
            .map(|part| part.parse::<u64>().unwrap_or(0))
            .collect::<Vec<_>>()
    };
    numbers(a) > numbers(b)
}

fn info(connection: &Connection, location: &Location) -> Result<JournalInfo, JournalError> {
    let id: [u8; 16] = connection
        .query_row("SELECT journal_id FROM meta", [], |row| row.get(0))
        .translated()?;
    Ok(JournalInfo {
        id: Uuid::from_bytes(id),
        format: FORMAT,
        location: location.text(),
    })
}
