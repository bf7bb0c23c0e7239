//! Amounts of money: exact decimals with their currency, never summed across currencies.

use async_graphql::{InputObject, SimpleObject};
use domain::{Currency, InvalidValue, Money as DomainMoney};

use super::{
    errors::{ApiError, ApiResult},
    scalars::Decimal,
};

/// An amount in a currency.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Money {
    pub amount: Decimal,
    /// ISO 4217.
    pub currency_code: String,
}

impl Money {
    /// An amount of a view; `None` when the row has none.
    pub fn of_row(minor_units: Option<i64>, currency: Option<&str>) -> ApiResult<Option<Self>> {
        let Some((minor_units, currency)) = minor_units.zip(currency) else {
            return Ok(None);
        };
        Self::of_sum(i128::from(minor_units), currency).map(Some)
    }

    /// A sum of the smallest units, which may be beyond what one amount can be.
    pub fn of_sum(minor_units: i128, currency: &str) -> ApiResult<Self> {
        let unknown = |error: &dyn std::fmt::Display| ApiError::internal("a view holds an amount that is none", error);
        let currency: Currency = currency.parse().map_err(|error: InvalidValue| unknown(&error))?;
        let amount = rust_decimal::Decimal::try_from_i128_with_scale(minor_units, currency.decimals())
            .map_err(|error| unknown(&error))?;
        Ok(Self {
            amount: Decimal(amount),
            currency_code: currency.code().to_owned(),
        })
    }
}

/// An amount in a currency, euros unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, InputObject)]
pub struct MoneyInput {
    pub amount: Decimal,
    #[graphql(default_with = "String::from(\"EUR\")")]
    pub currency_code: String,
}

impl MoneyInput {
    /// More decimals than the currency has are refused, never rounded.
    pub fn checked(&self, field: &'static str) -> Result<DomainMoney, InvalidValue> {
        let currency = Currency::parse("currencyCode", &self.currency_code)?;
        DomainMoney::from_decimal(field, self.amount.0, currency)
    }
}
