//! Prices that follow an index: `P1 = P0 × (fixed + (1 − fixed) × S1 / S0)`, between a floor and a cap.
//!
//! The index has to do with what the contract is about or with what one of the two does (C. mon. fin. art. L112-2). S0 is
//! the value of the last revision, at first that of the clause; S1 is the last one published by the day of the revision.
//! The coefficient is rounded only where the contract says so. A clause that lets prices go up but not down distorts the
//! index that it names (Cass. 3e civ., 14 January 2016, n° 14-24.681): a floor of zero is taken, but it is the parties' risk.

use chrono::{Datelike, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ContractError;
use crate::{
    InvalidValue,
    billing::{Percentage, UnitPrice},
    value::{self, LABEL_MAX, Problem},
};

/// Decimals of a unit price.
const PRICE_DECIMALS: u32 = 6;
/// Decimals that a coefficient may be rounded to.
const ROUNDING_MAX: u8 = 8;
/// Decimals of the value of an index at most.
const INDEX_DECIMALS: u32 = 6;
/// The largest value of an index.
const INDEX_MAX: i64 = 1_000_000_000;

/// What an index was for a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IndexPoint {
    /// The first day of the month.
    pub month: NaiveDate,
    #[schemars(with = "String")]
    pub value: Decimal,
}

/// A value as it was published. A command brings those it knows; the contract takes the one that its clause means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IndexValue {
    /// As the clause names it: `SYNTEC`, `ICHTrev-TS`.
    pub index: String,
    pub point: IndexPoint,
    pub published_on: NaiveDate,
}

/// How prices follow an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IndexClause {
    pub index: String,
    /// S0 of the first revision.
    pub base: IndexPoint,
    /// The part that does not follow, in hundred: 15 is `0.15 + 0.85 × S1/S0`.
    #[serde(default)]
    pub fixed_share: Percentage,
    /// The least change of one revision, in hundred: −2 takes off two at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub floor: Option<Decimal>,
    /// The largest change of one revision, in hundred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub cap: Option<Decimal>,
    /// Decimals of the coefficient, where the contract says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<u8>,
}

impl IndexPoint {
    pub fn checked(self, field: &'static str) -> Result<Self, InvalidValue> {
        if self.value <= Decimal::ZERO {
            return Err(InvalidValue::new(field, Problem::Zero));
        }
        if self.value > Decimal::from(INDEX_MAX) {
            return Err(InvalidValue::new(field, Problem::TooLarge { max: INDEX_MAX }));
        }
        if self.value.normalize().scale() > INDEX_DECIMALS {
            return Err(InvalidValue::new(
                field,
                Problem::TooPrecise {
                    decimals: INDEX_DECIMALS,
                },
            ));
        }
        let month = value::date(field, self.month)?;
        Ok(Self {
            month: month.with_day(1).unwrap_or(month),
            value: self.value.normalize(),
        })
    }
}

impl IndexValue {
    /// Refuses what is no value of an index, and one that was published before its month began.
    pub fn checked(self) -> Result<Self, InvalidValue> {
        let point = self.point.checked("value")?;
        let published_on = value::date("publishedOn", self.published_on)?;
        if published_on < point.month {
            return Err(InvalidValue::new(
                "publishedOn",
                Problem::EndBeforeStart {
                    days: (point.month - published_on).num_days(),
                },
            ));
        }
        Ok(Self {
            index: value::line("index", &self.index, LABEL_MAX)?,
            point,
            published_on,
        })
    }
}

impl IndexClause {
    pub(super) fn checked(self) -> Result<Self, InvalidValue> {
        let change = |field, change: Option<Decimal>| match change {
            Some(change) if change.abs() > Decimal::ONE_HUNDRED => {
                Err(InvalidValue::new(field, Problem::OutOfRange { min: -100, max: 100 }))
            }
            change => Ok(change.map(|change| change.normalize())),
        };
        let floor = change("floor", self.floor)?;
        let cap = change("cap", self.cap)?;
        if floor.zip(cap).is_some_and(|(floor, cap)| floor > cap) {
            return Err(InvalidValue::new("cap", Problem::OutOfRange { min: -100, max: 100 }));
        }
        if self.rounding.is_some_and(|decimals| decimals > ROUNDING_MAX) {
            return Err(InvalidValue::new(
                "rounding",
                Problem::OutOfRange {
                    min: 0,
                    max: ROUNDING_MAX.into(),
                },
            ));
        }
        Ok(Self {
            index: value::line("index", &self.index, LABEL_MAX)?,
            base: self.base.checked("base")?,
            floor,
            cap,
            ..self
        })
    }

