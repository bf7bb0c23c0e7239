//! What contacts allow, as it stands now: a row for each contact and purpose. How it came about is in the history.

use domain::{ContactEvent, Event, PersonEvent, Personal, contact::ConsentPurpose};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consents")]
pub struct Model {
    /// Contact and purpose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub contact_id: Uuid,
    /// As in [`ConsentPurpose::as_str`].
    pub purpose: String,
    /// Given; else withdrawn.
    pub given: bool,
    /// Since when.
    pub since: i64,
    /// As in [`domain::contact::ConsentSource::as_str`].
    pub source: String,
    /// The words agreed to.
    pub text: Option<String>,
    pub evidence: Option<String>,
    /// Whose data the evidence is.
    pub person_id: Option<Uuid>,
    /// Of the event that says so.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Consents;

impl Projection<Event> for Consents {
    fn name(&self) -> &'static str {
        "consents"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index(Column::ContactId)
            .index_on([Column::Purpose, Column::Given, Column::ContactId])
            .index(Column::PersonId);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        if let Event::Person(PersonEvent::PersonErased { person, .. }) = &event.event {
            needs.matching::<Entity>(Column::PersonId, person.0);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let (contact, position) = (event.header.stream.id, event.header.position.0 as i64);
        let row = |purpose: ConsentPurpose, evidence: &Option<Personal<String>>| Model {
            id: format!("{contact}/{}", purpose.as_str()),
            contact_id: contact,
            purpose: purpose.as_str().to_owned(),
            given: false,
            since: event.header.occurred_at.0,
            source: String::new(),
            text: None,
            evidence: evidence.as_ref().and_then(Personal::value).cloned(),
            person_id: evidence.as_ref().map(|evidence| evidence.person().0),
            position,
        };
        match &event.event {
            Event::Contact(ContactEvent::ConsentGiven {
                purpose,
                source,
                text,
                evidence,
            }) => rows.put(Model {
                given: true,
                source: source.as_str().to_owned(),
                text: text.clone(),
                ..row(*purpose, evidence)
            }),
            Event::Contact(ContactEvent::ConsentWithdrawn {
                purpose,
                source,
                evidence,
            }) => rows.put(Model {
                source: source.as_str().to_owned(),
                ..row(*purpose, evidence)
            }),
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                for mut row in rows.matching::<Entity>(Column::PersonId, person.0) {
                    row.evidence = None;
                    rows.put(row);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
