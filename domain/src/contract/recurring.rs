//! What a contract is worth by month: monthly recurring revenue (MRR) of its lines, and every day on which that changes.
//!
//! `quantity × unit price × (1 − discount) / months of the interval`, without tax, in the contract's currency. It is kept to
//! ten decimals and rounded to cents nowhere: with ten, sums over any number of lines are exact in any order. What is billed once and contracts for a piece of work have none. When it is billed or paid makes no difference. It runs
//! from the first to the last day that is covered; days of a pause count for nothing.

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    ContractState, LineState,
    state::{Drafted, next},
    timeline::{Cause, Why},
};
use crate::document::LineId;

/// Decimals that recurring revenue is kept to.
pub const REVENUE_DECIMALS: u32 = 10;

/// To ten decimals.
pub fn kept(exact: Decimal) -> Decimal {
    exact
        .round_dp_with_strategy(REVENUE_DECIMALS, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
}

/// A step of the monthly recurring revenue of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevenueStep {
    /// The first day at the new amount.
    pub on: NaiveDate,
    pub line: LineId,
    pub cause: Cause,
    /// The line began with it.
    pub begins: bool,
    /// The line ended with it.
    pub ends: bool,
    /// What counts more from this day on, or less.
    pub amount: Decimal,
    /// The same as if there were no pauses.
    pub agreed: Decimal,
}

impl ContractState {
    /// Monthly recurring revenue of a line on a day.
    pub fn line_mrr_on(&self, line: LineId, day: NaiveDate) -> Decimal {
        let Some(drafted) = &self.drafted else {
            return Decimal::ZERO;
        };
        let line = drafted.line(line).filter(|_| drafted.counts());
        let running = line.filter(|line| drafted.coverage(line).is_some_and(|coverage| coverage.contains(day)));
        match running {
            Some(line) if !drafted.is_paused_on(day) => monthly(line, day),
            _ => Decimal::ZERO,
        }
    }

    /// Monthly recurring revenue of the whole contract on a day.
    pub fn mrr_on(&self, day: NaiveDate) -> Decimal {
        self.lines().map(|line| self.line_mrr_on(line.line.id, day)).sum()
    }

    /// Every step of the recurring revenue, line by line in the order of the days, those to come included. Steps of one day
    /// stand in the order in which they were decided.
    pub fn revenue_steps(&self) -> Vec<RevenueStep> {
        let Some(drafted) = self.drafted.as_ref().filter(|drafted| drafted.counts()) else {
            return Vec::new();
        };
        let lines = drafted.lines.iter();
        lines.flat_map(|line| drafted.steps_of(line)).collect()
    }
}

/// For a month, at the price and quantity of a day.
fn monthly(line: &LineState, day: NaiveDate) -> Decimal {
    let Some(months) = line.line.interval.months() else {
        return Decimal::ZERO;
    };
    let price = line.prices.on(day).zip(line.quantities.on(day));
    let whole = price.map(|(price, quantity)| price.value.of(quantity.value));
    kept(whole.unwrap_or_default() / Decimal::from(months))
}

impl Drafted {
    /// Whether it is recurring revenue at all: signed, and no piece of work.
    fn counts(&self) -> bool {
        self.signed.is_some() && self.kind.recurs()
    }

    fn steps_of(&self, line: &LineState) -> Vec<RevenueStep> {
        let (Some(coverage), Some(months)) = (self.coverage(line), line.line.interval.months()) else {
            return Vec::new();
        };
        let months = Decimal::from(months);
        let mut walk = Walk {
            line: line.line.id,
            agreed: Decimal::ZERO,
            paused: false,
            steps: Vec::new(),
        };
        for change in self.changes_of(line, coverage.last) {
            match change.what {
                What::Paused(paused) => walk.pause(change.on, change.cause, paused),
                What::Worth(price) => walk.set(change.on.max(coverage.first), change.cause, kept(price / months)),
            }
        }
        if let Some(last) = coverage.last {
            walk.end(next(last), self.end_of(line));
        }
        walk.steps
    }

