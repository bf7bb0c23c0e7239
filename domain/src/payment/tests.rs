use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::{Currency, InvalidValue, InvoiceId, Language, Money, OrganizationId, Refusal, value::Problem};

const FIRST: InvoiceId = InvoiceId(Uuid::from_u128(1));
const SECOND: InvoiceId = InvoiceId(Uuid::from_u128(2));

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn given(events: Vec<PaymentEvent>) -> cqrs_es::test::AggregateTestExecutor<Payment> {
    TestFramework::<Payment>::with(()).given(events)
}

fn receive(cents: i64) -> ReceivePayment {
    ReceivePayment {
        organization: OrganizationId(Uuid::from_u128(7)),
        amount: Money::new(cents, Currency::EUR),
        method: PaymentMethod::Transfer,
        value_date: day("2026-02-10"),
        today: day("2026-02-12"),
        reference: Some(" VIR ACME ".to_owned()),
    }
}

fn received() -> PaymentEvent {
    PaymentEvent::PaymentReceived {
        organization: OrganizationId(Uuid::from_u128(7)),
        amount: Money::new(10_000, Currency::EUR),
        method: PaymentMethod::Transfer,
        value_date: day("2026-02-10"),
        reference: Some("VIR ACME".to_owned()),
    }
}

fn applied(invoice: InvoiceId, amount: i64) -> PaymentEvent {
    PaymentEvent::PaymentApplied { invoice, amount }
}

fn refund(amount: i64, on: &str) -> PaymentCommand {
    PaymentCommand::Refund {
        amount,
        method: PaymentMethod::Transfer,
        on: day(on),
        reference: None,
    }
}

fn reverse() -> PaymentCommand {
    PaymentCommand::Reverse {
        reason: "Chèque sans provision".to_owned(),
        on: day("2026-02-20"),
    }
}

fn reversed() -> PaymentEvent {
    PaymentEvent::PaymentReversed {
        reason: "Chèque sans provision".to_owned(),
        on: day("2026-02-20"),
    }
}

#[test]
fn money_that_is_there_is_received() {
    given(vec![])
        .when(PaymentCommand::Receive(receive(10_000)))
        .then_expect_events(vec![received()]);
    given(vec![received()])
        .when(PaymentCommand::Receive(receive(10_000)))
        .then_expect_error(PaymentError::AlreadyExists);
    let tomorrow = ReceivePayment {
        value_date: day("2026-02-13"),
        ..receive(10_000)
    };
    given(vec![])
        .when(PaymentCommand::Receive(tomorrow))
        .then_expect_error(PaymentError::InFuture {
            today: day("2026-02-12"),
        });
    for (cents, problem) in [(0, Problem::Zero), (-1, Problem::Negative)] {
        given(vec![])
            .when(PaymentCommand::Receive(receive(cents)))
            .then_expect_error(InvalidValue::new("amount", problem).into());
    }
}

#[test]
fn one_payment_goes_on_many_invoices_and_the_rest_stays_the_customers() {
    let history = [
        received(),
        applied(FIRST, 6_000),
        applied(SECOND, 1_500),
        applied(FIRST, 500),
    ];
    let payment = Payment::replay(&history);
    assert_eq!(payment.applied(), [(FIRST, 6_500), (SECOND, 1_500)]);
    assert_eq!(payment.unapplied(), 2_000);
    given(history.to_vec())
        .when(PaymentCommand::Apply {
            invoice: SECOND,
            amount: 2_001,
        })
        .then_expect_error(PaymentError::ExceedsPayment {
            left: Money::new(2_000, Currency::EUR),
        });
    given(history.to_vec())
        .when(PaymentCommand::Apply {
            invoice: SECOND,
            amount: 2_000,
        })
        .then_expect_events(vec![applied(SECOND, 2_000)]);
}

