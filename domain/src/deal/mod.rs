//! A deal: one sale in progress.
//!
//! It is opened in a stage of a pipeline, moves between the open stages in any direction, and is closed by being won or
//! lost, each by a command of its own because each asks for something else. A closed deal can be reopened. Its amounts
//! are what we expect while it is open, and what was agreed once it is won.
//!
//! What a stage is, its pipeline says: a command brings the stage as its pipeline knows it, and whoever puts the command
//! checks in the same unit of work that the pipeline is still as it was read.

mod amounts;
mod command;
mod decide;
mod details;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use amounts::{AmountChanges, Amounts};
pub use command::{DealCommand, OpenDeal};
pub use details::{CreditShare, DealSource, ProductOfInterest, SourceKind, WHOLE_CREDIT};
pub use error::DealError;
pub use event::{DealEvent, Destination, LossReason};
pub use state::{DealState, DealStatus};

pub use crate::pipeline::Stage;

pub type Deal = crate::Root<DealState>;
