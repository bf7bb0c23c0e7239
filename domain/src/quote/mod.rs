//! An offer to a customer: one number, and versions that follow each other.
//!
//! At most one version is a draft, at most one is open to the customer: sending a newer one supersedes the older. Only the
//! open one can be accepted or refused, until the end of its last day; an expired one can be held open again by whoever
//! sent it. What was sent never changes.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::{DraftQuote, QuoteCommand, SendQuote, SignatureGiven};
pub use error::QuoteError;
pub use event::{AcceptanceMeans, EnvelopeOutcome, QuoteEvent, SealTimestamp, Signature};
pub use state::{
    Approval, CODE_ATTEMPTS_MAX, CODES_MAX, Draft, Envelope, OpenVersion, QuoteState, QuoteStatus, SentVersion,
};

use crate::{Root, ids::QuoteId};
use uuid::Uuid;

pub type Quote = Root<QuoteState>;

impl QuoteId {
    /// What the link to a version is known by: another one for each link that replaced one.
    pub fn link(self, version: u16, link: u16) -> Uuid {
        let mut name = b"link".to_vec();
        name.extend(version.to_be_bytes());
        name.extend(link.to_be_bytes());
        Uuid::new_v5(&self.0, &name)
    }

    /// What the how manieth code for a version is known by.
    pub fn signing_code(self, version: u16, code: u8) -> Uuid {
        let mut name = b"code".to_vec();
        name.extend(version.to_be_bytes());
        name.push(code);
        Uuid::new_v5(&self.0, &name)
    }

    /// What a provider of signatures knows the how manieth envelope of a version by.
    pub fn envelope(self, version: u16, envelope: u16) -> Uuid {
        let mut name = b"envelope".to_vec();
        name.extend(version.to_be_bytes());
        name.extend(envelope.to_be_bytes());
        Uuid::new_v5(&self.0, &name)
    }
}
