//! Who is asking: a token or a cookie becomes a [`Viewer`].

use std::sync::Arc;

use domain::Refusal;
use engine::CommandError;
use identity::{Identity, Refused};

use crate::{
    config::Secret,
    graphql::errors::{ApiError, ApiResult, ErrorCode},
    policy::{Denied, Viewer},
};

/// What a request shows of its sender.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Of `Authorization: Bearer …`.
    pub token: Option<String>,
    /// The session's secret, of the cookie.
    pub session: Option<String>,
    /// What the session's pages were given, of the header `X-CSRF-Token`.
    pub csrf: Option<String>,
    /// Whether the request can change nothing, or cannot come from another site: then the cookie alone will do.
    pub harmless: bool,
}

/// Recognizes senders.
pub struct Authentication {
    configured: Option<Secret>,
    identity: Arc<Identity>,
}

impl Authentication {
    /// With a token that opens everything, where one was configured.
    pub fn new(configured: Option<Secret>, identity: Arc<Identity>) -> Self {
        Self { configured, identity }
    }

    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Who shows these credentials. A token that is none is refused even beside a session that is one.
    pub async fn viewer(&self, shown: &Credentials) -> ApiResult<Viewer> {
        if let Some(token) = &shown.token {
            return self.of_token(token).await;
        }
        let Some(session) = &shown.session else {
            return Err(Denied::Unauthenticated.into());
        };
        let bearer = self.identity.bearer_of_session(session).await.map_err(failed)?;
        let bearer = bearer.ok_or(Denied::Unauthenticated)?;
        if !shown.harmless && !bearer.accepts_csrf(shown.csrf.as_deref()) {
            return Err(ApiError::new(
                ErrorCode::CsrfTokenRequired,
                "Send `X-CSRF-Token` with the token that signing in returned (or `viewer { csrfToken }`).",
            ));
        }
        Ok(bearer.into())
    }

    /// The same viewer with the rights they have now; an error when they may no longer speak.
    pub async fn again(&self, viewer: &Viewer) -> ApiResult<Viewer> {
        let Some(bearer) = &viewer.bearer else {
            return Ok(viewer.clone());
        };
        let again = self.identity.again(bearer).await.map_err(failed)?;
        again.map(Viewer::from).ok_or_else(|| Denied::Unauthenticated.into())
    }

    async fn of_token(&self, token: &str) -> ApiResult<Viewer> {
        if self
            .configured
            .as_ref()
            .is_some_and(|configured| same(configured.reveal(), token))
        {
            return Ok(Viewer::operator());
        }
        let bearer = self.identity.bearer_of_token(token).await.map_err(failed)?;
        bearer.map(Viewer::from).ok_or_else(|| Denied::Unauthenticated.into())
    }
}

/// Looking somebody up refuses nothing, so this is the system's failure.
fn failed(error: CommandError<Refused>) -> ApiError {
    match error {
        CommandError::Journal(error) => error.into(),
        CommandError::Codec(error) => error.into(),
        CommandError::Refused(refused) => ApiError::internal("an identity cannot be looked up", &refused.code()),
        other => ApiError::internal("an identity cannot be looked up", &other),
    }
}

/// An empty token opens nothing.
fn same(expected: &str, presented: &str) -> bool {
    !expected.is_empty() && identity::is_same_secret(expected, presented)
}

/// Takes the token out of an `Authorization` header or parameter: `Bearer abc`, in whatever case.
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_configured_token_opens() {
        assert!(same("secret", "secret"));
        for wrong in ["", "secre", "secret ", "SECRET"] {
            assert!(!same("secret", wrong), "{wrong}");
        }
        assert!(!same("", ""));
    }

    #[test]
    fn the_scheme_may_be_written_in_any_case() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
