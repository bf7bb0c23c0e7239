use chrono::NaiveDate;
use domain::{
    Event, TaskId, TaskSeriesEvent,
    task::{Details, Due},
    task_series::{Pattern, Template},
};
use engine::projection::spec::Spec;
use projections::task_series::{Model, TaskSeries};

use super::{ONE, TWO, march, micros};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn pattern(rule: &str) -> Pattern {
    Pattern::new(rule.parse().unwrap(), Due::Date(date("2026-03-02")))
}

fn template(title: &str) -> Template {
    Template {
        details: Details::titled(title),
        reminders: None,
    }
}

fn row() -> Model {
    Model {
        id: ONE,
        title: "Read the meters".to_owned(),
        rule: "FREQ=WEEKLY".to_owned(),
        anchor: "DUE_DATE".to_owned(),
        missed: "KEEP".to_owned(),
        pattern: serde_json::to_string(&pattern("FREQ=WEEKLY")).unwrap(),
        template: serde_json::to_string(&template("Read the meters")).unwrap(),
        exceptions: "2026-03-16".to_owned(),
        task_id: ONE,
        number: 1,
        scheduled_date: "2026-03-02".to_owned(),
        since: 1,
        ended: false,
        started_at: micros("01T12:00"),
        ended_at: None,
        updated_at: micros("01T12:00"),
        version: 1,
        position: 1,
    }
}

fn given() -> Spec<Event> {
    let started = TaskSeriesEvent::TaskSeriesStarted {
        task: TaskId(ONE),
        pattern: pattern("FREQ=WEEKLY"),
        template: template("Read the meters"),
        exceptions: vec![date("2026-03-16")],
    };
    Spec::of(TaskSeries).given_at("task-series", ONE, march("01T12:00"), started)
}

fn then(spec: Spec<Event>, event: TaskSeriesEvent) -> Spec<Event> {
    spec.given_at("task-series", ONE, march("02T12:00"), event)
}

#[test]
fn a_series_is_a_row() {
    given().expect([row()]);
}

#[test]
fn a_series_counts_its_tasks_and_keeps_days_free() {
    let advanced = TaskSeriesEvent::TaskSeriesAdvanced {
        task: TaskId(TWO),
        number: 2,
        scheduled: date("2026-03-09"),
    };
    let skipped = TaskSeriesEvent::TaskSeriesDateSkipped {
        date: date("2026-03-10"),
    };
    then(then(given(), advanced), skipped).expect([Model {
        exceptions: "2026-03-10,2026-03-16".to_owned(),
        task_id: TWO,
        number: 2,
        scheduled_date: "2026-03-09".to_owned(),
        updated_at: micros("02T12:00"),
        version: 3,
        position: 3,
        ..row()
    }]);
}

#[test]
fn a_new_rule_counts_from_the_latest_task() {
    let advanced = TaskSeriesEvent::TaskSeriesAdvanced {
        task: TaskId(TWO),
        number: 2,
        scheduled: date("2026-03-09"),
    };
    let changed = TaskSeriesEvent::TaskSeriesChanged {
        pattern: pattern("FREQ=DAILY"),
        template: template("Read the gas meters"),
    };
    then(then(given(), advanced), changed).expect([Model {
        title: "Read the gas meters".to_owned(),
        rule: "FREQ=DAILY".to_owned(),
        pattern: serde_json::to_string(&pattern("FREQ=DAILY")).unwrap(),
        template: serde_json::to_string(&template("Read the gas meters")).unwrap(),
        task_id: TWO,
        number: 2,
        scheduled_date: "2026-03-09".to_owned(),
        since: 2,
        updated_at: micros("02T12:00"),
        version: 3,
        position: 3,
        ..row()
    }]);
}

#[test]
fn an_ended_series_says_since_when() {
    then(given(), TaskSeriesEvent::TaskSeriesEnded { exhausted: false }).expect([Model {
        ended: true,
        ended_at: Some(micros("02T12:00")),
        updated_at: micros("02T12:00"),
        version: 2,
        position: 2,
        ..row()
    }]);
}
