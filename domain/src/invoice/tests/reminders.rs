use super::*;
use crate::company::ReminderLadder;
use ReminderStep::{Firm, FormalNotice, Friendly};

const DUE: &str = "2026-02-01";

/// By the calendar, whatever day it is.
fn ladder() -> ReminderLadder {
    ReminderLadder {
        working_days: false,
        ..ReminderLadder::default()
    }
}

/// Due on a Sunday: Thursday 29 January, Sunday 8 February, Tuesday 3 March.
#[test]
fn a_step_on_a_day_off_waits_for_the_next_working_day() {
    let story = Story::issued([line(1, "100")]);
    let ladder = ReminderLadder::default();
    let next = |on: &str| story.0.next_reminder(Some(&ladder), day(on)).unwrap();
    assert_eq!(next("2026-01-10"), (Friendly, day("2026-01-29")));
    assert_eq!(
        next("2026-02-08"),
        (Friendly, day("2026-01-29")),
        "not yet the firm one"
    );
    assert_eq!(next("2026-02-09"), (Firm, day("2026-02-09")));
    assert_eq!(next("2026-03-03"), (FormalNotice, day("2026-03-03")));
    assert_eq!(story.0.next_due(), Some(day(DUE)), "the due date stays");
}

fn remind(step: ReminderStep, on: &str) -> InvoiceCommand {
    InvoiceCommand::Remind {
        step,
        ladder: Some(ladder()),
        due: day(DUE),
        on: day(on),
        text: Personal::new(PersonId(Uuid::nil()), "Merci de régler.".to_owned()),
        delivery: None,
        document: None,
    }
}

fn next(story: &Story, on: &str) -> Option<(ReminderStep, NaiveDate)> {
    story.0.next_reminder(Some(&ladder()), day(on))
}

fn skipped(story: &Story, on: &str) -> Vec<(ReminderStep, SkipCause)> {
    story.0.reminders_to_skip(Some(&ladder()), day(on))
}

#[test]
fn steps_come_three_days_before_and_seven_and_thirty_after() {
    let story = Story::issued([line(1, "100")]);
    assert_eq!(next(&story, "2026-01-05"), Some((Friendly, day("2026-01-29"))));
    assert_eq!(next(&story, "2026-01-29"), Some((Friendly, day("2026-01-29"))));
    let story = story.then(remind(Friendly, "2026-01-29"));
    assert_eq!(next(&story, "2026-01-29"), Some((Firm, day("2026-02-08"))));
    let story = story.then(remind(Firm, "2026-02-08"));
    assert_eq!(next(&story, "2026-02-08"), Some((FormalNotice, day("2026-03-03"))));
    let story = story.then(remind(FormalNotice, "2026-03-03"));
    assert_eq!(next(&story, "2027-01-01"), None);
}

#[test]
fn a_step_is_taken_once() {
    let story = Story::issued([line(1, "100")]).then(remind(Firm, "2026-02-08"));
    assert_eq!(
        story.refuses(remind(Firm, "2026-02-09")),
        InvoiceError::ReminderTaken { step: Firm }
    );
    assert_eq!(
        story.refuses(remind(Friendly, "2026-02-09")),
        InvoiceError::Hindered {
            cause: SkipCause::Overtaken
        }
    );
    story.nothing_happens(InvoiceCommand::SkipReminder {
        step: Firm,
        cause: SkipCause::Held,
    });
}

#[test]
fn after_a_standstill_only_the_last_step_is_said() {
    let story = Story::issued([line(1, "100")]);
    assert_eq!(next(&story, "2026-04-01"), Some((FormalNotice, day("2026-03-03"))));
    assert_eq!(
        skipped(&story, "2026-04-01"),
        [(Friendly, SkipCause::Overtaken), (Firm, SkipCause::Overtaken)]
    );
    assert_eq!(skipped(&story, "2026-01-29"), []);
}

#[test]
fn something_may_stand_in_the_way() {
    let story = Story::issued([line(1, "100")]);
    let on = "2026-02-08";
    let firm = |cause| vec![(Friendly, SkipCause::Overtaken), (Firm, cause)];
    let disputed = story.clone().then(InvoiceCommand::Dispute {
        reason: "Deux panneaux manquent".to_owned(),
    });
    assert_eq!(skipped(&disputed, on), firm(SkipCause::Disputed));
    assert_eq!(
        disputed.refuses(remind(Firm, on)).code(),
        "INVOICE_DISPUTED",
        "no reminder of what is disputed"
    );
    let settled = disputed.then(InvoiceCommand::SettleDispute);
    settled.nothing_happens(InvoiceCommand::SettleDispute);
    assert_eq!(skipped(&settled, on), [(Friendly, SkipCause::Overtaken)]);
    let promised = story.clone().then(InvoiceCommand::Promise { until: day(on) });
    promised.nothing_happens(InvoiceCommand::Promise { until: day(on) });
    assert_eq!(skipped(&promised, on), firm(SkipCause::Promised));
    assert_eq!(promised.refuses(remind(Firm, on)).code(), "PAYMENT_PROMISED");
    assert_eq!(skipped(&promised, "2026-02-09"), [(Friendly, SkipCause::Overtaken)]);
    let held = |until: Option<&str>| InvoiceCommand::HoldReminders {
        until: until.map(day),
        reason: "Négociation".to_owned(),
    };
    let for_ever = story.clone().then(held(None));
    for_ever.nothing_happens(held(None));
    assert_eq!(skipped(&for_ever, on), firm(SkipCause::Held));
    assert_eq!(for_ever.refuses(remind(Firm, on)).code(), "REMINDERS_HELD");
    let released = for_ever.then(InvoiceCommand::ReleaseReminders);
    released.nothing_happens(InvoiceCommand::ReleaseReminders);
    assert_eq!(skipped(&released, on), [(Friendly, SkipCause::Overtaken)]);
    let a_while = story.then(held(Some("2026-02-07")));
    assert_eq!(skipped(&a_while, on), [(Friendly, SkipCause::Overtaken)]);
}

