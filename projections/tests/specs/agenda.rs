use domain::{
    Event, InvoiceEvent, TaskEvent, UserId,
    invoice::{ReminderStep, SkipCause},
    local::DEFAULT_ZONE,
    task::{Priority, ReminderPlan, Reminders, SetReminder},
};
use engine::{Obligation, projection::spec::Spec};
use journal::{Position, StreamId};
use projections::agenda::{Agenda, INVOICE_REMINDER, TASK_DAY_REMINDER, TASK_REMINDER};

use super::{ONE, TWO, march};

fn birth(remind_at: Option<&str>, reminders: Option<Reminders>) -> TaskEvent {
    TaskEvent::TaskCreated {
        title: "Call Zoé".to_owned(),
        description: None,
        priority: Priority::Normal,
        due: None,
        remind_at: remind_at.map(march),
        reminders,
        assignees: Vec::new(),
        assignee_name: None,
        watchers: Vec::new(),
        links: Vec::new(),
        occurrence: None,
    }
}

fn created(remind_at: Option<&str>) -> TaskEvent {
    birth(remind_at, None)
}

fn set(reminders: &[(i8, &str)]) -> Option<Reminders> {
    let set = reminders.iter().map(|(day, time)| SetReminder {
        day: *day,
        at: march(time),
    });
    Some(Reminders {
        plan: ReminderPlan::usual(DEFAULT_ZONE),
        set: set.collect(),
    })
}

fn planned() -> TaskEvent {
    birth(None, set(&[(-1, "09T08:00"), (0, "10T08:00"), (1, "11T08:00")]))
}

fn rescheduled(remind_at: Option<&str>, reminders: Option<Reminders>) -> TaskEvent {
    TaskEvent::TaskRescheduled {
        due: None,
        remind_at: remind_at.map(march),
        reminders,
    }
}

fn task() -> StreamId {
    StreamId::new("task", ONE)
}

fn reminder(time: &str, position: u64) -> Obligation {
    Obligation::new(TASK_REMINDER, &task(), "", march(time), Position(position))
}

fn of_day(day: &str, time: &str, position: u64) -> Obligation {
    Obligation::new(TASK_DAY_REMINDER, &task(), day, march(time), Position(position))
}

fn given(events: impl IntoIterator<Item = TaskEvent>) -> Spec<Event> {
    given_on("01T12:00", events)
}

fn given_on(time: &str, events: impl IntoIterator<Item = TaskEvent>) -> Spec<Event> {
    events.into_iter().fold(Spec::of(Agenda), |spec, event| {
        spec.given_at("task", ONE, march(time), event)
    })
}

fn nothing() -> [Obligation; 0] {
    []
}

#[test]
fn an_armed_reminder_is_an_obligation() {
    given([created(Some("09T18:00"))]).expect([reminder("09T18:00", 1)]);
    given([created(None)]).expect(nothing());
}

#[test]
fn rescheduling_moves_arms_and_disarms_it() {
    let moved = || rescheduled(Some("11T18:00"), None);
    given([created(Some("09T18:00")), moved()]).expect([reminder("11T18:00", 2)]);
    given([created(None), moved()]).expect([reminder("11T18:00", 2)]);
    given([created(Some("09T18:00")), rescheduled(None, None)]).expect(nothing());
}

#[test]
fn a_reminder_that_was_given_is_no_obligation_until_armed_again() {
    let reminded = TaskEvent::TaskReminded {
        due: march("09T18:00"),
        day: None,
        to: Vec::new(),
    };
    given([created(Some("09T18:00")), reminded.clone()]).expect(nothing());
    given([created(Some("09T18:00")), reminded, rescheduled(Some("11T18:00"), None)]).expect([reminder("11T18:00", 3)]);
}

#[test]
fn each_day_of_the_plan_is_an_obligation() {
    let all = [
        of_day("-1", "09T08:00", 1),
        of_day("0", "10T08:00", 1),
        of_day("1", "11T08:00", 1),
    ];
    given([planned()]).expect(all);
}

