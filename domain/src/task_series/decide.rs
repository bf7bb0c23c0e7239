use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{
    command::{SeriesChanges, TaskSeriesCommand},
    error::TaskSeriesError,
    event::TaskSeriesEvent,
    pattern::{Anchor, Pattern},
    state::{Started, TaskSeriesState, Template},
};
use crate::{
    Decider, InvalidValue, TaskId,
    value::{self, Problem},
};

/// Days left out of one series at most.
const EXCEPTIONS_MAX: usize = 400;

type Decision = Result<Vec<TaskSeriesEvent>, TaskSeriesError>;

impl Decider for TaskSeriesState {
    const TYPE: &'static str = "task-series";

    type Command = TaskSeriesCommand;
    type Event = TaskSeriesEvent;
    type Error = TaskSeriesError;

    fn decide(&self, command: TaskSeriesCommand) -> Decision {
        if let TaskSeriesCommand::Start {
            task,
            pattern,
            template,
            exceptions,
        } = command
        {
            return self.start(task, &pattern, &template, &exceptions);
        }
        let series = self.started.as_ref().ok_or(TaskSeriesError::NotStarted)?;
        match command {
            TaskSeriesCommand::Start { .. } => Err(TaskSeriesError::AlreadyStarted),
            TaskSeriesCommand::Change(changes) => series.change(changes),
            TaskSeriesCommand::SkipDate { date } => series.skip_date(date),
            TaskSeriesCommand::Advance {
                task,
                number,
                scheduled,
            } => series.advance(task, number, scheduled),
            TaskSeriesCommand::End => Ok(series.end(false)),
            TaskSeriesCommand::Exhaust => Ok(series.end(true)),
        }
    }

    fn evolve(&mut self, event: &TaskSeriesEvent) {
        self.apply(event);
    }
}

impl TaskSeriesState {
    fn start(&self, task: TaskId, pattern: &Pattern, template: &Template, exceptions: &[NaiveDate]) -> Decision {
        if self.exists() {
            return Err(TaskSeriesError::AlreadyStarted);
        }
        let mut days = BTreeSet::new();
        for date in exceptions {
            days.insert(value::date("exceptions", *date)?);
        }
        room_for(days.len())?;
        Ok(vec![TaskSeriesEvent::TaskSeriesStarted {
            task,
            pattern: pattern.checked()?,
            template: template.checked()?,
            exceptions: days.into_iter().collect(),
        }])
    }
}

impl Started {
    /// A rule that replaces another one counts from the task that was made last, unless a new beginning is given.
    fn change(&self, changes: SeriesChanges) -> Decision {
        self.must_go_on()?;
        let (pattern, template) = (self.pattern_with(&changes)?, self.template_with(changes)?);
        if pattern == self.pattern && template == self.template {
            return Ok(Vec::new());
        }
        Ok(vec![TaskSeriesEvent::TaskSeriesChanged { pattern, template }])
    }

    fn pattern_with(&self, changes: &SeriesChanges) -> Result<Pattern, InvalidValue> {
        let mut pattern = self.pattern.clone();
        let other_rule = changes.rule.as_ref().is_some_and(|rule| *rule != pattern.rule);
        if other_rule {
            pattern.first = pattern.due_on(self.scheduled);
        }
        pattern.rule = changes.rule.clone().unwrap_or(pattern.rule);
        pattern.anchor = changes.anchor.unwrap_or(pattern.anchor);
        pattern.missed = changes.missed.unwrap_or(pattern.missed);
        pattern.first = changes.first.unwrap_or(pattern.first);
        if pattern == self.pattern {
            return Ok(pattern);
        }
        pattern.checked()
    }

    fn template_with(&self, changes: SeriesChanges) -> Result<Template, InvalidValue> {
        let mut template = self.template.clone();
        let details = &mut template.details;
        details.title = changes.title.unwrap_or_else(|| details.title.clone());
        changes.description.apply(&mut details.description);
        details.priority = changes.priority.unwrap_or(details.priority);
        details.assignees = changes.assignees.unwrap_or_else(|| details.assignees.clone());
        details.watchers = changes.watchers.unwrap_or_else(|| details.watchers.clone());
        details.links = changes.links.unwrap_or_else(|| details.links.clone());
        changes.reminders.apply(&mut template.reminders);
        template.checked()
    }

    fn skip_date(&self, date: NaiveDate) -> Decision {
        self.must_go_on()?;
        if self.exceptions.contains(&date) {
            return Ok(Vec::new());
        }
        if !self.may_lie_on(date) {
            return Err(TaskSeriesError::NotInSeries);
        }
        room_for(self.exceptions.len() + 1)?;
        Ok(vec![TaskSeriesEvent::TaskSeriesDateSkipped { date }])
    }

    /// When tasks follow completions nobody knows the days beforehand, so any day to come may be kept free.
    fn may_lie_on(&self, date: NaiveDate) -> bool {
        if date <= self.scheduled {
            return date == self.scheduled;
        }
        match (self.pattern.anchor, date.pred_opt()) {
            (Anchor::Completion, _) => true,
            (Anchor::DueDate, Some(before)) => {
                let first = self.pattern.first.date();
                self.pattern.rule.dates(first).after(before) == Some(date)
            }
            (Anchor::DueDate, None) => false,
        }
    }

    /// Each task is made once, in order: what was made already is no news, and nothing is made out of turn.
    fn advance(&self, task: TaskId, number: u32, scheduled: NaiveDate) -> Decision {
        if number <= self.number {
            return Ok(Vec::new());
        }
        self.must_go_on()?;
        if number != self.number + 1 || self.exceptions.contains(&scheduled) {
            return Err(TaskSeriesError::NotInSeries);
        }
        Ok(vec![TaskSeriesEvent::TaskSeriesAdvanced {
            task,
            number,
            scheduled,
        }])
    }

    fn end(&self, exhausted: bool) -> Vec<TaskSeriesEvent> {
        if self.ended {
            Vec::new()
        } else {
            vec![TaskSeriesEvent::TaskSeriesEnded { exhausted }]
        }
    }

    const fn must_go_on(&self) -> Result<(), TaskSeriesError> {
        if self.ended {
            Err(TaskSeriesError::Ended)
        } else {
            Ok(())
        }
    }
}

fn room_for(exceptions: usize) -> Result<(), InvalidValue> {
    if exceptions > EXCEPTIONS_MAX {
        let (max, found) = (EXCEPTIONS_MAX, exceptions);
        return Err(InvalidValue::new("exceptions", Problem::TooMany { max, found }));
    }
    Ok(())
}
