use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{event::TaskSeriesEvent, pattern::Pattern};
use crate::{
    InvalidValue, TaskId, TaskSeriesId,
    task::{CreateTask, Details, Occurrence, ReminderPlan},
};

/// What the tasks of a series have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Template {
    pub details: Details,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminders: Option<ReminderPlan>,
}

impl Template {
    pub(super) fn checked(&self) -> Result<Self, InvalidValue> {
        Ok(Self {
            details: self.details.checked()?,
            reminders: self.reminders.as_ref().map(ReminderPlan::checked).transpose()?,
        })
    }
}

/// What a series remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TaskSeriesState {
    pub(super) started: Option<Started>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Started {
    pub(super) pattern: Pattern,
    pub(super) template: Template,
    pub(super) exceptions: BTreeSet<NaiveDate>,
    /// The task that was made last.
    pub(super) latest: TaskId,
    pub(super) number: u32,
    pub(super) scheduled: NaiveDate,
    /// Which task was the first of the pattern.
    pub(super) since: u32,
    pub(super) ended: bool,
}

/// The task that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    pub id: TaskId,
    pub number: u32,
    pub scheduled: NaiveDate,
    pub task: CreateTask,
}

impl TaskSeriesState {
    pub const fn exists(&self) -> bool {
        self.started.is_some()
    }

    pub fn pattern(&self) -> Option<&Pattern> {
        self.started.as_ref().map(|series| &series.pattern)
    }

    pub fn template(&self) -> Option<&Template> {
        self.started.as_ref().map(|series| &series.template)
    }

    pub fn is_ended(&self) -> bool {
        self.started.as_ref().is_some_and(|series| series.ended)
    }

    /// The task that was made last.
    pub fn latest(&self) -> Option<TaskId> {
        self.started.as_ref().map(|series| series.latest)
    }

    /// The day that the rule gave to the task that was made last.
    pub fn scheduled(&self) -> Option<NaiveDate> {
        self.started.as_ref().map(|series| series.scheduled)
    }

    /// The task that follows the latest, which was finished at that instant; `None` when nothing does.
    pub fn next(&self, id: TaskSeriesId, finished: DateTime<Utc>) -> Option<Next> {
        let series = self.started.as_ref().filter(|series| !series.ended)?;
        let number = series.number.checked_add(1)?;
        let place = number.saturating_sub(series.since) + 1;
        let scheduled = series
            .pattern
            .after(series.scheduled, finished, place, &series.exceptions)?;
        let task = CreateTask {
            details: series.template.details.clone(),
            due: Some(series.pattern.due_on(scheduled)),
            remind_at: None,
            reminders: series.template.reminders.clone(),
            occurrence: Some(Occurrence {
                series: id,
                number,
                scheduled,
            }),
        };
        Some(Next {
            id: id.occurrence(number),
            number,
            scheduled,
            task,
        })
    }

    pub(super) fn apply(&mut self, event: &TaskSeriesEvent) {
        match (event, &mut self.started) {
            (
                TaskSeriesEvent::TaskSeriesStarted {
                    task,
                    pattern,
                    template,
                    exceptions,
                },
                _,
            ) => {
                self.started = Some(Started {
                    pattern: pattern.clone(),
                    template: template.clone(),
                    exceptions: exceptions.iter().copied().collect(),
                    latest: *task,
                    number: 1,
                    scheduled: pattern.first.date(),
                    since: 1,
                    ended: false,
                });
            }
            (_, None) => {}
            (TaskSeriesEvent::TaskSeriesChanged { pattern, template }, Some(series)) => {
                if series.pattern.first != pattern.first || series.pattern.rule != pattern.rule {
                    series.since = series.number;
                }
                series.pattern = pattern.clone();
                series.template = template.clone();
            }
            (TaskSeriesEvent::TaskSeriesDateSkipped { date }, Some(series)) => {
                series.exceptions.insert(*date);
            }
            (
                TaskSeriesEvent::TaskSeriesAdvanced {
                    task,
                    number,
                    scheduled,
                },
                Some(series),
            ) => {
                (series.latest, series.number, series.scheduled) = (*task, *number, *scheduled);
            }
            (TaskSeriesEvent::TaskSeriesEnded { .. }, Some(series)) => series.ended = true,
        }
    }
}
