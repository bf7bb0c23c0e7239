//! Fuzzing of everything that reads bytes from outside: receipts, checkpoints, keys, proofs, events.
//!
//! With a nightly compiler: `cargo +nightly fuzz run event --features libfuzzer -- -max_total_time=60`.
//! With any compiler: `cargo run --release --bin hammer -- event 60`. The tests of the workspace do some of it each time.

pub mod entries;
