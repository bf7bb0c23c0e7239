use super::*;

fn yearly() -> Live {
    Live::signed(tacit("2026-01-01", "2026-12-31", vec![monthly("100")]))
}

fn alert(before: AlertDate, date: &str, days: u16) -> Alert {
    Alert {
        before,
        date: day(date),
        days,
    }
}

fn raise(alert: Alert, on: &str) -> ContractCommand {
    ContractCommand::RaiseAlert {
        alert,
        on: day(on),
        to: Vec::new(),
        task: None,
        delivery: None,
        quote: None,
    }
}

fn keys(live: &Live) -> Vec<String> {
    let due = live.state.obligations();
    due.iter().map(|one| format!("{} {}", one.due_on, one.key())).collect()
}

#[test]
fn alerts_come_before_the_deadline_for_notice_and_before_the_end() {
    let live = yearly().then(ContractCommand::Activate { on: day("2026-01-01") });
    assert_eq!(
        keys(&live),
        [
            "2026-01-01 billing:2026-01-01",
            "2026-07-02 alert:NOTICE_DEADLINE:2026-09-30:90",
            "2026-08-01 alert:NOTICE_DEADLINE:2026-09-30:60",
            "2026-08-31 alert:NOTICE_DEADLINE:2026-09-30:30",
            "2026-10-02 alert:TERM_END:2026-12-31:90",
            "2026-11-01 alert:TERM_END:2026-12-31:60",
            "2026-12-01 alert:TERM_END:2026-12-31:30",
            "2026-12-31 renewal:2026-12-31",
        ]
    );
}

#[test]
fn an_alert_is_raised_once_on_its_day_and_not_before() {
    let first = alert(AlertDate::NoticeDeadline, "2026-09-30", 90);
    let live = yearly();
    assert_eq!(
        live.refuses(raise(first, "2026-07-01")),
        ContractError::NotDue { on: day("2026-07-02") }
    );
    assert_eq!(live.state.alerts_due(day("2026-07-02")), [first]);
    let live = live.then(raise(first, "2026-07-02"));
    assert_eq!(
        live.refuses(raise(first, "2026-07-03")),
        ContractError::AlertTaken { alert: first }
    );
    assert_eq!(live.state.alerts_due(day("2026-07-03")), []);
}

#[test]
fn after_a_standstill_only_the_last_one_is_said() {
    let live = yearly();
    let on = day("2026-11-15");
    let due = alert(AlertDate::TermEnd, "2026-12-31", 60);
    assert_eq!(live.state.alerts_due(on), [due]);
    let skipped = live.state.alerts_to_skip(on);
    let causes: Vec<_> = skipped
        .iter()
        .map(|(alert, cause)| (alert.before, alert.days, *cause))
        .collect();
    assert_eq!(
        causes,
        [
            (AlertDate::NoticeDeadline, 90, AlertSkip::Passed),
            (AlertDate::NoticeDeadline, 60, AlertSkip::Passed),
            (AlertDate::NoticeDeadline, 30, AlertSkip::Passed),
            (AlertDate::TermEnd, 90, AlertSkip::Overtaken),
        ]
    );
    let overtaken = live.refuses(raise(alert(AlertDate::TermEnd, "2026-12-31", 90), "2026-11-15"));
    assert_eq!(overtaken.code(), "CONTRACT_ALERT_OVERTAKEN");
    let passed = live.refuses(raise(alert(AlertDate::NoticeDeadline, "2026-09-30", 30), "2026-11-15"));
    assert_eq!(passed.code(), "CONTRACT_ALERT_OUTDATED");
    let mut live = live;
    for (alert, cause) in skipped {
        live.take(ContractCommand::SkipAlert { alert, cause });
        assert_eq!(live.take(ContractCommand::SkipAlert { alert, cause }), Vec::new());
    }
    assert_eq!(live.state.alerts_to_skip(on), []);
}

