//! A generation in a SQLite file, written through one connection with prepared statements.

use std::{fs, path::Path};

use async_trait::async_trait;
use journal::Position;
use rusqlite::{
    Connection, ToSql, TransactionBehavior, params, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use sea_orm::{
    DbBackend, Value,
    sea_query::{Alias, Index, SqliteQueryBuilder},
};

use super::{
    Copied, CopyPlan, HeldEvent, LaneStanding, PARKED, SAMPLED_ROWS, STATE, Sample, Standing, Store, Write, columns,
    index_name, insert_or_update, notes,
};
use crate::{
    projection::{Buffer, Key, Kind, Note, Projection, TableSpec},
    views::{ViewsError, shape},
};

/// Some prepared statements per table and the few of the generation itself.
const CACHED_STATEMENTS: usize = 256;

/// Rows of an index that are looked at, at most, to tell how rows lie.
const ANALYZED_ROWS: u32 = 100_000;
/// Up to so many doublings of the journal, a thousand events, any way to find rows is quick.
const ANALYZED_FROM: u32 = 10;

fn doublings(position: Position) -> u32 {
    position.0.checked_ilog2().unwrap_or(0)
}

/// How careful writes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Survives a crash of the process at any time, a power cut up to the last checkpoint.
    Normal,
    /// Survives a crash of the process only: for files that are thrown away after a power cut.
    Process,
}

pub(crate) struct SqliteStore {
    connection: Connection,
    /// How often the journal had doubled when the planner was told last how rows lie; kept as the file's `user_version`.
    analyzed: u32,
}

impl SqliteStore {
    /// Opens the file; it may have to be made.
    pub(crate) fn open(path: &Path, durability: Durability) -> Result<Self, ViewsError> {
        let store = Self::over(Connection::open(path)?)?;
        store.connection.execute_batch(match durability {
            Durability::Normal => include_str!("sql/sqlite_normal.sql"),
            Durability::Process => include_str!("sql/sqlite_process.sql"),
        })?;
        Ok(store)
    }

    /// A generation that no file holds.
    pub(crate) fn in_memory() -> Result<Self, ViewsError> {
        Self::over(Connection::open_in_memory()?)
    }

    fn over(connection: Connection) -> Result<Self, ViewsError> {
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        let analyzed = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        Ok(Self { connection, analyzed })
    }

