//! The agenda: what is to be done when: the reminders of tasks that are armed, the last days of quotes, the reminders of
//! invoices, and everything that contracts ask for by themselves.
//!
//! The table is the engine's, which acts on it; here is only who puts obligations in and takes them out.

mod contracts;

use chrono::{DateTime, Utc};
use domain::{Event, InvoiceEvent, QuoteEvent, TaskEvent, task::Reminders};
use engine::{
    Needs, Obligation, Projection, ProjectionError, Recorded, Rows, TableSpec,
    agenda::entity::{Column, Entity},
};
use journal::{EventHeader, Timestamp};

pub use self::contracts::{
    CONTRACT_ACTIVATION, CONTRACT_ALERT, CONTRACT_BILLING, CONTRACT_CONSUMER_NOTICE, CONTRACT_EXPIRY, CONTRACT_RENEWAL,
    CONTRACT_TERMINATION, remembered, seat,
};

/// Kind of the obligation to give a task's own reminder.
pub const TASK_REMINDER: &str = "task.reminder";
/// Kind of the obligation to give a reminder of a task's plan; the key is its day.
pub const TASK_DAY_REMINDER: &str = "task.day-reminder";

/// Kind of the obligation to let a quote expire; the key is the version.
pub const QUOTE_EXPIRY: &str = "quote.expiry";
/// Kind of the obligation to remind a customer that a quote expires; the key is the version.
pub const QUOTE_EXPIRY_REMINDER: &str = "quote.expiry-reminder";

/// Kind of the obligation to remind a customer of an invoice; the key is the step, as in
/// [`domain::invoice::ReminderStep::as_str`].
pub const INVOICE_REMINDER: &str = "invoice.reminder";

/// Fills the table.
pub struct Agenda;

impl Projection<Event> for Agenda {
    fn name(&self) -> &'static str {
        "agenda"
    }

    fn version(&self) -> u32 {
        5
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<Entity>()
                .index_on([Column::DueAt, Column::Id])
                .index(Column::StreamId),
            TableSpec::of::<remembered::Entity>(),
            TableSpec::of::<seat::Entity>(),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        if let Event::Task(task) = &event.event
            && disarms(task)
        {
            needs.matching::<Entity>(Column::StreamId, event.header.stream.id);
        }
        match &event.event {
            Event::Contract(_) => {
                needs.matching::<Entity>(Column::StreamId, event.header.stream.id);
                needs.row::<remembered::Entity>(event.header.stream.id);
                needs.row::<seat::Entity>(domain::company::COMPANY);
            }
            Event::Company(_) => needs.row::<seat::Entity>(event.header.stream.id),
            _ => {}
        }
        if let Event::Quote(quote) = &event.event
            && disarms_quote(quote)
        {
            needs.matching::<Entity>(Column::StreamId, event.header.stream.id);
        }
        if let Event::Invoice(invoice) = &event.event
            && plans(invoice)
        {
            needs.matching::<Entity>(Column::StreamId, event.header.stream.id);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::Contract(contract) => return contracts::apply(header, contract, rows),
            Event::Company(company) => contracts::apply_company(header, company, rows),
            _ => {}
        }
        if let Event::Quote(quote) = &event.event {
            apply_quote(header, quote, rows);
        }
        if let Event::Invoice(invoice) = &event.event {
            apply_invoice(header, invoice, rows);
        }
        let Event::Task(task) = &event.event else { return Ok(()) };
        match task {
            TaskEvent::TaskCreated {
                remind_at, reminders, ..
            } => {
                arm_own(header, *remind_at, rows);
                arm(header, reminders.as_ref(), rows);
            }
            TaskEvent::TaskRescheduled {
                remind_at, reminders, ..
            } => {
                disarm(header, |_| true, rows);
                arm_own(header, *remind_at, rows);
                arm(header, reminders.as_ref(), rows);
            }
            TaskEvent::TaskAssigned { reminders, .. } => {
                disarm(header, |kind| kind == TASK_DAY_REMINDER, rows);
                arm(header, reminders.as_ref(), rows);
            }
            TaskEvent::TaskReopened { remind_at, reminders } => {
                let ahead = remind_at.filter(|time| lies_ahead(header, *time));
                arm_own(header, ahead, rows);
                arm(header, reminders.as_ref(), rows);
            }
            TaskEvent::TaskReminded { day: None, .. } => {
                rows.remove::<Entity>(Obligation::id_of(TASK_REMINDER, &header.stream, ""));
            }
            TaskEvent::TaskReminded { day: Some(day), .. } | TaskEvent::TaskReminderLapsed { day, .. } => {
                rows.remove::<Entity>(Obligation::id_of(TASK_DAY_REMINDER, &header.stream, &day.to_string()));
            }
            TaskEvent::TaskCompleted {} | TaskEvent::TaskCancelled { .. } => disarm(header, |_| true, rows),
            TaskEvent::TaskRenamed { .. }
            | TaskEvent::TaskDescribed { .. }
            | TaskEvent::TaskPrioritized { .. }
            | TaskEvent::TaskWatched { .. }
            | TaskEvent::TaskUnwatched { .. }
            | TaskEvent::TaskLinked { .. }
            | TaskEvent::TaskUnlinked { .. }
            | TaskEvent::TaskFileAttached(_)
            | TaskEvent::TaskFileDetached { .. }
            | TaskEvent::TaskRanked { .. }
            | TaskEvent::TaskRecurred { .. }
            | TaskEvent::TaskStarted {}
            | TaskEvent::TaskPutBack {} => {}
        }
        Ok(())
    }
}

