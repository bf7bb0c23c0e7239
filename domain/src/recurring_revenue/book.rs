//! Movements in the order of their days, laid out so that what was on any day is found without adding up everything: the sum
//! before each month stands beside the place of its first movement.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
};

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::{Movement, MovementKind, Selection};
use crate::{ContractId, Currency, OrganizationId, contract::calendar};

/// A month of the calendar, by its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

impl Month {
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    pub const fn first_day(self) -> NaiveDate {
        self.0
    }

    pub fn last_day(self) -> NaiveDate {
        calendar::end_of_term(self.0, 1)
    }

    pub fn plus(self, months: u32) -> Self {
        Self(calendar::months_after(self.0, months))
    }

    pub fn minus(self, months: u32) -> Self {
        Self(calendar::months_before(self.0, months))
    }

    /// From the close of the month before to its own.
    pub fn period(self) -> Period {
        Period {
            after: calendar::days_before(self.0, 1),
            until: self.last_day(),
        }
    }

    /// Months from another one to this one; below zero when it comes later.
    pub fn since(self, other: Self) -> i32 {
        (self.0.year() - other.0.year()) * 12 + self.0.month() as i32 - other.0.month() as i32
    }
}

/// From the close of one day to the close of another: what happens on the first one does not count, on the last it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub after: NaiveDate,
    pub until: NaiveDate,
}

/// Movements of recurring revenue, in one currency.
#[derive(Debug, Clone)]
pub struct Book {
    currency: Currency,
    movements: Vec<Movement>,
    /// By month with movements: where they begin, and what there was before.
    months: Vec<(NaiveDate, usize, Decimal)>,
    merges: HashMap<OrganizationId, (NaiveDate, OrganizationId)>,
}

impl Book {
    /// From movements in any order, as a view keeps them, and the customers' records that became part of others.
    pub fn new(
        currency: Currency,
        mut movements: Vec<Movement>,
        merges: impl IntoIterator<Item = (OrganizationId, (NaiveDate, OrganizationId))>,
    ) -> Self {
        // The same movements make the same book, however they came together.
        movements.sort_by_key(|movement| (movement.on, movement.contract, movement.line));
        let mut months = Vec::new();
        let mut sum = Decimal::ZERO;
        let mut current = None;
        for (place, movement) in movements.iter().enumerate() {
            let month = Month::of(movement.on).first_day();
            if current != Some(month) {
                months.push((month, place, sum));
                current = Some(month);
            }
            sum += movement.amount;
        }
        Self {
            currency,
            movements,
            months,
            merges: merges.into_iter().collect(),
        }
    }

    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// All movements in the order of their days.
    pub fn movements(&self) -> &[Movement] {
        &self.movements
    }

    /// The same book after some contracts were counted anew, as `anew` has them; `None` when nothing of them moved.
    pub fn renewed(&self, contracts: &BTreeSet<ContractId>, anew: Self) -> Option<Self> {
        let of_them = |movement: &&Movement| contracts.contains(&movement.contract);
        if self.movements.iter().filter(of_them).eq(&anew.movements) {
            return None;
        }
        let others = self.movements.iter().filter(|movement| !of_them(movement)).cloned();
        Some(Self::new(
            self.currency,
            others.chain(anew.movements).collect(),
            anew.merges,
        ))
    }

    /// Whether the selected movements up to the close of a day, and whose they are, are the same in another book: then every
    /// figure of days up to it is.
    pub fn tells_the_same(&self, other: &Self, until: NaiveDate, of: &Selection) -> bool {
        let whose = |book: &Self, movement: &Movement| book.survivor(movement.customer, until);
        let (mut here, mut there) = (self.until(until, of), other.until(until, of));
        let alike = loop {
            match (here.next(), there.next()) {
                (None, None) => break true,
                (Some(one), Some(two)) if one == two && whose(self, one) == whose(other, two) => {}
                _ => break false,
            }
        };
        alike && self.currency == other.currency
    }

