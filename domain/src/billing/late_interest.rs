//! What late payment costs (C. com. art. L441-10, II).

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{rounding::half_away_from_zero, vat::Percentage};

/// The fixed indemnity for the cost of recovery, in cents of euros, once per invoice and from professionals only
/// (C. com. art. D441-5).
pub const FIXED_INDEMNITY: i64 = 4_000;

/// Half a year: the rate of 1 January holds to 30 June, the one of 1 July to 31 December.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HalfYear {
    pub year: i32,
    /// 1 or 2.
    pub half: u8,
}

impl HalfYear {
    pub fn of(day: NaiveDate) -> Self {
        Self {
            year: day.year(),
            half: if day.month() <= 6 { 1 } else { 2 },
        }
    }

    /// Its last day.
    fn end(self) -> NaiveDate {
        let (month, day) = if self.half == 1 { (6, 30) } else { (12, 31) };
        NaiveDate::from_ymd_opt(self.year, month, day).unwrap_or(NaiveDate::MAX)
    }
}

/// The yearly rates by half-year, as the company has entered them.
pub type LateInterestRates = BTreeMap<HalfYear, Percentage>;

/// No rate was entered for a half-year in which interest runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no rate of late interest for half-year {} of {}: enter it in the settings of the company", .0.half, .0.year)]
pub struct LateInterestError(pub HalfYear);

/// Days, both counted, on which one principal bore interest at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterestPart {
    pub from: NaiveDate,
    pub until: NaiveDate,
    /// In minor units.
    pub principal: i64,
    /// By year.
    pub rate: Percentage,
}

impl InterestPart {
    pub fn days(&self) -> i64 {
        (self.until - self.from).num_days() + 1
    }

    /// `principal × rate × days / 365` (365 in every year) in minor units, not rounded.
    pub fn interest(&self) -> Decimal {
        let yearly = Decimal::ONE_HUNDRED * Decimal::from(365);
        Decimal::from(self.principal) * self.rate.as_decimal() * Decimal::from(self.days()) / yearly
    }
}

/// What remained due day by day, in order.
///
/// Interest runs from the day after `due` to `until`, both counted; a payment still bears interest on its own day. With
/// each half-year and each payment a new part begins.
///
/// `payments` are days and amounts in minor units, in any order; those up to the due date lower the principal from the
/// start.
pub fn interest_parts(
    amount: i64,
    due: NaiveDate,
    payments: &[(NaiveDate, i64)],
    until: NaiveDate,
    rates: &LateInterestRates,
) -> Result<Vec<InterestPart>, LateInterestError> {
    let mut parts = Vec::new();
    let mut begun = due;
    while begun < until {
        let principal = amount
            - payments
                .iter()
                .filter(|(paid, _)| *paid <= begun)
                .map(|(_, part)| part)
                .sum::<i64>();
        if principal <= 0 {
            break;
        }
        let Some(first) = begun.succ_opt() else { break };
        let half_year = HalfYear::of(first);
        let end = payments
            .iter()
            .map(|(paid, _)| *paid)
            .filter(|paid| *paid > begun)
            .chain([half_year.end(), until])
            .min()
            .unwrap_or(until);
        parts.push(InterestPart {
            from: first,
            until: end,
            principal,
            rate: *rates.get(&half_year).ok_or(LateInterestError(half_year))?,
        });
        begun = end;
    }
    Ok(parts)
}

/// Interest in minor units: the sum of its [`interest_parts`], rounded once at the end, half away from zero.
pub fn late_interest(
    amount: i64,
    due: NaiveDate,
    payments: &[(NaiveDate, i64)],
    until: NaiveDate,
    rates: &LateInterestRates,
) -> Result<i64, LateInterestError> {
    let parts = interest_parts(amount, due, payments, until, rates)?;
    Ok(rounded(&parts))
}

/// The interest of all parts together, rounded once.
pub fn rounded(parts: &[InterestPart]) -> i64 {
    half_away_from_zero(parts.iter().map(InterestPart::interest).sum()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rates(rates: &[(i32, u8, &str)]) -> LateInterestRates {
        rates
            .iter()
            .map(|(year, half, rate)| {
                (
                    HalfYear {
                        year: *year,
                        half: *half,
                    },
                    Percentage::new("rate", rate.parse().unwrap()).unwrap(),
                )
            })
            .collect()
    }

    fn simple(amount: i64, rate: &str, days: u64) -> i64 {
        let due = day("2026-01-31");
        let until = due.checked_add_days(chrono::Days::new(days)).unwrap();
        late_interest(amount, due, &[], until, &rates(&[(2026, 1, rate)])).unwrap()
    }

    #[test]
    fn interest_is_principal_by_rate_by_days() {
        assert_eq!(simple(1_500_000, "15", 30), 18_493);
        assert_eq!(simple(100_000, "14.5", 10), 397);
        assert_eq!(simple(120_000, "12.15", 30), 1_198);
        assert_eq!(simple(120_000, "12.15", 0), 0);
    }

    #[test]
    fn a_payment_bears_interest_on_its_own_day_and_lowers_what_follows() {
        let paid = [(day("2026-02-10"), 40_000)];
        let interest = late_interest(
            100_000,
            day("2026-01-31"),
            &paid,
            day("2026-03-02"),
            &rates(&[(2026, 1, "10")]),
        );
        // 100,000 × 10 days + 60,000 × 20 days, at 10 %.
        assert_eq!(interest, Ok(603));
        let settled = [(day("2026-02-10"), 100_000)];
        let until_settled = late_interest(
            100_000,
            day("2026-01-31"),
            &settled,
            day("2030-01-01"),
            &rates(&[(2026, 1, "10")]),
        );
        assert_eq!(
            until_settled,
            Ok(274),
            "nothing runs once all is paid, so no later rate is asked for"
        );
    }

    #[test]
    fn a_half_year_has_its_own_rate() {
        let across = late_interest(
            100_000,
            day("2026-06-20"),
            &[],
            day("2026-07-10"),
            &rates(&[(2026, 1, "12.15"), (2026, 2, "12.40")]),
        );
        // 10 days to 30 June at 12.15, 10 days to 10 July at 12.40.
        assert_eq!(across, Ok(673));
    }

    #[test]
    fn without_a_rate_there_is_no_interest_but_a_refusal() {
        let refused = late_interest(
            100_000,
            day("2026-06-20"),
            &[],
            day("2026-07-01"),
            &rates(&[(2026, 1, "12.15")]),
        );
        assert_eq!(refused, Err(LateInterestError(HalfYear { year: 2026, half: 2 })));
    }
}
