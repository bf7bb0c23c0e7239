//! A contract: what a customer is owed over time, for how much, and until when.
//!
//! A draft may be changed and discarded. Once signed it changes by amendments, by an index and by nothing else; each has a
//! day from which it holds, which is not the day of its signature. What the contract is on a day follows from those. A
//! renewal is another contract with its own number, that knows the one before.
//!
//! Everything that is not a decision is read off the state: what is to be billed ([`ContractState::due_billing`]), what was
//! billed and is not earned ([`ContractState::prepaid_income`]), what is to be done and when
//! ([`ContractState::obligations`]), what an end would change ([`ContractState::termination_preview`]), and what it is worth
//! by month ([`ContractState::revenue_steps`]).

pub mod billing;
pub mod calendar;
mod command;
pub mod consumer;
mod decide;
pub mod ending;
mod error;
mod event;
mod evolve;
pub mod indexation;
pub mod obligations;
pub mod prepaid;
pub mod reason;
pub mod recurring;
pub mod renewal;
mod state;
mod terms;
#[cfg(test)]
mod tests;
pub mod timeline;

pub use billing::{BillingItem, BillingItemKind, PeriodCredit, ScheduledPeriod};
pub use command::{Amend, ContractCommand, DraftContract, NoticeWish, WishedLineChange};
pub use consumer::{ConsumerNoticeStanding, ConsumerWindow};
pub use ending::TerminationPreview;
pub use error::ContractError;
pub use event::{
    Alert, AlertDate, AlertSkip, Amendment, BilledPeriod, BillingNature, ContractEvent, Follows, Ground, Indexation,
    LineChange, NewEnd, Notice, Party, QuoteOrigin, Renewal, RenewalKind,
};
pub use indexation::{IndexClause, IndexPoint, IndexValue};
pub use obligations::{Obligation, ObligationKind};
pub use prepaid::PrepaidPeriod;
pub use reason::{ReasonCategory, TerminationReason};
pub use recurring::RevenueStep;
pub use renewal::RenewalPlan;
pub use state::{ContractState, ContractStatus, Coverage, LineState};
pub use terms::{
    BillingInterval, BillingTiming, ContractKind, ContractLine, ContractTerms, LinePrice, NoticePeriod, PriceStep,
    RenewalPolicy, WishedLine, WishedTerms,
};
pub use timeline::{Cause, Dated, Timeline, Why};

use crate::{Root, ids::ContractId};
use uuid::Uuid;

pub type Contract = Root<ContractState>;

impl ContractId {
    /// The contract that follows this one tacitly: the same whoever makes it, so that it is made once.
    pub fn successor(self) -> Self {
        Self(Uuid::new_v5(&self.0, b"renewal"))
    }
}
