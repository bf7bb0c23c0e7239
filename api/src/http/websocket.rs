//! GraphQL over WebSocket: the `graphql-transport-ws` protocol, with its close codes.
//!
//! The library's own session answers some of these situations with other codes and buffers without limit, so the
//! protocol is spoken here. An operation is pulled only as fast as its client reads: a slow client makes the journal
//! wait for it, not pile up in memory, and one that stops reading is sent away.

use std::{collections::HashMap, time::Duration};

use actix_web::{HttpRequest, HttpResponse, http::header, rt, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, ProtocolError, Session};
use async_graphql::Response;
use domain::Language;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

use super::{MAX_BODY, Server, asked::Asked, credentials, graphql::refused, negotiation};
use crate::{
    authentication::{self, Credentials},
    graphql::{
        errors::ErrorCode,
        session::{self, Origin},
    },
    policy::Viewer,
};

const PROTOCOL: &str = "graphql-transport-ws";

/// How long a client may take to introduce itself.
const INIT_WAIT: Duration = Duration::from_secs(10);
/// How often the socket is probed, so that a connection that died without a word is noticed.
const PROBE_EVERY: Duration = Duration::from_secs(15);
/// Silence after which the client is taken for gone.
const SILENCE: Duration = Duration::from_secs(45);
/// How long a client may leave answers unread.
const UNREAD_WAIT: Duration = Duration::from_secs(20);
/// How long the farewell to a client that does not read stays around for it.
const FAREWELL_WAIT: Duration = Duration::from_mins(1);
/// How often it is looked whether whoever speaks may still do so.
const RIGHTS_CHECKED_EVERY: Duration = Duration::from_secs(5);
/// Operations at a time on one socket.
const MAX_OPERATIONS: usize = 64;

/// Why a session ends. The codes below 5000 are the protocol's, but for the last two, which are ours.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ending {
    Gone,
    Stopping,
    TooLarge,
    InvalidMessage(String),
    Unauthorized,
    Forbidden,
    WrongProtocol,
    InitTimeout,
    DuplicateId(String),
    TooManyInits,
    SlowReader,
    TooManyOperations,
}

