//! The dates of a rule, in order, each once.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::rule::{DayOfWeek, End, Frequency, Rule};
use crate::value::YEARS;

/// The dates that a rule leads to. Ends with the rule, and in any case with the years that a date may lie in, so that
/// also a rule whose days do not exist comes to an end.
#[derive(Debug, Clone)]
pub struct Dates<'r> {
    rule: &'r Rule,
    first: NaiveDate,
    /// The next period to look at, counted from the first one's.
    period: u32,
    /// What is left of the period in hand, last date first.
    pending: Vec<NaiveDate>,
    given: u32,
    begun: bool,
}

impl<'r> Dates<'r> {
    pub(super) const fn new(rule: &'r Rule, first: NaiveDate) -> Self {
        Self {
            rule,
            first,
            period: 0,
            pending: Vec::new(),
            given: 0,
            begun: false,
        }
    }

    /// The first date after `date`.
    pub fn after(mut self, date: NaiveDate) -> Option<NaiveDate> {
        // What is counted has to be walked through.
        if !matches!(self.rule.end, End::Count(_)) && date > self.first {
            self.leap_to(date);
        }
        self.find(|found| *found > date)
    }

    /// Skips the periods that end before a date.
    fn leap_to(&mut self, date: NaiveDate) {
        let (months, days) = (months_between(self.first, date), (date - self.first).num_days());
        let interval = i64::from(self.rule.interval);
        let periods = match self.rule.frequency {
            Frequency::Daily => days / interval,
            Frequency::Weekly => days / 7 / interval,
            Frequency::Monthly => months / interval,
            Frequency::Yearly => months / 12 / interval,
        };
        let target = u32::try_from(periods.saturating_sub(1)).unwrap_or(0);
        if target > self.period {
            (self.period, self.begun) = (target, true);
        }
    }

    fn fill(&mut self) -> bool {
        while self.pending.is_empty() {
            let Some(base) = self.base() else { return false };
            self.period += 1;
            let mut dates = self.period_of(base);
            dates.sort_unstable();
            dates.dedup();
            if !self.rule.by_set_pos.is_empty() {
                dates = chosen(&dates, &self.rule.by_set_pos);
            }
            dates.retain(|date| *date > self.first);
            dates.reverse();
            self.pending = dates;
        }
        true
    }

    /// A day of the period in hand; `None` when it lies beyond all years.
    fn base(&self) -> Option<NaiveDate> {
        let steps = self.period.checked_mul(self.rule.interval)?;
        let base = match self.rule.frequency {
            Frequency::Daily => self.first.checked_add_days(Days::new(steps.into())),
            Frequency::Weekly => {
                week_of(self.first, self.rule.week_start).checked_add_days(Days::new(u64::from(steps) * 7))
            }
            Frequency::Monthly => self.first.with_day(1)?.checked_add_months(Months::new(steps)),
            Frequency::Yearly => self
                .first
                .with_ordinal(1)?
                .checked_add_months(Months::new(steps.checked_mul(12)?)),
        };
        base.filter(|base| base.year() <= *YEARS.end())
    }

    fn period_of(&self, base: NaiveDate) -> Vec<NaiveDate> {
        let rule = self.rule;
        let in_month = |date: &NaiveDate| rule.by_month.is_empty() || rule.by_month.contains(&(date.month() as u8));
        let dates = match rule.frequency {
            Frequency::Daily => vec![base].into_iter().filter(|date| self.is_named(*date)).collect(),
            Frequency::Weekly => self.week(base),
            Frequency::Monthly => self.month(base),
            Frequency::Yearly => self.year(base),
        };
        dates.into_iter().filter(in_month).collect()
    }

    /// Whether the days that the rule names without a number, if any, contain this one.
    fn is_named(&self, date: NaiveDate) -> bool {
        let by_day = &self.rule.by_day;
        let by_month_day = &self.rule.by_month_day;
        let plain = |day: &DayOfWeek| day.ordinal.is_none() && day.weekday == date.weekday();
        (by_day.is_empty() || by_day.iter().any(plain))
            && (by_month_day.is_empty() || by_month_day.iter().any(|day| is_month_day(date, *day)))
    }

    fn week(&self, monday: NaiveDate) -> Vec<NaiveDate> {
        let days = (0..7).filter_map(|day| monday.checked_add_days(Days::new(day)));
        if self.rule.by_day.is_empty() {
            return days.filter(|date| date.weekday() == self.first.weekday()).collect();
        }
        days.filter(|date| self.is_named(*date)).collect()
    }

