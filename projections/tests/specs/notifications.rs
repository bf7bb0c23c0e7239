use domain::{Event, InboxEvent, TaskEvent, UserId, inbox::NotificationKind, task::Priority};
use engine::projection::spec::Spec;
use projections::notifications::{Model, Notifications, inboxes};
use uuid::Uuid;

use super::{ONE, TWO, march, micros};

const TASK: Uuid = Uuid::from_u128(9);

fn created(assignees: Vec<UserId>, watchers: Vec<UserId>) -> TaskEvent {
    TaskEvent::TaskCreated {
        title: "Call Zoé".to_owned(),
        description: None,
        priority: Priority::Normal,
        due: None,
        remind_at: None,
        reminders: None,
        assignees,
        assignee_name: None,
        watchers,
        links: Vec::new(),
        occurrence: None,
    }
}

fn told(user: Uuid, position: u64, kind: &str) -> Model {
    Model {
        id: Model::id_of(user, position),
        user_id: user,
        position: position as i64,
        kind: kind.to_owned(),
        category: "task".to_owned(),
        subject_id: TASK,
        actor: "user:spec".to_owned(),
        created_at: micros("01T12:00"),
        unread_of: Some(user),
    }
}

fn read(row: Model) -> Model {
    Model { unread_of: None, ..row }
}

fn given(events: impl IntoIterator<Item = TaskEvent>) -> Spec<Event> {
    events.into_iter().fold(Spec::of(Notifications), |spec, event| {
        spec.given_at("task", TASK, march("01T12:00"), event)
    })
}

fn inbox(spec: Spec<Event>, event: InboxEvent) -> Spec<Event> {
    spec.given_at("inbox", ONE, march("02T12:00"), event)
}

#[test]
fn who_gets_a_task_is_told_once() {
    let assigned = TaskEvent::TaskAssigned {
        assignees: vec![UserId(ONE), UserId(TWO)],
        assignee_name: None,
        reminders: None,
    };
    given([created(vec![UserId(ONE)], vec![UserId(ONE)]), assigned])
        .expect([told(ONE, 1, "TASK_ASSIGNED"), told(TWO, 2, "TASK_ASSIGNED")]);
}

#[test]
fn watchers_and_those_who_are_reminded_are_told() {
    let watched = TaskEvent::TaskWatched { user: UserId(ONE) };
    let reminded = TaskEvent::TaskReminded {
        due: march("01T12:00"),
        day: Some(0),
        to: vec![UserId(TWO)],
    };
    given([created(Vec::new(), Vec::new()), watched, reminded])
        .expect([told(ONE, 2, "TASK_WATCHED"), told(TWO, 3, "TASK_REMINDER")]);
}

#[test]
fn nobody_is_told_what_they_did_themselves() {
    let own = format!("user:{ONE}");
    Spec::of(Notifications)
        .by(&own)
        .given("task", TASK, created(vec![UserId(ONE)], Vec::new()))
        .expect::<Model>([]);
}

#[test]
fn what_was_read_stays_read_until_it_is_kept_for_later() {
    let events = || {
        given([
            created(vec![UserId(ONE)], Vec::new()),
            TaskEvent::TaskWatched { user: UserId(ONE) },
        ])
    };
    let both = [told(ONE, 1, "TASK_ASSIGNED"), told(ONE, 2, "TASK_WATCHED")];
    let [first, second] = both.clone();
    let one = InboxEvent::NotificationsRead { positions: vec![1, 77] };
    inbox(events(), one).expect([read(first.clone()), second.clone()]);
    let all = || inbox(events(), InboxEvent::AllNotificationsRead { up_to: 2 });
    all().expect(both.map(read));
    let kept = InboxEvent::NotificationsUnread { positions: vec![2] };
    inbox(all(), kept).expect([read(first), second]);
}

#[test]
fn muted_kinds_are_known() {
    let mute = |kind| InboxEvent::NotificationsMuted { kind };
    let spec = inbox(Spec::of(Notifications), mute(NotificationKind::TaskWatched));
    let spec = inbox(spec, mute(NotificationKind::DealLost));
    let spec = inbox(
        spec,
        InboxEvent::NotificationsUnmuted {
            kind: NotificationKind::TaskWatched,
        },
    );
    spec.expect([inboxes::Model {
        id: ONE,
        muted: "DEAL_LOST".to_owned(),
    }]);
}
