//! How the books are kept: up to which day they are closed, which accounts they use, and how exports of them look. One
//! company is one journal, so there is one of it, known before anything was said of it.
//!
//! A locked period never opens again. What comes too late for it goes to the first open day, by the order of the journal
//! ([`crate::accounting`]), so that a closed period is exported in the same bytes for ever.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::AccountingCommand;
pub use error::AccountingError;
pub use event::AccountingEvent;
pub use state::AccountingState;

use uuid::Uuid;

use crate::Root;

pub type Accounting = Root<AccountingState>;

/// The stream of the one set of books that a journal is kept for.
pub const ACCOUNTING: Uuid = Uuid::from_u128(0xacc0_0b00_0000_4000_8000_0000_0000_0001);
