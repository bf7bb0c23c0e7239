//! Acceptance tests: they run the real binary and talk to it as a person or a client does.
//!
//! One module per subject, sorted; `support` holds what they share.

#[cfg(test)]
mod cli_basics;
#[cfg(test)]
mod fuzzing;
#[cfg(test)]
mod house;
#[cfg(test)]
mod support;
