//! Reading ahead: pages are read and opened on a thread of their own while the one before is folded.

use std::{sync::Arc, thread, time::Duration};

use journal::{Journal, JournalError, Page, Position, ReadFilter};
use tokio::{runtime::Handle, sync::mpsc, time};

use super::ViewsError;
use crate::{Codec, Recorded};

/// Pages that wait to be folded.
const AHEAD: usize = 2;
/// A reader looks by itself when no hint comes.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// After an error the next attempt waits a little.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Some consecutive events, typed.
pub(crate) struct Batch<E> {
    pub(crate) events: Vec<Recorded<E>>,
    /// Everything up to here was looked at.
    pub(crate) last: Position,
    /// Where the journal ended when the batch was read.
    pub(crate) head: Position,
}

/// Whether a reader goes on at the end of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Stays and delivers what comes.
    Forever,
    /// Ends after this position.
    Position(Position),
}

pub(crate) struct Source<E> {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) codec: Arc<Codec<E>>,
    pub(crate) page: usize,
}

impl<E> Clone for Source<E> {
    fn clone(&self) -> Self {
        Self {
            journal: Arc::clone(&self.journal),
            codec: Arc::clone(&self.codec),
            page: self.page,
        }
    }
}

impl<E: Send + Sync + 'static> Source<E> {
    /// Delivers everything after `after` that passes the filter. An error is delivered too, and what caused it tried
    /// again until the receiver is dropped. The channel closes when the end that was asked for is reached.
    pub(crate) fn read(
        &self,
        after: Position,
        until: Until,
        filter: ReadFilter,
    ) -> mpsc::Receiver<Result<Batch<E>, ViewsError>> {
        let (batches, receiver) = mpsc::channel(AHEAD);
        let source = self.clone();
        let runtime = Handle::current();
        let reading = async move {
            tokio::select! {
                () = source.deliver(after, until, &filter, &batches) => {}
                () = batches.closed() => {}
            }
        };
        let spawned = thread::Builder::new().name("views-reader".to_owned()).spawn({
            let runtime = runtime.clone();
            move || runtime.block_on(reading)
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread to read events on");
        }
        receiver
    }

    /// The typed events at these positions.
    pub(crate) async fn at(&self, positions: &[Position]) -> Result<Vec<Recorded<E>>, ViewsError> {
        let mut events = Vec::with_capacity(positions.len());
        for position in positions {
            let before = Position(position.0.saturating_sub(1));
            let page = self.journal.read(before, 1, &ReadFilter::default()).await?;
            events.append(&mut self.codec.open_page(&page).await?);
        }
        Ok(events)
    }

    async fn deliver(
        &self,
        mut after: Position,
        until: Until,
        filter: &ReadFilter,
        batches: &mpsc::Sender<Result<Batch<E>, ViewsError>>,
    ) {
        let mut hint = self.journal.head_hint();
        loop {
            let limit = match until {
                Until::Forever => self.page,
                Until::Position(end) if end <= after => return,
                Until::Position(end) => self.page.min((end.0 - after.0) as usize),
            };
            match self.journal.read(after, limit, filter).await {
                Ok(page) if page.last > after => {
                    if !self.open(page, &mut after, batches).await {
                        return;
                    }
                }
                Ok(_) => {
                    // A timeout is as good a reason to look as a hint.
                    let waited = time::timeout(POLL_INTERVAL, hint.wait_for(|head| *head > after)).await;
                    let nobody_hints = waited.is_ok_and(|news| news.is_err());
                    if nobody_hints {
                        time::sleep(POLL_INTERVAL).await;
                    }
                }
                Err(error) => {
                    if !report(error, batches).await {
                        return;
                    }
                }
            }
        }
    }

    /// Opens a page and hands it on; at an event that cannot be opened, what lies before it. `false`: nobody listens.
    async fn open(
        &self,
        page: Page,
        after: &mut Position,
        batches: &mpsc::Sender<Result<Batch<E>, ViewsError>>,
    ) -> bool {
        let error = match self.codec.open_page(&page).await {
            Ok(events) => {
                *after = page.last;
                return batches
                    .send(Ok(Batch {
                        events,
                        last: page.last,
                        head: page.head,
                    }))
                    .await
                    .is_ok();
            }
            Err(error) => error,
        };
        let mut events = Vec::new();
        let mut last = page.last;
        for event in &page.events {
            if let Ok(event) = self.codec.open(event).await {
                events.push(event);
            } else {
                last = Position(event.header.position.0 - 1);
                break;
            }
        }
        if last > *after {
            *after = last;
            let batch = Batch {
                events,
                last,
                head: page.head,
            };
            if batches.send(Ok(batch)).await.is_err() {
                return false;
            }
        }
        report(error, batches).await
    }
}

async fn report<E>(error: impl Into<ViewsError>, batches: &mpsc::Sender<Result<Batch<E>, ViewsError>>) -> bool {
    let delivered = batches.send(Err(error.into())).await.is_ok();
    time::sleep(RETRY_PAUSE).await;
    delivered
}

/// The skips that the journal holds up to a position.
pub(crate) async fn skips<E: Send + Sync + 'static>(
    source: &Source<E>,
    category: &str,
    until: Position,
) -> Result<Vec<(String, Position)>, ViewsError> {
    let filter = ReadFilter {
        categories: vec![category.into()],
        ..ReadFilter::default()
    };
    let mut found = Vec::new();
    let mut after = Position::START;
    while after < until {
        let page: Result<Page, JournalError> = source.journal.read(after, source.page, &filter).await;
        let page = page?;
        if page.last == after {
            break;
        }
        for event in source.codec.open_page(&page).await? {
            if let Some(skip) = (source.codec.vocabulary().skipped)(&event.event) {
                found.push((skip.projection, skip.position));
            }
        }
        after = page.last;
    }
    Ok(found)
}
