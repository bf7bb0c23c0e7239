use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    InvalidValue, local,
    recurrence::{End, Rule, RuleProblem},
    task::Due,
    value::Problem,
};

/// Days that are looked ahead at most.
const PROJECTED_MAX: usize = 1_500;

/// What the next date is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Anchor {
    /// From the day that the rule gave: on the first of each month, however late the last one was done.
    #[default]
    DueDate,
    /// From the day it was done: a month after the last time.
    Completion,
}

impl Anchor {
    pub const ALL: [Self; 2] = [Self::DueDate, Self::Completion];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DueDate => "DUE_DATE",
            Self::Completion => "COMPLETION",
        }
    }
}

/// What becomes of occurrences whose day went by while an earlier one was still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Missed {
    /// They are made one after the other, overdue: nothing is forgotten.
    #[default]
    Keep,
    /// They are left out.
    Skip,
}

impl Missed {
    pub const ALL: [Self; 2] = [Self::Keep, Self::Skip];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "KEEP",
            Self::Skip => "SKIP",
        }
    }
}

/// When the tasks of a series are due.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Pattern {
    pub rule: Rule,
    #[serde(default)]
    pub anchor: Anchor,
    #[serde(default)]
    pub missed: Missed,
    /// When the first one is due. Those that follow are days, or at the same hour of the same zone.
    pub first: Due,
}

impl Pattern {
    pub fn new(rule: Rule, first: Due) -> Self {
        Self {
            rule,
            anchor: Anchor::default(),
            missed: Missed::default(),
            first,
        }
    }

    /// The zone whose calendar counts.
    pub const fn zone(&self) -> Tz {
        match self.first {
            Due::Date(_) => local::DEFAULT_ZONE,
            Due::Moment { time_zone, .. } => time_zone,
        }
    }

    /// When the occurrence of a day is due. The hour is the one that was meant: where the first one fell into the gap of
    /// a wall clock, the hour after the gap.
    pub fn due_on(&self, date: NaiveDate) -> Due {
        match self.first {
            Due::Date(_) => Due::Date(date),
            Due::Moment { at, time_zone } => Due::at(date, at.with_timezone(&time_zone).time(), time_zone),
        }
    }

    pub(crate) fn checked(&self) -> Result<Self, InvalidValue> {
        let checked = Self {
            first: self.first.checked("due")?,
            ..self.clone()
        };
        let first = checked.first.date();
        if checked.rule.dates(first).after(first).is_none() {
            return Err(InvalidValue::new("rule", Problem::NotARule(RuleProblem::NeverAgain)));
        }
        Ok(checked)
    }

    /// The day after the one that was scheduled, when that one is finished at an instant. `place`: which occurrence
    /// since the pattern began the next one is, from 1.
    pub(super) fn after(
        &self,
        scheduled: NaiveDate,
        finished: DateTime<Utc>,
        place: u32,
        exceptions: &BTreeSet<NaiveDate>,
    ) -> Option<NaiveDate> {
        let today = finished.with_timezone(&self.zone()).date_naive();
        match self.anchor {
            Anchor::DueDate => self.after_due(scheduled, today, exceptions),
            Anchor::Completion => self.after_completion(today, place, exceptions),
        }
    }

    fn after_due(&self, scheduled: NaiveDate, today: NaiveDate, exceptions: &BTreeSet<NaiveDate>) -> Option<NaiveDate> {
        let yesterday = today.pred_opt().unwrap_or(today);
        let mut last = match self.missed {
            Missed::Keep => scheduled,
            Missed::Skip => scheduled.max(yesterday),
        };
        loop {
            last = self.rule.dates(self.first.date()).after(last)?;
            if !exceptions.contains(&last) {
                return Some(last);
            }
        }
    }

    /// The days that follow the latest one, if each task is done on its day; at most up to `last`. `place` as in
    /// [`Self::after`].
    pub fn projected(
        &self,
        latest: NaiveDate,
        place: u32,
        exceptions: &BTreeSet<NaiveDate>,
        last: NaiveDate,
    ) -> Vec<NaiveDate> {
        let mut days = Vec::new();
        let mut day = latest;
        while days.len() < PROJECTED_MAX {
            let next = match self.anchor {
                Anchor::DueDate => self.after_due(day, day, exceptions),
                Anchor::Completion => self.after_completion(day, place + days.len() as u32, exceptions),
            };
            match next {
                Some(next) if next <= last => day = next,
                _ => break,
            }
            days.push(day);
        }
        days
    }

    /// The rule begins anew on the day it was done, so its end is counted here.
    fn after_completion(&self, today: NaiveDate, place: u32, exceptions: &BTreeSet<NaiveDate>) -> Option<NaiveDate> {
        if matches!(self.rule.end(), End::Count(count) if place > count) {
            return None;
        }
        let endless = self.rule.endless();
        let mut dates = endless.dates(today).skip(1).filter(|date| !exceptions.contains(date));
        let next = dates.next()?;
        match self.rule.end() {
            End::Until(last) if next > last => None,
            _ => Some(next),
        }
    }
}
