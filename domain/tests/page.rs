//! `docs/domain.md` is the map of the rules: what it does not show would be found by nobody.

use std::{fs, path::Path};

use chrono::NaiveDate;
use domain::{
    AccountingError, ActivityError, ContactError, ContactId, ContractError, Currency, DealError, Event, FileError,
    InvalidValue, OrganizationError, OrganizationId, PersonError, PipelineError, Refusal, ReservationError, TaskError,
    TaskSeriesError,
    activity::ActivityKind,
    contact::ConsentPurpose,
    contract::{
        Alert, AlertDate, AlertSkip, BillingItemKind, BillingNature, BillingTiming, ContractKind, ContractStatus,
        Ground, Party, ReasonCategory, RenewalKind, TerminationReason,
    },
    deal::{DealStatus, LossReason, SourceKind},
    inbox::NotificationKind,
    organization::OrganizationKind,
    pipeline::{Stage, StageKind},
    recurrence::RuleProblem,
    reservation::ReservationKind,
    task::{LinkCategory, Priority, TaskStatus},
    task_series::{Anchor, Missed},
    value::Problem,
};
use uuid::Uuid;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/domain.md")).unwrap()
}

fn assert_shown<'a>(words: impl IntoIterator<Item = &'a str>) {
    let page = page();
    for word in words {
        assert!(
            page.contains(&format!("`{word}`")),
            "docs/domain.md does not mention `{word}`"
        );
    }
}

#[test]
fn every_event_is_on_the_page() {
    assert_shown(Event::types().map(|known| known.name));
    assert_shown(Event::types().map(|known| known.category));
}

#[test]
fn every_refusal_is_on_the_page() {
    let (kind, holder) = (ReservationKind::OrganizationSiren, Uuid::nil());
    let refusals: Vec<Box<dyn Refusal>> = vec![
        Box::new(AccountingError::PeriodLocked {
            field: "through",
            on: NaiveDate::MIN,
            through: NaiveDate::MIN,
        }),
        Box::new(AccountingError::PeriodNotOver {
            through: NaiveDate::MIN,
            today: NaiveDate::MIN,
        }),
        Box::new(AccountingError::JournalCodeTaken),
        Box::new(DealError::NotOpened),
        Box::new(DealError::AlreadyOpened),
        Box::new(DealError::Closed {
            status: DealStatus::Won,
        }),
        Box::new(DealError::NotClosed {
            stage: Stage::Prospection.into(),
        }),
        Box::new(DealError::ClosingStage {
            stage: Stage::Signe.into(),
            kind: StageKind::Won,
        }),
        Box::new(DealError::WrongKind {
            stage: Stage::Signe.into(),
            wanted: StageKind::Lost,
        }),
        Box::new(DealError::StageRetired {
            stage: Stage::Signe.into(),
        }),
        Box::new(DealError::PipelineArchived),
        Box::new(DealError::OtherPipeline {
            stage: Stage::Signe.into(),
        }),
        Box::new(DealError::TwoCurrencies {
            net: Currency::EUR,
            gross: Currency::EUR,
        }),
        Box::new(DealError::CreditIncomplete { sum: 1 }),
        Box::new(PipelineError::NotCreated),
        Box::new(PipelineError::AlreadyCreated),
        Box::new(PipelineError::UnknownStage {
            code: Stage::Signe.into(),
            known: Vec::new(),
        }),
        Box::new(PipelineError::StageExists {
            code: Stage::Signe.into(),
        }),
        Box::new(PipelineError::TooManyStages),
        Box::new(PipelineError::LastOfItsKind { kind: StageKind::Open }),
        Box::new(PipelineError::SecondWonStage),
        Box::new(PipelineError::OpenAfterClosing),
        Box::new(PipelineError::NotEveryStageOnce { all: Vec::new() }),
        Box::new(PipelineError::ProbabilityIsFixed {
            code: Stage::Signe.into(),
        }),
        Box::new(OrganizationError::NotRegistered),
        Box::new(OrganizationError::AlreadyRegistered),
        Box::new(OrganizationError::NeverACustomer),
        Box::new(OrganizationError::Archived),
        Box::new(OrganizationError::Merged {
            survivor: OrganizationId(holder),
        }),
        Box::new(OrganizationError::TwoCompanies),
        Box::new(OrganizationError::SiretOfAnother),
        Box::new(OrganizationError::VatNumberOfAnother),
        Box::new(ContactError::NotFound),
        Box::new(ContactError::AlreadyExists),
        Box::new(ContactError::Archived),
        Box::new(ContactError::Merged {
            survivor: ContactId(holder),
        }),
        Box::new(ContactError::AnotherPerson),
        Box::new(ActivityError::NotFound),
        Box::new(ActivityError::AlreadyRecorded),
        Box::new(ActivityError::Withdrawn),
        Box::new(ActivityError::AboutNothing),
        Box::new(ActivityError::AnotherKind),
        Box::new(FileError::NotFound),
        Box::new(FileError::AttachedAlready),
        Box::new(FileError::TooMany),
        Box::new(TaskError::NotCreated),
        Box::new(TaskError::AlreadyCreated),
        Box::new(TaskError::Finished {
            status: TaskStatus::Done,
        }),
        Box::new(TaskError::ReminderAfterDue),
        Box::new(TaskError::Superseded),
        Box::new(TaskError::AlreadyDone),
        Box::new(TaskError::AlreadyRecurring),
        Box::new(TaskSeriesError::NotStarted),
        Box::new(TaskSeriesError::AlreadyStarted),
        Box::new(TaskSeriesError::Ended),
        Box::new(TaskSeriesError::NotInSeries),
        Box::new(PersonError::NoPerson),
        Box::new(ReservationError::Taken { kind, holder }),
        Box::new(ReservationError::NotTheHolder { kind, holder }),
    ];
    assert_shown(refusals.iter().map(|refusal| refusal.code()));
    let problems = [
        Problem::Missing,
        Problem::TooLong { max: 1, found: 2 },
        Problem::ControlCharacter,
        Problem::NotAnAccount,
        Problem::Negative,
        Problem::TooLarge { max: 1 },
        Problem::TooPrecise { decimals: 2 },
        Problem::OutOfRange { min: 1, max: 2 },
        Problem::DateTooFar,
        Problem::NotASiren,
        Problem::NotASiret,
        Problem::NotAVatNumber,
        Problem::NotAnIban,
        Problem::NotABic,
        Problem::NotACountry,
        Problem::NotAPostcode,
        Problem::NotALanguage,
        Problem::NotAKey,
        Problem::EndBeforeStart { days: 1 },
        Problem::NotACurrency,
        Problem::NotAnEmail,
        Problem::NotAPhone,
        Problem::NotACode,
        Problem::TooMany { max: 1, found: 2 },
        Problem::Repeated,
        Problem::NotATimeZone,
        Problem::NotATime,
        Problem::OneOfTwo { other: "other" },
        Problem::NotARule(RuleProblem::NoFrequency),
        Problem::NotARank,
        Problem::Erased,
    ];
    assert_shown(problems.map(|problem| InvalidValue::new("field", problem).code()));
}

