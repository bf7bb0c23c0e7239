use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::{Change, DealId, InvalidValue, Refusal, TaskSeriesId, UserId, local::DEFAULT_ZONE, value::Problem};

fn given(events: Vec<TaskEvent>) -> cqrs_es::test::AggregateTestExecutor<Task> {
    TestFramework::<Task>::with(()).given(events)
}

fn at(time: &str) -> DateTime<Utc> {
    format!("2026-03-{time}:00Z").parse().unwrap()
}

fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

fn moment(time: &str) -> Option<Due> {
    Some(Due::Moment {
        at: at(time),
        time_zone: DEFAULT_ZONE,
    })
}

fn day(day: u32) -> Option<Due> {
    Some(Due::Date(date(day)))
}

const INES: UserId = UserId(Uuid::from_u128(1));
const PAUL: UserId = UserId(Uuid::from_u128(2));

fn a_task(due: Option<Due>, remind_at: Option<DateTime<Utc>>, reminders: Option<Reminders>) -> TaskEvent {
    TaskEvent::TaskCreated {
        title: "Call Martin".to_owned(),
        description: None,
        priority: Priority::Normal,
        due,
        remind_at,
        reminders,
        assignees: vec![INES],
        assignee_name: None,
        watchers: Vec::new(),
        links: Vec::new(),
        occurrence: None,
    }
}

/// To call on the 10th, with a reminder of one's own the evening before.
fn created() -> TaskEvent {
    a_task(moment("10T09:00"), Some(at("09T18:00")), None)
}

/// To call on the 10th, with reminders on the day before, on the day and on the day after.
fn planned() -> TaskEvent {
    a_task(
        day(10),
        None,
        Some(set(&[(-1, "09T08:00"), (0, "10T08:00"), (1, "11T08:00")])),
    )
}

fn set(reminders: &[(i8, &str)]) -> Reminders {
    Reminders {
        plan: ReminderPlan::usual(DEFAULT_ZONE),
        set: reminders
            .iter()
            .map(|(day, time)| SetReminder {
                day: *day,
                at: at(time),
            })
            .collect(),
    }
}

fn create(due: Option<Due>) -> CreateTask {
    CreateTask {
        details: Details {
            assignees: vec![INES],
            ..Details::titled("Call Martin")
        },
        ..CreateTask::titled("", due)
    }
}

fn reminded() -> TaskEvent {
    TaskEvent::TaskReminded {
        due: at("09T18:00"),
        day: None,
        to: vec![INES],
    }
}

fn remind() -> TaskCommand {
    TaskCommand::Remind {
        due: at("09T18:00"),
        day: None,
    }
}

fn remind_of(day: i8, time: &str) -> TaskCommand {
    TaskCommand::Remind {
        due: at(time),
        day: Some(day),
    }
}

fn reminded_of(day: i8, time: &str) -> TaskEvent {
    TaskEvent::TaskReminded {
        due: at(time),
        day: Some(day),
        to: vec![INES],
    }
}

fn reschedule(due: Option<Due>, remind_at: Option<DateTime<Utc>>) -> TaskCommand {
    TaskCommand::Reschedule {
        due,
        remind_at,
        reminders: Change::Keep,
    }
}

fn rescheduled(due: Option<Due>, remind_at: Option<DateTime<Utc>>, reminders: Option<Reminders>) -> TaskEvent {
    TaskEvent::TaskRescheduled {
        due,
        remind_at,
        reminders,
    }
}

fn assign(assignees: Vec<UserId>) -> TaskCommand {
    TaskCommand::Assign {
        assignees,
        assignee_name: None,
        reminders: Change::Keep,
        time_zone: None,
    }
}

#[test]
fn a_task_is_created_with_its_own_reminder() {
    let task = CreateTask {
        remind_at: Some(at("09T18:00")),
        ..create(moment("10T09:00"))
    };
    given(vec![])
        .when(TaskCommand::Create(task))
        .then_expect_events(vec![created()]);
}

#[test]
fn a_task_is_created_with_reminders_around_its_day() {
    let task = CreateTask {
        reminders: Some(ReminderPlan::usual(DEFAULT_ZONE)),
        ..create(day(10))
    };
    given(vec![])
        .when(TaskCommand::Create(task))
        .then_expect_events(vec![planned()]);
}

#[test]
fn a_task_needs_no_date() {
    given(vec![])
        .when(TaskCommand::Create(create(None)))
        .then_expect_events(vec![a_task(None, None, None)]);
}

