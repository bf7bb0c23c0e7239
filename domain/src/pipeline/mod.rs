//! A pipeline: the stages that deals of one kind go through.
//!
//! Its stages have an order, and each is open, won or lost: open ones first, one that means won, one or more that mean
//! lost. A stage is never taken away, because deals and their histories name it; it is retired, and then takes no deals
//! any more. One pipeline is built in: it exists without an event until somebody amends it.

mod builtin;
mod command;
mod decide;
mod error;
mod event;
mod stage;
mod state;
#[cfg(test)]
mod tests;

pub use builtin::{BUILT_IN, Stage, UnknownStage};
pub use command::{NewPipeline, NewStage, PipelineCommand};
pub use error::PipelineError;
pub use event::PipelineEvent;
pub use stage::{Names, Probability, StageCode, StageDefinition, StageKind, StageRef};
pub use state::PipelineState;

pub type Pipeline = crate::Root<PipelineState>;
