use super::Changes;
use crate::{ApiTokenEvent, PersonEvent, Personal, TeamEvent, UserEvent, user::UserDetails};

pub(super) fn user(event: &UserEvent) -> Changes {
    match event {
        UserEvent::UserRegistered {
            user: _,
            details,
            role,
            language,
            time_zone,
        } => described(details)
            .set("role", role)
            .set("language", language)
            .set("timeZone", time_zone),
        UserEvent::UserDescribed { details } => described(details),
        UserEvent::UserRoleChanged { from: _, to } => Changes::new().set("role", to),
        UserEvent::UserVisibilityChanged { visibility } => Changes::new().set("visibility", visibility),
        UserEvent::UserPreferencesChanged { language, time_zone } => {
            Changes::new().set("language", language).set("timeZone", time_zone)
        }
        UserEvent::UserDeactivated { successor } => Changes::new().set("deactivated", true).set("successor", successor),
        UserEvent::UserReactivated {} => Changes::new().clear("deactivated").clear("successor"),
        UserEvent::UserSecondFactorEnabled {} => Changes::new().set("secondFactor", true),
        UserEvent::UserSecondFactorDisabled {} => Changes::new().clear("secondFactor"),
        // What is secret is no field.
        UserEvent::UserPasswordSet {} | UserEvent::UserSignedOutEverywhere {} => Changes::new(),
    }
}

fn described(details: &Personal<UserDetails>) -> Changes {
    match details {
        Personal::Known { person, value } => Changes::new()
            .set("name", Personal::new(*person, &value.name))
            .set("email", Personal::new(*person, &value.email)),
        Personal::Erased { person } => {
            let erased = || Personal::<()>::Erased { person: *person };
            Changes::new().set("name", erased()).set("email", erased())
        }
    }
}

pub(super) fn team(event: &TeamEvent) -> Changes {
    match event {
        TeamEvent::TeamFormed { name } | TeamEvent::TeamRenamed { name } => Changes::new().set("name", name),
        TeamEvent::TeamMemberAdded { member } => Changes::new().add("members", [member]),
        TeamEvent::TeamMemberRemoved { member } => Changes::new().remove("members", [member]),
        TeamEvent::TeamDisbanded {} => Changes::new().set("disbanded", true),
    }
}

pub(super) fn api_token(event: &ApiTokenEvent) -> Changes {
    match event {
        ApiTokenEvent::ApiTokenIssued {
            name,
            owner,
            role,
            expires_at,
        } => Changes::new()
            .set("name", name)
            .set("owner", owner)
            .set("role", role)
            .set("expiresAt", expires_at),
        ApiTokenEvent::ApiTokenRevoked {} => Changes::new().set("revoked", true),
    }
}

pub(super) fn person(event: &PersonEvent) -> Changes {
    match event {
        PersonEvent::PersonErased { person: _, ground } => Changes::new().set("erased", ground),
        PersonEvent::PersonUnited { person: _, with } => Changes::new().add("united", [with]),
    }
}