#[test]
fn reminders_keep_their_hour_over_a_change_of_clocks() {
    let task = CreateTask {
        reminders: Some(ReminderPlan::usual(DEFAULT_ZONE)),
        ..create(day(29))
    };
    let reminders = set(&[(-1, "28T08:00"), (0, "29T07:00"), (1, "30T07:00")]);
    given(vec![])
        .when(TaskCommand::Create(task))
        .then_expect_events(vec![a_task(day(29), None, Some(reminders))]);
}

#[test]
fn nobody_is_reminded_of_the_day_after_the_work_was_due() {
    let early = moment("10T06:30");
    let task = CreateTask {
        reminders: Some(ReminderPlan::usual(DEFAULT_ZONE)),
        ..create(early)
    };
    let reminders = set(&[(-1, "09T08:00"), (0, "10T06:30"), (1, "11T08:00")]);
    given(vec![])
        .when(TaskCommand::Create(task))
        .then_expect_events(vec![a_task(early, None, Some(reminders))]);
}

#[test]
fn a_day_is_that_of_the_one_who_is_reminded() {
    // In Paris it is the tenth already.
    let due = Due::Moment {
        at: at("09T23:30"),
        time_zone: Tz::UTC,
    };
    let plan = ReminderPlan::usual(DEFAULT_ZONE);
    let task = CreateTask {
        reminders: Some(plan),
        ..create(Some(due))
    };
    let events = given(vec![]).when(TaskCommand::Create(task)).inspect_result().unwrap();
    let task = Task::replay(&events);
    assert_eq!(task.reminders().unwrap().set[0].at, at("09T08:00"));
    assert_eq!(due.date(), date(9));
}

#[test]
fn a_reminder_does_not_come_after_the_task_is_due() {
    let task = CreateTask {
        remind_at: Some(at("10T09:01")),
        ..create(moment("10T09:00"))
    };
    given(vec![])
        .when(TaskCommand::Create(task))
        .then_expect_error(TaskError::ReminderAfterDue);
}

#[test]
fn a_task_is_created_once() {
    given(vec![created()])
        .when(TaskCommand::Create(create(None)))
        .then_expect_error(TaskError::AlreadyCreated);
}

#[test]
fn a_task_is_due_in_our_times() {
    for far in ["+20025-01-01T00:00:00Z", "1066-10-14T00:00:00Z"] {
        let due = Due::Moment {
            at: far.parse().unwrap(),
            time_zone: DEFAULT_ZONE,
        };
        given(vec![])
            .when(TaskCommand::Create(create(Some(due))))
            .then_expect_error(InvalidValue::new("due", Problem::DateTooFar).into());
    }
}

#[test]
fn a_plan_stays_within_a_month_of_the_day() {
    let plan = ReminderPlan {
        days: vec![-31],
        ..ReminderPlan::usual(DEFAULT_ZONE)
    };
    let task = CreateTask {
        reminders: Some(plan),
        ..create(day(10))
    };
    let refused = given(vec![]).when(TaskCommand::Create(task)).inspect_result();
    assert_eq!(refused.unwrap_err().code(), "NUMBER_OUT_OF_RANGE");
}

#[test]
fn times_are_kept_to_the_microsecond() {
    let due = Due::Moment {
        at: "2026-03-10T09:00:00.123456789Z".parse().unwrap(),
        time_zone: DEFAULT_ZONE,
    };
    let events = given(vec![])
        .when(TaskCommand::Create(create(Some(due))))
        .inspect_result()
        .unwrap();
    let kept: DateTime<Utc> = "2026-03-10T09:00:00.123456Z".parse().unwrap();
    assert_eq!(Task::replay(&events).due().and_then(Due::instant), Some(kept));
}

#[test]
fn nothing_can_be_asked_of_a_task_that_does_not_exist() {
    for command in [remind(), TaskCommand::Complete, TaskCommand::Reopen, TaskCommand::Start] {
        given(vec![]).when(command).then_expect_error(TaskError::NotCreated);
    }
}

#[test]
fn an_armed_reminder_is_given_once() {
    given(vec![created()])
        .when(remind())
        .then_expect_events(vec![reminded()]);
    given(vec![created(), reminded()])
        .when(remind())
        .then_expect_error(TaskError::AlreadyDone);
}

