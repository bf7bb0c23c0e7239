use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    details::Details,
    due::Due,
    event::TaskEvent,
    reminders::{Reminders, SetReminder},
};
use crate::{Rank, TaskSeriesId, file::Files};

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskStatus {
    Todo,
    InProgress,
    Done,
    Cancelled,
}

impl TaskStatus {
    pub const ALL: [Self; 4] = [Self::Todo, Self::InProgress, Self::Done, Self::Cancelled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Todo => "TODO",
            Self::InProgress => "IN_PROGRESS",
            Self::Done => "DONE",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether there is still something to do.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Todo | Self::InProgress)
    }
}

/// Which one of a series a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Occurrence {
    pub series: TaskSeriesId,
    /// From 1.
    pub number: u32,
    /// The day that the rule gave it, wherever it was moved afterwards.
    pub scheduled: NaiveDate,
}

/// What a task remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TaskState {
    pub(super) created: Option<Created>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Created {
    pub(super) details: Details,
    pub(super) status: TaskStatus,
    pub(super) due: Option<Due>,
    pub(super) reminder: Reminder,
    pub(super) reminders: Option<Reminders>,
    /// Days of the plan whose reminder was given, or let lapse, for this date and these assignees.
    pub(super) settled: BTreeSet<i8>,
    pub(super) rank: Option<Rank>,
    pub(super) occurrence: Option<Occurrence>,
    #[serde(default)]
    pub(super) files: Files,
}

/// The reminder of one's own.
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

impl Reminder {
    pub(super) const fn armed(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Armed(time) => Some(time),
            Self::Unset | Self::Given(_) => None,
        }
    }
}

impl TaskState {
    pub const fn exists(&self) -> bool {
        self.created.is_some()
    }

    pub fn details(&self) -> Option<&Details> {
        self.created.as_ref().map(|task| &task.details)
    }

    pub fn title(&self) -> Option<&str> {
        self.details().map(|details| details.title.as_str())
    }

    pub fn status(&self) -> Option<TaskStatus> {
        self.created.as_ref().map(|task| task.status)
    }

    pub fn due(&self) -> Option<Due> {
        self.created.as_ref().and_then(|task| task.due)
    }

    pub fn rank(&self) -> Option<&Rank> {
        self.created.as_ref().and_then(|task| task.rank.as_ref())
    }

    pub fn occurrence(&self) -> Option<Occurrence> {
        self.created.as_ref().and_then(|task| task.occurrence)
    }

    /// The plan of its reminders, with the instants.
    pub fn reminders(&self) -> Option<&Reminders> {
        self.created.as_ref().and_then(|task| task.reminders.as_ref())
    }

    /// When the reminder of one's own is to be given; `None` when there is none, it was given, or the task is finished.
    pub fn armed_for(&self) -> Option<DateTime<Utc>> {
        self.open().and_then(|task| task.reminder.armed())
    }

    /// The reminders of the plan that are still to be given.
    pub fn armed(&self) -> Vec<SetReminder> {
        let Some((task, reminders)) = self.open().and_then(|task| Some((task, task.reminders.as_ref()?))) else {
            return Vec::new();
        };
        let set = reminders.set.iter().copied();
        set.filter(|reminder| !task.settled.contains(&reminder.day)).collect()
    }

    /// Whether the reminder of that day says nothing any more when it is given only now.
    pub fn is_moot(&self, day: i8, now: DateTime<Utc>) -> bool {
        self.open().is_some_and(|task| {
            let reminder = task.reminders.as_ref().and_then(|reminders| reminders.of_day(day));
            task.reminders
                .as_ref()
                .zip(reminder)
                .zip(task.due)
                .is_some_and(|((reminders, reminder), due)| reminders.is_moot(reminder, due, now))
        })
    }

    fn open(&self) -> Option<&Created> {
        self.created.as_ref().filter(|task| task.status.is_open())
    }

    pub(super) fn apply(&mut self, event: &TaskEvent) {
        if let TaskEvent::TaskCreated {
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
        } = event
        {
            self.created = Some(Created {
                details: Details {
                    title: title.clone(),
                    description: description.clone(),
                    priority: *priority,
                    assignees: assignees.clone(),
                    assignee_name: assignee_name.clone(),
                    watchers: watchers.clone(),
                    links: links.clone(),
                },
                status: TaskStatus::Todo,
                due: *due,
                reminder: (*remind_at).into(),
                reminders: reminders.clone(),
                settled: BTreeSet::new(),
                rank: None,
                occurrence: *occurrence,
                files: Files::default(),
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
            TaskEvent::TaskRenamed { title } => self.details.title.clone_from(title),
            TaskEvent::TaskDescribed { description } => self.details.description.clone_from(description),
            TaskEvent::TaskPrioritized { priority } => self.details.priority = *priority,
            TaskEvent::TaskAssigned {
                assignees,
                assignee_name,
                reminders,
            } => {
                // Whoever it was given to has not been reminded yet.
                if self.details.assignees != *assignees {
                    self.settled.clear();
                }
                self.details.assignees.clone_from(assignees);
                self.details.assignee_name.clone_from(assignee_name);
                self.reminders.clone_from(reminders);
            }
            TaskEvent::TaskWatched { user } => self.details.watchers.push(*user),
            TaskEvent::TaskUnwatched { user } => self.details.watchers.retain(|watcher| watcher != user),
            TaskEvent::TaskLinked { link } => self.details.links.push(*link),
            TaskEvent::TaskUnlinked { link } => self.details.links.retain(|known| known != link),
            TaskEvent::TaskRescheduled {
                due,
                remind_at,
                reminders,
            } => {
                if self.due != *due {
                    self.settled.clear();
                }
                self.due = *due;
                self.reminder = (*remind_at).into();
                self.reminders.clone_from(reminders);
            }
            TaskEvent::TaskFileAttached(file) => self.files.attached(file.file),
            TaskEvent::TaskFileDetached { file } => self.files.detached(*file),
            TaskEvent::TaskRanked { rank } => self.rank = Some(rank.clone()),
            TaskEvent::TaskRecurred { occurrence } => self.occurrence = Some(*occurrence),
            TaskEvent::TaskReminded { due, day: None, .. } => self.reminder = Reminder::Given(*due),
            TaskEvent::TaskReminded { day: Some(day), .. } | TaskEvent::TaskReminderLapsed { day, .. } => {
                self.settled.insert(*day);
            }
            TaskEvent::TaskStarted {} => self.status = TaskStatus::InProgress,
            TaskEvent::TaskPutBack {} => self.status = TaskStatus::Todo,
            TaskEvent::TaskCompleted {} => self.status = TaskStatus::Done,
            TaskEvent::TaskCancelled { .. } => self.status = TaskStatus::Cancelled,
            TaskEvent::TaskReopened { reminders, .. } => {
                self.status = TaskStatus::Todo;
                self.reminders.clone_from(reminders);
            }
        }
    }
}
