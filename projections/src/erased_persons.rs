//! Whose data was erased, and when: for whoever keeps copies of views' rows and follows what changes.

use domain::{Event, PersonEvent};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "erased_persons")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    /// Of the event in the journal that says so.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct ErasedPersons;

impl Projection<Event> for ErasedPersons {
    fn name(&self) -> &'static str {
        "erased-persons"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![TableSpec::of::<Entity>().index(Column::Position)]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, _event: &Recorded<Event>, _needs: &mut Needs) {}

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        if let Event::Person(PersonEvent::PersonErased { person, .. }) = &event.event {
            rows.put(Model {
                person_id: person.0,
                position: event.header.position.0 as i64,
            });
        }
        Ok(())
    }
}
