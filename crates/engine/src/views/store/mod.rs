//! Where a generation's rows lie: a SQLite file or a PostgreSQL schema.

mod notes;
mod postgres;
pub(crate) mod reading;
mod sqlite;

use async_trait::async_trait;
use journal::Position;
use sea_orm::Value;

pub(crate) use postgres::PostgresStore;
pub(crate) use sqlite::{Durability, SqliteStore};

use super::ViewsError;
use crate::projection::{Buffer, Key, Note, TableSpec};

/// The tables that a generation keeps about itself.
pub(crate) const STATE: &str = include_str!("sql/state.sql");
const PARKED: &str = include_str!("sql/parked.sql");

/// One generation's tables, as its only writer uses them.
#[async_trait]
pub(crate) trait Store: Send {
    async fn standing(&mut self) -> Result<Standing, ViewsError>;

    /// The rows whose column has one of the values, each as the values of its columns.
    async fn rows(&mut self, table: &TableSpec, column: &str, values: &[Key]) -> Result<Vec<Vec<Value>>, ViewsError>;

    /// Writes rows, notes and position in one transaction; [`ViewsError::TakenOver`] when the generation does not stand
    /// where the writer believes.
    async fn write(&mut self, write: Write<'_>) -> Result<(), ViewsError>;

    /// All rows of a table, in order of primary key.
    async fn all(&mut self, table: &TableSpec) -> Result<Vec<Vec<Value>>, ViewsError>;

    /// Number of rows of a table.
    async fn count(&mut self, table: &TableSpec) -> Result<u64, ViewsError>;

    /// Makes one index of a table, unless it is there.
    async fn create_index(&mut self, table: &TableSpec, columns: &[&'static str]) -> Result<(), ViewsError>;
}

/// Where a generation stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) position: Position,
    pub(crate) revision: i64,
    /// All indexes stand.
    pub(crate) indexed: bool,
    pub(crate) projections: Vec<LaneStanding>,
    pub(crate) parked: Vec<HeldEvent>,
    pub(crate) skips: Vec<(String, Position)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LaneStanding {
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) shape: String,
    pub(crate) folded: Position,
    pub(crate) failed: Option<(Position, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldEvent {
    pub(crate) projection: String,
    pub(crate) partition: String,
    pub(crate) error: String,
    pub(crate) position: Position,
}

/// One transaction's worth of changes.
pub(crate) struct Write<'w> {
    /// Where the writer believes the generation stands.
    pub(crate) from: (Position, i64),
    pub(crate) to: Position,
    pub(crate) indexed: bool,
    pub(crate) tables: Vec<(&'w TableSpec, &'w mut dyn Buffer)>,
    pub(crate) notes: Vec<(&'static str, Note)>,
}

pub(crate) fn index_name(table: &TableSpec, columns: &[&str]) -> String {
    format!("{}_by_{}", table.name, columns.join("_"))
}

/// What to take from one generation into another.
pub(crate) struct CopyPlan {
    /// Projections whose rows are copied, with their tables.
    pub(crate) copied: Vec<(&'static str, Vec<TableSpec>)>,
    /// Tables that are built again: their rows are looked at for the comparison.
    pub(crate) sampled: Vec<TableSpec>,
}

/// What the other generation held at one position.
pub(crate) struct Copied {
    pub(crate) position: Position,
    pub(crate) samples: Vec<Sample>,
}

pub(crate) struct Sample {
    pub(crate) table: TableSpec,
    pub(crate) count: u64,
    pub(crate) rows: Vec<Vec<Value>>,
}

/// Rows of a table that are compared after a rebuild.
pub(crate) const SAMPLED_ROWS: usize = 1_000;

/// The table's column names as a list in SQL.
fn columns(table: &TableSpec) -> String {
    let names = table.columns.iter().map(|column| format!("\"{}\"", column.name));
    names.collect::<Vec<_>>().join(", ")
}

/// The statement that writes whole rows from `source`, whether a row with the same key is there or not.
fn insert_or_update(table: &TableSpec, source: &str) -> String {
    let others = table.columns.iter().filter(|column| column.name != table.key_column());
    let changes = others
        .map(|column| format!("\"{0}\" = excluded.\"{0}\"", column.name))
        .collect::<Vec<_>>();
    let conflict = if changes.is_empty() {
        "NOTHING".to_owned()
    } else {
        format!("UPDATE SET {}", changes.join(", "))
    };
    format!(
        "INSERT INTO \"{}\" ({}) {source} ON CONFLICT (\"{}\") DO {conflict}",
        table.name,
        columns(table),
        table.key_column(),
    )
}
