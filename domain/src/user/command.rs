use chrono_tz::Tz;
use serde::Serialize;

use super::{
    event::UserDetails,
    role::{Role, Visibility},
};
use crate::{Language, UserId};

/// What one can ask of a user's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum UserCommand {
    Register(RegisterUser),
    /// The whole of what is known of them.
    Describe {
        user: UserId,
        details: UserDetails,
    },
    /// `by`: who asks; nobody takes their own administration away.
    ChangeRole {
        role: Role,
        by: Option<UserId>,
    },
    /// Absent: what their role sees.
    ChangeVisibility {
        visibility: Option<Visibility>,
    },
    Prefer {
        language: Language,
        time_zone: Tz,
    },
    /// Nobody deactivates themselves.
    Deactivate {
        by: Option<UserId>,
        /// Who takes over what they owned.
        successor: Option<UserId>,
    },
    Reactivate,
    /// A password was set; the password itself goes to the vault.
    NotePassword,
    /// The second factor was confirmed, or is no longer asked for.
    NoteSecondFactor {
        enabled: bool,
    },
    /// Every session of theirs was ended.
    NoteSignedOutEverywhere,
}

/// What is known of a user when they are registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegisterUser {
    pub user: UserId,
    pub details: UserDetails,
    pub role: Role,
    pub language: Language,
    pub time_zone: Tz,
}
