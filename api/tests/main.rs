//! Acceptance tests: they run the real binary and talk to it as a person or a client does.
//!
//! One module per subject, sorted; `support` holds what they share.

mod cli_basics;
mod house;
mod support;
