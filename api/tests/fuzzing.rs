//! Everything that reads bytes from outside gets examples, changed examples and noise, and must never panic.
//!
//! The entry points are those of `fuzz/`, which does the same for as long as one wants.

#[path = "../../fuzz/src/entries.rs"]
#[allow(dead_code, unreachable_pub, clippy::pedantic)] // shared with a workspace of its own
mod entries;

use entries::{ENTRIES, corpus, mutate};
use proptest::prelude::*;

#[test]
fn every_example_is_read_without_panic() {
    for entry in &ENTRIES {
        for example in corpus(entry) {
            (entry.run)(&example);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_changed_example_is_read_without_panic(
        example in any::<prop::sample::Index>(),
        steps in prop::collection::vec(any::<(u8, u16, u8)>(), 0..6),
    ) {
        for entry in &ENTRIES {
            let examples = corpus(entry);
            let mut input = examples[example.index(examples.len())].clone();
            mutate(&mut input, &steps);
            (entry.run)(&input);
        }
    }

    #[test]
    fn noise_is_read_without_panic(noise in prop::collection::vec(any::<u8>(), 0..600)) {
        for entry in &ENTRIES {
            (entry.run)(&noise);
        }
    }
}
