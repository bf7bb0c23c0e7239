//! What the agenda's obligations mean: which command each becomes when its time has come.

use async_trait::async_trait;
use domain::{Event, Task, TaskCommand};
use engine::{
    CommandBus, CommandContext,
    agenda::{Obligation, Obligations},
    policy::ReactionError,
};
use projections::agenda::TASK_REMINDER;

/// Reminds of tasks.
pub struct TaskReminders;

#[async_trait]
impl Obligations<Event> for TaskReminders {
    async fn fulfil(
        &self,
        obligation: &Obligation,
        context: CommandContext,
        bus: &CommandBus<Event>,
    ) -> Result<(), ReactionError> {
        if obligation.kind != TASK_REMINDER {
            return Err(ReactionError::trouble(format!("nobody fulfils `{}`", obligation.id)));
        }
        let command = TaskCommand::Remind { due: obligation.due() };
        bus.execute::<Task>(&context.occurred_at(obligation.due()), obligation.stream_id, command)
            .await?;
        Ok(())
    }
}
