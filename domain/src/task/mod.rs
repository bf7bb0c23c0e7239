//! A task: work to do, with a due time and at most one reminder.
//!
//! The reminder is an obligation: while it is armed, the agenda will ask [`TaskCommand::Remind`] when its time has come.
//! The task decides: a reminder that was rescheduled, given already, or belongs to a finished task is refused, so that
//! whatever the agenda repeats, people are reminded once.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::{CreateTask, TaskCommand};
pub use error::TaskError;
pub use event::TaskEvent;
pub use state::{TaskState, TaskStatus};

pub type Task = crate::Root<TaskState>;
