//! What of a contract is to be billed, and when. Pure arithmetic over the state: the amount that a period comes to now, less
//! what was billed for it. A change that reaches back, or an end before what was billed, is a complement or a credit by
//! itself.
//!
//! Periods are counted in calendar months from the line's anchor. One that is not owed on all of its days, or not at one
//! price, costs its share by actual days: `price × days owed / days of the whole period`, added up exactly and rounded once,
//! half away from zero. Days of a pause are not owed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::{
    BilledPeriod, BillingNature, BillingTiming, ContractError, ContractEvent, ContractState, LineState,
    calendar::{self, days_between},
    decide::Decision,
    state::{Drafted, next},
};
use crate::{
    Currency, InvoiceId, Language,
    billing::{Quantity, UnitPrice, rounding::half_away_from_zero},
    document::{LineId, WishedLine, WishedRow},
    value::YEARS,
};

/// A period of a line, as far as it is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledPeriod {
    pub line: LineId,
    /// The how manieth of the line, counted from its anchor, from 0.
    pub period: u32,
    /// The first day that it covers.
    pub first: NaiveDate,
    /// The last one.
    pub last: NaiveDate,
    /// The day on which it is billed.
    pub due_on: NaiveDate,
    /// Without tax, in minor units.
    pub amount: i64,
    /// It is owed on all of its days, at one price.
    pub whole: bool,
}

/// Something to bill, or to take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingItem {
    pub kind: BillingItemKind,
    pub line: LineId,
    pub period: u32,
    pub first: NaiveDate,
    pub last: NaiveDate,
    /// Without tax, in minor units; below zero what is taken back.
    pub amount: i64,
    /// What was billed for the period before.
    pub billed: i64,
    /// The drafts that billed it, in the order of their making.
    pub invoices: Vec<InvoiceId>,
    /// The whole period at one price, billed for the first time.
    pub whole: bool,
}

/// Why something is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BillingItemKind {
    /// Its turn came.
    Period,
    /// Too little was billed.
    Complement,
    /// Too much was billed.
    Credit,
}

impl BillingItemKind {
    pub const ALL: [Self; 3] = [Self::Period, Self::Complement, Self::Credit];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Period => "PERIOD",
            Self::Complement => "COMPLEMENT",
            Self::Credit => "CREDIT",
        }
    }
}

impl BillingItem {
    pub const fn nature(&self) -> BillingNature {
        match self.kind {
            BillingItemKind::Credit => BillingNature::Credit,
            BillingItemKind::Period | BillingItemKind::Complement => BillingNature::Charge,
        }
    }
}

/// Days in a row at one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// For a whole period, in whole currency.
    pub(super) price: Decimal,
}

/// What one invoice gives back of a period that it billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodCredit {
    /// The invoice's line.
    pub row: LineId,
    /// As the contract remembers it.
    pub period: BilledPeriod,
}

/// What was billed for one period of a line.
#[derive(Debug, Clone, Default)]
pub(super) struct BilledSoFar {
    pub(super) amount: i64,
    pub(super) invoices: Vec<InvoiceId>,
}

impl ContractState {
    /// The periods of every line whose first day has come by a day, in the order of the days on which they are billed.
    pub fn billing_schedule(&self, through: NaiveDate) -> Vec<ScheduledPeriod> {
        let Some(drafted) = &self.drafted else {
            return Vec::new();
        };
        let lines = drafted.lines.iter();
        let mut periods: Vec<_> = lines.flat_map(|line| drafted.periods_through(line, through)).collect();
        periods.sort_by_key(|period| (period.due_on, period.line, period.period));
        periods
    }

    /// What is to be billed on a day, and what is to be taken back.
    pub fn due_billing(&self, on: NaiveDate) -> Vec<BillingItem> {
        self.drafted
            .as_ref()
            .map_or_else(Vec::new, |drafted| drafted.due_billing(on))
    }

