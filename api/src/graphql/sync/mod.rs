//! For clients that work without us for a while: their commands in batches, and what changed meanwhile.

pub mod apply;
pub mod changes;
pub mod command;
pub mod manifest;
pub mod selection;

pub use self::{
    apply::{Batch, SyncMutations},
    changes::SyncQueries,
};