#[test]
fn what_is_taken_off_an_invoice_is_the_customers_again() {
    let unapply = |invoice, amount| PaymentCommand::Unapply { invoice, amount };
    let off = PaymentEvent::PaymentUnapplied {
        invoice: FIRST,
        amount: 6_000,
    };
    given(vec![received(), applied(FIRST, 6_000)])
        .when(unapply(FIRST, 6_000))
        .then_expect_events(vec![off.clone()]);
    let payment = Payment::replay(&[received(), applied(FIRST, 6_000), off]);
    assert_eq!((payment.unapplied(), payment.applied().len()), (10_000, 0));
    given(vec![received(), applied(FIRST, 6_000)])
        .when(unapply(FIRST, 6_001))
        .then_expect_error(PaymentError::UnapplicationExceeds {
            left: Money::new(6_000, Currency::EUR),
        });
    given(vec![received()])
        .when(unapply(FIRST, 1))
        .then_expect_error(PaymentError::NotApplied);
}

#[test]
fn only_what_is_on_no_invoice_is_given_back() {
    let history = vec![received(), applied(FIRST, 6_000)];
    given(history.clone())
        .when(refund(4_001, "2026-02-15"))
        .then_expect_error(PaymentError::ExceedsPayment {
            left: Money::new(4_000, Currency::EUR),
        });
    given(history.clone())
        .when(refund(4_000, "2026-02-09"))
        .then_expect_error(PaymentError::BeforeReceipt {
            value_date: day("2026-02-10"),
        });
    given(history)
        .when(refund(4_000, "2026-02-15"))
        .then_expect_events(vec![PaymentEvent::PaymentRefunded {
            amount: 4_000,
            method: PaymentMethod::Transfer,
            on: day("2026-02-15"),
            reference: None,
        }]);
}

#[test]
fn a_payment_that_bounced_comes_off_its_invoices_and_takes_nothing_more() {
    let history = vec![received(), applied(FIRST, 6_000)];
    let off = PaymentEvent::PaymentUnapplied {
        invoice: FIRST,
        amount: 6_000,
    };
    given(history.clone())
        .when(reverse())
        .then_expect_events(vec![off.clone(), reversed()]);
    let after: Vec<_> = history.iter().cloned().chain([off, reversed()]).collect();
    given(after.clone()).when(reverse()).then_expect_events(vec![]);
    for command in [
        PaymentCommand::Apply {
            invoice: FIRST,
            amount: 1,
        },
        PaymentCommand::Unapply {
            invoice: FIRST,
            amount: 1,
        },
        refund(1, "2026-02-21"),
    ] {
        given(after.clone())
            .when(command)
            .then_expect_error(PaymentError::Reversed);
    }
    let payment = Payment::replay(&after);
    assert!(payment.is_reversed());
    assert_eq!((payment.unapplied(), payment.applied().len()), (0, 0));
}

#[test]
fn what_was_given_back_cannot_bounce() {
    let refunded = PaymentEvent::PaymentRefunded {
        amount: 4_000,
        method: PaymentMethod::Transfer,
        on: day("2026-02-15"),
        reference: None,
    };
    given(vec![received(), refunded])
        .when(reverse())
        .then_expect_error(PaymentError::Refunded {
            amount: Money::new(4_000, Currency::EUR),
        });
    given(vec![]).when(reverse()).then_expect_error(PaymentError::NotFound);
}

#[test]
fn every_refusal_says_what_to_do_in_both_languages_and_is_on_the_page() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/domain.md");
    let page = std::fs::read_to_string(page).unwrap();
    let today = day("2026-02-12");
    for refusal in [
        PaymentError::NotFound,
        PaymentError::AlreadyExists,
        PaymentError::Reversed,
        PaymentError::InFuture { today },
        PaymentError::ExceedsPayment {
            left: Money::new(1, Currency::EUR),
        },
        PaymentError::NotApplied,
        PaymentError::UnapplicationExceeds {
            left: Money::new(1, Currency::EUR),
        },
        PaymentError::Refunded {
            amount: Money::new(1, Currency::EUR),
        },
        PaymentError::BeforeReceipt { value_date: today },
    ] {
        for language in Language::ALL {
            let message = refusal.message(language);
            assert!(message.len() > 20 && message.ends_with('.'), "{refusal:?}: {message}");
        }
        let code = refusal.code();
        assert!(
            page.contains(&format!("`{code}`")),
            "docs/domain.md does not mention `{code}`"
        );
    }
}
