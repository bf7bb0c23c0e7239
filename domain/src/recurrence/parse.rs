//! Reading a rule from text: strict, because a rule that is read otherwise than it was meant is noticed months later.

use std::{collections::BTreeSet, str::FromStr};

use chrono::{NaiveDate, NaiveDateTime, Weekday};

use super::rule::{DayOfWeek, End, Frequency, Rule};
use crate::Language;

/// Longer texts are no rules that people write.
const LENGTH_MAX: usize = 500;
/// Occurrences that a rule may count to.
const COUNT_MAX: u32 = 1_000;
const INTERVAL_MAX: u32 = 1_000;

/// What is wrong with a rule's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleProblem {
    #[error("a rule begins with its frequency: FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")]
    NoFrequency,
    #[error("`{0}` is not a part of a rule")]
    NotAPart(String),
    #[error("{0} stands in the rule twice")]
    Twice(String),
    #[error("{0} is not supported: FREQ, INTERVAL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS, WKST, COUNT and UNTIL are")]
    Unsupported(String),
    #[error("`{value}` is no value of {part}")]
    Value { part: &'static str, value: String },
    #[error("COUNT and UNTIL exclude each other")]
    TwoEnds,
    #[error("BYDAY takes numbers only in rules by month or year without BYMONTHDAY")]
    OrdinalDay,
    #[error("BYMONTHDAY does not go with FREQ=WEEKLY")]
    MonthDayInWeek,
    #[error("BYSETPOS chooses among the days of BYDAY or BYMONTHDAY: name some")]
    NothingToChoose,
    #[error("no date ever follows the first one")]
    NeverAgain,
}

impl RuleProblem {
    pub fn message(&self, language: Language) -> String {
        let french = match self {
            Self::NoFrequency => {
                "une règle commence par sa fréquence : FREQ=DAILY, WEEKLY, MONTHLY ou YEARLY".to_owned()
            }
            Self::NotAPart(part) => format!("« {part} » n'est pas un élément de règle"),
            Self::Twice(part) => format!("{part} figure deux fois dans la règle"),
            Self::Unsupported(part) => format!(
                "{part} n'est pas pris en charge ; le sont FREQ, INTERVAL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS, WKST, \
                 COUNT et UNTIL"
            ),
            Self::Value { part, value } => format!("« {value} » n'est pas une valeur de {part}"),
            Self::TwoEnds => "COUNT et UNTIL s'excluent".to_owned(),
            Self::OrdinalDay => {
                "BYDAY n'admet de numéros que dans les règles par mois ou par an sans BYMONTHDAY".to_owned()
            }
            Self::MonthDayInWeek => "BYMONTHDAY ne va pas avec FREQ=WEEKLY".to_owned(),
            Self::NothingToChoose => "BYSETPOS choisit parmi les jours de BYDAY ou BYMONTHDAY : donnez-en".to_owned(),
            Self::NeverAgain => "aucune date ne suit jamais la première".to_owned(),
        };
        language.choose(self.to_string(), french)
    }
}

type Parsed<T> = Result<T, RuleProblem>;

/// Reads the value of an `RRULE` property; letters in either case, the property's name before it or not.
pub(super) fn rule(text: &str) -> Parsed<Rule> {
    if text.len() > LENGTH_MAX {
        return Err(RuleProblem::NotAPart(text.chars().take(20).collect()));
    }
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_prefix("RRULE:").unwrap_or(&text);
    let mut rule = None;
    let mut seen = BTreeSet::new();
    for part in text.split(';') {
        let Some((name, value)) = part.split_once('=') else {
            return Err(RuleProblem::NotAPart(shortened(part)));
        };
        if !seen.insert(name) {
            return Err(RuleProblem::Twice(shortened(name)));
        }
        match (&mut rule, name) {
            (None, "FREQ") => rule = Some(Rule::every(1, frequency(value)?)),
            (None, _) => return Err(RuleProblem::NoFrequency),
            (Some(rule), name) => take(rule, name, value)?,
        }
    }
    let mut rule = rule.ok_or(RuleProblem::NoFrequency)?;
    tidy(&mut rule);
    consistent(&rule)?;
    Ok(rule)
}

