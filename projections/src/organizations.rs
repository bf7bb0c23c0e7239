//! Organizations, one row each.

use domain::{Event, Money, OrganizationEvent, PersonEvent, organization::OrganizationStatus};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// The name in lower case, for looking it up and sorting.
    pub name_folded: String,
    pub siren: Option<String>,
    pub sector: Option<String>,
    pub country: Option<String>,
    pub employees: Option<i64>,
    pub revenue_minor: Option<i64>,
    pub revenue_currency: Option<String>,
    pub founded_year: Option<i32>,
    pub parent_id: Option<Uuid>,
    /// `PROSPECT`, `CUSTOMER` or `FORMER`.
    pub status: String,
    /// Who the main contact is. With a name of null: their data was erased.
    pub contact_person: Option<Uuid>,
    pub contact_name: Option<String>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<String>,
    pub external_reference: Option<String>,
    pub registered_at: i64,
    pub updated_at: i64,
    /// Of the organization's stream.
    pub version: i64,
    /// Of the last event of the organization.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_many = "crate::deals::Entity")]
    Deals,
}

impl Related<crate::deals::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Deals.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Organizations;

impl Projection<Event> for Organizations {
    fn name(&self) -> &'static str {
        "organizations"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::NameFolded, Column::Id])
            .index(Column::Siren)
            .index(Column::Status)
            .index(Column::Sector)
            .index(Column::ParentId)
            .index(Column::ContactPerson)
            .index(Column::ExternalReference);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Organization(OrganizationEvent::OrganizationRegistered { .. }) => {}
            Event::Organization(_) => needs.row::<Entity>(event.header.stream.id),
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                needs.matching::<Entity>(Column::ContactPerson, person.0);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::Organization(birth @ OrganizationEvent::OrganizationRegistered { .. }) => {
                let mut row = Model::blank(header);
                row.take(header, birth);
                rows.put(row);
                Ok(())
            }
            Event::Organization(change) => rows.change::<Entity>(header.stream.id, |row| row.take(header, change)),
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                for mut row in rows.matching::<Entity>(Column::ContactPerson, person.0) {
                    row.forget_contact_details();
                    rows.put(row);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Model {
    /// A row with nothing in it yet.
    fn blank(header: &EventHeader) -> Self {
        Self {
            id: header.stream.id,
            name: String::new(),
            name_folded: String::new(),
            siren: None,
            sector: None,
            country: None,
            employees: None,
            revenue_minor: None,
            revenue_currency: None,
            founded_year: None,
            parent_id: None,
            status: OrganizationStatus::Prospect.as_str().to_owned(),
            contact_person: None,
            contact_name: None,
            contact_email: None,
            contact_phone: None,
            external_reference: None,
            registered_at: header.occurred_at.0,
            updated_at: header.occurred_at.0,
            version: 0,
            position: 0,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &OrganizationEvent) {
        match event {
            OrganizationEvent::OrganizationRegistered {
                name,
                siren,
                sector,
                country,
                employees,
                annual_revenue,
                founded_year,
                parent,
                external_reference,
            } => {
                self.call(name);
                self.siren = siren.as_ref().map(ToString::to_string);
                self.sector.clone_from(sector);
                self.country.clone_from(country);
                self.employees = employees.map(i64::from);
                self.earn(*annual_revenue);
                self.founded_year = *founded_year;
                self.parent_id = parent.map(Uuid::from);
                self.external_reference.clone_from(external_reference);
            }
            OrganizationEvent::OrganizationRenamed { name } => self.call(name),
            OrganizationEvent::OrganizationDescribed {
                sector,
                country,
                employees,
                annual_revenue,
                founded_year,
                parent,
            } => {
                self.sector.clone_from(sector);
                self.country.clone_from(country);
                self.employees = employees.map(i64::from);
                self.earn(*annual_revenue);
                self.founded_year = *founded_year;
                self.parent_id = parent.map(Uuid::from);
            }
            OrganizationEvent::OrganizationIdentified { siren } => {
                self.siren = siren.as_ref().map(ToString::to_string);
            }
            OrganizationEvent::OrganizationContactNamed { contact } => {
                self.forget_contact_details();
                self.contact_person = Some(contact.person().0);
                if let Some(details) = contact.value() {
                    self.contact_name = Some(details.name.clone());
                    self.contact_email.clone_from(&details.email);
                    self.contact_phone.clone_from(&details.phone);
                }
            }
            OrganizationEvent::OrganizationContactRemoved {} => {
                self.forget_contact_details();
                self.contact_person = None;
            }
            OrganizationEvent::OrganizationStatusChanged { to, .. } => to.as_str().clone_into(&mut self.status),
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }

    fn call(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        self.name_folded = name.to_lowercase();
    }

    fn earn(&mut self, revenue: Option<Money>) {
        self.revenue_minor = revenue.map(|revenue| revenue.minor_units);
        self.revenue_currency = revenue.map(|revenue| revenue.currency.code().to_owned());
    }

    fn forget_contact_details(&mut self) {
        self.contact_name = None;
        self.contact_email = None;
        self.contact_phone = None;
    }
}
