//! Steps of lines into movements: first each line by itself (who holds it, in which segment, at which rate), then all of
//! them day by day, customer by customer, because what a step is called depends on what else the customer has.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{
    Basis, BookRequest, FxPolicy, Movement, MovementKind, PausePolicy, Recording, Reporting, RevenueError,
    known::{BookedStep, Known, KnownContract, is_live},
};
use crate::{
    ContractId, Currency, OrganizationId,
    contract::{TerminationReason, Why, recurring::kept},
    document::LineId,
};

/// A change before it has a name.
#[derive(Debug, Clone)]
struct Atom {
    on: NaiveDate,
    phase: Phase,
    customer: OrganizationId,
    contract: ContractId,
    line: LineId,
    segment: Option<Arc<str>>,
    currency: Currency,
    /// In the reporting currency.
    amount: Decimal,
    native: Decimal,
    /// One line more that is owed, or one less.
    live: i32,
    cause: Option<Recording>,
    reason: Option<TerminationReason>,
    ends: bool,
    /// Changes of one decision about one customer on one day offset each other.
    group: Option<Group>,
}

/// How much changes, and by which event.
#[derive(Debug, Clone, Copy, Default)]
struct Delta {
    amount: Decimal,
    native: Decimal,
    live: i32,
    cause: Option<Recording>,
}

/// In this order on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Fx,
    Transfer,
    Change(Tag),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tag {
    Usual,
    Indexation,
    Paused,
    Resumed,
    Correction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Group {
    /// By the contract that follows.
    Renewal(ContractId),
    /// By the contract and its event.
    Amendment(ContractId, u32),
}

pub(super) fn movements(known: &Known, request: &BookRequest) -> Result<Vec<Movement>, RevenueError> {
    let mut atoms = Vec::new();
    for (id, contract) in &known.contracts {
        let Some(currency) = contract.state.currency() else {
            continue;
        };
        if matches!(&request.settings.reporting, Reporting::Native(only) if *only != currency) {
            continue;
        }
        for line in lines_of(contract) {
            let steps: Vec<&BookedStep> = contract.steps.iter().filter(|step| step.step.line == line).collect();
            let walk = LineWalk {
                id: *id,
                contract,
                line,
                currency,
                known,
                request,
            };
            walk.atoms(&steps, &mut atoms)?;
        }
    }
    atoms.sort_by(|one, other| {
        let key = |atom: &Atom| {
            (
                atom.on,
                !matches!(atom.phase, Phase::Fx | Phase::Transfer),
                atom.customer,
            )
        };
        key(one).cmp(&key(other))
    });
    Ok(Sweep::new(known).over(&atoms))
}

fn lines_of(contract: &KnownContract) -> BTreeSet<LineId> {
    contract.steps.iter().map(|step| step.step.line).collect()
}

/// One line through the days.
struct LineWalk<'a> {
    id: ContractId,
    contract: &'a KnownContract,
    line: LineId,
    currency: Currency,
    known: &'a Known,
    request: &'a BookRequest,
}

/// Where a line stands on a day.
struct Standing {
    native: Decimal,
    converted: Decimal,
    agreed: Decimal,
    holder: OrganizationId,
    segment: Option<Arc<str>>,
}

