//! One-time links: a secret that is sent to somebody's address and opens one thing once.

use chrono::{DateTime, TimeDelta, Utc};
use engine::CommandError;
use journal::VaultRecord;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Identity, Result, log::json, refusal::Refused, secret};

pub(crate) const KIND: &str = "one-time-link";

/// What a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LinkPurpose {
    /// Setting the first password.
    Invitation,
    /// Setting another password.
    PasswordReset,
}

impl LinkPurpose {
    /// The purpose of its token, as letters name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::PasswordReset => "password-reset",
        }
    }

    /// How long it opens anything.
    pub const fn lives(self) -> TimeDelta {
        match self {
            Self::Invitation => TimeDelta::days(7),
            Self::PasswordReset => TimeDelta::hours(1),
        }
    }
}

/// A link that was just made.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Names the link's token: whoever writes the letter computes the token from it, so that it stands nowhere.
    pub token: Uuid,
    pub secret: LinkSecret,
    pub expires_at: DateTime<Utc>,
}

/// The secret of a link: for its letter, and for nowhere else.
#[derive(Clone)]
pub struct LinkSecret(pub String);

impl std::fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkSecret(…)")
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    purpose: LinkPurpose,
}

impl Identity {
    /// Makes a link for a user; the ones before open nothing any more.
    pub async fn make_link(&self, user: Uuid, purpose: LinkPurpose) -> Result<NewLink> {
        self.vault().remove_records(KIND, user).await?;
        let token = Uuid::new_v4();
        let secret = self.bus.one_time_token(purpose.as_str(), token);
        let expires_at = self.now() + purpose.lives();
        let record = VaultRecord {
            kind: KIND.to_owned(),
            key: secret::digest(&secret),
            subject: Some(user),
            value: json(&Stored { purpose })?,
            expires_at: Some(expires_at.into()),
        };
        self.vault().put_record(record).await?;
        Ok(NewLink {
            token,
            secret: LinkSecret(secret),
            expires_at,
        })
    }

    /// Whose link it is, while it opens something.
    pub(crate) async fn owner_of_link(&self, link: &str) -> Result<Uuid> {
        let found = self
            .vault()
            .record(KIND, &secret::digest(link), self.timestamp())
            .await?;
        found.and_then(|record| record.subject).ok_or_else(invalid)
    }

    /// Uses the link up: of several who use it at once, one succeeds.
    pub(crate) async fn use_link(&self, link: &str) -> Result<Uuid> {
        let taken = self
            .vault()
            .take_record(KIND, &secret::digest(link), self.timestamp())
            .await?;
        taken.and_then(|record| record.subject).ok_or_else(invalid)
    }
}

fn invalid() -> CommandError<Refused> {
    CommandError::Refused(Refused::LinkInvalid)
}