#[test]
fn a_rescheduled_reminder_is_superseded() {
    let moved = rescheduled(moment("12T09:00"), Some(at("11T18:00")), None);
    given(vec![created(), moved.clone()])
        .when(remind())
        .then_expect_error(TaskError::Superseded);
    given(vec![created(), moved])
        .when(TaskCommand::Remind {
            due: at("11T18:00"),
            day: None,
        })
        .then_expect_events(vec![TaskEvent::TaskReminded {
            due: at("11T18:00"),
            day: None,
            to: vec![INES],
        }]);
}

#[test]
fn rescheduling_after_ones_own_reminder_arms_it_again() {
    let again = rescheduled(moment("10T09:00"), Some(at("09T18:00")), None);
    given(vec![created(), reminded()])
        .when(reschedule(moment("10T09:00"), Some(at("09T18:00"))))
        .then_expect_events(vec![again.clone()]);
    given(vec![created(), reminded(), again])
        .when(remind())
        .then_expect_events(vec![reminded()]);
}

#[test]
fn rescheduling_to_the_same_times_changes_nothing() {
    given(vec![created()])
        .when(reschedule(moment("10T09:00"), Some(at("09T18:00"))))
        .then_expect_events(vec![]);
    given(vec![planned(), reminded_of(-1, "09T08:00")])
        .when(reschedule(day(10), None))
        .then_expect_events(vec![]);
}

#[test]
fn a_reminder_that_is_left_out_is_disarmed() {
    let moved = rescheduled(moment("12T09:00"), None, None);
    given(vec![created()])
        .when(reschedule(moment("12T09:00"), None))
        .then_expect_events(vec![moved.clone()]);
    given(vec![created(), moved])
        .when(remind())
        .then_expect_error(TaskError::Superseded);
}

#[test]
fn a_reminder_of_the_plan_is_given_once_to_those_who_have_the_task() {
    given(vec![planned()])
        .when(remind_of(-1, "09T08:00"))
        .then_expect_events(vec![reminded_of(-1, "09T08:00")]);
    let history = vec![planned(), reminded_of(-1, "09T08:00")];
    given(history.clone())
        .when(remind_of(-1, "09T08:00"))
        .then_expect_error(TaskError::AlreadyDone);
    given(history)
        .when(remind_of(0, "10T08:00"))
        .then_expect_events(vec![reminded_of(0, "10T08:00")]);
}

#[test]
fn a_reminder_is_never_given_for_a_time_it_is_not_set_for() {
    for (day, time) in [(-1, "09T08:01"), (2, "12T08:00")] {
        given(vec![planned()])
            .when(remind_of(day, time))
            .then_expect_error(TaskError::Superseded);
    }
}

#[test]
fn another_date_arms_the_plan_anew() {
    let moved = rescheduled(
        day(12),
        None,
        Some(set(&[(-1, "11T08:00"), (0, "12T08:00"), (1, "13T08:00")])),
    );
    let history = vec![planned(), reminded_of(-1, "09T08:00")];
    given(history.clone())
        .when(reschedule(day(12), None))
        .then_expect_events(vec![moved.clone()]);
    let history = [history, vec![moved]].concat();
    given(history.clone())
        .when(remind_of(-1, "09T08:00"))
        .then_expect_error(TaskError::Superseded);
    given(history)
        .when(remind_of(-1, "11T08:00"))
        .then_expect_events(vec![reminded_of(-1, "11T08:00")]);
}

#[test]
fn another_hour_does_not_repeat_what_was_given() {
    let later = ReminderPlan {
        time: "10:00:00".parse().unwrap(),
        ..ReminderPlan::usual(DEFAULT_ZONE)
    };
    let events = given(vec![planned(), reminded_of(-1, "09T08:00")])
        .when(TaskCommand::Reschedule {
            due: day(10),
            remind_at: None,
            reminders: Change::Set(later.clone()),
        })
        .inspect_result()
        .unwrap();
    let reminders = Reminders {
        plan: later,
        set: set(&[(0, "10T09:00"), (1, "11T09:00")]).set,
    };
    assert_eq!(events, [rescheduled(day(10), None, Some(reminders))]);
}

#[test]
fn whoever_gets_the_task_gets_all_its_reminders() {
    let all = set(&[(-1, "09T08:00"), (0, "10T08:00"), (1, "11T08:00")]);
    let given_to_paul = TaskEvent::TaskAssigned {
        assignees: vec![PAUL],
        assignee_name: None,
        reminders: Some(all),
    };
    let history = vec![planned(), reminded_of(-1, "09T08:00")];
    given(history.clone())
        .when(assign(vec![PAUL, PAUL]))
        .then_expect_events(vec![given_to_paul.clone()]);
    given([history, vec![given_to_paul]].concat())
        .when(remind_of(-1, "09T08:00"))
        .then_expect_events(vec![TaskEvent::TaskReminded {
            due: at("09T08:00"),
            day: Some(-1),
            to: vec![PAUL],
        }]);
}

