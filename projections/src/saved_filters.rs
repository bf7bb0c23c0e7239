//! Saved filters, one row each, until they are removed.

use domain::{Event, SavedFilterEvent, saved_filter::Sharing, text::fold};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_filters")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As in [`domain::saved_filter::FilteredList::as_str`].
    pub list: String,
    pub name: String,
    pub name_folded: String,
    /// As the list takes it, in JSON.
    pub filter: String,
    pub everybody: bool,
    pub team_id: Option<Uuid>,
    /// Null: the system's operator.
    pub owner_id: Option<Uuid>,
    pub saved_at: i64,
    pub updated_at: i64,
    /// Of the filter's stream.
    pub version: i64,
    /// Of the last event of the filter.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct SavedFilters;

impl Projection<Event> for SavedFilters {
    fn name(&self) -> &'static str {
        "saved-filters"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::List, Column::NameFolded])
            .index(Column::OwnerId)
            .index(Column::TeamId);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        if let Event::SavedFilter(SavedFilterEvent::FilterChanged { .. }) = &event.event {
            needs.row::<Entity>(event.header.stream.id);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let Event::SavedFilter(change) = &event.event else {
            return Ok(());
        };
        let header = &event.header;
        let id = header.stream.id;
        let mut row = match change {
            SavedFilterEvent::FilterRemoved {} => {
                rows.remove::<Entity>(id);
                return Ok(());
            }
            SavedFilterEvent::FilterSaved {
                name,
                list,
                filter,
                sharing,
                owner,
            } => {
                let mut row = Model {
                    id,
                    list: list.as_str().to_owned(),
                    name: name.clone(),
                    name_folded: fold(name),
                    filter: filter.clone(),
                    everybody: false,
                    team_id: None,
                    owner_id: owner.map(Uuid::from),
                    saved_at: header.occurred_at.0,
                    updated_at: 0,
                    version: 0,
                    position: 0,
                };
                row.share(*sharing);
                row
            }
            SavedFilterEvent::FilterChanged { name, filter, sharing } => {
                let mut row = rows.require::<Entity>(id)?.clone();
                if let Some(name) = name {
                    row.name.clone_from(name);
                    row.name_folded = fold(name);
                }
                if let Some(filter) = filter {
                    row.filter.clone_from(filter);
                }
                if let Some(sharing) = sharing {
                    row.share(*sharing);
                }
                row
            }
        };
        row.updated_at = header.occurred_at.0;
        row.version = header.version.0 as i64;
        row.position = header.position.0 as i64;
        rows.put(row);
        Ok(())
    }
}

impl Model {
    fn share(&mut self, sharing: Sharing) {
        self.everybody = sharing == Sharing::Everybody;
        self.team_id = match sharing {
            Sharing::Team(team) => Some(team.0),
            Sharing::Nobody | Sharing::Everybody => None,
        };
    }
}
