//! A journal of a million events on SQLite, in a release build:
//! `cargo test --release -p journal --test main -- --ignored --nocapture million`.

use std::time::{Duration, Instant};

use journal::{
    Expected, Journal, StreamId,
    checkpoint::{self, SigningKeyFile},
    receipt,
    verify::verify,
};

use crate::{
    backend::{Backend, Sqlite},
    build::{BatchBuilder, command, stream},
};

const EVENTS: usize = 1_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute and measures: only in a release build"]
async fn a_million_events_are_verified_in_ten_seconds_and_proven_at_once() {
    let place = Sqlite::start().await;
    let journal = place.open().await;
    let deals = fill(&*journal).await;
    let origin = checkpoint::origin(journal.info());
    let key = SigningKeyFile::open_or_create(&place.path().with_extension("key"), &origin).unwrap();

    let started = Instant::now();
    let report = verify(&*journal, None, &|_, _| ()).await.unwrap();
    let verifying = started.elapsed();
    println!("verified {} events in {verifying:.2?}", report.events);

    let started = Instant::now();
    let history = receipt::issue(&*journal, &deals[777], &key).await.unwrap();
    let issuing = started.elapsed();
    let json = history.to_json().unwrap();
    let started = Instant::now();
    let proven = history.verify(&key.verifier_key().into()).unwrap();
    let checking = started.elapsed();
    println!(
        "receipt of {} events ({} bytes) made in {issuing:.2?}, checked in {checking:.2?}",
        proven.events.len(),
        json.len()
    );

    assert_eq!(report.events, EVENTS as u64);
    assert!(verifying < Duration::from_secs(10));
    assert!(issuing < Duration::from_secs(1));
}

/// Ten events for each deal, far from each other.
async fn fill(journal: &dyn Journal) -> Vec<StreamId> {
    let deals: Vec<StreamId> = (0..EVENTS / 10).map(|_| stream("deal")).collect();
    for _ in 0..10 {
        for some in deals.chunks(1_000) {
            let batch = some
                .iter()
                .fold(command(), |batch, deal| batch.write(deal, Expected::Any, 1));
            journal.append(batch).await.unwrap();
        }
    }
    deals
}