    /// Makes all tables, without indexes, unless they are there.
    pub(crate) fn create<E: 'static>(
        &mut self,
        projections: &[std::sync::Arc<dyn Projection<E>>],
    ) -> Result<(), ViewsError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let made = "SELECT 1 FROM sqlite_master WHERE name = 'alforis_generation'";
        if transaction.prepare(made)?.exists([])? {
            return Ok(());
        }
        transaction.execute_batch(STATE)?;
        for projection in projections {
            for table in projection.tables() {
                transaction.execute_batch(&table.create(DbBackend::Sqlite).to_string(SqliteQueryBuilder))?;
            }
            transaction.execute(
                "INSERT INTO alforis_projection (name, version, shape, folded) VALUES (?1, ?2, ?3, 0)",
                params![projection.name(), projection.version(), shape(&**projection)],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Copies whole projections from another generation's file, all as of one position.
    pub(crate) fn copy_from(&mut self, donor: &Path, plan: &CopyPlan) -> Result<Copied, ViewsError> {
        self.connection
            .execute("ATTACH DATABASE ?1 AS donor", [donor.to_string_lossy()])?;
        let copied = self.copy_attached(plan);
        self.connection.execute_batch("DETACH DATABASE donor")?;
        copied
    }

    fn copy_attached(&mut self, plan: &CopyPlan) -> Result<Copied, ViewsError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let position: i64 =
            transaction.query_row("SELECT position FROM donor.alforis_generation", [], |row| row.get(0))?;
        for (projection, tables) in &plan.copied {
            for table in tables {
                let (name, columns) = (table.name, columns(table));
                transaction.execute_batch(&format!(
                    "INSERT INTO main.\"{name}\" ({columns}) SELECT {columns} FROM donor.\"{name}\" ORDER BY \"{}\"",
                    table.key_column()
                ))?;
            }
            for (text, counts_position) in COPY_STATE {
                let mut copy = transaction.prepare_cached(text)?;
                if counts_position {
                    copy.execute(params![projection, position])?
                } else {
                    copy.execute([projection])?
                };
            }
        }
        let mut samples = Vec::new();
        for table in &plan.sampled {
            samples.push(sample(&transaction, table)?);
        }
        transaction.commit()?;
        Ok(Copied {
            position: Position(position as u64),
            samples,
        })
    }

    /// Writes a copy of the whole file; it is there as a whole or not at all.
    pub(crate) fn copy_into(&self, path: &Path) -> Result<(), ViewsError> {
        let unfinished = path.with_extension("copying");
        let failed = |error| ViewsError::File {
            path: unfinished.display().to_string(),
            error,
        };
        if unfinished.exists() {
            fs::remove_file(&unfinished).map_err(failed)?;
        }
        self.connection
            .execute("VACUUM INTO ?1", [unfinished.to_string_lossy()])?;
        fs::rename(&unfinished, path).map_err(failed)
    }

    /// Tells the planner how many rows there are and how many of them an index finds, which decides whether it filters
    /// or sorts by an index.
    ///
    /// Numbers only: the samples of values that SQLite takes beside them would be copies of what people have erased.
    pub(crate) fn analyze(&mut self, position: Position) -> Result<(), ViewsError> {
        self.connection.pragma_update(None, "analysis_limit", ANALYZED_ROWS)?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch("ANALYZE")?;
        let samples = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat4'";
        if transaction.prepare(samples)?.exists([])? {
            transaction.execute("DELETE FROM sqlite_stat4", [])?;
        }
        let doublings = doublings(position);
        transaction.pragma_update(None, "user_version", doublings)?;
        transaction.commit()?;
        self.analyzed = doublings;
        Ok(())
    }

    /// Empties the write-ahead log, as far as readers let go of it.
    pub(crate) fn truncate_log(&self) -> Result<bool, ViewsError> {
        let busy: i64 = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
}

/// What goes with a copied projection's rows; whether the statement takes the position too.
const COPY_STATE: [(&str, bool); 4] = [
    ("UPDATE main.alforis_projection SET folded = ?2 WHERE name = ?1", true),
    (
        "INSERT INTO main.alforis_parked SELECT * FROM donor.alforis_parked WHERE projection = ?1",
        false,
    ),
    (
        "INSERT INTO main.alforis_held SELECT * FROM donor.alforis_held WHERE projection = ?1",
        false,
    ),
    (
        "INSERT INTO main.alforis_skip SELECT * FROM donor.alforis_skip WHERE projection = ?1",
        false,
    ),
];

fn sample(connection: &Connection, table: &TableSpec) -> Result<Sample, ViewsError> {
    let from = format!("FROM donor.\"{}\"", table.name);
    let count = connection.query_row(&format!("SELECT count(*) {from}"), [], |row| row.get::<_, i64>(0))?;
    let text = format!(
        "SELECT {} {from} ORDER BY random() LIMIT {SAMPLED_ROWS}",
        columns(table)
    );
    let mut query = connection.prepare(&text)?;
    let mut found = query.query([])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(row_values(table, row)?);
    }
    Ok(Sample {
        table: table.clone(),
        count: count as u64,
        rows,
    })
}

#[async_trait]
impl Store for SqliteStore {
    async fn standing(&mut self) -> Result<Standing, ViewsError> {
        standing(&self.connection)
    }

    async fn rows(&mut self, table: &TableSpec, column: &str, values: &[Key]) -> Result<Vec<Vec<Value>>, ViewsError> {
        // One prepared statement per value: nothing travels here, and a long IN list costs more than it saves.
        let text = format!(
            "SELECT {} FROM \"{}\" WHERE \"{column}\" IS ?1",
            columns(table),
            table.name
        );
        let mut query = self.connection.prepare_cached(&text)?;
        let mut found = Vec::new();
        for value in values {
            let mut rows = query.query([BoundKey(value)])?;
            while let Some(row) = rows.next()? {
                found.push(row_values(table, row)?);
            }
        }
        Ok(found)
    }

    async fn write(&mut self, write: Write<'_>) -> Result<(), ViewsError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let moved = transaction
            .prepare_cached(
                "UPDATE alforis_generation SET position = ?1, revision = revision + 1, indexed = ?2 \
                 WHERE position = ?3 AND revision = ?4",
            )?
            .execute(params![
                write.to.0 as i64,
                write.indexed,
                write.from.0.0 as i64,
                write.from.1
            ])?;
        if moved != 1 {
            return Err(ViewsError::TakenOver);
        }
        for (table, buffer) in write.tables {
            write_rows(&transaction, table, buffer)?;
        }
        for (projection, note) in &write.notes {
            write_note(&transaction, projection, note)?;
        }
        transaction.commit()?;
        let doublings = doublings(write.to);
        if write.indexed && doublings > self.analyzed.max(ANALYZED_FROM) {
            self.analyze(write.to)?;
        }
        Ok(())
    }

