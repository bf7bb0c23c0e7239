//! Which events a timeline consists of: a row for each thing that happened to an organization, a contact, a deal, an
//! activity or a task. What is around an organization is joined when it is asked for, and told from the journal.

use domain::Event;
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "timeline")]
pub struct Model {
    /// Of the event in the journal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
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
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![TableSpec::of::<Entity>().index_on([Column::StreamId, Column::OccurredAt])]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, _event: &Recorded<Event>, _needs: &mut Needs) {}

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let around = matches!(
            event.event,
            Event::Organization(_) | Event::Contact(_) | Event::Deal(_) | Event::Activity(_) | Event::Task(_)
        );
        if around {
            rows.put(Model {
                position: event.header.position.0 as i64,
                category: event.header.stream.category.to_string(),
                stream_id: event.header.stream.id,
                occurred_at: event.header.occurred_at.0,
            });
        }
        Ok(())
    }
}