#[test]
fn alerts_come_again_when_the_dates_change() {
    let said = alert(AlertDate::TermEnd, "2026-12-31", 90);
    let live = yearly()
        .then(raise(said, "2026-10-02"))
        .then(ContractCommand::Amend(Box::new(Amend {
            ends_on: Change::Set(day("2027-03-31")),
            ..amend("2026-10-05", "2026-10-05", vec![])
        })));
    let moved = alert(AlertDate::TermEnd, "2027-03-31", 90);
    assert_eq!(live.state.alerts_due(day("2027-01-02")), [moved]);
    let outdated = live.refuses(raise(alert(AlertDate::TermEnd, "2026-12-31", 60), "2026-11-01"));
    assert_eq!(outdated.code(), "CONTRACT_ALERT_OUTDATED");
}

#[test]
fn nobody_is_alerted_of_what_had_passed_at_the_signature() {
    let short = Live::signed(terms("2026-01-01", Some("2026-02-28"), vec![monthly("100")]));
    let alerts: Vec<_> = keys(&short).into_iter().filter(|key| key.contains("alert")).collect();
    assert_eq!(alerts, ["2026-01-29 alert:TERM_END:2026-02-28:30"]);
}

#[test]
fn notice_leaves_only_the_end_to_wait_for() {
    let live = yearly()
        .then(ContractCommand::Activate { on: day("2026-01-01") })
        .then(give(notice(Ground::NonRenewal, "2026-09-01", None)));
    assert_eq!(keys(&live)[1..], ["2027-01-01 termination:2027-01-01"]);
    let said = live.refuses(raise(alert(AlertDate::TermEnd, "2026-12-31", 60), "2026-11-01"));
    assert_eq!(said.code(), "CONTRACT_ALERT_OUTDATED");
    let plain = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("1")]));
    assert!(keys(&plain).contains(&"2027-01-01 expiry:2027-01-01".to_owned()));
}

#[test]
fn a_consumer_is_to_be_told_within_the_window_and_alerts_behind_it_are_flagged() {
    let live = Live::signed_by(
        OrganizationKind::Consumer,
        tacit("2026-01-01", "2026-12-31", vec![monthly("100")]),
    );
    assert!(keys(&live).contains(&"2026-06-30 consumer-notice:2026-08-30".to_owned()));
    let flagged: Vec<_> = live
        .state
        .obligations()
        .into_iter()
        .filter(|one| one.too_late_for_consumer_notice)
        .map(|one| one.due_on)
        .collect();
    let late = ["2026-08-31", "2026-10-02", "2026-11-01", "2026-12-01"].map(day);
    assert_eq!(flagged, late, "J-30 before the deadline is a day too late already");
    let standing = ["2026-06-29", "2026-06-30", "2026-08-30", "2026-08-31"]
        .map(|on| live.state.consumer_notice_on(day(on)).unwrap());
    assert_eq!(
        standing,
        [
            ConsumerNoticeStanding::Early,
            ConsumerNoticeStanding::Open,
            ConsumerNoticeStanding::Open,
            ConsumerNoticeStanding::Missed,
        ]
    );
}

#[test]
fn what_is_over_still_bills_what_it_owes_behind() {
    let arrears = WishedLine {
        timing: BillingTiming::InArrears,
        ..monthly("100")
    };
    let mut live = Live::signed(terms("2026-01-01", Some("2026-02-28"), vec![arrears]));
    live.bill("2026-02-01", BillingNature::Charge, 1);
    live.take(ContractCommand::Expire { on: day("2026-03-01") });
    assert_eq!(keys(&live), ["2026-03-01 billing:2026-03-01"]);
    live.bill("2026-03-01", BillingNature::Charge, 2);
    assert_eq!(keys(&live), Vec::<String>::new());
}

#[test]
fn what_was_said_later_is_not_said_again_earlier() {
    let last = alert(AlertDate::TermEnd, "2026-12-31", 30);
    let live = yearly().then(raise(last, "2026-12-01"));
    for days in [90, 60] {
        let earlier = alert(AlertDate::TermEnd, "2026-12-31", days);
        assert_eq!(
            live.refuses(raise(earlier, "2026-12-02")).code(),
            "CONTRACT_ALERT_OVERTAKEN"
        );
    }
    assert_eq!(live.state.alerts_due(day("2026-12-02")), []);
}
