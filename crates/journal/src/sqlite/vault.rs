//! The vault's tables: written through the same connection as events, in turns with the sequencer.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{SqliteJournal, error::Translated};
use crate::{JournalError, Position, Timestamp, Vault, WrappedKey};

/// Tries at emptying the write-ahead log while readers still use it.
const CHECKPOINT_TRIES: usize = 200;
const CHECKPOINT_PAUSE: std::time::Duration = std::time::Duration::from_millis(25);

#[async_trait]
impl Vault for SqliteJournal {
    async fn key(&self, subject: Uuid) -> Result<Option<WrappedKey>, JournalError> {
        self.readers.run(move |reader| key(&reader.connection, subject)).await
    }

    async fn put_key(&self, subject: Uuid, key_in: WrappedKey) -> Result<Option<WrappedKey>, JournalError> {
        self.write(move |connection| {
            let insert = include_str!("sql/put_key.sql");
            connection
                .execute(insert, params![subject.as_bytes(), key_in.0])
                .translated()?;
            key(connection, subject)
        })
        .await
    }

    async fn destroy_key(&self, subject: Uuid, at: Timestamp) -> Result<(), JournalError> {
        self.write(move |connection| {
            let destroy = include_str!("sql/destroy_key.sql");
            connection
                .execute(destroy, params![subject.as_bytes(), at.0])
                .translated()
        })
        .await?;
        self.empty_write_ahead_log().await
    }

    async fn is_destroyed(&self, subject: Uuid) -> Result<bool, JournalError> {
        self.readers
            .run(move |reader| {
                let sql = "SELECT 1 FROM keys WHERE subject = ?1 AND destroyed_at IS NOT NULL";
                reader
                    .connection
                    .prepare_cached(sql)
                    .and_then(|mut q| q.exists([subject.as_bytes()]))
                    .translated()
            })
            .await
    }

    async fn secret(&self, name: &str, propose: WrappedKey) -> Result<WrappedKey, JournalError> {
        let name = name.to_owned();
        self.write(move |connection| {
            let insert = "INSERT INTO secrets (name, wrapped) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
            connection.execute(insert, params![name, propose.0]).translated()?;
            let select = "SELECT wrapped FROM secrets WHERE name = ?1";
            connection
                .query_row(select, [name], |row| row.get(0))
                .map(WrappedKey)
                .translated()
        })
        .await
    }

    async fn consumer_position(&self, consumer: &str) -> Result<Option<Position>, JournalError> {
        let consumer = consumer.to_owned();
        self.readers
            .run(move |reader| {
                let sql = "SELECT position FROM consumers WHERE name = ?1";
                let position: Option<i64> = reader
                    .connection
                    .query_row(sql, [consumer], |row| row.get(0))
                    .optional()
                    .translated()?;
                Ok(position.map(|position| Position(position as u64)))
            })
            .await
    }

    async fn advance_consumer(
        &self,
        consumer: &str,
        from: Option<Position>,
        to: Position,
    ) -> Result<bool, JournalError> {
        let consumer = consumer.to_owned();
        self.write_soon(move |connection| {
            let values = params![consumer, from.map(|from| from.0 as i64), to.0 as i64];
            let mut advance = connection
                .prepare_cached(include_str!("sql/advance_consumer.sql"))
                .translated()?;
            advance.execute(values).map(|moved| moved == 1).translated()
        })
        .await
    }
}

impl SqliteJournal {
    /// One statement or more on the write connection, in a transaction, durable when this returns.
    pub(super) async fn write<T, F>(&self, write: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    {
        let mut connection = self.connection.clone().lock_owned().await;
        let file = self.file.clone();
        let writing = tokio::task::spawn_blocking(move || {
            file.check()?;
            let behavior = rusqlite::TransactionBehavior::Immediate;
            let transaction = connection.transaction_with_behavior(behavior).translated()?;
            let result = write(&transaction)?;
            transaction.commit().translated()?;
            Ok(result)
        });
        writing
            .await
            .map_err(|error| JournalError::Database(error.to_string()))?
    }

    /// As [`Self::write`], but a power failure may undo it: for what repeats itself harmlessly. The next durable
    /// commit makes it durable too.
    async fn write_soon<T, F>(&self, write: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    {
        let mut connection = self.connection.clone().lock_owned().await;
        let file = self.file.clone();
        let writing = tokio::task::spawn_blocking(move || {
            file.check()?;
            connection.pragma_update(None, "synchronous", "NORMAL").translated()?;
            let behavior = rusqlite::TransactionBehavior::Immediate;
            let written = connection
                .transaction_with_behavior(behavior)
                .translated()
                .and_then(|transaction| {
                    let result = write(&transaction)?;
                    transaction.commit().translated()?;
                    Ok(result)
                });
            connection.pragma_update(None, "synchronous", "FULL").translated()?;
            written
        });
        writing
            .await
            .map_err(|error| JournalError::Database(error.to_string()))?
    }

    /// Moves everything into the main file and cuts the log to nothing, so that no earlier page stays in it.
    async fn empty_write_ahead_log(&self) -> Result<(), JournalError> {
        for _ in 0..CHECKPOINT_TRIES {
            let connection = self.connection.clone().lock_owned().await;
            let checkpoint = tokio::task::spawn_blocking(move || {
                let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
                Ok(busy == 0)
            });
            let done = checkpoint
                .await
                .map_err(|error| JournalError::Database(error.to_string()))?;
            if done.translated()? {
                return Ok(());
            }
            tokio::time::sleep(CHECKPOINT_PAUSE).await;
        }
        let detail = "readers hold the write-ahead log; the destroyed key is still in it. Try again".to_owned();
        Err(JournalError::Unavailable { detail })
    }
}

fn key(connection: &Connection, subject: Uuid) -> Result<Option<WrappedKey>, JournalError> {
    let sql = "SELECT wrapped FROM keys WHERE subject = ?1";
    let mut query = connection.prepare_cached(sql).translated()?;
    let wrapped: Option<Option<Vec<u8>>> = query
        .query_row([subject.as_bytes()], |row| row.get(0))
        .optional()
        .translated()?;
    Ok(wrapped.flatten().map(WrappedKey))
}
