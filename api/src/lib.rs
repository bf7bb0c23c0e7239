//! Alforis, composed: the command line, the configuration, the GraphQL server.
//!
//! What belongs here: how the rooms are put together and how people and programs talk to them. What does not: business
//! rules (`domain`), read models (`projections`), the journal and the engine (`crates/`).

// The roots of the schema are merged from so many parts that the layout of one future nests deeper than usual.
#![recursion_limit = "256"]

pub mod application;
pub mod authentication;
pub mod backup;
mod bench;
pub mod cli;
pub mod config;
pub mod deal_request;
pub mod demo;
pub mod export;
pub mod files;
pub mod first_start;
pub mod graphql;
mod hand_over;
pub mod http;
pub mod import;
pub mod letters;
pub mod live;
mod merging;
pub mod metrics;
pub mod obligations;
pub mod outgoing;
pub mod past;
pub mod policy;
mod reactions;
pub mod readiness;
mod recurring;
pub mod registered;
pub mod revenue;
pub mod sales;
pub mod search;
mod signing;
pub mod startup;
pub mod throttle;
pub mod tls;
mod tracing_out;
pub mod words;
