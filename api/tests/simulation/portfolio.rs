//! What was agreed with every customer, and what has to follow from it on any day: counted day by day and from the
//! agreement alone, so that nothing of it is shared with what is tested.

use chrono::{Days, Months, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};

/// Decimals that recurring revenue is kept to.
const REVENUE_DECIMALS: u32 = 10;

/// Days before a date on which somebody is alerted.
pub(super) const ALERT_DAYS: [u64; 3] = [90, 60, 30];

#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) id: String,
    /// Somebody who acts outside of a trade: they are told of each renewal.
    pub(super) is_consumer: bool,
    /// Letters reach the customer by mail; otherwise somebody is asked to post them.
    pub(super) has_address: bool,
}

/// A customer's contract with all that follow it.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// The global id of the first contract.
    pub(super) contract: String,
    /// Its bare id.
    pub(super) uuid: String,
    pub(super) starts_on: NaiveDate,
    /// Months of a term; `None`: the first contract has no end.
    pub(super) term: Option<u32>,
    pub(super) renewal: Renewal,
    pub(super) notice_months: u32,
    pub(super) lines: Vec<Line>,
    /// A piece of work has no recurring revenue, however it is billed.
    pub(super) recurs: bool,
    pub(super) customer: Customer,
    /// First day without, first day with again.
    pub(super) pauses: Vec<(NaiveDate, Option<NaiveDate>)>,
    /// The last day that notice was given for.
    pub(super) notice: Option<NaiveDate>,
    /// Notice was given and taken back: alerts of that time may have been passed over.
    pub(super) wavered: bool,
}

/// What comes behind a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewal {
    /// Nothing.
    Expires,
    /// Another term of the same length, as often as the customer accepted an offer.
    Express { accepted: u32 },
    /// Another term, so many times at most.
    Terms(Option<u32>),
    /// A contract that has no end.
    Open,
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) number: u32,
    /// Of a billing period.
    pub(super) months: u32,
    pub(super) in_arrears: bool,
    /// In the order of the days from which they hold; of several for one day the last one does.
    pub(super) prices: Vec<Price>,
}

/// Of a billing period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Price {
    pub(super) from: NaiveDate,
    pub(super) amount: Decimal,
    pub(super) agreed_on: NaiveDate,
}

/// One contract of a relation: what it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Term {
    /// 0 for the first contract.
    pub(super) index: u32,
    pub(super) starts_on: NaiveDate,
    pub(super) ends_on: Option<NaiveDate>,
    pub(super) renewed: bool,
}

/// A period of a line that is to be billed by a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owed {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// In cents.
    pub(super) amount: i64,
}

pub(super) fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day + Days::new(days)
}

pub(super) fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day - Days::new(days)
}

impl Line {
    pub(super) fn price_on(&self, day: NaiveDate) -> Decimal {
        self.price_known(day, NaiveDate::MAX)
    }

    /// The price of a day by what was agreed before another one.
    pub(super) fn price_known(&self, day: NaiveDate, before: NaiveDate) -> Decimal {
        let mut newest = self.prices.iter().rev();
        let known = newest.find(|price| price.from <= day && price.agreed_on < before);
        known.map_or(Decimal::ZERO, |price| price.amount)
    }

    pub(super) fn reprice(&mut self, price: Price) {
        self.prices.push(price);
        self.prices.sort_by_key(|price| price.from);
    }

    fn period(&self, anchor: NaiveDate, index: u32) -> (NaiveDate, NaiveDate) {
        let first = anchor + Months::new(self.months * index);
        (first, before(anchor + Months::new(self.months * (index + 1)), 1))
    }
}

impl Relation {
    /// The first and the last day of a contract, if it is one that can come to be.
    fn span(&self, index: u32) -> Option<(NaiveDate, Option<NaiveDate>)> {
        let Some(months) = self.term else {
            return (index == 0).then_some((self.starts_on, None));
        };
        let starts_on = self.starts_on + Months::new(months * index);
        let ends_on = before(self.starts_on + Months::new(months * (index + 1)), 1);
        match (self.renewal, index) {
            (_, 0) => Some((starts_on, Some(ends_on))),
            (Renewal::Express { accepted }, _) => (index <= accepted).then_some((starts_on, Some(ends_on))),
            (Renewal::Terms(most), _) => most
                .is_none_or(|most| index <= most)
                .then_some((starts_on, Some(ends_on))),
            (Renewal::Open, 1) => Some((starts_on, None)),
            (Renewal::Expires | Renewal::Open, _) => None,
        }
    }

