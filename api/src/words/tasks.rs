//! Tasks, their series, and what people have seen of what they were told.

use domain::{
    InboxEvent, TaskEvent, TaskSeriesEvent,
    task::{Due, Link},
};

use super::{FILE_DETACHED, file_attached, listed, minute};

pub(super) fn task(event: &TaskEvent) -> String {
    match event {
        TaskEvent::TaskCreated {
            title,
            due,
            remind_at,
            assignees,
            assignee_name,
            occurrence,
            ..
        } => {
            let due = due.map(|due| format!("due {}", by(due)));
            let reminder = remind_at.map(|time| format!("reminder {}", minute(time)));
            let number = occurrence.map(|occurrence| format!("number {} of its series", occurrence.number));
            let people = people(assignees, assignee_name.as_deref());
            listed(format!("created as “{title}”"), [due, reminder, people, number])
        }
        TaskEvent::TaskRenamed { title } => format!("renamed to “{title}”"),
        TaskEvent::TaskDescribed { description: Some(_) } => "described".to_owned(),
        TaskEvent::TaskDescribed { description: None } => "description taken away".to_owned(),
        TaskEvent::TaskPrioritized { priority } => format!("priority is {}", priority.as_str()),
        TaskEvent::TaskAssigned {
            assignees,
            assignee_name,
            ..
        } => match people(assignees, assignee_name.as_deref()) {
            Some(people) => format!("given {people}"),
            None => "given to nobody".to_owned(),
        },
        TaskEvent::TaskWatched { user } => format!("watched by user {user}"),
        TaskEvent::TaskUnwatched { user } => format!("no longer watched by user {user}"),
        TaskEvent::TaskLinked { link } => format!("has to do with {}", record(link)),
        TaskEvent::TaskUnlinked { link } => format!("has nothing to do with {}", record(link)),
        TaskEvent::TaskRescheduled { due, remind_at, .. } => {
            let now = due.map_or_else(|| "no longer due".to_owned(), |due| format!("now due {}", by(due)));
            listed(now, [remind_at.map(|time| format!("reminder {}", minute(time)))])
        }
        TaskEvent::TaskFileAttached(file) => file_attached(file),
        TaskEvent::TaskFileDetached { .. } => FILE_DETACHED.to_owned(),
        TaskEvent::TaskRanked { rank } => format!("put at rank {rank}"),
        TaskEvent::TaskRecurred { occurrence } => {
            format!("number {} of series {}", occurrence.number, occurrence.series)
        }
        TaskEvent::TaskReminded { due, .. } => format!("reminder of {} given", minute(*due)),
        TaskEvent::TaskReminderLapsed { due, .. } => format!("reminder of {} came too late", minute(*due)),
        TaskEvent::TaskStarted {} => "started".to_owned(),
        TaskEvent::TaskPutBack {} => "put back".to_owned(),
        TaskEvent::TaskCompleted {} => "done".to_owned(),
        TaskEvent::TaskCancelled { reason } => listed("cancelled".to_owned(), [reason.clone()]),
        TaskEvent::TaskReopened { .. } => "reopened".to_owned(),
    }
}

pub(super) fn series(event: &TaskSeriesEvent) -> String {
    match event {
        TaskSeriesEvent::TaskSeriesStarted { pattern, template, .. } => {
            format!(
                "“{}” recurs by {}, from {}",
                template.details.title,
                pattern.rule,
                by(pattern.first)
            )
        }
        TaskSeriesEvent::TaskSeriesChanged { pattern, template } => {
            format!("from now on “{}”, by {}", template.details.title, pattern.rule)
        }
        TaskSeriesEvent::TaskSeriesDateSkipped { date } => format!("none on {date}"),
        TaskSeriesEvent::TaskSeriesAdvanced { number, scheduled, .. } => format!("number {number}, on {scheduled}"),
        TaskSeriesEvent::TaskSeriesEnded { exhausted: true } => "the rule leads to nothing more".to_owned(),
        TaskSeriesEvent::TaskSeriesEnded { exhausted: false } => "ended".to_owned(),
    }
}

pub(super) fn inbox(event: &InboxEvent) -> String {
    match event {
        InboxEvent::NotificationsRead { positions } => format!("{} read", positions.len()),
        InboxEvent::NotificationsUnread { positions } => format!("{} kept for later", positions.len()),
        InboxEvent::AllNotificationsRead { up_to } => format!("all read up to position {up_to}"),
        InboxEvent::NotificationsMuted { kind } => format!("no more of {}", kind.as_str()),
        InboxEvent::NotificationsUnmuted { kind } => format!("again of {}", kind.as_str()),
    }
}

fn by(due: Due) -> String {
    match due {
        Due::Date(date) => date.to_string(),
        Due::Moment { at, .. } => minute(at),
    }
}

fn people(users: &[domain::UserId], name: Option<&str>) -> Option<String> {
    match (users.len(), name) {
        (0, None) => None,
        (_, Some(name)) => Some(format!("to {name}")),
        (_, None) => {
            let ids: Vec<String> = users.iter().map(ToString::to_string).collect();
            Some(format!("to user {}", ids.join(", user ")))
        }
    }
}

fn record(link: &Link) -> String {
    format!("{} {}", link.category.as_str(), link.id)
}
