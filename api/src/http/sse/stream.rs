//! A stream of events: what a client's operations say, until it goes, is sent away, or the server stops.

use std::{sync::Arc, time::Duration};

use async_graphql::Request;
use bytes::Bytes;
use journal::Position;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until, timeout},
};

use super::wire::{KEEP_ALIVE, Mode};
use crate::{
    graphql::errors::{ApiError, ApiResult, ErrorCode},
    http::{
        Server, answer,
        operations::{Asker, FAREWELL_WAIT, Heard, NotBegun, Operations, Rights, Said, UNREAD_WAIT},
    },
    policy::Viewer,
};

/// How often something is sent when nothing happens.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(12);
/// How long a reservation waits for its stream.
const RESERVED_FOR: Duration = Duration::from_secs(30);
/// Events that wait for the connection to take them, at most.
const WAITING: usize = 4;

/// What requests beside a stream ask of it.
pub(super) enum Order {
    /// The stream is opened. Answers whether it was not open yet.
    Open(mpsc::Sender<Bytes>, oneshot::Sender<bool>),
    Begin {
        id: String,
        request: Box<Request>,
        asker: Box<Asker>,
        begun: oneshot::Sender<Result<(), NotBegun>>,
    },
    End(String),
}

/// Why a stream ends.
enum Ending {
    /// The client is gone, never came, or got everything.
    Gone,
    /// The server stops. Without `complete`, so that the client comes again.
    Stopping,
    RightsEnded(ApiError),
    SlowReader,
}

pub(super) struct Stream {
    mode: Mode,
    operations: Operations,
    heard: mpsc::Receiver<Said>,
    rights: Rights,
    orders: mpsc::Receiver<Order>,
    out: Option<mpsc::Sender<Bytes>>,
    server: Arc<Server>,
}

/// The two ends of a connection's body.
pub(super) fn body() -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
    mpsc::channel(WAITING)
}

impl Stream {
    /// For one operation.
    pub(super) fn distinct(
        server: Arc<Server>,
        request: Request,
        asker: Asker,
        resumed: Option<Position>,
    ) -> Result<(Self, mpsc::Receiver<Bytes>), NotBegun> {
        let (out, written) = body();
        // Nobody orders anything of it.
        let (_, orders) = mpsc::channel(1);
        let mut stream = Self::new(Mode::Distinct, server, asker.viewer.clone(), orders);
        stream.out = Some(out);
        stream.operations.begin("", request, asker, resumed)?;
        Ok((stream, written))
    }

    /// For whatever is ordered, once it is opened.
    pub(super) fn single(server: Arc<Server>, viewer: Viewer, orders: mpsc::Receiver<Order>) -> Self {
        Self::new(Mode::Single, server, viewer, orders)
    }

    fn new(mode: Mode, server: Arc<Server>, viewer: Viewer, orders: mpsc::Receiver<Order>) -> Self {
        let (operations, heard) = Operations::new(server.clone());
        Self {
            mode,
            operations,
            heard,
            rights: Rights::of(server.clone(), viewer),
            orders,
            out: None,
            server,
        }
    }

    pub(super) async fn run(mut self) {
        let ending = match self.go_on().await {
            Ok(()) => Ending::Gone,
            Err(ending) => ending,
        };
        let error = match ending {
            Ending::Gone | Ending::Stopping => return,
            Ending::RightsEnded(error) => error,
            Ending::SlowReader => ApiError::new(
                ErrorCode::SlowReader,
                "Answers stayed unread for too long: subscribe again after `position`.",
            ),
        };
        tracing::info!(code = error.code.as_str(), "a stream of events is ended");
        // Whoever does not read gets the farewell when they do, and no longer than is decent.
        let _ = timeout(FAREWELL_WAIT, self.say_good_bye(error)).await;
    }

    async fn go_on(&mut self) -> Result<(), Ending> {
        let mut stopping = self.server.stopping.clone();
        let opened_until = Instant::now() + RESERVED_FOR;
        let mut keep_alive_at = Instant::now();
        loop {
            let open = self.out.is_some();
            tokio::select! {
                Some(said) = self.heard.recv(), if open => {
                    if let Some(heard) = self.operations.hear(said) {
                        self.pass_on(heard).await?;
                        keep_alive_at = Instant::now() + KEEP_ALIVE_EVERY;
                    }
                    if self.mode == Mode::Distinct && self.operations.is_empty() {
                        return Ok(());
                    }
                }
                Some(order) = self.orders.recv() => self.obey(order),
                () = closed(self.out.as_ref()), if open => return Ok(()),
                () = sleep_until(keep_alive_at), if open => {
                    keep_alive_at = Instant::now() + KEEP_ALIVE_EVERY;
                    self.say(KEEP_ALIVE).await?;
                }
                () = sleep_until(opened_until), if !open => return Ok(()),
                () = self.rights.due() => self.rights.check().await.map_err(Ending::RightsEnded)?,
                () = stopped(&mut stopping) => return Err(Ending::Stopping),
            }
        }
    }

    fn obey(&mut self, order: Order) {
        // Who has not waited for an answer need not get it.
        match order {
            Order::Open(out, opened) => {
                let free = self.out.is_none();
                if free {
                    self.out = Some(out);
                }
                let _ = opened.send(free);
            }
            Order::Begin {
                id,
                request,
                asker,
                begun,
            } => {
                let _ = begun.send(self.operations.begin(&id, *request, *asker, None));
            }
            Order::End(id) => self.operations.end(&id),
        }
    }

    async fn pass_on(&mut self, heard: Heard) -> Result<(), Ending> {
        let Heard { id, answer, position } = heard;
        match answer {
            Some(answer) => {
                let refused = answer::refused_before_execution(&answer);
                self.say(written(self.mode.next(&id, &answer, position))?).await?;
                self.operations.passed_on(&id, position);
                if refused {
                    self.operations.end(&id);
                    self.say(written(self.mode.complete(&id))?).await?;
                }
                Ok(())
            }
            None => self.say(written(self.mode.complete(&id))?).await,
        }
    }

    async fn say(&self, bytes: Bytes) -> Result<(), Ending> {
        let Some(out) = &self.out else {
            return Ok(());
        };
        match timeout(UNREAD_WAIT, out.send(bytes)).await {
            Ok(sent) => sent.map_err(|_| Ending::Gone),
            Err(_) => Err(Ending::SlowReader),
        }
    }

    /// Ends every operation with the error, and with the position up to which its client was sent everything.
    async fn say_good_bye(&mut self, error: ApiError) {
        let places = self.operations.places();
        self.operations.end_all();
        let Some(out) = self.out.take() else {
            return;
        };
        for (id, position) in places {
            let mut error = error.clone();
            if let Some(position) = position {
                error = error.with("position", position.to_string());
            }
            let farewell = self
                .mode
                .next(&id, &answer::error_response(&error), None)
                .and_then(|next| Ok([next, self.mode.complete(&id)?].concat()));
            let Ok(farewell) = farewell else {
                return;
            };
            if out.send(farewell.into()).await.is_err() {
                return;
            }
        }
    }
}

/// What cannot be written ends the stream.
fn written(bytes: ApiResult<Bytes>) -> Result<Bytes, Ending> {
    bytes.map_err(|_| Ending::Gone)
}

/// Waits until the server stops. Who would tell is gone: as good a reason to stop.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn closed(out: Option<&mpsc::Sender<Bytes>>) {
    match out {
        Some(out) => out.closed().await,
        None => std::future::pending().await,
    }
}
