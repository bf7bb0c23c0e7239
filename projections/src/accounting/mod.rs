//! The books: entries and their lines, what settles what, what documents say of themselves, and what is in no book.
//!
//! Folded by [`domain::accounting::Ledger`], whose memory lies in `accounting_states`, a row for each invoice, payment and
//! customer: an event loads those that it names and no others. [`reading`] has what exports and the API ask.

pub mod documents;
pub mod entries;
pub mod lines;
pub mod matchings;
pub mod reading;
pub mod settings;
pub mod states;
pub mod unbooked;

use chrono::{DateTime, Utc};
use domain::{
    Event, InvoiceId, OrganizationId, PaymentId,
    accounting::{Booked, Happened, Ledger, Recording},
    accounting_period::AccountingState,
    decider::Decider,
    local::DEFAULT_ZONE,
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;

/// Fills the tables.
pub struct Accounting;

impl Projection<Event> for Accounting {
    fn name(&self) -> &'static str {
        "accounting"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<states::Entity>(),
            TableSpec::of::<settings::Entity>(),
            TableSpec::of::<entries::Entity>()
                .index_on([entries::Column::Closing, entries::Column::Position])
                .index_on([entries::Column::EntryDate, entries::Column::Position])
                .index(entries::Column::StreamId),
            TableSpec::of::<lines::Entity>()
                .index_on([lines::Column::Closing, lines::Column::Id])
                .index_on([lines::Column::EntryDate, lines::Column::Id])
                .index_on([lines::Column::Account, lines::Column::EntryDate])
                .index_on([lines::Column::Auxiliary, lines::Column::EntryDate])
                .index(lines::Column::Position),
            TableSpec::of::<matchings::Entity>().index(matchings::Column::MatchedOn),
            TableSpec::of::<documents::Entity>()
                .index(documents::Column::EntryDate)
                .index(documents::Column::IssuedOn),
            TableSpec::of::<unbooked::Entity>().index(unbooked::Column::CountedOn),
        ]
    }

    /// Numbers have no gap: what fails holds back everything after it.
    fn partition(&self, _: &Recorded<Event>) -> Option<String> {
        None
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        for key in happened(event).into_iter().flat_map(Happened::touches) {
            needs.row::<states::Entity>(key.to_string());
        }
        if let Event::Accounting(_) = &event.event {
            needs.row::<settings::Entity>(event.header.stream.id);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        if let Event::Accounting(accounting) = &event.event {
            let mut state = match rows.get::<settings::Entity>(event.header.stream.id) {
                Some(row) => serde_json::from_str(&row.state).map_err(ProjectionError::other)?,
                None => AccountingState::default(),
            };
            state.evolve(accounting);
            rows.put(settings::Model::of(&state, &event.header)?);
        }
        let Some(happened) = happened(event) else { return Ok(()) };
        let keys = happened.touches();
        if keys.is_empty() {
            return Ok(());
        }
        let mut ledger = Ledger::default();
        for key in &keys {
            if let Some(row) = rows.get::<states::Entity>(key.to_string()) {
                ledger.load(key.clone(), &row.state).map_err(ProjectionError::other)?;
            }
        }
        let booked = ledger.record(recording(&event.header), happened);
        for key in &keys {
            if let Some(state) = ledger.dump(key).map_err(ProjectionError::other)? {
                let row = states::Model {
                    id: key.to_string(),
                    state,
                };
                rows.put(row);
            }
        }
        write(&event.header, booked, rows);
        Ok(())
    }
}

fn happened(event: &Recorded<Event>) -> Option<Happened<'_>> {
    let id = event.header.stream.id;
    match &event.event {
        Event::Company(event) => Some(Happened::Company(event)),
        Event::Organization(event) => Some(Happened::Organization(OrganizationId(id), event)),
        Event::Invoice(event) => Some(Happened::Invoice(InvoiceId(id), event)),
        Event::Payment(event) => Some(Happened::Payment(PaymentId(id), event)),
        Event::Accounting(event) => Some(Happened::Accounting(event)),
        _ => None,
    }
}

/// The day on which the journal took it, by the company's clock.
fn recording(header: &EventHeader) -> Recording {
    let recorded = DateTime::<Utc>::from(header.recorded_at);
    Recording {
        position: header.position.0,
        on: recorded.with_timezone(&DEFAULT_ZONE).date_naive(),
    }
}

fn write(header: &EventHeader, booked: Booked, rows: &mut Rows) {
    for entry in &booked.entries {
        for (at, line) in entry.lines.iter().enumerate() {
            rows.put(lines::Model::of(entry, at, line));
        }
        rows.put(entries::Model::of(entry, header));
    }
    for matching in &booked.matchings {
        rows.put(matchings::Model::of(matching));
    }
    if let Some(document) = &booked.document {
        rows.put(documents::Model::of(document));
    }
    if let Some(unbooked) = &booked.unbooked {
        rows.put(unbooked::Model::of(unbooked, header));
    }
}
