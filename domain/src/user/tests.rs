use chrono_tz::Tz;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::{InvalidValue, Language, Personal, Refusal, value::Problem};

const INES: UserId = UserId(Uuid::from_u128(1));
const PAUL: UserId = UserId(Uuid::from_u128(2));

fn given(events: Vec<UserEvent>) -> AggregateTestExecutor<User> {
    TestFramework::<User>::with(()).given(events)
}

fn details(name: &str, email: &str) -> UserDetails {
    UserDetails {
        name: name.to_owned(),
        email: email.to_owned(),
    }
}

fn register(role: Role) -> UserCommand {
    UserCommand::Register(RegisterUser {
        user: INES,
        details: details(" Inès Moreau ", "ines@energie.example"),
        role,
        language: Language::French,
        time_zone: Tz::Europe__Paris,
    })
}

fn registered(role: Role) -> UserEvent {
    UserEvent::UserRegistered {
        user: INES,
        details: Personal::new(person_of(INES), details("Inès Moreau", "ines@energie.example")),
        role,
        language: Language::French,
        time_zone: Tz::Europe__Paris,
    }
}

#[test]
fn a_user_is_registered_once() {
    given(vec![])
        .when(register(Role::Sales))
        .then_expect_events(vec![registered(Role::Sales)]);
    given(vec![registered(Role::Sales)])
        .when(register(Role::Sales))
        .then_expect_error(UserError::AlreadyRegistered);
}

#[test]
fn a_user_signs_in_with_an_address_that_can_be_one() {
    let command = UserCommand::Describe {
        user: INES,
        details: details("Inès", "ines"),
    };
    given(vec![registered(Role::Sales)])
        .when(command)
        .then_expect_error(InvalidValue::new("email", Problem::NotAnEmail).into());
}

#[test]
fn nobody_takes_their_own_administration_away() {
    let change = |by| UserCommand::ChangeRole { role: Role::Sales, by };
    given(vec![registered(Role::Admin)])
        .when(change(Some(INES)))
        .then_expect_error(UserError::OwnAdministration);
    for by in [Some(PAUL), None] {
        given(vec![registered(Role::Admin)])
            .when(change(by))
            .then_expect_events(vec![UserEvent::UserRoleChanged {
                from: Role::Admin,
                to: Role::Sales,
            }]);
    }
}

#[test]
fn nobody_deactivates_themselves() {
    let deactivate = |by| UserCommand::Deactivate { by, successor: None };
    given(vec![registered(Role::Admin)])
        .when(deactivate(Some(INES)))
        .then_expect_error(UserError::OwnAccount);
    given(vec![registered(Role::Sales)])
        .when(deactivate(Some(PAUL)))
        .then_expect_events(vec![UserEvent::UserDeactivated { successor: None }]);
    given(vec![
        registered(Role::Sales),
        UserEvent::UserDeactivated { successor: None },
    ])
    .when(deactivate(None))
    .then_expect_events(vec![]);
}

#[test]
fn a_deactivated_account_gets_no_password() {
    let gone = vec![registered(Role::Sales), UserEvent::UserDeactivated { successor: None }];
    given(gone.clone())
        .when(UserCommand::NotePassword)
        .then_expect_error(UserError::Deactivated);
    given(gone)
        .when(UserCommand::Reactivate)
        .then_expect_events(vec![UserEvent::UserReactivated {}]);
    assert_eq!(UserError::Deactivated.allowed(), ["Reactivate"]);
}

#[test]
fn what_somebody_sees_follows_their_role_unless_their_account_says_otherwise() {
    let sees = |events: &[UserEvent]| User::replay(events).visibility();
    assert_eq!(sees(&[registered(Role::Sales)]), Some(Visibility::Own));
    assert_eq!(sees(&[registered(Role::Manager)]), Some(Visibility::Team));
    assert_eq!(sees(&[registered(Role::Auditor)]), Some(Visibility::All));
    let wider = UserEvent::UserVisibilityChanged {
        visibility: Some(Visibility::All),
    };
    assert_eq!(sees(&[registered(Role::Sales), wider]), Some(Visibility::All));
}

#[test]
fn what_is_so_already_leads_to_nothing() {
    let events = vec![registered(Role::Sales), UserEvent::UserSecondFactorEnabled {}];
    for command in [
        UserCommand::ChangeRole {
            role: Role::Sales,
            by: None,
        },
        UserCommand::ChangeVisibility { visibility: None },
        UserCommand::Prefer {
            language: Language::French,
            time_zone: Tz::Europe__Paris,
        },
        UserCommand::Reactivate,
        UserCommand::NoteSecondFactor { enabled: true },
    ] {
        given(events.clone()).when(command).then_expect_events(vec![]);
    }
}

#[test]
fn an_account_that_does_not_exist_takes_nothing() {
    given(vec![])
        .when(UserCommand::Reactivate)
        .then_expect_error(UserError::NotRegistered);
}
