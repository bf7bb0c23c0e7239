//! Appends through the port from concurrent clients.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use journal::{AppendError, Journal};
use rand::Rng;
use uuid::Uuid;

use super::{report::Report, workload};

/// Streams that single-event appends are spread over.
const STREAMS: usize = 50_000;

/// One client alone, many with one event each, some with many.
pub(super) async fn measure_all(
    journal: &Arc<dyn Journal>,
    back_end: &str,
    duration: Duration,
    report: &mut Report,
) -> Result<(), AppendError> {
    for (clients, events) in [(1, 1), (64, 1), (16, 50)] {
        let load = Load {
            clients,
            events,
            streams: STREAMS,
            duration,
        };
        let rate = measure(journal, load).await?;
        let name = format!("{back_end}.append.{clients}x{events}");
        let detail = format!("{clients} clients, {events} events an append, in process");
        report.add(&name, rate.events_per_second, "events/s", detail);
        report.add(
            format!("{name}.group"),
            rate.appends_per_commit,
            "appends/transaction",
            "on average",
        );
    }
    Ok(())
}

/// How appends are made: what differs between the measurements.
#[derive(Debug, Clone, Copy)]
struct Load {
    clients: usize,
    /// Events of one append, all to one stream.
    events: usize,
    /// Streams that the appends are spread over at random.
    streams: usize,
    duration: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
struct Rate {
    events_per_second: f64,
    /// Appends that shared a transaction, on average.
    appends_per_commit: f64,
}

/// Appends as fast as every client gets its answers.
async fn measure(journal: &Arc<dyn Journal>, load: Load) -> Result<Rate, AppendError> {
    let streams: Arc<Vec<Uuid>> = Arc::new((0..load.streams).map(|_| Uuid::now_v7()).collect());
    let appends = Arc::new(AtomicU64::new(0));
    let commits_before = journal.group_commits();
    let started = Instant::now();
    let clients = (0..load.clients).map(|_| {
        let (journal, streams, appends) = (journal.clone(), streams.clone(), appends.clone());
        tokio::spawn(async move {
            while started.elapsed() < load.duration {
                let stream = streams[rand::rng().random_range(0..streams.len())];
                journal.append(workload::batch(stream, load.events)).await?;
                appends.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, AppendError>(())
        })
    });
    for client in try_join_all(clients).await.map_err(|_| journal::JournalError::Closed)? {
        client?;
    }
    let appends = appends.load(Ordering::Relaxed) as f64;
    let commits = (journal.group_commits() - commits_before).max(1) as f64;
    Ok(Rate {
        events_per_second: appends * load.events as f64 / started.elapsed().as_secs_f64(),
        appends_per_commit: appends / commits,
    })
}
