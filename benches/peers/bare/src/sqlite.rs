//! SQLite with the journal's tables, statements and settings.

use std::time::{Duration, Instant};

use rand::Rng;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::{PAYLOAD, STREAMS};

const TABLES: &str = include_str!("../../../../migrations/sqlite/0001_journal.sql");
const INSERT_EVENT: &str = include_str!("../../../../crates/journal/src/sqlite/sql/insert_event.sql");
const INSERT_COMMAND: &str = include_str!("../../../../crates/journal/src/sqlite/sql/insert_command.sql");
const FIND_COMMAND: &str = include_str!("../../../../crates/journal/src/sqlite/sql/find_command.sql");

/// Events per second in transactions of `appends` commands with `events` events each.
pub(crate) fn measure(appends: usize, events: usize, seconds: u64) -> Result<f64, Box<dyn std::error::Error>> {
    let directory = std::env::temp_dir().join(format!("bare-{}", Uuid::now_v7()));
    std::fs::create_dir(&directory)?;
    let rate = run(&Connection::open(directory.join("journal.db"))?, appends, events, seconds);
    std::fs::remove_dir_all(&directory)?;
    Ok(rate?)
}

fn run(connection: &Connection, appends: usize, events: usize, seconds: u64) -> rusqlite::Result<f64> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(TABLES)?;
    connection.execute("INSERT INTO head (one, position, recorded_at, frontier) VALUES (1, 0, 0, x'00')", [])?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "recursive_triggers", true)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 16_384, |_| Ok(()))?;

    let mut streams: Vec<(Uuid, i64)> = (0..STREAMS).map(|_| (Uuid::now_v7(), 0)).collect();
    let frontier = vec![7_u8; 400];
    let mut position = 0_i64;
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(seconds) {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        connection
            .prepare_cached("SELECT position, recorded_at, frontier FROM head")?
            .query_row([], |row| row.get::<_, i64>(0))?;
        for _ in 0..appends {
            let command = Uuid::now_v7();
            let known = connection
                .prepare_cached(FIND_COMMAND)?
                .query_row(params!["bench", command.as_bytes()], |row| row.get::<_, i64>(1))
                .optional()?;
            assert_eq!(known, None, "a new id is known");
            let (stream, version) = &mut streams[rand::rng().random_range(0..STREAMS)];
            let first = position + 1;
            for _ in 0..events {
                position += 1;
                *version += 1;
                let event = Uuid::now_v7();
                connection.prepare_cached(INSERT_EVENT)?.execute(params![
                    position, "deal", stream.as_bytes(), *version, event.as_bytes(), "DealOpened", 1, position,
                    position, "system:bench", command.as_bytes(), command.as_bytes(), None::<Vec<u8>>, [7_u8; 32],
                    PAYLOAD.as_bytes(), b"",
                ])?;
            }
            let values = params!["bench", command.as_bytes(), [7_u8; 32], first, position];
            connection.prepare_cached(INSERT_COMMAND)?.execute(values)?;
        }
        connection
            .prepare_cached("UPDATE head SET position = ?1, recorded_at = ?2, frontier = ?3")?
            .execute(params![position, position, frontier])?;
        connection.prepare_cached("COMMIT")?.execute([])?;
    }
    Ok(position as f64 / started.elapsed().as_secs_f64())
}
