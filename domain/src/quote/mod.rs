//! An offer to a customer, in all its versions.

mod event;

pub use event::{AcceptanceMeans, QuoteEvent, Signature};
