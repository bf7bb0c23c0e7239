//! Working days and office hours in France, as moments in UTC.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Europe::Paris;

use super::dice::Dice;

/// The day itself, or the Monday after it when it is at the weekend.
pub(super) fn working_day(day: NaiveDate) -> NaiveDate {
    match day.weekday() {
        Weekday::Sat => day + Days::new(2),
        Weekday::Sun => day + Days::new(1),
        _ => day,
    }
}

/// The working day that is some days later.
pub(super) fn days_later(day: NaiveDate, days: i64) -> NaiveDate {
    working_day(day + Days::new(days.max(0) as u64))
}

/// A minute of the office hours, nine to half past five.
pub(super) fn office_time(day: NaiveDate, dice: &mut Dice) -> DateTime<Utc> {
    at(day, dice.between(9 * 60, 17 * 60 + 30))
}

/// A minute of the day, in Paris.
pub(super) fn at(day: NaiveDate, minute: i64) -> DateTime<Utc> {
    let time = NaiveTime::from_num_seconds_from_midnight_opt(minute as u32 * 60, 0).unwrap_or(NaiveTime::MIN);
    let local = day.and_time(time);
    // Clocks change at night, when nobody is at the office.
    Paris
        .from_local_datetime(&local)
        .earliest()
        .unwrap_or_else(|| Paris.from_utc_datetime(&local))
        .to_utc()
}
