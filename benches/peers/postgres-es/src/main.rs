//! Single-event appends through postgres-es on PostgreSQL, from concurrent clients over many random streams.
//!
//! `postgres-es-peer URL CLIENTS SECONDS [ordered]`: `ordered` adds a position that readers can trust, the way others do
//! it: a trigger takes an advisory lock that is held to the commit, then draws the position. Prints one JSON document.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use cqrs_es::{
    Aggregate, DomainEvent,
    event_sink::EventSink,
    persist::{PersistedEventRepository, SerializedEvent},
};
use postgres_es::PostgresEventRepository;
use rand::Rng;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use uuid::Uuid;

const STREAMS: usize = 50_000;

const TABLE: &str = "
    DROP TABLE IF EXISTS events;
    CREATE TABLE events (
        aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint CHECK (sequence >= 0) NOT NULL,
        event_type text NOT NULL, event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence));";

const ORDERED: &str = "
    ALTER TABLE events ADD COLUMN position bigint UNIQUE;
    DROP SEQUENCE IF EXISTS events_position;
    CREATE SEQUENCE events_position;
    CREATE OR REPLACE FUNCTION take_position() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(1);
        NEW.position := nextval('events_position');
        RETURN NEW;
    END $$;
    CREATE TRIGGER take_position BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION take_position();";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Deal;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Moved;

impl DomainEvent for Moved {
    fn event_type(&self) -> String {
        "DealMoved".into()
    }
    fn event_version(&self) -> String {
        "1".into()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl Aggregate for Deal {
    const TYPE: &'static str = "deal";
    type Command = ();
    type Event = Moved;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Never> {
        Ok(())
    }
    fn apply(&mut self, _: Moved) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, clients, seconds, rest @ ..] = arguments.as_slice() else {
        return Err("usage: postgres-es-peer URL CLIENTS SECONDS [ordered]".into());
    };
    let (clients, seconds): (usize, u64) = (clients.parse()?, seconds.parse()?);
    let ordered = rest.iter().any(|word| word == "ordered");

    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(clients as u32).connect(url).await?;
    sqlx::raw_sql(TABLE).execute(&pool).await?;
    if ordered {
        sqlx::raw_sql(ORDERED).execute(&pool).await?;
    }
    let repository = Arc::new(PostgresEventRepository::new(pool));
    let streams: Arc<Vec<_>> = Arc::new((0..STREAMS).map(|_| (Uuid::now_v7().to_string(), Mutex::new(0))).collect());
    let appended = Arc::new(AtomicU64::new(0));
    let payload = serde_json::json!({"DealMoved": {"from": "PROSPECTION", "to": "QUALIFICATION", "note": "x".repeat(180)}});

    let started = Instant::now();
    let until = started + Duration::from_secs(seconds);
    let workers = (0..clients).map(|_| {
        let (repository, streams, appended, payload) =
            (repository.clone(), streams.clone(), appended.clone(), payload.clone());
        tokio::spawn(async move {
            while Instant::now() < until {
                let (id, version) = &streams[rand::rng().random_range(0..STREAMS)];
                let mut version = version.lock().await;
                let event = SerializedEvent {
                    aggregate_id: id.clone(),
                    sequence: *version + 1,
                    aggregate_type: Deal::TYPE.into(),
                    event_type: "DealMoved".into(),
                    event_version: "1".into(),
                    payload: payload.clone(),
                    metadata: serde_json::to_value(HashMap::from([("actor", "user:1")])).unwrap_or_default(),
                };
                repository.persist::<Deal>(&[event], None).await.map_err(|error| error.to_string())?;
                *version += 1;
                appended.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, String>(())
        })
    });
    for worker in futures::future::join_all(workers).await {
        worker??;
    }
    let events = appended.load(Ordering::Relaxed);
    let per_second = (events as f64 / started.elapsed().as_secs_f64()).round();
    println!("{}", serde_json::json!({"clients": clients, "ordered": ordered, "events": events, "perSecond": per_second}));
    Ok(())
}
