//! How fast views are built, kept up to date and taken back in time:
//! `cargo run --release -p engine --example views -- [EVENTS] [VIEWS-URL]`.
//!
//! The journal is a SQLite file in a temporary folder, filled once with one event per row and once with ten.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use engine::{
    AsOf, Basis, Codec, DecodeError, KeyRing, MasterKey, Needs, Projection, ProjectionError, Recorded, Rows,
    SystemClock, TableSpec, ViewHandle, Views, ViewsError, ViewsOptions, Vocabulary,
};
use journal::{
    AppendBatch, CommandKey, Expected, Fingerprint, Journal, NewEvent, OpenOptions, Position, StreamId, StreamWrite,
};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const EVENTS_PER_SECOND: u64 = 1_000;
const LIVE_SECONDS: u64 = 10;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Event {
    #[serde(rename_all = "camelCase")]
    DealOpened {
        title: String,
        organization: Uuid,
        stage: String,
        amount: i64,
        currency: String,
        owner: String,
    },
    DealMoved {
        from: String,
        to: String,
    },
}

mod deals {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "deals")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) title: String,
        pub(crate) organization: Uuid,
        pub(crate) stage: String,
        pub(crate) amount: i64,
        pub(crate) currency: String,
        pub(crate) owner: Option<String>,
        pub(crate) opened_at: i64,
        pub(crate) changed_at: i64,
        pub(crate) version: i64,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

struct Deals;

impl Projection<Event> for Deals {
    fn name(&self) -> &'static str {
        "deals"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<deals::Entity>();
        vec![
            table
                .index(deals::Column::Organization)
                .index(deals::Column::Stage)
                .index(deals::Column::ChangedAt),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(event.header.stream.id.to_string())
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        if matches!(event.event, Event::DealMoved { .. }) {
            needs.row::<deals::Entity>(event.header.stream.id);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let (id, at) = (event.header.stream.id, event.header.occurred_at.0);
        match &event.event {
            Event::DealOpened {
                title,
                organization,
                stage,
                amount,
                currency,
                owner,
            } => rows.put(deals::Model {
                id,
                title: title.clone(),
                organization: *organization,
                stage: stage.clone(),
                amount: *amount,
                currency: currency.clone(),
                owner: Some(owner.clone()),
                opened_at: at,
                changed_at: at,
                version: event.header.version.0 as i64,
            }),
            Event::DealMoved { to, .. } => rows.change::<deals::Entity>(id, |deal| {
                deal.stage.clone_from(to);
                deal.changed_at = at;
                deal.version = event.header.version.0 as i64;
            })?,
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let events: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let url = arguments.next();
    for events_per_row in [1, 10] {
        println!("{events_per_row} events per row");
        let folder = tempfile::tempdir()?;
        let journal_url = format!("sqlite:{}/journal.db", folder.path().display());
        let options = OpenOptions {
            create: true,
            ..OpenOptions::default()
        };
        let journal = journal::open(&journal_url, options).await?;
        let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes([7; 32])).await?;
        let codec = Arc::new(Codec::new(vocabulary(), keys));
        fill(&*journal, events, events_per_row).await?;

        let views_url = url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}/views.db", folder.path().display()));
        let past = Some(folder.path().join("past"));
        let options = ViewsOptions {
            as_of_folder: past,
            ..ViewsOptions::default()
        };
        let clock = Arc::new(SystemClock);
        let views = Views::open(
            &views_url,
            journal.clone(),
            codec,
            vec![Arc::new(Deals)],
            clock,
            options,
        )
        .await?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let begun = Instant::now();
        let running = tokio::spawn(views.clone().run(async move {
            let _ = stopped.await;
        }));
        let shown = views.wait_for(Position(events), Duration::from_hours(1)).await?;
        rate("build", begun, events);
        println!(
            "  rows            {:>10}",
            deals::Entity::find().count(&shown.connection).await?
        );

        let begun = Instant::now();
        views.rebuild(None).await?;
        rate("rebuild, compare", begun, events);
        past_of(&views, epoch() + TimeDelta::microseconds(events as i64 / 2)).await?;
        live(&*journal, &views).await?;
        memory();
        let _ = stop.send(());
        running.await??;
    }
    Ok(())
}

/// Time from the answer to an append until the position can be read, at a steady rate.
async fn live(journal: &dyn Journal, views: &Arc<Views<Event>>) -> Result<(), Failure> {
    let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / EVENTS_PER_SECOND * 10));
    let mut waiting = Vec::new();
    for _ in 0..EVENTS_PER_SECOND * LIVE_SECONDS / 10 {
        tick.tick().await;
        let position = append(journal, (0..10).map(|_| (Uuid::now_v7(), opened(1))).collect()).await?;
        let (views, begun) = (views.clone(), Instant::now());
        waiting.push(tokio::spawn(async move {
            let waited = views.wait_for(position, Duration::from_mins(1)).await;
            waited.map(|_| begun.elapsed())
        }));
    }
    let mut latencies = Vec::new();
    for one in waiting {
        latencies.push(one.await??);
    }
    latencies.sort_unstable();
    let at = |share: f64| {
        latencies
            .get((latencies.len() as f64 * share) as usize)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "  commit to view  p50 {:?}, p99 {:?}, longest {:?}",
        at(0.5),
        at(0.99),
        at(0.9999)
    );
    Ok(())
}

