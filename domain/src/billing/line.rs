//! One priced line: quantity, unit price, discount.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    rounding::half_away_from_zero,
    vat::{Percentage, VatTreatment},
};
use crate::{Currency, InvalidValue, money::AMOUNT_MAX, value::Problem};

/// How many of a unit: three decimals, not zero. Only a line that takes something back has a negative one (EN 16931
/// knows no negative price).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Quantity(#[schemars(with = "String")] Decimal);

impl Quantity {
    pub const ONE: Self = Self(Decimal::ONE);
    const DECIMALS: u32 = 3;
    const MAX: i64 = 1_000_000_000;

    pub fn new(field: &'static str, quantity: Decimal) -> Result<Self, InvalidValue> {
        if quantity.is_zero() {
            return Err(InvalidValue::new(field, Problem::Zero));
        }
        bounded(field, quantity, Self::DECIMALS, Self::MAX).map(Self)
    }

    /// Where nothing is taken back.
    pub fn positive(field: &'static str, quantity: Decimal) -> Result<Self, InvalidValue> {
        let quantity = Self::new(field, quantity)?;
        if quantity.0.is_sign_negative() {
            return Err(InvalidValue::new(field, Problem::Negative));
        }
        Ok(quantity)
    }

    pub const fn as_decimal(self) -> Decimal {
        self.0
    }
}

/// The price of one unit in whole currency, with up to six decimals: `0.004125` euros a page. Never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct UnitPrice(#[schemars(with = "String")] Decimal);

impl UnitPrice {
    const DECIMALS: u32 = 6;
    const MAX: i64 = 1_000_000_000_000;

    pub fn new(field: &'static str, price: Decimal) -> Result<Self, InvalidValue> {
        if price.is_sign_negative() && !price.is_zero() {
            return Err(InvalidValue::new(field, Problem::Negative));
        }
        bounded(field, price, Self::DECIMALS, Self::MAX).map(Self)
    }

    pub const fn as_decimal(self) -> Decimal {
        self.0
    }

    /// In millionths of the currency, for whoever compares prices.
    pub fn micros(self) -> i64 {
        half_away_from_zero(self.0 * Decimal::from(1_000_000)).unwrap_or(i64::MAX)
    }
}

fn bounded(field: &'static str, number: Decimal, decimals: u32, max: i64) -> Result<Decimal, InvalidValue> {
    let number = number.normalize();
    if number.scale() > decimals {
        return Err(InvalidValue::new(field, Problem::TooPrecise { decimals }));
    }
    if number.abs() > Decimal::from(max) {
        return Err(InvalidValue::new(field, Problem::TooLarge { max }));
    }
    Ok(number)
}

/// What is taken off a line or a whole document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Discount {
    Percent(Percentage),
    /// In minor units.
    Amount(i64),
}

impl Discount {
    /// What it takes off this amount. Refuses to take off more than there is.
    pub fn of(self, field: &'static str, amount: i64) -> Result<i64, InvalidValue> {
        match self {
            Self::Percent(percent) => Ok(percent.of(amount)),
            Self::Amount(discount) if discount < 0 => Err(InvalidValue::new(field, Problem::Negative)),
            Self::Amount(discount) if discount > amount.max(0) => {
                Err(InvalidValue::new(field, Problem::TooLarge { max: amount.max(0) }))
            }
            Self::Amount(discount) => Ok(discount),
        }
    }
}

/// A line as it is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PricedLine {
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    pub discount: Option<Discount>,
    pub treatment: VatTreatment,
}

/// What a line comes to, in minor units, with or without tax as the document's prices are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineAmount {
    /// `round(quantity × unit price)` (EN 16931, BT-131 before its allowances).
    pub before_discount: i64,
    pub discount: i64,
}

impl LineAmount {
    pub const fn amount(&self) -> i64 {
        self.before_discount - self.discount
    }
}

impl PricedLine {
    /// Refuses, under the names of the two fields, a line that comes to more than an amount may be, and a discount of
    /// more than the line.
    pub fn amount(
        &self,
        currency: Currency,
        price_field: &'static str,
        discount_field: &'static str,
    ) -> Result<LineAmount, InvalidValue> {
        let before_discount = self
            .quantity
            .0
            .checked_mul(self.unit_price.0)
            .and_then(|exact| exact.checked_mul(Decimal::from(10_i64.pow(currency.decimals()))))
            .and_then(half_away_from_zero)
            .filter(|units| units.abs() <= AMOUNT_MAX)
            .ok_or(InvalidValue::new(price_field, Problem::TooLarge { max: AMOUNT_MAX }))?;
        let discount = match self.discount {
            Some(discount) => discount.of(discount_field, before_discount)?,
            None => 0,
        };
        Ok(LineAmount {
            before_discount,
            discount,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: &str, price: &str, discount: Option<Discount>) -> PricedLine {
        PricedLine {
            quantity: Quantity::new("quantity", quantity.parse().unwrap()).unwrap(),
            unit_price: UnitPrice::new("unitPrice", price.parse().unwrap()).unwrap(),
            discount,
            treatment: VatTreatment::taxed(Percentage::ZERO),
        }
    }

    fn amount(line: PricedLine) -> Result<i64, Problem> {
        line.amount(Currency::EUR, "unitPrice", "discount")
            .map(|amount| amount.amount())
            .map_err(|refused| refused.problem)
    }

    #[test]
    fn a_line_is_rounded_once_half_away_from_zero() {
        assert_eq!(amount(line("3", "0.335", None)), Ok(101));
        assert_eq!(amount(line("-3", "0.335", None)), Ok(-101));
        assert_eq!(amount(line("1234.567", "0.004125", None)), Ok(509));
    }

    #[test]
    fn a_discount_takes_off_a_share_or_an_amount_but_not_more_than_there_is() {
        let ten = Discount::Percent(Percentage::new("discount", Decimal::TEN).unwrap());
        assert_eq!(amount(line("1", "99.95", Some(ten))), Ok(8_995));
        assert_eq!(amount(line("1", "99.95", Some(Discount::Amount(9_995)))), Ok(0));
        assert_eq!(
            amount(line("1", "99.95", Some(Discount::Amount(9_996)))),
            Err(Problem::TooLarge { max: 9_995 })
        );
        assert_eq!(
            amount(line("1", "1", Some(Discount::Amount(-1)))),
            Err(Problem::Negative)
        );
    }

    #[test]
    fn what_means_nothing_is_refused() {
        let quantity = |text: &str| Quantity::new("quantity", text.parse().unwrap()).map_err(|refused| refused.problem);
        assert_eq!(quantity("0.000"), Err(Problem::Zero));
        assert_eq!(quantity("0.0001"), Err(Problem::TooPrecise { decimals: 3 }));
        assert!(Quantity::positive("quantity", "-1".parse().unwrap()).is_err());
        assert!(UnitPrice::new("unitPrice", "-0.01".parse().unwrap()).is_err());
        assert!(UnitPrice::new("unitPrice", "0.0000001".parse().unwrap()).is_err());
        assert!(UnitPrice::new("unitPrice", Decimal::MAX).is_err());
        assert_eq!(
            amount(line("1000000000", "1000000000000", None)),
            Err(Problem::TooLarge { max: AMOUNT_MAX })
        );
    }
}
