//! Figures that are read off movements and terms.

use async_graphql::{Enum, Object, SimpleObject};
use domain::recurring_revenue as rules;

use crate::graphql::{
    contracts::Contract,
    errors::{ApiError, ApiResult},
    organizations::Organization,
    reading::Reading,
    scalars::{Date, Decimal},
};

/// A figure, or why there is none. Rates are shares of one.
#[derive(Debug, Clone, SimpleObject)]
pub struct Measure {
    value: Option<Decimal>,
    /// Why there is no value.
    undefined: Option<UndefinedMeasure>,
}

/// Why a figure has no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::recurring_revenue::Undefined")]
pub enum UndefinedMeasure {
    NoOpeningRevenue,
    NoOpeningCustomers,
    NoOpeningContracts,
    NoCustomers,
    NoContracts,
    NothingLost,
    NoChurn,
    NoTermEnded,
}

impl From<rules::Measured> for Measure {
    fn from(measured: rules::Measured) -> Self {
        match measured {
            Ok(value) => Self {
                value: Some(Decimal(value.normalize())),
                undefined: None,
            },
            Err(undefined) => Self {
                value: None,
                undefined: Some(undefined.into()),
            },
        }
    }
}

/// How the share of customers who leave is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::recurring_revenue::LogoChurnFormula")]
pub enum LogoChurnFormula {
    /// Customers of the beginning who are gone, by all customers of the beginning.
    StartOfPeriod,
    /// Contracts that ended and were not renewed, by those of the beginning.
    TerminatedContracts,
    /// Customers who are gone, by those of the beginning and those who came.
    WithNewCustomers,
}

/// How the lifetime value of a customer is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum LifetimeValueFormula {
    /// Average revenue per account by the share of customers who leave.
    ByChurn,
    /// The same times a margin, which has to be given.
    ByChurnAndMargin,
    /// Average monthly revenue of a contract times the average length of a relation.
    ByLength,
}

impl LifetimeValueFormula {
    pub(super) fn of(self, margin: Option<Decimal>) -> ApiResult<rules::LifetimeValueFormula> {
        match (self, margin) {
            (Self::ByChurn, _) => Ok(rules::LifetimeValueFormula::ByChurn),
            (Self::ByLength, _) => Ok(rules::LifetimeValueFormula::ByLength),
            (Self::ByChurnAndMargin, Some(Decimal(margin))) => {
                Ok(rules::LifetimeValueFormula::ByChurnAndMargin { margin })
            }
            (Self::ByChurnAndMargin, None) => Err(ApiError::bad_input("`margin` is missing: a share of one.")),
        }
    }
}

/// How many of the terms that ended were renewed.
pub struct RenewalRate(pub(super) rules::RenewalRate);

#[Object]
impl RenewalRate {
    async fn ended(&self) -> usize {
        self.0.ended
    }

    async fn renewed_tacitly(&self) -> usize {
        self.0.renewed_tacitly
    }

    async fn renewed_expressly(&self) -> usize {
        self.0.renewed_expressly
    }

    async fn by_count(&self) -> Measure {
        self.0.by_count.into()
    }

    /// By the revenue that was up for renewal.
    async fn by_value(&self) -> Measure {
        self.0.by_value.into()
    }

    async fn target(&self) -> Decimal {
        Decimal(rules::RENEWAL_TARGET)
    }

    async fn reaches_target(&self) -> Option<bool> {
        self.0.reaches_target()
    }
}

/// What became of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::recurring_revenue::TermOutcome")]
pub enum TermOutcome {
    Open,
    RenewedTacitly,
    RenewedExpressly,
    Refused,
    Expired,
}

/// A term that ends.
pub struct EndingTerm {
    term: rules::EndingTerm,
    reading: Reading,
}

impl EndingTerm {
    pub(super) fn of(term: rules::EndingTerm, reading: &Reading) -> Self {
        let reading = reading.clone();
        Self { term, reading }
    }
}

#[Object]
impl EndingTerm {
    #[graphql(complexity = "child_complexity + 1")]
    async fn contract(&self) -> ApiResult<Option<Contract>> {
        Contract::load(&self.reading, self.term.contract.0).await
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn customer(&self) -> ApiResult<Option<Organization>> {
        Organization::load(&self.reading, self.term.customer.0).await
    }

    async fn ends_on(&self) -> Date {
        Date(self.term.ends_on)
    }

    /// On its last day.
    async fn mrr(&self) -> Decimal {
        Decimal(self.term.mrr)
    }

    async fn outcome(&self) -> TermOutcome {
        self.term.outcome.into()
    }
}

/// Why revenue was lost, and how much.
pub struct RevenueLoss(pub(super) rules::LostByReason);

#[Object]
impl RevenueLoss {
    /// Null for an end that nobody gave a reason for, as that of a term.
    async fn reason(&self) -> Option<&'static str> {
        self.0.reason.map(domain::contract::TerminationReason::as_str)
    }

    async fn category(&self) -> Option<&'static str> {
        self.0.category.map(domain::contract::ReasonCategory::as_str)
    }

    /// By month.
    async fn amount(&self) -> Decimal {
        Decimal(self.0.amount)
    }

    async fn contracts(&self) -> usize {
        self.0.contracts
    }

    async fn customers(&self) -> usize {
        self.0.customers
    }
}

/// Customers who began in one month.
pub struct RevenueCohort(pub(super) rules::Cohort);

#[Object]
impl RevenueCohort {
    /// The first day of the month.
    async fn month(&self) -> Date {
        Date(self.0.month.first_day())
    }

    /// How many began.
    async fn customers(&self) -> usize {
        self.0.customers
    }

    /// At the close of the month in which they began, of the one after it, and so on.
    async fn months(&self) -> Vec<RevenueCohortMonth> {
        let months = self.0.months.iter().enumerate();
        months
            .map(|(number, month)| RevenueCohortMonth {
                customers: month.customers,
                mrr: Decimal(month.mrr),
                retained: self.0.retained(number).map(Decimal),
                revenue_retained: self.0.revenue_retained(number).map(Decimal),
            })
            .collect()
    }
}

/// What is left of a cohort.
#[derive(Debug, Clone, SimpleObject)]
pub struct RevenueCohortMonth {
    customers: usize,
    mrr: Decimal,
    /// The share of customers who are left.
    retained: Option<Decimal>,
    /// What they pay, by what they paid at the close of their first month.
    revenue_retained: Option<Decimal>,
}
