//! Aggregates from their streams: as they are, and as they were.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use journal::{Position, RecordedEvent, StreamId, Timestamp, Version};
use uuid::Uuid;

use super::{CommandBus, LoadError};
use crate::recorded::Recorded;

/// Events read from a stream at a time.
const PAGE: usize = 512;

/// Up to when an aggregate's past is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// As the journal stood at this position.
    Position(Position),
    /// As the journal stood at this time.
    Recorded(DateTime<Utc>),
    /// With everything that had happened by then, whenever it was recorded.
    Effective(DateTime<Utc>),
}

impl Until {
    fn admits(self, event: &RecordedEvent) -> bool {
        match self {
            Self::Position(position) => event.header.position <= position,
            Self::Recorded(time) => event.header.recorded_at <= Timestamp::from(time),
            Self::Effective(time) => event.header.occurred_at <= Timestamp::from(time),
        }
    }

    /// Whether no later event of the stream can be admitted once one was not.
    fn ends_at_first_miss(self) -> bool {
        !matches!(self, Self::Effective(_))
    }
}

/// An aggregate as it was loaded.
pub(super) struct Loaded<A> {
    pub(super) aggregate: Arc<A>,
    pub(super) version: Version,
    /// Whether it comes from memory and may be stale.
    pub(super) warm: bool,
}

impl<A: Default> Loaded<A> {
    /// One that does not exist.
    pub(super) fn none() -> Self {
        Self {
            aggregate: Arc::new(A::default()),
            version: Version::NONE,
            warm: false,
        }
    }
}

impl<E> CommandBus<E> {
    /// The aggregate as it is now, with its version; `None` when it does not exist.
    pub async fn load<A>(&self, id: Uuid) -> Result<Option<(A, Version)>, LoadError>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Event: Into<E>,
    {
        let stream = StreamId::new(A::TYPE, id);
        let loaded = self.load_current::<A>(&stream).await?;
        Ok((loaded.version > Version::NONE).then(|| (A::clone(&loaded.aggregate), loaded.version)))
    }

    /// The aggregate as it was, with the version of the last event that counts; `None` when it did not exist then.
    pub async fn load_until<A>(&self, id: Uuid, until: Until) -> Result<Option<(A, Version)>, LoadError>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Event: Into<E>,
    {
        let stream = StreamId::new(A::TYPE, id);
        let mut aggregate = A::default();
        let mut version = Version::NONE;
        let mut read = Version::NONE;
        loop {
            let page = self.journal.read_stream(&stream, read, PAGE).await?;
            for event in &page {
                read = event.header.version;
                if until.admits(event) {
                    aggregate.apply(self.codec.open_as(event).await?);
                    version = read;
                } else if until.ends_at_first_miss() {
                    return Ok((version > Version::NONE).then_some((aggregate, version)));
                }
            }
            if page.len() < PAGE {
                return Ok((version > Version::NONE).then_some((aggregate, version)));
            }
        }
    }

    /// Up to `limit` events of a stream after a version, typed.
    pub async fn history(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded<E>>, LoadError> {
        let events = self.journal.read_stream(stream, after, limit).await?;
        Ok(self.codec.open_all(&events).await?)
    }

    /// From memory when it is warm, else from its stream.
    pub(super) async fn load_warm<A>(&self, stream: &StreamId) -> Result<Loaded<A>, LoadError>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
    {
        match self.warm_aggregate(stream) {
            Some((aggregate, version)) => Ok(Loaded {
                aggregate,
                version,
                warm: true,
            }),
            None => self.load_current(stream).await,
        }
    }

    /// From memory when it is warm, else as if it did not exist. Either may be stale.
    pub(super) fn warm_or_new<A>(&self, stream: &StreamId) -> Loaded<A>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
    {
        let warm = self.warm_aggregate(stream);
        let (aggregate, version) = warm.unwrap_or_else(|| (Arc::new(A::default()), Version::NONE));
        Loaded {
            aggregate,
            version,
            warm: true,
        }
    }

    /// From its stream; what is warm saves reading the beginning.
    pub(super) async fn load_current<A>(&self, stream: &StreamId) -> Result<Loaded<A>, LoadError>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
    {
        let erasures = self.codec.keys().erasures();
        let (mut aggregate, mut version) = self
            .warm_aggregate::<A>(stream)
            .unwrap_or_else(|| (Arc::new(A::default()), Version::NONE));
        let known = version;
        loop {
            let page = self.journal.read_stream(stream, version, PAGE).await?;
            for event in &page {
                Arc::make_mut(&mut aggregate).apply(self.codec.open_as(event).await?);
                version = event.header.version;
            }
            if page.len() < PAGE {
                break;
            }
        }
        if version > known {
            self.warm.put(stream, aggregate.clone(), version, erasures);
        }
        Ok(Loaded {
            aggregate,
            version,
            warm: false,
        })
    }

    fn warm_aggregate<A: Send + Sync + 'static>(&self, stream: &StreamId) -> Option<(Arc<A>, Version)> {
        let (aggregate, version) = self.warm.get(stream, self.codec.keys().erasures())?;
        Some((aggregate.downcast().ok()?, version))
    }
}
