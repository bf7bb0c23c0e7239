//! Business time. Leases and the pauses after troubles never ask this clock: they use monotonic or database time. When
//! a delivery is tried again is business: it stands in the journal, and a manual clock drives it.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use journal::{Head, Timestamp};

/// How far a real clock may lie behind the journal's last event: clocks of several machines differ a little.
const TOLERATED_LAG: TimeDelta = TimeDelta::seconds(10);

pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is moved; never backwards.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(AtomicI64::new(now.timestamp_micros()))
    }

    /// Moves to `time`; stays where it is when that is in the past.
    pub fn set(&self, time: DateTime<Utc>) {
        self.0.fetch_max(time.timestamp_micros(), Ordering::SeqCst);
    }

    pub fn advance(&self, by: TimeDelta) {
        self.0
            .fetch_add(by.num_microseconds().unwrap_or(0).max(0), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        Timestamp(self.0.load(Ordering::SeqCst)).into()
    }
}

/// The clock lies before the journal's last event: the journal was written under a manual clock, or the machine's
/// clock is wrong.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "the clock says {now}, but the journal's last event was recorded at {last}. Correct the machine's clock, or serve \
     this journal with `--clock manual`"
)]
pub struct ClockBehind {
    pub now: DateTime<Utc>,
    pub last: DateTime<Utc>,
}

/// Refuses a clock that lies before the journal's last event.
pub fn check(clock: &dyn Clock, head: &Head) -> Result<(), ClockBehind> {
    let (now, last) = (clock.now(), DateTime::from(head.recorded_at));
    if now + TOLERATED_LAG < last {
        Err(ClockBehind { now, last })
    } else {
        Ok(())
    }
}
