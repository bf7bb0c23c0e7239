//! Time cut into buckets: days, ISO weeks, months, quarters and years of a time zone.
//!
//! The boundaries are computed here and given to the database as a table, so that both databases cut alike, also where
//! a day has 23 or 25 hours.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::graphql::errors::{ApiError, ApiResult};

/// Buckets of one answer at most.
pub const MAX_BUCKETS: usize = 400;

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, async_graphql::Enum)]
pub enum TimeUnit {
    Day,
    /// From Monday on (ISO 8601).
    Week,
    Month,
    Quarter,
    Year,
}

impl TimeUnit {
    /// The first day of the bucket that a day lies in.
    fn start(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())),
            Self::Month => day.with_day(1),
            Self::Quarter => NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1),
            Self::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
        }
    }

    fn next(self, start: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => start.checked_add_days(Days::new(1)),
            Self::Week => start.checked_add_days(Days::new(7)),
            Self::Month => start.checked_add_months(Months::new(1)),
            Self::Quarter => start.checked_add_months(Months::new(3)),
            Self::Year => start.checked_add_months(Months::new(12)),
        }
    }
}

/// A stretch of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The first day of the unit, also where the asked range begins later.
    pub label: NaiveDate,
    /// The first day that counts.
    pub from: NaiveDate,
    /// The first day that no longer counts.
    pub to: NaiveDate,
}

/// The buckets of a range of days, its last day included.
pub fn buckets(unit: TimeUnit, first: NaiveDate, last: NaiveDate) -> ApiResult<Vec<Bucket>> {
    let beyond = || ApiError::bad_input("The range of time is beyond what a calendar knows.");
    let end = last.checked_add_days(Days::new(1)).ok_or_else(beyond)?;
    let mut buckets = Vec::new();
    let mut start = unit.start(first).ok_or_else(beyond)?;
    while start < end {
        if buckets.len() == MAX_BUCKETS {
            return Err(ApiError::bad_input(format!(
                "There are more than {MAX_BUCKETS} buckets in this range: take a shorter one, or a longer unit."
            )));
        }
        let next = unit.next(start).ok_or_else(beyond)?;
        buckets.push(Bucket {
            label: start,
            from: start.max(first),
            to: next.min(end),
        });
        start = next;
    }
    Ok(buckets)
}

/// When a day begins in a time zone, in microseconds. Where a change of clocks leaves midnight out, the first moment
/// after it.
pub fn beginning(day: NaiveDate, zone: Tz) -> i64 {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    let local = |hours| {
        let time = midnight.checked_add_signed(TimeDelta::hours(hours))?;
        zone.from_local_datetime(&time).earliest()
    };
    let begins = (0..4).find_map(local).map(|time| time.with_timezone(&Utc));
    begins.unwrap_or_else(|| midnight.and_utc()).timestamp_micros()
}

/// The day of a moment in a time zone.
pub fn day_of(micros: i64, zone: Tz) -> Option<NaiveDate> {
    DateTime::from_timestamp_micros(micros).map(|time| time.with_timezone(&zone).date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn labels(unit: TimeUnit, first: &str, last: &str) -> Vec<String> {
        let buckets = buckets(unit, day(first), day(last)).unwrap();
        buckets.into_iter().map(|bucket| bucket.label.to_string()).collect()
    }

    #[test]
    fn weeks_are_those_of_iso_8601_also_at_the_turn_of_the_year() {
        assert_eq!(
            labels(TimeUnit::Week, "2026-12-31", "2027-01-04"),
            ["2026-12-28", "2027-01-04"]
        );
    }

    #[test]
    fn months_quarters_and_years_begin_on_their_first_day() {
        assert_eq!(
            labels(TimeUnit::Month, "2024-01-31", "2024-03-01"),
            ["2024-01-01", "2024-02-01", "2024-03-01"]
        );
        assert_eq!(
            labels(TimeUnit::Quarter, "2025-12-31", "2026-01-01"),
            ["2025-10-01", "2026-01-01"]
        );
        assert_eq!(
            labels(TimeUnit::Year, "2025-12-31", "2026-01-01"),
            ["2025-01-01", "2026-01-01"]
        );
    }

    #[test]
    fn only_the_asked_days_count() {
        let month = buckets(TimeUnit::Month, day("2026-01-10"), day("2026-01-12")).unwrap();
        let bucket = Bucket {
            label: day("2026-01-01"),
            from: day("2026-01-10"),
            to: day("2026-01-13"),
        };
        assert_eq!(month, [bucket]);
        assert_eq!(
            buckets(TimeUnit::Day, day("2026-01-02"), day("2026-01-01")).unwrap(),
            []
        );
    }

    #[test]
    fn a_day_has_23_or_25_hours_when_the_clocks_change() {
        let zone = chrono_tz::Europe::Paris;
        let hours = |text: &str| {
            let next = day(text).succ_opt().unwrap();
            (beginning(next, zone) - beginning(day(text), zone)) / 3_600_000_000
        };
        assert_eq!(
            (hours("2026-03-29"), hours("2026-10-25"), hours("2026-06-01")),
            (23, 25, 24)
        );
        // Midnight itself is left out on that day in São Paulo.
        let skipped = beginning(day("2018-11-04"), chrono_tz::America::Sao_Paulo);
        assert_eq!(day_of(skipped, chrono_tz::America::Sao_Paulo), Some(day("2018-11-04")));
    }

    #[test]
    fn there_is_an_end_to_buckets() {
        assert!(buckets(TimeUnit::Day, day("2020-01-01"), day("2022-01-01")).is_err());
        assert!(buckets(TimeUnit::Day, day("2020-01-01"), NaiveDate::MAX).is_err());
    }
}
