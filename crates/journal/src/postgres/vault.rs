//! The mutable tables beside the events.

use async_trait::async_trait;
use sqlx::PgPool;
use uuid::Uuid;

use super::failure::failure;
use crate::{
    error::JournalError,
    event::{Position, Timestamp},
    port::{Vault, WrappedKey},
};

#[derive(Debug)]
pub(super) struct PostgresVault {
    pub(super) pool: PgPool,
}

impl PostgresVault {
    /// The subject's row: `None` when there is none, `Some(None)` when its key was destroyed.
    async fn key_row(&self, subject: Uuid) -> Result<Option<Option<WrappedKey>>, JournalError> {
        let query = sqlx::query_scalar::<_, Option<Vec<u8>>>("SELECT wrapped FROM keys WHERE subject = $1");
        let row = query.bind(subject).fetch_optional(&self.pool).await.map_err(failure)?;
        Ok(row.map(|wrapped| wrapped.map(WrappedKey)))
    }
}

#[async_trait]
impl Vault for PostgresVault {
    async fn key(&self, subject: Uuid) -> Result<Option<WrappedKey>, JournalError> {
        Ok(self.key_row(subject).await?.flatten())
    }

    async fn put_key(&self, subject: Uuid, key: WrappedKey) -> Result<Option<WrappedKey>, JournalError> {
        let insert = "INSERT INTO keys (subject, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        sqlx::query(insert)
            .bind(subject)
            .bind(key.0)
            .execute(&self.pool)
            .await
            .map_err(failure)?;
        self.key(subject).await
    }

    /// The table's file is rewritten without the key. Write-ahead log files hold the wrapped key until the server
    /// recycles them, and so do base backups: what they need besides is the master key.
    async fn destroy_key(&self, subject: Uuid, at: Timestamp) -> Result<(), JournalError> {
        let destroy = sqlx::query("SELECT destroy_key($1, $2)").bind(subject).bind(at.0);
        destroy.execute(&self.pool).await.map(drop).map_err(failure)
    }

    async fn is_destroyed(&self, subject: Uuid) -> Result<bool, JournalError> {
        Ok(self.key_row(subject).await? == Some(None))
    }

    async fn secret(&self, name: &str, propose: WrappedKey) -> Result<WrappedKey, JournalError> {
        let insert = "INSERT INTO secrets (name, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        sqlx::query(insert)
            .bind(name)
            .bind(propose.0)
            .execute(&self.pool)
            .await
            .map_err(failure)?;
        let kept = sqlx::query_scalar("SELECT wrapped FROM secrets WHERE name = $1").bind(name);
        kept.fetch_one(&self.pool).await.map(WrappedKey).map_err(failure)
    }

    async fn consumer_position(&self, consumer: &str) -> Result<Option<Position>, JournalError> {
        let query = sqlx::query_scalar::<_, i64>("SELECT position FROM consumers WHERE name = $1");
        let position = query.bind(consumer).fetch_optional(&self.pool).await.map_err(failure)?;
        Ok(position.map(|position| Position(position as u64)))
    }

    async fn advance_consumer(
        &self,
        consumer: &str,
        from: Option<Position>,
        to: Position,
    ) -> Result<bool, JournalError> {
        let to = to.0 as i64;
        let query = match from {
            None => sqlx::query("INSERT INTO consumers (name, position) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(consumer)
                .bind(to),
            Some(from) => sqlx::query("UPDATE consumers SET position = $2 WHERE name = $1 AND position = $3")
                .bind(consumer)
                .bind(to)
                .bind(from.0 as i64),
        };
        let done = query.execute(&self.pool).await.map_err(failure)?;
        Ok(done.rows_affected() == 1)
    }
}
