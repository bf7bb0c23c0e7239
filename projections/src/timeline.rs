//! Where each event stands in the journal, by what it happened to and by its id. What is around an organization is joined
//! when its timeline is asked for, what led to an event when somebody asks for that; both are told from the journal.

use domain::Event;
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "timeline")]
pub struct Model {
    /// Of the event in the journal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub event_id: Uuid,
    pub category: String,
    pub stream_id: Uuid,
    pub occurred_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Timeline;

impl Projection<Event> for Timeline {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn version(&self) -> u32 {
        2
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<Entity>()
                .index_on([Column::StreamId, Column::OccurredAt])
                .index_on([Column::EventId]),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, _event: &Recorded<Event>, _needs: &mut Needs) {}

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        rows.put(Model {
            position: event.header.position.0 as i64,
            event_id: event.header.event_id,
            category: event.header.stream.category.to_string(),
            stream_id: event.header.stream.id,
            occurred_at: event.header.occurred_at.0,
        });
        Ok(())
    }
}
