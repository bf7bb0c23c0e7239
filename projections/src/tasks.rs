//! Tasks, one row each.

use chrono::{DateTime, Utc};
use domain::{Event, TaskEvent, task::TaskStatus};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::{EventHeader, Timestamp};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub title: String,
    pub due_at: i64,
    /// When its reminder is set for, also after it was given.
    pub remind_at: Option<i64>,
    /// When its reminder was given.
    pub reminded_at: Option<i64>,
    /// `OPEN`, `COMPLETED` or `CANCELLED`.
    pub status: String,
    pub assignee: Option<String>,
    pub organization_id: Option<Uuid>,
    pub deal_id: Option<Uuid>,
    pub created_at: i64,
    /// When it was completed or cancelled.
    pub finished_at: Option<i64>,
    pub cancel_reason: Option<String>,
    pub updated_at: i64,
    /// Of the task's stream.
    pub version: i64,
    /// Of the last event of the task.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "crate::organizations::Entity",
        from = "Column::OrganizationId",
        to = "crate::organizations::Column::Id"
    )]
    Organization,
    #[sea_orm(
        belongs_to = "crate::deals::Entity",
        from = "Column::DealId",
        to = "crate::deals::Column::Id"
    )]
    Deal,
}

impl Related<crate::organizations::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organization.def()
    }
}

impl Related<crate::deals::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Deal.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Tasks;

impl Projection<Event> for Tasks {
    fn name(&self) -> &'static str {
        "tasks"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::DueAt, Column::Id])
            .index_on([Column::Status, Column::DueAt])
            .index(Column::Assignee)
            .index(Column::OrganizationId)
            .index(Column::DealId);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Task(TaskEvent::TaskCreated { .. }) => {}
            Event::Task(_) => needs.row::<Entity>(event.header.stream.id),
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::Task(birth @ TaskEvent::TaskCreated { .. }) => {
                let mut row = Model::blank(header);
                row.take(header, birth);
                rows.put(row);
                Ok(())
            }
            Event::Task(change) => rows.change::<Entity>(header.stream.id, |row| row.take(header, change)),
            _ => Ok(()),
        }
    }
}

impl Model {
    /// A row with nothing in it yet.
    fn blank(header: &EventHeader) -> Self {
        Self {
            id: header.stream.id,
            title: String::new(),
            due_at: header.occurred_at.0,
            remind_at: None,
            reminded_at: None,
            status: TaskStatus::Open.as_str().to_owned(),
            assignee: None,
            organization_id: None,
            deal_id: None,
            created_at: header.occurred_at.0,
            finished_at: None,
            cancel_reason: None,
            updated_at: header.occurred_at.0,
            version: 0,
            position: 0,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &TaskEvent) {
        match event {
            TaskEvent::TaskCreated {
                title,
                due,
                remind_at,
                assignee,
                organization,
                deal,
            } => {
                self.title.clone_from(title);
                self.schedule(*due, *remind_at);
                self.assignee.clone_from(assignee);
                self.organization_id = organization.map(Uuid::from);
                self.deal_id = deal.map(Uuid::from);
            }
            TaskEvent::TaskRenamed { title } => self.title.clone_from(title),
            TaskEvent::TaskAssigned { assignee } => self.assignee.clone_from(assignee),
            TaskEvent::TaskRescheduled { due, remind_at } => self.schedule(*due, *remind_at),
            TaskEvent::TaskReminded { .. } => self.reminded_at = Some(header.occurred_at.0),
            TaskEvent::TaskCompleted {} => self.finish(TaskStatus::Completed, header),
            TaskEvent::TaskCancelled { reason } => {
                self.cancel_reason.clone_from(reason);
                self.finish(TaskStatus::Cancelled, header);
            }
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }

    /// New times arm the reminder anew.
    fn schedule(&mut self, due: DateTime<Utc>, remind_at: Option<DateTime<Utc>>) {
        self.due_at = Timestamp::from(due).0;
        self.remind_at = remind_at.map(|time| Timestamp::from(time).0);
        self.reminded_at = None;
    }

    fn finish(&mut self, status: TaskStatus, header: &EventHeader) {
        status.as_str().clone_into(&mut self.status);
        self.finished_at = Some(header.occurred_at.0);
    }
}
