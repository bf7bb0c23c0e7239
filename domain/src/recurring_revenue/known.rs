//! What is known of contracts at a moment, as steps of their lines: by the day from which each holds, or by the day on which
//! it is known as well.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{
    Basis, BookRequest, Recording,
    portfolio::{History, Merge},
};
use crate::{
    ContractEvent, ContractId, Decider, OrganizationId,
    contract::{Cause, ContractState, RevenueStep, TerminationReason, Why, calendar},
};

/// A step of a line on the day on which it counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct BookedStep {
    pub(super) on: NaiveDate,
    pub(super) step: RevenueStep,
    /// It holds from an earlier month.
    pub(super) correction: bool,
    pub(super) origin: Recording,
    pub(super) reason: Option<TerminationReason>,
}

/// A contract as it is known.
#[derive(Debug, Clone)]
pub(super) struct KnownContract {
    pub(super) state: ContractState,
    pub(super) steps: Vec<BookedStep>,
    origins: Vec<Recording>,
}

impl KnownContract {
    /// `None` when nothing of it binds yet.
    pub(super) fn of(history: &History, basis: Basis, until: Option<DateTime<Utc>>) -> Option<Self> {
        let facts = history.known(until);
        let origins: Vec<Recording> = facts.iter().map(|(at, _)| *at).collect();
        let (state, steps) = match basis {
            Basis::Effective => {
                let state = history.state(until);
                let steps = state.revenue_steps();
                let booked = steps
                    .into_iter()
                    .map(|step| book(&state, &origins, step.on, step, false));
                let booked = booked.collect();
                (state, booked)
            }
            Basis::Recorded => as_it_became_known(facts, &origins),
        };
        state.signed_on()?;
        Some(Self { state, steps, origins })
    }

    pub(super) fn origin(&self, cause: Cause) -> Option<Recording> {
        let place = usize::try_from(cause.event).ok()?.checked_sub(1)?;
        self.origins.get(place).copied()
    }
}

fn book(
    state: &ContractState,
    origins: &[Recording],
    on: NaiveDate,
    step: RevenueStep,
    correction: bool,
) -> BookedStep {
    let place = (step.cause.event as usize).saturating_sub(1);
    let last = origins.len().saturating_sub(1);
    BookedStep {
        on,
        step,
        correction,
        origin: origins[place.min(last)],
        reason: if step.cause.why == Why::Termination {
            state.notice().map(|notice| notice.reason)
        } else {
            None
        },
    }
}

/// Steps by the day on which they hold and are known. What was known of a day when it came stays; what comes to be known
/// later counts from the day on which it does.
fn as_it_became_known(facts: &[(Recording, ContractEvent)], origins: &[Recording]) -> (ContractState, Vec<BookedStep>) {
    let mut state = ContractState::default();
    let mut before: Vec<RevenueStep> = Vec::new();
    let mut since = NaiveDate::MIN;
    let mut booked = Vec::new();
    for day in facts.chunk_by(|(one, _), (other, _)| one.on == other.on) {
        let (today, last) = (day[0].0.on, day[day.len() - 1].0);
        let due = before.iter().filter(|step| since < step.on && step.on < today);
        booked.extend(due.map(|step| book(&state, origins, step.on, *step, false)));
        for (_, event) in day {
            state.evolve(event);
        }
        let after = state.revenue_steps();
        let passed = |steps: &[RevenueStep]| -> Vec<RevenueStep> {
            steps.iter().filter(|step| step.on < today).copied().collect()
        };
        let (gone, come) = difference(passed(&before), passed(&after));
        for step in gone {
            let taken_back = RevenueStep {
                amount: -step.amount,
                agreed: -step.agreed,
                begins: false,
                ends: false,
                ..step
            };
            booked.push(BookedStep {
                origin: last,
                ..book(&state, origins, today, taken_back, !same_month(step.on, today))
            });
        }
        let come = come.into_iter();
        booked.extend(come.map(|step| book(&state, origins, today, step, !same_month(step.on, today))));
        let on_the_day = after.iter().filter(|step| step.on == today);
        booked.extend(on_the_day.map(|step| book(&state, origins, today, *step, false)));
        (before, since) = (after, today);
    }
    let due = before.iter().filter(|step| since < step.on);
    booked.extend(due.map(|step| book(&state, origins, step.on, *step, false)));
    (state, booked)
}

/// What is in the first list only, and in the second only. Who decided a step makes no difference: a renewal changes whose
/// end of the term it is, not what it is worth.
fn difference(first: Vec<RevenueStep>, mut second: Vec<RevenueStep>) -> (Vec<RevenueStep>, Vec<RevenueStep>) {
    let mut gone = Vec::new();
    for step in first {
        match second.iter().position(|other| is_alike(*other, step)) {
            Some(place) => {
                second.remove(place);
            }
            None => gone.push(step),
        }
    }
    (gone, second)
}

fn is_alike(one: RevenueStep, other: RevenueStep) -> bool {
    let worth = |step: RevenueStep| (step.on, step.line, step.amount, step.agreed, step.begins, step.ends);
    worth(one) == worth(other)
}

fn same_month(one: NaiveDate, other: NaiveDate) -> bool {
    (one.year(), one.month()) == (other.year(), other.month())
}

/// Everything that is known at a moment.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) contracts: BTreeMap<ContractId, KnownContract>,
    pub(super) merges: BTreeMap<OrganizationId, Merge>,
    /// Which contract follows which.
    pub(super) followers: HashMap<ContractId, ContractId>,
}

impl Known {
    pub(super) fn new(
        mut contracts: BTreeMap<ContractId, KnownContract>,
        merges: BTreeMap<OrganizationId, Merge>,
        request: &BookRequest,
    ) -> Self {
        let followers: HashMap<ContractId, ContractId> = contracts
            .iter()
            .filter_map(|(id, contract)| {
                let by = contract.state.renewal()?.by;
                contracts.contains_key(&by).then_some((by, *id))
            })
            .collect();
        if request.basis == Basis::Effective {
            bridge(&mut contracts, &followers, request.settings.renewal_grace_days);
        }
        Self {
            contracts,
            merges,
            followers,
        }
    }

    /// Whose record it is on a day, after all merges by then.
    pub(super) fn survivor(&self, customer: OrganizationId, on: NaiveDate) -> OrganizationId {
        let mut survivor = customer;
        for _ in 0..=self.merges.len() {
            match self.merges.get(&survivor).filter(|merge| merge.at.on <= on) {
                Some(merge) => survivor = merge.into,
                None => break,
            }
        }
        survivor
    }
}

/// A contract whose renewal came late, within the grace, counts until the other one begins.
fn bridge(
    contracts: &mut BTreeMap<ContractId, KnownContract>,
    followers: &HashMap<ContractId, ContractId>,
    grace: u16,
) {
    for (by, of) in followers {
        let begins = contracts.get(by).and_then(|follower| follower.state.starts_on());
        let Some((begins, contract)) = begins.zip(contracts.get_mut(of)) else {
            continue;
        };
        let Some(ends) = contract.state.last_day().map(|day| calendar::days_after(day, 1)) else {
            continue;
        };
        if ends < begins && (begins - ends).num_days() <= i64::from(grace) {
            for booked in &mut contract.steps {
                if booked.on == ends {
                    booked.on = begins;
                }
            }
        }
    }
}

/// Nothing, or something.
pub(super) fn is_live(agreed: Decimal) -> bool {
    agreed > Decimal::ZERO
}