    /// Where the movements of days behind one and up to another stand.
    fn places(&self, period: Period) -> Range<usize> {
        let first = self.movements.partition_point(|movement| movement.on <= period.after);
        let end = self.movements.partition_point(|movement| movement.on <= period.until);
        first..end.max(first)
    }

    /// The movements of a period that are selected.
    pub fn between<'a>(&'a self, period: Period, of: &'a Selection) -> impl Iterator<Item = &'a Movement> {
        let movements = &self.movements[self.places(period)];
        movements.iter().filter(|movement| of.matches(movement))
    }

    /// The selected movements up to the close of a day.
    fn until<'a>(&'a self, day: NaiveDate, of: &'a Selection) -> impl Iterator<Item = &'a Movement> {
        let after = NaiveDate::MIN;
        self.between(Period { after, until: day }, of)
    }

    /// Monthly recurring revenue at the close of a day: the sum of all movements up to it.
    pub fn mrr(&self, day: NaiveDate, of: &Selection) -> Decimal {
        if !of.is_all() {
            return self.until(day, of).map(|movement| movement.amount).sum();
        }
        let month = self.months.partition_point(|(first, ..)| *first <= day);
        let Some((_, place, before)) = month.checked_sub(1).map(|month| self.months[month]) else {
            return Decimal::ZERO;
        };
        let rest = self.movements[place..].iter();
        let rest = rest.take_while(|movement| movement.on <= day);
        before + rest.map(|movement| movement.amount).sum::<Decimal>()
    }

    /// `MRR × 12`, from what is not rounded.
    pub fn arr(&self, day: NaiveDate, of: &Selection) -> Decimal {
        self.mrr(day, of) * Decimal::from(12)
    }

    /// By customer what they pay at the close of a day; nobody who pays nothing. Customers whose records were merged by then
    /// are one.
    pub fn by_customer(&self, day: NaiveDate, of: &Selection) -> BTreeMap<OrganizationId, Decimal> {
        self.balances(day, day, of, |_| true)
    }

    /// As [`Book::by_customer`], with records that are one by a later day as one.
    pub(super) fn by_customer_as_of(
        &self,
        day: NaiveDate,
        merged_by: NaiveDate,
        of: &Selection,
    ) -> BTreeMap<OrganizationId, Decimal> {
        self.balances(day, merged_by, of, |_| true)
    }

    /// Customers at the close of a day: also those whose contracts are all paused.
    pub(super) fn customers_as_of(
        &self,
        day: NaiveDate,
        merged_by: NaiveDate,
        of: &Selection,
    ) -> BTreeMap<OrganizationId, Decimal> {
        self.balances(day, merged_by, of, |movement| {
            !matches!(movement.kind, MovementKind::Paused | MovementKind::Resumed)
        })
    }

    /// How many customers there are at the close of a day, those in a pause counted.
    pub fn customers(&self, day: NaiveDate, of: &Selection) -> usize {
        self.customers_as_of(day, day, of).len()
    }

    fn balances(
        &self,
        day: NaiveDate,
        merged_by: NaiveDate,
        of: &Selection,
        counts: impl Fn(&Movement) -> bool,
    ) -> BTreeMap<OrganizationId, Decimal> {
        let mut balances: HashMap<OrganizationId, Decimal> = HashMap::new();
        for movement in self.until(day, of).filter(|movement| counts(movement)) {
            *balances.entry(movement.customer).or_default() += movement.amount;
        }
        let mut merged: BTreeMap<OrganizationId, Decimal> = BTreeMap::new();
        for (customer, balance) in balances {
            *merged.entry(self.survivor(customer, merged_by)).or_default() += balance;
        }
        merged.retain(|_, balance| *balance > Decimal::ZERO);
        merged
    }

