//! How fast a journal appends and reads: `cargo run --release -p journal --example measure -- [URL] [EVENTS]`.
//!
//! Without a URL it uses an SQLite journal in a temporary folder. Small events of about 300 bytes, as a sales history
//! has them, over 50,000 streams.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use journal::{
    AppendBatch, AppendError, CommandKey, Expected, Fingerprint, Journal, NewEvent, OpenOptions, Position, ReadFilter,
    StreamId, StreamWrite, Timestamp,
};
use uuid::Uuid;

const STREAMS: u64 = 50_000;
const PAGE: usize = 4_096;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = tempfile::tempdir()?;
    let url = arguments
        .next()
        .unwrap_or_else(|| format!("sqlite:{}/journal.db", folder.path().display()));
    let events: u64 = arguments.next().map_or(Ok(200_000), |text| text.parse())?;
    let options = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    let journal = journal::open(&url, options).await?;

    for (clients, events_each, share) in [(1, 1, 50), (64, 1, 2), (16, 50, 1)] {
        let count = events / share;
        let started = Instant::now();
        append(&journal, clients, events_each, count).await?;
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "append {clients:>3} x {events_each:>2}  {:>9.0} events/s  ({count} events)",
            count as f64 / seconds
        );
    }
    for _ in 0..3 {
        let started = Instant::now();
        let count = read(&journal).await?;
        let rate = count as f64 / started.elapsed().as_secs_f64();
        println!("read            {rate:>9.0} events/s  ({count} events)");
    }
    Ok(())
}

async fn append(journal: &Arc<dyn Journal>, clients: u64, events_each: u64, count: u64) -> Result<(), AppendError> {
    let mut tasks: tokio::task::JoinSet<Result<(), AppendError>> = tokio::task::JoinSet::new();
    for client in 0..clients {
        let journal = journal.clone();
        tasks.spawn(async move {
            for number in 0..count / clients / events_each {
                journal.append(batch(client + number * clients, events_each)).await?;
            }
            Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(|error| AppendError::Invalid(error.to_string()))??;
    }
    Ok(())
}

fn batch(number: u64, events: u64) -> AppendBatch {
    // Spread over the streams without order, as users are.
    let stream = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % STREAMS;
    let events = (0..events).map(|_| event(number)).collect();
    AppendBatch {
        command: CommandKey {
            issuer: "measure".into(),
            id: Uuid::now_v7(),
        },
        fingerprint: Fingerprint([1; 32]),
        actor: "user:0190aa00-0000-7000-8000-000000000001".into(),
        correlation_id: Uuid::now_v7(),
        causation_id: None,
        now: Timestamp(1_700_000_000_000_000 + number as i64),
        writes: vec![StreamWrite {
            stream: StreamId::new("deal", Uuid::from_u128(0x0190_aa00 << 96 | u128::from(stream))),
            expected: Expected::Any,
            events,
        }],
        checks: Vec::new(),
    }
}

fn event(number: u64) -> NewEvent {
    let payload = format!(
        r#"{{"DealOpened":{{"title":"Renewal of the maintenance contract {number}","organization":"0190aa00-0000-7000-8000-0000000000{:02}","stage":"QUALIFICATION","amount":{{"minorUnits":{},"currency":"EUR"}},"expectedClose":"2026-09-30","owner":"0190aa00-0000-7000-8000-000000000007","product":"GTX Plus Pro","note":"asked for a quote by phone"}}}}"#,
        number % 100,
        number * 100
    );
    NewEvent {
        event_id: Uuid::now_v7(),
        event_type: "DealOpened".into(),
        schema_version: 1,
        occurred_at: Timestamp(1_700_000_000_000_000),
        payload: Bytes::from(payload),
        metadata: Bytes::new(),
    }
}

async fn read(journal: &Arc<dyn Journal>) -> Result<usize, journal::JournalError> {
    let (mut after, mut count) = (Position::START, 0);
    loop {
        let page = journal.read(after, PAGE, &ReadFilter::default()).await?;
        if page.last == after {
            return Ok(count);
        }
        count += page.events.len();
        after = page.last;
    }
}
