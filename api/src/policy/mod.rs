//! Who may do what, who sees which records, and who sees which fields: the one place that says so.
//!
//! Every operation of the API comes here before it runs, by name ([`admit`], asked by the schema for each field of its
//! roots and by the HTTP endpoints for themselves). What is not in the table of [`rules`] is nobody's. Who is asking is
//! found out elsewhere ([`crate::authentication`]).

pub mod rules;
mod scope;
mod sight;

use std::sync::Arc;

use chrono_tz::Tz;
use domain::{Language, Role, UserId, user::Visibility};
use identity::{Bearer, Proof};

pub use self::{
    rules::{Operation, Roles},
    scope::{Record, Scope},
    sight::{Eyes, StreamSight},
};

/// Somebody who proved who they are, with the rights they have at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Stands in the header of every event that the viewer causes.
    pub actor: Arc<str>,
    /// Whose command ids these are. Stays the same when a token is replaced, so that a retry after it is still a retry.
    pub issuer: Arc<str>,
    pub role: Role,
    pub visibility: Visibility,
    /// The account that speaks; none for the configured token.
    pub bearer: Option<Bearer>,
}

impl Viewer {
    /// Whoever holds the token that the server was started with: its operator.
    pub fn operator() -> Self {
        Self {
            actor: "token:configured".into(),
            issuer: "token:configured".into(),
            role: Role::Admin,
            visibility: Visibility::All,
            bearer: None,
        }
    }

    /// Which records they see.
    pub fn scope(&self) -> Scope {
        Scope::of(self)
    }

    /// The account's user; none for the operator.
    pub fn user(&self) -> Option<UserId> {
        self.bearer.as_ref().map(|bearer| bearer.user)
    }

    /// In which language they are spoken to when their request does not say.
    pub fn language(&self) -> Option<Language> {
        self.bearer.as_ref().map(|bearer| bearer.language)
    }

    /// In which zone their days begin.
    pub fn time_zone(&self) -> Tz {
        self.bearer
            .as_ref()
            .map_or(Tz::Europe__Paris, |bearer| bearer.time_zone)
    }

    /// Whether they may see data about persons.
    pub const fn sees_persons(&self) -> bool {
        rules::PERSONAL.contains(self.role)
    }

    /// Whether a person speaks, or the operator: a program's token makes no other credentials.
    pub fn may_make_credentials(&self) -> bool {
        !matches!(
            self.bearer,
            Some(Bearer {
                proof: Proof::Token { .. },
                ..
            })
        )
    }
}

impl From<Bearer> for Viewer {
    fn from(bearer: Bearer) -> Self {
        let name = match &bearer.proof {
            Proof::Session { .. } => format!("user:{}", bearer.user),
            Proof::Token { id } => format!("token:{id}"),
        };
        Self {
            actor: name.as_str().into(),
            issuer: name.as_str().into(),
            role: bearer.role,
            visibility: bearer.visibility,
            bearer: Some(bearer),
        }
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Nobody signed in, or not successfully.
    Unauthenticated,
    /// Known, but not allowed.
    Forbidden,
}

/// Decides whether a viewer may do something. `None`: nobody signed in.
pub fn admit(viewer: Option<&Viewer>, operation: Operation<'_>) -> Result<(), Denied> {
    let rule = rules::of(operation);
    match (viewer, rule) {
        (_, Some(rule)) if rule.public => Ok(()),
        (None, _) => Err(Denied::Unauthenticated),
        (Some(viewer), Some(rule)) if rule.roles.contains(viewer.role) => Ok(()),
        (Some(_), _) => Err(Denied::Forbidden),
    }
}

/// Decides whether a viewer may see a field. Most fields are for whoever sees the object.
pub fn may_see(viewer: Option<&Viewer>, object: &str, field: &str) -> Result<(), Denied> {
    match (rules::of_field(object, field), viewer) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(Denied::Unauthenticated),
        (Some(roles), Some(viewer)) if roles.contains(viewer.role) => Ok(()),
        (Some(_), Some(_)) => Err(Denied::Forbidden),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(role: Role) -> Viewer {
        Viewer {
            role,
            visibility: role.visibility(),
            ..Viewer::operator()
        }
    }

    #[test]
    fn nobody_may_do_nothing_but_sign_in() {
        assert_eq!(admit(None, Operation::Query("deals")), Err(Denied::Unauthenticated));
        assert_eq!(admit(None, Operation::Mutation("signIn")), Ok(()));
    }

    #[test]
    fn what_is_not_in_the_table_is_nobodys() {
        let admin = viewer(Role::Admin);
        assert_eq!(admit(Some(&admin), Operation::Query("secrets")), Err(Denied::Forbidden));
        // A query's rule says nothing about a mutation of the same name.
        assert_eq!(
            admit(Some(&admin), Operation::Mutation("deals")),
            Err(Denied::Forbidden)
        );
    }

    #[test]
    fn an_auditor_changes_nothing_of_the_trade() {
        let auditor = viewer(Role::Auditor);
        assert_eq!(admit(Some(&auditor), Operation::Query("history")), Ok(()));
        assert_eq!(
            admit(Some(&auditor), Operation::Mutation("dealOpen")),
            Err(Denied::Forbidden)
        );
    }

    #[test]
    fn an_analyst_sees_no_address() {
        let analyst = viewer(Role::Analyst);
        assert_eq!(may_see(Some(&analyst), "User", "email"), Err(Denied::Forbidden));
        assert_eq!(may_see(Some(&analyst), "User", "name"), Ok(()));
        assert_eq!(may_see(Some(&viewer(Role::Sales)), "User", "email"), Ok(()));
    }
}
