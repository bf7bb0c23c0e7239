//! Terms that end, those that will, and what is contracted for a day to come: read off the contracts, not off movements.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{Measured, Portfolio, Reporting, RevenueError, RevenueSettings, Undefined};
use crate::{
    ContractId, OrganizationId,
    contract::{ContractState, ContractStatus, RenewalKind, calendar, recurring::kept},
};

/// The share of terms that are to be renewed, as the company aims at: above 85 %.
pub const RENEWAL_TARGET: Decimal = Decimal::from_parts(85, 0, 0, false, 2);
/// The share of customers that may leave: below 5 %.
pub const CHURN_TARGET: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// A term that ended or will.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndingTerm {
    pub contract: ContractId,
    pub customer: OrganizationId,
    pub ends_on: NaiveDate,
    /// Monthly recurring revenue on its last day, in the reporting currency.
    pub mrr: Decimal,
    pub outcome: TermOutcome,
}

/// What became of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermOutcome {
    /// Nothing yet: it runs.
    Open,
    RenewedTacitly,
    RenewedExpressly,
    /// The renewal was refused.
    Refused,
    /// Nobody renewed it.
    Expired,
}

impl TermOutcome {
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::RenewedTacitly,
        Self::RenewedExpressly,
        Self::Refused,
        Self::Expired,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::RenewedTacitly => "RENEWED_TACITLY",
            Self::RenewedExpressly => "RENEWED_EXPRESSLY",
            Self::Refused => "REFUSED",
            Self::Expired => "EXPIRED",
        }
    }

    pub const fn is_renewed(self) -> bool {
        matches!(self, Self::RenewedTacitly | Self::RenewedExpressly)
    }
}

/// How many of the terms that ended were renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewalRate {
    pub ended: usize,
    pub renewed_tacitly: usize,
    pub renewed_expressly: usize,
    /// `renewed / ended`.
    pub by_count: Measured,
    /// `(revenue up for renewal − revenue not renewed) / revenue up for renewal`.
    pub by_value: Measured,
}

impl RenewalRate {
    /// Of terms that ended, early renewals in the period of the end that was agreed. Contracts that did not come to the end
    /// of their term, and those that have not yet, are none of them.
    pub fn of(terms: &[EndingTerm]) -> Self {
        let count = |outcome: TermOutcome| terms.iter().filter(|term| term.outcome == outcome).count();
        let worth = |renewed: bool| -> Decimal {
            let terms = terms.iter().filter(|term| term.outcome.is_renewed() == renewed);
            terms.map(|term| term.mrr).sum()
        };
        let (tacitly, expressly) = (count(TermOutcome::RenewedTacitly), count(TermOutcome::RenewedExpressly));
        let whole = worth(true) + worth(false);
        Self {
            ended: terms.len(),
            renewed_tacitly: tacitly,
            renewed_expressly: expressly,
            by_count: if terms.is_empty() {
                Err(Undefined::NoTermEnded)
            } else {
                Ok(Decimal::from(tacitly + expressly) / Decimal::from(terms.len()))
            },
            by_value: if whole.is_zero() {
                Err(Undefined::NoTermEnded)
            } else {
                Ok(worth(true) / whole)
            },
        }
    }

    /// Whether the target is reached; `None` where there is no rate.
    pub fn reaches_target(&self) -> Option<bool> {
        self.by_count.ok().map(|rate| rate > RENEWAL_TARGET)
    }
}

/// What is taken to happen until a horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HorizonAssumption {
    /// Contracts that renew tacitly go on unless notice was given.
    pub tacit_renewals: bool,
}

impl Portfolio {
    /// Terms whose last day lies between two days, both counted, as they are known at a moment. Contracts that ended before
    /// their term do not come to its end.
    pub fn ending_terms(
        &self,
        from: NaiveDate,
        until: NaiveDate,
        settings: &RevenueSettings,
        known_until: Option<DateTime<Utc>>,
    ) -> Result<Vec<EndingTerm>, RevenueError> {
        let mut terms = Vec::new();
        for id in self.contracts() {
            let Some(state) = self.contract(id, known_until) else {
                continue;
            };
            let Some(ends_on) = state.ends_on().filter(|end| from <= *end && *end <= until) else {
                continue;
            };
            let counts = state.signed_on().is_some() && state.last_day() == Some(ends_on);
            let Some(mrr) = worth(&state, ends_on, settings)?.filter(|mrr| counts && !mrr.is_zero()) else {
                continue;
            };
            let Some(customer) = state.organization_on(ends_on) else {
                continue;
            };
            terms.push(EndingTerm {
                contract: id,
                customer,
                ends_on,
                mrr,
                outcome: outcome(&state),
            });
        }
        terms.sort_by_key(|term| (term.ends_on, term.contract));
        Ok(terms)
    }

