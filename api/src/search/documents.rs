//! What of a record is found: its own words, never another record's, so that nothing is learnt of a hidden record through
//! one that is not.

use std::collections::HashMap;

use ::search::{Document, Kind};
use projections::{
    activities,
    contacts::{self, tags as contact_tags},
    deal_parts::{competitors, products, tags as deal_tags},
    deals,
    organizations::{self, fields, tags as organization_tags},
    tasks,
};
use sea_orm::{ColumnTrait, Condition, DatabaseConnection, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::FindError;

/// What is in the index of these records. An organization's main contact comes with the organization, whose stream tells
/// of it.
pub(super) async fn of(connection: &DatabaseConnection, kind: Kind, ids: &[Uuid]) -> Result<Vec<Document>, FindError> {
    match kind {
        Kind::Organization => organizations_and_main_contacts(connection, ids).await,
        Kind::Contact => {
            let own = Condition::all()
                .add(contacts::Column::Id.is_in(ids.iter().copied()))
                .add(contacts::Column::MainOf.is_null());
            contacts_where(connection, own).await
        }
        Kind::Deal => deals_of(connection, ids).await,
        Kind::Activity => activities_of(connection, ids).await,
        Kind::Task => tasks_of(connection, ids).await,
    }
}

/// A document with a title and nothing else.
fn titled(kind: Kind, id: Uuid, title: String) -> Document {
    Document {
        kind,
        shows: id,
        stands_aside: false,
        source: id,
        persons: Vec::new(),
        title,
        texts: Vec::new(),
    }
}

/// What belongs to each record, of a table of parts.
#[derive(Default)]
struct Parts(HashMap<Uuid, Vec<String>>);

impl Parts {
    fn add(&mut self, owner: Uuid, text: String) {
        self.0.entry(owner).or_default().push(text);
    }

    fn take(&mut self, owner: Uuid) -> Vec<String> {
        self.0.remove(&owner).unwrap_or_default()
    }
}

async fn organizations_and_main_contacts(
    connection: &DatabaseConnection,
    ids: &[Uuid],
) -> Result<Vec<Document>, FindError> {
    let ids = || ids.iter().copied();
    let rows = organizations::Entity::find().filter(organizations::Column::Id.is_in(ids()));
    let mut parts = Parts::default();
    let tags = organization_tags::Entity::find().filter(organization_tags::Column::OrganizationId.is_in(ids()));
    for tag in tags.all(connection).await? {
        parts.add(tag.organization_id, tag.tag);
    }
    let fields = fields::Entity::find()
        .filter(fields::Column::OrganizationId.is_in(ids()))
        .filter(fields::Column::Kind.eq("TEXT"));
    for field in fields.all(connection).await? {
        parts.add(field.organization_id, field.value);
    }
    let mut documents: Vec<Document> = rows
        .all(connection)
        .await?
        .into_iter()
        .map(|row| {
            let texts = parts.take(row.id);
            organization(row, texts)
        })
        .collect();
    let main = Condition::all().add(contacts::Column::MainOf.is_in(ids()));
    documents.extend(contacts_where(connection, main).await?);
    Ok(documents)
}

/// The texts of an organization that are searched, with the names that highlights give them.
pub fn texts_of_organization(row: &organizations::Model) -> Vec<(&'static str, String)> {
    let mut texts = some([
        ("siren", row.siren.as_deref()),
        ("siret", row.siret.as_deref()),
        ("vatNumber", row.vat_number.as_deref()),
        ("sector", row.sector.as_deref()),
        ("category", row.category.as_deref()),
        ("region", row.region.as_deref()),
        ("countryName", row.country_name.as_deref()),
        ("externalReference", row.external_reference.as_deref()),
    ]);
    for (name, address) in [
        ("billingAddress", &row.billing_address),
        ("deliveryAddress", &row.delivery_address),
    ] {
        texts.extend(address.as_deref().and_then(address_line).map(|line| (name, line)));
    }
    texts
}

/// An address as one line.
fn address_line(json: &str) -> Option<String> {
    let address: domain::PostalAddress = serde_json::from_str(json).ok()?;
    let parts = address.lines.into_iter().chain(address.postcode).chain([address.city]);
    Some(parts.collect::<Vec<_>>().join(" "))
}

fn organization(row: organizations::Model, mut texts: Vec<String>) -> Document {
    texts.extend(texts_of_organization(&row).into_iter().map(|(_, text)| text));
    Document {
        shows: row.merged_into.unwrap_or(row.id),
        stands_aside: row.merged_into.is_some(),
        texts,
        ..titled(Kind::Organization, row.id, row.name)
    }
}

async fn contacts_where(connection: &DatabaseConnection, which: Condition) -> Result<Vec<Document>, FindError> {
    let rows = contacts::Entity::find().filter(which).all(connection).await?;
    let ids = rows.iter().map(|row| row.id);
    let mut parts = Parts::default();
    let tags = contact_tags::Entity::find().filter(contact_tags::Column::ContactId.is_in(ids));
    for tag in tags.all(connection).await? {
        parts.add(tag.contact_id, tag.tag);
    }
    let known = rows.into_iter().filter(|row| !row.erased);
    Ok(known
        .map(|row| {
            let mut texts = parts.take(row.id);
            texts.extend(texts_of_contact(&row).into_iter().map(|(_, text)| text));
            texts.extend(row.phones().iter().filter_map(|phone| as_dialled(phone)));
            Document {
                shows: row.merged_into.unwrap_or(row.id),
                stands_aside: row.merged_into.is_some(),
                source: row.main_of.unwrap_or(row.id),
                persons: vec![row.person_id],
                texts,
                ..titled(Kind::Contact, row.id, row.full_name.unwrap_or_default())
            }
        })
        .collect())
}

/// The texts of a contact that are searched, with the names that highlights give them.
pub fn texts_of_contact(row: &contacts::Model) -> Vec<(&'static str, String)> {
    let mut texts = some([
        ("jobTitle", row.job_title.as_deref()),
        ("externalReference", row.external_reference.as_deref()),
    ]);
    texts.extend(row.emails().into_iter().map(|email| ("emails", email)));
    texts.extend(row.phones().into_iter().map(|phone| ("phones", phone)));
    texts
}

/// A number of France as people there dial it.
fn as_dialled(phone: &str) -> Option<String> {
    phone.strip_prefix("+33").map(|rest| format!("0{rest}"))
}

async fn deals_of(connection: &DatabaseConnection, ids: &[Uuid]) -> Result<Vec<Document>, FindError> {
    let ids = || ids.iter().copied();
    let mut parts = Parts::default();
    let named = products::Entity::find().filter(products::Column::DealId.is_in(ids()));
    for product in named.all(connection).await? {
        parts.add(product.deal_id, product.label);
    }
    let rivals = competitors::Entity::find().filter(competitors::Column::DealId.is_in(ids()));
    for competitor in rivals.all(connection).await? {
        parts.add(competitor.deal_id, competitor.name);
    }
    let tags = deal_tags::Entity::find().filter(deal_tags::Column::DealId.is_in(ids()));
    for tag in tags.all(connection).await? {
        parts.add(tag.deal_id, tag.name);
    }
    let rows = deals::Entity::find().filter(deals::Column::Id.is_in(ids()));
    let rows = rows.all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut texts = parts.take(row.id);
            texts.extend(texts_of_deal(&row).into_iter().map(|(_, text)| text));
            Document {
                texts,
                ..titled(Kind::Deal, row.id, row.title)
            }
        })
        .collect())
}

