//! An organization: a company we sell to, or hope to.
//!
//! It is a prospect until a deal is won with it, then a customer, and a former customer when it leaves. Its SIREN is
//! unique among organizations (see [`crate::reservation`]); its main contact is personal data and can be erased. Two
//! records of the same company are merged: one survives and stands for both, the other refers to it from then on.

mod command;
mod decide;
mod error;
mod event;
mod merge;
mod profile;
mod state;
#[cfg(test)]
mod tests;

pub use command::{OrganizationCommand, Record};
pub use error::OrganizationError;
pub use event::{BankAccount, ContactDetails, CustomerReminders, OrganizationEvent};
pub use profile::{OrganizationKind, OrganizationSize, Profile, ProfileChanges};
pub use state::{OrganizationState, OrganizationStatus};

pub type Organization = crate::Root<OrganizationState>;
