use domain::{
    DealId, Event, OrganizationId, Rank, TaskEvent, TaskSeriesId, UserId,
    local::DEFAULT_ZONE,
    task::{Due, Occurrence, Priority, ReminderPlan, Reminders, SetReminder},
};
use engine::projection::spec::Spec;
use projections::tasks::{Model, Tasks, assignees, links, reminders, watchers};

use super::{ONE, TWO, march, micros};

fn created() -> TaskEvent {
    TaskEvent::TaskCreated {
        title: "Call Zoé".to_owned(),
        description: Some("About the offer".to_owned()),
        priority: Priority::High,
        due: Some(Due::Moment {
            at: march("10T09:00"),
            time_zone: DEFAULT_ZONE,
        }),
        remind_at: Some(march("09T18:00")),
        reminders: set(&[(-1, "09T08:00"), (0, "10T08:00")]),
        assignees: vec![UserId(TWO), UserId(ONE)],
        assignee_name: Some("Inès".to_owned()),
        watchers: vec![UserId(TWO)],
        links: vec![OrganizationId(ONE).into(), DealId(TWO).into()],
        occurrence: Some(Occurrence {
            series: TaskSeriesId(TWO),
            number: 3,
            scheduled: "2026-03-10".parse().unwrap(),
        }),
    }
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

/// What [`created`] on the first at noon leads to.
fn row() -> Model {
    Model {
        id: ONE,
        title: "Call Zoé".to_owned(),
        title_folded: "call zoé".to_owned(),
        description: Some("About the offer".to_owned()),
        status: "TODO".to_owned(),
        priority: "HIGH".to_owned(),
        priority_rank: 2,
        due_date: Some("2026-03-10".to_owned()),
        due_at: Some(micros("10T09:00")),
        due_time_zone: Some("Europe/Paris".to_owned()),
        due_order: Some(micros("10T09:00")),
        remind_at: Some(micros("09T18:00")),
        reminded_at: None,
        reminder_time: Some("09:00".to_owned()),
        reminder_time_zone: Some("Europe/Paris".to_owned()),
        assignee_name: Some("Inès".to_owned()),
        series_id: Some(TWO),
        series_number: Some(3),
        scheduled_date: Some("2026-03-10".to_owned()),
        rank: Rank::of_position(1).as_str().to_owned(),
        created_at: micros("01T12:00"),
        started_at: None,
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

fn assignee(user: uuid::Uuid, place: i32) -> assignees::Model {
    assignees::Model {
        id: assignees::Model::id_of(ONE, user),
        task_id: ONE,
        user_id: user,
        place,
    }
}

fn link(category: &str, target: uuid::Uuid, position: i64, place: i32) -> links::Model {
    links::Model {
        id: links::Model::id_of(ONE, category, target),
        task_id: ONE,
        category: category.to_owned(),
        target_id: target,
        position,
        place,
    }
}

fn receipt(day: i8, at: &str, status: &str, settled_at: Option<&str>) -> reminders::Model {
    reminders::Model {
        id: reminders::Model::id_of(ONE, day, micros(at)),
        task_id: ONE,
        day: day.into(),
        at: micros(at),
        status: status.to_owned(),
        settled_at: settled_at.map(micros),
    }
}

#[test]
fn a_created_task_is_a_row_with_people_links_and_reminders() {
    let watcher = watchers::Model {
        id: watchers::Model::id_of(ONE, TWO),
        task_id: ONE,
        user_id: TWO,
    };
    given()
        .expect([row()])
        .expect([assignee(TWO, 0), assignee(ONE, 1)])
        .expect([watcher])
        .expect([link("organization", ONE, 1, 0), link("deal", TWO, 1, 1)])
        .expect([
            receipt(-1, "09T08:00", "ARMED", None),
            receipt(0, "10T08:00", "ARMED", None),
        ]);
}

#[test]
fn details_change_in_place() {
    after(TaskEvent::TaskRenamed {
        title: "Écrire".to_owned(),
    })
    .expect([Model {
        title: "Écrire".to_owned(),
        title_folded: "écrire".to_owned(),
        ..changed()
    }]);
    after(TaskEvent::TaskPrioritized {
        priority: Priority::Urgent,
    })
    .expect([Model {
        priority: "URGENT".to_owned(),
        priority_rank: 1,
        ..changed()
    }]);
    after(TaskEvent::TaskDescribed { description: None }).expect([Model {
        description: None,
        ..changed()
    }]);
    after(TaskEvent::TaskRanked {
        rank: "15".parse().unwrap(),
    })
    .expect([Model {
        rank: "15".to_owned(),
        ..changed()
    }]);
}

#[test]
fn a_task_given_to_others_is_theirs() {
    let assigned = TaskEvent::TaskAssigned {
        assignees: vec![UserId(ONE)],
        assignee_name: None,
        reminders: set(&[(0, "10T08:00")]),
    };
    after(assigned)
        .expect([Model {
            assignee_name: None,
            ..changed()
        }])
        .expect([assignee(ONE, 0)])
        .expect([receipt(0, "10T08:00", "ARMED", None)]);
}

#[test]
fn watchers_and_links_come_and_go() {
    after(TaskEvent::TaskUnwatched { user: UserId(TWO) }).expect::<watchers::Model>([]);
    after(TaskEvent::TaskUnlinked {
        link: OrganizationId(ONE).into(),
    })
    .expect([link("deal", TWO, 1, 1)]);
    after(TaskEvent::TaskLinked {
        link: DealId(ONE).into(),
    })
    .expect([
        link("organization", ONE, 1, 0),
        link("deal", TWO, 1, 1),
        link("deal", ONE, 2, 0),
    ]);
}

#[test]
fn a_day_is_due_at_its_end_and_nothing_is_due_never() {
    let day = TaskEvent::TaskRescheduled {
        due: Some(Due::Date("2026-03-12".parse().unwrap())),
        remind_at: None,
        reminders: None,
    };
    let planless = Model {
        due_at: None,
        due_time_zone: None,
        remind_at: None,
        reminder_time: None,
        reminder_time_zone: None,
        ..changed()
    };
    after(day)
        .expect([Model {
            due_date: Some("2026-03-12".to_owned()),
            due_order: Some(micros("13T00:00") - 1),
            ..planless.clone()
        }])
        .expect::<reminders::Model>([]);
    after(TaskEvent::TaskRescheduled {
        due: None,
        remind_at: None,
        reminders: None,
    })
    .expect([Model {
        due_date: None,
        due_order: None,
        ..planless
    }]);
}

#[test]
fn every_reminder_has_its_receipt() {
    let reminded = TaskEvent::TaskReminded {
        due: march("09T08:00"),
        day: Some(-1),
        to: vec![UserId(TWO)],
    };
    let lapsed = TaskEvent::TaskReminderLapsed {
        due: march("10T08:00"),
        day: 0,
    };
    after(reminded.clone())
        .expect([Model {
            reminded_at: Some(micros("09T18:00")),
            ..changed()
        }])
        .expect([
            receipt(-1, "09T08:00", "GIVEN", Some("09T18:00")),
            receipt(0, "10T08:00", "ARMED", None),
        ]);
    after(reminded)
        .given_at("task", ONE, march("12T08:00"), lapsed)
        .given_at("task", ONE, march("12T09:00"), TaskEvent::TaskCompleted {})
        .expect([
            receipt(-1, "09T08:00", "GIVEN", Some("09T18:00")),
            receipt(0, "10T08:00", "LAPSED", Some("12T08:00")),
        ]);
}

#[test]
fn a_task_is_started_put_back_finished_and_reopened() {
    let started = TaskEvent::TaskStarted {};
    after(started.clone()).expect([Model {
        status: "IN_PROGRESS".to_owned(),
        started_at: Some(micros("09T18:00")),
        ..changed()
    }]);
    let later = |spec: Spec<Event>, event| spec.given_at("task", ONE, march("09T19:00"), event);
    let again = Model {
        updated_at: micros("09T19:00"),
        version: 3,
        position: 3,
        ..row()
    };
    later(after(started), TaskEvent::TaskPutBack {}).expect([again.clone()]);
    after(TaskEvent::TaskCompleted {})
        .expect([Model {
            status: "DONE".to_owned(),
            finished_at: Some(micros("09T18:00")),
            ..changed()
        }])
        .expect::<reminders::Model>([]);
    let cancelled = TaskEvent::TaskCancelled {
        reason: Some("She called.".to_owned()),
    };
    after(cancelled.clone()).expect([Model {
        status: "CANCELLED".to_owned(),
        finished_at: Some(micros("09T18:00")),
        cancel_reason: Some("She called.".to_owned()),
        ..changed()
    }]);
    let reopened = TaskEvent::TaskReopened {
        remind_at: None,
        reminders: set(&[(0, "10T08:00")]),
    };
    later(after(cancelled), reopened)
        .expect([again])
        .expect([receipt(0, "10T08:00", "ARMED", None)]);
}