fn take(rule: &mut Rule, name: &str, value: &str) -> Parsed<()> {
    match name {
        "INTERVAL" => rule.interval = number("INTERVAL", value, |n: u32| (1..=INTERVAL_MAX).contains(&n))?,
        "BYMONTH" => rule.by_month = numbers("BYMONTH", value, |n: u8| (1..=12).contains(&n))?,
        "BYMONTHDAY" => {
            rule.by_month_day = numbers("BYMONTHDAY", value, |n: i8| n != 0 && (-31..=31).contains(&n))?;
        }
        "BYDAY" => rule.by_day = value.split(',').map(day_of_week).collect::<Parsed<_>>()?,
        "BYSETPOS" => {
            rule.by_set_pos = numbers("BYSETPOS", value, |n: i16| n != 0 && (-366..=366).contains(&n))?;
        }
        "WKST" => rule.week_start = weekday(value).ok_or_else(|| wrong("WKST", value))?,
        "COUNT" if rule.end == End::Never => {
            rule.end = End::Count(number("COUNT", value, |n: u32| (1..=COUNT_MAX).contains(&n))?);
        }
        "UNTIL" if rule.end == End::Never => rule.end = End::Until(until(value)?),
        "COUNT" | "UNTIL" => return Err(RuleProblem::TwoEnds),
        "BYSECOND" | "BYMINUTE" | "BYHOUR" | "BYYEARDAY" | "BYWEEKNO" | "RSCALE" | "SKIP" => {
            return Err(RuleProblem::Unsupported(name.to_owned()));
        }
        _ => return Err(RuleProblem::NotAPart(shortened(name))),
    }
    Ok(())
}

/// In order and each once, so that equal rules have equal texts.
fn tidy(rule: &mut Rule) {
    rule.by_month.sort_unstable();
    rule.by_month.dedup();
    rule.by_month_day.sort_unstable();
    rule.by_month_day.dedup();
    rule.by_set_pos.sort_unstable();
    rule.by_set_pos.dedup();
    rule.by_day
        .sort_unstable_by_key(|day| (day.ordinal, day.weekday.num_days_from_monday()));
    rule.by_day.dedup();
}

fn consistent(rule: &Rule) -> Parsed<()> {
    let by_period = matches!(rule.frequency, Frequency::Monthly | Frequency::Yearly);
    let ordinal = rule.by_day.iter().any(|day| day.ordinal.is_some());
    if ordinal && (!by_period || !rule.by_month_day.is_empty()) {
        return Err(RuleProblem::OrdinalDay);
    }
    if rule.frequency == Frequency::Weekly && !rule.by_month_day.is_empty() {
        return Err(RuleProblem::MonthDayInWeek);
    }
    if !rule.by_set_pos.is_empty() && rule.by_day.is_empty() && rule.by_month_day.is_empty() {
        return Err(RuleProblem::NothingToChoose);
    }
    Ok(())
}

fn frequency(value: &str) -> Parsed<Frequency> {
    match value {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        "SECONDLY" | "MINUTELY" | "HOURLY" => Err(RuleProblem::Unsupported(format!("FREQ={value}"))),
        _ => Err(wrong("FREQ", value)),
    }
}

fn day_of_week(text: &str) -> Parsed<DayOfWeek> {
    let no_day = || wrong("BYDAY", text);
    let split = text
        .len()
        .checked_sub(2)
        .filter(|at| text.is_char_boundary(*at))
        .ok_or_else(no_day)?;
    let (ordinal, day) = text.split_at(split);
    let weekday = weekday(day).ok_or_else(no_day)?;
    let ordinal = match ordinal {
        "" => None,
        ordinal => Some(number("BYDAY", ordinal, |n: i8| n != 0 && (-53..=53).contains(&n)).map_err(|_| no_day())?),
    };
    Ok(DayOfWeek { ordinal, weekday })
}

fn weekday(letters: &str) -> Option<Weekday> {
    Some(match letters {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

pub(super) const fn letters(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "MO",
        Weekday::Tue => "TU",
        Weekday::Wed => "WE",
        Weekday::Thu => "TH",
        Weekday::Fri => "FR",
        Weekday::Sat => "SA",
        Weekday::Sun => "SU",
    }
}

/// A date, or a time of which only the date counts: occurrences are dates here.
fn until(value: &str) -> Parsed<NaiveDate> {
    let date = NaiveDate::parse_from_str(value, "%Y%m%d")
        .ok()
        .filter(|_| value.len() == 8);
    let time = || NaiveDateTime::parse_from_str(value.strip_suffix('Z').unwrap_or(value), "%Y%m%dT%H%M%S").ok();
    date.or_else(|| time().map(|time| time.date()))
        .ok_or_else(|| wrong("UNTIL", value))
}

fn numbers<T: FromStr + Copy>(part: &'static str, text: &str, taken: impl Fn(T) -> bool) -> Parsed<Vec<T>> {
    text.split(',').map(|one| number(part, one, &taken)).collect()
}

fn number<T: FromStr + Copy>(part: &'static str, text: &str, taken: impl Fn(T) -> bool) -> Parsed<T> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('+')
        .unwrap_or(text)
        .parse()
        .ok()
        .filter(|number| plain && taken(*number))
        .ok_or_else(|| wrong(part, text))
}

fn wrong(part: &'static str, value: &str) -> RuleProblem {
    RuleProblem::Value {
        part,
        value: shortened(value),
    }
}

/// What a message repeats of what was written.
fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(20).collect()
}
