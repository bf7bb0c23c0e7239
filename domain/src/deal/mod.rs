//! A deal: one sale in progress.
//!
//! It is opened in a stage of the pipeline, moves between the open stages in any direction, and is closed by being won
//! or lost, each by a command of its own because each asks for something else. A closed deal can be reopened. Its
//! amount is what we expect while it is open, and what was agreed once it is won.

mod command;
mod decide;
mod error;
mod event;
mod stage;
mod state;
#[cfg(test)]
mod tests;

pub use command::{DealCommand, OpenDeal};
pub use error::DealError;
pub use event::{DealEvent, LossReason};
pub use stage::Stage;
pub use state::{DealState, DealStatus};

pub type Deal = crate::Root<DealState>;
