//! Files that go with activities, deals, organizations and tasks, a row each, also once they were detached: the history
//! refers to them.

use domain::{
    ActivityEvent, AttachedFile, BlobHash, DealEvent, Event, FileDescription, FileId, OrganizationEvent, PersonEvent,
    Personal, TaskEvent,
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachments")]
pub struct Model {
    /// Of the file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it goes with: the category of that record's stream, and its id.
    pub category: String,
    pub record_id: Uuid,
    /// The SHA-256 of its bytes, as 64 hexadecimal digits.
    pub blob: String,
    /// In bytes.
    pub size: i64,
    /// Null once the person was erased whom an activity is about.
    pub name: Option<String>,
    pub media_type: Option<String>,
    /// Whom it is about, when it goes with an activity about a person.
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
        2
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::RecordId, Column::AttachedAt])
            .index(Column::PersonId)
            .index(Column::Blob);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match Change::of(&event.event) {
            Some(Change::Detached(file)) => needs.row::<Entity>(file.0),
            Some(Change::Erased(person)) => needs.matching::<Entity>(Column::PersonId, person),
            Some(Change::Attached { .. }) | None => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match Change::of(&event.event) {
            Some(Change::Attached {
                file,
                blob,
                size,
                description,
                personal,
            }) => {
                let mut row = Model {
                    id: file.0,
                    category: header.stream.category.to_string(),
                    record_id: header.stream.id,
                    blob: blob.to_string(),
                    size: size as i64,
                    name: None,
                    media_type: None,
                    person_id: personal.map(|personal| personal.person().0),
                    erased: personal.is_some_and(|personal| personal.value().is_none()),
                    attached_by: header.actor.to_string(),
                    attached_at: header.occurred_at.0,
                    detached_at: None,
                };
                row.describe(description.or_else(|| personal.and_then(Personal::value)));
                rows.put(row);
            }
            Some(Change::Detached(file)) => {
                let mut row = rows.require::<Entity>(file.0)?.clone();
                row.detached_at = Some(header.occurred_at.0);
                rows.put(row);
            }
            Some(Change::Erased(person)) => {
                for mut row in rows.matching::<Entity>(Column::PersonId, person) {
                    row.erased = true;
                    row.describe(None);
                    rows.put(row);
                }
            }
            None => {}
        }
        Ok(())
    }
}

/// What an event says of files, whichever record they go with.
enum Change<'e> {
    Attached {
        file: FileId,
        blob: BlobHash,
        size: u64,
        description: Option<&'e FileDescription>,
        personal: Option<&'e Personal<FileDescription>>,
    },
    Detached(FileId),
    /// All that are about this person.
    Erased(Uuid),
}

impl<'e> Change<'e> {
    fn of(event: &'e Event) -> Option<Self> {
        Some(match event {
            Event::Activity(ActivityEvent::ActivityFileAttached {
                file,
                blob,
                size,
                description,
                personal_description,
            }) => Self::Attached {
                file: *file,
                blob: *blob,
                size: *size,
                description: description.as_ref(),
                personal: personal_description.as_ref(),
            },
            Event::Deal(DealEvent::DealFileAttached(file))
            | Event::Organization(OrganizationEvent::OrganizationFileAttached(file))
            | Event::Task(TaskEvent::TaskFileAttached(file)) => Self::attached(file),
            Event::Activity(ActivityEvent::ActivityFileDetached { file })
            | Event::Deal(DealEvent::DealFileDetached { file })
            | Event::Organization(OrganizationEvent::OrganizationFileDetached { file })
            | Event::Task(TaskEvent::TaskFileDetached { file }) => Self::Detached(*file),
            Event::Person(PersonEvent::PersonErased { person, .. }) => Self::Erased(person.0),
            _ => return None,
        })
    }

    const fn attached(attached: &'e AttachedFile) -> Self {
        Self::Attached {
            file: attached.file,
            blob: attached.blob,
            size: attached.size,
            description: Some(&attached.description),
            personal: None,
        }
    }
}

impl Model {
    fn describe(&mut self, description: Option<&FileDescription>) {
        self.name = description.map(|description| description.name.clone());
        self.media_type = description.map(|description| description.media_type.clone());
    }
}
