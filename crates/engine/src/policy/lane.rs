//! One policy and how far it has come.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use journal::{Position, ReadFilter};
use tokio::{
    sync::{Mutex, watch},
    time,
};

use super::{Policy, ReactionError, StartAt};
use crate::{backoff::Backoff, bus::CommandBus};

/// Events read at a time; after a trouble at most so many are reacted to again.
const PAGE: usize = 256;
/// A lane looks by itself when no hint comes.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The position is stored this often: a kill makes the policy see again what it saw since.
const PERSIST_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Lane<E> {
    policy: Arc<dyn Policy<E>>,
    /// `None` until the stored position was read. Locked while a page is reacted to, so that the background and
    /// [`super::PolicyRunner::drain`] take turns.
    place: Mutex<Option<Place>>,
}

#[derive(Clone, Copy)]
struct Place {
    reached: Position,
    stored: Position,
    stored_at: Instant,
}

impl Place {
    fn at(stored: Position) -> Self {
        Self {
            reached: stored,
            stored,
            stored_at: Instant::now(),
        }
    }
}

impl<E: Send + Sync + 'static> Lane<E> {
    pub(super) fn new(policy: Arc<dyn Policy<E>>) -> Self {
        Self {
            policy,
            place: Mutex::new(None),
        }
    }

    pub(super) async fn run(&self, bus: &CommandBus<E>) {
        let mut backoff = Backoff::default();
        let mut hint = bus.journal().head_hint();
        loop {
            match self.react_to_page(bus).await {
                Ok(reached) => {
                    backoff.reset();
                    self.wait(bus, &mut hint, reached).await;
                }
                Err(error) => {
                    tracing::warn!(policy = self.policy.name(), code = %error.code(), %error, "policy waits");
                    backoff.pause().await;
                }
            }
        }
    }

    pub(super) async fn catch_up(&self, bus: &CommandBus<E>, head: Position) -> Result<(), ReactionError> {
        while self.react_to_page(bus).await? < head {}
        Ok(())
    }

    /// Stores the position now; failing only means reacting again later.
    pub(super) async fn persist(&self, bus: &CommandBus<E>) {
        if let Some(place) = self.place.lock().await.as_mut()
            && let Err(error) = self.store(bus, place).await
        {
            tracing::debug!(policy = self.policy.name(), %error, "position not stored");
        }
    }

    /// Reacts to the next page; where the policy stands then. At the head that is where it stood before.
    async fn react_to_page(&self, bus: &CommandBus<E>) -> Result<Position, ReactionError> {
        let mut place = self.place.lock().await;
        let current = match *place {
            Some(current) => current,
            None => self.start(bus).await?,
        };
        let place = place.insert(current);
        let filter = ReadFilter {
            categories: self.policy.categories(),
            occurred_until: None,
        };
        let page = bus.journal().read(place.reached, PAGE, &filter).await?;
        for event in bus.codec().open_page(&page).await? {
            match self.policy.react(&event, bus).await {
                Err(ReactionError::Refused { code, reason }) => tracing::info!(
                    policy = self.policy.name(), position = event.header.position.0, %code, reason, "reaction refused"
                ),
                reaction => reaction?,
            }
        }
        place.reached = page.last;
        if place.reached > place.stored && place.stored_at.elapsed() >= PERSIST_INTERVAL {
            self.store(bus, place).await?;
        }
        Ok(place.reached)
    }

    async fn start(&self, bus: &CommandBus<E>) -> Result<Place, ReactionError> {
        let (name, vault) = (self.policy.name(), bus.journal().vault());
        if let Some(stored) = vault.consumer_position(name).await? {
            return Ok(Place::at(stored));
        }
        let first = match self.policy.start_at() {
            StartAt::Head => bus.journal().head().await?.position,
            StartAt::Beginning => Position::START,
        };
        // Another process may have started it a moment earlier; then its start counts.
        vault.advance_consumer(name, None, first).await?;
        Ok(Place::at(vault.consumer_position(name).await?.unwrap_or(first)))
    }

    /// When another process runs the same policy and moved the position, both go on: their commands have the same ids.
    async fn store(&self, bus: &CommandBus<E>, place: &mut Place) -> Result<(), ReactionError> {
        let (name, vault) = (self.policy.name(), bus.journal().vault());
        if place.reached > place.stored && !vault.advance_consumer(name, Some(place.stored), place.reached).await? {
            place.stored = vault.consumer_position(name).await?.unwrap_or(place.stored);
            place.reached = place.reached.max(place.stored);
        } else {
            place.stored = place.reached;
        }
        place.stored_at = Instant::now();
        Ok(())
    }

    /// Until there may be something to read. The time is used to store the position when that is due.
    async fn wait(&self, bus: &CommandBus<E>, hint: &mut watch::Receiver<Position>, reached: Position) {
        let news = async {
            if hint.wait_for(|head| *head > reached).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        if time::timeout(POLL_INTERVAL, news).await.is_err() {
            self.persist(bus).await;
        }
    }
}
