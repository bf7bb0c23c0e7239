//! What benchmarks append: deals, with payloads of about 200 bytes as real ones have.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{NaiveDate, TimeDelta, Utc};
use domain::{
    Currency, Event, Money, OrganizationId,
    deal::{Amounts, DealEvent, ProductOfInterest},
    pipeline::Stage,
};
use futures::{StreamExt, TryStreamExt, stream};
use journal::{
    AppendBatch, AppendError, CommandKey, Expected, Fingerprint, Journal, NewEvent, StreamId, StreamWrite, Timestamp,
};
use uuid::Uuid;

/// An append of `events` events to one deal, under a command id of its own.
pub(super) fn batch(deal: Uuid, events: usize) -> AppendBatch {
    batch_of(
        deal,
        (0..events).map(|index| (event(index), Timestamp::from(Utc::now()))),
    )
}

/// An append of the given events, each with the time when it happened.
pub(super) fn batch_of(deal: Uuid, events: impl Iterator<Item = (Event, Timestamp)>) -> AppendBatch {
    let events = events.map(|(event, occurred_at)| recorded(&event, occurred_at));
    batch_to(StreamId::new("deal", deal), events.collect())
}

/// An append of events to a stream, under a command id of its own.
pub(super) fn batch_to(stream: StreamId, events: Vec<NewEvent>) -> AppendBatch {
    let command = Uuid::now_v7();
    AppendBatch {
        command: CommandKey {
            issuer: Arc::from("bench"),
            id: command,
        },
        fingerprint: Fingerprint([0; 32]),
        actor: Arc::from("system:bench"),
        correlation_id: command,
        causation_id: None,
        now: Timestamp::from(Utc::now()),
        writes: vec![StreamWrite {
            stream,
            expected: Expected::Any,
            events,
        }],
        checks: Vec::new(),
    }
}

/// How far back the filled journals reach.
const YEARS: i64 = 2;
/// Appends in flight while a journal is filled.
const IN_FLIGHT: usize = 64;

/// Fills a journal with deals of `events_per_deal` events each, spread evenly over the last two years.
pub(super) async fn fill(journal: &Arc<dyn Journal>, events: usize, events_per_deal: usize) -> Result<(), AppendError> {
    let span = TimeDelta::days(365 * YEARS);
    let begin = Utc::now() - span;
    let deals = events / events_per_deal;
    let happened = move |event: usize| {
        let micros = span.num_microseconds().unwrap_or_default() / events as i64 * event as i64;
        Timestamp::from(begin + TimeDelta::microseconds(micros))
    };
    stream::iter(0..deals)
        .map(|deal| {
            let first = deal * events_per_deal;
            let history = (0..events_per_deal).map(|index| (event(index), happened(first + index)));
            journal.append(batch_of(Uuid::now_v7(), history))
        })
        .buffer_unordered(IN_FLIGHT)
        .try_for_each(|_| async { Ok(()) })
        .await
}

/// The `index`-th event of a deal: it is opened, then moves to and fro.
pub(super) fn event(index: usize) -> Event {
    let (from, to) = if index % 2 == 1 {
        (Stage::Prospection, Stage::Qualification)
    } else {
        (Stage::Qualification, Stage::Prospection)
    };
    match index {
        0 => DealEvent::DealOpened {
            title: format!("Renouvellement du parc, lot {index}"),
            organization: Some(OrganizationId(Uuid::now_v7())),
            pipeline: None,
            stage: Stage::Prospection.into(),
            rank: None,
            amounts: Amounts::net(Money::new(1_250_000, Currency::EUR)),
            expected_close: NaiveDate::from_ymd_opt(2027, 3, 31),
            owner: None,
            owner_name: Some("Camille Durand".into()),
            source: None,
            products: vec![ProductOfInterest::labelled("Maintenance annuelle")],
            external_reference: None,
        },
        _ => DealEvent::DealMoved {
            from: from.into(),
            to: to.into(),
            rank: None,
        },
    }
    .into()
}

/// An event as it is appended; not for one with data about persons.
pub(super) fn recorded(event: &Event, occurred_at: Timestamp) -> NewEvent {
    NewEvent {
        event_id: Uuid::now_v7(),
        event_type: Arc::from(event.event_type()),
        schema_version: event.schema_version(),
        occurred_at,
        payload: Bytes::from(event.encode().unwrap_or_default()),
        metadata: Bytes::new(),
    }
}
