//! Wall clocks: what a date and an hour mean in a time zone, and the one zone that is meant when nobody names another.

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::{InvalidValue, value::Problem};

/// The house's zone.
pub const DEFAULT_ZONE: Tz = Tz::Europe__Paris;

/// No gap of a wall clock was ever longer: Samoa left out 30 December 2011.
const LONGEST_GAP: i64 = 25 * 60;

/// The zone of this name in the IANA database.
pub fn zone(field: &'static str, name: &str) -> Result<Tz, InvalidValue> {
    name.trim()
        .parse()
        .map_err(|_| InvalidValue::new(field, Problem::NotATimeZone))
}

/// The instant at which the wall clock shows this date and time. Where it shows it twice, the first; where it leaps over
/// it, the first instant after the gap.
pub fn instant(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let wanted = date.and_time(time);
    match zone.from_local_datetime(&wanted) {
        LocalResult::Single(found) | LocalResult::Ambiguous(found, _) => found.with_timezone(&Utc),
        LocalResult::None => after_gap(wanted, zone),
    }
}

/// When a day begins: at midnight, or where the clock leaps over midnight, right after it.
pub fn start_of_day(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    instant(date, NaiveTime::MIN, zone)
}

/// When a day is over.
pub fn end_of_day(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    start_of_day(date.checked_add_days(Days::new(1)).unwrap_or(date), zone)
}

fn after_gap(wanted: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let minute = wanted
        .with_second(0)
        .and_then(|time| time.with_nanosecond(0))
        .unwrap_or(wanted);
    let shown = |minutes| {
        zone.from_local_datetime(&(minute + TimeDelta::minutes(minutes)))
            .earliest()
    };
    (1..=LONGEST_GAP)
        .find_map(shown)
        .map_or_else(|| wanted.and_utc(), |found| found.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris(date: &str, time: &str) -> String {
        instant(date.parse().unwrap(), time.parse().unwrap(), DEFAULT_ZONE).to_rfc3339()
    }

    #[test]
    fn an_hour_that_the_clock_leaps_over_is_the_first_instant_after_the_gap() {
        assert_eq!(paris("2026-03-29", "02:30:00"), "2026-03-29T01:00:00+00:00");
        assert_eq!(paris("2026-03-29", "01:59:59"), "2026-03-29T00:59:59+00:00");
        assert_eq!(paris("2026-03-29", "03:00:00"), "2026-03-29T01:00:00+00:00");
    }

    #[test]
    fn an_hour_that_comes_twice_is_the_first_one() {
        assert_eq!(paris("2026-10-25", "02:30:00"), "2026-10-25T00:30:00+00:00");
    }

    #[test]
    fn a_day_that_was_left_out_begins_with_the_next() {
        let samoa: Tz = "Pacific/Apia".parse().unwrap();
        let began = start_of_day("2011-12-30".parse().unwrap(), samoa);
        assert_eq!(began, start_of_day("2011-12-31".parse().unwrap(), samoa));
    }

    #[test]
    fn a_zone_that_is_in_no_database_is_refused() {
        assert!(zone("timeZone", "Europe/Paris").is_ok());
        for wrong in ["", "Paris", "UTC+2", "Europe/Atlantis"] {
            assert_eq!(
                zone("timeZone", wrong),
                Err(InvalidValue::new("timeZone", Problem::NotATimeZone))
            );
        }
    }
}
