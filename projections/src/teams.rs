//! Teams, and who is in them.

use domain::{Event, TeamEvent, UserId};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "teams")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// The name in lower case, for sorting.
    pub name_folded: String,
    pub disbanded: bool,
    pub formed_at: i64,
    pub updated_at: i64,
    /// Of the team's stream.
    pub version: i64,
    /// Of the last event of the team.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who is in a team.
pub mod members {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "team_members")]
    pub struct Model {
        /// See [`Model::id_of`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub team_id: Uuid,
        pub user_id: Uuid,
    }

    impl Model {
        /// The row's key: somebody is in a team once.
        pub fn id_of(team: Uuid, user: Uuid) -> String {
            format!("{team}/{user}")
        }
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Fills the tables.
pub struct Teams;

impl Projection<Event> for Teams {
    fn name(&self) -> &'static str {
        "teams"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<Entity>().index_on([Column::NameFolded, Column::Id]),
            TableSpec::of::<members::Entity>()
                .index(members::Column::TeamId)
                .index_on([members::Column::UserId, members::Column::TeamId]),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Team(TeamEvent::TeamFormed { .. }) => {}
            Event::Team(_) => needs.row::<Entity>(event.header.stream.id),
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let (Event::Team(team), header) = (&event.event, &event.header) else {
            return Ok(());
        };
        let id = header.stream.id;
        match team {
            TeamEvent::TeamFormed { name } => {
                rows.put(Model::formed(header, name));
                return Ok(());
            }
            TeamEvent::TeamMemberAdded {
                member: UserId(user_id),
            } => rows.put(members::Model {
                id: members::Model::id_of(id, *user_id),
                team_id: id,
                user_id: *user_id,
            }),
            TeamEvent::TeamMemberRemoved {
                member: UserId(user_id),
            } => rows.remove::<members::Entity>(members::Model::id_of(id, *user_id)),
            TeamEvent::TeamRenamed { .. } | TeamEvent::TeamDisbanded {} => {}
        }
        rows.change::<Entity>(id, |row| row.take(header, team))
    }
}

impl Model {
    fn formed(header: &EventHeader, name: &str) -> Self {
        Self {
            id: header.stream.id,
            name: name.to_owned(),
            name_folded: name.to_lowercase(),
            disbanded: false,
            formed_at: header.occurred_at.0,
            updated_at: header.occurred_at.0,
            version: header.version.0 as i64,
            position: header.position.0 as i64,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &TeamEvent) {
        match event {
            TeamEvent::TeamRenamed { name } => {
                self.name.clone_from(name);
                self.name_folded = name.to_lowercase();
            }
            TeamEvent::TeamDisbanded {} => self.disbanded = true,
            TeamEvent::TeamFormed { .. } | TeamEvent::TeamMemberAdded { .. } | TeamEvent::TeamMemberRemoved { .. } => {}
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }
}
