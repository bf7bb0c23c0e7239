//! The tables as they are, for verification.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{
    SqliteJournal,
    error::Translated,
    rows::{self, Decoder},
};
use crate::{Audit, FoundRow, Inventory, JournalError, Position};

#[async_trait]
impl Audit for SqliteJournal {
    async fn inventory(&self) -> Result<Inventory, JournalError> {
        self.readers.run(|reader| inventory(&reader.connection)).await
    }

    async fn rows(&self, after: Position, limit: usize) -> Result<Vec<FoundRow>, JournalError> {
        self.readers
            .run(move |reader| found_rows(&reader.connection, &mut reader.decoder, after, limit))
            .await
    }
}

fn inventory(connection: &Connection) -> Result<Inventory, JournalError> {
    let mut query = connection
        .prepare_cached(include_str!("sql/inventory.sql"))
        .translated()?;
    let mut found = query.query([]).translated()?;
    let row = found
        .next()
        .translated()?
        .ok_or_else(|| rows::corrupt(Position::START, "the head row is missing"))?;
    let ends: (Option<i64>, Option<i64>) = (row.get(3).translated()?, row.get(4).translated()?);
    Ok(Inventory {
        head: rows::head(row)?,
        positions: ends.0.zip(ends.1),
        subtrees: rows::integer(row, 5, Position::START)? as u64,
        stray_command: row.get(6).translated()?,
    })
}

fn found_rows(
    connection: &Connection,
    decoder: &mut Decoder,
    after: Position,
    limit: usize,
) -> Result<Vec<FoundRow>, JournalError> {
    let mut query = connection
        .prepare_cached(include_str!("sql/read_rows.sql"))
        .translated()?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = query.query([after.0 as i64, limit]).translated()?;
    let mut read = Vec::new();
    let mut position = after;
    loop {
        match found.next().translated() {
            Ok(Some(row)) => {
                position = Position(rows::integer(row, 0, position.next())? as u64);
                let event = decoder.event(row).map_err(|error| reason(&error));
                read.push(FoundRow { position, event });
            }
            Ok(None) => return Ok(read),
            // A page of the file that SQLite cannot make sense of: nothing after it can be reached.
            Err(error @ JournalError::Corrupt { .. }) => {
                let (position, event) = (position.next(), Err(reason(&error)));
                read.push(FoundRow { position, event });
                return Ok(read);
            }
            Err(error) => return Err(error),
        }
    }
}

fn reason(error: &JournalError) -> String {
    match error {
        JournalError::Corrupt { detail, .. } => detail.clone(),
        other => other.to_string(),
    }
}
