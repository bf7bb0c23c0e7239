//! What is read off a book. Each measure names where its formula is published; one that means nothing says why instead.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Book, Movement, MovementKind, Period, Selection};
use crate::{
    ContractId, OrganizationId,
    contract::{ReasonCategory, TerminationReason},
};

/// Days of an average month: a year of 365.25 days by twelve.
const DAYS_OF_A_MONTH: Decimal = Decimal::from_parts(304_375, 0, 0, false, 4);

/// Why a measure has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Undefined {
    /// There was no revenue at the beginning.
    NoOpeningRevenue,
    /// There were no customers at the beginning.
    NoOpeningCustomers,
    /// There were no contracts at the beginning.
    NoOpeningContracts,
    NoCustomers,
    NoContracts,
    /// Nobody left: no lifetime follows from that.
    NoChurn,
    /// Nothing was lost: nothing to divide by.
    NothingLost,
    /// No term ended.
    NoTermEnded,
}

impl Undefined {
    pub const ALL: [Self; 8] = [
        Self::NoOpeningRevenue,
        Self::NoOpeningCustomers,
        Self::NoOpeningContracts,
        Self::NoCustomers,
        Self::NoContracts,
        Self::NoChurn,
        Self::NothingLost,
        Self::NoTermEnded,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoOpeningRevenue => "NO_OPENING_REVENUE",
            Self::NoOpeningCustomers => "NO_OPENING_CUSTOMERS",
            Self::NoOpeningContracts => "NO_OPENING_CONTRACTS",
            Self::NoCustomers => "NO_CUSTOMERS",
            Self::NoContracts => "NO_CONTRACTS",
            Self::NoChurn => "NO_CHURN",
            Self::NothingLost => "NOTHING_LOST",
            Self::NoTermEnded => "NO_TERM_ENDED",
        }
    }
}

/// A number, not rounded, or why there is none. Rates are shares of one: 0.05 is 5 %.
pub type Measured = Result<Decimal, Undefined>;

/// Whom churn of customers is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum LogoChurnFormula {
    /// Customers of the beginning who are gone at the end, by customers of the beginning (ChartMogul, "Customer Churn Rate").
    #[default]
    StartOfPeriod,
    /// Contracts that ended in the period and were not renewed, by contracts that ran at the beginning.
    TerminatedContracts,
    /// Customers who left, by customers of the beginning and those who came (Stripe, "Subscriber churn rate").
    WithNewCustomers,
}

/// How long and how much a customer is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LifetimeValueFormula {
    /// Average revenue by customer, by the rate at which customers leave in a month (Stripe, "Customer lifetime value").
    #[default]
    ByChurn,
    /// The same times a gross margin, a share of one.
    ByChurnAndMargin { margin: Decimal },
    /// Average monthly revenue of a contract, times the average length of a relation in months.
    ByLength,
}

/// Why revenue was lost, and how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostByReason {
    /// `None`: an end that nobody gave a reason for, as that of a term.
    pub reason: Option<TerminationReason>,
    pub category: Option<ReasonCategory>,
    /// Above zero: by month.
    pub amount: Decimal,
    pub contracts: usize,
    pub customers: usize,
}

impl Book {
    fn moved(&self, period: Period, of: &Selection, kind: MovementKind) -> Decimal {
        let movements = self.between(period, of).filter(|movement| movement.kind == kind);
        movements.map(|movement| movement.amount).sum()
    }

    /// What was lost for good or for a part: churn and contraction, above zero.
    fn lost(&self, period: Period, of: &Selection) -> Decimal {
        -(self.moved(period, of, MovementKind::Churn) + self.moved(period, of, MovementKind::Contraction))
    }

    fn opening(&self, period: Period, of: &Selection) -> Measured {
        let opening = self.mrr(period.after, of);
        if opening > Decimal::ZERO {
            Ok(opening)
        } else {
            Err(Undefined::NoOpeningRevenue)
        }
    }

    /// `(MRR at the end − MRR at the beginning) / MRR at the beginning`: month over month, when the period is a month.
    pub fn growth(&self, period: Period, of: &Selection) -> Measured {
        let opening = self.opening(period, of)?;
        Ok((self.mrr(period.until, of) - opening) / opening)
    }

