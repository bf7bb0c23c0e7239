//! The operations that a client has open over one connection, whichever protocol it speaks.
//!
//! An operation is pulled only as fast as its client reads: a slow client makes the journal wait for it, not pile up in
//! memory, and one that stops reading is sent away.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::{Request, Response};
use domain::Language;
use futures::StreamExt;
use journal::Position;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use super::{Server, crowd::Seat};
use crate::{
    graphql::{
        errors::{ApiError, ErrorCode},
        resuming::Place,
        session::{self, Origin},
    },
    policy::Viewer,
};

/// How long a client may leave answers unread.
pub(super) const UNREAD_WAIT: Duration = Duration::from_secs(20);
/// How long the farewell to a client that does not read stays around for it.
pub(super) const FAREWELL_WAIT: Duration = Duration::from_mins(1);
/// Operations at a time on one connection.
pub(super) const MAX_OPERATIONS: usize = 64;
/// The length of an operation's id at most.
pub(super) const MAX_ID: usize = 128;
/// How often it is looked whether whoever speaks may still do so.
const RIGHTS_CHECKED_EVERY: Duration = Duration::from_secs(5);

/// Who asks for an operation, and how it came.
#[derive(Clone)]
pub(super) struct Asker {
    pub(super) viewer: Viewer,
    pub(super) language: Option<Language>,
    pub(super) origin: Origin,
}

/// Why an operation is not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotBegun {
    IdInUse,
    TooMany,
    /// On all its connections together.
    TooManyOfClient,
}

impl From<NotBegun> for ApiError {
    fn from(not_begun: NotBegun) -> Self {
        match not_begun {
            NotBegun::IdInUse => Self::new(ErrorCode::InUse, "An operation of this id is running."),
            NotBegun::TooMany => {
                let message = format!("At most {MAX_OPERATIONS} operations at a time on one connection.");
                Self::new(ErrorCode::BadRequest, message)
            }
            NotBegun::TooManyOfClient => Self::new(
                ErrorCode::Busy,
                "You have too many subscriptions open: end some of them first.",
            ),
        }
    }
}

/// What an operation says.
pub(super) struct Said {
    id: Arc<str>,
    number: u64,
    /// `None`: it is through.
    answer: Option<(Response, Option<Position>)>,
}

/// The same, to be passed on.
pub(super) struct Heard {
    pub(super) id: Arc<str>,
    pub(super) answer: Option<Response>,
    /// Where a client that has got this stands in the journal.
    pub(super) position: Option<Position>,
}

pub(super) struct Operations {
    server: Arc<Server>,
    running: HashMap<Arc<str>, Running>,
    begun: u64,
    said: mpsc::Sender<Said>,
}

/// A running operation; dropping it ends it.
struct Running {
    number: u64,
    task: JoinHandle<()>,
    passed_on: Option<Position>,
    _seat: Seat,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Operations {
    /// None yet; and where what they say is heard.
    pub(super) fn new(server: Arc<Server>) -> (Self, mpsc::Receiver<Said>) {
        let (said, heard) = mpsc::channel(1);
        let operations = Self {
            server,
            running: HashMap::new(),
            begun: 0,
            said,
        };
        (operations, heard)
    }

    /// Begins an operation. `resumed`: its client has seen everything up to there.
    pub(super) fn begin(
        &mut self,
        id: &str,
        request: Request,
        asker: Asker,
        resumed: Option<Position>,
    ) -> Result<(), NotBegun> {
        if self.running.contains_key(id) {
            return Err(NotBegun::IdInUse);
        }
        if self.running.len() >= MAX_OPERATIONS {
            return Err(NotBegun::TooMany);
        }
        let seat = self.server.crowd.seat(&asker.viewer.issuer);
        let seat = seat.ok_or(NotBegun::TooManyOfClient)?;
        self.begun += 1;
        let (id, number): (Arc<str>, u64) = (id.into(), self.begun);
        let Asker {
            viewer,
            language,
            origin,
        } = asker;
        let place = Place::after(resumed);
        let request = session::prepare(request, &self.server.application, Some(viewer), language, origin);
        let mut answers = self.server.schema.execute_stream(request.data(place.clone()));
        let (said, name) = (self.said.clone(), id.clone());
        let task = self.server.runtime.spawn(async move {
            while let Some(response) = answers.next().await {
                let answer = Some((response, place.reached()));
                let id = name.clone();
                if said.send(Said { id, number, answer }).await.is_err() {
                    return;
                }
            }
            let through = Said {
                id: name,
                number,
                answer: None,
            };
            // Nobody is interested any more: as good an end as any.
            let _ = said.send(through).await;
        });
        let running = Running {
            number,
            task,
            passed_on: None,
            _seat: seat,
        };
        self.running.insert(id, running);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn end(&mut self, id: &str) {
        self.running.remove(id);
    }

    pub(super) fn end_all(&mut self) {
        self.running.clear();
    }

    /// What is to be passed on of what was said: nothing of an operation that was ended meanwhile.
    pub(super) fn hear(&mut self, said: Said) -> Option<Heard> {
        let Said { id, number, answer } = said;
        let current = self.running.get(&id).is_some_and(|running| running.number == number);
        if !current {
            return None;
        }
        if answer.is_none() {
            self.running.remove(&id);
        }
        let (answer, position) = answer.unzip();
        Some(Heard {
            id,
            answer,
            position: position.flatten(),
        })
    }

    /// Something of an operation has been passed on.
    pub(super) fn passed_on(&mut self, id: &str, position: Option<Position>) {
        if let Some(running) = self.running.get_mut(id) {
            running.passed_on = position.or(running.passed_on);
        }
    }

    /// Each running operation with the position up to which its client was sent everything.
    pub(super) fn places(&self) -> Vec<(Arc<str>, Option<Position>)> {
        let mut places: Vec<_> = self
            .running
            .iter()
            .map(|(id, running)| (id.clone(), running.passed_on))
            .collect();
        places.sort();
        places
    }
}

/// Whether whoever opened a connection may still speak, and as what they did when it was opened.
pub(super) struct Rights {
    server: Arc<Server>,
    viewer: Viewer,
    checked: Instant,
}

impl Rights {
    pub(super) fn of(server: Arc<Server>, viewer: Viewer) -> Self {
        Self {
            server,
            viewer,
            checked: Instant::now(),
        }
    }

    pub(super) fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// Waits until it is time to look.
    pub(super) async fn due(&self) {
        sleep_until(self.checked + RIGHTS_CHECKED_EVERY).await;
    }

    /// Looks. An error says that they ended or changed: its session must end, too.
    pub(super) async fn check(&mut self) -> Result<(), ApiError> {
        self.checked = Instant::now();
        let (server, viewer) = (self.server.clone(), self.viewer.clone());
        let again = self.server.runtime.spawn(async move {
            let again = server.authentication.again(&viewer).await?;
            Ok::<_, ApiError>(again == viewer)
        });
        match again.await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(ApiError::new(
                ErrorCode::Forbidden,
                "Your rights have changed: subscribe again.",
            )),
            Ok(Err(error)) if error.code == ErrorCode::Unauthenticated => Err(error),
            Ok(Err(error)) => {
                tracing::warn!(
                    code = error.code.as_str(),
                    "rights cannot be looked up; the session goes on"
                );
                Ok(())
            }
            Err(error) => Err(ApiError::internal("rights were not looked up", &error)),
        }
    }
}