    /// The renewal rate of the terms that ended between two days, both counted.
    pub fn renewal_rate(
        &self,
        from: NaiveDate,
        until: NaiveDate,
        settings: &RevenueSettings,
        known_until: Option<DateTime<Utc>>,
    ) -> Result<RenewalRate, RevenueError> {
        let terms = self.ending_terms(from, until, settings, known_until)?;
        Ok(RenewalRate::of(&terms))
    }

    /// Contracts whose term ends within so many days and that nothing follows yet.
    pub fn to_renew(
        &self,
        on: NaiveDate,
        days: u64,
        settings: &RevenueSettings,
        known_until: Option<DateTime<Utc>>,
    ) -> Result<Vec<EndingTerm>, RevenueError> {
        let until = calendar::days_after(on, days);
        let terms = self.ending_terms(on, until, settings, known_until)?;
        Ok(terms
            .into_iter()
            .filter(|term| term.outcome == TermOutcome::Open)
            .collect())
    }

    /// Contracted monthly recurring revenue (CMRR; Zuora, "Contracted MRR") on a day to come: what is signed by now and runs
    /// then, with amendments that are agreed and without what notice was given for. Rates are those of today.
    pub fn contracted_mrr(
        &self,
        on: NaiveDate,
        horizon: NaiveDate,
        settings: &RevenueSettings,
        assumption: HorizonAssumption,
        known_until: Option<DateTime<Utc>>,
    ) -> Result<Decimal, RevenueError> {
        let mut sum = Decimal::ZERO;
        for id in self.contracts() {
            let Some(state) = self.contract(id, known_until) else {
                continue;
            };
            let mut native = state.mrr_on(horizon);
            let over = state.ends_on().is_some_and(|end| end < horizon);
            if native.is_zero() && over && assumption.tacit_renewals {
                native = going_on(&state, id);
            }
            sum += converted(&state, native, on, settings)?.unwrap_or_default();
        }
        Ok(sum)
    }
}

/// What a contract that renews tacitly is worth behind its term.
fn going_on(state: &ContractState, id: ContractId) -> Decimal {
    let Ok(plan) = state.renewal_plan(id, &[]) else {
        return Decimal::ZERO;
    };
    if plan.paused || !plan.terms.kind.recurs() {
        return Decimal::ZERO;
    }
    let lines = plan.terms.lines.iter();
    lines
        .filter_map(|line| {
            let months = line.interval.months()?;
            Some(kept(line.price.of(line.quantity) / Decimal::from(months)))
        })
        .sum()
}

fn outcome(state: &ContractState) -> TermOutcome {
    match (state.renewal(), state.status()) {
        (Some(renewal), _) if renewal.kind == RenewalKind::Tacit => TermOutcome::RenewedTacitly,
        (Some(_), _) => TermOutcome::RenewedExpressly,
        (None, Some(ContractStatus::Expired)) => TermOutcome::Expired,
        (None, Some(ContractStatus::Terminated | ContractStatus::NoticeGiven)) => TermOutcome::Refused,
        _ => TermOutcome::Open,
    }
}

/// In the reporting currency; `None` where the contract is none of it.
fn worth(state: &ContractState, on: NaiveDate, settings: &RevenueSettings) -> Result<Option<Decimal>, RevenueError> {
    converted(state, state.mrr_on(on), on, settings)
}

fn converted(
    state: &ContractState,
    native: Decimal,
    on: NaiveDate,
    settings: &RevenueSettings,
) -> Result<Option<Decimal>, RevenueError> {
    let Some(currency) = state.currency() else {
        return Ok(None);
    };
    match &settings.reporting {
        Reporting::Native(only) => Ok((*only == currency).then_some(native)),
        Reporting::Converted { .. } if native.is_zero() => Ok(Some(native)),
        Reporting::Converted { rates, .. } => Ok(Some(kept(native * rates.rate(currency, on)?))),
    }
}