#[test]
fn a_plan_goes_by_the_clock_of_those_who_have_the_task() {
    let events = given(vec![planned()])
        .when(TaskCommand::Assign {
            assignees: vec![PAUL],
            assignee_name: None,
            reminders: Change::Keep,
            time_zone: Some(Tz::Indian__Reunion),
        })
        .inspect_result()
        .unwrap();
    let task = Task::replay([planned()].iter().chain(&events));
    assert_eq!(task.armed()[0].at, at("09T05:00"));
}

#[test]
fn a_task_without_a_date_keeps_its_plan_for_later() {
    let undated = rescheduled(None, None, Some(set(&[])));
    given(vec![planned()])
        .when(reschedule(None, None))
        .then_expect_events(vec![undated.clone()]);
    let again = set(&[(-1, "09T08:00"), (0, "10T08:00"), (1, "11T08:00")]);
    given(vec![planned(), undated])
        .when(reschedule(day(10), None))
        .then_expect_events(vec![rescheduled(day(10), None, Some(again))]);
}

#[test]
fn of_reminders_that_come_too_late_only_the_last_says_something() {
    let task = Task::replay(&[planned()]);
    let moot = |day, time| task.is_moot(day, at(time));
    assert!(!moot(-1, "09T15:00"), "late on the same day");
    assert!(moot(-1, "10T08:00"), "the next one has come");
    assert!(!moot(0, "10T22:30"), "the day is not over in Paris");
    assert!(moot(0, "11T08:00"));
    assert!(!moot(1, "20T08:00"), "that it is overdue stays true");
    let alone = Reminders {
        plan: ReminderPlan::usual(DEFAULT_ZONE),
        set: set(&[(-1, "09T08:00")]).set,
    };
    let task = Task::replay(&[a_task(day(10), None, Some(alone))]);
    assert!(!task.is_moot(-1, at("10T22:59")));
    assert!(task.is_moot(-1, at("10T23:00")), "the task is overdue");
}

#[test]
fn a_reminder_that_lapsed_is_not_given_any_more() {
    let lapsed = TaskEvent::TaskReminderLapsed {
        due: at("09T08:00"),
        day: -1,
    };
    given(vec![planned()])
        .when(TaskCommand::LetLapse {
            due: at("09T08:00"),
            day: -1,
        })
        .then_expect_events(vec![lapsed.clone()]);
    given(vec![planned(), lapsed])
        .when(remind_of(-1, "09T08:00"))
        .then_expect_error(TaskError::AlreadyDone);
}

#[test]
fn a_finished_task_reminds_nobody() {
    for (finished, status) in [
        (TaskEvent::TaskCompleted {}, TaskStatus::Done),
        (TaskEvent::TaskCancelled { reason: None }, TaskStatus::Cancelled),
    ] {
        assert_eq!(Task::replay(&[created(), finished.clone()]).armed_for(), None);
        assert_eq!(Task::replay(&[planned(), finished.clone()]).armed(), []);
        for (birth, command) in [(created(), remind()), (planned(), remind_of(1, "11T08:00"))] {
            given(vec![birth, finished.clone()])
                .when(command)
                .then_expect_error(TaskError::Finished { status });
        }
    }
}

#[test]
fn a_finished_task_stays_as_it_is_until_it_is_reopened() {
    let commands = [
        reschedule(day(12), None),
        TaskCommand::Rename {
            title: "Call".to_owned(),
        },
        assign(vec![]),
        TaskCommand::Start,
        TaskCommand::PutBack,
        TaskCommand::Cancel { reason: None },
    ];
    for command in commands {
        given(vec![created(), TaskEvent::TaskCompleted {}])
            .when(command)
            .then_expect_error(TaskError::Finished {
                status: TaskStatus::Done,
            });
    }
    given(vec![created(), TaskEvent::TaskCancelled { reason: None }])
        .when(TaskCommand::Complete)
        .then_expect_error(TaskError::Finished {
            status: TaskStatus::Cancelled,
        });
    let refusal = TaskError::Finished {
        status: TaskStatus::Done,
    };
    assert_eq!(refusal.allowed(), ["Reopen"]);
}

