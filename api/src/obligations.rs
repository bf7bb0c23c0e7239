//! What the agenda's obligations mean: which command each becomes when its time has come.

use async_trait::async_trait;
use domain::{Event, Task, TaskCommand};
use engine::{
    CommandBus, CommandContext,
    agenda::{Obligation, Obligations},
    policy::ReactionError,
};
use projections::agenda::{TASK_DAY_REMINDER, TASK_REMINDER};

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
        let due = obligation.due();
        let (context, command) = match (obligation.kind.as_str(), obligation.key.parse::<i8>()) {
            (TASK_REMINDER, _) => (context.occurred_at(due), TaskCommand::Remind { due, day: None }),
            (TASK_DAY_REMINDER, Ok(day)) => (context, of_day(obligation, day, bus).await?),
            _ => return Err(ReactionError::trouble(format!("nobody fulfils `{}`", obligation.id))),
        };
        bus.execute::<Task>(&context, obligation.stream_id, command).await?;
        Ok(())
    }
}

/// After a standstill several reminders of one task may be late. Of those only the last says something.
async fn of_day(obligation: &Obligation, day: i8, bus: &CommandBus<Event>) -> Result<TaskCommand, ReactionError> {
    let due = obligation.due();
    let task = bus.load::<Task>(obligation.stream_id).await?;
    let moot = task.is_some_and(|(task, _)| task.is_moot(day, bus.clock().now()));
    Ok(if moot {
        TaskCommand::LetLapse { due, day }
    } else {
        TaskCommand::Remind { due, day: Some(day) }
    })
}
