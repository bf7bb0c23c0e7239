//! What readers ask of the views: the present, a position, how things stand.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use journal::{Position, ReadFilter};
use tokio::{sync::oneshot, time};

use super::{
    Duty, Held, ParkedKey, ProjectionState, ProjectionStatus, ViewHandle, Views, ViewsError,
    control::Request,
    lease,
    store::{Standing, reading},
};

/// How often a reader looks whether another process has moved the views.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How long the worker may take to answer a request.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

impl<E: Send + Sync + 'static> Views<E> {
    /// The views as they stand.
    pub async fn current(&self) -> Result<ViewHandle, ViewsError> {
        let local = *self.local.borrow();
        if let Some((position, serving)) = local.zip(self.serving()) {
            return Ok(ViewHandle {
                connection: serving.connection,
                position,
            });
        }
        let Some(active) = self.control.active(&self.fingerprint).await? else {
            return Err(self.still_building());
        };
        if !self.place.exists(&active).await? {
            return Err(self.still_building());
        }
        let serving = self.serve(&active).await?;
        let position = reading::position(&serving.connection).await?;
        Ok(ViewHandle {
            connection: serving.connection,
            position,
        })
    }

    /// The views once they contain everything up to `position`.
    pub async fn wait_for(&self, position: Position, timeout: Duration) -> Result<ViewHandle, ViewsError> {
        let deadline = Instant::now() + timeout;
        let mut local = self.local.subscribe();
        loop {
            let current = self.current().await;
            match &current {
                Ok(handle) if handle.position >= position => return current,
                Ok(_) | Err(ViewsError::Building { .. }) => {}
                Err(_) => return current,
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.behind(current?.position, position).await);
            }
            let news = local.wait_for(|local| local.is_some_and(|local| local >= position));
            let nobody_left = time::timeout(left.min(POLL_INTERVAL), news)
                .await
                .is_ok_and(|news| news.is_err());
            if nobody_left {
                time::sleep(POLL_INTERVAL).await;
            }
        }
    }

    /// How every projection is doing.
    pub async fn statuses(&self) -> Result<Vec<ProjectionStatus>, ViewsError> {
        let head = self.source.journal.head().await?.position;
        let standing = match self.current().await {
            Ok(current) => Some(reading::standing(&current.connection).await?),
            Err(ViewsError::Building { .. }) => None,
            Err(error) => return Err(error),
        };
        let mut statuses = Vec::new();
        for projection in &self.projections {
            let mut status = match &standing {
                Some(standing) => status_of(projection.name(), standing),
                None => self.status_while_building(projection.name()),
            };
            status.version = projection.version();
            status.last_error = status.last_error.or_else(|| self.stalled());
            status.lag_events = head.0.saturating_sub(status.position.0);
            status.lag_seconds = self.age_after(status.position).await;
            statuses.push(status);
        }
        Ok(statuses)
    }

    /// Who keeps the views, and who sends what leaves the house by carriers of this kind.
    pub async fn duties(&self, carrier: &str) -> Result<Vec<Duty>, ViewsError> {
        let leases = self.control.leases().await?;
        let me = self.holder.to_string();
        let duty = |name, lease: String| Duty {
            name,
            held: match leases.iter().find(|(held, _)| *held == lease) {
                Some((_, holder)) if *holder == me => Held::Here,
                Some(_) => Held::Elsewhere,
                None => Held::Nowhere,
            },
        };
        Ok(vec![
            duty("views", lease::worker(&self.fingerprint)),
            duty("deliveries", lease::deliveries(carrier)),
        ])
    }

    /// Bytes of the write-ahead log of the generation that is served; `None` where that is the database server's affair.
    pub fn write_ahead_bytes(&self) -> Option<u64> {
        let serving = self.serving()?;
        self.place.write_ahead_bytes(&serving.id)
    }

    /// What waits because an event failed.
    pub async fn parked(&self) -> Result<Vec<ParkedKey>, ViewsError> {
        let current = self.current().await?;
        Ok(parked_in(&reading::standing(&current.connection).await?))
    }

    /// Tries a parked partition again, or (`None`) a projection that has stopped. Returns what waits afterwards.
    pub async fn retry(
        self: &Arc<Self>,
        projection: &str,
        partition: Option<&str>,
    ) -> Result<Option<ParkedKey>, ViewsError> {
        self.known(projection)?;
        let waits = |parked: &ParkedKey| parked.projection == projection && parked.partition.as_deref() == partition;
        if !self.parked().await?.iter().any(waits) {
            let partition = partition.unwrap_or("the whole projection").to_owned();
            return Err(ViewsError::NothingParked {
                projection: projection.to_owned(),
                partition,
            });
        }
        let request = Request {
            id: uuid::Uuid::new_v4().to_string(),
            projection: projection.to_owned(),
            partition: partition.map(str::to_owned),
        };
        self.control.ask(&self.fingerprint, &request).await?;
        self.asked.notify_one();
        let answered = time::timeout(ANSWER_TIMEOUT, self.answered(&request.id)).await;
        if answered.is_err() {
            self.control.answer(&request.id).await?;
        }
        answered.unwrap_or(Err(ViewsError::NoAnswer(ANSWER_TIMEOUT)))?;
        Ok(self.parked().await?.into_iter().find(waits))
    }

    /// Waits until a worker has done what was asked; works itself where nobody else does.
    async fn answered(self: &Arc<Self>, request: &str) -> Result<(), ViewsError> {
        let mut own_worker = None;
        while self.control.is_open(request).await? {
            let nobody_works =
                own_worker.is_none() && !self.control.is_leased(&lease::worker(&self.fingerprint)).await?;
            if nobody_works {
                let (stop, stopped) = oneshot::channel::<()>();
                let worker = tokio::spawn(Arc::clone(self).run(async move {
                    // A sender that is gone says the same.
                    let _ = stopped.await;
                }));
                own_worker = Some((stop, worker));
            }
            time::sleep(POLL_INTERVAL).await;
        }
        if let Some((stop, worker)) = own_worker {
            drop(stop);
            worker.await.unwrap_or(Err(ViewsError::Stopped))?;
        }
        Ok(())
    }

    pub(super) fn known(&self, projection: &str) -> Result<&'static str, ViewsError> {
        let known = self
            .projections
            .iter()
            .map(|known| known.name())
            .find(|name| *name == projection);
        known.ok_or_else(|| ViewsError::UnknownProjection(projection.to_owned()))
    }

    async fn behind(&self, position: Position, wanted: Position) -> ViewsError {
        let seconds = self.age_after(position).await;
        ViewsError::Behind {
            position,
            wanted,
            events: wanted.0.saturating_sub(position.0),
            seconds,
        }
    }

    /// Age of the first event after a position; zero at the end.
    async fn age_after(&self, position: Position) -> f64 {
        let page = self.source.journal.read(position, 1, &ReadFilter::default()).await;
        let event = page.ok().and_then(|page| page.events.into_iter().next());
        event.map_or(0.0, |event| {
            let age = self.clock.now() - DateTime::<Utc>::from(event.header.recorded_at);
            age.as_seconds_f64().max(0.0)
        })
    }

    fn status_while_building(&self, name: &str) -> ProjectionStatus {
        let done = self.building.0.load(std::sync::atomic::Ordering::Relaxed);
        let state = ProjectionState::Building;
        ProjectionStatus {
            last_error: self.stalled(),
            ..empty_status(name, Position(done), state)
        }
    }
}

