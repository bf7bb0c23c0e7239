//! The command bus: loads an aggregate, lets it decide, appends what it decided.
//!
//! A command's path in the good case is short: the aggregate is warm in memory, it decides on a copy of itself, and one
//! append carries its events together with the version they were decided against. Whether the command was taken before
//! is found out by that same append; only a refusal asks the command index first.

mod cache;
mod context;
mod error;
mod loading;
mod merging;
mod secrets;
mod unit;

use std::{sync::Arc, time::Duration};

use cqrs_es::Aggregate;
use futures::future::BoxFuture;
use journal::{CommandKey, EventHeader, Fingerprint, Journal, StreamId, Version};
use serde::Serialize;
use uuid::Uuid;

use self::{cache::WarmAggregates, secrets::Secrets, unit::Committed};
use crate::{clock::Clock, codec::Codec, ids::IdSource, keys::KeyError};

pub use context::{CommandContext, Outcome, SYSTEM, Sees, Sight};
pub use error::{CommandError, LoadError};
pub use loading::Until;
pub use merging::{Clash, Merging};
pub use unit::UnitOfWork;

/// How often a command decides again because somebody else was faster.
const ATTEMPTS: u32 = 32;
/// Conflicts after which a pause is made before deciding again.
const PATIENCE: u32 = 4;
/// Headers that a conflict shows of what happened in between.
const SHOWN_BETWEEN: usize = 100;

/// Executes commands against one journal. `E` is the application's event: only aggregates whose events are part of it
/// can be used, so nothing is written that no reader knows.
pub struct CommandBus<E> {
    journal: Arc<dyn Journal>,
    codec: Arc<Codec<E>>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    warm: WarmAggregates,
    secrets: Secrets,
    merging: Box<dyn Merging<E>>,
}

impl<E> CommandBus<E> {
    /// A bus on which nothing that was asked for in ignorance stands beside what happened.
    pub async fn open(
        journal: Arc<dyn Journal>,
        codec: Arc<Codec<E>>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Arc<Self>, KeyError> {
        Self::open_merging(journal, codec, clock, ids, merging::Never).await
    }
}

impl<E> CommandBus<E> {
    pub async fn open_merging(
        journal: Arc<dyn Journal>,
        codec: Arc<Codec<E>>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        merging: impl Merging<E> + 'static,
    ) -> Result<Arc<Self>, KeyError> {
        let secrets = Secrets::open(codec.keys()).await?;
        Ok(Arc::new(Self {
            journal,
            codec,
            clock,
            ids,
            warm: WarmAggregates::default(),
            secrets,
            merging: Box::new(merging),
        }))
    }

    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    pub fn codec(&self) -> &Arc<Codec<E>> {
        &self.codec
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// An id that is the same whenever the same parts are given, and that nobody outside can compute.
    pub fn derived_id(&self, parts: &[&str]) -> Uuid {
        self.secrets.derived_id(parts)
    }

    /// The id that stands for a value in a reservation (an e-mail address, a registration number) without showing it.
    pub fn secret_id(&self, kind: &str, value: &str) -> Uuid {
        self.secrets.secret_id(kind, value)
    }

    /// The one-time token of a purpose and id, for a link: computed whenever it is needed and kept nowhere, so that
    /// nobody who reads the journal can use it. That it is used once, and in time, is for the aggregate to say that the
    /// id belongs to.
    pub fn one_time_token(&self, purpose: &str, id: Uuid) -> String {
        self.secrets.one_time_token(purpose, id)
    }

    /// Whether what a client presents is that token.
    pub fn is_one_time_token(&self, purpose: &str, id: Uuid, presented: &str) -> bool {
        self.secrets.is_one_time_token(purpose, id, presented)
    }

    /// The one-time code of a purpose and id, for a person to type: six digits, computed as
    /// [`CommandBus::one_time_token`] is. How often somebody may guess is for the aggregate to say.
    pub fn one_time_code(&self, purpose: &str, id: Uuid) -> String {
        self.secrets.one_time_code(purpose, id)
    }

    /// Whether what somebody typed is that code, blanks aside.
    pub fn is_one_time_code(&self, purpose: &str, id: Uuid, typed: &str) -> bool {
        self.secrets.is_one_time_code(purpose, id, typed)
    }

    /// Lets one aggregate decide and appends its events. Unless the context expects a version, a conflict with somebody
    /// faster is settled by deciding again.
    pub async fn execute<A>(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: A::Command,
    ) -> Result<Outcome, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Event: Into<E>,
        A::Command: Serialize + Clone,
    {
        self.execute_following::<A>(context, id, command, |_| None).await
    }

    /// [`CommandBus::execute`] for things of which one may stand for another: where a thing refuses because another one
    /// stands for it, that one decides, under the same command. `successor` reads a refusal. Not when the context
    /// expects a version: whoever says which version they saw has not seen that.
    pub async fn execute_following<A>(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: A::Command,
        successor: impl Fn(&A::Error) -> Option<Uuid> + Sync,
    ) -> Result<Outcome, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Event: Into<E>,
        A::Command: Serialize + Clone,
    {
        let stream = StreamId::new(A::TYPE, id);
        let fingerprint = self
            .secrets
            .fingerprint(&(A::TYPE, id, context.expected_version), &command);
        let fingerprint = fingerprint.map_err(CommandError::Codec)?;
        let mut attempt = 1;
        loop {
            let gate = self.warm.gate(&stream);
            let _turn = match &gate {
                Some(gate) => Some(gate.lock().await),
                None => None,
            };
            let hopeful = attempt == 1 && context.expected_version.is_none();
            let mut unit = UnitOfWork::new(self, context.clone(), fingerprint).hopeful(hopeful);
            unit.run_following::<A>(id, command.clone(), &successor).await?;
            match unit.append().await? {
                Committed::Yes(outcome) => return Ok(outcome),
                Committed::Conflict(_) if context.bears_others() && attempt < ATTEMPTS => {
                    self.pause(attempt).await;
                    attempt += 1;
                }
                Committed::Conflict(conflict) => return Err(self.conflict(conflict).await),
            }
        }
    }

    /// Starts a unit of work: several aggregates decide, one append carries all their events. `intent` is what the
    /// client asked for, as it would be compared if the command came again.
    pub fn unit_of_work(
        &self,
        context: &CommandContext,
        intent: &impl Serialize,
    ) -> Result<UnitOfWork<'_, E>, CommandError<std::convert::Infallible>> {
        let fingerprint = self
            .secrets
            .fingerprint(&("unit of work", context.expected_version), intent);
        Ok(UnitOfWork::new(
            self,
            context.clone(),
            fingerprint.map_err(CommandError::Codec)?,
        ))
    }