    /// What is to be taken back on a day, by the invoice that gives it back: the newest first, none more than is left of what
    /// it billed. One invoice has a period once.
    pub fn due_credits(&self, on: NaiveDate) -> BTreeMap<InvoiceId, Vec<PeriodCredit>> {
        self.drafted
            .as_ref()
            .map_or_else(BTreeMap::new, |drafted| drafted.due_credits(on))
    }

    /// The next day on which there is something to bill; one that is over when what was billed is to be set right. `None`
    /// when nothing is to come.
    pub fn next_billing_on(&self) -> Option<NaiveDate> {
        self.billing_days().into_iter().flatten().min()
    }

    /// The first day of what was billed and is to be set right, and the next day on which a period is billed. What waits
    /// for somebody to set it right holds up no period.
    pub(super) fn billing_days(&self) -> [Option<NaiveDate>; 2] {
        let Some(drafted) = self.drafted.as_ref().filter(|drafted| drafted.signed().is_ok()) else {
            return [None, None];
        };
        let wrong = drafted.to_set_right().into_iter().map(|item| item.first);
        let coming = drafted.lines.iter().filter_map(|line| drafted.next_due(line));
        [wrong.min(), coming.min()]
    }

    /// The rows of an invoice, or of what a credit note takes back. The tax of each is that of its line.
    pub fn invoice_rows(&self, items: &[BillingItem], language: Language) -> Vec<WishedRow> {
        let Some(drafted) = &self.drafted else {
            return Vec::new();
        };
        let rows = items.iter().filter_map(|item| drafted.invoice_row(item, language));
        rows.collect()
    }
}

impl Drafted {
    /// First and last day of a period of a line, whether it is owed or not. What is billed once has one period.
    fn bounds(&self, line: &LineState, period: u32) -> (NaiveDate, NaiveDate) {
        let agreed = &line.line;
        let Some(months) = agreed.interval.months() else {
            let last = self.coverage(line).and_then(|coverage| coverage.last);
            return (agreed.starts_on, last.unwrap_or(agreed.starts_on));
        };
        let first = calendar::months_after(agreed.anchor, months.saturating_mul(period));
        let after = calendar::months_after(agreed.anchor, months.saturating_mul(period.saturating_add(1)));
        (first, calendar::days_before(after, 1))
    }

    /// The period that a line begins in.
    fn first_period(&self, line: &LineState) -> u32 {
        let agreed = &line.line;
        let Some(months) = agreed.interval.months() else {
            return 0;
        };
        let (start, anchor) = (agreed.starts_on, agreed.anchor);
        let apart = (start.year() - anchor.year()) * 12 + start.month() as i32 - anchor.month() as i32;
        let period = u32::try_from(apart).unwrap_or(0) / months;
        if self.bounds(line, period).0 > start {
            period.saturating_sub(1)
        } else {
            period
        }
    }

    /// Days in a row at one price between two days, both counted: owed, and not paused.
    pub(super) fn stretches(&self, line: &LineState, first: NaiveDate, last: NaiveDate) -> Vec<Stretch> {
        let Some(coverage) = self.coverage(line) else {
            return Vec::new();
        };
        let first = first.max(coverage.first);
        let last = coverage.last.map_or(last, |end| last.min(end));
        if first > last {
            return Vec::new();
        }
        let changes = line.quantities.iter().map(|dated| dated.from);
        let changes = changes.chain(line.prices.iter().map(|dated| dated.from));
        let pauses = self.pauses.iter();
        let pauses = pauses.flat_map(|pause| [Some(pause.from), pause.until.map(|(until, _)| until)]);
        let begins: BTreeSet<NaiveDate> = changes
            .chain(pauses.flatten())
            .filter(|day| first < *day && *day <= last)
            .chain([first])
            .collect();
        let ends = begins.iter().skip(1).map(|day| calendar::days_before(*day, 1));
        let ends: Vec<NaiveDate> = ends.chain([last]).collect();
        let parts = begins
            .into_iter()
            .zip(ends)
            .filter(|(begin, _)| !self.is_paused_on(*begin));
        let priced = parts.filter_map(|(first, last)| {
            let price = line.prices.on(first)?.value.of(line.quantities.on(first)?.value);
            Some(Stretch { first, last, price })
        });
        priced.collect()
    }

