//! How much a client may ask for: each has a bucket of query cost, which operations empty and time fills again.

use std::{
    num::NonZeroUsize,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lru::LruCache;

/// Clients whose buckets are remembered. Who is forgotten has a full one, as has who was away for long.
const MAX_CLIENTS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99_999);

/// How big a bucket is, and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Cost per second.
    pub restored: u32,
    pub maximum: u32,
}

impl Rate {
    /// Four operations at once that cost as much as one may, and one more each fifth of a second.
    pub const DEFAULT: Self = Self {
        restored: 250_000,
        maximum: 1_000_000,
    };
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(restored, maximum)| {
            let (restored, maximum) = (restored.parse().ok()?, maximum.parse().ok()?);
            (restored > 0 && maximum > 0).then_some(Self { restored, maximum })
        });
        numbers.ok_or_else(|| "write `COST-PER-SECOND/MAXIMUM`, for example `250000/1000000`, or `none`".to_owned())
    }
}

/// What is left in a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Status {
    pub rate: Rate,
    pub available: f64,
}

/// Why an operation does not run now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exceeded {
    /// There is enough again after this time.
    Until(Duration, Status),
    /// It is more than the bucket ever holds.
    Never(Rate),
}

/// Everybody's buckets.
pub struct Throttle {
    /// None: nobody is slowed down.
    rate: Option<Rate>,
    buckets: Mutex<LruCache<Arc<str>, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    available: f64,
    at: Instant,
}

impl Throttle {
    pub fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            buckets: Mutex::new(LruCache::new(MAX_CLIENTS)),
        }
    }

    /// Takes the cost of an operation out of a client's bucket. `None`: nobody counts.
    pub fn take(&self, client: &Arc<str>, cost: usize, now: Instant) -> Result<Option<Status>, Exceeded> {
        let Some(rate) = self.rate else {
            return Ok(None);
        };
        if cost > rate.maximum as usize {
            return Err(Exceeded::Never(rate));
        }
        let cost = cost as f64;
        self.with_bucket(client, rate, now, |available| {
            let status = |available| Status { rate, available };
            if *available < cost {
                let missing = (cost - *available) / f64::from(rate.restored);
                return Err(Exceeded::Until(Duration::from_secs_f64(missing), status(*available)));
            }
            *available -= cost;
            Ok(Some(status(*available)))
        })
    }

    /// Puts back what an operation did not need.
    pub fn give_back(&self, client: &Arc<str>, cost: usize, now: Instant) -> Option<Status> {
        let rate = self.rate?;
        self.with_bucket(client, rate, now, |available| {
            *available = (*available + cost as f64).min(f64::from(rate.maximum));
            Some(Status {
                rate,
                available: *available,
            })
        })
    }

    fn with_bucket<T>(&self, client: &Arc<str>, rate: Rate, now: Instant, act: impl FnOnce(&mut f64) -> T) -> T {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get_or_insert_mut(client.clone(), || Bucket {
            available: f64::from(rate.maximum),
            at: now,
        });
        let restored = now.saturating_duration_since(bucket.at).as_secs_f64() * f64::from(rate.restored);
        bucket.available = (bucket.available + restored).min(f64::from(rate.maximum));
        bucket.at = now;
        act(&mut bucket.available)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        restored: 10,
        maximum: 100,
    };

    fn left(status: Option<Status>) -> u64 {
        status.unwrap().available as u64
    }

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let (throttle, client) = (Throttle::new(Some(RATE)), "token:a".into());
        let start = Instant::now();
        assert_eq!(left(throttle.take(&client, 70, start).unwrap()), 30);
        let Err(Exceeded::Until(wait, _)) = throttle.take(&client, 70, start) else {
            panic!("it is not slowed down");
        };
        assert_eq!(wait, Duration::from_secs(4));
        assert!(throttle.take(&client, 70, start + wait).is_ok());
        let other = "token:b".into();
        assert!(throttle.take(&other, 70, start).is_ok());
    }

    #[test]
    fn what_is_not_needed_is_put_back_and_never_more_than_fits() {
        let (throttle, client) = (Throttle::new(Some(RATE)), "token:a".into());
        let now = Instant::now();
        throttle.take(&client, 90, now).unwrap();
        assert_eq!(left(throttle.give_back(&client, 80, now)), 90);
        assert_eq!(left(throttle.give_back(&client, 80, now)), 100);
        assert_eq!(throttle.take(&client, 101, now), Err(Exceeded::Never(RATE)));
    }

    #[test]
    fn without_a_rate_nobody_is_slowed_down() {
        let throttle = Throttle::new(None);
        assert_eq!(throttle.take(&"token:a".into(), usize::MAX, Instant::now()), Ok(None));
    }

    #[test]
    fn a_rate_reads_as_it_is_written() {
        assert_eq!("10/100".parse(), Ok(RATE));
        for wrong in ["", "10", "0/100", "10/0", "-1/5", "a/b"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
