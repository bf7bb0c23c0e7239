use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{
    details::{Details, Link, Priority},
    due::Due,
    reminders::ReminderPlan,
    state::Occurrence,
};
use crate::{AttachedFile, Change, FileId, Rank, UserId};

/// What one can ask of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum TaskCommand {
    Create(CreateTask),
    Rename {
        title: String,
    },
    Describe {
        description: Option<String>,
    },
    Prioritize {
        priority: Priority,
    },
    /// Give it to these, or to nobody. The reminders are for them: they are armed again.
    Assign {
        assignees: Vec<UserId>,
        assignee_name: Option<String>,
        reminders: Change<ReminderPlan>,
        /// Theirs: a plan that is kept goes by their clock.
        time_zone: Option<Tz>,
    },
    Watch {
        user: UserId,
    },
    Unwatch {
        user: UserId,
    },
    Link {
        link: Link,
    },
    Unlink {
        link: Link,
    },
    /// A file goes with it. Its bytes are there already.
    AttachFile(AttachedFile),
    /// A file does not go with it after all.
    DetachFile {
        file: FileId,
    },
    /// A new date, or none. A reminder of one's own that was given is armed again, and one that is left out is disarmed.
    Reschedule {
        due: Option<Due>,
        remind_at: Option<DateTime<Utc>>,
        reminders: Change<ReminderPlan>,
    },
    /// Put it among other cards.
    Rank {
        rank: Rank,
    },
    /// Make it the first of a series.
    Recur {
        occurrence: Occurrence,
    },
    Start,
    /// Back among what is to be done, after a start.
    PutBack,
    Complete,
    Cancel {
        reason: Option<String>,
    },
    Reopen,
    /// From the agenda: the reminder set for `due` has come. `day`: one of the plan's; none: the one of one's own.
    Remind {
        due: DateTime<Utc>,
        day: Option<i8>,
    },
    /// From the agenda, when it comes too late: this reminder of the plan says nothing any more.
    LetLapse {
        due: DateTime<Utc>,
        day: i8,
    },
}

/// What is known of a task when it is created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreateTask {
    pub details: Details,
    pub due: Option<Due>,
    /// A reminder of one's own, not after `due`.
    pub remind_at: Option<DateTime<Utc>>,
    pub reminders: Option<ReminderPlan>,
    /// Which one of which series it is.
    pub occurrence: Option<Occurrence>,
}

impl CreateTask {
    /// The least one can know of a task.
    pub fn titled(title: impl Into<String>, due: Option<Due>) -> Self {
        Self {
            details: Details::titled(title),
            due,
            remind_at: None,
            reminders: None,
            occurrence: None,
        }
    }
}
