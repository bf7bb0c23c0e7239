use super::*;
use PlatformStatus::{Approved, Cashed, Deposited, Disputed, MadeAvailable, Received, Refused, Rejected};

fn submit(reference: &str) -> InvoiceCommand {
    InvoiceCommand::Submit {
        platform: "pa.example".to_owned(),
        reference: reference.to_owned(),
    }
}

fn receive(status: PlatformStatus) -> InvoiceCommand {
    InvoiceCommand::ReceiveStatus {
        status,
        at: "2026-01-03T08:00:00Z".parse().unwrap(),
        reason: None,
    }
}

fn filed_with(kind: InvoiceKind, seller: Box<Seller>, lines: Vec<WishedLine>) -> Story {
    Story::default()
        .then(draft(kind, &[], content(lines)))
        .then(issued_with(IssueInvoice {
            seller: Some(seller),
            electronic_invoicing_from: Some(day("2026-01-01")),
            ..issue()
        }))
        .then(InvoiceCommand::FileDocuments {
            documents: documents(1),
        })
}

fn filed() -> Story {
    filed_with(InvoiceKind::Standard, seller(), vec![line(1, "100")])
}

fn at(statuses: &[PlatformStatus]) -> Story {
    statuses
        .iter()
        .fold(filed().then(submit("42")), |story, status| story.then(receive(*status)))
}

#[test]
fn an_invoice_is_submitted_once_with_its_files() {
    assert_eq!(
        Story::issued([line(1, "100")]).refuses(submit("42")),
        InvoiceError::NotThroughPlatform
    );
    let story = filed();
    assert_eq!(story.refuses(receive(Deposited)), InvoiceError::NotSubmitted);
    let story = story.then(submit("42"));
    story.nothing_happens(submit("42"));
    assert_eq!(story.refuses(submit("43")), InvoiceError::AlreadySubmitted);
    assert_eq!(story.0.submission().unwrap().status, None);
}

#[test]
fn statuses_follow_each_other() {
    let taken = |before: &[PlatformStatus], status| at(before).0.decide(receive(status)).map(|events| events.len());
    let refused = |now, status| Err(InvoiceError::StatusNotExpected { now: Some(now), status });
    for (before, status, expected) in [
        (&[] as &[PlatformStatus], Deposited, Ok(1)),
        (&[Deposited], Deposited, Ok(0)),
        (&[Deposited], MadeAvailable, Ok(1)),
        (&[MadeAvailable], Received, Ok(0)),
        (&[MadeAvailable, Approved], Received, Ok(0)),
        (&[Deposited], Rejected, Ok(1)),
        (&[MadeAvailable], Rejected, refused(MadeAvailable, Rejected)),
        (&[Rejected], Received, refused(Rejected, Received)),
        (&[Rejected], Rejected, Ok(0)),
        (&[MadeAvailable], Refused, Ok(1)),
        (&[MadeAvailable, Refused], Approved, refused(Refused, Approved)),
        (&[MadeAvailable, Approved], Refused, refused(Approved, Refused)),
        (&[MadeAvailable, Disputed], Refused, Ok(1)),
        (&[MadeAvailable, Disputed], Approved, Ok(1)),
        (&[MadeAvailable, Approved], Cashed, Ok(1)),
        (&[MadeAvailable, Cashed], Approved, refused(Cashed, Approved)),
    ] {
        assert_eq!(taken(before, status), expected, "{before:?} {status:?}");
    }
}

#[test]
fn a_dispute_at_the_platform_stops_reminders() {
    let ladder = crate::company::ReminderLadder::default();
    let story = at(&[MadeAvailable, Disputed]);
    let on = day("2026-02-08");
    assert_eq!(story.0.hindrance(Some(&ladder), on), Some(SkipCause::Disputed));
    assert_eq!(story.then(receive(Approved)).0.hindrance(Some(&ladder), on), None);
}

fn report() -> InvoiceCommand {
    InvoiceCommand::ReportCashing { payment: PAID }
}

#[test]
fn a_payment_is_reported_once_by_rate() {
    let story = at(&[Deposited]);
    assert_eq!(story.refuses(report()), InvoiceError::NotAllocated);
    let mut story = story.then(allocate(PAID, 6_000, "2026-01-20"));
    let events = story.ask(report()).unwrap();
    let [InvoiceEvent::CashingReported { breakdown, .. }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(shown(breakdown), [(5_000, 1_000)]);
    story.nothing_happens(report());
    let unsubmitted = filed().then(allocate(PAID, 6_000, "2026-01-20"));
    assert_eq!(unsubmitted.refuses(report()), InvoiceError::NotSubmitted);
}

#[test]
fn only_what_falls_due_with_the_payment_is_reported() {
    let paid = |kind, seller, lines| {
        filed_with(kind, seller, lines)
            .then(submit("42"))
            .then(allocate(PAID, 12_000, "2026-01-20"))
    };
    let goods_only = paid(InvoiceKind::Standard, seller(), vec![goods(1, "100")]);
    assert_eq!(goods_only.refuses(report()), InvoiceError::NotDueOnReceipt);
    let mut on_debits = seller();
    on_debits.vat_scheme.on_debits = true;
    let debits = paid(InvoiceKind::Standard, on_debits, vec![line(1, "100")]);
    assert_eq!(debits.refuses(report()), InvoiceError::NotDueOnReceipt);
    let deposit = paid(InvoiceKind::Deposit, seller(), vec![goods(1, "100")]);
    assert_eq!(deposit.0.cashing(PAID).unwrap().gross(), 12_000);
    let mixed = paid(InvoiceKind::Standard, seller(), vec![line(1, "75"), goods(2, "25")]);
    assert_eq!(shown(&mixed.0.cashing(PAID).unwrap()), [(7_500, 1_500)]);
}