#[test]
fn a_customer_may_be_excepted() {
    let story = Story::issued([line(1, "100")]);
    assert_eq!(story.0.next_reminder(None, day("2026-02-08")), None);
    assert_eq!(story.0.hindrance(None, day("2026-02-08")), Some(SkipCause::Excepted));
    let large_only = ReminderLadder {
        minimum: 12_001,
        ..ladder()
    };
    let cause = story.0.hindrance(Some(&large_only), day("2026-02-08"));
    assert_eq!(cause, Some(SkipCause::Excepted));
    let excepted = InvoiceCommand::Remind {
        step: Firm,
        ladder: None,
        due: day(DUE),
        on: day("2026-02-08"),
        text: Personal::new(PersonId(Uuid::nil()), "Bonjour".to_owned()),
        delivery: None,
        document: None,
    };
    assert_eq!(story.refuses(excepted).code(), "REMINDERS_EXCEPTED");
}

#[test]
fn nothing_is_said_of_what_is_paid() {
    let story = Story::issued([line(1, "100")]).then(allocate(PAID, 12_000, "2026-01-10"));
    assert_eq!(next(&story, "2026-02-08"), None);
    let cause = story.0.hindrance(Some(&ladder()), day("2026-02-08"));
    assert_eq!(cause, Some(SkipCause::NothingDue));
    assert_eq!(story.refuses(remind(Firm, "2026-02-08")).code(), "NOTHING_DUE");
    assert_eq!(
        story.refuses(InvoiceCommand::Promise { until: day(DUE) }),
        InvoiceError::NothingDue
    );
    let back = story.then(withdraw(PAID, 12_000, Withdrawal::Reversed));
    assert_eq!(next(&back, "2026-03-05"), Some((FormalNotice, day("2026-03-03"))));
}

#[test]
fn nobody_is_pressed_before_the_day() {
    let story = Story::issued([line(1, "100")]);
    for step in [Firm, FormalNotice] {
        assert_eq!(story.refuses(remind(step, DUE)), InvoiceError::NotOverdue);
    }
    let outdated = InvoiceCommand::Remind {
        step: Friendly,
        ladder: Some(ladder()),
        due: day("2026-01-15"),
        on: day("2026-01-12"),
        text: Personal::new(PersonId(Uuid::nil()), "Bonjour".to_owned()),
        delivery: None,
        document: None,
    };
    assert_eq!(
        story.refuses(outdated),
        InvoiceError::ReminderOutdated { due: day("2026-01-15") }
    );
    let silent = InvoiceCommand::Remind {
        step: Friendly,
        ladder: Some(ladder()),
        due: day(DUE),
        on: day("2026-01-29"),
        text: Personal::new(PersonId(Uuid::nil()), " ".to_owned()),
        delivery: None,
        document: None,
    };
    assert_eq!(story.refuses(silent).field(), Some("text"));
}

#[test]
fn the_next_step_is_planned_until_it_is_taken() {
    let at = "2026-01-29T08:00:00Z".parse().unwrap();
    let plan = |next| InvoiceCommand::PlanReminder { next };
    let story = Story::issued([line(1, "100")]).then(plan(Some((Friendly, at))));
    assert_eq!(story.0.planned_reminder(), Some((Friendly, at)));
    story.nothing_happens(plan(Some((Friendly, at))));
    let unplanned = story.clone().then(plan(None));
    assert_eq!(unplanned.0.planned_reminder(), None);
    unplanned.nothing_happens(plan(None));
    let said = story.clone().then(remind(Friendly, "2026-01-29"));
    assert_eq!(said.0.planned_reminder(), None);
    assert_eq!(
        said.refuses(plan(Some((Friendly, at)))),
        InvoiceError::ReminderTaken { step: Friendly }
    );
    let skipped = story.then(InvoiceCommand::SkipReminder {
        step: Friendly,
        cause: SkipCause::Held,
    });
    assert_eq!(skipped.0.planned_reminder(), None);
}

#[test]
fn nobody_is_reminded_of_what_had_passed_when_the_invoice_was_issued() {
    let on_receipt = WishedContent {
        payment_terms: crate::billing::PaymentTerms::Net { days: 0 },
        ..content([line(1, "100")])
    };
    let story = Story::issued_as(InvoiceKind::Standard, on_receipt);
    let issued = story.0.invoice().unwrap().issued_on;
    let (step, day) = story.0.next_reminder(Some(&ladder()), issued).unwrap();
    assert_eq!((step, (day - issued).num_days()), (Firm, 7));
    assert_eq!(story.0.reminders_to_skip(Some(&ladder()), issued), []);
}