    async fn all(&mut self, table: &TableSpec) -> Result<Vec<Vec<Value>>, ViewsError> {
        let text = format!(
            "SELECT {} FROM \"{}\" ORDER BY \"{}\"",
            columns(table),
            table.name,
            table.key_column()
        );
        let mut query = self.connection.prepare(&text)?;
        let mut found = query.query([])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(row_values(table, row)?);
        }
        Ok(rows)
    }

    async fn count(&mut self, table: &TableSpec) -> Result<u64, ViewsError> {
        let text = format!("SELECT count(*) FROM \"{}\"", table.name);
        Ok(self.connection.query_row(&text, [], |row| row.get::<_, i64>(0))? as u64)
    }

    async fn create_index(&mut self, table: &TableSpec, columns: &[&'static str]) -> Result<(), ViewsError> {
        let mut index = Index::create();
        index
            .if_not_exists()
            .name(index_name(table, columns))
            .table(Alias::new(table.name));
        for column in columns {
            index.col(Alias::new(*column));
        }
        self.connection.execute_batch(&index.to_string(SqliteQueryBuilder))?;
        Ok(())
    }
}

fn write_rows(connection: &Connection, table: &TableSpec, buffer: &dyn Buffer) -> Result<(), ViewsError> {
    let (written, deleted) = buffer.changed();
    if !written.is_empty() {
        let mut upsert = connection.prepare_cached(&upsert(table))?;
        let mut row = Vec::with_capacity(table.columns.len());
        for key in &written {
            buffer.values(key, &mut row);
            upsert.execute(params_from_iter(row.iter().map(Bound)))?;
        }
    }
    if !deleted.is_empty() {
        let text = format!("DELETE FROM \"{}\" WHERE \"{}\" = ?1", table.name, table.key_column());
        let mut delete = connection.prepare_cached(&text)?;
        for key in &deleted {
            delete.execute([BoundKey(key)])?;
        }
    }
    Ok(())
}

fn write_note(connection: &Connection, projection: &str, note: &Note) -> Result<(), ViewsError> {
    for (text, values) in notes::statements(projection, note) {
        connection
            .prepare_cached(text)?
            .execute(params_from_iter(values.iter().map(Bound)))?;
    }
    Ok(())
}

fn upsert(table: &TableSpec) -> String {
    let places = vec!["?"; table.columns.len()].join(", ");
    insert_or_update(table, &format!("VALUES ({places})"))
}

/// A row's values, typed as its columns are.
pub(crate) fn row_values(table: &TableSpec, row: &rusqlite::Row<'_>) -> Result<Vec<Value>, ViewsError> {
    let mut values = Vec::with_capacity(table.columns.len());
    for (at, column) in table.columns.iter().enumerate() {
        let raw = row.get_ref(at)?;
        let value = typed(column.kind, raw).ok_or_else(|| {
            ViewsError::Database(format!(
                "column `{}` of `{}` holds a {}",
                column.name,
                table.name,
                raw.data_type()
            ))
        })?;
        values.push(value);
    }
    Ok(values)
}

fn typed(kind: Kind, raw: ValueRef<'_>) -> Option<Value> {
    Some(match (kind, raw) {
        (_, ValueRef::Null) => kind.null(),
        (Kind::Boolean, ValueRef::Integer(flag)) => Value::Bool(Some(flag != 0)),
        (Kind::Integer, ValueRef::Integer(number)) => Value::Int(Some(i32::try_from(number).ok()?)),
        (Kind::BigInteger, ValueRef::Integer(number)) => Value::BigInt(Some(number)),
        (Kind::Double, ValueRef::Real(number)) => Value::Double(Some(number)),
        (Kind::Double, ValueRef::Integer(number)) => Value::Double(Some(number as f64)),
        (Kind::Text, ValueRef::Text(text)) => Value::String(Some(std::str::from_utf8(text).ok()?.to_owned())),
        (Kind::Bytes, ValueRef::Blob(bytes)) => Value::Bytes(Some(bytes.to_vec())),
        (Kind::Uuid, ValueRef::Blob(bytes)) => Value::Uuid(Some(uuid::Uuid::from_slice(bytes).ok()?)),
        _ => return None,
    })
}

