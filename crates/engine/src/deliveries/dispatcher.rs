//! The worker: one process at a time makes the attempts of a kind, several at once.

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use journal::{Position, failpoint};
use tokio::{
    sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore, watch},
    time::{self, Instant},
};
use uuid::Uuid;

use super::{Carried, Carrier, Doubt, Due, Outbound, Outcome, RetrySchedule};
use crate::{
    agenda::{AgendaError, AgendaSource},
    backoff::Backoff,
    bus::{CommandBus, CommandContext},
    policy::ReactionError,
    views::{Views, lease},
};

/// Attempts under way at once.
const AT_ONCE: usize = 4;
/// Deliveries are looked at no more often than this, however much happens.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
/// And no less often than this: the machine's clock may jump.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often a process that stands by asks whether it is its turn.
const STANDBY: Duration = Duration::from_secs(1);
/// How long attempts under way may take to end when the worker stops. What has no outcome by then is in doubt.
const GRACE: Duration = Duration::from_secs(20);
/// A delivery whose attempt could not be recorded is left alone for this long.
const REST: Duration = Duration::from_secs(5);
/// One whose attempt was refused, although the view says it is due: somebody else has it.
const LONG_REST: Duration = Duration::from_mins(1);

/// Makes the attempts of one [`Carrier`].
pub struct Dispatcher<E, C> {
    bus: Arc<CommandBus<E>>,
    views: Arc<Views<E>>,
    carrier: C,
    schedule: RetrySchedule,
    slots: Arc<Semaphore>,
    on_hand: Mutex<OnHand>,
    /// Counts attempts that have ended.
    landed: watch::Sender<u64>,
    /// Held while attempts are chosen, so that nobody chooses from what another one is taking away.
    choosing: AsyncMutex<()>,
}

#[derive(Default)]
struct OnHand {
    under_way: HashSet<Uuid>,
    resting: HashMap<Uuid, Instant>,
}

/// What a look at the deliveries led to.
struct Round {
    started: usize,
    next: Option<DateTime<Utc>>,
}

/// An attempt under way; when it is dropped it has landed, however it ended.
struct UnderWay<E: Send + Sync + 'static, C: Carrier<E>> {
    dispatcher: Arc<Dispatcher<E, C>>,
    delivery: Uuid,
    _slot: OwnedSemaphorePermit,
}

impl<E: Send + Sync + 'static, C: Carrier<E>> Drop for UnderWay<E, C> {
    fn drop(&mut self) {
        self.dispatcher.on_hand().under_way.remove(&self.delivery);
        self.dispatcher.landed.send_modify(|landed| *landed += 1);
    }
}

