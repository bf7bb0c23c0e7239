//! Where in the journal something is said about a person: a row for each person and event. It says nothing itself, so
//! it stays when the person is erased.

use domain::Event;
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dossiers")]
pub struct Model {
    /// Person and position.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub person_id: Uuid,
    /// Of the event in the journal.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Dossiers;

impl Projection<Event> for Dossiers {
    fn name(&self) -> &'static str {
        "dossiers"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![TableSpec::of::<Entity>().index_on([Column::PersonId, Column::Position])]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, _event: &Recorded<Event>, _needs: &mut Needs) {}

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let position = event.header.position.0;
        for person in event.event.persons() {
            rows.put(Model {
                id: format!("{person}/{position}"),
                person_id: person.0,
                position: position as i64,
            });
        }
        Ok(())
    }
}
