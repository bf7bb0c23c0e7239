//! Folding a journal into rows: how fast views are rebuilt, and how soon a commit is visible.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::Event;
use engine::{Codec, Projection, SystemClock, Views, ViewsError, ViewsOptions};
use futures::future::try_join_all;
use journal::{Journal, JournalError, Position};
use tokio::{sync::oneshot, time::MissedTickBehavior};
use uuid::Uuid;

use super::{codec, open, report::Report, sqlite_url, workload};

/// Longer than any measurement takes.
const PATIENCE: Duration = Duration::from_mins(10);
const EVENTS_PER_SECOND: u64 = 1_000;

/// Folds a whole journal into fresh views of every read model.
pub(super) async fn measure_rebuild(
    journal: &Arc<dyn Journal>,
    codec: &Arc<Codec<Event>>,
    directory: &Path,
    events_per_row: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    let head = journal.head().await?.position;
    let started = Instant::now();
    let worker = Worker::start(
        journal,
        codec,
        &sqlite_url(directory, &format!("views-{events_per_row}")),
        projections::all(),
    )
    .await?;
    worker.wait_for(head).await?;
    let rate = head.0 as f64 / started.elapsed().as_secs_f64();
    worker.stop().await?;
    let detail = format!("all read models from an empty file, {events_per_row} events per deal");
    report.add(format!("sqlite.rebuild.{events_per_row}"), rate, "events/s", detail);
    Ok(())
}

/// Appends at a steady pace and waits for each event's row.
pub(super) async fn measure_latency(directory: &Path, duration: Duration, report: &mut Report) -> anyhow::Result<()> {
    let journal = open(&sqlite_url(directory, "latency")).await?;
    let codec = codec(&journal).await?;
    let url = sqlite_url(directory, "latency-views");
    let worker = Worker::start(&journal, &codec, &url, projections::all()).await?;
    let mut pace = tokio::time::interval(Duration::from_secs(1) / EVENTS_PER_SECOND as u32);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut visible = Vec::new();
    for _ in 0..EVENTS_PER_SECOND * duration.as_secs() {
        pace.tick().await;
        let (journal, views) = (journal.clone(), worker.views.clone());
        visible.push(tokio::spawn(async move {
            let appended = journal.append(workload::batch(Uuid::now_v7(), 1)).await?;
            let committed = Instant::now();
            views.wait_for(appended.last, PATIENCE).await?;
            anyhow::Ok(committed.elapsed())
        }));
    }
    let mut delays = try_join_all(visible)
        .await?
        .into_iter()
        .collect::<anyhow::Result<Vec<_>>>()?;
    worker.stop().await?;
    delays.sort_unstable();
    for (name, share) in [("p50", 50), ("p99", 99)] {
        let delay = delays.get(delays.len() * share / 100).copied().unwrap_or_default();
        let detail = format!("commit to visible row at {EVENTS_PER_SECOND} events/s");
        report.add(
            format!("sqlite.visible.{name}"),
            delay.as_secs_f64() * 1_000.0,
            "ms",
            detail,
        );
    }
    Ok(())
}

/// Views with their worker running.
pub(super) struct Worker {
    views: Arc<Views<Event>>,
    shutdown: oneshot::Sender<()>,
    running: tokio::task::JoinHandle<Result<(), ViewsError>>,
}

impl Worker {
    pub(super) async fn start(
        journal: &Arc<dyn Journal>,
        codec: &Arc<Codec<Event>>,
        url: &str,
        projections: Vec<Arc<dyn Projection<Event>>>,
    ) -> Result<Self, ViewsError> {
        let (clock, options) = (Arc::new(SystemClock), ViewsOptions::default());
        let views = Views::open(url, journal.clone(), codec.clone(), projections, clock, options).await?;
        let (shutdown, stopped) = oneshot::channel();
        let running = tokio::spawn(views.clone().run(async {
            // A dropped sender stops the worker as well.
            let _ = stopped.await;
        }));
        Ok(Self {
            views,
            shutdown,
            running,
        })
    }

    pub(super) fn views(&self) -> Arc<Views<Event>> {
        self.views.clone()
    }

    pub(super) async fn wait_for(&self, position: Position) -> Result<(), ViewsError> {
        self.views.wait_for(position, PATIENCE).await.map(drop)
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        let _ = self.shutdown.send(());
        Ok(self.running.await.map_err(|_| JournalError::Closed)??)
    }
}