    /// What a period of a line comes to; `None` when it is not owed on any of its days or billed elsewhere.
    fn scheduled(&self, line: &LineState, period: u32) -> Option<ScheduledPeriod> {
        let coverage = self.coverage(line)?;
        let (begin, end) = self.bounds(line, period);
        let first = begin.max(coverage.first);
        let last = coverage.last.map_or(end, |covered| end.min(covered));
        if first > last || self.billing_starts_on.is_some_and(|since| first < since) {
            return None;
        }
        let recurs = line.line.interval.months().is_some();
        let stretches = self.stretches(line, first, last);
        let exact = if recurs {
            pro_rata(&stretches, days_between(begin, end))
        } else {
            line.prices.on(first)?.value.of(line.quantities.on(first)?.value)
        };
        let whole = !recurs || matches!(stretches[..], [one] if (one.first, one.last) == (begin, end));
        let due_on = match line.line.timing {
            BillingTiming::InArrears if recurs || coverage.last.is_some() => next(last),
            BillingTiming::InArrears | BillingTiming::InAdvance => first,
        };
        Some(ScheduledPeriod {
            line: line.line.id,
            period,
            first,
            last,
            due_on,
            amount: minor_units(exact, self.currency),
            whole,
        })
    }

    fn periods_through(&self, line: &LineState, through: NaiveDate) -> Vec<ScheduledPeriod> {
        let mut periods = Vec::new();
        for period in self.first_period(line).. {
            let (begin, _) = self.bounds(line, period);
            if begin > through || begin.year() > *YEARS.end() {
                break;
            }
            periods.extend(
                self.scheduled(line, period)
                    .filter(|scheduled| scheduled.first <= through),
            );
            let over = self
                .coverage(line)
                .is_none_or(|coverage| coverage.last.is_some_and(|last| begin > last));
            if over || line.line.interval.months().is_none() {
                break;
            }
        }
        periods
    }

    pub(super) fn billed_so_far(&self) -> BTreeMap<(LineId, u32), BilledSoFar> {
        let mut known: BTreeMap<(LineId, u32), BilledSoFar> = BTreeMap::new();
        for billed in &self.billed {
            for period in &billed.periods {
                let so_far = known.entry((period.line, period.period)).or_default();
                so_far.amount += period.amount;
                so_far.invoices.push(billed.invoice);
            }
        }
        known
    }

    /// Periods that were billed and come to something else by now.
    fn to_set_right(&self) -> Vec<BillingItem> {
        let known = self.billed_so_far();
        let wrong = known.into_iter().filter_map(|((id, period), billed)| {
            let line = self.line(id)?;
            let now = self.scheduled(line, period);
            let amount = now.map_or(0, |now| now.amount) - billed.amount;
            let (first, last) = now.map_or_else(|| self.bounds(line, period), |now| (now.first, now.last));
            (amount != 0).then_some(BillingItem {
                kind: if amount < 0 {
                    BillingItemKind::Credit
                } else {
                    BillingItemKind::Complement
                },
                line: id,
                period,
                first,
                last,
                amount,
                billed: billed.amount,
                invoices: billed.invoices,
                whole: false,
            })
        });
        wrong.collect()
    }

    fn due_billing(&self, on: NaiveDate) -> Vec<BillingItem> {
        if self.signed().is_err() {
            return Vec::new();
        }
        let known = self.billed_so_far();
        let coming = self.lines.iter().flat_map(|line| self.periods_through(line, on));
        let due = coming.filter(|period| {
            period.due_on <= on && period.amount != 0 && !known.contains_key(&(period.line, period.period))
        });
        let due = due.map(|period| BillingItem {
            kind: BillingItemKind::Period,
            line: period.line,
            period: period.period,
            first: period.first,
            last: period.last,
            amount: period.amount,
            billed: 0,
            invoices: Vec::new(),
            whole: period.whole,
        });
        let mut items: Vec<_> = due.chain(self.to_set_right()).collect();
        items.sort_by_key(|item| (item.first, item.line, item.period));
        items
    }

