use super::*;
use crate::billing::{HalfYear, LateInterestRates};

fn rates(rate: &str) -> LateInterestRates {
    [1, 2].map(|half| (HalfYear { year: 2026, half }, percent(rate))).into()
}

fn claim(until: &str, rate: &str, professional: bool) -> InvoiceCommand {
    InvoiceCommand::ClaimLateInterest {
        until: day(until),
        rates: rates(rate),
        professional,
        document: None,
    }
}

/// Fifteen thousand euros with tax, due on 1 February 2026.
fn large() -> Story {
    Story::issued([line(1, "12500")])
}

fn claimed(events: &[InvoiceEvent]) -> (i64, i64) {
    match events {
        [
            InvoiceEvent::LateInterestClaimed {
                interest, indemnity, ..
            },
        ] => (*interest, *indemnity),
        other => panic!("{other:?}"),
    }
}

#[test]
fn thirty_days_at_fifteen_percent() {
    let mut story = large();
    assert_eq!(
        (story.0.due(), story.0.next_due()),
        (1_500_000, Some(day("2026-02-01")))
    );
    assert_eq!(story.0.late_interest(day("2026-03-03"), &rates("15")), Ok(18_493));
    let events = story.ask(claim("2026-03-03", "15", true)).unwrap();
    assert_eq!(claimed(&events), (18_493, 4_000));
}

#[test]
fn interest_is_claimed_since_the_last_time_and_the_indemnity_once() {
    let mut story = large().then(claim("2026-03-03", "15", true));
    let events = story.ask(claim("2026-03-13", "15", true)).unwrap();
    assert_eq!(claimed(&events), (6_164, 0));
    assert_eq!(story.0.interest_claimed_until(), Some(day("2026-03-13")));
    assert_eq!(story.refuses(claim("2026-03-13", "15", true)), InvoiceError::NotOverdue);
}

#[test]
fn a_consumer_owes_no_indemnity() {
    let mut story = large();
    assert_eq!(
        claimed(&story.ask(claim("2026-03-03", "15", false)).unwrap()),
        (18_493, 0)
    );
}

#[test]
fn nothing_is_claimed_before_the_day_or_after_it_was_paid_in_time() {
    let story = large();
    assert_eq!(story.refuses(claim("2026-02-01", "15", true)), InvoiceError::NotOverdue);
    let paid = story.then(allocate(PAID, 1_500_000, "2026-02-01"));
    assert_eq!(paid.refuses(claim("2026-03-03", "15", true)), InvoiceError::NotOverdue);
}

#[test]
fn late_payment_is_claimed_although_all_is_paid() {
    let mut story = large().then(allocate(PAID, 1_500_000, "2026-03-03"));
    assert_eq!(
        claimed(&story.ask(claim("2026-06-30", "15", true)).unwrap()),
        (18_493, 4_000)
    );
}

#[test]
fn a_half_year_without_a_rate_is_refused_unless_the_invoice_says_its_own() {
    let command = InvoiceCommand::ClaimLateInterest {
        until: day("2026-03-03"),
        rates: LateInterestRates::new(),
        professional: true,
        document: None,
    };
    let refused = large().refuses(command.clone());
    assert_eq!(
        refused,
        InvoiceError::LateInterestRateMissing(HalfYear { year: 2026, half: 1 })
    );
    assert_eq!(refused.code(), "LATE_INTEREST_RATE_MISSING");
    let mut agreed = Story::default()
        .then(draft(InvoiceKind::Standard, &[], content([line(1, "12500")])))
        .then(issued_with(IssueInvoice {
            late_interest_rate: Some(percent("15")),
            ..issue()
        }));
    assert_eq!(claimed(&agreed.ask(command).unwrap()), (18_493, 4_000));
}

#[test]
fn a_payment_that_bounced_never_was_there_and_one_that_a_credit_freed_was() {
    let bounced =
        large()
            .then(allocate(PAID, 1_500_000, "2026-02-10"))
            .then(withdraw(PAID, 1_500_000, Withdrawal::Reversed));
    assert_eq!(bounced.0.late_interest(day("2026-03-03"), &rates("15")), Ok(18_493));
    let credited = large()
        .then(allocate(PAID, 1_500_000, "2026-02-01"))
        .then(credit(1, CreditWish::Amount(500_000)));
    assert_eq!(credited.0.late_interest(day("2026-12-31"), &rates("15")), Ok(0));
}

#[test]
fn each_part_bears_interest_from_its_own_day() {
    let parts = [("50", 0), ("50", 30)].map(|(share, days)| crate::billing::terms::InstalmentTerms {
        percent: percent(share),
        days,
    });
    let wished = WishedContent {
        payment_terms: PaymentTerms::Instalments(parts.to_vec()),
        ..content([line(1, "12500")])
    };
    let story = Story::issued_as(InvoiceKind::Standard, wished);
    // 7,500 for 30 days, then 15,000 for 30 days.
    assert_eq!(
        story.0.late_interest(day("2026-03-03"), &rates("15")),
        Ok(9_247 + 18_493)
    );
}
