//! Reactions to events (see [`crate::bus`] for how commands are executed).