    /// When the first period of a line that was not billed is.
    fn next_due(&self, line: &LineState) -> Option<NaiveDate> {
        let known = self.billed_so_far();
        let coverage = self.coverage(line)?;
        for period in self.first_period(line).. {
            let (begin, _) = self.bounds(line, period);
            if coverage.last.is_some_and(|last| begin > last) || begin.year() > *YEARS.end() {
                return None;
            }
            let open = self.scheduled(line, period);
            let open = open.filter(|open| open.amount != 0 && !known.contains_key(&(open.line, open.period)));
            if let Some(open) = open {
                return Some(open.due_on);
            }
            line.line.interval.months()?;
        }
        None
    }

    pub(super) fn bill(&self, on: NaiveDate, invoice: InvoiceId) -> Decision {
        self.unbilled(invoice)?;
        let items = self.due_billing(on).into_iter();
        let items = items.filter(|item| item.nature() == BillingNature::Charge);
        let periods: Vec<BilledPeriod> = items
            .map(|item| BilledPeriod {
                line: item.line,
                period: item.period,
                first: item.first,
                last: item.last,
                amount: item.amount,
            })
            .collect();
        if periods.is_empty() {
            return Err(ContractError::NothingToBill);
        }
        Ok(vec![ContractEvent::ContractPeriodsBilled {
            invoice,
            on,
            nature: BillingNature::Charge,
            of: None,
            periods,
        }])
    }

    /// What one credit note takes back from one invoice.
    pub(super) fn credit(&self, on: NaiveDate, note: InvoiceId, of: InvoiceId) -> Decision {
        self.unbilled(note)?;
        let credits = self.due_credits(on).remove(&of).ok_or(ContractError::NothingToBill)?;
        Ok(vec![ContractEvent::ContractPeriodsBilled {
            invoice: note,
            on,
            nature: BillingNature::Credit,
            of: Some(of),
            periods: credits.into_iter().map(|credit| credit.period).collect(),
        }])
    }

    /// Refuses a draft or a note that the contract knows.
    fn unbilled(&self, invoice: InvoiceId) -> Result<(), ContractError> {
        self.signed()?;
        if self.billed.iter().any(|billed| billed.invoice == invoice) {
            return Err(ContractError::InvoiceBilled);
        }
        Ok(())
    }

    /// What is left of what invoices billed for a period, each with the number of its line there, the oldest first. A note
    /// that does not say from which it took back did so from the newest.
    fn left_of(&self, line: LineId, period: u32) -> Vec<(InvoiceId, LineId, i64)> {
        let mut left: Vec<(InvoiceId, LineId, i64)> = Vec::new();
        for billed in &self.billed {
            for (row, part) in (1..).zip(&billed.periods) {
                if (part.line, part.period) != (line, period) {
                    continue;
                }
                match billed.nature {
                    BillingNature::Charge => left.push((billed.invoice, LineId(row), part.amount)),
                    BillingNature::Credit => {
                        taken_from(&mut left, -part.amount, |from| billed.of.is_none_or(|of| of == from));
                    }
                }
            }
        }
        left
    }

    fn due_credits(&self, on: NaiveDate) -> BTreeMap<InvoiceId, Vec<PeriodCredit>> {
        let mut credits: BTreeMap<InvoiceId, Vec<PeriodCredit>> = BTreeMap::new();
        let due = self.due_billing(on).into_iter();
        for item in due.filter(|item| item.kind == BillingItemKind::Credit) {
            let mut left = self.left_of(item.line, item.period);
            for (invoice, row, amount) in taken_from(&mut left, -item.amount, |_| true) {
                credits.entry(invoice).or_default().push(PeriodCredit {
                    row,
                    period: BilledPeriod {
                        line: item.line,
                        period: item.period,
                        first: item.first,
                        last: item.last,
                        amount: -amount,
                    },
                });
            }
        }
        credits
    }

