//! Contracts beyond what they decide themselves: their numbers, what they bill, how they are renewed, and who is told.
//!
//! [`drafting`] begins them and has them signed; [`changing`] gives them what depends on the day; [`billing`] drafts the
//! invoices of their periods; [`renewing`] makes the contract that follows tacitly, [`offering`] offers one and makes it of the
//! accepted quote; [`alerting`] tells people before a date;
//! [`papers`] sets what both sign; [`reacting`] is what they follow from.

mod alerting;
mod billing;
mod changing;
mod drafting;
mod offering;
mod papers;
mod reacting;
mod renewing;

use std::sync::Arc;

use domain::{Contract, Event};
use engine::{CommandBus, Views, bus::LoadError};
use uuid::Uuid;

pub(crate) use self::reacting::{AcceptedQuoteDraftsContract, AcceptedRenewalFollows, DiscardedDraftIsBilledAgain};
pub use self::{drafting::ContractWish, papers::Signing};
use super::{Sales, invoices::Invoicing};

/// What customers are owed over time.
pub struct Contracting {
    sales: Arc<Sales>,
    invoicing: Arc<Invoicing>,
    /// Where a customer's contacts are found.
    views: Arc<Views<Event>>,
}

impl Contracting {
    pub fn new(sales: Arc<Sales>, invoicing: Arc<Invoicing>, views: Arc<Views<Event>>) -> Arc<Self> {
        Arc::new(Self {
            sales,
            invoicing,
            views,
        })
    }

    fn bus(&self) -> &Arc<CommandBus<Event>> {
        &self.sales.bus
    }

    /// A contract as it is; `None` when there is none.
    pub async fn contract(&self, contract: Uuid) -> Result<Option<Contract>, LoadError> {
        let known = self.bus().load::<Contract>(contract).await?;
        Ok(known.map(|(known, _)| known).filter(|known| known.status().is_some()))
    }
}
