//! What changed about a past month since a day: two books of it, known at two moments, side by side.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Book, BookRequest, Month, Movement, Portfolio, Recording, RevenueError, Selection};
use crate::ContractId;

/// How a month looks now, and how it looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restatement {
    pub month: Month,
    /// MRR before the month, then and now.
    pub opening: (Decimal, Decimal),
    /// MRR at its close, then and now.
    pub closing: (Decimal, Decimal),
    /// Movements of the month that are not there any more.
    pub gone: Vec<Movement>,
    /// Movements of the month that were not there then.
    pub come: Vec<Movement>,
    /// By contract the events that were recorded in between: why. Of contracts that moved in the month, and of those that
    /// moved before it, where the opening differs.
    pub causes: BTreeMap<ContractId, Vec<Recording>>,
}

impl Restatement {
    pub fn is_empty(&self) -> bool {
        self.opening.0 == self.opening.1 && self.gone.is_empty() && self.come.is_empty()
    }
}

impl Portfolio {
    /// What changed about a month between what was known at one moment and what is known at another.
    pub fn restatement(
        &self,
        month: Month,
        request: &BookRequest,
        then: DateTime<Utc>,
        now: DateTime<Utc>,
        of: &Selection,
    ) -> Result<Restatement, RevenueError> {
        let known = |until| {
            self.book(&BookRequest {
                known_until: Some(until),
                through: month.last_day(),
                ..request.clone()
            })
        };
        let (before, after) = (known(then)?, known(now)?);
        let period = month.period();
        let (gone, come) = difference(&before, &after, |book| book.between(period, of).cloned().collect());
        let opening = (before.mrr(period.after, of), after.mrr(period.after, of));
        let (gone_earlier, come_earlier) = if opening.0 == opening.1 {
            (Vec::new(), Vec::new())
        } else {
            difference(&before, &after, |book| {
                let earlier = book.movements().iter().filter(|movement| movement.on <= period.after);
                earlier.filter(|movement| of.matches(movement)).cloned().collect()
            })
        };
        let moved = [&gone, &come, &gone_earlier, &come_earlier].into_iter().flatten();
        let contracts: BTreeSet<ContractId> = moved.map(|movement| movement.contract).collect();
        let causes = contracts.into_iter().map(|contract| {
            let events = self.recorded_between(contract, then, now).map(|(at, _)| *at);
            (contract, events.collect())
        });
        Ok(Restatement {
            month,
            opening,
            closing: (before.mrr(period.until, of), after.mrr(period.until, of)),
            gone,
            come,
            causes: causes.collect(),
        })
    }
}

/// What is in one book only, and in the other only.
fn difference(
    before: &Book,
    after: &Book,
    movements: impl Fn(&Book) -> Vec<Movement>,
) -> (Vec<Movement>, Vec<Movement>) {
    let mut gone = movements(before);
    let mut come = Vec::new();
    for movement in movements(after) {
        match gone.iter().position(|other| *other == movement) {
            Some(place) => {
                gone.remove(place);
            }
            None => come.push(movement),
        }
    }
    (gone, come)
}
