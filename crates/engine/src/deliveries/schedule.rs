//! When what did not go out is tried again.

use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The pauses after the first, second, … attempt. After the attempt that follows the last pause, nobody tries on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule {
    pauses: Vec<Duration>,
}

/// Each pause is up to so much longer than it is listed, so that what failed together does not come back together.
const JITTER: f64 = 0.2;

impl Default for RetrySchedule {
    /// From greylisting (half a minute) to a mail server that is down over a weekend's night: a bit more than a day.
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        let pauses = [30, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR];
        Self {
            pauses: pauses.map(Duration::from_secs).into(),
        }
    }
}

impl RetrySchedule {
    pub const fn new(pauses: Vec<Duration>) -> Self {
        Self { pauses }
    }

    /// The pause after so many tries of a delivery; `None` when that was the last. The jitter follows from the delivery,
    /// not from chance: what is worked out again after a crash is the same.
    pub fn pause(&self, tries: u32, delivery: Uuid) -> Option<Duration> {
        let pause = self.pauses.get(tries.checked_sub(1)? as usize)?;
        Some(pause.mul_f64(1.0 + JITTER * share(tries, delivery)))
    }
}

/// Somewhere between 0 and 1.
fn share(tries: u32, delivery: Uuid) -> f64 {
    let digest = Sha256::new()
        .chain_update(delivery.as_bytes())
        .chain_update(tries.to_be_bytes())
        .finalize();
    f64::from(u16::from_be_bytes([digest[0], digest[1]])) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let schedule = RetrySchedule::default();
        let delivery = Uuid::from_u128(7);
        let pauses: Vec<_> = (1..).map_while(|tries| schedule.pause(tries, delivery)).collect();
        assert_eq!(pauses.len(), 6);
        assert!(pauses.is_sorted());
        assert_eq!(schedule.pause(0, delivery), None);
    }

    #[test]
    fn each_pause_is_at_most_a_fifth_longer_than_listed() {
        let schedule = RetrySchedule::new(vec![Duration::from_secs(100)]);
        let pauses: Vec<_> = (0..200)
            .filter_map(|n| schedule.pause(1, Uuid::from_u128(n)))
            .map(|pause| pause.as_secs())
            .collect();
        assert!(pauses.iter().all(|pause| (100..=120).contains(pause)));
        assert!(pauses.iter().min() < Some(&103) && pauses.iter().max() > Some(&117));
    }

    #[test]
    fn the_jitter_is_the_same_when_it_is_worked_out_again() {
        let (schedule, delivery) = (RetrySchedule::default(), Uuid::from_u128(7));
        assert_eq!(schedule.pause(3, delivery), schedule.pause(3, delivery));
    }
}
