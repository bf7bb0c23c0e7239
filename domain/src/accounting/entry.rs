//! What is written into the books.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chart::{Account, AccountRole, Journal, JournalName};
use crate::{Currency, InvoiceId, Money, document::InvoiceKind};

/// A customer's account below the general one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Auxiliary {
    pub code: String,
    pub label: String,
}

/// One entry: its lines add up to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Of the event that it comes from.
    pub position: u64,
    /// The last day of the fiscal year that it belongs to.
    pub closing: NaiveDate,
    /// From 1, without gap within the fiscal year, in the order of the journal.
    pub number: u32,
    pub journal: Journal,
    pub journal_name: JournalName,
    /// The day that it counts for: that of the document, or the first open day after a lock.
    pub on: NaiveDate,
    pub piece: String,
    /// The day of the document, also where the entry came too late for it.
    pub piece_date: NaiveDate,
    pub label: String,
    /// When it became final: never decreases with the number.
    pub valid_on: NaiveDate,
    pub lines: Vec<Line>,
}

/// One line of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub role: AccountRole,
    pub account: Account,
    pub auxiliary: Option<Auxiliary>,
    /// In cents: above zero a debit, below a credit, never zero.
    pub amount: i64,
    /// The document or payment whose settlement it is part of: what letters are given by.
    pub key: Option<Uuid>,
}

impl Line {
    pub const fn debit(&self) -> i64 {
        if self.amount > 0 { self.amount } else { 0 }
    }

    pub const fn credit(&self) -> i64 {
        if self.amount < 0 { -self.amount } else { 0 }
    }
}

/// Two documents settle each other, as far as this amount, from this day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// Of the event.
    pub position: u64,
    pub on: NaiveDate,
    pub one: Uuid,
    pub other: Uuid,
    /// In cents; below zero: no more.
    pub amount: i64,
}

/// What an issued document means for the figures, said by the document itself and not by its lines in the books: the
/// other side of the reconciliation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFact {
    pub position: u64,
    pub invoice: InvoiceId,
    pub kind: InvoiceKind,
    pub number: String,
    pub issued_on: NaiveDate,
    /// The day of its entry.
    pub on: NaiveDate,
    /// Without tax: what was sold by it. Nothing for a deposit; below zero for a credit note.
    pub revenue: i64,
    /// Without tax: what the customer was asked for by it.
    pub invoiced: i64,
}

/// Something that is not in the books, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbooked {
    pub position: u64,
    pub on: NaiveDate,
    pub piece: String,
    /// In minor units of the currency.
    pub amount: i64,
    /// There is no rate of exchange for it.
    pub currency: Currency,
}

/// What one event leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Booked {
    pub entries: Vec<Entry>,
    pub matchings: Vec<Matching>,
    pub document: Option<DocumentFact>,
    pub unbooked: Option<Unbooked>,
}

/// An entry before it has its day and its number.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) journal: Journal,
    pub(super) on: NaiveDate,
    pub(super) piece: String,
    pub(super) label: String,
    lines: Vec<DraftLine>,
}

#[derive(Debug)]
pub(super) struct DraftLine {
    pub(super) role: AccountRole,
    pub(super) auxiliary: Option<Auxiliary>,
    pub(super) amount: i64,
    pub(super) key: Option<Uuid>,
}

impl Draft {
    pub(super) fn new(journal: Journal, on: NaiveDate, piece: &str, label: String) -> Self {
        Self {
            journal,
            on,
            piece: piece.to_owned(),
            label,
            lines: Vec::new(),
        }
    }

    /// What goes into one account goes into one line.
    pub(super) fn debit(&mut self, role: AccountRole, amount: i64) {
        match self.lines.iter_mut().find(|line| line.role == role) {
            Some(line) => line.amount += amount,
            None => self.lines.push(DraftLine {
                role,
                auxiliary: None,
                amount,
                key: None,
            }),
        }
    }

    pub(super) fn credit(&mut self, role: AccountRole, amount: i64) {
        self.debit(role, -amount);
    }

    /// Puts an amount on a customer's account.
    pub(super) fn debit_customer(&mut self, customer: &Auxiliary, key: Option<Uuid>, amount: i64) {
        self.lines.push(DraftLine {
            role: AccountRole::Customers,
            auxiliary: Some(customer.clone()),
            amount,
            key,
        });
    }

    /// Puts on a customer's account what the other lines leave open, before them.
    pub(super) fn balance_on(&mut self, customer: &Auxiliary, key: Option<Uuid>) {
        let open: i64 = self.lines.iter().map(|line| line.amount).sum();
        self.debit_customer(customer, key, -open);
        self.lines.rotate_right(1);
    }

    pub(super) fn lines(self) -> impl Iterator<Item = DraftLine> {
        self.lines.into_iter().filter(|line| line.amount != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.amount == 0)
    }
}

/// One line with all that a file says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedLine {
    pub journal: JournalName,
    pub number: u32,
    pub on: NaiveDate,
    pub account: Account,
    pub auxiliary: Option<Auxiliary>,
    pub piece: String,
    pub piece_date: NaiveDate,
    pub label: String,
    /// In cents: above zero a debit, below a credit.
    pub amount: i64,
    /// The letter and the day on which its lines were complete.
    pub letter: Option<(String, NaiveDate)>,
    pub valid_on: NaiveDate,
    /// What it was in another currency.
    pub foreign: Option<Money>,
}

impl Entry {
    /// Its lines, without letters.
    pub fn posted(&self) -> impl Iterator<Item = PostedLine> {
        self.lines.iter().map(|line| PostedLine {
            journal: self.journal_name.clone(),
            number: self.number,
            on: self.on,
            account: line.account.clone(),
            auxiliary: line.auxiliary.clone(),
            piece: self.piece.clone(),
            piece_date: self.piece_date,
            label: self.label.clone(),
            amount: line.amount,
            letter: None,
            valid_on: self.valid_on,
            foreign: None,
        })
    }
}
