//! Tokens for programs: `alf_…`, kept as their hash.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{ApiToken, ApiTokenCommand, Decider, Role, User, UserId, api_token::ApiTokenState};
use engine::{CommandContext, CommandError, Outcome};
use journal::{StreamId, Timestamp, VaultRecord, Version};
use uuid::Uuid;

use crate::{Identity, Result, kind, log::json, refusal::Refused, secret};

/// What tokens begin with, so that scanners for leaked secrets know them.
const PREFIX: &str = "alf_";
/// How exactly the last use is known.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A token that was just made. The secret is shown here and never again.
#[derive(Clone)]
pub struct NewToken {
    pub secret: String,
    pub outcome: Outcome,
}

/// What a program asks a token for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    pub name: String,
    pub owner: UserId,
    pub role: Role,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Whether a token of this role may act for an owner of that one: it never may more than its owner.
pub(crate) fn may_act(token: Role, owner: Role) -> bool {
    owner == Role::Admin || owner == token
}

impl Identity {
    /// Makes a token under an id of the caller's choice.
    pub async fn issue_token(&self, context: &CommandContext, id: Uuid, asked: TokenRequest) -> Result<NewToken> {
        let owner = self.bus.load::<User>(asked.owner.0).await?;
        let owner = owner.and_then(|(owner, _)| owner.role());
        if !owner.is_some_and(|owner| may_act(asked.role, owner)) {
            return Err(CommandError::Refused(Refused::RoleNotYours));
        }
        let command = ApiTokenCommand::Issue {
            name: asked.name,
            owner: asked.owner,
            role: asked.role,
            expires_at: asked.expires_at,
            now: self.now(),
        };
        let outcome = self
            .bus
            .execute::<ApiToken>(context, id, command)
            .await
            .map_err(|error| error.map_refusal(Refused::rule))?;
        let secret = format!("{PREFIX}{}", secret::draw());
        // A repeated command gets another secret: the first answer may never have arrived, and is of no use then.
        self.forget_secret_of(id).await?;
        let record = VaultRecord {
            kind: kind::API_TOKEN.to_owned(),
            key: secret::digest(&secret),
            subject: Some(id),
            value: Vec::new(),
            expires_at: asked.expires_at.map(Timestamp::from),
        };
        self.vault().put_record(record).await?;
        Ok(NewToken { secret, outcome })
    }

    /// Revokes a token; it opens nothing from now on.
    pub async fn revoke_token(&self, context: &CommandContext, id: Uuid) -> Result<Outcome> {
        let outcome = self
            .bus
            .execute::<ApiToken>(context, id, ApiTokenCommand::Revoke)
            .await
            .map_err(|error| error.map_refusal(Refused::rule))?;
        self.forget_secret_of(id).await?;
        Ok(outcome)
    }

    /// Whose token it is, if it exists.
    pub async fn owner_of_token(&self, id: Uuid) -> Result<Option<UserId>> {
        let token = self.bus.load::<ApiToken>(id).await?;
        Ok(token.and_then(|(token, _)| token.owner()))
    }

    /// When a token was used last, to about a minute.
    pub async fn last_use_of_token(&self, id: Uuid) -> Result<Option<DateTime<Utc>>> {
        let record = self
            .vault()
            .record(kind::API_TOKEN_USE, id.as_bytes(), self.timestamp())
            .await?;
        let micros = record.and_then(|record| serde_json::from_slice::<i64>(&record.value).ok());
        Ok(micros.map(|micros| Timestamp(micros).into()))
    }

    /// The token that a secret belongs to, with its owner and role, while it opens something.
    pub(crate) async fn token(&self, secret: &str) -> Result<Option<(Uuid, UserId, Role)>> {
        if !secret.starts_with(PREFIX) {
            return Ok(None);
        }
        let found = self
            .vault()
            .record(kind::API_TOKEN, &secret::digest(secret), self.timestamp())
            .await?;
        let Some(id) = found.and_then(|record| record.subject) else {
            return Ok(None);
        };
        let token = self.bus.load::<ApiToken>(id).await?;
        let bearer = token.and_then(|(token, _)| token.bearer(self.now()));
        if bearer.is_some() {
            self.note_use_of(id).await?;
        }
        Ok(bearer.map(|(owner, role)| (id, owner, role)))
    }

    async fn note_use_of(&self, id: Uuid) -> Result<()> {
        let last = self.last_use_of_token(id).await?;
        if last.is_some_and(|last| self.now() - last < NOTED_EVERY) {
            return Ok(());
        }
        let record = VaultRecord {
            kind: kind::API_TOKEN_USE.to_owned(),
            key: id.as_bytes().to_vec(),
            subject: Some(id),
            value: json(&self.timestamp().0)?,
            expires_at: None,
        };
        Ok(self.vault().put_record(record).await?)
    }

    async fn forget_secret_of(&self, id: Uuid) -> Result<()> {
        self.vault().remove_records(kind::API_TOKEN, id).await?;
        Ok(())
    }

    /// Whether there is such a token.
    pub async fn has_token(&self, id: Uuid) -> Result<bool> {
        let stream = StreamId::new(ApiTokenState::TYPE, id);
        Ok(self.bus.journal().stream_version(&stream).await? > Version::NONE)
    }
}