impl Ending {
    fn reason(&self) -> Option<CloseReason> {
        let (code, text) = match self {
            Self::Gone => return None,
            Self::Stopping => (1001, "The server is stopping".to_owned()),
            Self::TooLarge => (1009, format!("A message has at most {MAX_BODY} bytes")),
            Self::InvalidMessage(problem) => (4400, format!("Invalid message: {problem}")),
            Self::Unauthorized => (4401, "Unauthorized".to_owned()),
            Self::Forbidden => (4403, "Forbidden".to_owned()),
            Self::WrongProtocol => (
                4406,
                "Subprotocol not acceptable: speak graphql-transport-ws".to_owned(),
            ),
            Self::InitTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::DuplicateId(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::TooManyInits => (4429, "Too many initialisation requests".to_owned()),
            Self::SlowReader => (
                4460,
                "Answers stay unread: resume after the last position you saw".to_owned(),
            ),
            Self::TooManyOperations => (4461, format!("At most {MAX_OPERATIONS} operations at a time")),
        };
        Some(CloseReason {
            code: CloseCode::from(code),
            description: Some(text),
        })
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ClientMessage {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Value>,
    },
    Subscribe {
        id: String,
        payload: Asked,
    },
    Complete {
        id: String,
    },
    Ping {
        #[serde(default)]
        payload: Option<Value>,
    },
    Pong,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ServerMessage<'a> {
    ConnectionAck,
    Next {
        id: &'a str,
        payload: &'a Response,
    },
    Error {
        id: &'a str,
        payload: &'a [async_graphql::ServerError],
    },
    Complete {
        id: &'a str,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
}

/// What an operation has to say: an answer, or (`None`) that it is through.
type Said = (String, u64, Option<Response>);

pub(super) async fn upgrade(
    request: HttpRequest,
    body: web::Payload,
    server: web::Data<Server>,
) -> Result<HttpResponse, actix_web::Error> {
    let (response, session, messages) = actix_ws::handle_with_protocols(&request, body, &[PROTOCOL])?;
    let messages = messages
        .max_frame_size(MAX_BODY)
        .aggregate_continuations()
        .max_continuation_size(MAX_BODY);
    let (said, heard) = mpsc::channel(1);
    let mut shown = credentials::of(&request, true);
    if !credentials::is_same_site(&request) {
        // A browser sends the cookie whichever page opens the socket.
        shown.session = None;
    }
    let conversation = Conversation {
        origin: credentials::origin(&request, &shown, false),
        shown,
        speaks_protocol: offers_protocol(&request),
        language: negotiation::language(&request),
        server: server.into_inner(),
        session,
        viewer: None,
        rights_checked: Instant::now(),
        initialised: false,
        operations: HashMap::new(),
        started: 0,
        said,
    };
    rt::spawn(conversation.hold(messages, heard));
    Ok(response)
}

fn offers_protocol(request: &HttpRequest) -> bool {
    request
        .headers()
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|offered| offered.trim() == PROTOCOL)
}

/// Where clients put their token in `connection_init`: as a header would be, or as `token`.
fn token_in(payload: &Value) -> Option<&str> {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let header = text("Authorization").or_else(|| text("authorization"));
    header.and_then(authentication::bearer).or_else(|| text("token"))
}

struct Conversation {
    server: std::sync::Arc<Server>,
    session: Session,
    /// What the headers of the upgrade show.
    shown: Credentials,
    origin: Origin,
    speaks_protocol: bool,
    /// What the upgrade asks for.
    language: Option<Language>,
    initialised: bool,
    viewer: Option<Viewer>,
    rights_checked: Instant,
    operations: HashMap<String, Running>,
    started: u64,
    said: mpsc::Sender<Said>,
}

/// A running operation; dropping it ends it.
struct Running {
    number: u64,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Conversation {
    async fn hold(mut self, mut messages: AggregatedMessageStream, mut heard: mpsc::Receiver<Said>) {
        let ending = match self.talk(&mut messages, &mut heard).await {
            Ok(()) => Ending::Gone,
            Err(ending) => ending,
        };
        tracing::debug!(?ending, "a WebSocket session ends");
        self.operations.clear();
        if let Some(reason) = ending.reason() {
            // A client that does not read gets the farewell when it does, and no longer than is decent.
            let _ = timeout(FAREWELL_WAIT, self.session.close(Some(reason))).await;
        }
    }

    async fn talk(
        &mut self,
        messages: &mut AggregatedMessageStream,
        heard: &mut mpsc::Receiver<Said>,
    ) -> Result<(), Ending> {
        if !self.speaks_protocol {
            return Err(Ending::WrongProtocol);
        }
        let mut stopping = self.server.stopping.clone();
        let init_until = Instant::now() + INIT_WAIT;
        let mut silent_since = Instant::now();
        let mut probe_at = Instant::now() + PROBE_EVERY;
        loop {
            tokio::select! {
                message = messages.next() => {
                    silent_since = Instant::now();
                    match message {
                        None | Some(Ok(AggregatedMessage::Close(_))) => return Ok(()),
                        Some(Ok(message)) => self.listen(message).await?,
                        Some(Err(ProtocolError::Overflow)) => return Err(Ending::TooLarge),
                        Some(Err(error)) => return Err(Ending::InvalidMessage(error.to_string())),
                    }
                }
                Some((id, number, response)) = heard.recv() => self.pass_on(&id, number, response).await?,
                () = sleep_until(self.rights_checked + RIGHTS_CHECKED_EVERY), if self.viewer.is_some() => {
                    self.check_rights().await?;
                }
                () = sleep_until(init_until), if !self.initialised => return Err(Ending::InitTimeout),
                () = sleep_until(probe_at) => {
                    if silent_since.elapsed() > SILENCE {
                        return Ok(());
                    }
                    probe_at = Instant::now() + PROBE_EVERY;
                    self.probe().await?;
                }
                _ = stopping.wait_for(|stopping| *stopping) => return Err(Ending::Stopping),
            }
        }
    }

    async fn listen(&mut self, message: AggregatedMessage) -> Result<(), Ending> {
        let text = match message {
            AggregatedMessage::Text(text) => text,
            AggregatedMessage::Ping(bytes) => {
                let _ = timeout(UNREAD_WAIT, self.session.pong(&bytes))
                    .await
                    .map_err(|_| Ending::SlowReader)?;
                return Ok(());
            }
            AggregatedMessage::Binary(_) => return Err(Ending::InvalidMessage("send text".to_owned())),
            AggregatedMessage::Pong(_) | AggregatedMessage::Close(_) => return Ok(()),
        };
        let message = serde_json::from_str(&text).map_err(|error| Ending::InvalidMessage(error.to_string()))?;
        match message {
            ClientMessage::ConnectionInit { payload } => self.initialise(&payload.unwrap_or_default()).await,
            ClientMessage::Subscribe { id, payload } => self.start(id, payload),
            ClientMessage::Complete { id } => {
                self.operations.remove(&id);
                Ok(())
            }
            ClientMessage::Ping { payload } => self.say(&ServerMessage::Pong { payload }).await,
            ClientMessage::Pong => Ok(()),
        }
    }

    async fn initialise(&mut self, payload: &Value) -> Result<(), Ending> {
        if self.initialised {
            return Err(Ending::TooManyInits);
        }
        let shown = match token_in(payload) {
            Some(token) => Credentials {
                token: Some(token.to_owned()),
                ..Credentials::default()
            },
            None => self.shown.clone(),
        };
        let server = self.server.clone();
        let found = self
            .server
            .runtime
            .spawn(async move { server.authentication.viewer(&shown).await });
        let Ok(Ok(viewer)) = found.await else {
            return Err(Ending::Forbidden);
        };
        self.viewer = Some(viewer);
        self.rights_checked = Instant::now();
        self.initialised = true;
        self.say(&ServerMessage::ConnectionAck).await
    }

    fn start(&mut self, id: String, payload: Asked) -> Result<(), Ending> {
        let viewer = self.viewer.clone().ok_or(Ending::Unauthorized)?;
        if id.is_empty() || id.len() > 128 {
            return Err(Ending::InvalidMessage("`id` has 1 to 128 characters".to_owned()));
        }
        if self.operations.contains_key(&id) {
            return Err(Ending::DuplicateId(id.chars().take(40).collect()));
        }
        if self.operations.len() >= MAX_OPERATIONS {
            return Err(Ending::TooManyOperations);
        }
        self.started += 1;
        let number = self.started;
        let application = &self.server.application;
        let request = session::prepare(
            payload.into(),
            application,
            Some(viewer),
            self.language,
            self.origin.clone(),
        );
        let mut answers = self.server.schema.execute_stream(request);
        let (said, name) = (self.said.clone(), id.clone());
        let task = self.server.runtime.spawn(async move {
            while let Some(response) = answers.next().await {
                if said.send((name.clone(), number, Some(response))).await.is_err() {
                    return;
                }
            }
            let _ = said.send((name, number, None)).await;
        });
        self.operations.insert(id, Running { number, task });
        Ok(())
    }

    /// Passes on what an operation says, unless the client has ended it meanwhile.
    async fn pass_on(&mut self, id: &str, number: u64, response: Option<Response>) -> Result<(), Ending> {
        if self.operations.get(id).is_none_or(|running| running.number != number) {
            return Ok(());
        }
        match response {
            Some(response) if refused(&response) => {
                self.operations.remove(id);
                self.say(&ServerMessage::Error {
                    id,
                    payload: &response.errors,
                })
                .await
            }
            Some(response) => self.say(&ServerMessage::Next { id, payload: &response }).await,
            None => {
                self.operations.remove(id);
                self.say(&ServerMessage::Complete { id }).await
            }
        }
    }

    /// Ends the session of whoever may no longer speak, or may speak as something else than when they began.
    async fn check_rights(&mut self) -> Result<(), Ending> {
        self.rights_checked = Instant::now();
        let Some(viewer) = self.viewer.clone() else {
            return Ok(());
        };
        let server = self.server.clone();
        let again = self.server.runtime.spawn(async move {
            let again = server.authentication.again(&viewer).await;
            again.map(|again| again == viewer)
        });
        match again.await {
            Ok(Ok(true)) => Ok(()),
            Ok(Err(error)) if error.code != ErrorCode::Unauthenticated => {
                tracing::warn!(
                    code = error.code.as_str(),
                    "rights cannot be looked up; the session goes on"
                );
                Ok(())
            }
            _ => Err(Ending::Forbidden),
        }
    }

    async fn say(&mut self, message: &ServerMessage<'_>) -> Result<(), Ending> {
        let text = serde_json::to_string(message).map_err(|error| {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Ending::Gone
        })?;
        match timeout(UNREAD_WAIT, self.session.text(text)).await {
            Ok(sent) => sent.map_err(|_| Ending::Gone),
            Err(_) => Err(Ending::SlowReader),
        }
    }

    async fn probe(&mut self) -> Result<(), Ending> {
        match timeout(UNREAD_WAIT, self.session.ping(b"")).await {
            Ok(sent) => sent.map_err(|_| Ending::Gone),
            Err(_) => Err(Ending::SlowReader),
        }
    }
}
