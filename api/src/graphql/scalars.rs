//! The scalars of the API, strict on input: what cannot be stored exactly is refused, never rounded.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};

use super::errors::{ApiError, ApiResult};

/// Calendar years that the API takes. Others are typing errors, and not every database can store them.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

/// An instant, RFC 3339. Any offset is taken; answers are in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub DateTime<Utc>);

impl Moment {
    /// An instant of the views, which keep microseconds.
    pub fn from_micros(micros: i64) -> Self {
        Self(journal::Timestamp(micros).into())
    }

    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }
}

impl From<journal::Timestamp> for Moment {
    fn from(time: journal::Timestamp) -> Self {
        Self(time.into())
    }
}

#[Scalar(
    name = "DateTime",
    specified_by_url = "https://scalars.graphql.org/andimarek/date-time"
)]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let time = DateTime::parse_from_rfc3339(text)
            .map_err(|_| InputValueError::custom("write an RFC 3339 time such as `2026-03-31T09:00:00+02:00`"))?
            .with_timezone(&Utc);
        if YEARS.contains(&time.year()) {
            Ok(Self(time))
        } else {
            Err(InputValueError::custom("the year must lie between 1 and 9999"))
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// A calendar date, `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub NaiveDate);

#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map_err(|_| InputValueError::custom("write a calendar date such as `2026-03-31`"))?;
        if YEARS.contains(&date.year()) {
            Ok(Self(date))
        } else {
            Err(InputValueError::custom("the year must lie between 1 and 9999"))
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

/// A date as the views hold it.
pub fn date_of_row(text: &str) -> ApiResult<Date> {
    let date = text.parse().map(Date);
    date.map_err(|error| ApiError::internal("a view holds a date that is none", &error))
}

/// A decimal number as a string, exact. A floating-point number is refused: it has lost the cents already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(pub rust_decimal::Decimal);

#[Scalar(specified_by_url = "https://alforis.dev/scalars/decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => rust_decimal::Decimal::from_str_exact(text)
                .map(Self)
                .map_err(|_| InputValueError::custom("write a decimal number as a string such as `\"1234.56\"`")),
            Value::Number(number) => number
                .as_i64()
                .map(|whole| Self(whole.into()))
                .ok_or_else(|| InputValueError::custom("write a number with decimals as a string: `\"1234.56\"`")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A whole number beyond 32 bits (a position of the journal), as a string. Numbers are taken too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BigInt(pub u64);

#[Scalar(specified_by_url = "https://scalars.graphql.org/apollographql/big-int")]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            Value::Number(number) => number.as_u64(),
            _ => None,
        };
        number
            .filter(|number| i64::try_from(*number).is_ok())
            .map(Self)
            .ok_or_else(|| InputValueError::custom("write a whole number from 0 to 9223372036854775807"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Any JSON value.
#[derive(Debug, Clone, PartialEq)]
pub struct Json(pub serde_json::Value);

#[Scalar(name = "JSON", specified_by_url = "https://scalars.graphql.org/taoqf/json")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Value {
        Value::String(value.to_owned())
    }

    #[test]
    fn a_decimal_is_exact_or_refused() {
        assert_eq!(Decimal::parse(text("0.1")).unwrap().to_value(), text("0.1"));
        assert_eq!(Decimal::parse(Value::from(12)).unwrap().to_value(), text("12"));
        for wrong in [
            text("1e400"),
            text("0,5"),
            text(""),
            text("NaN"),
            Value::from(0.1),
            Value::Null,
        ] {
            assert!(Decimal::parse(wrong.clone()).is_err(), "{wrong}");
        }
        assert!(Decimal::parse(text("0.00000000000000000000000000000000001")).is_err());
    }

    #[test]
    fn a_date_that_is_in_no_calendar_is_refused() {
        assert!(Date::parse(text("2024-02-29")).is_ok());
        for wrong in [
            "2023-02-29",
            "31/02/2026",
            "2026-13-01",
            "",
            "0000-01-01",
            "99999-01-01",
        ] {
            assert!(Date::parse(text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_keeps_its_instant_whatever_its_offset() {
        let paris = Moment::parse(text("2026-03-31T09:00:00+02:00")).unwrap();
        assert_eq!(paris.to_value(), text("2026-03-31T07:00:00Z"));
        for wrong in [
            "2026-03-31",
            "2026-03-31T09:00:00",
            "yesterday",
            "+12026-03-31T09:00:00Z",
        ] {
            assert!(Moment::parse(text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_position_beyond_what_is_stored_is_refused() {
        assert_eq!(BigInt::parse(text("12")).unwrap(), BigInt(12));
        assert_eq!(BigInt::parse(Value::from(12)).unwrap(), BigInt(12));
        for wrong in [
            text("-1"),
            text("+1"),
            text(""),
            text("9223372036854775808"),
            Value::from(-1),
            Value::from(0.5),
        ] {
            assert!(BigInt::parse(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