async fn past_of(views: &Arc<Views<Event>>, moment: DateTime<Utc>) -> Result<(), Failure> {
    for _ in 0..2 {
        let begun = Instant::now();
        let handle: ViewHandle = loop {
            match views
                .as_of(AsOf {
                    moment,
                    basis: Basis::Effective,
                })
                .await
            {
                Ok(handle) => break handle,
                Err(ViewsError::AsOfBuilding { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
                Err(error) => return Err(error.into()),
            }
        };
        println!(
            "  as of           {:>10.3} s at position {}",
            begun.elapsed().as_secs_f64(),
            handle.position
        );
    }
    Ok(())
}

/// Resident memory, now and at its highest, where the system tells.
fn memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status
        .lines()
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"))
    {
        println!("  {line}");
    }
}

fn rate(what: &str, begun: Instant, events: u64) {
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "  {what:<16}{:>10.0} events/s  ({seconds:.2} s)",
        events as f64 / seconds
    );
}

async fn fill(journal: &dyn Journal, events: u64, events_per_row: u64) -> Result<(), Failure> {
    const WINDOW: u64 = 1_000;
    let mut number = 0;
    while number < events {
        let ids = (0..WINDOW.min(events)).map(|_| Uuid::now_v7()).collect::<Vec<_>>();
        for step in 0..events_per_row {
            let batch = ids.iter().map(|id| {
                number += 1;
                let event = if step == 0 { opened(number) } else { moved(step) };
                (*id, event)
            });
            append(journal, batch.collect()).await?;
        }
    }
    Ok(())
}

fn opened(number: u64) -> Event {
    Event::DealOpened {
        title: format!("Deal number {number}"),
        organization: Uuid::from_u128(u128::from(number % 5_000)),
        stage: "PROSPECTION".to_owned(),
        amount: number as i64 * 100,
        currency: "EUR".to_owned(),
        owner: format!("user:{}", number % 40),
    }
}

fn moved(step: u64) -> Event {
    let stages = ["PROSPECTION", "QUALIFICATION", "PROPOSITION", "NEGOCIATION"];
    let stage = |step: u64| {
        stages
            .get(step as usize % stages.len())
            .copied()
            .unwrap_or_default()
            .to_owned()
    };
    Event::DealMoved {
        from: stage(step - 1),
        to: stage(step),
    }
}

async fn append(journal: &dyn Journal, events: Vec<(Uuid, Event)>) -> Result<Position, Failure> {
    let head = journal.head().await?.position.0;
    let mut writes = Vec::new();
    for (at, (id, event)) in events.into_iter().enumerate() {
        let occurred_at = epoch() + TimeDelta::microseconds((head + at as u64) as i64);
        let event = NewEvent {
            event_id: Uuid::now_v7(),
            event_type: "Deal".into(),
            schema_version: 1,
            occurred_at: occurred_at.into(),
            payload: serde_json::to_vec(&event)?.into(),
            metadata: Vec::new().into(),
        };
        let stream = StreamId::new("deal", id);
        writes.push(StreamWrite {
            stream,
            expected: Expected::Any,
            events: vec![event],
        });
    }
    let batch = AppendBatch {
        command: CommandKey {
            issuer: "measure".into(),
            id: Uuid::now_v7(),
        },
        fingerprint: Fingerprint([0; 32]),
        actor: "system:measure".into(),
        correlation_id: Uuid::now_v7(),
        causation_id: None,
        now: Utc::now().into(),
        writes,
        checks: Vec::new(),
    };
    Ok(journal.append(batch).await?.last)
}

fn epoch() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn vocabulary() -> Vocabulary<Event> {
    Vocabulary {
        decode,
        upcasters: &[],
        skipped: |_| None,
        erased: |_| None,
    }
}

fn decode(_: &str, payload: &[u8]) -> Result<Event, DecodeError> {
    Ok(serde_json::from_slice(payload)?)
}
