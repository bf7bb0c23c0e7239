//! Vault records: small values that come and go beside the journal, such as password hashes, sessions, one-time links.
//!
//! To the journal a record is a kind, a key and bytes. What has expired counts as gone, whether or not it was cleared.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{error::JournalError, event::Timestamp};

/// A small value of the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultRecord {
    /// What it is, in the application's words. With the key it names the record.
    pub kind: String,
    pub key: Vec<u8>,
    /// Whom it belongs to, so that all of somebody's can be found and removed.
    pub subject: Option<Uuid>,
    /// Secrets in it are the caller's to encrypt.
    pub value: Vec<u8>,
    pub expires_at: Option<Timestamp>,
}

/// The vault's records.
#[async_trait]
pub trait VaultRecords: Send + Sync {
    async fn record(&self, kind: &str, key: &[u8], now: Timestamp) -> Result<Option<VaultRecord>, JournalError>;

    /// Writes the record, replacing the one of the same kind and key.
    async fn put_record(&self, record: VaultRecord) -> Result<(), JournalError>;

    /// Writes the record where its predecessor has the value that the caller saw (`None`: where there is none);
    /// `false` when somebody else was faster.
    async fn swap_record(&self, seen: Option<&[u8]>, record: VaultRecord, now: Timestamp)
    -> Result<bool, JournalError>;

    /// Removes the record and returns it: of several who ask at once, one gets it.
    async fn take_record(&self, kind: &str, key: &[u8], now: Timestamp) -> Result<Option<VaultRecord>, JournalError>;

    /// Removes the records of a kind that belong to somebody; how many there were.
    async fn remove_records(&self, kind: &str, subject: Uuid) -> Result<u64, JournalError>;

    /// Records of a kind, the greatest key first, below `before` where that is given; only of `subject` where that is.
    async fn list_records(
        &self,
        kind: &str,
        subject: Option<Uuid>,
        before: Option<&[u8]>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<VaultRecord>, JournalError>;

    /// Removes what has expired; how many records that were.
    async fn clear_expired_records(&self, now: Timestamp) -> Result<u64, JournalError>;
}