    /// The contracts that there are on a day, with those that are to be renewed on it renewed.
    pub(super) fn terms(&self, today: NaiveDate) -> Vec<Term> {
        let mut terms = Vec::new();
        for index in 0.. {
            let Some((starts_on, ends_on)) = self.span(index) else {
                break;
            };
            // Tacitly on the last day, unless notice was given for that day or one before.
            let due = ends_on.filter(|end| *end <= today && self.notice.is_none_or(|last| last > *end));
            let renewed = match self.renewal {
                Renewal::Express { accepted } => index < accepted,
                _ => due.is_some() && self.span(index + 1).is_some(),
            };
            terms.push(Term {
                index,
                starts_on,
                ends_on,
                renewed,
            });
            if !renewed {
                break;
            }
        }
        terms
    }

    /// The contract that changes are made to.
    pub(super) fn newest(&self, today: NaiveDate) -> Term {
        self.terms(today).pop().expect("a relation has a contract")
    }

    /// The last day that is covered, as far as it is agreed by now.
    pub(super) fn last_day(&self, today: NaiveDate) -> Option<NaiveDate> {
        self.notice.or(self.newest(today).ends_on)
    }

    pub(super) fn is_over(&self, today: NaiveDate) -> bool {
        self.last_day(today).is_some_and(|last| last < today)
    }

    pub(super) fn is_paused_on(&self, day: NaiveDate) -> bool {
        let mut pauses = self.pauses.iter();
        pauses.any(|(from, until)| *from <= day && until.is_none_or(|until| day < until))
    }

    /// A pause of which nobody said when it ends.
    pub(super) fn is_standing_still(&self) -> bool {
        self.pauses.iter().any(|(_, until)| until.is_none())
    }

    /// Monthly recurring revenue at the close of a day that has come.
    pub(super) fn revenue_on(&self, day: NaiveDate) -> Decimal {
        let covered = self.starts_on <= day && self.last_day(day).is_none_or(|last| day <= last);
        if !self.recurs || !covered || self.is_paused_on(day) {
            return Decimal::ZERO;
        }
        let lines = self.lines.iter();
        let worth = lines.map(|line| line.price_on(day) / Decimal::from(line.months));
        worth.map(|worth| worth.round_dp(REVENUE_DECIMALS)).sum()
    }

    /// The last day for refusing a renewal, of a contract that renews itself.
    pub(super) fn notice_deadline(&self, term: Term) -> Option<NaiveDate> {
        if let Renewal::Express { .. } = self.renewal {
            return None;
        }
        self.span(term.index + 1)?;
        Some(term.ends_on? - Months::new(self.notice_months))
    }

    /// Dates that a contract gives alerts before, with the days before; those whose time had come at its signature do not.
    pub(super) fn alerts(
        &self,
        term: Term,
        signed_on: NaiveDate,
        today: NaiveDate,
    ) -> Vec<(&'static str, NaiveDate, u64)> {
        let deadline = self
            .notice_deadline(term)
            .filter(|deadline| Some(*deadline) != term.ends_on);
        let dates = [
            deadline.map(|date| ("NOTICE_DEADLINE", date)),
            term.ends_on.map(|date| ("TERM_END", date)),
        ];
        let all = dates
            .into_iter()
            .flatten()
            .flat_map(|(what, date)| ALERT_DAYS.map(|days| (what, date, days)));
        let mut come: Vec<_> = all
            .filter(|(_, date, days)| {
                let due = before(*date, *days);
                signed_on < due && due <= today
            })
            .collect();
        come.sort_unstable();
        come
    }

    /// What a contract has to have billed of a line by a day.
    pub(super) fn owed(&self, term: Term, line: &Line, today: NaiveDate) -> Vec<Owed> {
        let end = [term.ends_on, self.notice].into_iter().flatten().min();
        let mut owed = Vec::new();
        for index in 0.. {
            let (begin, finish) = line.period(self.starts_on, index);
            let first = begin.max(term.starts_on);
            let last = end.map_or(finish, |end| end.min(finish));
            if begin > today || end.is_some_and(|end| begin > end) {
                break;
            }
            let due = if line.in_arrears { after(last, 1) } else { first };
            if first > last || due > today {
                continue;
            }
            let days = first.iter_days().take_while(|day| *day <= last);
            let prices: Decimal = days
                .filter(|day| !self.is_paused_on(*day))
                .map(|day| line.price_on(day))
                .sum();
            let whole = Decimal::from((finish - begin).num_days() + 1);
            let cents = (prices * Decimal::ONE_HUNDRED / whole)
                .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
            let amount = i64::try_from(cents).expect("cents");
            if amount != 0 {
                owed.push(Owed { first, last, amount });
            }
        }
        owed
    }
}
