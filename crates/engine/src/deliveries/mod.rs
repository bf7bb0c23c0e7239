//! Deliveries: everything that leaves the house goes one way, and nothing is lost on it.
//!
//! What is to be delivered is queued by an event, so it is there after any crash. A worker records that an attempt
//! begins, makes it, and records what became of it. An attempt without an outcome may have arrived: it is made again
//! under the same name, or held for a person where twice is worse than not at all. The worker acts only on a view that
//! shows the journal's end, the commands' ids derive from delivery and attempt, and the aggregate has the last word on
//! who makes which attempt. Views may be rebuilt and processes may die at any point of this.
//!
//! What belongs here: when attempts are made, and by whom. What does not: what is delivered and how (a [`Carrier`]).

mod dispatcher;
mod schedule;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr};
use uuid::Uuid;

use crate::{
    agenda::AgendaError,
    bus::{CommandBus, CommandContext},
    policy::ReactionError,
};

pub use dispatcher::Dispatcher;
pub use schedule::RetrySchedule;

/// A delivery that wants an attempt, as a view shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub id: Uuid,
    /// Attempts begun so far; they are numbered from 1.
    pub attempts: u32,
    /// How many of them since it was (last) queued: what the pauses between attempts go by.
    pub tries: u32,
    /// How the last attempt stands.
    pub doubt: Doubt,
}

/// Whether anybody knows how the last attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// There was none, or its outcome is known.
    No,
    /// Nobody knows; it is made again under the same name.
    Resend,
    /// Nobody knows; a person has to decide.
    Hold,
}

/// How an attempt ended, as the carrier sees it. Reasons are short and name nobody: they stand in the journal in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// The other side has it.
    Sent,
    /// It may work later.
    NotNow { reason: String },
    /// The other side will never take it.
    Refused { reason: String },
}

/// What is to be recorded of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    Deferred {
        until: DateTime<Utc>,
        reason: String,
    },
    /// It is given up: refused for good (`permanent`), or deferred too often.
    Failed {
        reason: String,
        permanent: bool,
    },
    /// Nobody knows.
    Held,
}

/// One way out of the house: what the application keeps of its deliveries of one kind, and how one is made.
#[async_trait]
pub trait Carrier<E>: Send + Sync + 'static {
    /// What one attempt carries.
    type Parcel: Send;

    /// Names this way; one process at a time works on it.
    fn kind(&self) -> &'static str;

    /// Deliveries that want an attempt at `now`, those that have waited longest first, without those in `except`.
    async fn due(
        &self,
        view: &DatabaseConnection,
        now: DateTime<Utc>,
        except: &[Uuid],
        limit: u64,
    ) -> Result<Vec<Due>, DbErr>;

    /// The first time after `now` at which one will.
    async fn next_due(&self, view: &DatabaseConnection, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, DbErr>;

    /// Records that an attempt begins, with the context as it is; `None` when there is nothing to send any more, or
    /// another worker has this attempt.
    async fn begin(
        &self,
        due: &Due,
        attempt: u32,
        context: CommandContext,
        bus: &CommandBus<E>,
    ) -> Result<Option<Self::Parcel>, ReactionError>;

    /// Makes the attempt. Ends in bounded time.
    async fn carry(&self, parcel: Self::Parcel) -> Carried;

    /// Records what became of an attempt, with the context as it is.
    async fn record(
        &self,
        delivery: Uuid,
        attempt: u32,
        outcome: Outcome,
        context: CommandContext,
        bus: &CommandBus<E>,
    ) -> Result<(), ReactionError>;
}

/// Deliveries as whoever moves a manual clock sees them.
#[async_trait]
pub trait Outbound: Send + Sync + 'static {
    /// Makes every attempt that is due now and waits for the outcomes; when the next one is due.
    async fn deliver_due(&self) -> Result<Option<DateTime<Utc>>, AgendaError>;
}
