//! Prepaid income (produits constatés d'avance, account 487; plan comptable général, art. 944-48): what was billed by a day
//! for days behind it. Each period is earned as it is owed: by days at their prices, days of a pause left out.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::{ContractState, billing::pro_rata, calendar, state::next};
use crate::{billing::rounding::half_away_from_zero, document::LineId};

/// What of a period was billed and is not earned on a day. In minor units, without tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrepaidPeriod {
    pub line: LineId,
    pub period: u32,
    pub first: NaiveDate,
    pub last: NaiveDate,
    pub billed: i64,
    pub earned: i64,
    /// `billed − earned`: what stands in account 487.
    pub deferred: i64,
}

impl ContractState {
    /// By period what was billed on a day or before and is for days behind it; periods of which nothing is deferred are left
    /// out. Prices, ends and pauses are those that are known now.
    pub fn prepaid_income(&self, on: NaiveDate) -> Vec<PrepaidPeriod> {
        let Some(drafted) = &self.drafted else {
            return Vec::new();
        };
        let mut periods: Vec<PrepaidPeriod> = Vec::new();
        for billed in drafted.billed.iter().filter(|billed| billed.on <= on) {
            for part in &billed.periods {
                let known = periods
                    .iter_mut()
                    .find(|known| (known.line, known.period) == (part.line, part.period));
                if let Some(known) = known {
                    known.billed += part.amount;
                    (known.first, known.last) = (part.first, part.last);
                } else {
                    periods.push(PrepaidPeriod {
                        line: part.line,
                        period: part.period,
                        first: part.first,
                        last: part.last,
                        billed: part.amount,
                        earned: 0,
                        deferred: 0,
                    });
                }
            }
        }
        for period in &mut periods {
            let Some(line) = drafted.line(period.line) else {
                continue;
            };
            let days = calendar::days_between(period.first, period.last);
            let whole = drafted.stretches(line, period.first, period.last);
            let behind = next(on).max(period.first);
            let rest = drafted.stretches(line, behind, period.last);
            let (whole, rest) = match (pro_rata(&whole, days), pro_rata(&rest, days)) {
                (whole, rest) if whole > Decimal::ZERO => (whole, rest),
                _ => (
                    Decimal::from(days.max(1)),
                    Decimal::from(calendar::days_between(behind, period.last)),
                ),
            };
            let billed = Decimal::from(period.billed);
            let exact = billed.checked_mul(rest).and_then(|product| product.checked_div(whole));
            let deferred = exact.unwrap_or_else(|| billed * (rest / whole));
            period.deferred = half_away_from_zero(deferred).unwrap_or(0);
            period.earned = period.billed - period.deferred;
        }
        periods.retain(|period| period.deferred != 0);
        periods
    }

    /// The balance of account 487 at the end of so many months, the first one that of the day.
    pub fn prepaid_schedule(&self, from: NaiveDate, months: u32) -> Vec<(NaiveDate, i64)> {
        let first = from.with_day(1).unwrap_or(from);
        let ends = (1..=months).map(|month| calendar::days_before(calendar::months_after(first, month), 1));
        ends.map(|end| {
            let periods = self.prepaid_income(end);
            let deferred = periods
                .iter()
                .fold(0_i64, |sum, period| sum.saturating_add(period.deferred));
            (end, deferred)
        })
        .collect()
    }
}