    pub(super) fn withdraw_billing(&self, invoice: InvoiceId) -> Decision {
        self.signed()?;
        if self.billed.iter().all(|billed| billed.invoice != invoice) {
            return Err(ContractError::InvoiceNotBilled);
        }
        Ok(vec![ContractEvent::ContractBillingWithdrawn { invoice }])
    }

    fn invoice_row(&self, item: &BillingItem, language: Language) -> Option<WishedRow> {
        let state = self.line(item.line)?;
        let line = &state.line;
        let as_agreed = item.kind == BillingItemKind::Period && item.whole;
        let (quantity, unit_price, discount) = if as_agreed {
            let price = state.prices.on(item.first)?.value;
            let quantity = state.quantities.on(item.first)?.value;
            (
                quantity,
                price.unit_price,
                price.discount.map(crate::billing::Discount::Percent),
            )
        } else {
            let sign = if item.amount < 0 {
                Decimal::NEGATIVE_ONE
            } else {
                Decimal::ONE
            };
            let amount = Decimal::new(item.amount.abs(), self.currency.decimals());
            let quantity = Quantity::new("quantity", sign).ok()?;
            (quantity, UnitPrice::new("unitPrice", amount).ok()?, None)
        };
        Some(WishedRow::Line(Box::new(WishedLine {
            id: None,
            product: line.product,
            name: line.name.clone(),
            details: Some(said(item, language)),
            unit: line.unit.clone(),
            quantity,
            unit_price,
            discount,
            period: None,
            optional: false,
            taxation: line.taxation,
        })))
    }
}

/// Takes an amount from the newest ones among those that are meant; what each gave, as far as there was enough.
fn taken_from(
    left: &mut [(InvoiceId, LineId, i64)],
    mut amount: i64,
    meant: impl Fn(InvoiceId) -> bool,
) -> Vec<(InvoiceId, LineId, i64)> {
    let mut taken = Vec::new();
    for (invoice, row, rest) in left.iter_mut().rev().filter(|(invoice, ..)| meant(*invoice)) {
        let part = amount.min(*rest).max(0);
        if part > 0 {
            taken.push((*invoice, *row, part));
            *rest -= part;
            amount -= part;
        }
    }
    taken
}

/// What a row says below the line's name.
fn said(item: &BillingItem, language: Language) -> String {
    let (first, last) = (item.first.format("%d/%m/%Y"), item.last.format("%d/%m/%Y"));
    match item.kind {
        BillingItemKind::Period => language.choose(
            format!("{} to {}", item.first, item.last),
            format!("du {first} au {last}"),
        ),
        BillingItemKind::Complement => language.choose(
            format!("Complement for {} to {}", item.first, item.last),
            format!("Complément du {first} au {last}"),
        ),
        BillingItemKind::Credit => language.choose(
            format!("Credit for {} to {}", item.first, item.last),
            format!("Avoir du {first} au {last}"),
        ),
    }
}

/// `Σ price × days / days of the whole period`.
pub(super) fn pro_rata(stretches: &[Stretch], whole: i64) -> Decimal {
    let whole = Decimal::from(whole.max(1));
    stretches
        .iter()
        .map(|part| {
            let days = Decimal::from(days_between(part.first, part.last));
            if days == whole {
                part.price
            } else {
                part.price * days / whole
            }
        })
        .sum()
}

pub(super) fn minor_units(exact: Decimal, currency: Currency) -> i64 {
    let units = exact.checked_mul(Decimal::from(10_i64.pow(currency.decimals())));
    units.and_then(half_away_from_zero).unwrap_or(i64::MAX)
}
