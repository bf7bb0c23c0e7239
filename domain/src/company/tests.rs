use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::*;
use crate::{
    Currency, Decider, InvalidValue, Money, PostalAddress, Refusal,
    billing::{HalfYear, PaymentTerms, Percentage, terms::TermsError},
    document::{NumberPattern, Series},
    invoice::ReminderStep,
    value::Problem,
};

fn identity() -> LegalIdentity {
    LegalIdentity {
        name: "Solaire de Lorraine".to_owned(),
        form: LegalForm::Sas,
        share_capital: Some(Money::new(5_000_000, Currency::EUR)),
        siren: "732829320".parse().unwrap(),
        siret: Some("73282932000074".parse().unwrap()),
        registration: Some(Registration {
            city: "Metz".to_owned(),
        }),
        vat_number: Some("FR44732829320".parse().unwrap()),
        address: PostalAddress {
            lines: vec!["4 rue des Clercs".to_owned()],
            postcode: Some("57000".to_owned()),
            city: "Metz".to_owned(),
            country: crate::Country::FRANCE,
        },
        email: Some("contact@example.fr".to_owned()),
        phone: None,
    }
}

fn given(events: Vec<CompanyEvent>) -> AggregateTestExecutor<Company> {
    TestFramework::<Company>::with(()).given(events)
}

fn refused(command: CompanyCommand, error: impl Into<CompanyError>) {
    given(vec![]).when(command).then_expect_error(error.into());
}

#[test]
fn who_we_are_is_said_whole_and_once() {
    let identified = CompanyEvent::CompanyIdentified {
        identity: Box::new(identity()),
    };
    given(vec![])
        .when(CompanyCommand::Identify(Box::new(identity())))
        .then_expect_events(vec![identified.clone()]);
    given(vec![identified])
        .when(CompanyCommand::Identify(Box::new(identity())))
        .then_expect_events(vec![]);
}

#[test]
fn numbers_are_of_one_company() {
    let siret = LegalIdentity {
        siret: Some("35600000000048".parse().unwrap()),
        ..identity()
    };
    refused(
        CompanyCommand::Identify(Box::new(siret)),
        CompanyError::SiretOfAnotherSiren,
    );
    let vat = LegalIdentity {
        siren: "552100554".parse().unwrap(),
        siret: None,
        ..identity()
    };
    refused(
        CompanyCommand::Identify(Box::new(vat)),
        CompanyError::VatNumberOfAnotherSiren,
    );
    let trader = LegalIdentity {
        form: LegalForm::Ei,
        ..identity()
    };
    refused(CompanyCommand::Identify(Box::new(trader)), CompanyError::NoCapital);
}

#[test]
fn the_company_is_established_in_france() {
    let mut abroad = identity();
    abroad.address.country = "DE".parse().unwrap();
    refused(CompanyCommand::Identify(Box::new(abroad)), CompanyError::Abroad);
}

#[test]
fn before_anything_was_said_the_law_holds() {
    let company = Company::default();
    assert_eq!(
        company.document_defaults().payment_terms,
        PaymentTerms::Net { days: 30 }
    );
    assert_eq!(company.vat_scheme().regime, VatRegime::Monthly);
    assert!(company.identity().is_none() && company.late_interest_rates().is_empty());
}

#[test]
fn a_rate_of_late_interest_is_entered_for_a_half_year_and_may_be_corrected() {
    let half_year = HalfYear { year: 2026, half: 1 };
    let set = |rate: &str| CompanyEvent::LateInterestRateSet {
        half_year,
        rate: Percentage::new("rate", rate.parse().unwrap()).unwrap(),
        source: "BCE, 2,15 % + 10 points".to_owned(),
    };
    let company = Company::replay(&[set("12.40"), set("12.15")]);
    assert_eq!(company.late_interest().len(), 1);
    assert_eq!(company.late_interest_rates()[&half_year].to_string(), "12.15");
    let command = CompanyCommand::SetLateInterestRate {
        half_year: HalfYear { year: 2026, half: 3 },
        rate: Percentage::ZERO,
        source: "x".to_owned(),
    };
    refused(
        command,
        InvalidValue::new("half", Problem::OutOfRange { min: 1, max: 2 }),
    );
    let command = CompanyCommand::SetLateInterestRate {
        half_year: HalfYear { year: 20_026, half: 1 },
        rate: Percentage::ZERO,
        source: "x".to_owned(),
    };
    refused(command, InvalidValue::new("year", Problem::DateTooFar));
}

#[test]
fn what_means_nothing_is_refused() {
    let terms = DocumentDefaults {
        payment_terms: PaymentTerms::FixedDay { days: 0, day: 32 },
        ..Company::default().document_defaults().clone()
    };
    refused(CompanyCommand::SetDocumentDefaults(terms), TermsError::NoSuchDay);
    let color = Appearance {
        logo: None,
        color: Some("red".to_owned()),
    };
    refused(
        CompanyCommand::SetAppearance(color),
        InvalidValue::new("color", Problem::NotAColor),
    );
    let end = FiscalYearEnd { month: 2, day: 30 };
    refused(
        CompanyCommand::SetFiscalYearEnd(end),
        InvalidValue::new("day", Problem::OutOfRange { min: 1, max: 31 }),
    );
}