    /// The last value of the clause's index that is published by the day and later than the one of the last revision.
    pub fn current(
        &self,
        since: IndexPoint,
        values: &[IndexValue],
        on: NaiveDate,
    ) -> Result<IndexPoint, ContractError> {
        let known = values
            .iter()
            .filter(|value| value.index == self.index && value.published_on <= on && value.point.month > since.month);
        let latest = known.max_by_key(|value| (value.point.month, value.published_on));
        let latest = latest.ok_or_else(|| ContractError::IndexValueMissing {
            index: self.index.clone(),
            after: since.month,
        })?;
        Ok(latest.point.checked("values")?)
    }

    /// What prices are multiplied by between two values.
    pub fn coefficient(&self, from: IndexPoint, to: IndexPoint) -> Decimal {
        let fixed = self.fixed_share.as_decimal() / Decimal::ONE_HUNDRED;
        let ratio = to.value.checked_div(from.value).unwrap_or(Decimal::ONE);
        let exact = fixed + (Decimal::ONE - fixed) * ratio;
        let bound = |change: Decimal| Decimal::ONE + change / Decimal::ONE_HUNDRED;
        let bounded = match (self.floor.map(bound), self.cap.map(bound)) {
            (Some(floor), _) if exact < floor => floor,
            (_, Some(cap)) if exact > cap => cap,
            _ => exact,
        };
        match self.rounding {
            Some(decimals) => bounded.round_dp_with_strategy(decimals.into(), RoundingStrategy::MidpointAwayFromZero),
            None => bounded,
        }
    }
}

/// A price after a revision, to the six decimals that a unit price has.
pub(super) fn revised(price: UnitPrice, coefficient: Decimal) -> Result<UnitPrice, InvalidValue> {
    let revised = price
        .as_decimal()
        .checked_mul(coefficient)
        .ok_or(InvalidValue::new("values", Problem::TooLarge { max: INDEX_MAX }))?;
    let revised = revised.round_dp_with_strategy(PRICE_DECIMALS, RoundingStrategy::MidpointAwayFromZero);
    UnitPrice::new("values", revised)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn point(month: &str, value: &str) -> IndexPoint {
        IndexPoint {
            month: month.parse().unwrap(),
            value: number(value),
        }
    }

    fn clause(fixed: &str) -> IndexClause {
        IndexClause {
            index: "SYNTEC".to_owned(),
            base: point("2024-09-01", "314.7"),
            fixed_share: Percentage::new("fixedShare", number(fixed)).unwrap(),
            floor: None,
            cap: None,
            rounding: None,
        }
    }

    #[test]
    fn prices_follow_s1_over_s0() {
        let (from, to) = (point("2024-09-01", "300"), point("2025-09-01", "306"));
        assert_eq!(clause("0").coefficient(from, to), number("1.02"));
        assert_eq!(clause("15").coefficient(from, to), number("1.017"));
        assert_eq!(
            revised(UnitPrice::new("p", number("83.33")).unwrap(), number("1.017"))
                .unwrap()
                .as_decimal(),
            number("84.74661")
        );
    }

    #[test]
    fn a_floor_and_a_cap_bound_the_change_of_one_revision() {
        let bounded = IndexClause {
            floor: Some(number("-1")),
            cap: Some(number("3")),
            ..clause("0")
        };
        let from = point("2024-09-01", "100");
        assert_eq!(bounded.coefficient(from, point("2025-09-01", "110")), number("1.03"));
        assert_eq!(bounded.coefficient(from, point("2025-09-01", "90")), number("0.99"));
        assert_eq!(bounded.coefficient(from, point("2025-09-01", "102")), number("1.02"));
    }

    #[test]
    fn the_coefficient_is_rounded_only_where_the_contract_says_so() {
        let (from, to) = (point("2024-09-01", "3"), point("2025-09-01", "4"));
        assert_eq!(clause("0").coefficient(from, to), number("4") / number("3"));
        let rounded = IndexClause {
            rounding: Some(3),
            ..clause("0")
        };
        assert_eq!(rounded.coefficient(from, to), number("1.333"));
    }

    #[test]
    fn the_last_value_published_by_the_day_counts_and_none_is_an_error() {
        let value = |month: &str, value: &str, published: &str| IndexValue {
            index: "SYNTEC".to_owned(),
            point: point(month, value),
            published_on: published.parse().unwrap(),
        };
        let values = [
            value("2025-08-01", "320", "2025-10-01"),
            value("2025-09-01", "321", "2025-11-01"),
            value("2025-10-01", "322", "2025-12-01"),
        ];
        let base = clause("0").base;
        let on = |day: &str| clause("0").current(base, &values, day.parse().unwrap());
        assert_eq!(on("2025-11-15"), Ok(point("2025-09-01", "321")));
        assert!(matches!(on("2025-09-30"), Err(ContractError::IndexValueMissing { .. })));
    }
}
