//! Times as a person reads them: weekday, date, and the time where they are.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use domain::Language;

const DAYS: [[&str; 7]; 2] = [
    [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
];

const MONTHS: [[&str; 12]; 2] = [
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
];

/// The moment in words, in a time zone.
pub fn moment(time: DateTime<Utc>, zone: Tz, language: Language) -> String {
    let local = time.with_timezone(&zone);
    let at = match language {
        Language::English => "at",
        Language::French => "à",
    };
    let (day, hour, minute) = (day(local.date_naive(), language), local.hour(), local.minute());
    format!("{day} {at} {hour:02}:{minute:02}")
}

/// The day in words.
pub fn day(date: NaiveDate, language: Language) -> String {
    let index = match language {
        Language::English => 0,
        Language::French => 1,
    };
    let weekday = DAYS[index][date.weekday().num_days_from_monday() as usize];
    let month = MONTHS[index][date.month0() as usize];
    // French counts the days of a month, but for the first, which it orders.
    let day = match (language, date.day()) {
        (Language::French, 1) => "1er".to_owned(),
        (_, day) => day.to_string(),
    };
    format!("{weekday} {day} {month} {}", date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_where_the_reader_is() {
        let time = "2026-07-31T22:05:00Z".parse().unwrap();
        let paris = chrono_tz::Europe::Paris;
        assert_eq!(moment(time, paris, Language::French), "samedi 1er août 2026 à 00:05");
        assert_eq!(
            moment(time, paris, Language::English),
            "Saturday 1 August 2026 at 00:05"
        );
        assert_eq!(
            moment(time, chrono_tz::UTC, Language::French),
            "vendredi 31 juillet 2026 à 22:05"
        );
    }
}
