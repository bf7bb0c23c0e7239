//! Many who follow events, each a few of them: how quickly they are told, and what that costs in memory.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::json;
use uuid::Uuid;

use super::{
    client::{Client, operation},
    load::{self, Load, Times},
    report::Report,
    requests::Extent,
    server::Server,
};

/// Deals that are followed, each by as many: an event is for one of a hundred followers.
pub(super) const GROUPS: usize = 100;
/// Events per second.
const RATE: f64 = 200.0;

const RENAME: &str = "mutation($id: ID!, $title: String!) { dealRename(input: { id: $id, title: $title }) {
    position userErrors { code } } }";

/// Renames the deals at a steady rate while each is followed.
pub(super) async fn measure(
    part: &str,
    server: Arc<Server>,
    deals: Vec<Uuid>,
    extent: Extent,
    report: &mut Report,
) -> anyhow::Result<()> {
    let address = server.address().to_owned();
    let before = server.resident_megabytes()?;
    let measuring = Arc::new(AtomicBool::new(true));
    let mut followers = Vec::with_capacity(extent.followers);
    for number in 0..extent.followers {
        let mut client = Client::connect(&address).await?;
        let deal = deals[number % deals.len()];
        let query = format!("subscription {{ events(stream: \"deal:{deal}\", types: [\"DealRenamed\"]) {{ data }} }}");
        client.subscribe(&query).await?;
        let measuring = measuring.clone();
        followers.push(tokio::spawn(async move {
            let mut delays = Vec::new();
            while measuring.load(Ordering::Relaxed) {
                let Ok(event) = tokio::time::timeout(Duration::from_millis(500), client.event()).await else {
                    continue;
                };
                delays.extend(sent_at(&event?).map(|sent| now().saturating_sub(sent)));
            }
            anyhow::Ok(delays)
        }));
    }
    let load = Load {
        rate: RATE,
        connections: 16,
        duration: extent.duration,
    };
    load::run(&address, load, move |number| {
        let title = format!("sent {}", now().as_micros());
        operation(RENAME, json!({ "id": deals[number % deals.len()], "title": title }))
    })
    .await?;
    let memory = server.resident_megabytes()?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    measuring.store(false, Ordering::Relaxed);
    let mut delays = Vec::new();
    for follower in followers {
        delays.extend(follower.await??);
    }
    let expected = (RATE * extent.duration.as_secs_f64()) as usize * extent.followers / GROUPS;
    let times = Times::of(delays);
    anyhow::ensure!(
        times.count() == expected,
        "{} events were delivered instead of {expected}",
        times.count()
    );
    let (followers, each) = (extent.followers, extent.followers / GROUPS);
    let detail = format!("{followers} subscriptions, each event for {each}, {RATE} events/s");
    for (name, percent) in [("p50", 0.5), ("p99", 0.99)] {
        report.add(
            format!("{part}.delivery.{name}"),
            times.percentile(percent),
            "ms",
            detail.as_str(),
        );
    }
    report.add(
        format!("{part}.delivery.memory"),
        memory,
        "MB",
        format!("resident while they are open; {before:.0} before"),
    );
    Ok(())
}

/// From the beginning of a request, as the title of the deal tells.
fn sent_at(event: &str) -> Option<Duration> {
    let (_, after) = event.split_once("sent ")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().map(Duration::from_micros)
}

/// Since 1970; the clock of this machine, which both sides read.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
