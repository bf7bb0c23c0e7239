//! Who speaks: the account behind a session's cookie or a program's token, as it stands now.

use chrono_tz::Tz;
use domain::{Language, Role, User, UserId, user::Visibility};
use uuid::Uuid;

use crate::{Identity, Result, token::may_act};

/// Somebody who proved who they are, with the rights that their account has at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    pub user: UserId,
    /// As which they speak: a token may speak as less than its owner.
    pub role: Role,
    pub visibility: Visibility,
    pub language: Language,
    pub time_zone: Tz,
    pub proof: Proof,
}

/// How it was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    Session {
        id: String,
        /// What a page must show beside the cookie.
        csrf: String,
    },
    Token {
        id: Uuid,
    },
}

impl Bearer {
    /// Whether the text is the one that pages of this session were given.
    pub fn accepts_csrf(&self, shown: Option<&str>) -> bool {
        match &self.proof {
            Proof::Session { csrf, .. } => shown.is_some_and(|shown| crate::secret::is_same_secret(csrf, shown)),
            Proof::Token { .. } => true,
        }
    }
}

impl Identity {
    /// Whoever holds the session of a cookie; `None` when it has ended or the account may not sign in.
    pub async fn bearer_of_session(&self, secret: &str) -> Result<Option<Bearer>> {
        let Some(session) = self.session(secret).await? else {
            return Ok(None);
        };
        let proof = Proof::Session {
            id: session.id,
            csrf: session.csrf,
        };
        self.bearer(UserId(session.user), None, proof).await
    }

    /// Whoever a token acts for; `None` when it is none, has ended, or its owner may no longer grant its role.
    pub async fn bearer_of_token(&self, secret: &str) -> Result<Option<Bearer>> {
        let Some((id, owner, role)) = self.token(secret).await? else {
            return Ok(None);
        };
        self.bearer(owner, Some(role), Proof::Token { id }).await
    }

    /// The same bearer as their account stands now; `None` when they may no longer speak.
    pub async fn again(&self, bearer: &Bearer) -> Result<Option<Bearer>> {
        let role = match &bearer.proof {
            Proof::Session { id, .. } => {
                let open = self.sessions(bearer.user.0).await?;
                if !open.iter().any(|session| session.id == *id) {
                    return Ok(None);
                }
                None
            }
            Proof::Token { id } => {
                let token = self.bus.load::<domain::ApiToken>(*id).await?;
                let Some((_, role)) = token.and_then(|(token, _)| token.bearer(self.now())) else {
                    return Ok(None);
                };
                Some(role)
            }
        };
        self.bearer(bearer.user, role, bearer.proof.clone()).await
    }

    async fn bearer(&self, user: UserId, of_token: Option<Role>, proof: Proof) -> Result<Option<Bearer>> {
        let Some((account, _)) = self.bus.load::<User>(user.0).await? else {
            return Ok(None);
        };
        let (Some(own), Some(sees), true) = (account.role(), account.visibility(), account.is_active()) else {
            return Ok(None);
        };
        let role = of_token.unwrap_or(own);
        if !may_act(role, own) {
            return Ok(None);
        }
        Ok(Some(Bearer {
            user,
            role,
            visibility: if role == own { sees } else { role.visibility() },
            language: account.language().unwrap_or_default(),
            time_zone: account.time_zone().unwrap_or(Tz::Europe__Paris),
            proof,
        }))
    }
}
