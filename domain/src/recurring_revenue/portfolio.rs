//! Everything that contracts went through, as far as it matters to revenue. Events go in, in the order of the journal;
//! books come out, as of any moment and by any definitions. A what-if is a copy that hypothetical events go into.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    Basis, Book, Recording, RevenueError, RevenueSettings,
    known::{Known, KnownContract},
    sweep,
};
use crate::{ContractEvent, ContractId, Decider, OrganizationEvent, OrganizationId, contract::ContractState};

/// What can matter to revenue.
#[derive(Debug, Clone, Copy)]
pub enum Happened<'a> {
    Contract(ContractId, &'a ContractEvent),
    Organization(OrganizationId, &'a OrganizationEvent),
}

/// What a book is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookRequest {
    pub settings: RevenueSettings,
    pub basis: Basis,
    /// Only what was recorded by this moment; `None`: everything.
    pub known_until: Option<DateTime<Utc>>,
    /// Only movements up to this day.
    pub through: NaiveDate,
}

/// The contracts of the company and their customers. A copy shares with the original what neither changes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Portfolio {
    pub(super) contracts: BTreeMap<ContractId, Arc<History>>,
    pub(super) merges: BTreeMap<OrganizationId, Merge>,
    parties: Arc<Parties>,
    /// See [`Portfolio::decided`].
    decided: u64,
    last: Option<DateTime<Utc>>,
}

/// Whose contracts are whose, at any time: what hangs together.
#[derive(Debug, Clone, PartialEq, Default)]
struct Parties {
    contracts: HashMap<OrganizationId, BTreeSet<ContractId>>,
    customers: HashMap<ContractId, BTreeSet<OrganizationId>>,
    /// Records of which one became part of the other, both ways.
    merged: HashMap<OrganizationId, BTreeSet<OrganizationId>>,
}

impl Parties {
    fn bind(&mut self, contract: ContractId, customer: OrganizationId) {
        self.contracts.entry(customer).or_default().insert(contract);
        self.customers.entry(contract).or_default().insert(customer);
    }

    fn merge(&mut self, one: OrganizationId, other: OrganizationId) {
        self.merged.entry(one).or_default().insert(other);
        self.merged.entry(other).or_default().insert(one);
    }

    fn family(&self, contract: ContractId) -> BTreeSet<ContractId> {
        let mut family = BTreeSet::from([contract]);
        let mut seen: BTreeSet<OrganizationId> = BTreeSet::new();
        let mut open: Vec<OrganizationId> = self.customers.get(&contract).into_iter().flatten().copied().collect();
        while let Some(customer) = open.pop() {
            if !seen.insert(customer) {
                continue;
            }
            open.extend(self.merged.get(&customer).into_iter().flatten());
            for theirs in self.contracts.get(&customer).into_iter().flatten() {
                if family.insert(*theirs) {
                    open.extend(self.customers.get(theirs).into_iter().flatten());
                }
            }
        }
        family
    }
}

/// What happened to one contract, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct History {
    pub(super) facts: Vec<(Recording, ContractEvent)>,
}

/// A customer's record that became part of another one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merge {
    pub(super) into: OrganizationId,
    pub(super) at: Recording,
}

impl History {
    pub(super) fn known(&self, until: Option<DateTime<Utc>>) -> &[(Recording, ContractEvent)] {
        let known = self
            .facts
            .partition_point(|(at, _)| until.is_none_or(|until| at.at <= until));
        &self.facts[..known]
    }

    pub(super) fn state(&self, until: Option<DateTime<Utc>>) -> ContractState {
        let mut state = ContractState::default();
        for (_, event) in self.known(until) {
            state.evolve(event);
        }
        state
    }
}

impl Portfolio {
    /// Takes an event in. Total: what is in the journal happened.
    pub fn record(&mut self, at: Recording, happened: Happened<'_>) {
        match happened {
            Happened::Contract(id, event) => {
                if decides(event) {
                    self.decided = at.position;
                }
                self.last = self.last.max(Some(at.at));
                if let ContractEvent::ContractDrafted { organization, .. }
                | ContractEvent::ContractTransferred { organization, .. } = event
                {
                    Arc::make_mut(&mut self.parties).bind(id, *organization);
                }
                let history = Arc::make_mut(self.contracts.entry(id).or_default());
                history.facts.push((at, event.clone()));
            }
            Happened::Organization(id, OrganizationEvent::OrganizationMergedInto { survivor }) => {
                self.last = self.last.max(Some(at.at));
                Arc::make_mut(&mut self.parties).merge(id, *survivor);
                self.merges.insert(id, Merge { into: *survivor, at });
            }
            Happened::Organization(..) => {}
        }
    }

