//! Customers by the month in which they began, and what became of them: a triangle, because the younger ones have fewer
//! months behind them.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Book, MovementKind, Period, Selection, book::Month};
use crate::OrganizationId;

/// Customers who began in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    pub month: Month,
    /// How many began.
    pub customers: usize,
    /// At the close of the month in which they began, of the one after it, and so on.
    pub months: Vec<CohortMonth>,
}

/// What is left of a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CohortMonth {
    /// Who still is a customer, in a pause or not.
    pub customers: usize,
    pub mrr: Decimal,
}

impl Cohort {
    /// The share of customers who are left after so many months.
    pub fn retained(&self, months: usize) -> Option<Decimal> {
        let left = self.months.get(months)?.customers;
        (self.customers > 0).then(|| Decimal::from(left) / Decimal::from(self.customers))
    }

    /// What they pay after so many months, by what they paid at the close of their first one.
    pub fn revenue_retained(&self, months: usize) -> Option<Decimal> {
        let first = self.months.first()?.mrr;
        let now = self.months.get(months)?.mrr;
        (first > Decimal::ZERO).then(|| now / first)
    }
}

/// A customer's revenue by month, as what each month changes.
#[derive(Debug, Default)]
struct Life {
    first: Option<Month>,
    /// By months since the first one of the book: what is paid, and what would be without pauses.
    changes: Vec<(i32, Decimal, Decimal)>,
}

impl Book {
    /// The cohorts of the months up to one, each to the close of that month. A customer belongs to the month of their first
    /// movement; records that were merged by then are one customer.
    pub fn cohorts(&self, last: Month, of: &Selection) -> Vec<Cohort> {
        let all = Period {
            after: NaiveDate::MIN,
            until: last.last_day(),
        };
        let Some(base) = self.between(all, of).next().map(|movement| Month::of(movement.on)) else {
            return Vec::new();
        };
        let mut lives: HashMap<OrganizationId, Life> = HashMap::new();
        let mut survivors: HashMap<OrganizationId, OrganizationId> = HashMap::new();
        for movement in self.between(all, of) {
            let customer = *survivors
                .entry(movement.customer)
                .or_insert_with(|| self.survivor(movement.customer, last.last_day()));
            let life = lives.entry(customer).or_default();
            let month = Month::of(movement.on);
            life.first.get_or_insert(month);
            let agreed = if matches!(movement.kind, MovementKind::Paused | MovementKind::Resumed) {
                Decimal::ZERO
            } else {
                movement.amount
            };
            life.changes.push((month.since(base), movement.amount, agreed));
        }
        let mut cohorts: BTreeMap<Month, Cohort> = BTreeMap::new();
        for life in lives.values() {
            let Some(month) = life.first else { continue };
            let cohort = cohorts.entry(month).or_insert_with(|| Cohort {
                month,
                customers: 0,
                months: vec![
                    CohortMonth {
                        customers: 0,
                        mrr: Decimal::ZERO,
                    };
                    usize::try_from(last.since(month) + 1).unwrap_or(0)
                ],
            });
            cohort.customers += 1;
            life.add_to(cohort, month.since(base));
        }
        cohorts.into_values().collect()
    }
}

impl Life {
    fn add_to(&self, cohort: &mut Cohort, first: i32) {
        let (mut paid, mut agreed) = (Decimal::ZERO, Decimal::ZERO);
        let mut changes = self.changes.iter().peekable();
        for (place, month) in cohort.months.iter_mut().enumerate() {
            let now = first + place as i32;
            while let Some((_, by, by_agreement)) = changes.next_if(|(month, ..)| *month <= now) {
                paid += by;
                agreed += by_agreement;
            }
            month.mrr += paid;
            month.customers += usize::from(agreed > Decimal::ZERO);
        }
    }
}
