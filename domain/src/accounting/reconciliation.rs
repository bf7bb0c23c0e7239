//! Whether the books and the invoices say the same: the differences are nothing, to the cent.

use super::{
    chart::AccountRole,
    entry::{DocumentFact, Entry},
};
use crate::accounting::Journal;

/// Two figures from the books beside two from the documents, in cents, over whatever days were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconciliation {
    /// Class 70, rebates (709) included: credits less debits.
    pub class_70: i64,
    /// 4191 as documents move it: credits less debits.
    pub deposits_moved: i64,
    /// What was sold, as the documents say it: the dashboard's revenue.
    pub revenue: i64,
    /// What was invoiced, without tax.
    pub invoiced: i64,
}

impl Reconciliation {
    /// The books against the dashboard.
    pub const fn revenue_difference(&self) -> i64 {
        self.class_70 - self.revenue
    }

    /// What was invoiced against what was sold and what was paid in advance.
    pub const fn invoiced_difference(&self) -> i64 {
        self.invoiced - self.revenue - self.deposits_moved
    }

    pub const fn holds(&self) -> bool {
        self.revenue_difference() == 0 && self.invoiced_difference() == 0
    }

    /// A line of the books.
    pub fn line(&mut self, journal: Journal, account: &str, amount: i64) {
        if account.starts_with("70") {
            self.class_70 -= amount;
        }
        if journal == Journal::Sales && account.starts_with(AccountRole::Deposits.class()) {
            self.deposits_moved -= amount;
        }
    }

    pub fn entry(&mut self, entry: &Entry) {
        for line in &entry.lines {
            self.line(entry.journal, &line.account.number, line.amount);
        }
    }

    pub const fn document(&mut self, document: &DocumentFact) {
        self.revenue += document.revenue;
        self.invoiced += document.invoiced;
    }
}
