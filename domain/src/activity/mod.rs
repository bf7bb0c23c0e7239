//! An activity: what passed between us and somebody. A call, an e-mail, a meeting, a note, a visit.
//!
//! It is recorded once and stays; what was recorded wrongly is corrected or withdrawn, and both are to be seen. Words
//! about a contact, and the place of whoever checks in, are personal data and can be erased.

mod command;
mod content;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::{About, ActivityCommand, RecordActivity};
pub use content::{
    ActivityContent, ActivityDirection, ActivityKind, ActivityWords, CallOutcome, ContentInput, GeoPlace,
};
pub use error::ActivityError;
pub use event::ActivityEvent;
pub use state::ActivityState;

pub type Activity = crate::Root<ActivityState>;
