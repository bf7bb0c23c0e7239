//! Someone with full rights on the database: the triggers are no obstacle, every table can be changed.

use async_trait::async_trait;
use journal::{Position, RecordedEvent, tree};
use uuid::Uuid;

use crate::{
    backend::{Backend, Sqlite},
    postgres::Database,
};

/// SQL as the owner of the tables, with the append-only triggers out of the way.
#[async_trait]
pub(crate) trait Tamper: Backend {
    async fn tamper(&self, sql: &str);

    /// A literal of bytes.
    fn bytes(bytes: &[u8]) -> String;

    /// A literal of an id.
    fn id(id: Uuid) -> String;

    async fn set(&self, position: u64, column: &str, value: String) {
        let sql = format!("UPDATE events SET {column} = {value} WHERE position = {position}");
        self.tamper(&sql).await;
    }

    /// Exchanges the places of two rows.
    async fn swap(&self, one: u64, other: u64) {
        let aside = 1_000_000;
        for (from, to) in [(one, aside), (other, one), (aside, other)] {
            self.set(from, "position", to.to_string()).await;
        }
    }

    /// Changes the payload and redoes the row's own hash.
    async fn change_with_hash(&self, event: &RecordedEvent, payload: &[u8]) {
        let leaf = tree::leaf_hash(&event.header, payload, &event.metadata);
        let position = event.header.position.0;
        self.set(position, "payload", Self::bytes(payload)).await;
        self.set(position, "leaf_hash", Self::bytes(&leaf)).await;
    }

    /// Cuts the journal off after `events`, the last of which tells the time, and repairs everything else.
    async fn truncate(&self, events: &[RecordedEvent]) {
        let mut frontier = tree::Frontier::default();
        for event in events {
            frontier.push(event.leaf_hash, |_| ());
        }
        let end = frontier.size();
        let recorded_at = events.last().map_or(0, |event| event.header.recorded_at.0);
        self.tamper(&format!("DELETE FROM events WHERE position > {end}")).await;
        self.tamper(&format!("DELETE FROM commands WHERE last_position > {end}"))
            .await;
        for level in tree::STORED_LEVELS {
            let sql = format!(
                "DELETE FROM subtrees WHERE level = {level} AND node >= {}",
                end >> level
            );
            self.tamper(&sql).await;
        }
        let frontier = Self::bytes(&frontier.to_bytes());
        let sql = format!("UPDATE head SET position = {end}, recorded_at = {recorded_at}, frontier = {frontier}");
        self.tamper(&sql).await;
    }
}

#[async_trait]
impl Tamper for Sqlite {
    async fn tamper(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        let mut triggers = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            .unwrap();
        let triggers: Vec<String> = triggers
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for trigger in triggers {
            connection.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
        }
        connection.execute_batch(sql).unwrap();
    }

    fn bytes(bytes: &[u8]) -> String {
        format!("X'{}'", hex::encode(bytes))
    }

    fn id(id: Uuid) -> String {
        Self::bytes(id.as_bytes())
    }
}

#[async_trait]
impl Tamper for Database {
    async fn tamper(&self, sql: &str) {
        for table in ["events", "subtrees", "commands", "head"] {
            self.execute(&format!("ALTER TABLE {table} DISABLE TRIGGER ALL"))
                .await
                .unwrap();
        }
        self.execute(sql).await.unwrap();
    }

    fn bytes(bytes: &[u8]) -> String {
        format!("'\\x{}'::bytea", hex::encode(bytes))
    }

    fn id(id: Uuid) -> String {
        format!("'{id}'::uuid")
    }
}

/// The event at a position.
pub(crate) fn at(events: &[RecordedEvent], position: u64) -> &RecordedEvent {
    events
        .iter()
        .find(|event| event.header.position == Position(position))
        .unwrap()
}
