use super::*;

#[test]
fn payments_settle_an_invoice_rate_by_rate() {
    let mut story = Story::issued([line(1, "100"), reduced(2, "100")]);
    let events = story.ask(allocate(PAID, 11_275, "2026-01-10")).unwrap();
    let InvoiceEvent::PaymentAllocated { breakdown, .. } = &events[0] else {
        panic!("{events:?}");
    };
    assert_eq!(shown(breakdown), [(5_000, 275), (5_000, 1_000)]);
    assert_eq!(story.0.status(), Some(InvoiceStatus::PartiallyPaid));
    assert_eq!((story.0.paid(), story.0.remaining()), (11_275, 11_275));
    let story = story.then(allocate(PAID_LATER, 11_275, "2026-01-20"));
    assert_eq!(
        (story.0.status(), story.0.open().shares().len()),
        (Some(InvoiceStatus::Paid), 0)
    );
    assert_eq!(story.0.allocated(PAID), 11_275);
}

#[test]
fn no_more_goes_on_an_invoice_than_is_due() {
    let story = Story::issued([line(1, "100")]).then(allocate(PAID, 10_000, "2026-01-10"));
    let refused = story.refuses(allocate(PAID_LATER, 2_001, "2026-01-20"));
    assert_eq!(refused, InvoiceError::AllocationExceedsDue { left: euros(2_000) });
    assert_eq!(
        (refused.code(), refused.field()),
        ("ALLOCATION_EXCEEDS_DUE", Some("amount"))
    );
    assert_eq!(
        story.refuses(allocate(PAID_LATER, 0, "2026-01-20")).code(),
        "NUMBER_ZERO"
    );
    assert_eq!(
        story.refuses(allocate(PAID_LATER, -5, "2026-01-20")).code(),
        "NEGATIVE_NUMBER"
    );
    let in_dollars = InvoiceCommand::AllocatePayment {
        payment: PAID,
        amount: Money::new(1, "USD".parse().unwrap()),
        value_date: day("2026-01-20"),
    };
    assert_eq!(
        story.refuses(in_dollars),
        InvoiceError::AnotherCurrency {
            expected: Currency::EUR
        }
    );
    let drafted = Story::default().then(draft(InvoiceKind::Standard, &[], content([line(1, "1")])));
    assert_eq!(
        drafted.refuses(allocate(PAID, 1, "2026-01-20")),
        InvoiceError::NotIssued
    );
    assert_eq!(
        Story::default().refuses(allocate(PAID, 1, "2026-01-20")),
        InvoiceError::NotFound
    );
}

#[test]
fn a_payment_that_bounced_leaves_the_invoice_unpaid() {
    let story = Story::issued([line(1, "100")]).then(allocate(PAID, 12_000, "2026-01-10"));
    let back = story.clone().then(withdraw(PAID, 12_000, Withdrawal::Reversed));
    assert_eq!(
        (back.0.status(), back.0.remaining()),
        (Some(InvoiceStatus::Unpaid), 12_000)
    );
    assert_eq!(back.0.allocations(), []);
    assert_eq!(
        back.refuses(withdraw(PAID, 1, Withdrawal::Reversed)),
        InvoiceError::NotAllocated
    );
    assert_eq!(
        story.refuses(withdraw(PAID, 12_001, Withdrawal::Corrected)),
        InvoiceError::WithdrawalExceeds { left: euros(12_000) }
    );
    assert_eq!(
        story.refuses(withdraw(PAID, 0, Withdrawal::Corrected)).code(),
        "NUMBER_ZERO"
    );
    let part = story.then(withdraw(PAID, 5_000, Withdrawal::Corrected));
    assert_eq!((part.0.paid(), part.0.remaining()), (7_000, 5_000));
}

fn with_discount() -> Story {
    let wished = WishedContent {
        early_payment_discount: Some(percent("2")),
        ..content([line(1, "100"), reduced(2, "100")])
    };
    Story::issued_as(InvoiceKind::Standard, wished)
}

fn grant(on: &str) -> InvoiceCommand {
    InvoiceCommand::GrantEarlyPaymentDiscount { on: day(on) }
}

