//! For clients that work without us for a while: their commands in batches, and what changed meanwhile.

pub mod apply;
pub mod command;

pub use self::apply::{Batch, SyncMutations};
