//! Vault records: read through the readers, written through the same connection as events.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{SqliteJournal, error::Translated};
use crate::{JournalError, Timestamp, VaultRecord, VaultRecords};

#[async_trait]
impl VaultRecords for SqliteJournal {
    async fn record(&self, kind: &str, key: &[u8], now: Timestamp) -> Result<Option<VaultRecord>, JournalError> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.readers
            .run(move |reader| find(&reader.connection, &kind, &key, now))
            .await
    }

    async fn put_record(&self, record: VaultRecord) -> Result<(), JournalError> {
        self.write(move |connection| put(connection, &record)).await
    }

    async fn swap_record(
        &self,
        seen: Option<&[u8]>,
        record: VaultRecord,
        now: Timestamp,
    ) -> Result<bool, JournalError> {
        let seen = seen.map(<[u8]>::to_vec);
        self.write(move |connection| {
            let found = find(connection, &record.kind, &record.key, now)?;
            if found.map(|found| found.value) != seen {
                return Ok(false);
            }
            put(connection, &record)?;
            Ok(true)
        })
        .await
    }

    async fn take_record(&self, kind: &str, key: &[u8], now: Timestamp) -> Result<Option<VaultRecord>, JournalError> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.write(move |connection| {
            let found = find(connection, &kind, &key, now)?;
            let delete = "DELETE FROM vault_records WHERE kind = ?1 AND key = ?2";
            connection.execute(delete, params![kind, key]).translated()?;
            Ok(found)
        })
        .await
    }

    async fn remove_records(&self, kind: &str, subject: Uuid) -> Result<u64, JournalError> {
        let kind = kind.to_owned();
        self.write(move |connection| {
            let delete = "DELETE FROM vault_records WHERE subject = ?1 AND kind = ?2";
            let removed = connection.execute(delete, params![subject.as_bytes(), kind]);
            removed.map(|removed| removed as u64).translated()
        })
        .await
    }

    async fn list_records(
        &self,
        kind: &str,
        subject: Option<Uuid>,
        before: Option<&[u8]>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<VaultRecord>, JournalError> {
        let (kind, before) = (kind.to_owned(), before.map(<[u8]>::to_vec));
        self.readers
            .run(move |reader| {
                let subject = subject.as_ref().map(|subject| subject.as_bytes().as_slice());
                let sql = match subject {
                    Some(_) => include_str!("sql/list_records_of_subject.sql"),
                    None => include_str!("sql/list_records.sql"),
                };
                let mut query = reader.connection.prepare_cached(sql).translated()?;
                let values = params![kind, subject, before, limit as i64, now.0];
                query.query_map(values, read).and_then(Iterator::collect).translated()
            })
            .await
    }

    async fn clear_expired_records(&self, now: Timestamp) -> Result<u64, JournalError> {
        self.write(move |connection| {
            let delete = "DELETE FROM vault_records WHERE expires_at <= ?1";
            let cleared = connection.execute(delete, [now.0]);
            cleared.map(|cleared| cleared as u64).translated()
        })
        .await
    }
}

fn find(connection: &Connection, kind: &str, key: &[u8], now: Timestamp) -> Result<Option<VaultRecord>, JournalError> {
    let mut query = connection
        .prepare_cached(include_str!("sql/find_record.sql"))
        .translated()?;
    query.query_row(params![kind, key, now.0], read).optional().translated()
}

fn put(connection: &Connection, record: &VaultRecord) -> Result<(), JournalError> {
    let VaultRecord {
        kind,
        key,
        subject,
        value,
        expires_at,
    } = record;
    let subject = subject.as_ref().map(Uuid::as_bytes);
    let mut put = connection
        .prepare_cached(include_str!("sql/put_record.sql"))
        .translated()?;
    put.execute(params![kind, key, subject, value, expires_at.map(|end| end.0)])
        .map(drop)
        .translated()
}

fn read(row: &Row<'_>) -> rusqlite::Result<VaultRecord> {
    Ok(VaultRecord {
        kind: row.get(0)?,
        key: row.get(1)?,
        subject: row.get::<_, Option<[u8; 16]>>(2)?.map(Uuid::from_bytes),
        value: row.get(3)?,
        expires_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
    })
}
