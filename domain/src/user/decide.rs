use super::{
    command::{RegisterUser, UserCommand},
    error::UserError,
    event::{UserDetails, UserEvent},
    person_of,
    role::Role,
    state::{Account, UserState},
};
use crate::{
    Decider, InvalidValue, Personal, UserId,
    value::{self, NAME_MAX},
};

type Decision = Result<Vec<UserEvent>, UserError>;

impl Decider for UserState {
    const TYPE: &'static str = "user";

    type Command = UserCommand;
    type Event = UserEvent;
    type Error = UserError;

    fn decide(&self, command: UserCommand) -> Decision {
        if let UserCommand::Register(user) = command {
            return self.register(&user);
        }
        let account = self.account.as_ref().ok_or(UserError::NotRegistered)?;
        match command {
            UserCommand::Register(_) => Err(UserError::AlreadyRegistered),
            // What is known of them is sealed, so whether it is said anew cannot be seen here.
            UserCommand::Describe { user, details } => Ok(vec![UserEvent::UserDescribed {
                details: personal(user, &details)?,
            }]),
            UserCommand::ChangeRole { role, by } => account.change_role(role, by.is_some_and(|by| self.is(by))),
            UserCommand::ChangeVisibility { visibility } => Ok(unless(
                visibility == account.visibility,
                UserEvent::UserVisibilityChanged { visibility },
            )),
            UserCommand::Prefer { language, time_zone } => Ok(unless(
                language == account.language && time_zone == account.time_zone,
                UserEvent::UserPreferencesChanged { language, time_zone },
            )),
            UserCommand::Deactivate { by, successor } => {
                account.deactivate(by.is_some_and(|by| self.is(by)), successor)
            }
            UserCommand::Reactivate => Ok(unless(account.active, UserEvent::UserReactivated {})),
            UserCommand::NotePassword => account.active_only(vec![UserEvent::UserPasswordSet {}]),
            UserCommand::NoteSecondFactor { enabled: true } => {
                account.active_only(unless(account.second_factor, UserEvent::UserSecondFactorEnabled {}))
            }
            UserCommand::NoteSecondFactor { enabled: false } => {
                Ok(unless(!account.second_factor, UserEvent::UserSecondFactorDisabled {}))
            }
            UserCommand::NoteSignedOutEverywhere => Ok(vec![UserEvent::UserSignedOutEverywhere {}]),
        }
    }

    fn evolve(&mut self, event: &UserEvent) {
        self.apply(event);
    }
}

impl UserState {
    fn register(&self, user: &RegisterUser) -> Decision {
        if self.exists() {
            return Err(UserError::AlreadyRegistered);
        }
        Ok(vec![UserEvent::UserRegistered {
            user: user.user,
            details: personal(user.user, &user.details)?,
            role: user.role,
            language: user.language,
            time_zone: user.time_zone,
        }])
    }

    fn is(&self, user: UserId) -> bool {
        self.account.as_ref().is_some_and(|account| account.id == user)
    }
}

impl Account {
    /// Somebody must be left who can give roles: nobody takes their own administration away, so the one who takes it
    /// from the last but one keeps it.
    fn change_role(&self, role: Role, oneself: bool) -> Decision {
        if role == self.role {
            return Ok(Vec::new());
        }
        if oneself && self.role == Role::Admin {
            return Err(UserError::OwnAdministration);
        }
        Ok(vec![UserEvent::UserRoleChanged {
            from: self.role,
            to: role,
        }])
    }

    fn deactivate(&self, oneself: bool, successor: Option<UserId>) -> Decision {
        if !self.active {
            return Ok(Vec::new());
        }
        if oneself {
            return Err(UserError::OwnAccount);
        }
        if successor == Some(self.id) {
            return Err(UserError::OwnSuccessor);
        }
        Ok(vec![UserEvent::UserDeactivated { successor }])
    }

    fn active_only(&self, events: Vec<UserEvent>) -> Decision {
        if self.active {
            Ok(events)
        } else {
            Err(UserError::Deactivated)
        }
    }
}

fn unless(fulfilled: bool, event: UserEvent) -> Vec<UserEvent> {
    if fulfilled { Vec::new() } else { vec![event] }
}

fn personal(user: UserId, details: &UserDetails) -> Result<Personal<UserDetails>, InvalidValue> {
    let details = UserDetails {
        name: value::line("name", &details.name, NAME_MAX)?,
        email: value::email("email", &details.email)?,
    };
    Ok(Personal::new(person_of(user), details))
}
