//! Brute force is slowed down: after some attempts each further one has to wait, longer and longer.
//!
//! An attempt is counted before it is looked at, so that many at once count as many, and given back when it was none.

use chrono::TimeDelta;
use engine::CommandError;
use journal::{Timestamp, VaultRecord};
use serde::{Deserialize, Serialize};

use crate::{Identity, Result, kind, refusal::Refused, secret};

/// Whose attempts are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Attempts at one account, from wherever.
    Account(String),
    /// Attempts from one network address, at whatever account.
    Address(String),
}

impl Counted {
    /// Attempts that need not wait.
    const fn free(&self) -> u32 {
        match self {
            Self::Account(_) => 5,
            // Whole companies share one.
            Self::Address(_) => 50,
        }
    }

    fn key(&self) -> Vec<u8> {
        secret::digest(&match self {
            Self::Account(account) => format!("account {account}"),
            Self::Address(address) => format!("address {address}"),
        })
    }
}

/// The first pause; it doubles with each attempt.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(15);
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(15);
/// Quiet time after which everything is forgotten.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::hours(2);
/// Tries at counting while others count, too.
const TRIES: usize = 64;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Attempts {
    count: u32,
    /// Microseconds since 1970: earlier than this, no attempt is looked at.
    wait_until: i64,
}

impl Identity {
    /// Counts an attempt; refuses it when it comes too early.
    pub(crate) async fn count_attempt(&self, counted: &Counted) -> Result<()> {
        let now = self.timestamp();
        for _ in 0..TRIES {
            let (seen, mut attempts) = self.attempts(counted).await?;
            if attempts.wait_until > now.0 {
                return Err(too_early(&attempts, now));
            }
            attempts.count = attempts.count.saturating_add(1);
            let beyond = attempts.count.saturating_sub(counted.free());
            if beyond > 0 {
                let pause = (FIRST_PAUSE * (1 << (beyond - 1).min(16))).min(LONGEST_PAUSE);
                attempts.wait_until = self.in_(pause).0;
            }
            if self.swap_attempts(counted, seen.as_deref(), &attempts).await? {
                return Ok(());
            }
        }
        // More attempts at once than can be counted are too many.
        Err(CommandError::Refused(Refused::Throttled { retry_after: 1 }))
    }

    /// Takes an attempt back that was counted and turned out to be none.
    pub(crate) async fn give_attempt_back(&self, counted: &Counted) -> Result<()> {
        for _ in 0..TRIES {
            let (seen, mut attempts) = self.attempts(counted).await?;
            let Some(seen) = seen else { return Ok(()) };
            attempts.count = attempts.count.saturating_sub(1);
            if attempts.count < counted.free() {
                attempts.wait_until = 0;
            }
            if self.swap_attempts(counted, Some(&seen), &attempts).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Forgets the attempts: whoever they were, it is proven now.
    pub(crate) async fn forget_attempts(&self, counted: &Counted) -> Result<()> {
        let now = self.timestamp();
        self.vault().take_record(kind::THROTTLE, &counted.key(), now).await?;
        Ok(())
    }

    async fn attempts(&self, counted: &Counted) -> Result<(Option<Vec<u8>>, Attempts)> {
        let now = self.timestamp();
        let record = self.vault().record(kind::THROTTLE, &counted.key(), now).await?;
        let attempts = record
            .as_ref()
            .and_then(|record| serde_json::from_slice(&record.value).ok());
        Ok((record.map(|record| record.value), attempts.unwrap_or_default()))
    }

    async fn swap_attempts(&self, counted: &Counted, seen: Option<&[u8]>, attempts: &Attempts) -> Result<bool> {
        let record = VaultRecord {
            kind: kind::THROTTLE.to_owned(),
            key: counted.key(),
            subject: None,
            value: crate::log::json(attempts)?,
            expires_at: Some(self.in_(FORGOTTEN_AFTER)),
        };
        Ok(self.vault().swap_record(seen, record, self.timestamp()).await?)
    }
}

fn too_early(attempts: &Attempts, now: Timestamp) -> CommandError<Refused> {
    let wait = (attempts.wait_until - now.0).max(0) as u64;
    CommandError::Refused(Refused::Throttled {
        retry_after: wait.div_ceil(1_000_000),
    })
}
