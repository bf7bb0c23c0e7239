//! Turns due obligations into commands: as time passes, or step by step under a manual clock.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::future::select;
use journal::{Position, Timestamp};
use sea_orm::{ColumnTrait, Condition, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::{sync::watch, time};

use super::{AgendaError, AgendaSource, Obligation, Obligations, entity};
use crate::{
    backoff::Backoff,
    bus::{CommandBus, CommandContext},
    clock::ManualClock,
    deliveries::Outbound,
    policy::{PolicyRunner, ReactionError},
};

/// Rows read at a time.
const PAGE: u64 = 256;
/// The agenda is looked at no more often than this, however much happens.
const SHORTEST_WAIT: Duration = Duration::from_millis(200);
/// And no less often than this: the machine's clock may jump.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

pub struct Scheduler<E> {
    bus: Arc<CommandBus<E>>,
    source: Arc<dyn AgendaSource>,
    obligations: Arc<dyn Obligations<E>>,
    policies: Arc<PolicyRunner<E>>,
    /// What leaves the house in the course of time, where anything does.
    outbound: Vec<Arc<dyn Outbound>>,
    /// Obligations that were given their command, by id with the due time, while their row is still there: the command
    /// led to nothing or was refused. Asking again would change nothing.
    settled: Mutex<HashMap<String, i64>>,
}

/// Where a reader of the agenda stands: rows come in order of due time and id.
#[derive(Clone, Default)]
struct Cursor {
    due_at: i64,
    id: String,
}

impl<E: Send + Sync + 'static> Scheduler<E> {
    pub fn new(
        bus: Arc<CommandBus<E>>,
        source: Arc<dyn AgendaSource>,
        obligations: Arc<dyn Obligations<E>>,
        policies: Arc<PolicyRunner<E>>,
        outbound: Vec<Arc<dyn Outbound>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            bus,
            source,
            obligations,
            policies,
            outbound,
            settled: Mutex::default(),
        })
    }

    /// Fulfils obligations as they become due, until `shutdown` is ready. Troubles are logged and tried again.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        select(std::pin::pin!(self.run_for_ever()), std::pin::pin!(shutdown)).await;
    }

    /// Fulfils everything that is due now; when the next obligation is.
    pub async fn fulfil_due(&self) -> Result<Option<DateTime<Utc>>, AgendaError> {
        let agenda = self.agenda().await?;
        let now = Timestamp::from(self.bus.clock().now()).0;
        let mut seen = HashMap::new();
        let mut cursor = Cursor::default();
        loop {
            let page = due_after(&agenda, &cursor, now).await?;
            let Some(last) = page.last() else { break };
            cursor = Cursor {
                due_at: last.due_at,
                id: last.id.clone(),
            };
            for obligation in page {
                self.fulfil(&obligation).await?;
                seen.insert(obligation.id, obligation.due_at);
            }
        }
        self.settled().retain(|id, due_at| seen.get(id) == Some(due_at));
        let next = entity::Entity::find().filter(entity::Column::DueAt.gt(now));
        let next = next.order_by_asc(entity::Column::DueAt).one(&agenda).await?;
        Ok(next.map(|obligation| obligation.due()))
    }

    /// Moves the clock to `time`, stopping at each due time on the way, of obligations and of deliveries: what is due
    /// there is done, and what follows from it, before the clock goes on.
    pub async fn advance_to(&self, clock: &ManualClock, time: DateTime<Utc>) -> Result<(), AgendaError> {
        let until = Timestamp::from(time).0;
        loop {
            self.policies.drain().await?;
            let sent_next = self.deliver_due().await?.filter(|next| *next <= time);
            let agenda = self.agenda().await?;
            let due = self.first_due(&agenda, until).await?;
            match (due.first().map(Obligation::due), sent_next) {
                (Some(due), Some(next)) if next < due => clock.set(next),
                (None, Some(next)) => clock.set(next),
                (Some(first), _) => {
                    clock.set(first);
                    for obligation in &due {
                        self.fulfil(obligation).await?;
                    }
                }
                (None, None) => break,
            }
        }
        clock.set(time);
        self.policies.drain().await?;
        self.agenda().await?;
        Ok(())
    }

    /// Lets everything out that is due; when the next thing is.
    async fn deliver_due(&self) -> Result<Option<DateTime<Utc>>, AgendaError> {
        let mut first: Option<DateTime<Utc>> = None;
        for outbound in &self.outbound {
            if let Some(next) = outbound.deliver_due().await? {
                first = Some(first.map_or(next, |first| first.min(next)));
            }
        }
        Ok(first)
    }

    async fn run_for_ever(&self) {
        let mut backoff = Backoff::default();
        let mut hint = self.bus.journal().head_hint();
        loop {
            let seen = *hint.borrow_and_update();
            match self.fulfil_due().await {
                Ok(next) => {
                    backoff.reset();
                    self.wait(&mut hint, seen, next).await;
                }
                Err(error) => {
                    tracing::warn!(code = %error.code(), %error, "agenda waits");
                    backoff.pause().await;
                }
            }
        }
    }

    /// Until the next obligation is due, or something happened that may have brought an earlier one.
    async fn wait(&self, hint: &mut watch::Receiver<Position>, seen: Position, next: Option<DateTime<Utc>>) {
        time::sleep(SHORTEST_WAIT).await;
        let until_due = next.and_then(|next| (next - self.bus.clock().now()).to_std().ok());
        let longest = until_due.map_or(LONGEST_WAIT, |due| due.min(LONGEST_WAIT));
        // Either is as good a reason to look as the other.
        let _ = time::timeout(longest, hint.wait_for(|head| *head > seen)).await;
    }

    /// The agenda as of the journal's end.
    async fn agenda(&self) -> Result<DatabaseConnection, AgendaError> {
        let head = self.bus.journal().head().await?.position;
        self.source.showing(head).await
    }

    /// The obligations that share the earliest due time up to `until`, among those that are not settled.
    async fn first_due(&self, agenda: &DatabaseConnection, until: i64) -> Result<Vec<Obligation>, AgendaError> {
        let mut first: Vec<Obligation> = Vec::new();
        let mut cursor = Cursor::default();
        loop {
            let page = due_after(agenda, &cursor, until).await?;
            let Some(last) = page.last() else { return Ok(first) };
            cursor = Cursor {
                due_at: last.due_at,
                id: last.id.clone(),
            };
            for obligation in page.into_iter().filter(|obligation| !self.is_settled(obligation)) {
                if first
                    .first()
                    .is_some_and(|earliest| earliest.due_at < obligation.due_at)
                {
                    return Ok(first);
                }
                first.push(obligation);
            }
        }
    }

    async fn fulfil(&self, obligation: &Obligation) -> Result<(), AgendaError> {
        if self.is_settled(obligation) {
            return Ok(());
        }
        let fulfilled = self
            .obligations
            .fulfil(obligation, self.context(obligation), &self.bus)
            .await;
        match fulfilled {
            Ok(()) => {}
            Err(ReactionError::Refused { code, reason }) => {
                tracing::info!(obligation = obligation.id, due = %obligation.due(), %code, reason, "no longer due");
            }
            Err(trouble) => return Err(trouble.into()),
        }
        self.settled().insert(obligation.id.clone(), obligation.due_at);
        Ok(())
    }

    fn context(&self, obligation: &Obligation) -> CommandContext {
        let due = obligation.due_at.to_string();
        CommandContext::system(self.bus.derived_id(&["agenda", &obligation.id, &due]), "agenda")
    }

    fn is_settled(&self, obligation: &Obligation) -> bool {
        self.settled().get(&obligation.id) == Some(&obligation.due_at)
    }

    fn settled(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next rows after the cursor that are due at or before `until`.
async fn due_after(
    agenda: &DatabaseConnection,
    cursor: &Cursor,
    until: i64,
) -> Result<Vec<Obligation>, sea_orm::DbErr> {
    // Both ends of the range stand first: with the order they are all that the index needs.
    let behind = Condition::any()
        .add(entity::Column::DueAt.gt(cursor.due_at))
        .add(entity::Column::Id.gt(cursor.id.as_str()));
    entity::Entity::find()
        .filter(entity::Column::DueAt.between(cursor.due_at, until))
        .filter(behind)
        .order_by_asc(entity::Column::DueAt)
        .order_by_asc(entity::Column::Id)
        .limit(PAGE)
        .all(agenda)
        .await
}
