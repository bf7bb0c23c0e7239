//! Erasing a person: an event says so, then the person's key is destroyed, then every copy of what it opened.
//!
//! The event comes first, so that a crash afterwards is noticed: as a policy, erasure sees every such event again until
//! all is done. Whoever keeps opened data elsewhere (views, copies of the past) is a hook.

use std::{
    error::Error,
    fmt::{self, Debug, Display},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use cqrs_es::Aggregate;
use journal::{Position, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    bus::{CommandBus, CommandContext, CommandError, Outcome},
    code::Code,
    policy::{Policy, ReactionError, StartAt},
    recorded::Recorded,
    views::Views,
};

/// Whoever keeps data that was opened with a person's key.
#[async_trait]
pub trait ErasureHook: Send + Sync + 'static {
    /// Removes what is kept of the person, so that no byte of it stays in a file. The journal's event at `position`
    /// says that the person is erased. May be called again for a person that is gone already.
    async fn erased(&self, person: Uuid, position: Position) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// Erases persons, and finishes what was begun: run it among the policies.
pub struct Erasure<E> {
    bus: Arc<CommandBus<E>>,
    hooks: Vec<Arc<dyn ErasureHook>>,
    categories: Vec<Arc<str>>,
}

/// Why a person is not (wholly) erased.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ErasureError<R: Debug + Display> {
    /// The person is not erased.
    #[error(transparent)]
    Command(#[from] CommandError<R>),
    /// The journal says that the person is erased and nothing opens their data any more; destroying what is left is
    /// tried again until it is done.
    #[error("the person is erased; removing the last copies is not finished: {reason}")]
    Pending { outcome: Outcome, reason: String },
}

impl<R: Debug + Display> ErasureError<R> {
    pub fn code(&self) -> Code {
        match self {
            Self::Command(error) => error.code(),
            Self::Pending { .. } => Code::ErasurePending,
        }
    }
}

impl<E: Send + Sync + 'static> Erasure<E> {
    /// `category` is that of the streams in which the application says that a person is erased.
    pub fn new(bus: Arc<CommandBus<E>>, category: &str, hooks: Vec<Arc<dyn ErasureHook>>) -> Arc<Self> {
        Arc::new(Self {
            bus,
            hooks,
            categories: vec![category.into()],
        })
    }

    /// Executes the application's command that says so, and destroys what can be opened.
    pub async fn erase<A>(
        &self,
        context: &CommandContext,
        person: Uuid,
        command: A::Command,
    ) -> Result<Outcome, ErasureError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Event: Into<E>,
        A::Command: Serialize + Clone,
        A::Error: fmt::Debug + fmt::Display,
    {
        let outcome = self.bus.execute::<A>(context, person, command).await?;
        match self.finish(person, outcome.position).await {
            Ok(()) => Ok(outcome),
            Err(error) => Err(ErasureError::Pending {
                outcome,
                reason: error.to_string(),
            }),
        }
    }

    /// Everything after the event. Does no harm when done again.
    async fn finish(&self, person: Uuid, position: Position) -> Result<(), ReactionError> {
        let now = Timestamp::from(self.bus.clock().now());
        let keys = self.bus.codec().keys();
        keys.erase(person, now).await.map_err(ReactionError::trouble)?;
        self.bus.forget_warm();
        for hook in &self.hooks {
            hook.erased(person, position).await.map_err(ReactionError::trouble)?;
        }
        tracing::info!(%person, position = position.0, "person erased");
        Ok(())
    }
}

#[async_trait]
impl<E: Send + Sync + 'static> Policy<E> for Erasure<E> {
    fn name(&self) -> &'static str {
        "erasure"
    }

    fn start_at(&self) -> StartAt {
        StartAt::Beginning
    }

    fn categories(&self) -> Vec<Arc<str>> {
        self.categories.clone()
    }

    async fn react(&self, event: &Recorded<E>, bus: &CommandBus<E>) -> Result<(), ReactionError> {
        match (bus.codec().vocabulary().erased)(&event.event) {
            Some(person) => self.finish(person, event.header.position).await,
            None => Ok(()),
        }
    }
}

/// How long erasing waits for the views to show the erasure before it is tried again.
const PATIENCE: Duration = Duration::from_secs(10);

#[async_trait]
impl<E: Send + Sync + 'static> ErasureHook for Views<E> {
    async fn erased(&self, _person: Uuid, position: Position) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.wait_for(position, PATIENCE).await?;
        Ok(self.purge_files().await?)
    }
}
