//! Users, one row each.

use domain::{
    Event, PersonEvent, UserEvent,
    user::{UserDetails, person_of},
};
use domain::{Personal, UserId};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Null: their data was erased.
    pub name: Option<String>,
    /// The name in lower case, for looking it up and sorting.
    pub name_folded: Option<String>,
    pub email: Option<String>,
    /// As in [`domain::Role::as_str`].
    pub role: String,
    /// Where the account says otherwise than the role: as in [`domain::user::Visibility::as_str`].
    pub visibility: Option<String>,
    /// As in [`domain::Language::as_str`].
    pub language: String,
    /// Of the IANA database.
    pub time_zone: String,
    pub active: bool,
    pub second_factor: bool,
    pub registered_at: i64,
    pub updated_at: i64,
    /// Of the user's stream.
    pub version: i64,
    /// Of the last event of the user.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Users;

impl Projection<Event> for Users {
    fn name(&self) -> &'static str {
        "users"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<Entity>()
                .index_on([Column::NameFolded, Column::Id])
                .index(Column::Role),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::User(UserEvent::UserRegistered { .. }) => {}
            Event::User(_) => needs.row::<Entity>(event.header.stream.id),
            Event::Person(PersonEvent::PersonErased { person, .. }) => needs.row::<Entity>(person.0),
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::User(UserEvent::UserRegistered {
                details,
                role,
                language,
                time_zone,
                ..
            }) => {
                let mut row = Model {
                    id: header.stream.id,
                    name: None,
                    name_folded: None,
                    email: None,
                    role: role.as_str().to_owned(),
                    visibility: None,
                    language: language.as_str().to_owned(),
                    time_zone: time_zone.name().to_owned(),
                    active: true,
                    second_factor: false,
                    registered_at: header.occurred_at.0,
                    updated_at: header.occurred_at.0,
                    version: header.version.0 as i64,
                    position: header.position.0 as i64,
                };
                row.describe(details);
                rows.put(row);
                Ok(())
            }
            Event::User(change) => rows.change::<Entity>(header.stream.id, |row| row.take(header, change)),
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                if let Some(row) = rows.get::<Entity>(person.0).cloned() {
                    let mut row = row;
                    row.describe(&Personal::Erased {
                        person: person_of(UserId(row.id)),
                    });
                    rows.put(row);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Model {
    fn take(&mut self, header: &EventHeader, event: &UserEvent) {
        match event {
            UserEvent::UserDescribed { details } => self.describe(details),
            UserEvent::UserRoleChanged { to, .. } => to.as_str().clone_into(&mut self.role),
            UserEvent::UserVisibilityChanged { visibility } => {
                self.visibility = visibility.map(|visibility| visibility.as_str().to_owned());
            }
            UserEvent::UserPreferencesChanged { language, time_zone } => {
                language.as_str().clone_into(&mut self.language);
                time_zone.name().clone_into(&mut self.time_zone);
            }
            UserEvent::UserDeactivated { .. } => self.active = false,
            UserEvent::UserReactivated {} => self.active = true,
            UserEvent::UserSecondFactorEnabled {} => self.second_factor = true,
            UserEvent::UserSecondFactorDisabled {} => self.second_factor = false,
            UserEvent::UserRegistered { .. }
            | UserEvent::UserPasswordSet {}
            | UserEvent::UserSignedOutEverywhere {} => {}
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }

    fn describe(&mut self, details: &Personal<UserDetails>) {
        let details = details.value();
        self.name = details.map(|details| details.name.clone());
        self.name_folded = details.map(|details| details.name.to_lowercase());
        self.email = details.map(|details| details.email.clone());
    }
}
