//! An invoice or a credit note.
//!
//! A draft may be changed and discarded, and has no number. Once issued nothing of it ever changes: what it says is in one
//! event, and what comes after only lowers what is left of it to pay: payments, credit notes, a discount for early
//! payment, a write-off. Each of them carries its tax by rate, so that the parts add up to the whole, rate by rate.
//!
//! A credit note is an invoice that takes another one back. It has no draft: [`InvoiceState::credit`] of the original
//! plans it, [`InvoiceCommand::IssueCredit`] issues it, and [`InvoiceCommand::Credit`] lowers the original, in one unit of
//! work.

mod command;
mod credit;
mod decide;
mod error;
mod event;
mod issue;
mod late;
mod mentions;
mod money;
mod platform;
mod reminders;
pub mod rows;
mod state;
#[cfg(test)]
mod tests;

pub use command::{DraftInvoice, InvoiceCommand, IssueCredit, IssueInvoice};
pub use credit::{CreditPlan, CreditWish, CreditedPart};
pub use error::InvoiceError;
pub use event::{InvoiceDocuments, InvoiceEvent, PlatformStatus, ReminderStep, SkipCause, Source, Withdrawal};
pub use mentions::MissingMention;
pub use state::{Allocation, InvoiceState, InvoiceStatus, OpenInstalment, Submission};

pub type Invoice = crate::Root<InvoiceState>;