impl LineWalk<'_> {
    fn atoms(&self, steps: &[&BookedStep], atoms: &mut Vec<Atom>) -> Result<(), RevenueError> {
        let through = self.request.through;
        let mut steps: Vec<&BookedStep> = steps.iter().filter(|step| step.on <= through).copied().collect();
        steps.sort_by_key(|step| step.on);
        let Some(first) = steps.first().map(|step| step.on) else {
            return Ok(());
        };
        let holders = self.holders();
        let segments = self.segments();
        let rates = self.rate_days(through);
        let days: BTreeSet<NaiveDate> = steps
            .iter()
            .map(|step| step.on)
            .chain(holders.keys().copied())
            .chain(segments.keys().copied())
            .chain(rates.iter().copied())
            .filter(|day| first <= *day && *day <= through)
            .collect();
        let mut standing = Standing {
            native: Decimal::ZERO,
            converted: Decimal::ZERO,
            agreed: Decimal::ZERO,
            holder: self.holder(&holders, first),
            segment: last(&segments, first).and_then(|(segment, _)| segment.clone()),
        };
        let mut coming = steps.into_iter().peekable();
        for day in days {
            if standing.native != Decimal::ZERO {
                let converted = kept(standing.native * self.rate(&rates, day)?);
                let change = converted - standing.converted;
                standing.converted = converted;
                let delta = Delta {
                    amount: change,
                    ..Delta::default()
                };
                self.note(&standing, day, Phase::Fx, delta, atoms);
            }
            self.move_over(&mut standing, day, &holders, &segments, atoms);
            while let Some(booked) = coming.next_if(|booked| booked.on == day) {
                self.change(&mut standing, booked, &rates, atoms)?;
            }
        }
        Ok(())
    }

    /// To another customer or segment: a pair that comes to nothing.
    fn move_over(
        &self,
        standing: &mut Standing,
        day: NaiveDate,
        holders: &BTreeMap<NaiveDate, (OrganizationId, Option<Recording>)>,
        segments: &BTreeMap<NaiveDate, (Option<Arc<str>>, Option<Recording>)>,
        atoms: &mut Vec<Atom>,
    ) {
        let holder = self.holder(holders, day);
        let (segment, segment_cause) = last(segments, day).cloned().unwrap_or_default();
        if holder == standing.holder && segment == standing.segment {
            return;
        }
        let cause = if holder == standing.holder {
            segment_cause
        } else {
            last(holders, day).and_then(|(_, cause)| *cause)
        };
        let live = i32::from(is_live(standing.agreed));
        let comes = Delta {
            amount: standing.converted,
            native: standing.native,
            live,
            cause,
        };
        let goes = Delta {
            amount: -standing.converted,
            native: -standing.native,
            live: -live,
            cause,
        };
        self.note(standing, day, Phase::Transfer, goes, atoms);
        standing.holder = holder;
        standing.segment = segment;
        self.note(standing, day, Phase::Transfer, comes, atoms);
    }

    fn change(
        &self,
        standing: &mut Standing,
        booked: &BookedStep,
        rates: &[NaiveDate],
        atoms: &mut Vec<Atom>,
    ) -> Result<(), RevenueError> {
        let step = booked.step;
        let why = step.cause.why;
        let counted = match self.request.settings.pauses {
            PausePolicy::Exclude => step.amount,
            PausePolicy::Include => step.agreed,
        };
        let was_live = is_live(standing.agreed);
        standing.agreed += step.agreed;
        standing.native += counted;
        let converted = if standing.native.is_zero() {
            Decimal::ZERO
        } else {
            kept(standing.native * self.rate(rates, booked.on)?)
        };
        let amount = converted - standing.converted;
        standing.converted = converted;
        let live = i32::from(is_live(standing.agreed)) - i32::from(was_live);
        let tag = match why {
            _ if booked.correction => Tag::Correction,
            Why::Pause => Tag::Paused,
            Why::Resumption => Tag::Resumed,
            Why::Indexation => Tag::Indexation,
            _ => Tag::Usual,
        };
        if amount.is_zero() && counted.is_zero() && live == 0 {
            return Ok(());
        }
        let group = if tag == Tag::Usual { self.group(booked) } else { None };
        let delta = Delta {
            amount,
            native: counted,
            live,
            cause: Some(booked.origin),
        };
        atoms.push(Atom {
            reason: booked.reason,
            ends: step.ends,
            group,
            ..self.atom(standing, booked.on, Phase::Change(tag), delta)
        });
        Ok(())
    }

    /// The decision that a change belongs to.
    fn group(&self, booked: &BookedStep) -> Option<Group> {
        let step = booked.step;
        let state = &self.contract.state;
        if step.cause.why == Why::Amendment {
            return Some(Group::Amendment(self.id, step.cause.event));
        }
        if step.begins && self.known.followers.contains_key(&self.id) && Some(step.on) == state.starts_on() {
            return Some(Group::Renewal(self.id));
        }
        let renewal = state.renewal().filter(|_| step.ends)?;
        let behind = state.last_day().and_then(|day| day.succ_opt());
        (behind == Some(step.on)).then_some(Group::Renewal(renewal.by))
    }

    fn note(&self, standing: &Standing, on: NaiveDate, phase: Phase, delta: Delta, atoms: &mut Vec<Atom>) {
        if !delta.amount.is_zero() || delta.live != 0 {
            atoms.push(self.atom(standing, on, phase, delta));
        }
    }

    fn atom(&self, standing: &Standing, on: NaiveDate, phase: Phase, delta: Delta) -> Atom {
        Atom {
            on,
            phase,
            customer: standing.holder,
            contract: self.id,
            line: self.line,
            segment: standing.segment.clone(),
            currency: self.currency,
            amount: delta.amount,
            native: delta.native,
            live: delta.live,
            cause: delta.cause,
            reason: None,
            ends: false,
            group: None,
        }
    }

    /// The day from which something counts: by the time of recording not before it was known.
    fn counts_from(&self, effective: NaiveDate, known: Option<Recording>) -> NaiveDate {
        match (self.request.basis, known) {
            (Basis::Recorded, Some(at)) if effective > NaiveDate::MIN => effective.max(at.on),
            _ => effective,
        }
    }

    /// Whose contract it is from which day on, merges left aside.
    fn holders(&self) -> BTreeMap<NaiveDate, (OrganizationId, Option<Recording>)> {
        let mut holders = BTreeMap::new();
        for (from, organization, cause) in self.contract.state.organizations() {
            let known = self.contract.origin(cause);
            holders.insert(self.counts_from(from, known), (organization, known));
        }
        // Days on which one of them became part of another.
        let merged: Vec<Recording> = {
            let parties: HashSet<OrganizationId> = holders.values().map(|(holder, _)| *holder).collect();
            let mut merged = Vec::new();
            for party in parties {
                let mut survivor = party;
                for _ in 0..self.known.merges.len() {
                    let Some(merge) = self.known.merges.get(&survivor) else {
                        break;
                    };
                    merged.push(merge.at);
                    survivor = merge.into;
                }
            }
            merged
        };
        for at in merged {
            let holder = last(&holders, at.on).map(|(holder, _)| *holder);
            if let Some(holder) = holder {
                holders.entry(at.on).or_insert((holder, Some(at)));
            }
        }
        holders
    }

    fn holder(
        &self,
        holders: &BTreeMap<NaiveDate, (OrganizationId, Option<Recording>)>,
        day: NaiveDate,
    ) -> OrganizationId {
        let own = last(holders, day).or_else(|| holders.values().next());
        let own = own.map_or(OrganizationId(uuid::Uuid::nil()), |(holder, _)| *holder);
        self.known.survivor(own, day)
    }

    fn segments(&self) -> BTreeMap<NaiveDate, (Option<Arc<str>>, Option<Recording>)> {
        let mut segments = BTreeMap::new();
        for (from, segment, cause) in self.contract.state.segments() {
            let known = self.contract.origin(cause);
            segments.insert(self.counts_from(from, known), (segment.map(Arc::from), known));
        }
        segments
    }

    /// The days on which another rate may count.
    fn rate_days(&self, through: NaiveDate) -> Vec<NaiveDate> {
        match &self.request.settings.reporting {
            Reporting::Converted { rates, policy } if rates.base() != self.currency => match policy {
                FxPolicy::EachRate => rates.days(self.currency).collect(),
                FxPolicy::PeriodStart => self.contract.state.period_starts(self.line, through),
            },
            _ => Vec::new(),
        }
    }

    fn rate(&self, days: &[NaiveDate], on: NaiveDate) -> Result<Decimal, RevenueError> {
        let Reporting::Converted { rates, policy } = &self.request.settings.reporting else {
            return Ok(Decimal::ONE);
        };
        let of = match policy {
            FxPolicy::EachRate => on,
            FxPolicy::PeriodStart => {
                let begun = days.partition_point(|day| *day <= on);
                begun.checked_sub(1).map_or(on, |place| days[place])
            }
        };
        rates.rate(self.currency, of)
    }
}

