//! Read models: what people and programs look things up in, built from the journal and from nothing else.
//!
//! One module per read model, holding its table and the projection that fills it. A table keeps what happened to its
//! own aggregate only; what belongs to another one is joined when it is asked for. Times are microseconds since 1970
//! (UTC, business time), dates are `YYYY-MM-DD`, money is minor units beside its currency.

pub mod accounting;
pub mod activities;
pub mod agenda;
pub mod api_tokens;
pub mod attachments;
pub mod company;
pub mod consents;
pub mod contacts;
pub mod contracts;
pub mod deal_parts;
pub mod deal_stage_entries;
pub mod deals;
pub mod deliveries;
pub mod dossiers;
pub mod erased_persons;
pub mod finance;
pub mod imports;
pub mod invoices;
pub mod likeness;
pub mod notifications;
pub mod organizations;
pub mod payments;
pub mod pipelines;
pub mod products;
pub mod quotes;
pub mod saved_filters;
pub mod task_series;
pub mod tasks;
pub mod teams;
pub mod timeline;
pub mod users;

use std::sync::Arc;

use domain::{Event, OversightEvent, PersonEvent, upcast::UPCASTERS};
use engine::{DecodeError, Projection, Recorded, SkippedEvent, Vocabulary};
use journal::Position;
use uuid::Uuid;

/// Every projection there is.
pub fn all() -> Vec<Arc<dyn Projection<Event>>> {
    vec![
        Arc::new(organizations::Organizations),
        Arc::new(pipelines::Pipelines),
        Arc::new(contacts::Contacts),
        Arc::new(consents::Consents),
        Arc::new(activities::Activities),
        Arc::new(attachments::Attachments),
        Arc::new(timeline::Timeline),
        Arc::new(dossiers::Dossiers),
        Arc::new(erased_persons::ErasedPersons),
        Arc::new(deals::Deals),
        Arc::new(deal_parts::DealParts),
        Arc::new(deal_stage_entries::DealStageEntries),
        Arc::new(tasks::Tasks),
        Arc::new(task_series::TaskSeries),
        Arc::new(notifications::Notifications),
        Arc::new(saved_filters::SavedFilters),
        Arc::new(imports::Imports),
        Arc::new(users::Users),
        Arc::new(teams::Teams),
        Arc::new(api_tokens::ApiTokens),
        Arc::new(agenda::Agenda),
        Arc::new(deliveries::Deliveries),
        Arc::new(company::Companies),
        Arc::new(products::Products),
        Arc::new(quotes::Quotes),
        Arc::new(invoices::Invoices),
        Arc::new(payments::Payments),
        Arc::new(contracts::Contracts),
        Arc::new(accounting::Accounting),
    ]
}

/// What the engine must know of our events.
pub fn vocabulary() -> Vocabulary<Event> {
    Vocabulary {
        decode,
        upcasters: UPCASTERS,
        skipped,
        erased,
    }
}

fn decode(category: &str, payload: &[u8]) -> Result<Event, DecodeError> {
    Event::decode(category, payload).map_err(|error| match error {
        domain::DecodeError::UnknownCategory(category) => DecodeError::UnknownCategory(category),
        unreadable @ domain::DecodeError::Payload { .. } => DecodeError::Unreadable(unreadable.to_string()),
    })
}

fn skipped(event: &Event) -> Option<SkippedEvent> {
    match event {
        Event::Oversight(OversightEvent::EventSkipped {
            projection, position, ..
        }) => Some(SkippedEvent {
            projection: projection.clone(),
            position: Position(*position),
        }),
        _ => None,
    }
}

fn erased(event: &Event) -> Option<Uuid> {
    match event {
        Event::Person(PersonEvent::PersonErased { person, .. }) => Some(person.0),
        _ => None,
    }
}

/// A value that a table keeps whole, in one column.
fn json(value: &impl serde::Serialize) -> Result<String, engine::ProjectionError> {
    serde_json::to_string(value).map_err(engine::ProjectionError::other)
}

/// The part of a table that an event can spoil: the rows of its own stream.
fn own_stream(event: &Recorded<Event>) -> String {
    event.header.stream.to_string()
}

/// The user whom the header of an event names as its author; `None` for a program.
fn user_of(actor: &str) -> Option<Uuid> {
    actor.strip_prefix("user:").and_then(|id| id.parse().ok())
}

/// What the numbers of documents sort by: the year, and the sequence within it.
fn number_order(number: &domain::document::DocumentNumber) -> i64 {
    (i64::from(number.year) << 32) | i64::from(number.sequence)
}
