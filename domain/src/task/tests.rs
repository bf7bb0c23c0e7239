use chrono::{DateTime, Utc};
use cqrs_es::test::TestFramework;

use super::*;
use crate::{InvalidValue, Refusal, value::Problem};

fn given(events: Vec<TaskEvent>) -> cqrs_es::test::AggregateTestExecutor<Task> {
    TestFramework::<Task>::with(()).given(events)
}

fn at(time: &str) -> DateTime<Utc> {
    format!("2026-03-{time}:00Z").parse().unwrap()
}

/// To call on the 10th, with a reminder the evening before.
fn created() -> TaskEvent {
    TaskEvent::TaskCreated {
        title: "Call Martin".to_owned(),
        due: at("10T09:00"),
        remind_at: Some(at("09T18:00")),
        assignee: None,
        organization: None,
        deal: None,
    }
}

fn reminded() -> TaskEvent {
    TaskEvent::TaskReminded { due: at("09T18:00") }
}

fn remind() -> TaskCommand {
    TaskCommand::Remind { due: at("09T18:00") }
}

#[test]
fn a_task_is_created_with_its_reminder() {
    let task = CreateTask {
        remind_at: Some(at("09T18:00")),
        ..CreateTask::titled("Call Martin", at("10T09:00"))
    };
    given(vec![])
        .when(TaskCommand::Create(task))
        .then_expect_events(vec![created()]);
}

#[test]
fn a_reminder_does_not_come_after_the_task_is_due() {
    let task = CreateTask {
        remind_at: Some(at("10T09:01")),
        ..CreateTask::titled("Call Martin", at("10T09:00"))
    };
    given(vec![])
        .when(TaskCommand::Create(task))
        .then_expect_error(TaskError::ReminderAfterDue);
}

#[test]
fn a_task_is_created_once() {
    given(vec![created()])
        .when(TaskCommand::Create(CreateTask::titled("Call Martin", at("10T09:00"))))
        .then_expect_error(TaskError::AlreadyCreated);
}

#[test]
fn a_task_is_due_in_our_times() {
    for far in ["+20025-01-01T00:00:00Z", "1066-10-14T00:00:00Z"] {
        given(vec![])
            .when(TaskCommand::Create(CreateTask::titled("Call", far.parse().unwrap())))
            .then_expect_error(InvalidValue::new("due", Problem::DateTooFar).into());
    }
}

#[test]
fn times_are_kept_to_the_microsecond() {
    let due: DateTime<Utc> = "2026-03-10T09:00:00.123456789Z".parse().unwrap();
    let events = given(vec![])
        .when(TaskCommand::Create(CreateTask::titled("Call", due)))
        .inspect_result()
        .unwrap();
    let kept: DateTime<Utc> = "2026-03-10T09:00:00.123456Z".parse().unwrap();
    assert!(matches!(&events[0], TaskEvent::TaskCreated { due, .. } if *due == kept));
}

#[test]
fn nothing_can_be_asked_of_a_task_that_does_not_exist() {
    for command in [remind(), TaskCommand::Complete, TaskCommand::Cancel { reason: None }] {
        given(vec![]).when(command).then_expect_error(TaskError::NotCreated);
    }
}

#[test]
fn an_armed_reminder_is_given() {
    given(vec![created()])
        .when(remind())
        .then_expect_events(vec![reminded()]);
}

#[test]
fn a_reminder_is_given_once() {
    given(vec![created(), reminded()])
        .when(remind())
        .then_expect_error(TaskError::AlreadyDone);
}

#[test]
fn a_rescheduled_reminder_is_superseded() {
    let moved = TaskEvent::TaskRescheduled {
        due: at("12T09:00"),
        remind_at: Some(at("11T18:00")),
    };
    given(vec![created(), moved.clone()])
        .when(remind())
        .then_expect_error(TaskError::Superseded);
    given(vec![created(), moved])
        .when(TaskCommand::Remind { due: at("11T18:00") })
        .then_expect_events(vec![TaskEvent::TaskReminded { due: at("11T18:00") }]);
}

