use chrono::NaiveDate;
use serde::Serialize;

use super::{
    pattern::{Anchor, Missed, Pattern},
    state::Template,
};
use crate::{
    Change, TaskId, UserId,
    recurrence::Rule,
    task::{Due, Link, Priority, ReminderPlan},
};

/// What one can ask of a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum TaskSeriesCommand {
    /// With its first task, which is made together with it.
    Start {
        task: TaskId,
        pattern: Pattern,
        template: Template,
        /// Days on which there shall be none.
        exceptions: Vec<NaiveDate>,
    },
    /// For the tasks that are still to be made.
    Change(SeriesChanges),
    /// There shall be none on this day.
    SkipDate { date: NaiveDate },
    /// From the policy: the next task is made.
    Advance {
        task: TaskId,
        number: u32,
        scheduled: NaiveDate,
    },
    /// No more tasks. The one that is open stays.
    End,
    /// From the policy: the rule leads to nothing more.
    Exhaust,
}

/// What changes; the rest stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SeriesChanges {
    pub rule: Option<Rule>,
    pub anchor: Option<Anchor>,
    pub missed: Option<Missed>,
    /// A new beginning: the day and the hour from which the rule counts.
    pub first: Option<Due>,
    pub title: Option<String>,
    pub description: Change<String>,
    pub priority: Option<Priority>,
    pub assignees: Option<Vec<UserId>>,
    pub watchers: Option<Vec<UserId>>,
    pub links: Option<Vec<Link>>,
    pub reminders: Change<ReminderPlan>,
}
