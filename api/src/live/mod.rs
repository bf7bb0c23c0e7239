//! What happens, told to whoever follows it.
//!
//! Each event is read once for all followers, and opened once for all who are told of it. A follower catches up by
//! reading the journal and then listens to the [`Hub`]. The hub waits for nobody: who does not keep up with it is left
//! out, and catches up by reading again. So nothing is lost and nothing is told twice, and memory stays bounded.

mod follow;
mod happened;
mod inboxes;
mod interest;
mod sight;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use journal::{Journal, Page, Position, ReadFilter};
use tokio::sync::{mpsc, watch};

pub use self::{
    follow::follow,
    happened::Happened,
    inboxes::{Inboxes, Told},
    interest::Interest,
    sight::seen,
};

/// Events that wait for one follower, at most.
const WAITING: usize = 64;

/// Tells of every event that the journal takes.
pub struct Hub {
    journal: Arc<dyn Journal>,
    followers: Mutex<Vec<Follower>>,
    /// Up to where everything was told; nothing until the hub runs.
    told: watch::Sender<Option<Position>>,
}

struct Follower {
    interest: Arc<Interest>,
    told: mpsc::Sender<Arc<Happened>>,
}

/// A place among the followers.
struct Membership {
    /// Everything behind this position is told.
    after: Position,
    heard: mpsc::Receiver<Arc<Happened>>,
}

impl Hub {
    pub fn new(journal: Arc<dyn Journal>) -> Arc<Self> {
        Arc::new(Self {
            journal,
            followers: Mutex::default(),
            told: watch::Sender::new(None),
        })
    }

    /// Tells, until it is stopped.
    pub async fn run(&self, until_stopped: impl Future<Output = ()>) {
        let telling = async {
            let start = loop {
                match self.journal.head().await {
                    Ok(head) => break head.position,
                    Err(error) => {
                        tracing::warn!(%error, "the journal's end cannot be read yet");
                        tokio::time::sleep(Duration::from_millis(500)).await;
                    }
                }
            };
            self.told.send_replace(Some(start));
            let pages = journal::subscription::subscribe(self.journal.clone(), start, ReadFilter::default());
            let mut pages = std::pin::pin!(pages);
            while let Some(page) = pages.next().await {
                match page {
                    Ok(page) => self.tell(page),
                    // It is read again from the same place.
                    Err(error) => tracing::warn!(%error, "what happens cannot be read"),
                }
            }
        };
        tokio::select! {
            () = telling => {}
            () = until_stopped => {}
        }
    }

    fn tell(&self, page: Page) {
        let mut followers = self.lock();
        for event in page.events {
            let mut happened = None;
            followers.retain(|follower| {
                if !follower.interest.covers(&event.header) {
                    return !follower.told.is_closed();
                }
                let happened: &Arc<Happened> = happened.get_or_insert_with(|| Arc::new(Happened::new(event.clone())));
                // Who is full or gone is left out, and catches up by itself.
                follower.told.try_send(happened.clone()).is_ok()
            });
        }
        // Under the lock: who joins sees a position and is told of everything behind it.
        self.told.send_replace(Some(page.last));
    }

    /// Takes a follower in.
    async fn join(&self, interest: Arc<Interest>) -> Membership {
        let mut told = self.told.subscribe();
        // The hub lives as long as whoever holds it; an error cannot come.
        let _ = told.wait_for(Option::is_some).await;
        let (sender, heard) = mpsc::channel(WAITING);
        let mut followers = self.lock();
        let after = self.told.borrow().unwrap_or(Position::START);
        followers.push(Follower { interest, told: sender });
        Membership { after, heard }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Follower>> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
