use std::{fs, path::Path};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde::{Deserialize, de::DeserializeOwned};

use super::*;
use crate::{Language, local};

fn vectors<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/recurrence")
        .join(name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[derive(Deserialize)]
struct DatesVector {
    why: String,
    rule: Rule,
    first: NaiveDate,
    dates: Vec<NaiveDate>,
    /// The dates are all there are.
    #[serde(default)]
    ends: bool,
}

#[derive(Deserialize)]
struct TimesVector {
    why: String,
    rule: Rule,
    first: NaiveDate,
    time: NaiveTime,
    zone: Tz,
    instants: Vec<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct RefusedVector {
    why: String,
    rule: String,
}

#[test]
fn rules_lead_to_the_dates_that_the_vectors_say() {
    for vector in vectors::<DatesVector>("dates.json") {
        let wanted = vector.dates.len() + usize::from(vector.ends);
        let found: Vec<NaiveDate> = vector.rule.dates(vector.first).take(wanted).collect();
        assert_eq!(found, vector.dates, "{}: {}", vector.why, vector.rule);
        for pair in vector.dates.windows(2) {
            let next = vector.rule.dates(vector.first).after(pair[0]);
            assert_eq!(next, Some(pair[1]), "{}: {} after {}", vector.why, vector.rule, pair[0]);
        }
    }
}

#[test]
fn occurrences_keep_the_hour_of_the_wall_clock() {
    for vector in vectors::<TimesVector>("times.json") {
        let dates = vector.rule.dates(vector.first).take(vector.instants.len());
        let found: Vec<_> = dates
            .map(|date| local::instant(date, vector.time, vector.zone))
            .collect();
        assert_eq!(found, vector.instants, "{}", vector.why);
    }
}

#[test]
fn what_is_not_understood_is_refused() {
    for vector in vectors::<RefusedVector>("refused.json") {
        let problem = vector.rule.parse::<Rule>().expect_err(&vector.why);
        assert_ne!(problem.message(Language::English), problem.message(Language::French));
    }
    assert!("FREQ=DAILY;".repeat(100).parse::<Rule>().is_err());
}

#[test]
fn a_rule_is_written_in_one_way() {
    for (text, written) in [
        ("freq=weekly;byday=fr,mo,mo", "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("RRULE:FREQ=MONTHLY;INTERVAL=1", "FREQ=MONTHLY"),
        ("FREQ=DAILY;UNTIL=20261231T235959Z", "FREQ=DAILY;UNTIL=20261231"),
        (
            "FREQ=WEEKLY;WKST=MO;BYDAY=+2MO".strip_suffix(";BYDAY=+2MO").unwrap(),
            "FREQ=WEEKLY",
        ),
        ("FREQ=MONTHLY;BYDAY=+2MO", "FREQ=MONTHLY;BYDAY=2MO"),
    ] {
        assert_eq!(text.parse::<Rule>().unwrap().to_string(), written);
    }
}

fn rules() -> impl Strategy<Value = String> {
    let list = |values: Vec<&'static str>| option::of(vec(select(values), 1..3).prop_map(|list| list.join(",")));
    let parts = (
        select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        1_u32..5,
        list(vec!["MO", "TU", "FR", "SU", "1MO", "-1FR", "2SU"]),
        list(vec!["1", "15", "28", "30", "31", "-1", "-3"]),
        list(vec!["1", "2", "6", "12"]),
        list(vec!["1", "2", "-1"]),
    );
    parts.prop_map(|(frequency, interval, day, month_day, month, place)| {
        let part = |name: &str, list: Option<String>| list.map_or_else(String::new, |list| format!(";{name}={list}"));
        format!("FREQ={frequency};INTERVAL={interval}")
            + &part("BYDAY", day)
            + &part("BYMONTHDAY", month_day)
            + &part("BYMONTH", month)
            + &part("BYSETPOS", place)
    })
}

fn dates() -> impl Strategy<Value = NaiveDate> {
    (0_i32..20_000).prop_map(|days| NaiveDate::from_epoch_days(10_000 + days).unwrap())
}

proptest! {
    #[test]
    fn dates_come_in_order_and_from_anywhere_alike(text in rules(), first in dates()) {
        let Ok(rule) = text.parse::<Rule>() else { return Ok(()) };
        prop_assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule.clone());
        let found: Vec<NaiveDate> = rule.dates(first).take(30).collect();
        prop_assert_eq!(found[0], first);
        prop_assert!(found.is_sorted_by(|one, next| one < next), "{:?}", found);
        for pair in found.windows(2) {
            prop_assert_eq!(rule.dates(first).after(pair[0]), Some(pair[1]));
        }
    }

    /// Whatever day a monthly rule begins on: one date in every month, on that day or on the month's last.
    #[test]
    fn a_monthly_rule_leaves_no_month_out_and_does_not_drift(first in dates(), interval in 1_u32..4) {
        let rule = Rule::every(interval, Frequency::Monthly);
        let found: Vec<NaiveDate> = rule.dates(first).take(40).collect();
        for (step, date) in found.iter().enumerate() {
            let months = first.year() * 12 + first.month0() as i32 + step as i32 * interval as i32;
            prop_assert_eq!((date.year(), date.month0() as i32), (months.div_euclid(12), months.rem_euclid(12)));
            prop_assert_eq!(date.day(), first.day().min(date.num_days_in_month().into()));
        }
    }

    #[test]
    fn occurrences_increase_and_show_the_same_hour(first in dates(), seconds in 0_u32..86_400) {
        let zone = local::DEFAULT_ZONE;
        let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap();
        let rule = Rule::every(1, Frequency::Daily);
        let found: Vec<_> = rule.dates(first).take(400).map(|date| (date, local::instant(date, time, zone))).collect();
        prop_assert!(found.is_sorted_by(|one, next| one.1 < next.1));
        for (date, instant) in found {
            let shown = instant.with_timezone(&zone).naive_local();
            let in_gap = shown.date() == date && shown.time() > time && shown.time().to_string() == "03:00:00";
            prop_assert!(shown == date.and_time(time) || in_gap, "{} {}", date, shown);
        }
    }

    #[test]
    fn any_text_is_a_rule_or_refused(text in "(FREQ=(DAILY|MONTHLY);)?[A-Z0-9=;,é+-]{0,40}") {
        if let Ok(rule) = text.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule);
        }
    }
}
