//! The worker: one process at a time folds new events as they come.

use std::{collections::BTreeSet, future::Future, pin::pin, sync::Arc, thread, time::Duration};

use journal::ReadFilter;
use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
    time::{self, Instant, MissedTickBehavior},
};

use super::{
    RebuildReport, Views, ViewsError,
    control::State,
    generation::Generation,
    lease::{self, Lease, Watchdog},
    source::{Batch, Until},
};

/// How often the worker looks whether it was asked something or another generation took over.
const TICK: Duration = Duration::from_millis(100);
/// While many events wait, rows are written this often.
const WRITE_INTERVAL: Duration = Duration::from_millis(200);
/// After an error the worker waits a little.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// Up to date, the worker keeps this many rows in memory: those that change now are likely to change again.
const WARM_ROWS: usize = 20_000;
/// Generations kept besides those in use.
const KEPT_GENERATIONS: usize = 1;

/// Why the worker leaves a generation.
enum Next {
    Stopped,
    Generation(String),
}

impl<E: Send + Sync + 'static> Views<E> {
    /// The worker: takes the lease, builds what is missing, keeps the views up to date until `shutdown` completes.
    /// Every process may run it; one of them works, the others stand by.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()> + Send) -> Result<(), ViewsError> {
        let (stop, stopped) = watch::channel(false);
        let mut finished = on_thread(
            Arc::clone(&self),
            move |views| async move { views.stand_by(stopped).await },
        )?;
        let shutdown = pin!(shutdown);
        tokio::select! {
            () = shutdown => {
                stop.send_replace(true);
                finished.await.unwrap_or(Err(ViewsError::Stopped))
            }
            outcome = &mut finished => outcome.unwrap_or(Err(ViewsError::Stopped)),
        }
    }

    /// Builds one projection (`None`: all) again beside the views in use, compares, and switches.
    pub async fn rebuild(self: &Arc<Self>, projection: Option<&str>) -> Result<RebuildReport, ViewsError> {
        let rebuilt = match projection {
            Some(name) => BTreeSet::from([self.known(name)?]),
            None => self.projections.iter().map(|projection| projection.name()).collect(),
        };
        // Dropped with this future: a rebuild that nobody waits for any more ends.
        let (_stop, stopped) = watch::channel(false);
        let finished = on_thread(Arc::clone(self), move |views| async move {
            let name = lease::rebuild(&views.fingerprint);
            let lease = Lease::take(&views.control, name, views.holder, views.options.lease).await?;
            let lease = lease.ok_or(ViewsError::Busy("a rebuild"))?;
            let report = views.build_again(&rebuilt, &mut lease.watchdog(stopped)).await;
            lease.release().await;
            report
        })?;
        finished.await.unwrap_or(Err(ViewsError::Stopped))
    }

    async fn stand_by(&self, mut stopped: watch::Receiver<bool>) -> Result<(), ViewsError> {
        let name = lease::worker(&self.fingerprint);
        loop {
            let pause = match Lease::take(&self.control, name.clone(), self.holder, self.options.lease).await {
                Ok(Some(lease)) => {
                    let outcome = self.work(lease.watchdog(stopped.clone())).await;
                    self.local.send_replace(None);
                    lease.release().await;
                    match outcome {
                        Ok(()) | Err(ViewsError::Stopped) => return Ok(()),
                        Err(ViewsError::TakenOver) => Duration::ZERO,
                        Err(error) => self.trouble(&error),
                    }
                }
                Ok(None) => (self.options.lease / 8).min(RETRY_PAUSE),
                Err(error) => self.trouble(&error),
            };
            let stop = stopped.wait_for(|stopped| *stopped);
            if time::timeout(pause, stop).await.is_ok() {
                return Ok(());
            }
        }
    }

    /// Says what keeps the views from going on: once, however often it is tried again.
    fn trouble(&self, error: &ViewsError) -> Duration {
        let reason = error.to_string();
        if self.stalled().as_ref() != Some(&reason) {
            tracing::error!(%error, "the views cannot be kept up to date; trying again");
        }
        self.set_stalled(Some(reason));
        RETRY_PAUSE
    }

    /// Works under the lease.
    async fn work(&self, mut watchdog: Watchdog) -> Result<(), ViewsError> {
        let mut id = match self.usable().await? {
            Some(id) => id,
            None => self.build_first(&mut watchdog).await?,
        };
        self.discard_old(KEPT_GENERATIONS).await?;
        loop {
            match self.keep_up(&id, &mut watchdog).await? {
                Next::Stopped => return Ok(()),
                Next::Generation(next) => id = next,
            }
        }
    }

    /// The active generation, if it is there and belongs to this journal as it is.
    async fn usable(&self) -> Result<Option<String>, ViewsError> {
        let Some(id) = self.control.active(&self.fingerprint).await? else {
            return Ok(None);
        };
        let ahead = if self.place.exists(&id).await? {
            let connection = self.place.connect(&id, 1).await?;
            let position = super::store::reading::position(&connection).await?;
            connection.close().await?;
            position > self.source.journal.head().await?.position
        } else {
            true
        };
        if ahead {
            tracing::warn!(
                generation = id,
                "the views do not fit the journal: they are missing or ahead of it"
            );
            self.discard(&id).await?;
            return Ok(None);
        }
        Ok(Some(id))
    }

    /// Folds what comes, until told to end or another generation is active.
    async fn keep_up(&self, id: &str, watchdog: &mut Watchdog) -> Result<Next, ViewsError> {
        let mut generation = Generation::open(self.place.open(id).await?, &self.projections).await?;
        self.serve(id).await?;
        self.set_stalled(None);
        self.local.send_replace(Some(generation.position));
        let mut batches = self
            .source
            .read(generation.position, Until::Forever, ReadFilter::default());
        let mut tick = time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut patience = watchdog.clone();
        loop {
            tokio::select! {
                biased;
                reason = patience.barked() => return match reason {
                    ViewsError::Stopped => Ok(Next::Stopped),
                    reason => Err(reason),
                },
                batch = batches.recv() => match batch {
                    Some(Ok(batch)) => {
                        self.fold(&mut generation, batch, &mut batches).await?;
                        self.set_stalled(None);
                    }
                    Some(Err(error)) => {
                        self.trouble(&error);
                    }
                    None => return Err(ViewsError::Stopped),
                },
                _ = tick.tick() => {
                    if let Some(next) = self.look_around(id, &mut generation).await? {
                        return Ok(Next::Generation(next));
                    }
                }
                () = self.asked.notified() => self.do_as_asked(&mut generation).await?,
            }
        }
    }

    /// Folds a batch, and those that wait behind it as long as nobody waits too long; then writes.
    async fn fold(
        &self,
        generation: &mut Generation<E>,
        first: Batch<E>,
        batches: &mut tokio::sync::mpsc::Receiver<Result<Batch<E>, ViewsError>>,
    ) -> Result<(), ViewsError> {
        let begun = Instant::now();
        let mut next = Some(first);
        while let Some(batch) = next.take() {
            generation.offer(&batch.events, batch.last).await?;
            self.honour_skips(generation, &batch).await?;
            let more = begun.elapsed() < WRITE_INTERVAL && generation.held_rows() < self.options.buffered_rows;
            if more && batch.last < batch.head {
                // An error ahead waits its turn: it is delivered again.
                next = batches.recv().await.and_then(Result::ok);
            }
        }
        self.write(generation).await
    }

    async fn write(&self, generation: &mut Generation<E>) -> Result<(), ViewsError> {
        generation.flush().await?;
        self.local.send_replace(Some(generation.position));
        if generation.held_rows() > WARM_ROWS.min(self.options.buffered_rows) {
            generation.forget_rows();
        }
        Ok(())
    }

    /// Another generation may have been activated, something may have been asked by another process.
    async fn look_around(&self, id: &str, generation: &mut Generation<E>) -> Result<Option<String>, ViewsError> {
        let active = self.control.active(&self.fingerprint).await?;
        if let Some(active) = active.filter(|active| active != id) {
            self.discard_old(KEPT_GENERATIONS).await?;
            return Ok(Some(active));
        }
        self.do_as_asked(generation).await?;
        Ok(None)
    }

    async fn do_as_asked(&self, generation: &mut Generation<E>) -> Result<(), ViewsError> {
        for request in self.control.requests(&self.fingerprint).await? {
            if let Some(at) = generation.lane(&request.projection) {
                self.try_again(generation, at, request.partition.as_deref()).await?;
            }
            self.control.answer(&request.id).await?;
        }
        Ok(())
    }

    /// Folds what waits in a parked partition, or (`None`) everything since a projection stopped.
    async fn try_again(
        &self,
        generation: &mut Generation<E>,
        at: usize,
        partition: Option<&str>,
    ) -> Result<(), ViewsError> {
        let Some(lane) = generation.lanes.get_mut(at) else {
            return Ok(());
        };
        if let Some(partition) = partition {
            let waiting = lane.release(partition).into_iter().collect::<Vec<_>>();
            for positions in waiting.chunks(self.source.page) {
                let events = self.source.at(positions).await?;
                generation.offer_released(at, &events).await?;
            }
        } else {
            lane.resume();
            let (from, end) = (lane.folded, generation.position);
            let mut batches = self.source.read(from, Until::Position(end), ReadFilter::default());
            while let Some(batch) = batches.recv().await {
                let batch = batch?;
                generation.offer(&batch.events, batch.last).await?;
            }
        }
        self.write(generation).await
    }

    /// Passes over what the journal says is to be passed over.
    async fn honour_skips(&self, generation: &mut Generation<E>, batch: &Batch<E>) -> Result<(), ViewsError> {
        let skipped = self.source.codec.vocabulary().skipped;
        for skip in batch.events.iter().filter_map(|event| skipped(&event.event)) {
            let Some(at) = generation.lane(&skip.projection) else {
                continue;
            };
            let Some(lane) = generation.lanes.get_mut(at) else {
                continue;
            };
            let waiting = lane.skip(skip.position);
            let stopped_there = lane.stopped.as_ref().is_some_and(|stop| stop.position == skip.position);
            if stopped_there {
                self.try_again(generation, at, None).await?;
            } else if let Some(partition) = waiting {
                self.try_again(generation, at, Some(&partition)).await?;
            }
        }
        Ok(())
    }

    /// Removes what an erased person may have left in files: write-ahead logs, unused generations, views as of
    /// earlier moments. Call it once the views contain the erasure.
    pub async fn purge_files(&self) -> Result<(), ViewsError> {
        self.purge_copies().await?;
        self.discard_old(0).await?;
        for one in self.control.generations().await? {
            if matches!(one.state, State::Active | State::Retired) {
                self.place.purge(&one.id).await?;
            }
        }
        Ok(())
    }
}

/// Runs work on a thread of its own: it folds and writes for long stretches, which the runtime's threads must not.
pub(super) fn on_thread<E, T, W, F>(
    views: Arc<Views<E>>,
    work: W,
) -> Result<oneshot::Receiver<Result<T, ViewsError>>, ViewsError>
where
    E: Send + Sync + 'static,
    T: Send + 'static,
    W: FnOnce(Arc<Views<E>>) -> F + Send + 'static,
    F: Future<Output = Result<T, ViewsError>>,
{
    let (done, finished) = oneshot::channel();
    let runtime = Handle::current();
    let thread = thread::Builder::new().name("views".to_owned());
    let spawned = thread.spawn(move || {
        let outcome = runtime.block_on(work(views));
        // Nobody may be waiting any more.
        let _ = done.send(outcome);
    });
    spawned.map_err(|error| ViewsError::File {
        path: "a thread for the views".to_owned(),
        error,
    })?;
    Ok(finished)
}
