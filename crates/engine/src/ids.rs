//! Where new event ids come from.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use uuid::{Builder, Uuid};

/// Makes UUIDs of version 7: ordered by time, so that their index grows at its end.
pub trait IdSource: Send + Sync + 'static {
    fn next(&self, now: DateTime<Utc>) -> Uuid;
}

/// Unpredictable ids.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn next(&self, now: DateTime<Utc>) -> Uuid {
        v7(now, &mut rand::rng())
    }
}

/// The same ids for the same seed, times and order of asking: for demos and tests.
#[derive(Debug)]
pub struct SeededIds(Mutex<StdRng>);

impl SeededIds {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl IdSource for SeededIds {
    fn next(&self, now: DateTime<Utc>) -> Uuid {
        v7(now, &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn v7(now: DateTime<Utc>, random: &mut impl RngCore) -> Uuid {
    let mut tail = [0; 10];
    random.fill_bytes(&mut tail);
    Builder::from_unix_timestamp_millis(now.timestamp_millis().max(0) as u64, &tail).into_uuid()
}