fn empty_status(name: &str, position: Position, state: ProjectionState) -> ProjectionStatus {
    let name = name.to_owned();
    ProjectionStatus {
        name,
        version: 0,
        position,
        lag_events: 0,
        lag_seconds: 0.0,
        parked: 0,
        state,
        last_error: None,
    }
}

fn status_of(name: &str, standing: &Standing) -> ProjectionStatus {
    let mut status = empty_status(name, standing.position, ProjectionState::Running);
    let parked = parked_in(standing)
        .into_iter()
        .filter(|parked| parked.projection == name)
        .collect::<Vec<_>>();
    status.parked = parked.iter().filter(|parked| parked.partition.is_some()).count() as u64;
    status.last_error = parked
        .iter()
        .max_by_key(|parked| parked.position)
        .map(|parked| parked.error.clone());
    if let Some(stopped) = parked.iter().find(|parked| parked.partition.is_none()) {
        status.state = ProjectionState::Failed;
        status.position = Position(stopped.position.0.saturating_sub(1));
        status.last_error = Some(stopped.error.clone());
    }
    status
}

fn parked_in(standing: &Standing) -> Vec<ParkedKey> {
    let mut parked: BTreeMap<(&str, &str), ParkedKey> = BTreeMap::new();
    for held in &standing.parked {
        let key = (held.projection.as_str(), held.partition.as_str());
        let entry = parked.entry(key).or_insert_with(|| ParkedKey {
            projection: held.projection.clone(),
            partition: Some(held.partition.clone()),
            position: held.position,
            waiting: 0,
            error: held.error.clone(),
        });
        entry.waiting += 1;
    }
    let stopped = standing.projections.iter().filter_map(|lane| {
        let (position, error) = lane.failed.clone()?;
        let waiting = (standing.position.0 + 1).saturating_sub(position.0);
        Some(ParkedKey {
            projection: lane.name.clone(),
            partition: None,
            position,
            waiting,
            error,
        })
    });
    stopped.chain(parked.into_values()).collect()
}