fn last<T>(values: &BTreeMap<NaiveDate, T>, day: NaiveDate) -> Option<&T> {
    values.range(..=day).next_back().map(|(_, value)| value)
}

/// Goes through the days and gives every change its name.
struct Sweep {
    /// Lines that are owed, by customer.
    live: HashMap<OrganizationId, i32>,
    /// Who paid at some time.
    ever: HashSet<OrganizationId>,
    /// Merges in the order of their days, the next one last.
    merges: Vec<(NaiveDate, OrganizationId, OrganizationId)>,
    movements: Vec<Movement>,
}

impl Sweep {
    fn new(known: &Known) -> Self {
        let mut merges: Vec<_> = known
            .merges
            .iter()
            .map(|(of, merge)| (merge.at.on, *of, merge.into))
            .collect();
        merges.sort_by(|one, other| other.cmp(one));
        Self {
            live: HashMap::new(),
            ever: HashSet::new(),
            merges,
            movements: Vec::new(),
        }
    }

    fn over(mut self, atoms: &[Atom]) -> Vec<Movement> {
        for day in atoms.chunk_by(|one, other| one.on == other.on) {
            self.merge(day[0].on);
            let named = day.partition_point(|atom| matches!(atom.phase, Phase::Fx | Phase::Transfer));
            for atom in &day[..named] {
                let kind = if atom.phase == Phase::Fx {
                    MovementKind::Fx
                } else {
                    MovementKind::Transfer
                };
                *self.live.entry(atom.customer).or_default() += atom.live;
                if atom.live > 0 {
                    self.ever.insert(atom.customer);
                }
                self.emit(atom, kind, atom.amount, atom.native);
            }
            for of_customer in day[named..].chunk_by(|one, other| one.customer == other.customer) {
                self.customer(of_customer);
            }
        }
        self.movements
    }