#[test]
fn what_had_passed_when_it_was_set_is_none() {
    given_on("10T08:00", [planned()]).expect([of_day("1", "11T08:00", 1)]);
}

#[test]
fn a_receipt_settles_the_reminder_of_its_day() {
    let reminded = TaskEvent::TaskReminded {
        due: march("09T08:00"),
        day: Some(-1),
        to: vec![UserId(TWO)],
    };
    let lapsed = TaskEvent::TaskReminderLapsed {
        due: march("10T08:00"),
        day: 0,
    };
    given([planned(), reminded, lapsed]).expect([of_day("1", "11T08:00", 1)]);
}

#[test]
fn another_date_and_other_assignees_arm_the_plan_anew() {
    let moved = rescheduled(None, set(&[(-1, "19T08:00")]));
    given([planned(), moved]).expect([of_day("-1", "19T08:00", 2)]);
    let assigned = TaskEvent::TaskAssigned {
        assignees: vec![UserId(TWO)],
        assignee_name: None,
        reminders: set(&[(0, "10T08:00")]),
    };
    given([planned(), assigned]).expect([of_day("0", "10T08:00", 2)]);
}

#[test]
fn a_finished_task_has_no_obligations() {
    for finished in [TaskEvent::TaskCompleted {}, TaskEvent::TaskCancelled { reason: None }] {
        given([created(Some("09T18:00")), finished.clone()]).expect(nothing());
        given([planned(), finished]).expect(nothing());
    }
}

#[test]
fn a_reopened_task_has_those_that_lie_ahead() {
    let reopened = TaskEvent::TaskReopened {
        remind_at: Some(march("09T18:00")),
        reminders: set(&[(0, "10T08:00"), (1, "11T08:00")]),
    };
    let history = |time: &str| {
        given([planned(), TaskEvent::TaskCompleted {}]).given_at("task", ONE, march(time), reopened.clone())
    };
    history("10T12:00").expect([of_day("1", "11T08:00", 3)]);
    history("08T12:00").expect([
        reminder("09T18:00", 3),
        of_day("0", "10T08:00", 3),
        of_day("1", "11T08:00", 3),
    ]);
}

#[test]
fn details_do_not_move_it() {
    let renamed = TaskEvent::TaskRenamed {
        title: "Write".to_owned(),
    };
    let assigned = TaskEvent::TaskAssigned {
        assignees: Vec::new(),
        assignee_name: Some("Inès".to_owned()),
        reminders: None,
    };
    given([created(Some("09T18:00")), renamed, assigned]).expect([reminder("09T18:00", 1)]);
}

#[test]
fn the_next_reminder_of_an_invoice_is_an_obligation_until_it_is_taken() {
    let given = |events: &[InvoiceEvent]| {
        events.iter().fold(Spec::of(Agenda), |spec, event| {
            spec.given_at("invoice", ONE, march("01T12:00"), event.clone())
        })
    };
    let planned = |step, time: &str| InvoiceEvent::ReminderPlanned { step, at: march(time) };
    let row = |step: ReminderStep, time: &str, position| {
        let invoice = StreamId::new("invoice", ONE);
        Obligation::new(
            INVOICE_REMINDER,
            &invoice,
            step.as_str(),
            march(time),
            Position(position),
        )
    };
    let friendly = planned(ReminderStep::Friendly, "09T08:00");
    let firm = planned(ReminderStep::Firm, "19T08:00");
    given(std::slice::from_ref(&friendly)).expect([row(ReminderStep::Friendly, "09T08:00", 1)]);
    given(&[friendly.clone(), firm.clone()]).expect([row(ReminderStep::Firm, "19T08:00", 2)]);
    given(&[friendly.clone(), InvoiceEvent::ReminderUnplanned {}]).expect(nothing());
    let skipped = InvoiceEvent::ReminderSkipped {
        step: ReminderStep::Friendly,
        cause: SkipCause::Held,
    };
    given(&[friendly, skipped.clone()]).expect(nothing());
    given(&[firm, skipped]).expect([row(ReminderStep::Firm, "19T08:00", 1)]);
}
