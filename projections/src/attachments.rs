//! Files that go with activities, a row each, also once they were detached: the history refers to them.

use domain::{ActivityEvent, Event, FileDescription, PersonEvent, Personal};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachments")]
pub struct Model {
    /// Of the file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub activity_id: Uuid,
    /// The SHA-256 of its bytes, as 64 hexadecimal digits.
    pub blob: String,
    /// In bytes.
    pub size: i64,
    /// Null once the person was erased whom the activity is about.
    pub name: Option<String>,
    pub media_type: Option<String>,
    /// Whom the activity is about.
    pub person_id: Option<Uuid>,
    /// The person was erased, and the bytes with them.
    pub erased: bool,
    /// As in [`journal::EventHeader::actor`].
    pub attached_by: String,
    pub attached_at: i64,
    pub detached_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Attachments;

impl Projection<Event> for Attachments {
    fn name(&self) -> &'static str {
        "attachments"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::ActivityId, Column::AttachedAt])
            .index(Column::PersonId)
            .index(Column::Blob);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Activity(ActivityEvent::ActivityFileDetached { file }) => needs.row::<Entity>(file.0),
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                needs.matching::<Entity>(Column::PersonId, person.0);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::Activity(ActivityEvent::ActivityFileAttached {
                file,
                blob,
                size,
                description,
                personal_description,
            }) => {
                let personal = personal_description.as_ref();
                let mut row = Model {
                    id: file.0,
                    activity_id: header.stream.id,
                    blob: blob.to_string(),
                    size: *size as i64,
                    name: None,
                    media_type: None,
                    person_id: personal.map(|personal| personal.person().0),
                    erased: personal.is_some_and(|personal| personal.value().is_none()),
                    attached_by: header.actor.to_string(),
                    attached_at: header.occurred_at.0,
                    detached_at: None,
                };
                row.describe(description.as_ref().or_else(|| personal.and_then(Personal::value)));
                rows.put(row);
            }
            Event::Activity(ActivityEvent::ActivityFileDetached { file }) => {
                let mut row = rows.require::<Entity>(file.0)?.clone();
                row.detached_at = Some(header.occurred_at.0);
                rows.put(row);
            }
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                for mut row in rows.matching::<Entity>(Column::PersonId, person.0) {
                    row.erased = true;
                    row.describe(None);
                    rows.put(row);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Model {
    fn describe(&mut self, description: Option<&FileDescription>) {
        self.name = description.map(|description| description.name.clone());
        self.media_type = description.map(|description| description.media_type.clone());
    }
}
