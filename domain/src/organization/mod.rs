//! An organization: a company we sell to, or hope to.
//!
//! It is a prospect until a deal is won with it, then a customer, and a former customer when it leaves. Its SIREN is
//! unique among organizations (see [`crate::reservation`]); its main contact is personal data and can be erased.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::{OrganizationCommand, Profile, ProfileChanges};
pub use error::OrganizationError;
pub use event::{ContactDetails, OrganizationEvent};
pub use state::{OrganizationState, OrganizationStatus};

pub type Organization = crate::Root<OrganizationState>;
