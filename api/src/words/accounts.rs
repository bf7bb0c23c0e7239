//! Users, teams and tokens.

use domain::{ApiTokenEvent, Personal, SavedFilterEvent, TeamEvent, UserEvent, user::UserDetails};

use super::{listed, minute};

pub(super) fn user(event: &UserEvent) -> String {
    match event {
        UserEvent::UserRegistered { details, role, .. } => {
            listed(format!("registered as {}", role.as_str()), [Some(who(details))])
        }
        UserEvent::UserDescribed { details } => format!("is {}", who(details)),
        UserEvent::UserRoleChanged { from, to } => format!("role {} → {}", from.as_str(), to.as_str()),
        UserEvent::UserVisibilityChanged {
            visibility: Some(visibility),
        } => format!("sees {}", visibility.as_str()),
        UserEvent::UserVisibilityChanged { visibility: None } => "sees what the role sees".to_owned(),
        UserEvent::UserPreferencesChanged { language, time_zone } => {
            format!("prefers {}, {}", language.as_str(), time_zone.name())
        }
        UserEvent::UserDeactivated { successor } => {
            let successor = successor.map(|successor| format!("user {successor} takes over"));
            listed("deactivated".to_owned(), [successor])
        }
        UserEvent::UserReactivated {} => "reactivated".to_owned(),
        UserEvent::UserPasswordSet {} => "password set".to_owned(),
        UserEvent::UserSecondFactorEnabled {} => "second factor on".to_owned(),
        UserEvent::UserSecondFactorDisabled {} => "second factor off".to_owned(),
        UserEvent::UserSignedOutEverywhere {} => "signed out everywhere".to_owned(),
    }
}

fn who(details: &Personal<UserDetails>) -> String {
    match details.value() {
        Some(details) => format!("{}, {}", details.name, details.email),
        None => format!("person {}, erased", details.person()),
    }
}

pub(super) fn saved_filter(event: &SavedFilterEvent) -> String {
    match event {
        SavedFilterEvent::FilterSaved { name, list, .. } => format!("filter “{name}” of {} saved", list.as_str()),
        SavedFilterEvent::FilterChanged { name, .. } => listed(
            "changed".to_owned(),
            [name.as_ref().map(|name| format!("renamed to “{name}”"))],
        ),
        SavedFilterEvent::FilterRemoved {} => "removed".to_owned(),
    }
}

pub(super) fn team(event: &TeamEvent) -> String {
    match event {
        TeamEvent::TeamFormed { name } => format!("formed as “{name}”"),
        TeamEvent::TeamRenamed { name } => format!("renamed to “{name}”"),
        TeamEvent::TeamMemberAdded { member } => format!("user {member} joined"),
        TeamEvent::TeamMemberRemoved { member } => format!("user {member} left"),
        TeamEvent::TeamDisbanded {} => "disbanded".to_owned(),
    }
}

pub(super) fn api_token(event: &ApiTokenEvent) -> String {
    match event {
        ApiTokenEvent::ApiTokenIssued {
            name,
            owner,
            role,
            expires_at,
        } => {
            let end = expires_at.map(|end| format!("until {}", minute(end)));
            listed(format!("issued as “{name}” to user {owner}, {}", role.as_str()), [end])
        }
        ApiTokenEvent::ApiTokenRevoked {} => "revoked".to_owned(),
    }
}
