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
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use journal::{EventHeader, Journal, Page, Position, ReadFilter, StreamId};
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
    followers: Mutex<Followers>,
    /// Up to where everything was told; nothing until the hub runs.
    told: watch::Sender<Option<Position>>,
}

/// Those who follow single streams are found by them: most events concern few.
#[derive(Default)]
struct Followers {
    by_stream: HashMap<StreamId, Vec<Arc<Follower>>>,
    others: Vec<Arc<Follower>>,
}

struct Follower {
    interest: Arc<Interest>,
    /// Nothing once the follower did not keep up.
    told: Mutex<Option<mpsc::Sender<Arc<Happened>>>>,
}

/// A place among the followers, until it is dropped.
struct Membership {
    /// Everything behind this position is told.
    after: Position,
    heard: mpsc::Receiver<Arc<Happened>>,
    follower: Arc<Follower>,
    hub: Arc<Hub>,
}

impl Follower {
    /// Never waits. Who is full is told nothing more, and catches up by reading.
    fn tell(&self, happened: &Arc<Happened>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = told
            .as_ref()
            .is_some_and(|told| told.try_send(happened.clone()).is_ok());
        if !taken {
            *told = None;
        }
    }
}

impl Followers {
    fn add(&mut self, follower: &Arc<Follower>) {
        match &follower.interest.streams {
            Some(streams) => {
                for stream in streams {
                    self.by_stream.entry(stream.clone()).or_default().push(follower.clone());
                }
            }
            None => self.others.push(follower.clone()),
        }
    }

    fn remove(&mut self, follower: &Arc<Follower>) {
        let others = |other: &Arc<Follower>| !Arc::ptr_eq(other, follower);
        self.others.retain(others);
        for stream in follower.interest.streams.iter().flatten() {
            if let Some(followers) = self.by_stream.get_mut(stream) {
                followers.retain(others);
                if followers.is_empty() {
                    self.by_stream.remove(stream);
                }
            }
        }
    }

    /// Whom an event concerns.
    fn of<'f>(&'f self, header: &'f EventHeader) -> impl Iterator<Item = &'f Arc<Follower>> {
        let of_stream = self.by_stream.get(&header.stream).into_iter().flatten();
        let all = of_stream.chain(&self.others);
        all.filter(|follower| follower.interest.covers(header))
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.hub.lock().remove(&self.follower);
    }
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
        let followers = self.lock();
        for event in page.events {
            let mut concerned = followers.of(&event.header).peekable();
            if concerned.peek().is_some() {
                let happened = Arc::new(Happened::new(event.clone()));
                concerned.for_each(|follower| follower.tell(&happened));
            }
        }
        // Under the lock: who joins sees a position and is told of everything behind it.
        self.told.send_replace(Some(page.last));
    }

    /// Takes a follower in.
    async fn join(self: &Arc<Self>, interest: Arc<Interest>) -> Membership {
        let mut told = self.told.subscribe();
        // The hub lives as long as whoever holds it; an error cannot come.
        let _ = told.wait_for(Option::is_some).await;
        let (sender, heard) = mpsc::channel(WAITING);
        let follower = Arc::new(Follower {
            interest,
            told: Mutex::new(Some(sender)),
        });
        let mut followers = self.lock();
        followers.add(&follower);
        let after = self.told.borrow().unwrap_or(Position::START);
        Membership {
            after,
            heard,
            follower,
            hub: self.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Followers> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
