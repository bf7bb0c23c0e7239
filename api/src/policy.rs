//! Who may do what: the one place that says so.
//!
//! Every operation of the API comes here before it runs, by name: the GraphQL schema asks for each field of its roots
//! (so that a new query cannot forget to), the HTTP endpoints ask for themselves. For now there is one configured token
//! and its bearer may do everything; roles are a matter of this module alone.

use std::sync::Arc;

use domain::UserId;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Somebody who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Stands in the header of every event that the viewer causes.
    pub actor: Arc<str>,
    /// Whose command ids these are. Stays the same when a token is replaced, so that a retry after it is still a retry.
    pub issuer: Arc<str>,
    /// Whose account it is; none for the configured token.
    pub user: Option<UserId>,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    Query(&'a str),
    Mutation(&'a str),
    Subscription(&'a str),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// No token, or not the right one.
    Unauthenticated,
    /// Known, but not allowed.
    Forbidden,
}

/// The rules in force.
pub struct Policy {
    token: String,
    bearer: Viewer,
}

impl Policy {
    pub fn new(token: impl Into<String>) -> Self {
        let bearer = Viewer {
            actor: "token:configured".into(),
            issuer: "token:configured".into(),
            user: None,
        };
        Self {
            token: token.into(),
            bearer,
        }
    }

    /// Recognizes the bearer of a token.
    pub fn authenticate(&self, token: Option<&str>) -> Result<Viewer, Denied> {
        match token {
            Some(presented) if same(&self.token, presented) => Ok(self.bearer.clone()),
            _ => Err(Denied::Unauthenticated),
        }
    }

    /// Decides whether a viewer may do something. `None`: nobody signed in.
    pub fn admit(&self, viewer: Option<&Viewer>, _operation: Operation<'_>) -> Result<(), Denied> {
        match viewer {
            Some(viewer) if *viewer == self.bearer => Ok(()),
            Some(_) => Err(Denied::Forbidden),
            None => Err(Denied::Unauthenticated),
        }
    }
}

/// Compares two tokens in a time that does not depend on where they differ. An empty token opens nothing.
fn same(expected: &str, presented: &str) -> bool {
    if expected.is_empty() {
        return false;
    }
    let digest = |text: &str| {
        Hmac::<Sha256>::new_from_slice(b"alforis token comparison").map(|mac| mac.chain_update(text.as_bytes()))
    };
    match (digest(expected), digest(presented)) {
        (Ok(expected), Ok(presented)) => expected.verify(&presented.finalize().into_bytes()).is_ok(),
        _ => false,
    }
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
        let policy = Policy::new("secret");
        assert!(policy.authenticate(Some("secret")).is_ok());
        for wrong in [None, Some(""), Some("secre"), Some("secret "), Some("SECRET")] {
            assert_eq!(policy.authenticate(wrong), Err(Denied::Unauthenticated), "{wrong:?}");
        }
        assert!(Policy::new("").authenticate(Some("")).is_err());
    }

    #[test]
    fn nobody_may_do_nothing() {
        let policy = Policy::new("secret");
        let viewer = policy.authenticate(Some("secret")).unwrap();
        assert_eq!(policy.admit(Some(&viewer), Operation::Mutation("dealOpen")), Ok(()));
        assert_eq!(
            policy.admit(None, Operation::Query("deals")),
            Err(Denied::Unauthenticated)
        );
    }

    #[test]
    fn the_scheme_may_be_written_in_any_case() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
