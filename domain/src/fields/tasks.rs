use super::Changes;
use crate::{
    TaskEvent, TaskSeriesEvent,
    task::{Due, Reminders, TaskStatus},
    task_series::{Pattern, Template},
};

pub(super) fn task(event: &TaskEvent) -> Changes {
    match event {
        TaskEvent::TaskCreated {
            title,
            description,
            priority,
            due,
            remind_at,
            reminders,
            assignees,
            assignee_name,
            watchers,
            links,
            occurrence,
        } => reminded(Changes::new(), reminders.as_ref())
            .set("title", title)
            .set("status", TaskStatus::Todo)
            .set("description", description)
            .set("priority", priority)
            .set("due", due)
            .set("remindAt", remind_at)
            .set("assignees", assignees)
            .set("assigneeName", assignee_name)
            .set("watchers", watchers)
            .set("links", links)
            .set("occurrence", occurrence),
        TaskEvent::TaskRenamed { title } => Changes::new().set("title", title),
        TaskEvent::TaskDescribed { description } => Changes::new().set("description", description),
        TaskEvent::TaskPrioritized { priority } => Changes::new().set("priority", priority),
        TaskEvent::TaskAssigned {
            assignees,
            assignee_name,
            reminders,
        } => reminded(Changes::new(), reminders.as_ref())
            .set("assignees", assignees)
            .set("assigneeName", assignee_name),
        TaskEvent::TaskWatched { user } => Changes::new().add("watchers", [user]),
        TaskEvent::TaskUnwatched { user } => Changes::new().remove("watchers", [user]),
        TaskEvent::TaskLinked { link } => Changes::new().add("links", [link]),
        TaskEvent::TaskUnlinked { link } => Changes::new().remove("links", [link]),
        TaskEvent::TaskRescheduled {
            due,
            remind_at,
            reminders,
        } => reminded(Changes::new(), reminders.as_ref())
            .set("due", due)
            .set("remindAt", remind_at),
        TaskEvent::TaskFileAttached(file) => Changes::new().add("files", [file.file]),
        TaskEvent::TaskFileDetached { file } => Changes::new().remove("files", [file]),
        TaskEvent::TaskRanked { rank } => Changes::new().set("rank", rank),
        TaskEvent::TaskRecurred { occurrence } => Changes::new().set("occurrence", occurrence),
        TaskEvent::TaskStarted {} => Changes::new().set("status", TaskStatus::InProgress),
        TaskEvent::TaskPutBack {} => Changes::new().set("status", TaskStatus::Todo),
        // That a reminder was given changes nothing that anybody wrote.
        TaskEvent::TaskReminded { .. } | TaskEvent::TaskReminderLapsed { .. } => Changes::new(),
        TaskEvent::TaskCompleted {} => Changes::new().set("status", TaskStatus::Done),
        TaskEvent::TaskCancelled { reason } => Changes::new()
            .set("status", TaskStatus::Cancelled)
            .set("cancellationReason", reason),
        TaskEvent::TaskReopened {
            remind_at: _,
            reminders,
        } => reminded(Changes::new(), reminders.as_ref())
            .set("status", TaskStatus::Todo)
            .clear("cancellationReason"),
    }
}

/// The plan: its instants follow from the date and from who has the task, and are nobody's wish.
fn reminded(changes: Changes, reminders: Option<&Reminders>) -> Changes {
    changes.set("reminders", reminders.map(|reminders| &reminders.plan))
}

pub(super) fn series(event: &TaskSeriesEvent) -> Changes {
    match event {
        TaskSeriesEvent::TaskSeriesStarted {
            task,
            pattern: when,
            template: what,
            exceptions,
        } => template(pattern(Changes::new(), when), what)
            .set("latestTask", task)
            .set("skippedDates", exceptions),
        TaskSeriesEvent::TaskSeriesChanged {
            pattern: when,
            template: what,
        } => template(pattern(Changes::new(), when), what),
        TaskSeriesEvent::TaskSeriesDateSkipped { date } => Changes::new().add("skippedDates", [date]),
        TaskSeriesEvent::TaskSeriesAdvanced {
            task,
            number,
            scheduled,
        } => Changes::new()
            .set("latestTask", task)
            .set("latestNumber", number)
            .set("latestDate", scheduled),
        TaskSeriesEvent::TaskSeriesEnded { exhausted } => Changes::new().set("ended", true).set("exhausted", exhausted),
    }
}

fn pattern(changes: Changes, pattern: &Pattern) -> Changes {
    let first: Due = pattern.first;
    changes
        .set("rule", &pattern.rule)
        .set("anchor", pattern.anchor)
        .set("missed", pattern.missed)
        .set("firstDue", first)
}

fn template(changes: Changes, template: &Template) -> Changes {
    let details = &template.details;
    changes
        .set("title", &details.title)
        .set("description", &details.description)
        .set("priority", details.priority)
        .set("assignees", &details.assignees)
        .set("assigneeName", &details.assignee_name)
        .set("watchers", &details.watchers)
        .set("links", &details.links)
        .set("reminders", &template.reminders)
}
