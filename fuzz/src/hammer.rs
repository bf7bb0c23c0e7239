//! `hammer [ENTRY] [SECONDS]`: throws mutated examples at one entry or at all, with any compiler.

use std::{
    hash::{BuildHasher as _, RandomState},
    panic::catch_unwind,
    process::ExitCode,
    time::{Duration, Instant},
};

use alforis_fuzz::entries::{ENTRIES, Entry, corpus, mutate};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_else(|| "all".to_owned());
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10);
    let chosen: Vec<&Entry> = ENTRIES
        .iter()
        .filter(|entry| wanted == "all" || wanted == entry.name)
        .collect();
    if chosen.is_empty() {
        eprintln!(
            "no entry `{wanted}`; there are: all{}",
            ENTRIES.map(|entry| format!(", {}", entry.name)).concat()
        );
        return ExitCode::FAILURE;
    }
    let sound = chosen
        .into_iter()
        .all(|entry| hammer(entry, Duration::from_secs(seconds)));
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn hammer(entry: &Entry, time: Duration) -> bool {
    let corpus = corpus(entry);
    let mut random = Random(RandomState::new().hash_one(entry.name) | 1);
    let (started, mut inputs) = (Instant::now(), 0_u64);
    while started.elapsed() < time {
        let mut input = corpus[random.next() as usize % corpus.len()].clone();
        let steps: Vec<_> = (0..random.next() % 6)
            .map(|_| (random.next() as u8, random.next() as u16, random.next() as u8))
            .collect();
        mutate(&mut input, &steps);
        if catch_unwind(|| (entry.run)(&input)).is_err() {
            let path = format!("crash-{}", entry.name);
            let written = std::fs::write(&path, &input);
            println!("{}: panics; the input is in {path} ({written:?})", entry.name);
            return false;
        }
        inputs += 1;
    }
    println!("{}: {inputs} inputs in {time:?}, none made it panic", entry.name);
    true
}

/// Xorshift: good enough to choose what to break.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 3
    }
}