#[test]
fn rescheduling_after_the_reminder_arms_it_again() {
    let again = TaskEvent::TaskRescheduled {
        due: at("10T09:00"),
        remind_at: Some(at("09T18:00")),
    };
    given(vec![created(), reminded()])
        .when(TaskCommand::Reschedule {
            due: at("10T09:00"),
            remind_at: Some(at("09T18:00")),
        })
        .then_expect_events(vec![again.clone()]);
    given(vec![created(), reminded(), again])
        .when(remind())
        .then_expect_events(vec![reminded()]);
}

#[test]
fn rescheduling_to_the_same_times_changes_nothing() {
    given(vec![created()])
        .when(TaskCommand::Reschedule {
            due: at("10T09:00"),
            remind_at: Some(at("09T18:00")),
        })
        .then_expect_events(vec![]);
}

#[test]
fn a_reminder_that_is_left_out_is_disarmed() {
    let moved = TaskEvent::TaskRescheduled {
        due: at("12T09:00"),
        remind_at: None,
    };
    given(vec![created()])
        .when(TaskCommand::Reschedule {
            due: at("12T09:00"),
            remind_at: None,
        })
        .then_expect_events(vec![moved.clone()]);
    given(vec![created(), moved])
        .when(remind())
        .then_expect_error(TaskError::Superseded);
}

#[test]
fn a_finished_task_reminds_nobody() {
    for (finished, status) in [
        (TaskEvent::TaskCompleted {}, TaskStatus::Completed),
        (TaskEvent::TaskCancelled { reason: None }, TaskStatus::Cancelled),
    ] {
        assert_eq!(Task::replay(&[created(), finished.clone()]).armed_for(), None);
        given(vec![created(), finished])
            .when(remind())
            .then_expect_error(TaskError::Finished { status });
    }
}

#[test]
fn a_finished_task_stays_as_it_is() {
    let commands = [
        TaskCommand::Reschedule {
            due: at("12T09:00"),
            remind_at: None,
        },
        TaskCommand::Rename {
            title: "Call".to_owned(),
        },
        TaskCommand::Assign { assignee: None },
        TaskCommand::Cancel { reason: None },
    ];
    for command in commands {
        given(vec![created(), TaskEvent::TaskCompleted {}])
            .when(command)
            .then_expect_error(TaskError::Finished {
                status: TaskStatus::Completed,
            });
    }
    given(vec![created(), TaskEvent::TaskCancelled { reason: None }])
        .when(TaskCommand::Complete)
        .then_expect_error(TaskError::Finished {
            status: TaskStatus::Cancelled,
        });
}

#[test]
fn finishing_twice_is_finishing_once() {
    given(vec![created()])
        .when(TaskCommand::Complete)
        .then_expect_events(vec![TaskEvent::TaskCompleted {}]);
    given(vec![created(), TaskEvent::TaskCompleted {}])
        .when(TaskCommand::Complete)
        .then_expect_events(vec![]);
    given(vec![created(), TaskEvent::TaskCancelled { reason: None }])
        .when(TaskCommand::Cancel {
            reason: Some("no longer".to_owned()),
        })
        .then_expect_events(vec![]);
}

#[test]
fn a_cancellation_may_say_why() {
    given(vec![created()])
        .when(TaskCommand::Cancel {
            reason: Some(" they called ".to_owned()),
        })
        .then_expect_events(vec![TaskEvent::TaskCancelled {
            reason: Some("they called".to_owned()),
        }]);
}

#[test]
fn a_task_is_given_to_somebody() {
    given(vec![created()])
        .when(TaskCommand::Assign {
            assignee: Some("Inès".to_owned()),
        })
        .then_expect_events(vec![TaskEvent::TaskAssigned {
            assignee: Some("Inès".to_owned()),
        }]);
}

#[test]
fn an_agenda_that_comes_late_or_twice_is_told_so() {
    assert_eq!(TaskError::Superseded.code(), "REMINDER_SUPERSEDED");
    assert_eq!(TaskError::AlreadyDone.code(), "REMINDER_ALREADY_GIVEN");
}
