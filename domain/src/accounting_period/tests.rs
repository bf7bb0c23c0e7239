use chrono::NaiveDate;
use cqrs_es::test::TestFramework;

use super::*;
use crate::{
    InvalidValue, Refusal,
    accounting::{Account, AccountRole, ExportColumn, ExportField, ExportFormat, Journal, JournalName},
    billing::Percentage,
    decider::Decider,
    value::Problem,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn locked(through: &str) -> AccountingEvent {
    AccountingEvent::PeriodLocked { through: day(through) }
}

fn lock(through: &str) -> AccountingCommand {
    AccountingCommand::LockPeriod {
        through: day(through),
        today: day("2027-01-10"),
    }
}

fn map(role: AccountRole, number: &str) -> AccountingCommand {
    AccountingCommand::MapAccount {
        role,
        account: Account {
            number: number.to_owned(),
            label: "Un compte".to_owned(),
        },
    }
}

fn refused(command: AccountingCommand, error: impl Into<AccountingError>) {
    TestFramework::<Accounting>::with(())
        .given_no_previous_events()
        .when(command)
        .then_expect_error(error.into());
}

#[test]
fn a_period_is_locked_once_and_for_good() {
    TestFramework::<Accounting>::with(())
        .given_no_previous_events()
        .when(lock("2026-12-31"))
        .then_expect_events(vec![locked("2026-12-31")]);
    TestFramework::<Accounting>::with(())
        .given(vec![locked("2026-12-31")])
        .when(lock("2026-12-31"))
        .then_expect_events(Vec::new());
    TestFramework::<Accounting>::with(())
        .given(vec![locked("2026-11-30")])
        .when(lock("2026-12-31"))
        .then_expect_events(vec![locked("2026-12-31")]);
    TestFramework::<Accounting>::with(())
        .given(vec![locked("2026-12-31")])
        .when(lock("2026-12-30"))
        .then_expect_error(AccountingError::PeriodLocked {
            field: "through",
            on: day("2026-12-30"),
            through: day("2026-12-31"),
        });
}

#[test]
fn what_is_still_to_come_is_not_locked() {
    refused(
        lock("2027-01-11"),
        AccountingError::PeriodNotOver {
            through: day("2027-01-11"),
            today: day("2027-01-10"),
        },
    );
    refused(lock("1800-01-01"), InvalidValue::new("through", Problem::DateTooFar));
}

#[test]
fn whoever_chooses_a_day_that_is_locked_is_told_so() {
    let books = Accounting::replay(&[locked("2026-12-31")]);
    let refused = books.open_on("issuedOn", day("2026-12-31")).unwrap_err();
    assert_eq!((refused.code(), refused.field()), ("PERIOD_LOCKED", Some("issuedOn")));
    assert_eq!(books.open_on("issuedOn", day("2027-01-01")), Ok(()));
    assert_eq!(
        AccountingState::default().open_on("issuedOn", day("1999-01-01")),
        Ok(())
    );
}

#[test]
fn an_account_is_of_the_class_of_its_use() {
    let rate = Percentage::new("rate", 20.into()).unwrap();
    for (role, number) in [
        (AccountRole::Services, "606000"),
        (AccountRole::Services, "709000"),
        (AccountRole::Customers, "419100"),
        (AccountRole::Rebates, "706000"),
        (AccountRole::VatDue(rate), "445740"),
        (AccountRole::VatPending(rate), "44571200"),
        (AccountRole::Cash, "512000"),
    ] {
        refused(map(role, number), InvalidValue::new("number", Problem::NotAnAccount));
    }
    TestFramework::<Accounting>::with(())
        .given_no_previous_events()
        .when(map(AccountRole::VatDue(rate), " 445711 "))
        .then_expect_events(vec![AccountingEvent::AccountMapped {
            role: AccountRole::VatDue(rate),
            account: Account {
                number: "445711".to_owned(),
                label: "Un compte".to_owned(),
            },
        }]);
}

#[test]
fn journals_have_codes_of_their_own() {
    let name = |journal, code: &str| AccountingCommand::NameJournal {
        journal,
        name: JournalName {
            code: code.to_owned(),
            label: "Ventes".to_owned(),
        },
    };
    refused(name(Journal::Sales, "bq"), AccountingError::JournalCodeTaken);
    refused(
        name(Journal::Sales, "V E"),
        InvalidValue::new("code", Problem::NotACode),
    );
    let state = AccountingState::default();
    assert_eq!(state.decide(name(Journal::Sales, "ve")), Ok(Vec::new()));
}

#[test]
fn columns_have_titles_that_can_be_told_apart() {
    let column = |title: &str| ExportColumn {
        title: title.to_owned(),
        field: ExportField::Account,
    };
    let save = |columns: Vec<ExportColumn>| AccountingCommand::SaveExportMapping {
        format: ExportFormat::Sage,
        columns,
    };
    refused(save(Vec::new()), InvalidValue::new("columns", Problem::Missing));
    refused(
        save(vec![column("Compte"), column("compte")]),
        InvalidValue::new("title", Problem::Repeated),
    );
    refused(
        save(vec![column("a\tb")]),
        InvalidValue::new("title", Problem::ControlCharacter),
    );
    let mut state = AccountingState::default();
    assert_eq!(state.columns(ExportFormat::Sage), ExportFormat::Sage.usual_columns());
    for event in state.decide(save(vec![column("Compte")])).unwrap() {
        state.evolve(&event);
    }
    assert_eq!(state.columns(ExportFormat::Sage), [column("Compte")]);
    assert_eq!(state.decide(save(vec![column(" Compte ")])), Ok(Vec::new()));
}
