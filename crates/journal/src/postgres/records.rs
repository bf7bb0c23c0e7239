//! Vault records.

use async_trait::async_trait;
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use super::vault::PostgresVault;
use crate::{JournalError, Timestamp, VaultRecord, VaultRecords};

#[async_trait]
impl VaultRecords for PostgresVault {
    async fn record(&self, kind: &str, key: &[u8], now: Timestamp) -> Result<Option<VaultRecord>, JournalError> {
        let query = sqlx::query(include_str!("sql/find_record.sql"))
            .bind(kind)
            .bind(key)
            .bind(now.0);
        let row = query.fetch_optional(&self.pool).await.map_err(failure)?;
        row.as_ref().map(read).transpose()
    }

    async fn put_record(&self, record: VaultRecord) -> Result<(), JournalError> {
        bound(include_str!("sql/put_record.sql"), &record)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(failure)
    }

    async fn swap_record(
        &self,
        seen: Option<&[u8]>,
        record: VaultRecord,
        now: Timestamp,
    ) -> Result<bool, JournalError> {
        let sql = match seen {
            Some(_) => include_str!("sql/replace_record.sql"),
            None => include_str!("sql/insert_record.sql"),
        };
        let swapped = bound(sql, &record)
            .bind(now.0)
            .bind(seen)
            .execute(&self.pool)
            .await
            .map_err(failure)?;
        Ok(swapped.rows_affected() == 1)
    }

    async fn take_record(&self, kind: &str, key: &[u8], now: Timestamp) -> Result<Option<VaultRecord>, JournalError> {
        let query = sqlx::query(include_str!("sql/take_record.sql")).bind(kind).bind(key);
        let row = query.fetch_optional(&self.pool).await.map_err(failure)?;
        let taken = row.as_ref().map(read).transpose()?;
        Ok(taken.filter(|record| record.expires_at.is_none_or(|end| end > now)))
    }

    async fn remove_records(&self, kind: &str, subject: Uuid) -> Result<u64, JournalError> {
        let delete = sqlx::query("DELETE FROM vault_records WHERE subject = $1 AND kind = $2")
            .bind(subject)
            .bind(kind);
        let removed = delete.execute(&self.pool).await.map_err(failure)?;
        Ok(removed.rows_affected())
    }

    async fn list_records(
        &self,
        kind: &str,
        subject: Option<Uuid>,
        before: Option<&[u8]>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<VaultRecord>, JournalError> {
        let query = sqlx::query(include_str!("sql/list_records.sql"))
            .bind(kind)
            .bind(subject)
            .bind(before)
            .bind(limit as i64)
            .bind(now.0);
        let rows = query.fetch_all(&self.pool).await.map_err(failure)?;
        rows.iter().map(read).collect()
    }

    async fn clear_expired_records(&self, now: Timestamp) -> Result<u64, JournalError> {
        let delete = sqlx::query("DELETE FROM vault_records WHERE expires_at <= $1").bind(now.0);
        let cleared = delete.execute(&self.pool).await.map_err(failure)?;
        Ok(cleared.rows_affected())
    }
}

/// As for every statement, with advice where the owner has not migrated yet (`undefined_table`).
fn failure(error: sqlx::Error) -> JournalError {
    match &error {
        sqlx::Error::Database(database) if database.code().as_deref() == Some("42P01") => JournalError::Unavailable {
            detail: "the journal has an earlier format: run `alforis migrate` as the owner of its tables".to_owned(),
        },
        _ => super::failure::failure(error),
    }
}

/// The record's columns as the first five values of a statement.
fn bound<'q>(
    sql: &'static str,
    record: &'q VaultRecord,
) -> sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments> {
    sqlx::query(sql)
        .bind(&record.kind)
        .bind(&record.key)
        .bind(record.subject)
        .bind(&record.value)
        .bind(record.expires_at.map(|end| end.0))
}

fn read(row: &PgRow) -> Result<VaultRecord, JournalError> {
    Ok(VaultRecord {
        kind: row.try_get(0).map_err(failure)?,
        key: row.try_get(1).map_err(failure)?,
        subject: row.try_get(2).map_err(failure)?,
        value: row.try_get(3).map_err(failure)?,
        expires_at: row.try_get::<Option<i64>, _>(4).map_err(failure)?.map(Timestamp),
    })
}
