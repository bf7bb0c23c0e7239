//! One event on its way to whoever follows it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::Event as DomainEvent;
use engine::{Codec, Recorded};
use journal::{EventHeader, Position, RecordedEvent};
use tokio::sync::OnceCell;

use crate::{
    graphql::{
        errors::{ApiError, ApiResult},
        events::{self, Event},
    },
    policy::{Eyes, StreamSight},
};

/// What is done with it for all who are told of it is done once, by the first of them.
pub struct Happened {
    recorded: RecordedEvent,
    opened: OnceCell<ApiResult<Recorded<DomainEvent>>>,
    whole: OnceCell<ApiResult<Arc<Event>>>,
    without_persons: OnceCell<ApiResult<Arc<Event>>>,
    /// Who may know of it, as far as somebody asked.
    seen: Mutex<HashMap<Eyes, Arc<OnceCell<bool>>>>,
}

impl Happened {
    pub fn new(recorded: RecordedEvent) -> Self {
        Self {
            recorded,
            opened: OnceCell::new(),
            whole: OnceCell::new(),
            without_persons: OnceCell::new(),
            seen: Mutex::default(),
        }
    }

    pub fn header(&self) -> &EventHeader {
        &self.recorded.header
    }

    pub fn position(&self) -> Position {
        self.recorded.header.position
    }

    /// Whether a viewer may know of it, as things stood when the first with the same eyes asked.
    pub async fn is_seen(&self, sight: &StreamSight) -> ApiResult<bool> {
        let answer = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.entry(sight.eyes()).or_default().clone()
        };
        let stream = &self.header().stream;
        let seen = answer
            .get_or_try_init(async || {
                let seen = sight.seen([stream], self.position()).await?;
                Ok::<_, ApiError>(seen.contains(stream))
            })
            .await?;
        Ok(*seen)
    }

    /// As the API shows it.
    pub async fn shown(&self, codec: &Codec<DomainEvent>, sees_persons: bool) -> ApiResult<Arc<Event>> {
        let opened = self
            .opened
            .get_or_init(async || Ok(codec.open(&self.recorded).await?))
            .await;
        let shown = if sees_persons {
            &self.whole
        } else {
            &self.without_persons
        };
        shown
            .get_or_init(async || {
                let opened = opened.as_ref().map_err(Clone::clone)?;
                events::one_shown(&self.recorded, opened, sees_persons).map(Arc::new)
            })
            .await
            .clone()
    }
}
