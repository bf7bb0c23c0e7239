use chrono::{DateTime, NaiveDate, Utc};
use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::{
    Change, InvalidValue, TaskId, TaskSeriesId,
    local::DEFAULT_ZONE,
    recurrence::{Rule, RuleProblem},
    task::{Details, Due, Priority, ReminderPlan},
    value::Problem,
};

const SERIES: TaskSeriesId = TaskSeriesId(Uuid::from_u128(7));
const FIRST: TaskId = TaskId(Uuid::from_u128(1));

fn given(events: Vec<TaskSeriesEvent>) -> cqrs_es::test::AggregateTestExecutor<TaskSeries> {
    TestFramework::<TaskSeries>::with(()).given(events)
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn noon(text: &str) -> DateTime<Utc> {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

fn pattern(rule_text: &str, first: &str) -> Pattern {
    Pattern::new(rule(rule_text), Due::Date(date(first)))
}

fn template() -> Template {
    Template {
        details: Details::titled("Read the meters"),
        reminders: Some(ReminderPlan::usual(DEFAULT_ZONE)),
    }
}

fn started(pattern: Pattern) -> TaskSeriesEvent {
    TaskSeriesEvent::TaskSeriesStarted {
        task: FIRST,
        pattern,
        template: template(),
        exceptions: Vec::new(),
    }
}

fn advanced(number: u32, scheduled: &str) -> TaskSeriesEvent {
    TaskSeriesEvent::TaskSeriesAdvanced {
        task: SERIES.occurrence(number),
        number,
        scheduled: date(scheduled),
    }
}

fn skipped(text: &str) -> TaskSeriesEvent {
    TaskSeriesEvent::TaskSeriesDateSkipped { date: date(text) }
}

/// The days of a series whose tasks are finished on these days, one after the other.
fn days(mut history: Vec<TaskSeriesEvent>, finished: &[&str]) -> Vec<String> {
    let mut days = Vec::new();
    for day in finished {
        let Some(next) = TaskSeries::replay(&history).next(SERIES, noon(day)) else {
            break;
        };
        days.push(next.scheduled.to_string());
        history.push(TaskSeriesEvent::TaskSeriesAdvanced {
            task: next.id,
            number: next.number,
            scheduled: next.scheduled,
        });
    }
    days
}

#[test]
fn a_series_is_started_once() {
    let start = || TaskSeriesCommand::Start {
        task: FIRST,
        pattern: pattern("FREQ=MONTHLY", "2026-01-31"),
        template: template(),
        exceptions: Vec::new(),
    };
    let event = started(pattern("FREQ=MONTHLY", "2026-01-31"));
    given(vec![]).when(start()).then_expect_events(vec![event.clone()]);
    given(vec![event])
        .when(start())
        .then_expect_error(TaskSeriesError::AlreadyStarted);
}

#[test]
fn a_rule_that_leads_nowhere_is_refused() {
    for nowhere in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;COUNT=1",
        "FREQ=DAILY;UNTIL=20260131",
    ] {
        given(vec![])
            .when(TaskSeriesCommand::Start {
                task: FIRST,
                pattern: pattern(nowhere, "2026-01-31"),
                template: template(),
                exceptions: Vec::new(),
            })
            .then_expect_error(InvalidValue::new("rule", Problem::NotARule(RuleProblem::NeverAgain)).into());
    }
}

#[test]
fn the_thirty_first_is_followed_by_the_end_of_february_and_by_the_thirty_first() {
    let history = vec![started(pattern("FREQ=MONTHLY", "2026-01-31"))];
    assert_eq!(
        days(history, &["2026-01-31", "2026-02-28", "2026-03-31"]),
        ["2026-02-28", "2026-03-31", "2026-04-30"]
    );
}

#[test]
fn however_late_a_task_was_done_its_series_stays_in_step() {
    let history = || vec![started(pattern("FREQ=WEEKLY", "2026-03-02"))];
    assert_eq!(
        days(history(), &["2026-03-20", "2026-03-20"]),
        ["2026-03-09", "2026-03-16"]
    );
    let skipping = Pattern {
        missed: Missed::Skip,
        ..pattern("FREQ=WEEKLY", "2026-03-02")
    };
    assert_eq!(days(vec![started(skipping.clone())], &["2026-03-20"]), ["2026-03-23"]);
    assert_eq!(
        days(vec![started(skipping)], &["2026-03-16"]),
        ["2026-03-16"],
        "today is not missed yet"
    );
}

#[test]
fn a_series_may_follow_the_days_on_which_its_tasks_were_done() {
    let by_completion = Pattern {
        anchor: Anchor::Completion,
        ..pattern("FREQ=MONTHLY", "2026-01-15")
    };
    assert_eq!(
        days(vec![started(by_completion)], &["2026-01-31", "2026-03-05"]),
        ["2026-02-28", "2026-04-05"]
    );
}

#[test]
fn a_count_ends_a_series_from_either_anchor() {
    for anchor in Anchor::ALL {
        let three = Pattern {
            anchor,
            ..pattern("FREQ=DAILY;COUNT=3", "2026-03-02")
        };
        let found = days(vec![started(three)], &["2026-03-02", "2026-03-03", "2026-03-04"]);
        assert_eq!(found, ["2026-03-03", "2026-03-04"]);
    }
}

#[test]
fn the_hour_stays_over_a_change_of_clocks() {
    let at_nine = Pattern::new(
        rule("FREQ=DAILY"),
        Due::at(date("2026-03-28"), "09:00:00".parse().unwrap(), DEFAULT_ZONE),
    );
    let next = TaskSeries::replay(&[started(at_nine)])
        .next(SERIES, noon("2026-03-28"))
        .unwrap();
    let due = next.task.due.and_then(Due::instant);
    assert_eq!(due, Some("2026-03-29T07:00:00Z".parse().unwrap()));
    assert_eq!(next.task.details, template().details);
    assert_eq!(next.task.reminders, template().reminders);
    let occurrence = next.task.occurrence.unwrap();
    assert_eq!((occurrence.series, occurrence.number), (SERIES, 2));
}

#[test]
fn a_day_that_is_skipped_has_no_task() {
    let history = vec![started(pattern("FREQ=WEEKLY", "2026-03-02"))];
    given(history.clone())
        .when(TaskSeriesCommand::SkipDate {
            date: date("2026-03-09"),
        })
        .then_expect_events(vec![skipped("2026-03-09")]);
    let history = [history, vec![skipped("2026-03-09")]].concat();
    given(history.clone())
        .when(TaskSeriesCommand::SkipDate {
            date: date("2026-03-09"),
        })
        .then_expect_events(vec![]);
    assert_eq!(days(history, &["2026-03-02"]), ["2026-03-16"]);
}

#[test]
fn a_day_that_has_no_task_anyway_is_not_skipped() {
    for stranger in ["2026-03-10", "2026-02-23"] {
        given(vec![started(pattern("FREQ=WEEKLY", "2026-03-02"))])
            .when(TaskSeriesCommand::SkipDate { date: date(stranger) })
            .then_expect_error(TaskSeriesError::NotInSeries);
    }
}

#[test]
fn each_task_is_made_once_and_in_turn() {
    let history = vec![started(pattern("FREQ=WEEKLY", "2026-03-02"))];
    let advance = |number, day: &str| TaskSeriesCommand::Advance {
        task: SERIES.occurrence(number),
        number,
        scheduled: date(day),
    };
    given(history.clone())
        .when(advance(2, "2026-03-09"))
        .then_expect_events(vec![advanced(2, "2026-03-09")]);
    given([history.clone(), vec![advanced(2, "2026-03-09")]].concat())
        .when(advance(2, "2026-03-09"))
        .then_expect_events(vec![]);
    given(history)
        .when(advance(3, "2026-03-16"))
        .then_expect_error(TaskSeriesError::NotInSeries);
}

#[test]
fn what_changes_is_for_the_tasks_to_come() {
    let history = vec![started(pattern("FREQ=WEEKLY", "2026-03-02")), advanced(2, "2026-03-09")];
    let changes = SeriesChanges {
        rule: Some(rule("FREQ=MONTHLY")),
        title: Some(" Read the gas meters ".to_owned()),
        priority: Some(Priority::High),
        reminders: Change::Clear,
        ..SeriesChanges::default()
    };
    let event = TaskSeriesEvent::TaskSeriesChanged {
        pattern: pattern("FREQ=MONTHLY", "2026-03-09"),
        template: Template {
            details: Details {
                priority: Priority::High,
                ..Details::titled("Read the gas meters")
            },
            reminders: None,
        },
    };
    given(history.clone())
        .when(TaskSeriesCommand::Change(changes.clone()))
        .then_expect_events(vec![event.clone()]);
    let history = [history, vec![event]].concat();
    given(history.clone())
        .when(TaskSeriesCommand::Change(changes))
        .then_expect_events(vec![]);
    assert_eq!(
        days(history, &["2026-03-09", "2026-04-09"]),
        ["2026-04-09", "2026-05-09"]
    );
}

#[test]
fn a_new_rule_counts_from_where_it_begins() {
    let history = vec![
        started(pattern("FREQ=DAILY", "2026-03-02")),
        advanced(2, "2026-03-03"),
        TaskSeriesEvent::TaskSeriesChanged {
            pattern: pattern("FREQ=DAILY;COUNT=2", "2026-03-03"),
            template: template(),
        },
    ];
    assert_eq!(days(history, &["2026-03-03", "2026-03-04"]), ["2026-03-04"]);
}

#[test]
fn an_ended_series_makes_no_more_tasks() {
    let ended = TaskSeriesEvent::TaskSeriesEnded { exhausted: false };
    let history = vec![started(pattern("FREQ=WEEKLY", "2026-03-02"))];
    given(history.clone())
        .when(TaskSeriesCommand::End)
        .then_expect_events(vec![ended.clone()]);
    let history = [history, vec![ended]].concat();
    assert_eq!(days(history.clone(), &["2026-03-02"]), Vec::<String>::new());
    given(history.clone())
        .when(TaskSeriesCommand::End)
        .then_expect_events(vec![]);
    for command in [
        TaskSeriesCommand::Change(SeriesChanges::default()),
        TaskSeriesCommand::SkipDate {
            date: date("2026-03-09"),
        },
        TaskSeriesCommand::Advance {
            task: SERIES.occurrence(2),
            number: 2,
            scheduled: date("2026-03-09"),
        },
    ] {
        given(history.clone())
            .when(command)
            .then_expect_error(TaskSeriesError::Ended);
    }
}

#[test]
fn a_task_of_a_series_has_one_id_whoever_makes_it() {
    assert_eq!(SERIES.occurrence(2), SERIES.occurrence(2));
    assert_ne!(SERIES.occurrence(2), SERIES.occurrence(3));
}
