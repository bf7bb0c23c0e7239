use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    details::{Link, Priority},
    due::Due,
    reminders::Reminders,
    state::Occurrence,
};
use crate::{AttachedFile, FileId, Rank, UserId, event::event_types};

/// What can have happened to a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum TaskEvent {
    TaskCreated {
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        #[serde(default)]
        priority: Priority,
        /// Absent: nobody said by when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Due>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<DateTime<Utc>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reminders: Option<Reminders>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        assignees: Vec<UserId>,
        /// The assignee as the system it was imported from wrote it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee_name: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        watchers: Vec<UserId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<Link>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        occurrence: Option<Occurrence>,
    },
    TaskRenamed {
        title: String,
    },
    /// Absent: there is nothing to say.
    TaskDescribed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
    TaskPrioritized {
        priority: Priority,
    },
    /// Without any: it is nobody's.
    TaskAssigned {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        assignees: Vec<UserId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee_name: Option<String>,
        /// As they are set now, for those it was given to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reminders: Option<Reminders>,
    },
    TaskWatched {
        user: UserId,
    },
    TaskUnwatched {
        user: UserId,
    },
    TaskLinked {
        link: Link,
    },
    TaskUnlinked {
        link: Link,
    },
    TaskRescheduled {
        /// Absent: nobody says by when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Due>,
        /// Absent: no reminder of one's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<DateTime<Utc>>,
        /// As they are set now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reminders: Option<Reminders>,
    },
    /// The bytes lie beside the journal, under their hash.
    TaskFileAttached(AttachedFile),
    /// The bytes stay: the history says that they were there.
    TaskFileDetached {
        file: FileId,
    },
    TaskRanked {
        rank: Rank,
    },
    /// From now on it is one of a series.
    TaskRecurred {
        occurrence: Occurrence,
    },
    TaskStarted {},
    /// Somebody had started it and does not go on.
    TaskPutBack {},
    /// The reminder that was set for `due` was given.
    TaskReminded {
        due: DateTime<Utc>,
        /// Which one of the plan; absent: the reminder of one's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<i8>,
        /// Who was reminded.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        to: Vec<UserId>,
    },
    /// The reminder that was set for `due` was not given, because when it could have been it said nothing any more.
    TaskReminderLapsed {
        due: DateTime<Utc>,
        day: i8,
    },
    TaskCompleted {},
    TaskCancelled {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// To do again, with the reminders that were not given yet.
    TaskReopened {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<DateTime<Utc>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reminders: Option<Reminders>,
    },
}

event_types!(TaskEvent of "task" {
    TaskCreated = 2,
    TaskRenamed = 1,
    TaskDescribed = 1,
    TaskPrioritized = 1,
    TaskAssigned = 2,
    TaskWatched = 1,
    TaskUnwatched = 1,
    TaskLinked = 1,
    TaskUnlinked = 1,
    TaskRescheduled = 2,
    TaskFileAttached = 1,
    TaskFileDetached = 1,
    TaskRanked = 1,
    TaskRecurred = 1,
    TaskStarted = 1,
    TaskPutBack = 1,
    TaskReminded = 1,
    TaskReminderLapsed = 1,
    TaskCompleted = 1,
    TaskCancelled = 1,
    TaskReopened = 1,
});