    /// Who takes a customer's record over is known to have paid when that one did.
    fn merge(&mut self, on: NaiveDate) {
        while let Some((_, of, into)) = self.merges.pop_if(|(day, _, _)| *day <= on) {
            if self.ever.contains(&of) {
                self.ever.insert(into);
            }
        }
    }

    fn customer(&mut self, atoms: &[Atom]) {
        let customer = atoms[0].customer;
        let before = self.live.get(&customer).copied().unwrap_or_default();
        let after = before + atoms.iter().map(|atom| atom.live).sum::<i32>();
        let ever = self.ever.contains(&customer);
        let offsets = offsets(atoms);
        for (atom, offset) in atoms.iter().zip(offsets) {
            let rest = atom.amount - offset;
            // All of it, or in proportion: exact where a contract's currency is the reporting one.
            let native = if rest.is_zero() {
                Decimal::ZERO
            } else if offset.is_zero() {
                atom.native
            } else if atom.native == atom.amount {
                rest
            } else {
                kept(atom.native * rest / atom.amount)
            };
            self.emit(atom, MovementKind::Transfer, offset, atom.native - native);
            self.emit(atom, named(atom, rest, (before > 0, after > 0), ever), rest, native);
        }
        self.live.insert(customer, after);
        if after > 0 || atoms.iter().any(|atom| atom.live > 0) {
            self.ever.insert(customer);
        }
    }

    fn emit(&mut self, atom: &Atom, kind: MovementKind, amount: Decimal, native: Decimal) {
        if amount.is_zero() {
            return;
        }
        let lost = matches!(
            kind,
            MovementKind::Churn | MovementKind::Contraction | MovementKind::Correction
        );
        self.movements.push(Movement {
            on: atom.on,
            kind,
            amount,
            native,
            currency: atom.currency,
            customer: atom.customer,
            contract: atom.contract,
            line: atom.line,
            segment: atom.segment.clone(),
            cause: atom.cause,
            reason: atom.reason.filter(|_| lost),
            ends: atom.ends && lost,
        });
    }
}

/// What a change is called, by whether the customer paid the day before, pays on the day, and ever paid.
fn named(atom: &Atom, amount: Decimal, (paid, pays): (bool, bool), ever: bool) -> MovementKind {
    let Phase::Change(tag) = atom.phase else {
        return MovementKind::Transfer;
    };
    match tag {
        Tag::Correction => MovementKind::Correction,
        Tag::Paused => MovementKind::Paused,
        Tag::Resumed => MovementKind::Resumed,
        _ if !paid && (pays || amount > Decimal::ZERO) => {
            if ever {
                MovementKind::Reactivation
            } else {
                MovementKind::New
            }
        }
        _ if !pays => MovementKind::Churn,
        Tag::Indexation => MovementKind::Indexation,
        Tag::Usual if amount > Decimal::ZERO => MovementKind::Expansion,
        Tag::Usual => MovementKind::Contraction,
    }
}

/// What of each change is offset by others of its group: what one line loses and another one gains by one decision has only
/// moved.
fn offsets(atoms: &[Atom]) -> Vec<Decimal> {
    let mut offsets = vec![Decimal::ZERO; atoms.len()];
    let groups: BTreeSet<Group> = atoms.iter().filter_map(|atom| atom.group).collect();
    for group in groups {
        let places = (0..atoms.len()).filter(|place| atoms[*place].group == Some(group));
        let (gains, losses): (Vec<usize>, Vec<usize>) = places.partition(|place| atoms[*place].amount > Decimal::ZERO);
        let sum = |places: &[usize]| -> Decimal { places.iter().map(|place| atoms[*place].amount).sum() };
        let moved = sum(&gains).min(-sum(&losses));
        for (places, sign) in [(gains, Decimal::ONE), (losses, Decimal::NEGATIVE_ONE)] {
            let mut rest = moved;
            for place in places {
                let part = rest.min(atoms[place].amount.abs());
                rest -= part;
                offsets[place] = part * sign;
            }
        }
    }
    offsets
}
