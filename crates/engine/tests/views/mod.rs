//! The views against a real journal: a ledger of items in groups.

mod generations;
mod keeping_up;
mod ledger;
mod parked;
mod past;
mod postgres;
mod processes;
mod shelf;
mod specs;
