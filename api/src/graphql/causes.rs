//! What led to events: found for all events of an answer at once, by whoever may see it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_graphql::dataloader::{DataLoader, Loader};
use journal::Position;
use projections::timeline::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{
    errors::ApiError,
    events::{self, Event},
    reading::{BATCH, GATHERING, PATIENCE},
};
use crate::{
    application::Application,
    policy::{StreamSight, Viewer},
};

/// An event that led to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CauseKey {
    pub event: Uuid,
    /// Where that other one stands: behind it.
    pub effect: Position,
}

/// Looks events up by their ids, for one viewer.
pub struct Causes {
    application: Arc<Application>,
    sight: StreamSight,
    sees_persons: bool,
}

impl Causes {
    /// For one operation.
    pub fn loader(application: &Arc<Application>, viewer: &Viewer) -> DataLoader<Self> {
        let causes = Self {
            application: application.clone(),
            sight: StreamSight::new(viewer, application),
            sees_persons: viewer.sees_persons(),
        };
        DataLoader::new(causes, tokio::spawn)
            .max_batch_size(BATCH)
            .delay(GATHERING)
    }
}

impl Loader<CauseKey> for Causes {
    type Value = Event;
    type Error = ApiError;

    async fn load(&self, keys: &[CauseKey]) -> Result<HashMap<CauseKey, Event>, ApiError> {
        let until = keys.iter().map(|key| key.effect).max().unwrap_or(Position::START);
        let view = self.application.views.wait_for(until, PATIENCE).await?;
        let wanted: HashSet<Uuid> = keys.iter().map(|key| key.event).collect();
        let places: Vec<i64> = Entity::find()
            .select_only()
            .column(Column::Position)
            .filter(Column::EventId.is_in(wanted))
            .into_tuple()
            .all(&view.connection)
            .await?;
        let places: Vec<_> = places.into_iter().map(|place| Position(place as u64)).collect();
        let mut recorded = self.application.journal.read_at(&places).await?;
        let streams = recorded.iter().map(|recorded| &recorded.header.stream);
        let seen = self.sight.seen(streams, until).await?;
        recorded.retain(|recorded| seen.contains(&recorded.header.stream));
        let shown = events::shown(&self.application.codec, &recorded, self.sees_persons).await?;
        let ids = recorded.iter().map(|recorded| recorded.header.event_id);
        let found: HashMap<Uuid, Event> = ids.zip(shown).collect();
        let answered = keys
            .iter()
            .filter_map(|key| Some((*key, found.get(&key.event)?.clone())));
        Ok(answered.collect())
    }
}
