use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// For whom a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// Programs: commas, points, ISO dates, UTC, names of columns as in the API.
    #[default]
    Plain,
    /// French spreadsheets: semicolons, decimal commas, dd/mm/yyyy, the time of Paris, French titles, a byte order mark.
    French,
}

impl std::str::FromStr for Locale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "en" | "plain" => Ok(Self::Plain),
            "fr" => Ok(Self::French),
            _ => Err("write `fr` or `plain`".to_owned()),
        }
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Number(Decimal),
    Date(NaiveDate),
    Moment(DateTime<Utc>),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.into()))
    }

    pub(super) fn number(number: Option<impl Into<Decimal>>) -> Self {
        number.map_or(Self::Empty, |number| Self::Number(number.into()))
    }

    /// Of a column of microseconds.
    pub(super) fn moment(micros: Option<i64>) -> Self {
        micros
            .and_then(DateTime::from_timestamp_micros)
            .map_or(Self::Empty, Self::Moment)
    }

    /// Of a column of dates, `YYYY-MM-DD`.
    pub(super) fn date(text: Option<&str>) -> Self {
        match text.map(str::parse) {
            Some(Ok(date)) => Self::Date(date),
            Some(Err(_)) => Self::maybe(text),
            None => Self::Empty,
        }
    }

    /// An amount with the decimals of its currency.
    pub(super) fn money(minor_units: Option<i64>, currency: Option<&str>) -> Self {
        let currency = currency.and_then(|code| code.parse::<domain::Currency>().ok());
        match minor_units.zip(currency) {
            Some((units, currency)) => Self::Number(domain::Money::new(units, currency).to_decimal()),
            None => Self::Empty,
        }
    }
}
