//! The tables as they are, for verification.

use async_trait::async_trait;
use sqlx::Row;

use super::{
    PostgresJournal, as_bigint,
    failure::failure,
    rows::{self, Names},
    writer,
};
use crate::{Audit, FoundRow, Inventory, JournalError, Position};

const INVENTORY: &str = include_str!("sql/inventory.sql");
const READ_ROWS: &str = include_str!("sql/read_rows.sql");

#[async_trait]
impl Audit for PostgresJournal {
    async fn inventory(&self) -> Result<Inventory, JournalError> {
        let row = sqlx::query(INVENTORY).fetch_optional(&self.readers).await;
        let row = row.map_err(failure)?.ok_or_else(|| JournalError::Corrupt {
            position: Position::START,
            detail: "the head row is missing".to_owned(),
        })?;
        let least: Option<i64> = row.try_get("least").map_err(failure)?;
        let greatest: Option<i64> = row.try_get("greatest").map_err(failure)?;
        let subtrees: i64 = row.try_get("subtrees").map_err(failure)?;
        Ok(Inventory {
            head: writer::head(&row)?,
            positions: least.zip(greatest),
            subtrees: subtrees as u64,
            stray_command: row.try_get("stray_command").map_err(failure)?,
        })
    }

    async fn rows(&self, after: Position, limit: usize) -> Result<Vec<FoundRow>, JournalError> {
        let query = sqlx::query(READ_ROWS)
            .bind(as_bigint(after.0))
            .bind(as_bigint(limit as u64));
        let found = query.fetch_all(&self.readers).await.map_err(failure)?;
        let mut names = Names::default();
        let mut read = Vec::with_capacity(found.len());
        for row in &found {
            let position = Position(row.try_get::<i64, _>("position").map_err(failure)? as u64);
            let event = rows::recorded(row, &mut names).map_err(|error| error.to_string());
            read.push(FoundRow { position, event });
        }
        Ok(read)
    }
}
