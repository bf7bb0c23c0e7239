//! Catching up and then staying live, in one stream: every position once, in order.
//!
//! Content is only ever read by position; the head hint merely says when reading is worth while. So nothing is lost
//! or seen twice where catching up turns into being live, there being no such place.

use std::{sync::Arc, time::Duration};

use futures::{Stream, stream};
use tokio::{sync::watch, time};

use crate::{Journal, JournalError, Page, Position, ReadFilter};

/// Positions looked at per page.
const PAGE_LENGTH: usize = 4_096;
/// A reader looks by itself when no hint comes.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// After an error the next attempt waits a little.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// All events after `after` that pass the filter, and then the new ones as they are appended. Pages that the filter
/// left empty are delivered too: their `last` tells how far the reader has come. After an error the stream goes on
/// where it was; whether to go on with it is the caller's choice.
pub fn subscribe(
    journal: Arc<dyn Journal>,
    after: Position,
    filter: ReadFilter,
) -> impl Stream<Item = Result<Page, JournalError>> + Send + 'static {
    let hint = journal.head_hint();
    let subscription = Subscription {
        journal,
        filter,
        after,
        hint,
        failed: false,
    };
    stream::unfold(subscription, |mut subscription| async move {
        let item = subscription.next().await;
        Some((item, subscription))
    })
}

struct Subscription {
    journal: Arc<dyn Journal>,
    filter: ReadFilter,
    after: Position,
    hint: watch::Receiver<Position>,
    failed: bool,
}

impl Subscription {
    async fn next(&mut self) -> Result<Page, JournalError> {
        if std::mem::take(&mut self.failed) {
            time::sleep(RETRY_PAUSE).await;
        }
        loop {
            match self.journal.read(self.after, PAGE_LENGTH, &self.filter).await {
                Ok(page) if page.last > self.after => {
                    self.after = page.last;
                    return Ok(page);
                }
                Ok(_) => self.wait().await,
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
    }

    async fn wait(&mut self) {
        let after = self.after;
        let news = async {
            if self.hint.wait_for(|head| *head > after).await.is_err() {
                // Nobody hints any more.
                std::future::pending::<()>().await;
            }
        };
        // A timeout is as good a reason to look as a hint.
        let _ = time::timeout(POLL_INTERVAL, news).await;
    }
}