#[test]
fn a_fiscal_year_closes_on_its_last_day() {
    let closing = |end: FiscalYearEnd, day: &str| end.closing(day.parse().unwrap()).to_string();
    let calendar = FiscalYearEnd { month: 12, day: 31 };
    assert_eq!(closing(calendar, "2026-12-31"), "2026-12-31");
    let february = FiscalYearEnd { month: 2, day: 29 };
    assert_eq!(closing(february, "2026-03-01"), "2027-02-28");
    assert_eq!(closing(february, "2027-12-31"), "2028-02-29");
}

#[test]
fn no_two_series_write_their_numbers_alike() {
    let set = |series, pattern: &str| CompanyCommand::SetNumberPattern {
        series,
        pattern: NumberPattern::parse("pattern", pattern).unwrap(),
    };
    let changed = CompanyEvent::CompanyNumberPatternSet {
        series: Series::Invoice,
        pattern: NumberPattern::parse("pattern", "FA{year}-{sequence:5}").unwrap(),
    };
    TestFramework::<Company>::with(())
        .given_no_previous_events()
        .when(set(Series::Invoice, "FA{year}-{sequence:5}"))
        .then_expect_events(vec![changed.clone()]);
    // Another series' own, what it was before, and the same with another width.
    for taken in ["D{year}-{sequence:4}", "{year}-A-{sequence}"] {
        TestFramework::<Company>::with(())
            .given_no_previous_events()
            .when(set(Series::Invoice, taken))
            .then_expect_error(CompanyError::PatternOfAnotherSeries);
    }
    for taken in ["FA{year}-{sequence:2}", "{year}-F-{sequence:3}"] {
        TestFramework::<Company>::with(())
            .given(vec![changed.clone()])
            .when(set(Series::CreditNote, taken))
            .then_expect_error(CompanyError::PatternOfAnotherSeries);
    }
}

#[test]
fn the_steps_of_the_ladder_follow_each_other() {
    let ladder = |steps: &[(ReminderStep, i16)]| {
        CompanyCommand::SetReminders(ReminderLadder {
            steps: steps
                .iter()
                .map(|(step, days)| LadderStep {
                    step: *step,
                    days: *days,
                })
                .collect(),
            minimum: 0,
            working_days: true,
        })
    };
    for wrong in [
        ladder(&[(ReminderStep::Firm, 7), (ReminderStep::Friendly, 9)]),
        ladder(&[(ReminderStep::Firm, 0)]),
        ladder(&[(ReminderStep::FormalNotice, 400)]),
    ] {
        let refused = Company::default().decide(wrong);
        assert!(matches!(refused, Err(CompanyError::Value(_))), "{refused:?}");
    }
    assert_eq!(
        Company::default().decide(ladder(&[
            (ReminderStep::Friendly, -3),
            (ReminderStep::Firm, 7),
            (ReminderStep::FormalNotice, 30)
        ])),
        Ok(Vec::new()),
        "what holds anyway"
    );
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

#[test]
fn values_of_indices_and_rates_of_exchange_are_entered_by_day_and_may_be_corrected() {
    let dollars: crate::Currency = "USD".parse().unwrap();
    let index = |value: &str| crate::contract::IndexValue {
        index: "SYNTEC".to_owned(),
        point: crate::contract::IndexPoint {
            month: day("2026-01-17"),
            value: value.parse().unwrap(),
        },
        published_on: day("2026-03-12"),
    };
    let rate = |rate: &str| CompanyCommand::SetExchangeRate {
        currency: dollars,
        from: day("2026-03-02"),
        rate: rate.parse().unwrap(),
        source: "BCE".to_owned(),
    };
    let mut company = CompanyState::default();
    let source = "syntec.fr".to_owned();
    for command in [
        CompanyCommand::SetIndexValue {
            value: index("320.8"),
            source: source.clone(),
        },
        CompanyCommand::SetIndexValue {
            value: index("320.9"),
            source: source.clone(),
        },
        rate("0.92"),
        rate("0.93"),
    ] {
        for event in company.decide(command).unwrap() {
            company.evolve(&event);
        }
    }
    assert_eq!(company.decide(rate("0.93")), Ok(Vec::new()));
    let [known] = company.index_values() else {
        panic!("{:?}", company.index_values())
    };
    assert_eq!(
        (known.point.month, known.point.value.to_string()),
        (day("2026-01-01"), "320.9".to_owned())
    );
    let worth = |on: &str| company.exchange_rates().rate(dollars, day(on));
    assert_eq!(worth("2026-03-05").unwrap().to_string(), "0.93");
    assert!(worth("2026-03-01").is_err());
    let zero = CompanyCommand::SetIndexValue {
        value: index("0"),
        source,
    };
    assert_eq!(company.decide(zero).unwrap_err().code(), "NUMBER_ZERO");
    assert_eq!(company.decide(rate("0")).unwrap_err().code(), "NUMBER_OUT_OF_RANGE");
}

#[test]
fn the_definitions_of_recurring_revenue_are_the_companys() {
    let rules = RevenueRules {
        renewal_grace_days: 30,
        ..RevenueRules::default()
    };
    let mut company = CompanyState::default();
    for event in company.decide(CompanyCommand::SetRevenueRules(rules)).unwrap() {
        company.evolve(&event);
    }
    assert_eq!(company.revenue_settings().renewal_grace_days, 30);
    assert_eq!(company.revenue_settings().currency(), crate::Currency::EUR);
    let long = RevenueRules {
        renewal_grace_days: 400,
        ..rules
    };
    assert!(company.decide(CompanyCommand::SetRevenueRules(long)).is_err());
}
