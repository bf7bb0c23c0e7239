//! Rates of exchange by day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::RevenueError;
use crate::Currency;

/// The largest rate.
pub(crate) const RATE_MAX: i64 = 1_000_000_000;

/// What one unit of other currencies was worth in the reporting currency, from which day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FxTable {
    base: Currency,
    rates: BTreeMap<Currency, BTreeMap<NaiveDate, Decimal>>,
}

impl FxTable {
    pub const fn new(base: Currency) -> Self {
        Self {
            base,
            rates: BTreeMap::new(),
        }
    }

    pub const fn base(&self) -> Currency {
        self.base
    }

    /// From this day until the next one of the currency, one unit of it is worth so much of the base. A rate that is not
    /// above zero, or above a thousand million, is none.
    pub fn set(&mut self, currency: Currency, from: NaiveDate, rate: Decimal) -> Result<(), RevenueError> {
        if rate <= Decimal::ZERO || rate > Decimal::from(RATE_MAX) {
            return Err(RevenueError::NotARate { currency, from });
        }
        self.rates.entry(currency).or_default().insert(from, rate);
        Ok(())
    }

    /// The last rate dated by the day.
    pub fn rate(&self, currency: Currency, on: NaiveDate) -> Result<Decimal, RevenueError> {
        if currency == self.base {
            return Ok(Decimal::ONE);
        }
        let rates = self.rates.get(&currency);
        let last = rates.and_then(|rates| rates.range(..=on).next_back());
        last.map(|(_, rate)| *rate)
            .ok_or(RevenueError::RateMissing { currency, on })
    }

    /// The days on which the rate of a currency changes.
    pub(super) fn days(&self, currency: Currency) -> impl Iterator<Item = NaiveDate> {
        self.rates
            .get(&currency)
            .into_iter()
            .flat_map(|rates| rates.keys().copied())
    }
}
