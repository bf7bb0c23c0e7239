use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::TaskEvent;

/// Whether a task is still to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskStatus {
    Open,
    Completed,
    Cancelled,
}

impl TaskStatus {
    pub const ALL: [Self; 3] = [Self::Open, Self::Completed, Self::Cancelled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// What a task remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TaskState {
    pub(super) created: Option<Created>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Created {
    pub(super) title: String,
    pub(super) assignee: Option<String>,
    pub(super) status: TaskStatus,
    pub(super) due: DateTime<Utc>,
    pub(super) reminder: Reminder,
}

/// The one reminder of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reminder {
    Unset,
    Armed(DateTime<Utc>),
    Given(DateTime<Utc>),
}

impl From<Option<DateTime<Utc>>> for Reminder {
    fn from(time: Option<DateTime<Utc>>) -> Self {
        time.map_or(Self::Unset, Self::Armed)
    }
}

impl TaskState {
    pub const fn exists(&self) -> bool {
        self.created.is_some()
    }

    pub fn title(&self) -> Option<&str> {
        self.created.as_ref().map(|task| task.title.as_str())
    }

    pub fn assignee(&self) -> Option<&str> {
        self.created.as_ref().and_then(|task| task.assignee.as_deref())
    }

    pub fn status(&self) -> Option<TaskStatus> {
        self.created.as_ref().map(|task| task.status)
    }

    pub fn due(&self) -> Option<DateTime<Utc>> {
        self.created.as_ref().map(|task| task.due)
    }

    /// When the reminder is to be given; `None` when there is none, it was given, or the task is finished.
    pub fn armed_for(&self) -> Option<DateTime<Utc>> {
        let task = self.created.as_ref().filter(|task| task.status == TaskStatus::Open)?;
        match task.reminder {
            Reminder::Armed(time) => Some(time),
            Reminder::Unset | Reminder::Given(_) => None,
        }
    }

    pub(super) fn apply(&mut self, event: &TaskEvent) {
        if let TaskEvent::TaskCreated {
            title,
            due,
            remind_at,
            assignee,
            ..
        } = event
        {
            self.created = Some(Created {
                title: title.clone(),
                assignee: assignee.clone(),
                status: TaskStatus::Open,
                due: *due,
                reminder: (*remind_at).into(),
            });
        } else if let Some(task) = &mut self.created {
            task.apply(event);
        }
    }
}

impl Created {
    fn apply(&mut self, event: &TaskEvent) {
        match event {
            TaskEvent::TaskCreated { .. } => {}
            TaskEvent::TaskRenamed { title } => self.title.clone_from(title),
            TaskEvent::TaskAssigned { assignee } => self.assignee.clone_from(assignee),
            TaskEvent::TaskRescheduled { due, remind_at } => {
                self.due = *due;
                self.reminder = (*remind_at).into();
            }
            TaskEvent::TaskReminded { due } => self.reminder = Reminder::Given(*due),
            TaskEvent::TaskCompleted {} => self.status = TaskStatus::Completed,
            TaskEvent::TaskCancelled { .. } => self.status = TaskStatus::Cancelled,
        }
    }
}
