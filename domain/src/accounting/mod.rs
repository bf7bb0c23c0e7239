//! What sales and payments look like in the books: entries derived from events, balanced to the cent, in the accounts of
//! a chart that the company sets.
//!
//! Nothing here is an aggregate (that is [`crate::accounting_period`]: locks, chart, columns of exports). Top to bottom:
//! [`chart`] names the accounts, [`entry`] is what is written into them, [`claim`] keeps what of an invoice's tax is
//! pending, [`ledger`] folds events into entries; [`lettering`] matches what was invoiced with what settled it, [`fec`]
//! and [`table`] write files, [`reconciliation`] compares the books with the invoices.
//!
//! It is the part of the books that sales make: no purchases, no opening balances. What leaves the house is that part of
//! a FEC, for the accountant's software to take in.

pub mod chart;
mod claim;
pub mod entry;
pub mod fec;
pub mod ledger;
pub mod lettering;
pub mod reconciliation;
pub mod table;
#[cfg(test)]
mod tests;

pub use chart::{Account, AccountRole, Chart, Journal, JournalName};
pub use entry::{Auxiliary, Booked, DocumentFact, Entry, Line, Matching, PostedLine, Unbooked};
pub use ledger::{Happened, Ledger, Recording, StateKey};
pub use lettering::{LetteredLine, Letters};
pub use reconciliation::Reconciliation;
pub use table::{ExportColumn, ExportField, ExportFormat, TableWriter};