    /// Whose record a customer's is by a day.
    pub(super) fn survivor(&self, customer: OrganizationId, by: NaiveDate) -> OrganizationId {
        let mut survivor = customer;
        for _ in 0..=self.merges.len() {
            match self.merges.get(&survivor).filter(|(on, _)| *on <= by) {
                Some((_, into)) => survivor = *into,
                None => break,
            }
        }
        survivor
    }

    /// By contract what is paid at the close of a day; none that pays nothing.
    pub fn by_contract(&self, day: NaiveDate, of: &Selection) -> HashMap<ContractId, Decimal> {
        let mut balances: HashMap<ContractId, Decimal> = HashMap::new();
        for movement in self.until(day, of) {
            *balances.entry(movement.contract).or_default() += movement.amount;
        }
        balances.retain(|_, balance| *balance > Decimal::ZERO);
        balances
    }

    /// What moved between the close of two days, by kind.
    pub fn waterfall<'a>(&'a self, period: Period, of: &'a Selection) -> Waterfall<'a> {
        let opening = self.mrr(period.after, of);
        let mut bars: BTreeMap<MovementKind, Bar<'a>> = BTreeMap::new();
        for movement in self.between(period, of) {
            let bar = bars.entry(movement.kind).or_insert_with(|| Bar {
                kind: movement.kind,
                amount: Decimal::ZERO,
                movements: Vec::new(),
            });
            bar.amount += movement.amount;
            bar.movements.push(movement);
        }
        let moved: Decimal = bars.values().map(|bar| bar.amount).sum();
        Waterfall {
            period,
            opening,
            bars: bars.into_values().collect(),
            closing: opening + moved,
        }
    }

    /// The waterfalls of so many months, the last one that of the month.
    pub fn months<'a>(&'a self, last: Month, months: u32, of: &'a Selection) -> Vec<Waterfall<'a>> {
        let months = (0..months).rev().map(|back| last.minus(back).period());
        months.map(|period| self.waterfall(period, of)).collect()
    }
}

/// From what there was to what there is, bar by bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waterfall<'a> {
    pub period: Period,
    pub opening: Decimal,
    /// In the order of [`MovementKind::ALL`]; none without movements.
    pub bars: Vec<Bar<'a>>,
    pub closing: Decimal,
}

/// Everything of one kind, and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar<'a> {
    pub kind: MovementKind,
    pub amount: Decimal,
    pub movements: Vec<&'a Movement>,
}

/// A waterfall as it is shown, in minor units: it adds up to the cent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownWaterfall {
    pub opening: i64,
    pub bars: Vec<(MovementKind, i64)>,
    pub closing: i64,
}

impl Waterfall<'_> {
    pub fn amount(&self, kind: MovementKind) -> Decimal {
        let bar = self.bars.iter().find(|bar| bar.kind == kind);
        bar.map_or(Decimal::ZERO, |bar| bar.amount)
    }

    /// Each amount rounded half away from zero; what is left over goes to the largest bar.
    pub fn shown(&self, currency: Currency) -> ShownWaterfall {
        let (opening, closing) = (shown(self.opening, currency), shown(self.closing, currency));
        let mut bars: Vec<(MovementKind, i64)> = self
            .bars
            .iter()
            .map(|bar| (bar.kind, shown(bar.amount, currency)))
            .collect();
        let left_over = closing - opening - bars.iter().map(|(_, amount)| amount).sum::<i64>();
        let largest = (0..self.bars.len()).max_by_key(|place| (self.bars[*place].amount.abs(), usize::MAX - place));
        if let Some(place) = largest {
            bars[place].1 += left_over;
        }
        ShownWaterfall { opening, bars, closing }
    }
}

/// In minor units, half away from zero: only for people.
pub fn shown(amount: Decimal, currency: Currency) -> i64 {
    let units = amount.checked_mul(Decimal::from(10_i64.pow(currency.decimals())));
    units
        .and_then(crate::billing::rounding::half_away_from_zero)
        .unwrap_or(i64::MAX)
}