    /// What changes a line while it runs, in order: what it is worth, and whether it is paused.
    fn changes_of(&self, line: &LineState, last: Option<NaiveDate>) -> Vec<Changed> {
        let start = line.line.starts_on;
        let within = |day: NaiveDate| last.is_none_or(|last| day <= last);
        let mut days: Vec<(NaiveDate, Cause, Option<bool>)> = Vec::new();
        for (from, cause) in line
            .quantities
            .iter()
            .map(|dated| (dated.from, dated.cause))
            .chain(line.prices.iter().map(|dated| (dated.from, dated.cause)))
        {
            if within(from) && !days.contains(&(from, cause, None)) {
                days.push((from, cause, None));
            }
        }
        for pause in &self.pauses {
            let over = pause
                .until
                .is_some_and(|(until, _)| until <= start || until <= pause.from);
            if !over && within(pause.from) {
                days.push((pause.from.max(start), pause.cause, Some(true)));
                if let Some((until, cause)) = pause.until.filter(|(until, _)| within(*until)) {
                    days.push((until, cause, Some(false)));
                }
            }
        }
        days.sort_by_key(|(on, cause, _)| (*on, cause.event));
        let mut changes = Vec::with_capacity(days.len());
        for (on, cause, pauses) in days {
            let price = known_by(line.prices.iter(), on, cause.event);
            let quantity = known_by(line.quantities.iter(), on, cause.event);
            let what = match (pauses, price.zip(quantity)) {
                (Some(paused), _) => What::Paused(paused),
                (None, Some((price, quantity))) => What::Worth(price.of(quantity)),
                (None, None) => continue,
            };
            changes.push(Changed { on, cause, what });
        }
        changes
    }

    /// Who ended a line: itself or an amendment, else whoever ended the contract.
    fn end_of(&self, line: &LineState) -> Cause {
        let contract = self.last_day();
        let own = line.own_end();
        match (own, contract) {
            (Some(own), contract) if contract.is_none_or(|(end, _)| own < end) => match line.ended {
                Some((ended, cause)) if ended <= own => cause,
                _ => Cause {
                    why: Why::End,
                    ..line.cause
                },
            },
            (_, Some((_, cause))) => cause,
            _ => line.cause,
        }
    }
}

/// The value that holds on a day, of those that were decided up to an event; those of earlier days hold whoever decided
/// them.
fn known_by<'a, T: Copy + 'a>(
    values: impl DoubleEndedIterator<Item = &'a super::timeline::Dated<T>>,
    on: NaiveDate,
    event: u32,
) -> Option<T> {
    values
        .rev()
        .find(|dated| dated.from < on || (dated.from == on && dated.cause.event <= event))
        .map(|dated| dated.value)
}

struct Changed {
    on: NaiveDate,
    cause: Cause,
    what: What,
}

enum What {
    /// For one of its billing periods.
    Worth(Decimal),
    Paused(bool),
}

/// Goes along the days of a line and notes its steps.
struct Walk {
    line: LineId,
    agreed: Decimal,
    paused: bool,
    steps: Vec<RevenueStep>,
}

impl Walk {
    fn set(&mut self, on: NaiveDate, cause: Cause, worth: Decimal) {
        let change = worth - self.agreed;
        self.agreed = worth;
        let begins = self.steps.is_empty();
        let counted = if self.paused { Decimal::ZERO } else { change };
        self.note(on, cause, counted, change, (begins, false));
    }

    fn pause(&mut self, on: NaiveDate, cause: Cause, paused: bool) {
        if self.paused == paused {
            return;
        }
        self.paused = paused;
        let counted = if paused { -self.agreed } else { self.agreed };
        self.note(on, cause, counted, Decimal::ZERO, (false, false));
    }

    /// What is paused ends as if it went on that day: it is lost for good only then.
    fn end(&mut self, on: NaiveDate, cause: Cause) {
        if self.paused {
            let resumed = Cause {
                why: Why::Resumption,
                ..cause
            };
            self.pause(on, resumed, false);
        }
        let lost = -self.agreed;
        self.agreed = Decimal::ZERO;
        self.note(on, cause, lost, lost, (false, true));
    }

    fn note(&mut self, on: NaiveDate, cause: Cause, amount: Decimal, agreed: Decimal, (begins, ends): (bool, bool)) {
        if amount.is_zero() && agreed.is_zero() {
            return;
        }
        self.steps.push(RevenueStep {
            on,
            line: self.line,
            cause,
            begins,
            ends,
            amount,
            agreed,
        });
    }
}
