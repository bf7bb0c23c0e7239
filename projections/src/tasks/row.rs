use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use domain::{
    Rank, TaskEvent,
    task::{Due, Occurrence, Priority, TaskStatus},
};
use journal::{EventHeader, Timestamp};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub title: String,
    /// The title in lower case, for looking it up and sorting.
    pub title_folded: String,
    pub description: Option<String>,
    /// As in [`TaskStatus::as_str`].
    pub status: String,
    /// As in [`Priority::as_str`].
    pub priority: String,
    /// The priority's place, from 1 for what is most urgent.
    pub priority_rank: i32,
    /// `YYYY-MM-DD`, of the calendar of the due time's own zone.
    pub due_date: Option<String>,
    /// Null beside a date: it is due on that day, whatever the hour.
    pub due_at: Option<i64>,
    /// The zone in which the hour was meant.
    pub due_time_zone: Option<String>,
    /// For sorting: the instant, or the end of the day.
    pub due_order: Option<i64>,
    /// When the reminder of one's own is set for, also after it was given.
    pub remind_at: Option<i64>,
    /// When a reminder was last given.
    pub reminded_at: Option<i64>,
    pub reminder_time: Option<String>,
    pub reminder_time_zone: Option<String>,
    /// The assignee as the system it was imported from wrote it.
    pub assignee_name: Option<String>,
    pub series_id: Option<Uuid>,
    pub series_number: Option<i32>,
    /// `YYYY-MM-DD`: the day that the series' rule gave it.
    pub scheduled_date: Option<String>,
    /// Its place among the cards of its column.
    pub rank: String,
    pub created_at: i64,
    /// When somebody started it, while it is in progress or done.
    pub started_at: Option<i64>,
    /// When it was done or cancelled.
    pub finished_at: Option<i64>,
    pub cancel_reason: Option<String>,
    pub updated_at: i64,
    /// Of the task's stream.
    pub version: i64,
    /// Of the last event of the task.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn born(header: &EventHeader, birth: &TaskEvent) -> Self {
        let mut row = Self {
            id: header.stream.id,
            title: String::new(),
            title_folded: String::new(),
            description: None,
            status: TaskStatus::Todo.as_str().to_owned(),
            priority: Priority::Normal.as_str().to_owned(),
            priority_rank: Priority::Normal.rank().into(),
            due_date: None,
            due_at: None,
            due_time_zone: None,
            due_order: None,
            remind_at: None,
            reminded_at: None,
            reminder_time: None,
            reminder_time_zone: None,
            assignee_name: None,
            series_id: None,
            series_number: None,
            scheduled_date: None,
            rank: Rank::of_position(header.position.0).as_str().to_owned(),
            created_at: header.occurred_at.0,
            started_at: None,
            finished_at: None,
            cancel_reason: None,
            updated_at: header.occurred_at.0,
            version: 0,
            position: 0,
        };
        row.take(header, birth);
        row
    }

    pub(super) fn take(&mut self, header: &EventHeader, event: &TaskEvent) {
        match event {
            TaskEvent::TaskCreated {
                title,
                description,
                priority,
                due,
                remind_at,
                reminders,
                assignee_name,
                occurrence,
                ..
            } => {
                self.rename(title);
                self.description.clone_from(description);
                self.prioritize(*priority);
                self.schedule(*due, *remind_at);
                self.plan(reminders.as_ref());
                self.assignee_name.clone_from(assignee_name);
                if let Some(occurrence) = occurrence {
                    self.recur(occurrence);
                }
            }
            TaskEvent::TaskRenamed { title } => self.rename(title),
            TaskEvent::TaskDescribed { description } => self.description.clone_from(description),
            TaskEvent::TaskPrioritized { priority } => self.prioritize(*priority),
            TaskEvent::TaskAssigned {
                assignee_name,
                reminders,
                ..
            } => {
                self.assignee_name.clone_from(assignee_name);
                self.plan(reminders.as_ref());
            }
            TaskEvent::TaskRescheduled {
                due,
                remind_at,
                reminders,
            } => {
                self.schedule(*due, *remind_at);
                self.plan(reminders.as_ref());
            }
            TaskEvent::TaskRanked { rank } => rank.as_str().clone_into(&mut self.rank),
            TaskEvent::TaskRecurred { occurrence } => self.recur(occurrence),
            TaskEvent::TaskReminded { .. } => self.reminded_at = Some(header.occurred_at.0),
            TaskEvent::TaskStarted {} => {
                self.enter(TaskStatus::InProgress);
                self.started_at = Some(header.occurred_at.0);
            }
            TaskEvent::TaskPutBack {} => {
                self.enter(TaskStatus::Todo);
                self.started_at = None;
            }
            TaskEvent::TaskCompleted {} => self.finish(TaskStatus::Done, header),
            TaskEvent::TaskCancelled { reason } => {
                self.cancel_reason.clone_from(reason);
                self.finish(TaskStatus::Cancelled, header);
            }
            TaskEvent::TaskReopened { .. } => {
                self.enter(TaskStatus::Todo);
                (self.started_at, self.finished_at, self.cancel_reason) = (None, None, None);
            }
            TaskEvent::TaskWatched { .. }
            | TaskEvent::TaskUnwatched { .. }
            | TaskEvent::TaskLinked { .. }
            | TaskEvent::TaskUnlinked { .. }
            | TaskEvent::TaskFileAttached(_)
            | TaskEvent::TaskFileDetached { .. }
            | TaskEvent::TaskReminderLapsed { .. } => {}
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }

    fn rename(&mut self, title: &str) {
        title.clone_into(&mut self.title);
        self.title_folded = title.to_lowercase();
    }

    fn prioritize(&mut self, priority: Priority) {
        priority.as_str().clone_into(&mut self.priority);
        self.priority_rank = priority.rank().into();
    }

    /// New times arm the reminders anew.
    fn schedule(&mut self, due: Option<Due>, remind_at: Option<DateTime<Utc>>) {
        self.due_date = due.map(|due| due.date().to_string());
        self.due_at = due.and_then(Due::instant).map(micros);
        self.due_time_zone = match due {
            Some(Due::Moment { time_zone, .. }) => Some(time_zone.name().to_owned()),
            Some(Due::Date(_)) | None => None,
        };
        self.due_order = due.map(|due| self.due_at.unwrap_or_else(|| end_of(due)));
        self.remind_at = remind_at.map(micros);
        self.reminded_at = None;
    }

    fn plan(&mut self, reminders: Option<&domain::task::Reminders>) {
        let plan = reminders.map(|reminders| &reminders.plan);
        self.reminder_time = plan.map(|plan| plan.time.format("%H:%M").to_string());
        self.reminder_time_zone = plan.map(|plan| plan.time_zone.name().to_owned());
    }

    fn recur(&mut self, occurrence: &Occurrence) {
        self.series_id = Some(occurrence.series.0);
        self.series_number = i32::try_from(occurrence.number).ok();
        self.scheduled_date = Some(occurrence.scheduled.to_string());
    }

    fn enter(&mut self, status: TaskStatus) {
        status.as_str().clone_into(&mut self.status);
    }

    fn finish(&mut self, status: TaskStatus, header: &EventHeader) {
        self.enter(status);
        self.finished_at = Some(header.occurred_at.0);
    }
}

fn micros(time: DateTime<Utc>) -> i64 {
    Timestamp::from(time).0
}

/// A day sorts behind the hours that lie in it.
fn end_of(due: Due) -> i64 {
    micros(due.date().and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1)) - 1
}
