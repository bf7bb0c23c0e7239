//! PostgreSQL with the journal's tables: one plain durable transaction after the other.

use std::time::{Duration, Instant};

use rand::Rng;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::{PAYLOAD, STREAMS};

const TABLES: &str = include_str!("../../../../migrations/postgres/0001_journal.sql");
const INSERT_EVENT: &str = "INSERT INTO events (position, sequence, recorded_at, occurred_at, event_version,
        aggregate_id, event_id, command_id, correlation_id, causation_id, aggregate_type, event_type, actor,
        leaf_hash, payload, metadata)
    VALUES ($1, $2, $1, $1, 1, $3, $4, $5, $5, NULL, 'deal', 'DealOpened', 'system:bench', $6, $7, ''::bytea)";
const INSERT_COMMAND: &str = "INSERT INTO commands (issuer, command_id, first_position, last_position, fingerprint)
    VALUES ('bench', $1, $2, $2, $3)";
const UPDATE_HEAD: &str = "UPDATE head SET position = $1, recorded_at = $1";

/// Events per second of a single client that inserts one event per transaction.
#[tokio::main]
pub(crate) async fn measure(url: &str, seconds: u64) -> Result<f64, Box<dyn std::error::Error>> {
    let mut connection = PgConnection::connect(url).await?;
    let setup = "DROP SCHEMA IF EXISTS bare CASCADE; CREATE SCHEMA bare; SET search_path TO bare;";
    sqlx::raw_sql(setup).execute(&mut connection).await?;
    sqlx::raw_sql(TABLES).execute(&mut connection).await?;

    let mut streams: Vec<(Uuid, i64)> = (0..STREAMS).map(|_| (Uuid::now_v7(), 0)).collect();
    let hash = [7_u8; 32].as_slice();
    let mut position = 0_i64;
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(seconds) {
        position += 1;
        let (stream, version) = &mut streams[rand::rng().random_range(0..STREAMS)];
        *version += 1;
        let (event, command) = (Uuid::now_v7(), Uuid::now_v7());
        let mut transaction = connection.begin().await?;
        sqlx::query(INSERT_EVENT)
            .bind(position)
            .bind(*version)
            .bind(*stream)
            .bind(event)
            .bind(command)
            .bind(hash)
            .bind(PAYLOAD.as_bytes())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(INSERT_COMMAND).bind(command).bind(position).bind(hash).execute(&mut *transaction).await?;
        sqlx::query(UPDATE_HEAD).bind(position).execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    sqlx::raw_sql("DROP SCHEMA bare CASCADE").execute(&mut connection).await?;
    Ok(position as f64 / started.elapsed().as_secs_f64())
}
