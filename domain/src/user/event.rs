use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::role::{Role, Visibility};
use crate::{Language, Personal, UserId, event::event_types};

/// What can have happened to a user's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum UserEvent {
    UserRegistered {
        user: UserId,
        details: Personal<UserDetails>,
        role: Role,
        language: Language,
        /// Of the IANA database.
        #[schemars(with = "String")]
        time_zone: Tz,
    },
    UserDescribed {
        details: Personal<UserDetails>,
    },
    UserRoleChanged {
        from: Role,
        to: Role,
    },
    /// Absent: what the role sees.
    UserVisibilityChanged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        visibility: Option<Visibility>,
    },
    UserPreferencesChanged {
        language: Language,
        #[schemars(with = "String")]
        time_zone: Tz,
    },
    UserDeactivated {
        /// Who takes over what they owned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        successor: Option<UserId>,
    },
    UserReactivated {},
    UserPasswordSet {},
    UserSecondFactorEnabled {},
    UserSecondFactorDisabled {},
    UserSignedOutEverywhere {},
}

event_types!(UserEvent of "user" {
    UserRegistered = 1,
    UserDescribed = 1,
    UserRoleChanged = 1,
    UserVisibilityChanged = 1,
    UserPreferencesChanged = 1,
    UserDeactivated = 1,
    UserReactivated = 1,
    UserPasswordSet = 1,
    UserSecondFactorEnabled = 1,
    UserSecondFactorDisabled = 1,
    UserSignedOutEverywhere = 1,
});

/// Who a user is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDetails {
    pub name: String,
    /// What they sign in with.
    pub email: String,
}