#[test]
fn a_task_is_started_put_back_and_done() {
    let (started, back) = (TaskEvent::TaskStarted {}, TaskEvent::TaskPutBack {});
    given(vec![created()])
        .when(TaskCommand::Start)
        .then_expect_events(vec![started.clone()]);
    given(vec![created(), started.clone()])
        .when(TaskCommand::Start)
        .then_expect_events(vec![]);
    given(vec![created()])
        .when(TaskCommand::PutBack)
        .then_expect_events(vec![]);
    given(vec![created(), started.clone()])
        .when(TaskCommand::PutBack)
        .then_expect_events(vec![back.clone()]);
    for history in [
        vec![created()],
        vec![created(), started.clone()],
        vec![created(), started, back],
    ] {
        given(history)
            .when(TaskCommand::Complete)
            .then_expect_events(vec![TaskEvent::TaskCompleted {}]);
    }
}

#[test]
fn a_reopened_task_has_the_reminders_that_were_not_given() {
    let reopened = TaskEvent::TaskReopened {
        remind_at: None,
        reminders: Some(set(&[(0, "10T08:00"), (1, "11T08:00")])),
    };
    let history = vec![planned(), reminded_of(-1, "09T08:00"), TaskEvent::TaskCompleted {}];
    given(history.clone())
        .when(TaskCommand::Reopen)
        .then_expect_events(vec![reopened.clone()]);
    let history = [history, vec![reopened]].concat();
    assert_eq!(Task::replay(&history).status(), Some(TaskStatus::Todo));
    given(history.clone())
        .when(TaskCommand::Reopen)
        .then_expect_events(vec![]);
    given(history)
        .when(remind_of(0, "10T08:00"))
        .then_expect_events(vec![reminded_of(0, "10T08:00")]);
    given(vec![created(), TaskEvent::TaskCancelled { reason: None }])
        .when(TaskCommand::Reopen)
        .then_expect_events(vec![TaskEvent::TaskReopened {
            remind_at: Some(at("09T18:00")),
            reminders: None,
        }]);
}

#[test]
fn finishing_twice_is_finishing_once() {
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
fn watchers_and_links_come_and_go_once() {
    let link = Link::from(DealId(Uuid::from_u128(4)));
    let pairs = [
        (TaskCommand::Watch { user: PAUL }, TaskEvent::TaskWatched { user: PAUL }),
        (TaskCommand::Link { link }, TaskEvent::TaskLinked { link }),
    ];
    for (command, event) in pairs {
        given(vec![created()])
            .when(command.clone())
            .then_expect_events(vec![event.clone()]);
        given(vec![created(), event]).when(command).then_expect_events(vec![]);
    }
    given(vec![created(), TaskEvent::TaskWatched { user: PAUL }])
        .when(TaskCommand::Unwatch { user: PAUL })
        .then_expect_events(vec![TaskEvent::TaskUnwatched { user: PAUL }]);
    given(vec![created()])
        .when(TaskCommand::Unlink { link })
        .then_expect_events(vec![]);
}

#[test]
fn twenty_people_are_enough_for_a_task() {
    let people = (0..21).map(|number| UserId(Uuid::from_u128(number))).collect();
    given(vec![created()])
        .when(assign(people))
        .then_expect_error(InvalidValue::new("assignees", Problem::TooMany { max: 20, found: 21 }).into());
}

#[test]
fn a_task_belongs_to_one_series() {
    let of = |series| Occurrence {
        series: TaskSeriesId(Uuid::from_u128(series)),
        number: 1,
        scheduled: date(10),
    };
    let recurred = TaskEvent::TaskRecurred { occurrence: of(1) };
    let recur = |series| TaskCommand::Recur { occurrence: of(series) };
    given(vec![created()])
        .when(recur(1))
        .then_expect_events(vec![recurred.clone()]);
    given(vec![created(), recurred.clone()])
        .when(recur(1))
        .then_expect_events(vec![]);
    given(vec![created(), recurred])
        .when(recur(2))
        .then_expect_error(TaskError::AlreadyRecurring);
}

#[test]
fn an_agenda_that_comes_late_or_twice_is_told_so() {
    assert_eq!(TaskError::Superseded.code(), "REMINDER_SUPERSEDED");
    assert_eq!(TaskError::AlreadyDone.code(), "REMINDER_ALREADY_GIVEN");
}
