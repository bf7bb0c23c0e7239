use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{
    event::UserEvent,
    role::{Role, Visibility},
};
use crate::{Language, UserId};

/// What an account remembers in order to decide. Not who the person is: that is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UserState {
    pub(super) account: Option<Account>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) id: UserId,
    pub(super) role: Role,
    pub(super) visibility: Option<Visibility>,
    pub(super) language: Language,
    pub(super) time_zone: Tz,
    pub(super) active: bool,
    pub(super) second_factor: bool,
}

impl UserState {
    pub const fn exists(&self) -> bool {
        self.account.is_some()
    }

    /// Whether they may sign in.
    pub fn is_active(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.active)
    }

    pub fn role(&self) -> Option<Role> {
        self.account.as_ref().map(|account| account.role)
    }

    /// Which records they see.
    pub fn visibility(&self) -> Option<Visibility> {
        let account = self.account.as_ref()?;
        Some(account.visibility.unwrap_or(account.role.visibility()))
    }

    /// Which records they see, where their account says otherwise than their role.
    pub fn own_visibility(&self) -> Option<Visibility> {
        self.account.as_ref().and_then(|account| account.visibility)
    }

    pub fn language(&self) -> Option<Language> {
        self.account.as_ref().map(|account| account.language)
    }

    pub fn time_zone(&self) -> Option<Tz> {
        self.account.as_ref().map(|account| account.time_zone)
    }

    /// Whether a code is asked for beside the password.
    pub fn has_second_factor(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.second_factor)
    }

    pub(super) fn apply(&mut self, event: &UserEvent) {
        if let UserEvent::UserRegistered {
            user,
            role,
            language,
            time_zone,
            ..
        } = event
        {
            self.account = Some(Account {
                id: *user,
                role: *role,
                visibility: None,
                language: *language,
                time_zone: *time_zone,
                active: true,
                second_factor: false,
            });
        } else if let Some(account) = &mut self.account {
            account.apply(event);
        }
    }
}

impl Account {
    fn apply(&mut self, event: &UserEvent) {
        match event {
            UserEvent::UserRegistered { .. }
            | UserEvent::UserDescribed { .. }
            | UserEvent::UserPasswordSet {}
            | UserEvent::UserSignedOutEverywhere {} => {}
            UserEvent::UserRoleChanged { to, .. } => self.role = *to,
            UserEvent::UserVisibilityChanged { visibility } => self.visibility = *visibility,
            UserEvent::UserPreferencesChanged { language, time_zone } => {
                self.language = *language;
                self.time_zone = *time_zone;
            }
            UserEvent::UserDeactivated { .. } => self.active = false,
            UserEvent::UserReactivated {} => self.active = true,
            UserEvent::UserSecondFactorEnabled {} => self.second_factor = true,
            UserEvent::UserSecondFactorDisabled {} => self.second_factor = false,
        }
    }
}
