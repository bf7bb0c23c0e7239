use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{pattern::Pattern, state::Template};
use crate::{TaskId, event::event_types};

/// What can have happened to a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum TaskSeriesEvent {
    TaskSeriesStarted {
        /// The first one.
        task: TaskId,
        pattern: Pattern,
        template: Template,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exceptions: Vec<NaiveDate>,
    },
    /// As it is for all tasks from now on.
    TaskSeriesChanged {
        pattern: Pattern,
        template: Template,
    },
    TaskSeriesDateSkipped {
        date: NaiveDate,
    },
    /// This task was made.
    TaskSeriesAdvanced {
        task: TaskId,
        number: u32,
        scheduled: NaiveDate,
    },
    TaskSeriesEnded {
        /// The rule leads to nothing more; otherwise somebody ended it.
        exhausted: bool,
    },
}

event_types!(TaskSeriesEvent of "task-series" {
    TaskSeriesStarted = 1,
    TaskSeriesChanged = 1,
    TaskSeriesDateSkipped = 1,
    TaskSeriesAdvanced = 1,
    TaskSeriesEnded = 1,
});
