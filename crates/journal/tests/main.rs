//! What every journal must do, whatever stores it.
//!
//! Each fact is a function over a [`backend::Backend`]; `conformance!` makes a test of it for every back end.

#[cfg(test)]
mod backend;
#[cfg(test)]
mod build;

#[cfg(test)]
mod appending;
#[cfg(test)]
mod postgres;