    /// `(churn + contraction) / MRR at the beginning` (ChartMogul, "Gross MRR Churn Rate").
    pub fn gross_mrr_churn(&self, period: Period, of: &Selection) -> Measured {
        Ok(self.lost(period, of) / self.opening(period, of)?)
    }

    /// `(churn + contraction − expansion − reactivation) / MRR at the beginning` (ChartMogul, "Net MRR Churn Rate"). What an
    /// index adds is expansion here; below zero when more was gained than lost.
    pub fn net_mrr_churn(&self, period: Period, of: &Selection) -> Measured {
        let gained = [
            MovementKind::Expansion,
            MovementKind::Reactivation,
            MovementKind::Indexation,
        ]
        .map(|kind| self.moved(period, of, kind));
        Ok((self.lost(period, of) - gained.iter().sum::<Decimal>()) / self.opening(period, of)?)
    }

    /// The rate at which customers leave.
    pub fn logo_churn(&self, period: Period, of: &Selection, formula: LogoChurnFormula) -> Measured {
        let opening = self.customers_as_of(period.after, period.until, of);
        let closing = self.customers_as_of(period.until, period.until, of);
        let gone = opening
            .keys()
            .filter(|customer| !closing.contains_key(customer))
            .count();
        match formula {
            LogoChurnFormula::StartOfPeriod => share(gone, opening.len()).ok_or(Undefined::NoOpeningCustomers),
            LogoChurnFormula::WithNewCustomers => {
                let came = self
                    .between(period, of)
                    .filter(|movement| matches!(movement.kind, MovementKind::New | MovementKind::Reactivation));
                let came: BTreeSet<OrganizationId> = came
                    .map(|movement| self.survivor(movement.customer, period.until))
                    .filter(|customer| !opening.contains_key(customer))
                    .collect();
                let left = gone + came.iter().filter(|customer| !closing.contains_key(customer)).count();
                share(left, opening.len() + came.len()).ok_or(Undefined::NoOpeningCustomers)
            }
            LogoChurnFormula::TerminatedContracts => {
                let running = self.by_contract(period.after, of);
                let closing = self.by_contract(period.until, of);
                let ended: BTreeSet<ContractId> = self
                    .between(period, of)
                    .filter(|movement| movement.ends && !closing.contains_key(&movement.contract))
                    .map(|movement| movement.contract)
                    .collect();
                share(ended.len(), running.len()).ok_or(Undefined::NoOpeningContracts)
            }
        }
    }

    /// Net revenue retention: `Σ what customers of the beginning pay at the end / Σ what they paid at the beginning`. Whoever
    /// came since does not count.
    pub fn nrr(&self, period: Period, of: &Selection) -> Measured {
        self.retention(period, of, |_, now| now)
    }

    /// Gross revenue retention: the same, but of each customer no more than they paid at the beginning. Never above one.
    pub fn grr(&self, period: Period, of: &Selection) -> Measured {
        self.retention(period, of, Decimal::min)
    }

    fn retention(&self, period: Period, of: &Selection, counted: impl Fn(Decimal, Decimal) -> Decimal) -> Measured {
        let opening = self.by_customer_as_of(period.after, period.until, of);
        let closing = self.by_customer_as_of(period.until, period.until, of);
        let before: Decimal = opening.values().sum();
        if before <= Decimal::ZERO {
            return Err(Undefined::NoOpeningRevenue);
        }
        let now = opening.iter().map(|(customer, before)| {
            let now = closing.get(customer).copied().unwrap_or_default();
            counted(*before, now)
        });
        Ok(now.sum::<Decimal>() / before)
    }

    /// Average revenue by customer who pays: `MRR / customers` (ChartMogul, "Average Revenue Per Account").
    pub fn arpa(&self, day: NaiveDate, of: &Selection) -> Measured {
        let paying = self.by_customer(day, of);
        if paying.is_empty() {
            return Err(Undefined::NoCustomers);
        }
        Ok(paying.values().sum::<Decimal>() / Decimal::from(paying.len()))
    }

