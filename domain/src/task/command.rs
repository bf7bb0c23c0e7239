use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{DealId, OrganizationId};

/// What one can ask of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum TaskCommand {
    Create(CreateTask),
    Rename {
        title: String,
    },
    /// Give it to somebody, or to nobody.
    Assign {
        assignee: Option<String>,
    },
    /// New times, both: a reminder that was given is armed again, and one that is left out is disarmed.
    Reschedule {
        due: DateTime<Utc>,
        remind_at: Option<DateTime<Utc>>,
    },
    Complete,
    Cancel {
        reason: Option<String>,
    },
    /// From the agenda: the reminder set for `due` has come.
    Remind {
        due: DateTime<Utc>,
    },
}

/// What is known of a task when it is created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreateTask {
    pub title: String,
    pub due: DateTime<Utc>,
    /// Not after `due`.
    pub remind_at: Option<DateTime<Utc>>,
    pub assignee: Option<String>,
    pub organization: Option<OrganizationId>,
    pub deal: Option<DealId>,
}

impl CreateTask {
    /// The least one can know of a task.
    pub fn titled(title: impl Into<String>, due: DateTime<Utc>) -> Self {
        Self {
            title: title.into(),
            due,
            remind_at: None,
            assignee: None,
            organization: None,
            deal: None,
        }
    }
}
