use domain::{DealId, Event, OrganizationId, TaskEvent};
use engine::projection::spec::Spec;
use projections::tasks::{Model, Tasks};

use super::{ONE, TWO, march, micros};

fn created() -> TaskEvent {
    TaskEvent::TaskCreated {
        title: "Call Zoé".to_owned(),
        due: march("10T09:00"),
        remind_at: Some(march("09T18:00")),
        assignee: Some("Inès".to_owned()),
        organization: Some(OrganizationId(ONE)),
        deal: Some(DealId(TWO)),
    }
}

/// What [`created`] on the first at noon leads to.
fn row() -> Model {
    Model {
        id: ONE,
        title: "Call Zoé".to_owned(),
        due_at: micros("10T09:00"),
        remind_at: Some(micros("09T18:00")),
        reminded_at: None,
        status: "OPEN".to_owned(),
        assignee: Some("Inès".to_owned()),
        organization_id: Some(ONE),
        deal_id: Some(TWO),
        created_at: micros("01T12:00"),
        finished_at: None,
        cancel_reason: None,
        updated_at: micros("01T12:00"),
        version: 1,
        position: 1,
    }
}

fn given() -> Spec<Event> {
    Spec::of(Tasks).given_at("task", ONE, march("01T12:00"), created())
}

fn after(event: TaskEvent) -> Spec<Event> {
    given().given_at("task", ONE, march("09T18:00"), event)
}

/// The row after one more event on the ninth.
fn changed() -> Model {
    Model {
        updated_at: micros("09T18:00"),
        version: 2,
        position: 2,
        ..row()
    }
}

#[test]
fn a_created_task_is_a_row() {
    given().expect([row()]);
}

#[test]
fn details_change_in_place() {
    after(TaskEvent::TaskRenamed {
        title: "Write".to_owned(),
    })
    .expect([Model {
        title: "Write".to_owned(),
        ..changed()
    }]);
    after(TaskEvent::TaskAssigned { assignee: None }).expect([Model {
        assignee: None,
        ..changed()
    }]);
}

#[test]
fn a_reminder_that_was_given_says_when() {
    let reminded = TaskEvent::TaskReminded { due: march("09T18:00") };
    after(reminded.clone()).expect([Model {
        reminded_at: Some(micros("09T18:00")),
        ..changed()
    }]);
    let moved = TaskEvent::TaskRescheduled {
        due: march("12T09:00"),
        remind_at: Some(march("11T18:00")),
    };
    after(reminded)
        .given_at("task", ONE, march("09T19:00"), moved)
        .expect([Model {
            due_at: micros("12T09:00"),
            remind_at: Some(micros("11T18:00")),
            updated_at: micros("09T19:00"),
            version: 3,
            position: 3,
            ..row()
        }]);
}

#[test]
fn a_finished_task_says_how_and_when() {
    after(TaskEvent::TaskCompleted {}).expect([Model {
        status: "COMPLETED".to_owned(),
        finished_at: Some(micros("09T18:00")),
        ..changed()
    }]);
    after(TaskEvent::TaskCancelled {
        reason: Some("She called.".to_owned()),
    })
    .expect([Model {
        status: "CANCELLED".to_owned(),
        finished_at: Some(micros("09T18:00")),
        cancel_reason: Some("She called.".to_owned()),
        ..changed()
    }]);
}
