//! Reminders on the days around the one a task is due: the day before, the day itself, the day after if it is not done.
//!
//! The instants are worked out when a task is given its date and stand in the event: what was promised does not move
//! when a later version of the zones' database knows better.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{details::each_once, due::Due};
use crate::{InvalidValue, local, value::Problem};

/// Days before and after at most.
const DAYS_MAX: i8 = 30;
/// Reminders of one task at most.
const REMINDERS_MAX: usize = 8;

/// On which days to be reminded, and at which hour of whose wall clock.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReminderPlan {
    /// Counted from the day it is due: -1 is the day before.
    pub days: Vec<i8>,
    pub time: NaiveTime,
    /// The assignee's, of the IANA database.
    #[schemars(with = "String")]
    pub time_zone: Tz,
}

/// A plan with the instants it comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reminders {
    pub plan: ReminderPlan,
    /// Those that are still to be given; none without a date.
    pub set: Vec<SetReminder>,
}

/// One reminder that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetReminder {
    pub day: i8,
    pub at: DateTime<Utc>,
}

impl ReminderPlan {
    /// The day before, the day itself, and the day after, at nine.
    pub fn usual(time_zone: Tz) -> Self {
        Self {
            days: vec![-1, 0, 1],
            time: NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default(),
            time_zone,
        }
    }

    pub(crate) fn checked(&self) -> Result<Self, InvalidValue> {
        let (min, max) = (i64::from(-DAYS_MAX), i64::from(DAYS_MAX));
        if self.days.iter().any(|day| !(min..=max).contains(&i64::from(*day))) {
            return Err(InvalidValue::new("reminderDays", Problem::OutOfRange { min, max }));
        }
        let mut days = each_once("reminderDays", &self.days, REMINDERS_MAX)?;
        days.sort_unstable();
        Ok(Self { days, ..self.clone() })
    }

    /// What it comes to for a task that is due then; those of some days were given already.
    pub(super) fn set_for(&self, due: Option<Due>, settled: &BTreeSet<i8>) -> Reminders {
        let days = self.days.iter().filter(|day| !settled.contains(day));
        let set = due.map(|due| {
            days.map(|day| SetReminder {
                day: *day,
                at: self.at(due, *day),
            })
            .collect()
        });
        Reminders {
            plan: self.clone(),
            set: set.unwrap_or_default(),
        }
    }

    /// The hour of the plan on that day. On the day itself, never after the work is due.
    fn at(&self, due: Due, day: i8) -> DateTime<Utc> {
        let at = local::instant(shifted(due.date_in(self.time_zone), day), self.time, self.time_zone);
        match due.instant() {
            Some(instant) if day == 0 => at.min(instant),
            _ => at,
        }
    }
}

impl Reminders {
    pub(super) fn of_day(&self, day: i8) -> Option<SetReminder> {
        self.set.iter().copied().find(|reminder| reminder.day == day)
    }

    /// Whether a reminder that comes only now says nothing any more: a later one has come, too, or it was to come before
    /// the task is due and the task is overdue.
    pub(super) fn is_moot(&self, reminder: SetReminder, due: Due, now: DateTime<Utc>) -> bool {
        let overtaken = self.set.iter().any(|other| other.day > reminder.day && other.at <= now);
        overtaken || (reminder.day < 0 && due.passed_at(self.plan.time_zone) <= now)
    }
}

fn shifted(date: NaiveDate, days: i8) -> NaiveDate {
    let by = Days::new(days.unsigned_abs().into());
    let shifted = if days < 0 {
        date.checked_sub_days(by)
    } else {
        date.checked_add_days(by)
    };
    shifted.unwrap_or(date)
}