const fn disarms_quote(event: &QuoteEvent) -> bool {
    matches!(
        event,
        QuoteEvent::QuoteSent { .. }
            | QuoteEvent::QuoteExtended { .. }
            | QuoteEvent::QuoteExpired { .. }
            | QuoteEvent::QuoteAccepted { .. }
            | QuoteEvent::QuoteRefused { .. }
            | QuoteEvent::QuoteCancelled { .. }
    )
}

fn apply_quote(header: &EventHeader, event: &QuoteEvent, rows: &mut Rows) {
    if disarms_quote(event) {
        disarm(header, |_| true, rows);
    }
    let (version, expires_at, remind_at) = match event {
        QuoteEvent::QuoteSent {
            sent,
            expires_at,
            remind_at,
            ..
        } => (sent.version, *expires_at, *remind_at),
        QuoteEvent::QuoteExtended {
            version,
            expires_at,
            remind_at,
            ..
        } => (*version, *expires_at, *remind_at),
        QuoteEvent::QuoteExpiryReminded { version, .. } => {
            let id = Obligation::id_of(QUOTE_EXPIRY_REMINDER, &header.stream, &version.to_string());
            rows.remove::<Entity>(id);
            return;
        }
        _ => return,
    };
    let reminder = remind_at
        .filter(|time| lies_ahead(header, *time))
        .map(|time| (QUOTE_EXPIRY_REMINDER, time));
    for (kind, time) in reminder.into_iter().chain([(QUOTE_EXPIRY, expires_at)]) {
        let (stream, key) = (&header.stream, version.to_string());
        rows.put(Obligation::new(kind, stream, &key, time, header.position));
    }
}

/// Whether an event says what is to come of the ladder, or that it has come.
const fn plans(event: &InvoiceEvent) -> bool {
    matches!(
        event,
        InvoiceEvent::ReminderPlanned { .. }
            | InvoiceEvent::ReminderUnplanned {}
            | InvoiceEvent::InvoiceReminded { .. }
            | InvoiceEvent::ReminderSkipped { .. }
    )
}

fn apply_invoice(header: &EventHeader, event: &InvoiceEvent, rows: &mut Rows) {
    match event {
        InvoiceEvent::ReminderPlanned { step, at } => {
            disarm(header, |_| true, rows);
            let key = step.as_str();
            rows.put(Obligation::new(
                INVOICE_REMINDER,
                &header.stream,
                key,
                *at,
                header.position,
            ));
        }
        InvoiceEvent::ReminderUnplanned {} => disarm(header, |_| true, rows),
        InvoiceEvent::InvoiceReminded { step, .. } | InvoiceEvent::ReminderSkipped { step, .. } => {
            rows.remove::<Entity>(Obligation::id_of(INVOICE_REMINDER, &header.stream, step.as_str()));
        }
        _ => {}
    }
}

const fn disarms(event: &TaskEvent) -> bool {
    matches!(
        event,
        TaskEvent::TaskRescheduled { .. }
            | TaskEvent::TaskAssigned { .. }
            | TaskEvent::TaskCompleted {}
            | TaskEvent::TaskCancelled { .. }
    )
}

fn disarm(header: &EventHeader, which: impl Fn(&str) -> bool, rows: &mut Rows) {
    for row in rows.matching::<Entity>(Column::StreamId, header.stream.id) {
        if *row.category == *header.stream.category && which(&row.kind) {
            rows.remove::<Entity>(row.id);
        }
    }
}

fn arm_own(header: &EventHeader, remind_at: Option<DateTime<Utc>>, rows: &mut Rows) {
    if let Some(time) = remind_at {
        rows.put(Obligation::new(
            TASK_REMINDER,
            &header.stream,
            "",
            time,
            header.position,
        ));
    }
}

/// Nobody is reminded of what had passed when it was set: a task made today for today owes no reminder of yesterday.
fn arm(header: &EventHeader, reminders: Option<&Reminders>, rows: &mut Rows) {
    for reminder in reminders.into_iter().flat_map(|reminders| &reminders.set) {
        if lies_ahead(header, reminder.at) {
            let key = reminder.day.to_string();
            let stream = &header.stream;
            rows.put(Obligation::new(
                TASK_DAY_REMINDER,
                stream,
                &key,
                reminder.at,
                header.position,
            ));
        }
    }
}

/// Seen from when the journal took the event: whatever an imported history says of itself.
fn lies_ahead(header: &EventHeader, time: DateTime<Utc>) -> bool {
    Timestamp::from(time) > header.recorded_at
}