/// The texts of a deal that are searched, with the names that highlights give them.
pub fn texts_of_deal(row: &deals::Model) -> Vec<(&'static str, String)> {
    some([
        ("nextStep", row.next_step.as_deref()),
        ("lostNote", row.lost_note.as_deref()),
        ("sourceDetail", row.source_detail.as_deref()),
        ("ownerName", row.owner_name.as_deref()),
        ("externalReference", row.external_reference.as_deref()),
    ])
}

/// Withdrawn ones, and those about erased persons, say nothing any more.
async fn activities_of(connection: &DatabaseConnection, ids: &[Uuid]) -> Result<Vec<Document>, FindError> {
    let rows = activities::Entity::find()
        .filter(activities::Column::Id.is_in(ids.iter().copied()))
        .filter(activities::Column::WithdrawnAt.is_null());
    let rows = rows.all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let texts = texts_of_activity(&row).into_iter().map(|(_, text)| text).collect();
            Document {
                persons: row.person_id.into_iter().chain(row.place_person).collect(),
                texts,
                ..titled(Kind::Activity, row.id, row.subject.unwrap_or_default())
            }
        })
        .collect())
}

/// The texts of an activity that are searched, with the names that highlights give them.
pub fn texts_of_activity(row: &activities::Model) -> Vec<(&'static str, String)> {
    some([
        ("body", row.body.as_deref()),
        ("place", row.place.as_deref()),
        ("externalReference", row.external_reference.as_deref()),
    ])
}

async fn tasks_of(connection: &DatabaseConnection, ids: &[Uuid]) -> Result<Vec<Document>, FindError> {
    let rows = tasks::Entity::find().filter(tasks::Column::Id.is_in(ids.iter().copied()));
    let rows = rows.all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let texts = texts_of_task(&row).into_iter().map(|(_, text)| text).collect();
            Document {
                texts,
                ..titled(Kind::Task, row.id, row.title)
            }
        })
        .collect())
}

/// The texts of a task that are searched, with the names that highlights give them.
pub fn texts_of_task(row: &tasks::Model) -> Vec<(&'static str, String)> {
    some([
        ("description", row.description.as_deref()),
        ("assigneeName", row.assignee_name.as_deref()),
    ])
}

fn some<const N: usize>(named: [(&'static str, Option<&str>); N]) -> Vec<(&'static str, String)> {
    named
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?.to_owned())))
        .collect()
}
