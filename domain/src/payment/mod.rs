//! Money that a customer sent.
//!
//! A part of it may go on invoices; what is on none is the customer's, and may be given back. A payment that went back by
//! itself takes nothing more. Every application has its counterpart on the invoice (`AllocatePayment`,
//! `WithdrawAllocation`), in one unit of work.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::{PaymentCommand, ReceivePayment};
pub use error::PaymentError;
pub use event::{PaymentEvent, PaymentMethod};
pub use state::PaymentState;

pub type Payment = crate::Root<PaymentState>;
