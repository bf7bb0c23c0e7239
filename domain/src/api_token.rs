//! A credential for programs: acts for the user who made it, with one role, until it expires or is revoked.
//!
//! The token itself is shown once and never stored; the vault knows its hash. Here is who made it, for what, and what
//! became of it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Decider, InvalidValue, Language, Refusal, Root, UserId,
    event::event_types,
    refusal::prints_in_english,
    user::Role,
    value::{self, NAME_MAX},
};

pub type ApiToken = Root<ApiTokenState>;

/// What one can ask of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ApiTokenCommand {
    Issue {
        name: String,
        owner: UserId,
        role: Role,
        expires_at: Option<DateTime<Utc>>,
        /// The time it is asked at: a token that has expired already is no token.
        now: DateTime<Utc>,
    },
    Revoke,
}

/// What can have happened to a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum ApiTokenEvent {
    ApiTokenIssued {
        name: String,
        owner: UserId,
        role: Role,
        /// Absent: it does not expire.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<DateTime<Utc>>,
    },
    ApiTokenRevoked {},
}

event_types!(ApiTokenEvent of "api_token" {
    ApiTokenIssued = 1,
    ApiTokenRevoked = 1,
});

/// What a token remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ApiTokenState {
    issued: Option<Issued>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Issued {
    owner: UserId,
    role: Role,
    expires_at: Option<DateTime<Utc>>,
    revoked: bool,
}

impl ApiTokenState {
    /// Whom it acts for and as what, while it does at that time.
    pub fn bearer(&self, now: DateTime<Utc>) -> Option<(UserId, Role)> {
        let issued = self.issued.as_ref()?;
        let live = !issued.revoked && issued.expires_at.is_none_or(|end| now < end);
        live.then_some((issued.owner, issued.role))
    }

    pub fn owner(&self) -> Option<UserId> {
        self.issued.as_ref().map(|issued| issued.owner)
    }
}

impl Decider for ApiTokenState {
    const TYPE: &'static str = "api_token";

    type Command = ApiTokenCommand;
    type Event = ApiTokenEvent;
    type Error = ApiTokenError;

    fn decide(&self, command: ApiTokenCommand) -> Result<Vec<ApiTokenEvent>, ApiTokenError> {
        match (command, &self.issued) {
            (ApiTokenCommand::Issue { .. }, Some(_)) => Err(ApiTokenError::AlreadyIssued),
            (
                ApiTokenCommand::Issue {
                    name,
                    owner,
                    role,
                    expires_at,
                    now,
                },
                None,
            ) => {
                let name = value::line("name", &name, NAME_MAX)?;
                let expires_at = expires_at.map(|end| value::moment("expiresAt", end)).transpose()?;
                if expires_at.is_some_and(|end| end <= now) {
                    return Err(ApiTokenError::AlreadyExpired);
                }
                Ok(vec![ApiTokenEvent::ApiTokenIssued {
                    name,
                    owner,
                    role,
                    expires_at,
                }])
            }
            (ApiTokenCommand::Revoke, None) => Err(ApiTokenError::NotIssued),
            (ApiTokenCommand::Revoke, Some(issued)) if issued.revoked => Ok(Vec::new()),
            (ApiTokenCommand::Revoke, Some(_)) => Ok(vec![ApiTokenEvent::ApiTokenRevoked {}]),
        }
    }

    fn evolve(&mut self, event: &ApiTokenEvent) {
        match event {
            ApiTokenEvent::ApiTokenIssued {
                owner,
                role,
                expires_at,
                ..
            } => {
                self.issued = Some(Issued {
                    owner: *owner,
                    role: *role,
                    expires_at: *expires_at,
                    revoked: false,
                });
            }
            ApiTokenEvent::ApiTokenRevoked {} => {
                if let Some(issued) = &mut self.issued {
                    issued.revoked = true;
                }
            }
        }
    }
}

/// Why a token refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiTokenError {
    NotIssued,
    AlreadyIssued,
    AlreadyExpired,
    Value(InvalidValue),
}

impl From<InvalidValue> for ApiTokenError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(ApiTokenError);

impl Refusal for ApiTokenError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotIssued => "TOKEN_NOT_FOUND",
            Self::AlreadyIssued => "TOKEN_ALREADY_EXISTS",
            Self::AlreadyExpired => "TOKEN_EXPIRY_PAST",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::AlreadyExpired => Some("expiresAt"),
            Self::Value(value) => value.field(),
            Self::NotIssued | Self::AlreadyIssued => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotIssued => vec!["Issue"],
            Self::Value(value) => value.allowed(),
            Self::AlreadyIssued | Self::AlreadyExpired => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotIssued => language.choose("There is no such token.", "Ce jeton n'existe pas."),
            Self::AlreadyIssued => language.choose(
                "This token exists already: issue another one.",
                "Ce jeton existe déjà : créez-en un autre.",
            ),
            Self::AlreadyExpired => language.choose(
                "The token would have expired already: give a later time, or none.",
                "Le jeton serait déjà expiré : donnez une date ultérieure, ou aucune.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};
    use uuid::Uuid;

    use super::*;

    const INES: UserId = UserId(Uuid::from_u128(1));

    fn day(day: u32) -> DateTime<Utc> {
        format!("2026-03-{day:02}T12:00:00Z").parse().unwrap()
    }

    fn given(events: Vec<ApiTokenEvent>) -> AggregateTestExecutor<ApiToken> {
        TestFramework::<ApiToken>::with(()).given(events)
    }

    fn issue(expires_at: Option<DateTime<Utc>>) -> ApiTokenCommand {
        ApiTokenCommand::Issue {
            name: " Tableau ".to_owned(),
            owner: INES,
            role: Role::Analyst,
            expires_at,
            now: day(10),
        }
    }

    fn issued() -> ApiTokenEvent {
        ApiTokenEvent::ApiTokenIssued {
            name: "Tableau".to_owned(),
            owner: INES,
            role: Role::Analyst,
            expires_at: Some(day(20)),
        }
    }

    #[test]
    fn a_token_is_issued_with_a_role_and_an_end() {
        given(vec![])
            .when(issue(Some(day(20))))
            .then_expect_events(vec![issued()]);
    }

    #[test]
    fn a_token_that_has_expired_already_is_none() {
        given(vec![])
            .when(issue(Some(day(10))))
            .then_expect_error(ApiTokenError::AlreadyExpired);
    }

    #[test]
    fn a_token_works_until_its_end_or_until_it_is_revoked() {
        let token = ApiToken::replay(&[issued()]);
        assert_eq!(token.bearer(day(19)), Some((INES, Role::Analyst)));
        assert_eq!(token.bearer(day(20)), None);
        let revoked = ApiToken::replay(&[issued(), ApiTokenEvent::ApiTokenRevoked {}]);
        assert_eq!(revoked.bearer(day(19)), None);
        assert_eq!(ApiToken::default().bearer(day(1)), None);
    }

    #[test]
    fn revoking_again_changes_nothing() {
        given(vec![issued(), ApiTokenEvent::ApiTokenRevoked {}])
            .when(ApiTokenCommand::Revoke)
            .then_expect_events(vec![]);
    }
}
