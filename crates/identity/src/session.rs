//! Sessions: a secret in a cookie, kept as its hash, that ends after some idle time, after some time at all, or at once.

use chrono::{DateTime, TimeDelta, Utc};
use journal::{Timestamp, VaultRecord};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Identity, Result, kind, log::json, secret, sign_in::Client};

/// Idle time after which a session ends.
const IDLE: TimeDelta = TimeDelta::hours(12);
/// Time after which a session ends, however busy.
const LONGEST: TimeDelta = TimeDelta::days(14);
/// How exactly the last use is known: writing it at every request would cost more than it tells.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(5);
/// Sessions that somebody has at most; the oldest ends when one more begins.
const AT_MOST: usize = 50;

/// A session that was just begun. The secret is shown here and never again.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub user: Uuid,
    /// For the cookie.
    pub secret: String,
    /// What a page must say, beside the cookie that its browser sends anyway, so that no other page can.
    pub csrf: String,
    /// After which it ends in any case.
    pub ends_at: DateTime<Utc>,
}

/// A session as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names it to end it; of no use for anything else.
    pub id: String,
    pub user: Uuid,
    pub csrf: String,
    pub began_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub client: Client,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    csrf: String,
    began_at: i64,
    seen_at: i64,
    client: Client,
}

impl Identity {
    /// Begins a session for somebody who has proven who they are.
    pub async fn begin_session(&self, user: Uuid, client: &Client) -> Result<NewSession> {
        let sessions = self.sessions(user).await?;
        for oldest in sessions.iter().skip(AT_MOST - 1) {
            self.end_session_named(user, &oldest.id).await?;
        }
        let (secret, csrf) = (secret::draw(), secret::draw());
        let now = self.timestamp().0;
        let stored = Stored {
            csrf: csrf.clone(),
            began_at: now,
            seen_at: now,
            client: client.clone(),
        };
        self.store(secret::digest(&secret), user, &stored).await?;
        Ok(NewSession {
            user,
            secret,
            csrf,
            ends_at: self.now() + LONGEST,
        })
    }

    /// The session of a cookie, unless it has ended.
    pub(crate) async fn session(&self, secret: &str) -> Result<Option<Session>> {
        let key = secret::digest(secret);
        let Some(record) = self.vault().record(kind::SESSION, &key, self.timestamp()).await? else {
            return Ok(None);
        };
        let Some((user, stored)) = read(&record) else {
            return Ok(None);
        };
        let idle = self.timestamp().0 - stored.seen_at;
        if idle > NOTED_EVERY.num_microseconds().unwrap_or(i64::MAX) {
            let seen = Stored {
                seen_at: self.timestamp().0,
                ..stored
            };
            self.note_use(&record, user, &seen).await?;
            return Ok(Some(listed(&record, user, seen)));
        }
        Ok(Some(listed(&record, user, stored)))
    }

    /// A user's open sessions, those used last first.
    pub async fn sessions(&self, user: Uuid) -> Result<Vec<Session>> {
        let records = self
            .vault()
            .list_records(kind::SESSION, Some(user), None, 4 * AT_MOST, self.timestamp())
            .await?;
        let mut sessions: Vec<_> = records
            .iter()
            .filter_map(|record| read(record).map(|(user, stored)| listed(record, user, stored)))
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.seen_at));
        Ok(sessions)
    }

    /// Ends one of a user's sessions; whether there was one of that id.
    pub async fn end_session_named(&self, user: Uuid, id: &str) -> Result<bool> {
        let Ok(key) = hex::decode(id) else { return Ok(false) };
        let now = self.timestamp();
        let theirs = self.vault().record(kind::SESSION, &key, now).await?;
        if theirs.is_none_or(|record| record.subject != Some(user)) {
            return Ok(false);
        }
        Ok(self.vault().take_record(kind::SESSION, &key, now).await?.is_some())
    }

    /// Ends every session of a user; how many there were.
    pub(crate) async fn end_sessions(&self, user: Uuid) -> Result<u64> {
        Ok(self.vault().remove_records(kind::SESSION, user).await?)
    }

    async fn store(&self, key: Vec<u8>, user: Uuid, stored: &Stored) -> Result<()> {
        Ok(self.vault().put_record(self.record_of(key, user, stored)?).await?)
    }

    /// Only while the session is still there: one that was ended meanwhile does not come back.
    async fn note_use(&self, seen: &VaultRecord, user: Uuid, stored: &Stored) -> Result<()> {
        let record = self.record_of(seen.key.clone(), user, stored)?;
        self.vault()
            .swap_record(Some(&seen.value), record, self.timestamp())
            .await?;
        Ok(())
    }

    fn record_of(&self, key: Vec<u8>, user: Uuid, stored: &Stored) -> Result<VaultRecord> {
        let began_at = DateTime::<Utc>::from(Timestamp(stored.began_at));
        Ok(VaultRecord {
            kind: kind::SESSION.to_owned(),
            key,
            subject: Some(user),
            value: json(stored)?,
            expires_at: Some(self.in_(IDLE).min((began_at + LONGEST).into())),
        })
    }
}

fn read(record: &VaultRecord) -> Option<(Uuid, Stored)> {
    Some((record.subject?, serde_json::from_slice(&record.value).ok()?))
}

fn listed(record: &VaultRecord, user: Uuid, stored: Stored) -> Session {
    Session {
        id: hex::encode(&record.key),
        user,
        csrf: stored.csrf,
        began_at: Timestamp(stored.began_at).into(),
        seen_at: Timestamp(stored.seen_at).into(),
        client: stored.client,
    }
}
