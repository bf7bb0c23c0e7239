//! A task: work to do, by a date or by an instant, by some for others to see, with reminders.
//!
//! Reminders are obligations: while one is armed, the agenda will ask [`TaskCommand::Remind`] when its time has come.
//! The task decides: a reminder that was rescheduled, given already, or belongs to a finished task is refused, so that
//! whatever the agenda repeats, people are reminded once.
//!
//! A task may be one of a series ([`crate::task_series`]); what follows it is the series' affair.

mod command;
mod decide;
mod details;
mod due;
mod error;
mod event;
mod reminders;
mod state;
#[cfg(test)]
mod tests;

pub use command::{CreateTask, TaskCommand};
pub use details::{Details, Link, LinkCategory, Priority};
pub use due::Due;
pub use error::TaskError;
pub use event::TaskEvent;
pub use reminders::{ReminderPlan, Reminders, SetReminder};
pub use state::{Occurrence, TaskState, TaskStatus};

pub type Task = crate::Root<TaskState>;
