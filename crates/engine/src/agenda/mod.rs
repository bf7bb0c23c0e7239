//! The agenda: obligations with a due time become commands, once.
//!
//! Obligations are rows of a view, so they can be rebuilt like everything else that is read. The scheduler acts only on
//! a view that shows the journal's end; the commands' ids derive from the obligation and its due time; and the aggregate
//! has the last word, refusing what is no longer due. Together that is: once, after any crash or rebuild.

pub mod entity;
mod scheduler;

use std::time::Duration;

use async_trait::async_trait;
use journal::{JournalError, Position};
use sea_orm::{DatabaseConnection, DbErr};

use crate::{
    bus::{CommandBus, CommandContext},
    code::Code,
    policy::ReactionError,
    views::Views,
};

pub use entity::Model as Obligation;
pub use scheduler::Scheduler;

/// Where the scheduler finds the agenda.
#[async_trait]
pub trait AgendaSource: Send + Sync + 'static {
    /// The active generation's database once it shows everything up to `position`; waits for that a little.
    async fn showing(&self, position: Position) -> Result<DatabaseConnection, AgendaError>;
}

/// What the application does about an obligation that is due.
#[async_trait]
pub trait Obligations<E>: Send + Sync + 'static {
    /// Gives the command that fulfils the obligation, with the context as it is: its id is what makes it once.
    async fn fulfil(
        &self,
        obligation: &Obligation,
        context: CommandContext,
        bus: &CommandBus<E>,
    ) -> Result<(), ReactionError>;
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum AgendaError {
    /// The view does not show the journal's end in time: later it will.
    #[error("the agenda is behind: {detail}")]
    Behind { detail: String },
    #[error("the agenda cannot be read: {0}")]
    Database(#[from] DbErr),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Reaction(#[from] ReactionError),
}

impl AgendaError {
    pub fn code(&self) -> Code {
        match self {
            Self::Behind { .. } => Code::ViewsBehind,
            Self::Database(_) => Code::ViewsFailed,
            Self::Journal(error) => error.into(),
            Self::Reaction(error) => error.code(),
        }
    }
}

/// How long the scheduler waits for the views before it says that they are behind.
const PATIENCE: Duration = Duration::from_secs(10);

#[async_trait]
impl<E: Send + Sync + 'static> AgendaSource for Views<E> {
    async fn showing(&self, position: Position) -> Result<DatabaseConnection, AgendaError> {
        let views = self.wait_for(position, PATIENCE).await;
        views
            .map(|handle| handle.connection)
            .map_err(|error| AgendaError::Behind {
                detail: error.to_string(),
            })
    }
}
