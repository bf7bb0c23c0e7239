//! Tasks, one row each; beside them who has them, who watches them, what they are about, and their reminders.

mod row;
mod tables;

use domain::{Event, TaskEvent};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};

pub use row::{Column, Entity, Model, Relation};
pub use tables::{assignees, links, reminders, watchers};

/// Fills the tables.
pub struct Tasks;

impl Projection<Event> for Tasks {
    fn name(&self) -> &'static str {
        "tasks"
    }

    fn version(&self) -> u32 {
        2
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<Entity>()
                .index_on([Column::DueOrder, Column::Id])
                .index_on([Column::Status, Column::DueOrder])
                .index_on([Column::Status, Column::Rank, Column::Id])
                .index_on([Column::Status, Column::FinishedAt])
                .index_on([Column::PriorityRank, Column::DueOrder])
                .index_on([Column::TitleFolded, Column::Id])
                .index_on([Column::CreatedAt, Column::Id])
                .index_on([Column::UpdatedAt, Column::Id])
                .index(Column::DueDate)
                .index(Column::AssigneeName)
                .index(Column::SeriesId),
            TableSpec::of::<assignees::Entity>()
                .index(assignees::Column::TaskId)
                .index_on([assignees::Column::UserId, assignees::Column::TaskId]),
            TableSpec::of::<watchers::Entity>()
                .index(watchers::Column::TaskId)
                .index_on([watchers::Column::UserId, watchers::Column::TaskId]),
            TableSpec::of::<links::Entity>().index(links::Column::TaskId).index_on([
                links::Column::TargetId,
                links::Column::Category,
                links::Column::TaskId,
            ]),
            TableSpec::of::<reminders::Entity>()
                .index(reminders::Column::TaskId)
                .index_on([reminders::Column::Status, reminders::Column::At]),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        let Event::Task(task) = &event.event else { return };
        let id = event.header.stream.id;
        if !matches!(task, TaskEvent::TaskCreated { .. }) {
            needs.row::<Entity>(id);
        }
        if matches!(task, TaskEvent::TaskAssigned { .. }) {
            needs.matching::<assignees::Entity>(assignees::Column::TaskId, id);
        }
        if tables::touches_reminders(task) {
            needs.matching::<reminders::Entity>(reminders::Column::TaskId, id);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let Event::Task(task) = &event.event else { return Ok(()) };
        let header = &event.header;
        tables::take(header, task, rows);
        if let TaskEvent::TaskCreated { .. } = task {
            rows.put(Model::born(header, task));
            return Ok(());
        }
        rows.change::<Entity>(header.stream.id, |row| row.take(header, task))
    }
}
