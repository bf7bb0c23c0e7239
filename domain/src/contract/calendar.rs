//! Calendar months counted from an anchor.
//!
//! Every date of a chain of terms or of billing periods is counted from the first one, never from the date before it: from
//! 31 January come 28 February and 31 March, and 29 February comes back every fourth year.

use chrono::{Days, Months, NaiveDate};

/// The day so many calendar months after an anchor; the last day of a month that is too short for it.
pub fn months_after(anchor: NaiveDate, months: u32) -> NaiveDate {
    anchor.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

/// The day so many calendar months before, of the same number in its month, else the month's last
/// (Code de procédure civile, art. 641, al. 2).
pub fn months_before(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_sub_months(Months::new(months)).unwrap_or(NaiveDate::MIN)
}

pub fn days_after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

pub fn days_before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}

/// The last day of a term of so many months that begins on a day: start + n months − 1 day.
pub fn end_of_term(start: NaiveDate, months: u32) -> NaiveDate {
    days_before(months_after(start, months), 1)
}

/// How many days there are from the first to the last, both counted; none when the last comes before.
pub fn days_between(first: NaiveDate, last: NaiveDate) -> i64 {
    ((last - first).num_days() + 1).max(0)
}

/// The whole months from an anchor to a day that is one of those counted from it; `None` for any other day.
pub(super) fn months_to(anchor: NaiveDate, day: NaiveDate) -> Option<u32> {
    use chrono::Datelike;
    let months = (day.year() - anchor.year()) * 12 + day.month() as i32 - anchor.month() as i32;
    let months = u32::try_from(months).ok()?;
    (months_after(anchor, months) == day).then_some(months)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_31st_comes_back_after_a_short_month() {
        let anchor = day("2026-01-31");
        let dates: Vec<_> = (0..5).map(|months| months_after(anchor, months)).collect();
        let wanted = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"].map(day);
        assert_eq!(dates, wanted);
    }

    #[test]
    fn a_year_from_29_february_ends_on_the_27th_and_the_29th_comes_back() {
        let anchor = day("2024-02-29");
        assert_eq!(end_of_term(anchor, 12), day("2025-02-27"));
        assert_eq!(months_after(anchor, 48), day("2028-02-29"));
        assert_eq!(months_to(anchor, day("2025-02-28")), Some(12));
        assert_eq!(months_to(anchor, day("2025-03-01")), None);
        assert_eq!(months_to(anchor, day("2023-02-28")), None);
    }
}
