//! Our own company, as its documents have to name it, and the settings that its documents are made by. One company is
//! one journal, so there is one of it, known before anything was said of it.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::CompanyCommand;
pub use error::CompanyError;
pub use event::{
    Appearance, BankAccount, CompanyEvent, DealOnAcceptance, DocumentDefaults, FiscalYearEnd, InvoiceOnAcceptance,
    LadderStep, LegalForm, LegalIdentity, Registration, ReminderLadder, RevenueRules, SalesRules, VatRegime, VatScheme,
};
pub use state::CompanyState;

use uuid::Uuid;

use crate::Root;

pub type Company = Root<CompanyState>;

/// The stream of the one company that a journal is kept for.
pub const COMPANY: Uuid = Uuid::from_u128(0xc0a9_0a47_0000_4000_8000_0000_0000_0001);
