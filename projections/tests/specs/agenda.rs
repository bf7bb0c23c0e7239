use domain::{Event, TaskEvent};
use engine::{Obligation, projection::spec::Spec};
use journal::{Position, StreamId};
use projections::agenda::{Agenda, TASK_REMINDER};

use super::{ONE, march};

fn created(remind_at: Option<&str>) -> TaskEvent {
    TaskEvent::TaskCreated {
        title: "Call Zoé".to_owned(),
        due: march("10T09:00"),
        remind_at: remind_at.map(march),
        assignee: None,
        organization: None,
        deal: None,
    }
}

fn rescheduled(remind_at: Option<&str>) -> TaskEvent {
    TaskEvent::TaskRescheduled {
        due: march("12T09:00"),
        remind_at: remind_at.map(march),
    }
}

fn reminder(time: &str, position: u64) -> Obligation {
    Obligation::new(
        TASK_REMINDER,
        &StreamId::new("task", ONE),
        "",
        march(time),
        Position(position),
    )
}

fn given(events: impl IntoIterator<Item = TaskEvent>) -> Spec<Event> {
    events
        .into_iter()
        .fold(Spec::of(Agenda), |spec, event| spec.given("task", ONE, event))
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
    given([created(Some("09T18:00")), rescheduled(Some("11T18:00"))]).expect([reminder("11T18:00", 2)]);
    given([created(None), rescheduled(Some("11T18:00"))]).expect([reminder("11T18:00", 2)]);
    given([created(Some("09T18:00")), rescheduled(None)]).expect(nothing());
}

#[test]
fn a_reminder_that_was_given_is_no_obligation_until_armed_again() {
    let reminded = TaskEvent::TaskReminded { due: march("09T18:00") };
    given([created(Some("09T18:00")), reminded.clone()]).expect(nothing());
    given([created(Some("09T18:00")), reminded, rescheduled(Some("11T18:00"))]).expect([reminder("11T18:00", 3)]);
}

#[test]
fn a_finished_task_has_no_obligations() {
    given([created(Some("09T18:00")), TaskEvent::TaskCompleted {}]).expect(nothing());
    given([created(Some("09T18:00")), TaskEvent::TaskCancelled { reason: None }]).expect(nothing());
}

#[test]
fn details_do_not_move_it() {
    let renamed = TaskEvent::TaskRenamed {
        title: "Write".to_owned(),
    };
    let assigned = TaskEvent::TaskAssigned { assignee: None };
    given([created(Some("09T18:00")), renamed, assigned]).expect([reminder("09T18:00", 1)]);
}
