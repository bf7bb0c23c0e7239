//! The agenda: what is to be done when. So far: the reminders of tasks that are armed.
//!
//! The table is the engine's, which acts on it; here is only who puts obligations in and takes them out.

use domain::{Event, TaskEvent};
use engine::{
    Needs, Obligation, Projection, ProjectionError, Recorded, Rows, TableSpec,
    agenda::entity::{Column, Entity},
};

/// Kind of the obligation to remind of a task.
pub const TASK_REMINDER: &str = "task.reminder";

/// Fills the table.
pub struct Agenda;

impl Projection<Event> for Agenda {
    fn name(&self) -> &'static str {
        "agenda"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![TableSpec::of::<Entity>().index_on([Column::DueAt, Column::Id])]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, _event: &Recorded<Event>, _needs: &mut Needs) {}

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let Event::Task(task) = &event.event else { return Ok(()) };
        let (stream, position) = (&event.header.stream, event.header.position);
        match task {
            TaskEvent::TaskCreated {
                remind_at: Some(time), ..
            }
            | TaskEvent::TaskRescheduled {
                remind_at: Some(time), ..
            } => {
                rows.put(Obligation::new(TASK_REMINDER, stream, "", *time, position));
            }
            TaskEvent::TaskRescheduled { remind_at: None, .. }
            | TaskEvent::TaskReminded { .. }
            | TaskEvent::TaskCompleted {}
            | TaskEvent::TaskCancelled { .. } => {
                rows.remove::<Entity>(Obligation::id_of(TASK_REMINDER, stream, ""));
            }
            TaskEvent::TaskCreated { remind_at: None, .. }
            | TaskEvent::TaskRenamed { .. }
            | TaskEvent::TaskAssigned { .. } => {}
        }
        Ok(())
    }
}
