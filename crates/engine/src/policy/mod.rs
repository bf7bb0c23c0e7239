//! Policies: events lead to commands.
//!
//! A policy sees every event at least once, in order. Its commands' ids derive from the event, so reacting twice has
//! the effect of reacting once. How far it came is durable in the vault.

mod error;
mod lane;

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::{join_all, select};
use journal::EventHeader;

use self::lane::Lane;
use crate::{
    bus::{CommandBus, CommandContext},
    recorded::Recorded,
};

pub use error::ReactionError;

/// Where a policy starts that has never run on this journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// Only what happens from now on concerns it.
    Head,
    /// The whole past concerns it.
    Beginning,
}

#[async_trait]
pub trait Policy<E>: Send + Sync + 'static {
    /// Names its position in the vault; never changed once it ran.
    fn name(&self) -> &'static str;

    fn start_at(&self) -> StartAt {
        StartAt::Head
    }

    /// The categories whose events it wants to see; empty means all.
    fn categories(&self) -> Vec<Arc<str>> {
        Vec::new()
    }

    /// Reacts to one event. Commands take their context from [`CommandBus::reaction`].
    async fn react(&self, event: &Recorded<E>, bus: &CommandBus<E>) -> Result<(), ReactionError>;
}

impl<E> CommandBus<E> {
    /// The context of a command that a policy gives because of an event. `step` tells apart several commands that one
    /// event leads to.
    pub fn reaction(&self, policy: &str, cause: &EventHeader, step: &str) -> CommandContext {
        let command_id = self.derived_id(&["policy", policy, &cause.event_id.to_string(), step]);
        CommandContext::system(command_id, policy).caused_by(cause)
    }
}

/// Runs policies, each at its own pace.
pub struct PolicyRunner<E> {
    bus: Arc<CommandBus<E>>,
    lanes: Vec<Lane<E>>,
}

impl<E: Send + Sync + 'static> PolicyRunner<E> {
    pub fn new(bus: Arc<CommandBus<E>>, policies: Vec<Arc<dyn Policy<E>>>) -> Arc<Self> {
        let lanes = policies.into_iter().map(Lane::new).collect();
        Arc::new(Self { bus, lanes })
    }

    /// Reacts to what happens until `shutdown` is ready. Troubles are logged and tried again.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        let lanes = join_all(self.lanes.iter().map(|lane| lane.run(&self.bus)));
        select(lanes, std::pin::pin!(shutdown)).await;
        for lane in &self.lanes {
            lane.persist(&self.bus).await;
        }
    }

    /// Reacts to everything up to the head, to what that led to, and so on until nothing is left.
    pub async fn drain(&self) -> Result<(), ReactionError> {
        loop {
            let head = self.bus.journal().head().await?.position;
            for lane in &self.lanes {
                lane.catch_up(&self.bus, head).await?;
            }
            if self.bus.journal().head().await?.position == head {
                return Ok(());
            }
        }
    }
}
