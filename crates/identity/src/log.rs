//! The log of sign-ins: who tried, from where, and what came of it. Kept for a year, then cleared.

use chrono::{DateTime, TimeDelta, Utc};
use engine::{CodecError, CommandError};
use journal::{Timestamp, VaultRecord};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Identity, Result, kind, sign_in::Client};

/// The CNIL recommends six to twelve months for such logs.
const KEPT: TimeDelta = TimeDelta::days(365);

/// What came of an attempt to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignInOutcome {
    SignedIn,
    WrongCredentials,
    WrongCode,
    SignedOut,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInEntry {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    /// `None` where the address is nobody's.
    pub user: Option<Uuid>,
    pub outcome: SignInOutcome,
    pub client: Client,
}

#[derive(Serialize, Deserialize)]
struct Line {
    at: i64,
    outcome: SignInOutcome,
    client: Client,
}

/// A record's value.
pub(crate) fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| CommandError::Codec(CodecError::Encode(error.to_string())))
}

impl Identity {
    /// A page of the log, newest first; `before` is the id of the last line seen.
    pub async fn sign_ins(&self, user: Option<Uuid>, before: Option<Uuid>, limit: usize) -> Result<Vec<SignInEntry>> {
        let before = before.as_ref().map(|id| id.as_bytes().as_slice());
        let records = self
            .vault()
            .list_records(kind::SIGN_IN, user, before, limit, self.timestamp())
            .await?;
        Ok(records.iter().filter_map(entry).collect())
    }

    pub(crate) async fn log(&self, user: Option<Uuid>, outcome: SignInOutcome, client: &Client) -> Result<()> {
        let now = self.now();
        let line = Line {
            at: Timestamp::from(now).0,
            outcome,
            client: client.clone(),
        };
        let record = VaultRecord {
            kind: kind::SIGN_IN.to_owned(),
            key: Uuid::now_v7().as_bytes().to_vec(),
            subject: user,
            value: json(&line)?,
            expires_at: Some(self.in_(KEPT)),
        };
        Ok(self.vault().put_record(record).await?)
    }
}

fn entry(record: &VaultRecord) -> Option<SignInEntry> {
    let line: Line = serde_json::from_slice(&record.value).ok()?;
    Some(SignInEntry {
        id: Uuid::from_slice(&record.key).ok()?,
        at: Timestamp(line.at).into(),
        user: record.subject,
        outcome: line.outcome,
        client: line.client,
    })
}
