//! Open loops: requests are due at fixed times, whether earlier ones were answered or not, and the time that one takes
//! is counted from when it was due. A server that falls behind is not spared.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::client::Client;

/// How the requests come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Requests per second.
    pub(super) rate: f64,
    pub(super) connections: usize,
    pub(super) duration: Duration,
}

/// How long each request took, shortest first.
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// In milliseconds: as long or shorter took this part of all (0.95 for nineteen of twenty).
    pub(super) fn percentile(&self, part: f64) -> f64 {
        let place = ((self.0.len() as f64 * part).ceil() as usize).clamp(1, self.0.len().max(1)) - 1;
        self.0.get(place).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Sends what `request` makes of the numbers from 0; how long each took. Any answer with errors ends the run.
pub(super) async fn run(
    address: &str,
    load: Load,
    request: impl Fn(usize) -> String + Send + Sync + 'static,
) -> anyhow::Result<Vec<(usize, Duration)>> {
    let total = (load.rate * load.duration.as_secs_f64()) as usize;
    let next = Arc::new(AtomicUsize::new(0));
    let request = Arc::new(request);
    let mut clients = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        clients.push(Client::connect(address).await?);
    }
    let begin = Instant::now() + Duration::from_millis(50);
    let loops: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let (next, request) = (next.clone(), request.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= total {
                        return Ok::<_, anyhow::Error>(times);
                    }
                    let due = begin + Duration::from_secs_f64(number as f64 / load.rate);
                    sleep_until(due).await;
                    client.ask(&request(number)).await?;
                    times.push((number, due.elapsed()));
                }
            })
        })
        .collect();
    let mut times = Vec::with_capacity(total);
    for one in loops {
        times.extend(one.await??);
    }
    Ok(times)
}

/// [`run`], all requests alike.
pub(super) async fn times(
    address: &str,
    load: Load,
    request: impl Fn(usize) -> String + Send + Sync + 'static,
) -> anyhow::Result<Times> {
    let times = run(address, load, request).await?;
    Ok(Times::of(times.into_iter().map(|(_, time)| time).collect()))
}