    fn month(&self, first_of_month: NaiveDate) -> Vec<NaiveDate> {
        let days = days_of(first_of_month, |date| date.month() == first_of_month.month());
        if self.rule.by_day.is_empty() && self.rule.by_month_day.is_empty() {
            return clamped(&days, self.first.day());
        }
        self.named(&days)
    }

    fn year(&self, first_of_year: NaiveDate) -> Vec<NaiveDate> {
        let rule = self.rule;
        let (by_day, by_month, by_month_day) = (
            !rule.by_day.is_empty(),
            !rule.by_month.is_empty(),
            !rule.by_month_day.is_empty(),
        );
        if by_day && !by_month && !by_month_day {
            let days = days_of(first_of_year, |date| date.year() == first_of_year.year());
            return self.named(&days);
        }
        let own_month = [self.first.month() as u8];
        let every_month: Vec<u8> = (1..=12).collect();
        let months: &[u8] = match (by_month, by_month_day) {
            (true, _) => &rule.by_month,
            (false, true) => &every_month,
            (false, false) => &own_month,
        };
        let first_days = months
            .iter()
            .filter_map(|month| first_of_year.with_month(u32::from(*month)));
        first_days.flat_map(|first_day| self.month(first_day)).collect()
    }

    /// The days among these (a whole month or year) that the rule names.
    fn named(&self, days: &[NaiveDate]) -> Vec<NaiveDate> {
        let with_ordinal = self.rule.by_day.iter().filter(|day| day.ordinal.is_some());
        let mut named: Vec<NaiveDate> = with_ordinal.filter_map(|day| nth(days, *day)).collect();
        named.extend(days.iter().filter(|date| self.is_named(**date)));
        named
    }
}

impl Iterator for Dates<'_> {
    type Item = NaiveDate;

    fn next(&mut self) -> Option<NaiveDate> {
        if matches!(self.rule.end, End::Count(count) if self.given >= count) {
            return None;
        }
        let date = if self.begun {
            if !self.fill() {
                return None;
            }
            self.pending.pop()?
        } else {
            self.begun = true;
            self.first
        };
        if matches!(self.rule.end, End::Until(last) if date > last && date != self.first) {
            return None;
        }
        self.given += 1;
        Some(date)
    }
}

/// The first day of the week that a date lies in.
fn week_of(date: NaiveDate, start: Weekday) -> NaiveDate {
    let days = date.weekday().days_since(start);
    date.checked_sub_days(Days::new(days.into())).unwrap_or(date)
}

fn days_of(first: NaiveDate, within: impl Fn(&NaiveDate) -> bool) -> Vec<NaiveDate> {
    first.iter_days().take_while(within).collect()
}

/// The day of this number, or the last one of a month that is too short.
fn clamped(days: &[NaiveDate], day: u32) -> Vec<NaiveDate> {
    let wanted = (day as usize).min(days.len()).saturating_sub(1);
    days.get(wanted).copied().into_iter().collect()
}

fn is_month_day(date: NaiveDate, day: i8) -> bool {
    let length = i64::from(date.num_days_in_month());
    let day = i64::from(day);
    i64::from(date.day()) == if day > 0 { day } else { length + 1 + day }
}

fn nth(days: &[NaiveDate], DayOfWeek { ordinal, weekday }: DayOfWeek) -> Option<NaiveDate> {
    let ordinal = ordinal?;
    let place = usize::from(ordinal.unsigned_abs()) - 1;
    let mut same = days.iter().filter(|date| date.weekday() == weekday).copied();
    if ordinal > 0 {
        same.nth(place)
    } else {
        same.rev().nth(place)
    }
}

/// Those of the days at the given places, from 1, or from the end.
fn chosen(days: &[NaiveDate], places: &[i16]) -> Vec<NaiveDate> {
    let at = |place: i16| {
        let index = usize::from(place.unsigned_abs()).checked_sub(1)?;
        if place > 0 {
            days.get(index)
        } else {
            days.iter().rev().nth(index)
        }
    };
    let mut chosen: Vec<NaiveDate> = places.iter().filter_map(|place| at(*place)).copied().collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

fn months_between(from: NaiveDate, to: NaiveDate) -> i64 {
    i64::from(to.year() - from.year()) * 12 + i64::from(to.month()) - i64::from(from.month())
}