#[test]
fn every_refusal_of_a_contract_is_on_the_page() {
    let (on, alert) = (
        NaiveDate::MIN,
        Alert {
            before: AlertDate::TermEnd,
            date: NaiveDate::MIN,
            days: 90,
        },
    );
    let refusals = [
        ContractError::NotDrafted,
        ContractError::AlreadyDrafted,
        ContractError::Signed,
        ContractError::NotSigned,
        ContractError::Discarded,
        ContractError::Ended {
            status: ContractStatus::Expired,
        },
        ContractError::NoticeGiven,
        ContractError::NoNotice,
        ContractError::NoticeEffective { last_day: on },
        ContractError::Paused,
        ContractError::NotPaused,
        ContractError::EndBeforeStart { field: "endsOn" },
        ContractError::OverlappingTerms {
            field: "lines",
            name: String::new(),
        },
        ContractError::OutsideTerm {
            field: "on",
            from: on,
            until: None,
        },
        ContractError::NoticeTooLate { deadline: on },
        ContractError::NoticeTooShort { earliest: on },
        ContractError::GroundNotOpen,
        ContractError::NothingToRenew,
        ContractError::AnotherCurrency {
            expected: Currency::EUR,
        },
        ContractError::NoIndexClause,
        ContractError::IndexValueMissing {
            index: String::new(),
            after: on,
        },
        ContractError::IndexedLater { on },
        ContractError::RenewalNotTacit,
        ContractError::RenewalsExhausted { max: 1 },
        ContractError::RenewalNotDue { on },
        ContractError::RenewalOverlaps { end: on },
        ContractError::AlreadyRenewed,
        ContractError::PlanOutdated,
        ContractError::NotDue { on },
        ContractError::AlertTaken { alert },
        ContractError::AlertOutdated { alert },
        ContractError::AlertOvertaken { alert },
        ContractError::NoConsumerNotice,
        ContractError::OutsideConsumerWindow { from: on, until: on },
        ContractError::NothingToBill,
        ContractError::InvoiceBilled,
        ContractError::InvoiceNotBilled,
        ContractError::TooManyAmendments,
    ];
    assert_shown(refusals.iter().map(Refusal::code));
}

#[test]
fn every_word_of_a_contract_is_on_the_page() {
    assert_shown(ContractStatus::ALL.map(ContractStatus::as_str));
    assert_shown(ContractKind::ALL.map(ContractKind::as_str));
    assert_shown(BillingTiming::ALL.map(BillingTiming::as_str));
    assert_shown(BillingNature::ALL.map(BillingNature::as_str));
    assert_shown(BillingItemKind::ALL.map(BillingItemKind::as_str));
    assert_shown(RenewalKind::ALL.map(RenewalKind::as_str));
    assert_shown(Ground::ALL.map(Ground::as_str));
    assert_shown(Party::ALL.map(Party::as_str));
    assert_shown(ReasonCategory::ALL.map(ReasonCategory::as_str));
    assert_shown(TerminationReason::ALL.map(TerminationReason::as_str));
    assert_shown(AlertDate::ALL.map(AlertDate::as_str));
    assert_shown(AlertSkip::ALL.map(AlertSkip::as_str));
}

#[test]
fn every_word_of_a_task_is_on_the_page() {
    assert_shown(TaskStatus::ALL.map(TaskStatus::as_str));
    assert_shown(Priority::ALL.map(Priority::as_str));
    assert_shown(NotificationKind::ALL.map(NotificationKind::as_str));
    assert_shown(LinkCategory::ALL.map(LinkCategory::as_str));
    assert_shown(Anchor::ALL.map(Anchor::as_str));
    assert_shown(Missed::ALL.map(Missed::as_str));
}

#[test]
fn every_stage_and_reason_is_on_the_page() {
    assert_shown(Stage::ALL.map(Stage::as_str));
    assert_shown(StageKind::ALL.map(StageKind::as_str));
    assert_shown(SourceKind::ALL.map(SourceKind::as_str));
    assert_shown(LossReason::ALL.map(LossReason::as_str));
    assert_shown(OrganizationKind::ALL.map(OrganizationKind::as_str));
    assert_shown(ConsentPurpose::ALL.map(ConsentPurpose::as_str));
    assert_shown(ActivityKind::ALL.map(ActivityKind::as_str));
}