    /// Movements, and everything that is measured by them.
    pub fn book(&self, request: &BookRequest) -> Result<Book, RevenueError> {
        self.book_of(self.contracts.keys().copied(), request)
    }

    /// The movements of the contracts of some customers only. Whole families have to be asked for, as
    /// [`Portfolio::family`] gives them: whether a customer is new depends on all of their contracts.
    pub fn book_of(
        &self,
        contracts: impl IntoIterator<Item = ContractId>,
        request: &BookRequest,
    ) -> Result<Book, RevenueError> {
        let contracts = contracts.into_iter();
        let known: BTreeMap<ContractId, KnownContract> = contracts
            .filter_map(|id| {
                let history = self.contracts.get(&id)?;
                let known = KnownContract::of(history, request.basis, request.known_until)?;
                Some((id, known))
            })
            .collect();
        let merges = self.merges_known(request.known_until);
        let known = Known::new(known, merges, request);
        let movements = sweep::movements(&known, request)?;
        Ok(Book::new(
            request.settings.currency(),
            movements,
            known.merges.iter().map(|(of, merge)| (*of, (merge.at.on, merge.into))),
        ))
    }

    /// The contracts of a customer, of whoever merged with them, and of whoever took a contract over from them or gave them
    /// one: what has to be counted anew together when one of them changes.
    pub fn family(&self, contract: ContractId) -> BTreeSet<ContractId> {
        self.parties.family(contract)
    }

    /// The position of the last event by which terms, or what is contracted, may be others than before.
    pub const fn decided(&self) -> u64 {
        self.decided
    }

    /// Whether everything that there is was known at a moment.
    pub fn is_all_known(&self, at: DateTime<Utc>) -> bool {
        self.last.is_none_or(|last| last <= at)
    }

    /// The customers' records that became part of others: since when, and of which.
    pub fn merges(&self) -> impl Iterator<Item = (OrganizationId, (NaiveDate, OrganizationId))> {
        self.merges.iter().map(|(of, merge)| (*of, (merge.at.on, merge.into)))
    }

    pub(super) fn merges_known(&self, until: Option<DateTime<Utc>>) -> BTreeMap<OrganizationId, Merge> {
        let merges = self.merges.iter();
        let known = merges.filter(|(_, merge)| until.is_none_or(|until| merge.at.at <= until));
        known.map(|(of, merge)| (*of, *merge)).collect()
    }

    /// A contract as it is known at a moment.
    pub fn contract(&self, id: ContractId, known_until: Option<DateTime<Utc>>) -> Option<ContractState> {
        let state = self.contracts.get(&id)?.state(known_until);
        state.status().map(|_| state)
    }

    pub fn contracts(&self) -> impl Iterator<Item = ContractId> {
        self.contracts.keys().copied()
    }

    /// What was recorded about a contract behind a moment and by another one.
    pub fn recorded_between(
        &self,
        id: ContractId,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> impl Iterator<Item = (&Recording, &ContractEvent)> {
        let facts = self
            .contracts
            .get(&id)
            .into_iter()
            .flat_map(|history| history.facts.iter());
        facts
            .filter(move |(at, _)| after < at.at && at.at <= until)
            .map(|(at, event)| (at, event))
    }
}

/// Whether a contract's terms, or what is contracted by it, may be others after an event.
const fn decides(event: &ContractEvent) -> bool {
    match event {
        ContractEvent::ContractSigned { .. }
        | ContractEvent::ContractAmended { .. }
        | ContractEvent::ContractIndexed { .. }
        | ContractEvent::ContractPaused { .. }
        | ContractEvent::ContractResumed { .. }
        | ContractEvent::ContractNoticeGiven { .. }
        | ContractEvent::ContractNoticeWithdrawn { .. }
        | ContractEvent::ContractTerminated { .. }
        | ContractEvent::ContractExpired { .. }
        | ContractEvent::ContractRenewed { .. }
        | ContractEvent::ContractTransferred { .. } => true,
        ContractEvent::ContractDrafted { .. }
        | ContractEvent::ContractTermsChanged { .. }
        | ContractEvent::ContractDiscarded { .. }
        | ContractEvent::ContractDocumentFiled { .. }
        | ContractEvent::ContractActivated { .. }
        | ContractEvent::ContractAlertRaised { .. }
        | ContractEvent::ContractAlertSkipped { .. }
        | ContractEvent::ContractConsumerNotified { .. }
        | ContractEvent::ContractPeriodsBilled { .. }
        | ContractEvent::ContractBillingWithdrawn { .. }
        | ContractEvent::ContractDisputed { .. }
        | ContractEvent::ContractDisputeSettled { .. }
        | ContractEvent::ContractAssigned { .. }
        | ContractEvent::ContractSegmentSet { .. } => false,
    }
}
