//! A change of recurring revenue, and what it is called.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    ContractId, Currency, OrganizationId,
    contract::{ReasonCategory, TerminationReason},
    document::LineId,
};

/// Where and when an event was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recording {
    pub position: u64,
    pub event: Uuid,
    pub at: DateTime<Utc>,
    /// In the company's zone.
    pub on: NaiveDate,
}

/// What a movement is called. A customer is an organization; one that pays has a line that is owed, paused or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MovementKind {
    /// Of a customer who never paid before: all of the first day.
    New,
    /// Of a customer who had gone: all of the day on which they are back.
    Reactivation,
    /// More of a customer who pays: quantity, price, another contract.
    Expansion,
    /// Less of a customer who goes on paying: also the end of one of several contracts.
    Contraction,
    /// All that is left of a customer who goes, on the day after the last that is covered.
    Churn,
    /// Prices followed an index.
    Indexation,
    Paused,
    Resumed,
    /// From one contract, customer, segment or line to another: two movements that come to nothing.
    Transfer,
    /// A rate of exchange changed.
    Fx,
    /// By the time of recording only: it holds from an earlier month and became known now.
    Correction,
}

impl MovementKind {
    pub const ALL: [Self; 11] = [
        Self::New,
        Self::Reactivation,
        Self::Expansion,
        Self::Contraction,
        Self::Churn,
        Self::Indexation,
        Self::Paused,
        Self::Resumed,
        Self::Transfer,
        Self::Fx,
        Self::Correction,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Reactivation => "REACTIVATION",
            Self::Expansion => "EXPANSION",
            Self::Contraction => "CONTRACTION",
            Self::Churn => "CHURN",
            Self::Indexation => "INDEXATION",
            Self::Paused => "PAUSED",
            Self::Resumed => "RESUMED",
            Self::Transfer => "TRANSFER",
            Self::Fx => "FX",
            Self::Correction => "CORRECTION",
        }
    }
}

/// A change of the recurring revenue of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The first day at the new amount.
    pub on: NaiveDate,
    pub kind: MovementKind,
    /// By month, in the reporting currency; below zero what is lost. Kept to ten decimals.
    pub amount: Decimal,
    /// The same in the contract's currency; nothing where only a rate changed.
    pub native: Decimal,
    pub currency: Currency,
    pub customer: OrganizationId,
    pub contract: ContractId,
    pub line: LineId,
    pub segment: Option<Arc<str>>,
    /// The event that it follows from; `None` for a rate of exchange.
    pub cause: Option<Recording>,
    /// Why the contract ended, where that is known.
    pub reason: Option<TerminationReason>,
    /// The line ended with it.
    pub ends: bool,
}

impl Movement {
    pub fn category(&self) -> Option<ReasonCategory> {
        self.reason.map(TerminationReason::category)
    }
}

/// Which movements count: those that match everything that is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    pub customer: Option<OrganizationId>,
    pub contract: Option<ContractId>,
    pub line: Option<LineId>,
    /// `Some(None)`: those without a segment.
    pub segment: Option<Option<Arc<str>>>,
    /// Of the contract.
    pub currency: Option<Currency>,
}

impl Selection {
    /// Everything.
    pub fn all() -> Self {
        Self::default()
    }

    pub fn segment(name: &str) -> Self {
        Self {
            segment: Some(Some(Arc::from(name))),
            ..Self::default()
        }
    }

    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    pub fn matches(&self, movement: &Movement) -> bool {
        self.customer.is_none_or(|customer| customer == movement.customer)
            && self.contract.is_none_or(|contract| contract == movement.contract)
            && self.line.is_none_or(|line| line == movement.line)
            && self.currency.is_none_or(|currency| currency == movement.currency)
            && self.segment.as_ref().is_none_or(|segment| *segment == movement.segment)
    }
}