impl<E: Send + Sync + 'static, C: Carrier<E>> Dispatcher<E, C> {
    pub fn new(bus: Arc<CommandBus<E>>, views: Arc<Views<E>>, carrier: C, schedule: RetrySchedule) -> Arc<Self> {
        Arc::new(Self {
            bus,
            views,
            carrier,
            schedule,
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            on_hand: Mutex::default(),
            landed: watch::Sender::new(0),
            choosing: AsyncMutex::default(),
        })
    }

    pub const fn carrier(&self) -> &C {
        &self.carrier
    }

    /// Makes attempts as they become due, until `shutdown` is ready; then those under way end first. Every process may
    /// run it: one works, another takes over when it dies.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let name = lease::deliveries(self.carrier.kind());
        let mut backoff = Backoff::default();
        loop {
            let turn = tokio::select! {
                () = &mut shutdown => return,
                turn = self.views.lease(name.clone()) => turn,
            };
            let pause = match turn {
                Ok(Some(lease)) => {
                    backoff.reset();
                    let stopped = tokio::select! {
                        () = &mut shutdown => true,
                        () = lease.lost() => false,
                        () = self.work() => false,
                    };
                    self.all_landed(GRACE).await;
                    lease.release().await;
                    if stopped {
                        return;
                    }
                    Duration::ZERO
                }
                Ok(None) => STANDBY,
                Err(error) => {
                    tracing::warn!(kind = self.carrier.kind(), %error, "deliveries wait");
                    backoff.next()
                }
            };
            if time::timeout(pause, &mut shutdown).await.is_ok() {
                return;
            }
        }
    }

    /// Starts what is due, again and again.
    async fn work(self: &Arc<Self>) {
        let mut backoff = Backoff::default();
        let mut hint = self.bus.journal().head_hint();
        let mut landed = self.landed.subscribe();
        loop {
            landed.mark_unchanged();
            let seen = *hint.borrow_and_update();
            match self.start_due().await {
                Ok(round) => {
                    backoff.reset();
                    self.wait(&mut hint, seen, &mut landed, round.next).await;
                }
                Err(error) => {
                    tracing::warn!(kind = self.carrier.kind(), code = %error.code(), %error, "deliveries wait");
                    backoff.pause().await;
                }
            }
        }
    }

    /// Until the next delivery is due, an attempt has ended, or something happened that may have brought another.
    async fn wait(
        &self,
        hint: &mut watch::Receiver<Position>,
        seen: Position,
        landed: &mut watch::Receiver<u64>,
        next: Option<DateTime<Utc>>,
    ) {
        time::sleep(SHORTEST_WAIT).await;
        let until_due = next.and_then(|next| (next - self.bus.clock().now()).to_std().ok());
        let mut longest = until_due.map_or(LONGEST_WAIT, |due| due.min(LONGEST_WAIT));
        if !self.on_hand().resting.is_empty() {
            longest = longest.min(REST);
        }
        // Either is as good a reason to look as the other.
        let news = async {
            tokio::select! {
                _ = hint.wait_for(|head| *head > seen) => {}
                _ = landed.changed() => {}
            }
        };
        let _ = time::timeout(longest, news).await;
    }

    /// Starts attempts at what is due, as many as may be under way at once.
    async fn start_due(self: &Arc<Self>) -> Result<Round, AgendaError> {
        let _choosing = self.choosing.lock().await;
        // Whatever is not under way from here on has its outcome before the position that the view is waited for.
        let except = self.except();
        let head = self.bus.journal().head().await?.position;
        let view = self.views.showing(head).await?;
        let now = self.bus.clock().now();
        let free = self.slots.available_permits() as u64;
        let due = if free == 0 {
            Vec::new()
        } else {
            self.carrier.due(&view, now, &except, free).await?
        };
        let mut started = 0;
        for due in due {
            let Ok(slot) = self.slots.clone().try_acquire_owned() else {
                break;
            };
            self.on_hand().under_way.insert(due.id);
            let under_way = UnderWay {
                dispatcher: self.clone(),
                delivery: due.id,
                _slot: slot,
            };
            tokio::spawn(async move { under_way.dispatcher.attempt(&due).await });
            started += 1;
        }
        let next = self.carrier.next_due(&view, now).await?;
        Ok(Round { started, next })
    }

    /// One attempt, from its beginning in the journal to its outcome there.
    async fn attempt(&self, due: &Due) {
        if let Some(end) = self.end_of_doubt(due) {
            self.record(due.id, due.attempts, end).await;
            return;
        }
        let attempt = due.attempts + 1;
        let context = self.context(due.id, attempt, "attempt");
        let parcel = match self.carrier.begin(due, attempt, context, &self.bus).await {
            Ok(Some(parcel)) => parcel,
            Ok(None) => return,
            Err(error) => {
                self.rest(due.id, &error);
                return;
            }
        };
        failpoint::hit("delivery-attempted");
        let carried = self.carrier.carry(parcel).await;
        failpoint::hit("delivery-carried");
        let outcome = self.outcome(due, carried);
        tracing::info!(delivery = %due.id, attempt, ?outcome, "attempted");
        self.record(due.id, attempt, outcome).await;
    }

    /// What is recorded instead of another attempt after one that ended nobody knows how. What takes its worker down
    /// with it is tried no more often than what is deferred.
    fn end_of_doubt(&self, due: &Due) -> Option<Outcome> {
        match due.doubt {
            Doubt::Hold => Some(Outcome::Held),
            Doubt::Resend if self.schedule.pause(due.tries, due.id).is_none() => Some(Outcome::Failed {
                reason: "attempts ended without an outcome".to_owned(),
                permanent: false,
            }),
            Doubt::Resend | Doubt::No => None,
        }
    }

    fn outcome(&self, due: &Due, carried: Carried) -> Outcome {
        match carried {
            Carried::Sent => Outcome::Sent,
            Carried::Refused { reason } => Outcome::Failed {
                reason: bounded(&reason),
                permanent: true,
            },
            Carried::NotNow { reason } => match self.schedule.pause(due.tries + 1, due.id) {
                Some(pause) => Outcome::Deferred {
                    until: self.bus.clock().now() + TimeDelta::from_std(pause).unwrap_or_default(),
                    reason: bounded(&reason),
                },
                None => Outcome::Failed {
                    reason: bounded(&reason),
                    permanent: false,
                },
            },
        }
    }

    /// Records an outcome, however long that takes: without it the attempt is in doubt.
    async fn record(&self, delivery: Uuid, attempt: u32, outcome: Outcome) {
        let context = self.context(delivery, attempt, "outcome");
        let mut backoff = Backoff::default();
        loop {
            let recorded = self
                .carrier
                .record(delivery, attempt, outcome.clone(), context.clone(), &self.bus)
                .await;
            match recorded {
                Ok(()) => return,
                Err(ReactionError::Refused { code, reason }) => {
                    tracing::info!(%delivery, attempt, %code, reason, "outcome does not count");
                    // Whatever the reason: what is not settled by now must not be tried again at once.
                    self.on_hand().resting.insert(delivery, Instant::now() + LONG_REST);
                    return;
                }
                Err(error) => {
                    tracing::warn!(%delivery, attempt, %error, "outcome not recorded yet");
                    backoff.pause().await;
                }
            }
        }
    }

    fn context(&self, delivery: Uuid, attempt: u32, step: &str) -> CommandContext {
        let parts = ["delivery", &delivery.to_string(), step, &attempt.to_string()];
        CommandContext::system(self.bus.derived_id(&parts), "deliveries")
    }

    /// Leaves a delivery alone for a while: trying at once would lead to the same.
    fn rest(&self, delivery: Uuid, error: &ReactionError) {
        let rest = match error {
            ReactionError::Refused { code, reason } => {
                tracing::info!(%delivery, %code, reason, "attempt refused");
                LONG_REST
            }
            ReactionError::Trouble { code, reason } => {
                tracing::warn!(%delivery, %code, reason, "attempt waits");
                REST
            }
        };
        self.on_hand().resting.insert(delivery, Instant::now() + rest);
    }

    /// What is not to be started: it is under way, or resting.
    fn except(&self) -> Vec<Uuid> {
        let now = Instant::now();
        let mut on_hand = self.on_hand();
        on_hand.resting.retain(|_, until| *until > now);
        let OnHand { under_way, resting } = &*on_hand;
        under_way.iter().chain(resting.keys()).copied().collect()
    }

    async fn all_landed(&self, patience: Duration) {
        let mut landed = self.landed.subscribe();
        let quiet = async { while !self.on_hand().under_way.is_empty() && landed.changed().await.is_ok() {} };
        if time::timeout(patience, quiet).await.is_err() {
            tracing::warn!(
                kind = self.carrier.kind(),
                "attempts are still under way: they will be in doubt"
            );
        }
    }

    fn on_hand(&self) -> MutexGuard<'_, OnHand> {
        self.on_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<E: Send + Sync + 'static, C: Carrier<E>> Outbound for Arc<Dispatcher<E, C>> {
    async fn deliver_due(&self) -> Result<Option<DateTime<Utc>>, AgendaError> {
        loop {
            let mut landed = self.landed.subscribe();
            let round = self.start_due().await?;
            if round.started == 0 && self.on_hand().under_way.is_empty() {
                return Ok(round.next);
            }
            // Its end may have gone by already: then the next round finds nothing under way.
            if !self.on_hand().under_way.is_empty() {
                let _ = landed.changed().await;
            }
        }
    }
}

/// Characters of a reason at most.
const REASON_MAX: usize = 100;

/// A reason as it can stand in the journal: one short line.
fn bounded(reason: &str) -> String {
    let line: String = reason
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(REASON_MAX)
        .collect();
    match line.trim() {
        "" => "no reason given".to_owned(),
        line => line.to_owned(),
    }
}
