//! What every journal must do, whatever stores it.
//!
//! Each fact is a function over a [`backend::Backend`]; `conformance!` makes a test of it for every back end.

#[cfg(test)]
mod backend;
#[cfg(test)]
mod build;
#[cfg(test)]
mod child;
#[cfg(test)]
mod random;
#[cfg(test)]
mod records;
#[cfg(test)]
mod sound;

#[cfg(test)]
mod append_only;
#[cfg(test)]
mod appending;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod killing;
#[cfg(test)]
mod million;
#[cfg(test)]
mod ordering;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod proofs_page;
#[cfg(test)]
mod racing;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod sqlite_files;
#[cfg(test)]
mod subscribing;
#[cfg(test)]
mod vault;
#[cfg(test)]
mod verifying;
