//! Reading a whole journal through the port, as whole events and as typed ones.

use std::{sync::Arc, time::Instant};

use domain::Event;
use engine::Codec;
use futures::{StreamExt, stream};
use journal::{Journal, JournalError, Page, Position, ReadFilter};

use super::report::Report;

/// Positions of one page.
const PAGE: usize = 4_096;

pub(super) async fn measure(
    journal: &Arc<dyn Journal>,
    codec: &Codec<Event>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let rate = whole(journal).await?;
    report.add(
        "sqlite.read.whole",
        rate,
        "events/s",
        "the whole journal through the port, in process",
    );
    let rate = decoded(journal, codec).await?;
    report.add("sqlite.read.decoded", rate, "events/s", "the same, into typed events");
    Ok(())
}

/// Whole events per second.
async fn whole(journal: &Arc<dyn Journal>) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut events = 0;
    let mut pages = std::pin::pin!(pages(journal.clone()));
    while let Some(page) = pages.next().await {
        events += page?.events.len();
    }
    Ok(events as f64 / started.elapsed().as_secs_f64())
}

/// Typed events per second; the next page is read while one is decoded.
async fn decoded(journal: &Arc<dyn Journal>, codec: &Codec<Event>) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut events = 0;
    let ahead = pages(journal.clone())
        .map(|page| tokio::spawn(async { page }))
        .buffered(2);
    let mut ahead = std::pin::pin!(ahead);
    while let Some(page) = ahead.next().await {
        events += codec.open_page(&page??).await?.len();
    }
    Ok(events as f64 / started.elapsed().as_secs_f64())
}

fn pages(journal: Arc<dyn Journal>) -> impl futures::Stream<Item = Result<Page, JournalError>> {
    stream::try_unfold(Position::START, move |after| {
        let journal = journal.clone();
        async move {
            let page = journal.read(after, PAGE, &ReadFilter::default()).await?;
            let last = page.last;
            Ok((last > after).then_some((page, last)))
        }
    })
}
