//! Tasks that follow each other by a rule: what they have in common, and which one comes next.
//!
//! There is one open task of a series at a time. When it is done (or will not be done), a policy asks the series what
//! follows and makes that task; the series counts, so that each of its tasks is made once. What one changes about a task
//! is about that task; what one changes about the series is about the tasks that are still to be made. A task that was
//! moved does not move its series: the next one follows the day that the rule had given.

mod command;
mod decide;
mod error;
mod event;
mod pattern;
mod state;
#[cfg(test)]
mod tests;

pub use command::{SeriesChanges, TaskSeriesCommand};
pub use error::TaskSeriesError;
pub use event::TaskSeriesEvent;
pub use pattern::{Anchor, Missed, Pattern};
pub use state::{Next, TaskSeriesState, Template};

pub type TaskSeries = crate::Root<TaskSeriesState>;
