//! What users are told, passed on to whoever follows their inboxes: one question to the views for each event, however
//! many follow.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Decider, Event, deal::DealState, task::TaskState};
use engine::{ViewHandle, Views};
use futures::{Stream, StreamExt, stream};
use journal::Position;
use projections::notifications::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::{Hub, Interest, follow};
use crate::graphql::{errors::ApiResult, reading::PATIENCE};

/// Notifications that wait for one follower, at most.
const WAITING: usize = 64;
/// Rows of one question at most.
const PAGE_LENGTH: u64 = 250;
/// After a failure the next attempt waits a little.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// A notification, and the views that have it.
#[derive(Clone)]
pub struct Told {
    pub row: Model,
    pub handle: ViewHandle,
}

impl Told {
    pub fn position(&self) -> Position {
        Position(self.row.position as u64)
    }
}

/// Tells of every notification.
pub struct Inboxes {
    hub: Arc<Hub>,
    views: Arc<Views<Event>>,
    followers: Mutex<Vec<Follower>>,
    /// Up to where everything was told; nothing until somebody runs them.
    told: watch::Sender<Option<Position>>,
}

struct Follower {
    user: Uuid,
    told: mpsc::Sender<Told>,
}

impl Inboxes {
    pub fn new(hub: Arc<Hub>, views: Arc<Views<Event>>) -> Arc<Self> {
        Arc::new(Self {
            hub,
            views,
            followers: Mutex::default(),
            told: watch::Sender::new(None),
        })
    }

    /// Tells, until it is stopped.
    pub async fn run(&self, until_stopped: impl Future<Output = ()>) {
        let telling = async {
            loop {
                if let Err(error) = self.tell_all().await {
                    tracing::warn!(code = error.code.as_str(), "what users are told cannot be read");
                }
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        };
        tokio::select! {
            () = telling => {}
            () = until_stopped => {}
        }
    }

    async fn tell_all(&self) -> ApiResult<()> {
        let known = *self.told.borrow();
        let start = match known {
            Some(position) => position,
            None => self.hub.journal.head().await?.position,
        };
        self.told.send_replace(Some(start));
        let interest = Interest {
            categories: Some([TaskState::TYPE, DealState::TYPE].map(Into::into).into()),
            ..Interest::default()
        };
        let mut happening = std::pin::pin!(follow(self.hub.clone(), start, interest));
        while let Some(happened) = happening.next().await {
            self.tell(happened?.position()).await?;
        }
        Ok(())
    }

    async fn tell(&self, position: Position) -> ApiResult<()> {
        let nobody_follows = {
            let mut followers = self.lock();
            followers.retain(|follower| !follower.told.is_closed());
            if followers.is_empty() {
                self.told.send_replace(Some(position));
            }
            followers.is_empty()
        };
        if nobody_follows {
            return Ok(());
        }
        let handle = self.views.wait_for(position, PATIENCE).await?;
        let at = Column::Position.eq(position.0 as i64);
        let rows = Entity::find().filter(at).all(&handle.connection).await?;
        let mut followers = self.lock();
        for row in rows {
            let user = row.user_id;
            let told = Told {
                row,
                handle: handle.clone(),
            };
            // Who is full or gone is left out, and catches up by itself.
            followers.retain(|follower| follower.user != user || follower.told.try_send(told.clone()).is_ok());
        }
        // Under the lock: who joins sees a position and is told of everything behind it.
        self.told.send_replace(Some(position));
        Ok(())
    }

    async fn join(&self, user: Uuid) -> (Position, mpsc::Receiver<Told>) {
        let mut told = self.told.subscribe();
        // They live as long as whoever holds them; an error cannot come.
        let _ = told.wait_for(Option::is_some).await;
        let (sender, heard) = mpsc::channel(WAITING);
        let mut followers = self.lock();
        let after = self.told.borrow().unwrap_or(Position::START);
        followers.push(Follower { user, told: sender });
        (after, heard)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Follower>> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a user is told behind a position, and then what they are told as it comes: in order, none lost and none twice.
    /// After an error there is nothing more.
    pub fn follow(
        self: Arc<Self>,
        user: Uuid,
        after: Position,
    ) -> impl Stream<Item = ApiResult<Told>> + Send + 'static {
        let reader = Reader {
            inboxes: self,
            user,
            at: after,
            ready: VecDeque::new(),
            doing: Doing::Joining,
        };
        stream::unfold(Some(reader), async |reader| {
            let mut reader = reader?;
            match reader.next().await {
                Ok(told) => Some((Ok(told), Some(reader))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }
}

struct Reader {
    inboxes: Arc<Inboxes>,
    user: Uuid,
    /// Everything up to here was told, or is ready.
    at: Position,
    ready: VecDeque<Told>,
    doing: Doing,
}

enum Doing {
    Joining,
    /// The views, up to where listening began.
    ClosingUp(Position, mpsc::Receiver<Told>),
    Listening(mpsc::Receiver<Told>),
}

impl Reader {
    async fn next(&mut self) -> ApiResult<Told> {
        loop {
            if let Some(told) = self.ready.pop_front() {
                return Ok(told);
            }
            self.doing = match std::mem::replace(&mut self.doing, Doing::Joining) {
                Doing::Joining => {
                    let (to, heard) = self.inboxes.join(self.user).await;
                    Doing::ClosingUp(to, heard)
                }
                Doing::ClosingUp(to, heard) if self.at >= to => Doing::Listening(heard),
                Doing::ClosingUp(to, heard) => {
                    self.read(to).await?;
                    Doing::ClosingUp(to, heard)
                }
                Doing::Listening(mut heard) => match heard.recv().await {
                    Some(told) if told.position() <= self.at => Doing::Listening(heard),
                    Some(told) => {
                        self.at = told.position();
                        self.doing = Doing::Listening(heard);
                        return Ok(told);
                    }
                    // Too slow: what is missing is read.
                    None => Doing::Joining,
                },
            };
        }
    }

    /// Reads one page.
    async fn read(&mut self, to: Position) -> ApiResult<()> {
        let handle = self.inboxes.views.wait_for(to, PATIENCE).await?;
        let rows = Entity::find()
            .filter(Column::UserId.eq(self.user))
            .filter(Column::Position.gt(self.at.0 as i64))
            .filter(Column::Position.lte(to.0 as i64))
            .order_by_asc(Column::Position)
            .limit(PAGE_LENGTH)
            .all(&handle.connection)
            .await?;
        self.at = match rows.last() {
            Some(last) if rows.len() as u64 == PAGE_LENGTH => Position(last.position as u64),
            _ => to,
        };
        let told = rows.into_iter().map(|row| Told {
            row,
            handle: handle.clone(),
        });
        self.ready.extend(told);
        Ok(())
    }
}
