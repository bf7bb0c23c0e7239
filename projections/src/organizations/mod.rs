//! Organizations, one row each; their tags, their fields of the house, and what makes two of them look alike, each in a
//! table of its own.

pub mod fields;
pub mod likeness;
pub mod tags;

use domain::{
    Event, Money, OrganizationEvent, PersonEvent, Personal,
    organization::{BankAccount, CustomerReminders, OrganizationKind, OrganizationSize, OrganizationStatus},
    text::fold,
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// The name folded, for looking it up and sorting.
    pub name_folded: String,
    /// As in [`OrganizationKind::as_str`].
    pub kind: Option<String>,
    pub siren: Option<String>,
    pub siret: Option<String>,
    pub vat_number: Option<String>,
    pub sector: Option<String>,
    /// Code of ISO 3166.
    pub country: Option<String>,
    /// The words of a source that name no country we know.
    pub country_name: Option<String>,
    pub category: Option<String>,
    pub region: Option<String>,
    /// As in [`OrganizationSize::as_str`].
    pub size: Option<String>,
    pub employees: Option<i64>,
    pub revenue_minor: Option<i64>,
    pub revenue_currency: Option<String>,
    pub founded_year: Option<i32>,
    pub parent_id: Option<Uuid>,
    /// `PROSPECT`, `CUSTOMER` or `FORMER`.
    pub status: String,
    pub owner_id: Option<Uuid>,
    /// A [`domain::PostalAddress`] as JSON.
    pub billing_address: Option<String>,
    pub delivery_address: Option<String>,
    pub iban: Option<String>,
    pub bic: Option<String>,
    pub account_holder: Option<String>,
    /// Whose the account is, when it is a person's. Without an IBAN: their data was erased.
    pub account_person: Option<Uuid>,
    /// Who the main contact is. With a name of null: their data was erased.
    pub contact_person: Option<Uuid>,
    pub contact_name: Option<String>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<String>,
    pub external_reference: Option<String>,
    /// [`domain::organization::CustomerReminders`] as JSON; null: as the company reminds everybody.
    pub reminders: Option<String>,
    pub archived_at: Option<i64>,
    /// The organization that stands for this one, at the end of the chain when several merges follow each other.
    pub merged_into: Option<Uuid>,
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
        3
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::NameFolded, Column::Id])
            .index_on([Column::RegisteredAt, Column::Id])
            .index(Column::Siren)
            .index(Column::Siret)
            .index(Column::VatNumber)
            .index_on([Column::Status, Column::NameFolded])
            .index_on([Column::OwnerId, Column::NameFolded])
            .index(Column::Kind)
            .index(Column::Sector)
            .index(Column::Country)
            .index(Column::Category)
            .index(Column::Region)
            .index(Column::Size)
            .index(Column::ParentId)
            .index(Column::ContactPerson)
            .index(Column::AccountPerson)
            .index(Column::MergedInto)
            .index(Column::ExternalReference);
        vec![table, tags::table(), fields::table(), likeness::table()]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        let id = event.header.stream.id;
        match &event.event {
            Event::Organization(OrganizationEvent::OrganizationRegistered { .. }) => {}
            Event::Organization(change) => {
                needs.row::<Entity>(id);
                if changes_likeness(change) {
                    needs.matching::<likeness::Entity>(likeness::Column::OrganizationId, id);
                }
                if let OrganizationEvent::OrganizationMergedInto { .. } = change {
                    needs.matching::<Entity>(Column::MergedInto, id);
                }
            }
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                needs.matching::<Entity>(Column::ContactPerson, person.0);
                needs.matching::<Entity>(Column::AccountPerson, person.0);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::Organization(change) => take(header, change, rows),
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                erase(person.0, rows);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn take(header: &EventHeader, event: &OrganizationEvent, rows: &mut Rows) -> Result<(), ProjectionError> {
    let id = header.stream.id;
    let row = if let OrganizationEvent::OrganizationRegistered { .. } = event {
        let mut row = Model::blank(header);
        row.take(header, event)?;
        row
    } else {
        let mut row = rows.require::<Entity>(id)?.clone();
        row.take(header, event)?;
        row
    };
    match event {
        OrganizationEvent::OrganizationTagged { tags } => {
            for tag in tags {
                rows.put(tags::Model::of(id, tag));
            }
        }
        OrganizationEvent::OrganizationUntagged { tags } => {
            for tag in tags {
                rows.remove::<tags::Entity>(tags::key(id, tag));
            }
        }
        OrganizationEvent::OrganizationFieldsSet { fields, cleared } => {
            for (key, value) in fields {
                rows.put(fields::Model::of(id, key, value));
            }
            for key in cleared {
                rows.remove::<fields::Entity>(fields::key(id, key));
            }
        }
        OrganizationEvent::OrganizationMergedInto { survivor } => {
            for mut earlier in rows.matching::<Entity>(Column::MergedInto, id) {
                earlier.merged_into = Some(survivor.0);
                rows.put(earlier);
            }
        }
        _ => {}
    }
    if let OrganizationEvent::OrganizationRegistered { .. } = event {
        for mark in likeness::of(&row) {
            rows.put(mark);
        }
    } else if changes_likeness(event) {
        likeness::refresh(&row, rows);
    }
    rows.put(row);
    Ok(())
}

const fn changes_likeness(event: &OrganizationEvent) -> bool {
    matches!(
        event,
        OrganizationEvent::OrganizationRenamed { .. }
            | OrganizationEvent::OrganizationIdentified { .. }
            | OrganizationEvent::OrganizationMergedInto { .. }
    )
}

fn erase(person: Uuid, rows: &mut Rows) {
    for mut row in rows.matching::<Entity>(Column::ContactPerson, person) {
        row.forget_contact_details();
        rows.put(row);
    }
    for mut row in rows.matching::<Entity>(Column::AccountPerson, person) {
        row.forget_account();
        rows.put(row);
    }
}

impl Model {
    /// A row with nothing in it yet.
    fn blank(header: &EventHeader) -> Self {
        Self {
            id: header.stream.id,
            name: String::new(),
            name_folded: String::new(),
            kind: None,
            siren: None,
            siret: None,
            vat_number: None,
            sector: None,
            country: None,
            country_name: None,
            category: None,
            region: None,
            size: None,
            employees: None,
            revenue_minor: None,
            revenue_currency: None,
            founded_year: None,
            parent_id: None,
            status: OrganizationStatus::Prospect.as_str().to_owned(),
            owner_id: None,
            billing_address: None,
            delivery_address: None,
            iban: None,
            bic: None,
            account_holder: None,
            account_person: None,
            contact_person: None,
            contact_name: None,
            contact_email: None,
            contact_phone: None,
            external_reference: None,
            reminders: None,
            archived_at: None,
            merged_into: None,
            registered_at: header.occurred_at.0,
            updated_at: header.occurred_at.0,
            version: 0,
            position: 0,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &OrganizationEvent) -> Result<(), ProjectionError> {
        match event {
            OrganizationEvent::OrganizationRegistered {
                name,
                siren,
                external_reference,
                ..
            } => {
                self.call(name);
                self.siren = siren.as_ref().map(ToString::to_string);
                self.describe(event);
                self.external_reference.clone_from(external_reference);
            }
            OrganizationEvent::OrganizationRenamed { name } => self.call(name),
            OrganizationEvent::OrganizationDescribed { .. } => self.describe(event),
            OrganizationEvent::OrganizationIdentified {
                siren,
                siret,
                vat_number,
            } => {
                self.siren = siren.as_ref().map(ToString::to_string);
                self.siret = siret.as_ref().map(ToString::to_string);
                self.vat_number = vat_number.as_ref().map(ToString::to_string);
            }
            OrganizationEvent::OrganizationBankAccountChanged { account, personal } => {
                self.forget_account();
                self.account_person = personal.as_ref().map(|personal| personal.person().0);
                self.pay_from(account.as_ref().or_else(|| personal.as_ref().and_then(Personal::value)));
            }
            OrganizationEvent::OrganizationAddressesChanged { billing, delivery } => {
                self.billing_address = billing.as_ref().map(crate::json).transpose()?;
                self.delivery_address = delivery.as_ref().map(crate::json).transpose()?;
            }
            OrganizationEvent::OrganizationRemindersSet { reminders } => {
                self.reminders = match reminders {
                    CustomerReminders::AsCompany => None,
                    other => Some(crate::json(other)?),
                };
            }
            OrganizationEvent::OrganizationAssigned { owner } => self.owner_id = owner.map(Uuid::from),
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
            OrganizationEvent::OrganizationArchived {} => self.archived_at = Some(header.occurred_at.0),
            OrganizationEvent::OrganizationRestored {} => self.archived_at = None,
            OrganizationEvent::OrganizationMergedInto { survivor } => self.merged_into = Some(survivor.0),
            OrganizationEvent::OrganizationTagged { .. }
            | OrganizationEvent::OrganizationUntagged { .. }
            | OrganizationEvent::OrganizationFieldsSet { .. }
            | OrganizationEvent::OrganizationFileAttached(_)
            | OrganizationEvent::OrganizationFileDetached { .. }
            | OrganizationEvent::OrganizationsMerged { .. } => {}
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
        Ok(())
    }

    fn call(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        self.name_folded = fold(name);
    }

    fn describe(&mut self, event: &OrganizationEvent) {
        let (OrganizationEvent::OrganizationRegistered {
            sector,
            country,
            country_name,
            employees,
            annual_revenue,
            founded_year,
            parent,
            kind,
            category,
            region,
            size,
            ..
        }
        | OrganizationEvent::OrganizationDescribed {
            sector,
            country,
            country_name,
            employees,
            annual_revenue,
            founded_year,
            parent,
            kind,
            category,
            region,
            size,
        }) = event
        else {
            return;
        };
        self.sector.clone_from(sector);
        self.country = country.map(|country| country.code().to_owned());
        self.country_name.clone_from(country_name);
        self.employees = employees.map(i64::from);
        self.earn(*annual_revenue);
        self.founded_year = *founded_year;
        self.parent_id = parent.map(Uuid::from);
        self.kind = kind.map(|kind: OrganizationKind| kind.as_str().to_owned());
        self.category.clone_from(category);
        self.region.clone_from(region);
        self.size = size.map(|size: OrganizationSize| size.as_str().to_owned());
    }

    fn earn(&mut self, revenue: Option<Money>) {
        self.revenue_minor = revenue.map(|revenue| revenue.minor_units);
        self.revenue_currency = revenue.map(|revenue| revenue.currency.code().to_owned());
    }

    fn pay_from(&mut self, account: Option<&BankAccount>) {
        self.iban = account.map(|account| account.iban.to_string());
        self.bic = account
            .and_then(|account| account.bic.as_ref())
            .map(ToString::to_string);
        self.account_holder = account.and_then(|account| account.holder.clone());
    }

    fn forget_account(&mut self) {
        self.pay_from(None);
    }

    fn forget_contact_details(&mut self) {
        self.contact_name = None;
        self.contact_email = None;
        self.contact_phone = None;
    }
}
