//! Contacts, one row each; their tags, and what makes two of them look alike, each in a table of its own.
//!
//! The main contact of an organization, which older histories have instead, is a row here too, under an id that follows
//! from organization and person.

pub mod likeness;
pub mod tags;

use domain::{
    ContactEvent, Event, OrganizationEvent, PersonEvent, Personal, contact::PersonDetails,
    organization::ContactDetails, text::fold,
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contacts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose data this is.
    pub person_id: Uuid,
    /// Nothing is left of what was known of them.
    pub erased: bool,
    pub organization_id: Option<Uuid>,
    /// The organization whose main contact this is: then the organization's stream tells of it, and no other.
    pub main_of: Option<Uuid>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub full_name: Option<String>,
    /// The name folded, last name first, for looking it up and sorting.
    pub name_folded: Option<String>,
    pub job_title: Option<String>,
    /// The first of the addresses.
    pub email: Option<String>,
    pub email_folded: Option<String>,
    /// All addresses, as JSON.
    pub emails: Option<String>,
    pub phone: Option<String>,
    pub phones: Option<String>,
    /// Of ISO 639-1.
    pub language: Option<String>,
    pub billing: bool,
    pub signatory: bool,
    pub owner_id: Option<Uuid>,
    pub external_reference: Option<String>,
    pub archived_at: Option<i64>,
    /// The contact that stands for this one, at the end of the chain when several merges follow each other.
    pub merged_into: Option<Uuid>,
    pub added_at: i64,
    pub updated_at: i64,
    /// Of the contact's stream.
    pub version: i64,
    /// Of the last event of the contact.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Under which ids the main contacts of organizations are shown.
const MAIN_CONTACTS: Uuid = Uuid::from_u128(0x5cf3_96a8_0c5e_4c0e_9d0b_7e21_4a56_0014);

/// The id of an organization's main contact in lists of contacts.
pub fn main_contact_id(organization: Uuid, person: Uuid) -> Uuid {
    Uuid::new_v5(
        &MAIN_CONTACTS,
        &[organization.into_bytes(), person.into_bytes()].concat(),
    )
}

/// Fills the tables.
pub struct Contacts;

impl Projection<Event> for Contacts {
    fn name(&self) -> &'static str {
        "contacts"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::NameFolded, Column::Id])
            .index_on([Column::AddedAt, Column::Id])
            .index_on([Column::OrganizationId, Column::NameFolded])
            .index(Column::MainOf)
            .index(Column::PersonId)
            .index_on([Column::OwnerId, Column::NameFolded])
            .index(Column::EmailFolded)
            .index(Column::MergedInto)
            .index(Column::ExternalReference);
        vec![table, tags::table(), likeness::table()]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        let id = event.header.stream.id;
        match &event.event {
            Event::Contact(change) => {
                needs.row::<Entity>(id);
                needs.matching::<likeness::Entity>(likeness::Column::ContactId, id);
                if let ContactEvent::ContactMergedInto { .. } = change {
                    needs.matching::<Entity>(Column::MergedInto, id);
                }
            }
            Event::Organization(
                OrganizationEvent::OrganizationContactNamed { .. } | OrganizationEvent::OrganizationContactRemoved {},
            ) => needs.matching::<Entity>(Column::MainOf, id),
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                needs.matching::<Entity>(Column::PersonId, person.0);
                needs.matching::<likeness::Entity>(likeness::Column::PersonId, person.0);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::Contact(change) => take(header, change, rows),
            Event::Organization(OrganizationEvent::OrganizationContactNamed { contact }) => {
                remove_main(header.stream.id, rows);
                rows.put(Model::main(header, contact)?);
                Ok(())
            }
            Event::Organization(OrganizationEvent::OrganizationContactRemoved {}) => {
                remove_main(header.stream.id, rows);
                Ok(())
            }
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                erase(person.0, rows);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn take(header: &EventHeader, event: &ContactEvent, rows: &mut Rows) -> Result<(), ProjectionError> {
    let id = header.stream.id;
    let mut row = match event {
        ContactEvent::ContactAdded { details, .. } => Model::blank(header, id, details.person().0),
        _ => rows.require::<Entity>(id)?.clone(),
    };
    row.take(header, event)?;
    match event {
        ContactEvent::ContactTagged { tags } => {
            for tag in tags {
                rows.put(tags::Model::of(id, tag));
            }
        }
        ContactEvent::ContactUntagged { tags } => {
            for tag in tags {
                rows.remove::<tags::Entity>(tags::key(id, tag));
            }
        }
        ContactEvent::ContactMergedInto { survivor } => {
            for mut earlier in rows.matching::<Entity>(Column::MergedInto, id) {
                earlier.merged_into = Some(survivor.0);
                rows.put(earlier);
            }
        }
        _ => {}
    }
    likeness::refresh(&row, rows);
    rows.put(row);
    Ok(())
}

fn remove_main(organization: Uuid, rows: &mut Rows) {
    for row in rows.matching::<Entity>(Column::MainOf, organization) {
        rows.remove::<Entity>(row.id);
    }
}

fn erase(person: Uuid, rows: &mut Rows) {
    for mut row in rows.matching::<Entity>(Column::PersonId, person) {
        row.forget();
        rows.put(row);
    }
    for mark in rows.matching::<likeness::Entity>(likeness::Column::PersonId, person) {
        rows.remove::<likeness::Entity>(mark.id);
    }
}

impl Model {
    /// A row with nothing in it yet.
    fn blank(header: &EventHeader, id: Uuid, person: Uuid) -> Self {
        Self {
            id,
            person_id: person,
            erased: false,
            organization_id: None,
            main_of: None,
            first_name: None,
            last_name: None,
            full_name: None,
            name_folded: None,
            job_title: None,
            email: None,
            email_folded: None,
            emails: None,
            phone: None,
            phones: None,
            language: None,
            billing: false,
            signatory: false,
            owner_id: None,
            external_reference: None,
            archived_at: None,
            merged_into: None,
            added_at: header.occurred_at.0,
            updated_at: header.occurred_at.0,
            version: header.version.0 as i64,
            position: header.position.0 as i64,
        }
    }

    /// The main contact of an organization. Its one name is taken for the last name.
    fn main(header: &EventHeader, contact: &Personal<ContactDetails>) -> Result<Self, ProjectionError> {
        let organization = header.stream.id;
        let person = contact.person().0;
        let mut row = Self {
            organization_id: Some(organization),
            main_of: Some(organization),
            ..Self::blank(header, main_contact_id(organization, person), person)
        };
        match contact.value() {
            Some(details) => row.know(PersonDetails {
                last_name: Some(details.name.clone()),
                emails: details.email.clone().into_iter().collect(),
                phones: details.phone.clone().into_iter().collect(),
                ..PersonDetails::default()
            })?,
            None => row.forget(),
        }
        Ok(row)
    }

    fn take(&mut self, header: &EventHeader, event: &ContactEvent) -> Result<(), ProjectionError> {
        match event {
            ContactEvent::ContactAdded {
                organization,
                details,
                billing,
                signatory,
                owner,
                external_reference,
            } => {
                self.organization_id = organization.map(Uuid::from);
                match details.value() {
                    Some(details) => self.know(details.clone())?,
                    None => self.forget(),
                }
                (self.billing, self.signatory) = (*billing, *signatory);
                self.owner_id = owner.map(Uuid::from);
                self.external_reference.clone_from(external_reference);
            }
            ContactEvent::ContactChanged { details } => match details.value() {
                Some(changes) => {
                    let mut known = self.known();
                    known.apply(changes);
                    self.know(known)?;
                }
                None => self.forget(),
            },
            ContactEvent::ContactFlagged { billing, signatory } => {
                (self.billing, self.signatory) = (*billing, *signatory);
            }
            ContactEvent::ContactMoved { organization, .. } => self.organization_id = organization.map(Uuid::from),
            ContactEvent::ContactAssigned { owner } => self.owner_id = owner.map(Uuid::from),
            ContactEvent::ContactArchived {} => self.archived_at = Some(header.occurred_at.0),
            ContactEvent::ContactRestored {} => self.archived_at = None,
            ContactEvent::ContactMergedInto { survivor } => self.merged_into = Some(survivor.0),
            ContactEvent::ContactTagged { .. }
            | ContactEvent::ContactUntagged { .. }
            | ContactEvent::ConsentGiven { .. }
            | ContactEvent::ConsentWithdrawn { .. }
            | ContactEvent::ContactsMerged { .. } => {}
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
        Ok(())
    }

    pub fn emails(&self) -> Vec<String> {
        list(self.emails.as_ref())
    }

    pub fn phones(&self) -> Vec<String> {
        list(self.phones.as_ref())
    }

    fn known(&self) -> PersonDetails {
        PersonDetails {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            job_title: self.job_title.clone(),
            emails: self.emails(),
            phones: self.phones(),
            language: self.language.clone(),
        }
    }

    fn know(&mut self, details: PersonDetails) -> Result<(), ProjectionError> {
        self.full_name = Some(details.full_name());
        let names = [details.last_name.as_deref(), details.first_name.as_deref()];
        self.name_folded = Some(fold(&names.into_iter().flatten().collect::<Vec<_>>().join(" ")));
        self.email = details.emails.first().cloned();
        self.email_folded = self.email.as_deref().map(fold);
        self.emails = Some(crate::json(&details.emails)?);
        self.phone = details.phones.first().cloned();
        self.phones = Some(crate::json(&details.phones)?);
        self.first_name = details.first_name;
        self.last_name = details.last_name;
        self.job_title = details.job_title;
        self.language = details.language;
        Ok(())
    }

    fn forget(&mut self) {
        self.erased = true;
        for text in [
            &mut self.first_name,
            &mut self.last_name,
            &mut self.full_name,
            &mut self.name_folded,
            &mut self.job_title,
            &mut self.email,
            &mut self.email_folded,
            &mut self.emails,
            &mut self.phone,
            &mut self.phones,
            &mut self.language,
        ] {
            *text = None;
        }
    }
}

fn list(json: Option<&String>) -> Vec<String> {
    json.and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default()
}