/// A SeaORM value bound by rusqlite, in the form that sqlx reads it.
struct Bound<'v>(&'v Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0 {
            Value::Bool(Some(flag)) => ValueRef::Integer((*flag).into()),
            Value::Int(Some(number)) => ValueRef::Integer((*number).into()),
            Value::BigInt(Some(number)) => ValueRef::Integer(*number),
            Value::Double(Some(number)) => ValueRef::Real(*number),
            Value::String(Some(text)) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(Some(bytes)) => ValueRef::Blob(bytes),
            Value::Uuid(Some(id)) => ValueRef::Blob(id.as_bytes()),
            Value::Bool(None)
            | Value::Int(None)
            | Value::BigInt(None)
            | Value::Double(None)
            | Value::String(None)
            | Value::Bytes(None)
            | Value::Uuid(None) => ValueRef::Null,
            other => {
                let error = format!("read models do not hold values like {other:?}");
                return Err(rusqlite::Error::ToSqlConversionFailure(error.into()));
            }
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

struct BoundKey<'k>(&'k Key);

impl ToSql for BoundKey<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Key::Null => ValueRef::Null,
            Key::Boolean(flag) => ValueRef::Integer((*flag).into()),
            Key::Integer(number) => ValueRef::Integer(*number),
            Key::Text(text) => ValueRef::Text(text.as_bytes()),
            Key::Uuid(id) => ValueRef::Blob(id.as_bytes()),
        }))
    }
}

pub(crate) fn standing(connection: &Connection) -> Result<Standing, ViewsError> {
    let mut standing = connection.query_row(
        "SELECT position, revision, indexed FROM alforis_generation",
        [],
        |row| {
            let position = Position(row.get::<_, i64>(0)? as u64);
            Ok(Standing {
                position,
                revision: row.get(1)?,
                indexed: row.get(2)?,
                ..Standing::default()
            })
        },
    )?;
    let mut query = connection.prepare("SELECT name, version, folded, failed, error, shape FROM alforis_projection")?;
    let lanes = query.query_map([], |row| {
        let failed: Option<i64> = row.get(3)?;
        let error: Option<String> = row.get(4)?;
        Ok(LaneStanding {
            name: row.get(0)?,
            version: row.get(1)?,
            shape: row.get(5)?,
            folded: Position(row.get::<_, i64>(2)? as u64),
            failed: failed.map(|position| (Position(position as u64), error.unwrap_or_default())),
        })
    })?;
    standing.projections = lanes.collect::<Result<_, _>>()?;
    let mut query = connection.prepare(PARKED)?;
    let parked = query.query_map([], |row| {
        Ok(HeldEvent {
            projection: row.get(0)?,
            partition: row.get(1)?,
            error: row.get(2)?,
            position: Position(row.get::<_, i64>(3)? as u64),
        })
    })?;
    standing.parked = parked.collect::<Result<_, _>>()?;
    let mut query = connection.prepare("SELECT projection, position FROM alforis_skip")?;
    let skips = query.query_map([], |row| Ok((row.get(0)?, Position(row.get::<_, i64>(1)? as u64))))?;
    standing.skips = skips.collect::<Result<_, _>>()?;
    Ok(standing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_planner_learns_numbers_and_keeps_no_samples() {
        let mut store = SqliteStore::in_memory().unwrap();
        store
            .connection
            .execute_batch(
                "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
                 CREATE INDEX people_by_city ON people (city);
                 WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 900)
                 INSERT INTO people SELECT n, 'Camille ' || n, 'Metz ' || (n % 3) FROM number;",
            )
            .unwrap();
        store.analyze(Position(2_048)).unwrap();

        let text = "SELECT stat FROM sqlite_stat1 WHERE idx = 'people_by_city'";
        let found: String = store.connection.query_row(text, [], |row| row.get(0)).unwrap();
        assert_eq!(found, "900 300", "900 rows, 300 for a city");
        assert_eq!(store.analyzed, 11);
        let samples = store.connection.prepare("SELECT * FROM sqlite_stat4");
        if let Ok(mut samples) = samples {
            assert!(!samples.exists([]).unwrap(), "values of rows were kept");
        }
    }
}
