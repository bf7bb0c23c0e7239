//! A contact: a person at an organization, or on their own, as a record of ours.
//!
//! What we know of the person is sealed under their key and can be erased. What they allowed us to do with it is kept
//! per purpose, with proof; a withdrawal always counts. Two records of the same person are merged: one survives and
//! stands for both.

mod command;
mod consent;
mod decide;
mod details;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::{AddContact, ContactCommand, ContactRecord};
pub use consent::{Consent, ConsentProof, ConsentPurpose, ConsentSource};
pub use details::{DetailsChanges, PersonDetails};
pub use error::ContactError;
pub use event::ContactEvent;
pub use state::ContactState;

pub type Contact = crate::Root<ContactState>;