    /// Runs the steps in a unit of work and commits it, again from the start when somebody else was faster.
    pub async fn together<'b, R, S>(
        &'b self,
        context: &CommandContext,
        intent: &impl Serialize,
        mut steps: S,
    ) -> Result<Outcome, CommandError<R>>
    where
        S: for<'u> FnMut(&'u mut UnitOfWork<'b, E>) -> BoxFuture<'u, Result<(), CommandError<R>>>,
    {
        let mut attempt = 1;
        loop {
            let mut unit = self.unit_of_work(context, intent).map_err(CommandError::lift)?;
            steps(&mut unit).await?;
            match unit.append().await? {
                Committed::Yes(outcome) => return Ok(outcome),
                Committed::Conflict(_) if context.bears_others() && attempt < ATTEMPTS => {
                    self.pause(attempt).await;
                    attempt += 1;
                }
                Committed::Conflict(conflict) => return Err(self.conflict(conflict).await),
            }
        }
    }

    /// Forgets every warm aggregate: they may hold data that must not be shown any more.
    pub fn forget_warm(&self) {
        self.warm.clear();
    }

    /// The answer that the command got before, if it was taken.
    async fn first_answer<R>(
        &self,
        key: &CommandKey,
        fingerprint: Fingerprint,
    ) -> Result<Option<Outcome>, CommandError<R>> {
        match self.journal.command(key).await? {
            None => Ok(None),
            Some(record) if record.fingerprint == fingerprint => Ok(Some(Outcome::replayed(record.appended))),
            Some(_) => Err(CommandError::CommandReused { command_id: key.id }),
        }
    }

    /// The conflict as the caller sees it, with what happened in between.
    async fn conflict<R>(&self, conflict: unit::Conflict) -> CommandError<R> {
        let unit::Conflict {
            stream,
            expected,
            current,
            clashes,
        } = conflict;
        let seen = match expected {
            journal::Expected::Exact(version) => version,
            _ => Version::NONE,
        };
        let between = match self.headers(&stream, seen).await {
            Ok(between) => between,
            Err(error) => return error.into(),
        };
        CommandError::Conflict {
            stream,
            expected,
            current,
            between,
            clashes,
        }
    }

    async fn headers(&self, stream: &StreamId, after: Version) -> Result<Vec<EventHeader>, journal::JournalError> {
        let events = self.journal.read_stream(stream, after, SHOWN_BETWEEN).await?;
        Ok(events.into_iter().map(|event| event.header).collect())
    }

    /// Longer and longer pauses, of random length so that two rivals do not meet again.
    async fn pause(&self, attempt: u32) {
        if attempt > PATIENCE {
            let longest = 1 << (attempt - PATIENCE).min(6);
            let pause = rand::random_range(0..=longest);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }
}
