use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{DealId, OrganizationId, event::event_types};

/// What can have happened to a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum TaskEvent {
    TaskCreated {
        title: String,
        due: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<DateTime<Utc>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organization: Option<OrganizationId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deal: Option<DealId>,
    },
    TaskRenamed {
        title: String,
    },
    /// Absent: it is nobody's.
    TaskAssigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee: Option<String>,
    },
    TaskRescheduled {
        due: DateTime<Utc>,
        /// Absent: no reminder.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<DateTime<Utc>>,
    },
    /// The reminder that was set for `due` was given.
    TaskReminded {
        due: DateTime<Utc>,
    },
    TaskCompleted {},
    TaskCancelled {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

event_types!(TaskEvent of "task" {
    TaskCreated = 1,
    TaskRenamed = 1,
    TaskAssigned = 1,
    TaskRescheduled = 1,
    TaskReminded = 1,
    TaskCompleted = 1,
    TaskCancelled = 1,
});