#[test]
fn who_pays_early_takes_the_discount_off() {
    let story = with_discount();
    assert_eq!(story.0.due(), 22_550);
    let story = story
        .then(allocate(PAID, 22_099, "2026-01-10"))
        .then(grant("2026-01-10"));
    assert_eq!((story.0.remaining(), story.0.discounted()), (0, 451));
    assert_eq!(story.0.open().shares(), []);
    assert_eq!(story.0.status(), Some(InvoiceStatus::Paid));
    story.nothing_happens(grant("2026-01-10"));
}

#[test]
fn a_discount_is_for_early_payment_of_an_invoice_that_offers_it() {
    let plain = Story::issued([line(1, "100")]);
    assert_eq!(plain.refuses(grant("2026-01-10")), InvoiceError::NoEarlyPaymentDiscount);
    let story = with_discount();
    assert_eq!(
        story.refuses(grant("2026-02-02")),
        InvoiceError::DiscountTooLate { due: day("2026-02-01") }
    );
    let nearly = story.clone().then(allocate(PAID, 22_100, "2026-01-10"));
    assert_eq!(
        nearly.refuses(grant("2026-01-10")),
        InvoiceError::DiscountExceedsDue { left: euros(450) }
    );
    let paid = story.clone().then(allocate(PAID, 22_550, "2026-01-10"));
    assert_eq!(paid.refuses(grant("2026-01-10")), InvoiceError::NothingDue);
    let lost = story.then(write_off("2026-01-20"));
    assert_eq!(lost.refuses(grant("2026-01-21")), InvoiceError::WrittenOff);
}

fn write_off(on: &str) -> InvoiceCommand {
    InvoiceCommand::WriteOff {
        on: day(on),
        reason: "Liquidation judiciaire".to_owned(),
    }
}

#[test]
fn the_rest_is_written_off_with_its_tax() {
    let mut story = Story::issued([line(1, "100")]).then(allocate(PAID, 6_000, "2026-01-10"));
    let events = story.ask(write_off("2027-01-10")).unwrap();
    let InvoiceEvent::InvoiceWrittenOff { breakdown, .. } = &events[0] else {
        panic!("{events:?}");
    };
    assert_eq!(shown(breakdown), [(5_000, 1_000)]);
    assert_eq!(story.0.status(), Some(InvoiceStatus::WrittenOff));
    assert_eq!((story.0.remaining(), story.0.written_off()), (0, 6_000));
    assert_eq!(story.refuses(write_off("2027-01-11")), InvoiceError::NothingDue);
    let paid = Story::issued([line(1, "100")]).then(allocate(PAID, 12_000, "2026-01-10"));
    assert_eq!(paid.refuses(write_off("2027-01-10")), InvoiceError::NothingDue);
    let silent = InvoiceCommand::WriteOff {
        on: day("2027-01-10"),
        reason: String::new(),
    };
    assert_eq!(Story::issued([line(1, "1")]).refuses(silent).field(), Some("reason"));
}

#[test]
fn what_was_written_off_is_not_credited_as_well() {
    let story = Story::issued([line(1, "100")])
        .then(allocate(PAID, 6_000, "2026-01-10"))
        .then(write_off("2027-01-10"))
        .then(credit(1, CreditWish::Whole));
    assert_eq!((story.0.credited(), story.0.paid(), story.0.remaining()), (6_000, 0, 0));
    assert_eq!(story.0.creditable().shares(), []);
}

#[test]
fn what_was_written_off_is_expected_again() {
    let undo = |reason: &str| InvoiceCommand::UndoWriteOff {
        on: day("2026-06-01"),
        reason: reason.to_owned(),
    };
    let story = Story::issued([line(1, "100")]);
    assert_eq!(story.refuses(undo("Dividende")), InvoiceError::NotWrittenOff);
    let off = story.then(InvoiceCommand::WriteOff {
        on: day("2026-05-01"),
        reason: "Liquidation".to_owned(),
    });
    assert_eq!(
        (off.0.remaining(), off.0.status()),
        (0, Some(InvoiceStatus::WrittenOff))
    );
    let again = off.then(undo("Dividende"));
    assert_eq!(
        (again.0.remaining(), again.0.written_off(), again.0.status()),
        (12_000, 0, Some(InvoiceStatus::Unpaid))
    );
    assert_eq!(again.refuses(undo("Dividende")), InvoiceError::NotWrittenOff);
}
