//! Everything that is known of a person (GDPR, article 15), from the journal.

use std::collections::BTreeSet;

use async_graphql::{Context, SimpleObject};
use domain::{Decider, Person, activity::ActivityState, contact::ContactState};
use journal::{Position, StreamId, Version};
use projections::{activities, contacts, dossiers};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::graphql::{
    contacts::Contact,
    errors::ApiResult,
    events::Event,
    reading::{self, Reading},
    scalars::{BigInt, Json, Moment},
    session::Session,
    timeline,
};

/// Streams are read to their end in steps of this.
const STEP: usize = 500;

/// Everything that is known of a person.
#[derive(SimpleObject)]
pub struct PersonExport {
    /// Under which keys: several when records of the same person were merged.
    persons: Vec<Uuid>,
    /// Whether the data was erased: then the events say what happened, not to whom.
    erased: bool,
    exported_at: Moment,
    /// Position of the journal that the export goes up to.
    position: BigInt,
    contacts: Vec<Contact>,
    /// Every event that holds data about the person, and the whole history of their contacts and activities, in order.
    events: Vec<Event>,
    /// All of it as one document, to be handed over.
    document: Json,
}

/// The person and all others who turned out to be the same human being; and whether their data was erased.
pub(super) async fn same_human(ctx: &Context<'_>, person: Uuid) -> ApiResult<(BTreeSet<Uuid>, bool)> {
    let bus = &ctx.application()?.bus;
    let (mut known, mut next, mut erased) = (BTreeSet::new(), vec![person], false);
    while let Some(person) = next.pop() {
        if !known.insert(person) {
            continue;
        }
        if let Some((state, _)) = bus.load::<Person>(person).await? {
            erased |= state.is_erased();
            next.extend(state.united().map(Uuid::from));
        }
    }
    Ok((known, erased))
}

pub(super) async fn export(ctx: &Context<'_>, person: Uuid) -> ApiResult<PersonExport> {
    let application = ctx.application()?;
    let (persons, erased) = same_human(ctx, person).await?;
    let head = application.journal.head().await?.position;
    let reading = reading::at_least(ctx, head).await?;

    let rows = contacts::Entity::find()
        .filter(contacts::Column::PersonId.is_in(persons.iter().copied()))
        .all(reading.connection())
        .await?;
    let mut positions = said_of(&reading, &persons).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    for contact in rows.iter().filter(|row| row.main_of.is_none()) {
        positions.extend(of_stream(ctx, &StreamId::new(ContactState::TYPE, contact.id)).await?);
    }
    for activity in activities_with(&reading, &ids).await? {
        positions.extend(of_stream(ctx, &StreamId::new(ActivityState::TYPE, activity)).await?);
    }
    let positions: Vec<_> = positions.into_iter().collect();
    let events = timeline::told(ctx, &positions).await?;

    let exported_at = Moment(application.clock.now());
    let document = serde_json::json!({
        "persons": persons,
        "erased": erased,
        "exportedAt": exported_at.0.to_rfc3339(),
        "position": head.to_string(),
        "contacts": rows.iter().map(described).collect::<Vec<_>>(),
        "events": events.iter().map(Event::document).collect::<Vec<_>>(),
    });
    Ok(PersonExport {
        persons: persons.into_iter().collect(),
        erased,
        exported_at,
        position: BigInt(head.0),
        contacts: rows.into_iter().map(|row| Contact::of(row, &reading)).collect(),
        events,
        document: Json(document),
    })
}

/// Positions of the events that hold data about the persons.
async fn said_of(reading: &Reading, persons: &BTreeSet<Uuid>) -> ApiResult<BTreeSet<i64>> {
    let rows = dossiers::Entity::find()
        .filter(dossiers::Column::PersonId.is_in(persons.iter().copied()))
        .all(reading.connection())
        .await?;
    Ok(rows.into_iter().map(|row| row.position).collect())
}

async fn activities_with(reading: &Reading, contacts: &[Uuid]) -> ApiResult<Vec<Uuid>> {
    let select = activities::Entity::find()
        .select_only()
        .column(activities::Column::Id)
        .filter(activities::Column::ContactId.is_in(contacts.iter().copied()));
    Ok(select.into_tuple().all(reading.connection()).await?)
}

/// Positions of every event of a stream.
async fn of_stream(ctx: &Context<'_>, stream: &StreamId) -> ApiResult<Vec<i64>> {
    let journal = &ctx.application()?.journal;
    let (mut after, mut positions) = (Version::NONE, Vec::new());
    loop {
        let page = journal.read_stream(stream, after, STEP).await?;
        positions.extend(page.iter().map(|event| {
            let Position(position) = event.header.position;
            position as i64
        }));
        match page.last() {
            Some(last) if page.len() == STEP => after = last.header.version,
            _ => return Ok(positions),
        }
    }
}

fn described(row: &contacts::Model) -> serde_json::Value {
    serde_json::json!({
        "id": row.id,
        "person": row.person_id,
        "organization": row.organization_id,
        "firstName": row.first_name,
        "lastName": row.last_name,
        "jobTitle": row.job_title,
        "emails": row.emails(),
        "phones": row.phones(),
        "language": row.language,
        "billing": row.billing,
        "signatory": row.signatory,
        "mergedInto": row.merged_into,
    })
}
