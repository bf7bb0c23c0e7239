//! The table of obligations: filled by a projection, emptied by the events that settle them.

use chrono::{DateTime, Utc};
use journal::{Position, StreamId, Timestamp};
use sea_orm::entity::prelude::*;

/// One obligation: something has to be done about a stream at a time.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agenda")]
pub struct Model {
    /// See [`Model::id_of`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// What has to be done, in the application's words.
    pub kind: String,
    /// Microseconds since 1970, UTC.
    pub due_at: i64,
    pub category: String,
    pub stream_id: Uuid,
    /// Tells apart several obligations of one kind about one stream; empty when there is only one.
    pub key: String,
    /// Position of the event that made or last moved the obligation.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub fn new(kind: &str, stream: &StreamId, key: &str, due: DateTime<Utc>, position: Position) -> Self {
        Self {
            id: Self::id_of(kind, stream, key),
            kind: kind.to_owned(),
            due_at: Timestamp::from(due).0,
            category: stream.category.to_string(),
            stream_id: stream.id,
            key: key.to_owned(),
            position: position.0 as i64,
        }
    }

    /// The row's key: a stream has one obligation of a kind and key.
    pub fn id_of(kind: &str, stream: &StreamId, key: &str) -> String {
        format!("{stream}/{kind}/{key}")
    }

    pub fn due(&self) -> DateTime<Utc> {
        Timestamp(self.due_at).into()
    }

    pub fn stream(&self) -> StreamId {
        StreamId::new(self.category.as_str(), self.stream_id)
    }
}
