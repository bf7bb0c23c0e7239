//! Days on which offices work in France: Monday to Friday, without the eleven public holidays of the labour code
//! (C. trav. art. L3133-1). Those of Alsace-Moselle and of departments overseas are not among them.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Holidays of every year, as month and day.
const FIXED: [(u32, u32); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
/// Easter Monday, Ascension, Whit Monday: days after Easter Sunday.
const AFTER_EASTER: [u64; 3] = [1, 39, 50];

pub fn is_working_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !is_public_holiday(day)
}

pub fn is_public_holiday(day: NaiveDate) -> bool {
    FIXED.contains(&(day.month(), day.day()))
        || easter(day.year()).is_some_and(|easter| {
            let moved = AFTER_EASTER
                .iter()
                .filter_map(|days| easter.checked_add_days(Days::new(*days)));
            moved.into_iter().any(|holiday| holiday == day)
        })
}

/// The day itself, or the first working day after it.
pub fn working_day_from(day: NaiveDate) -> NaiveDate {
    day.iter_days().find(|day| is_working_day(*day)).unwrap_or(day)
}

/// Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, ch. 8).
#[allow(clippy::many_single_char_names, reason = "the names of the book")]
fn easter(year: i32) -> Option<NaiveDate> {
    let a = year.rem_euclid(19);
    let (b, c) = (year.div_euclid(100), year.rem_euclid(100));
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let of_march = h + l - 7 * m + 114;
    NaiveDate::from_ymd_opt(
        year,
        u32::try_from(of_march / 31).ok()?,
        u32::try_from(of_march % 31 + 1).ok()?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn easter_is_when_it_is() {
        for (year, expected) in [
            (2024, "2024-03-31"),
            (2025, "2025-04-20"),
            (2026, "2026-04-05"),
            (2027, "2027-03-28"),
            (2038, "2038-04-25"),
        ] {
            assert_eq!(easter(year), Some(day(expected)));
        }
    }

    #[test]
    fn what_falls_on_a_day_off_waits_for_the_next_working_day() {
        for (on, expected) in [
            ("2026-06-05", "2026-06-05"), // a Friday
            ("2026-06-06", "2026-06-08"), // a Saturday
            ("2026-05-01", "2026-05-04"), // Friday, 1 May
            ("2026-05-14", "2026-05-15"), // Ascension
            ("2026-05-24", "2026-05-26"), // Whit Sunday, and Monday
            ("2026-04-04", "2026-04-07"), // before Easter
            ("2026-12-25", "2026-12-28"),
            ("2026-11-11", "2026-11-12"),
        ] {
            assert_eq!(working_day_from(day(on)), day(expected), "{on}");
        }
    }
}
