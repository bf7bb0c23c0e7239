use std::{fmt, str::FromStr};

use chrono::{NaiveDate, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::Error as _};

use super::{Dates, parse};

/// How often, before anything narrows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A weekday: every one of the period, or (`2TU`, `-1FR`) the second, the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DayOfWeek {
    pub ordinal: Option<i8>,
    pub weekday: Weekday,
}

/// When it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    Never,
    /// After so many occurrences, the first and those that are skipped included.
    Count(u32),
    /// With this day, which may be the last.
    Until(NaiveDate),
}

/// A rule of recurrence, valid by construction. Written and read as the value of an `RRULE` property.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    pub(super) frequency: Frequency,
    pub(super) interval: u32,
    pub(super) by_month: Vec<u8>,
    pub(super) by_month_day: Vec<i8>,
    pub(super) by_day: Vec<DayOfWeek>,
    pub(super) by_set_pos: Vec<i16>,
    pub(super) week_start: Weekday,
    pub(super) end: End,
}

impl Rule {
    /// Every so many days, weeks, months or years.
    pub fn every(interval: u32, frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: interval.max(1),
            by_month: Vec::new(),
            by_month_day: Vec::new(),
            by_day: Vec::new(),
            by_set_pos: Vec::new(),
            week_start: Weekday::Mon,
            end: End::Never,
        }
    }

    pub const fn frequency(&self) -> Frequency {
        self.frequency
    }

    pub const fn end(&self) -> End {
        self.end
    }

    /// The dates it leads to from a first one on. The first is an occurrence, whether or not the rule would name it.
    pub const fn dates(&self, first: NaiveDate) -> Dates<'_> {
        Dates::new(self, first)
    }

    /// The same rule without its end.
    pub fn endless(&self) -> Self {
        Self {
            end: End::Never,
            ..self.clone()
        }
    }
}

impl FromStr for Rule {
    type Err = parse::RuleProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse::rule(text)
    }
}

impl fmt::Display for Rule {
    /// The shortest text that reads back as this rule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frequency = match self.frequency {
            Frequency::Daily => "DAILY",
            Frequency::Weekly => "WEEKLY",
            Frequency::Monthly => "MONTHLY",
            Frequency::Yearly => "YEARLY",
        };
        write!(f, "FREQ={frequency}")?;
        if self.interval > 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        list(f, "BYMONTH", &self.by_month)?;
        list(f, "BYMONTHDAY", &self.by_month_day)?;
        list(f, "BYDAY", &self.by_day)?;
        list(f, "BYSETPOS", &self.by_set_pos)?;
        if self.week_start != Weekday::Mon {
            write!(f, ";WKST={}", parse::letters(self.week_start))?;
        }
        match self.end {
            End::Never => Ok(()),
            End::Count(count) => write!(f, ";COUNT={count}"),
            End::Until(date) => write!(f, ";UNTIL={}", date.format("%Y%m%d")),
        }
    }
}

impl fmt::Display for DayOfWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ordinal {
            Some(ordinal) => write!(f, "{ordinal}{}", parse::letters(self.weekday)),
            None => f.write_str(parse::letters(self.weekday)),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, values: &[impl fmt::Display]) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        if index == 0 {
            write!(f, ";{name}={value}")?;
        } else {
            write!(f, ",{value}")?;
        }
    }
    Ok(())
}

impl Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Rule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RecurrenceRule".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "The value of an RRULE property (RFC 5545), of the subset that docs/domain.md describes",
            "pattern": "^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[-0-9A-Z,]+)*$"
        })
    }
}
