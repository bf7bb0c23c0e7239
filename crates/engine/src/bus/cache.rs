//! Warm aggregates: a bounded number of them, kept between commands.
//!
//! A warm aggregate may be stale, when another process wrote to its stream; the append notices. It is never trusted for
//! a refusal without looking.

use std::{
    any::Any,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use journal::{StreamId, Version};
use lru::LruCache;
use uuid::Uuid;

/// Aggregates kept, most recently used first.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();

/// An aggregate whose type the reader knows.
pub(super) type AnyAggregate = Arc<dyn Any + Send + Sync>;

/// Callers of a contended stream take turns here instead of failing in turns.
pub(super) type Gate = Arc<tokio::sync::Mutex<()>>;

pub(super) struct WarmAggregates(Mutex<Inner>);

struct Inner {
    entries: LruCache<(Arc<str>, Uuid), Entry>,
    /// How many persons had been erased when the entries were put.
    erasures: u64,
}

#[derive(Default)]
struct Entry {
    aggregate: Option<(AnyAggregate, Version)>,
    gate: Option<Gate>,
}

impl Default for WarmAggregates {
    fn default() -> Self {
        Self(Mutex::new(Inner {
            entries: LruCache::new(CAPACITY),
            erasures: 0,
        }))
    }
}

impl WarmAggregates {
    /// The aggregate, unless somebody was erased since it was put.
    pub(super) fn get(&self, stream: &StreamId, erasures: u64) -> Option<(AnyAggregate, Version)> {
        let mut inner = self.lock();
        inner.catch_up(erasures);
        inner.entries.get(&key(stream))?.aggregate.clone()
    }

    /// Keeps the aggregate unless a later version is there already, or it was loaded before somebody was erased.
    pub(super) fn put(&self, stream: &StreamId, aggregate: AnyAggregate, version: Version, erasures: u64) {
        let mut inner = self.lock();
        if inner.erasures > erasures {
            return;
        }
        inner.catch_up(erasures);
        let entry = inner.entries.get_or_insert_mut(key(stream), Entry::default);
        if entry.aggregate.as_ref().is_none_or(|(_, known)| *known < version) {
            entry.aggregate = Some((aggregate, version));
        }
    }

    /// Drops an aggregate that turned out to be stale, and makes the next callers take turns.
    pub(super) fn contended(&self, stream: &StreamId) {
        let mut inner = self.lock();
        let entry = inner.entries.get_or_insert_mut(key(stream), Entry::default);
        entry.aggregate = None;
        entry.gate.get_or_insert_default();
    }

    pub(super) fn forget(&self, stream: &StreamId) {
        if let Some(entry) = self.lock().entries.peek_mut(&key(stream)) {
            entry.aggregate = None;
        }
    }

    pub(super) fn clear(&self) {
        self.lock().entries.clear();
    }

    pub(super) fn gate(&self, stream: &StreamId) -> Option<Gate> {
        self.lock().entries.peek(&key(stream))?.gate.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn catch_up(&mut self, erasures: u64) {
        if self.erasures < erasures {
            self.entries.clear();
            self.erasures = erasures;
        }
    }
}

fn key(stream: &StreamId) -> (Arc<str>, Uuid) {
    (stream.category.clone(), stream.id)
}