    /// `(new + expansion + reactivation) / (churn + contraction)` (ChartMogul, "Quick Ratio"). What an index adds is
    /// expansion here.
    pub fn quick_ratio(&self, period: Period, of: &Selection) -> Measured {
        let gained: Decimal = [
            MovementKind::New,
            MovementKind::Expansion,
            MovementKind::Reactivation,
            MovementKind::Indexation,
        ]
        .map(|kind| self.moved(period, of, kind))
        .iter()
        .sum();
        let lost = self.lost(period, of);
        if lost <= Decimal::ZERO {
            return Err(Undefined::NothingLost);
        }
        Ok(gained / lost)
    }

    /// How many months customers stay on average: from the first day on which each paid to the day on which they were gone
    /// for good, or to this day. Days by 30.4375.
    pub fn average_length(&self, day: NaiveDate, of: &Selection) -> Measured {
        let mut relations: BTreeMap<OrganizationId, (NaiveDate, NaiveDate)> = BTreeMap::new();
        let all = Period {
            after: NaiveDate::MIN,
            until: day,
        };
        for movement in self.between(all, of) {
            let customer = self.survivor(movement.customer, day);
            let relation = relations.entry(customer).or_insert((movement.on, movement.on));
            relation.1 = movement.on;
        }
        if relations.is_empty() {
            return Err(Undefined::NoCustomers);
        }
        let staying = self.customers_as_of(day, day, of);
        let days: i64 = relations
            .iter()
            .map(|(customer, (first, last))| {
                let end = if staying.contains_key(customer) { day } else { *last };
                (end - *first).num_days()
            })
            .sum();
        Ok(Decimal::from(days) / DAYS_OF_A_MONTH / Decimal::from(relations.len()))
    }

    /// What a customer is worth over their time, at the close of the period. Rates are those of the period: for a rate by
    /// month it is a month.
    pub fn lifetime_value(&self, period: Period, of: &Selection, formula: LifetimeValueFormula) -> Measured {
        let margin = match formula {
            LifetimeValueFormula::ByLength => {
                let contracts = self.by_contract(period.until, of);
                if contracts.is_empty() {
                    return Err(Undefined::NoContracts);
                }
                let average = contracts.values().sum::<Decimal>() / Decimal::from(contracts.len());
                return Ok(average * self.average_length(period.until, of)?);
            }
            LifetimeValueFormula::ByChurn => Decimal::ONE,
            LifetimeValueFormula::ByChurnAndMargin { margin } => margin,
        };
        let churn = self.logo_churn(period, of, LogoChurnFormula::StartOfPeriod)?;
        if churn.is_zero() {
            return Err(Undefined::NoChurn);
        }
        Ok(self.arpa(period.until, of)? * margin / churn)
    }

    /// What ended contracts took with them, by reason; the largest first. The ends of contracts of customers who stay count.
    pub fn lost_by_reason(&self, period: Period, of: &Selection) -> Vec<LostByReason> {
        let mut by_reason: BTreeMap<Option<TerminationReason>, Vec<&Movement>> = BTreeMap::new();
        for movement in self.between(period, of).filter(|movement| movement.ends) {
            by_reason.entry(movement.reason).or_default().push(movement);
        }
        let mut lost: Vec<LostByReason> = by_reason
            .into_iter()
            .map(|(reason, movements)| LostByReason {
                reason,
                category: reason.map(TerminationReason::category),
                amount: -movements.iter().map(|movement| movement.amount).sum::<Decimal>(),
                contracts: distinct(movements.iter().map(|movement| movement.contract)),
                customers: distinct(movements.iter().map(|movement| movement.customer)),
            })
            .collect();
        lost.sort_by_key(|lost| std::cmp::Reverse(lost.amount));
        lost
    }
}

fn share(part: usize, whole: usize) -> Option<Decimal> {
    (whole > 0).then(|| Decimal::from(part) / Decimal::from(whole))
}

fn distinct<T: Ord>(items: impl Iterator<Item = T>) -> usize {
    items.collect::<BTreeSet<T>>().len()
}
