//! GraphQL over WebSocket: the `graphql-transport-ws` protocol, with its close codes.
//!
//! The library's own session answers some of these situations with other codes and buffers without limit, so the
//! protocol is spoken here.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, http::header, rt, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, ProtocolError, Session};
use async_graphql::Response;
use domain::Language;
use futures::StreamExt;
use journal::Position;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};

use super::{
    MAX_BODY, Server, answer,
    asked::Asked,
    credentials,
    graphql::refused,
    negotiation,
    operations::{
        Asker, FAREWELL_WAIT, Heard, MAX_ID, MAX_OPERATIONS, NotBegun, Operations, Rights, Said, UNREAD_WAIT,
    },
};
use crate::{
    authentication::{self, Credentials},
    graphql::{errors::ApiError, session::Origin},
};

const PROTOCOL: &str = "graphql-transport-ws";

/// How long a client may take to introduce itself.
const INIT_WAIT: Duration = Duration::from_secs(10);
/// How often the socket is probed, so that a connection that died without a word is noticed.
const PROBE_EVERY: Duration = Duration::from_secs(15);
/// Silence after which the client is taken for gone.
const SILENCE: Duration = Duration::from_secs(45);
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
    /// With the position that the client was sent last.
    SlowReader(Option<Position>),
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
            Self::SlowReader(position) => {
                let after = position.map_or_else(String::new, |position| format!(": resume after {position}"));
                (4460, format!("Answers stay unread{after}"))
            }
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
    let mut shown = credentials::of(&request, true);
    if !credentials::is_same_site(&request, &server.edge) {
        // A browser sends the cookie whichever page opens the socket.
        shown.session = None;
    }
    let server = server.into_inner();
    let (operations, heard) = Operations::new(server.clone());
    let conversation = Conversation {
        origin: credentials::origin(&request, &shown, false),
        shown,
        speaks_protocol: offers_protocol(&request),
        language: negotiation::language(&request),
        server,
        session,
        rights: None,
        operations,
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
    server: Arc<Server>,
    session: Session,
    /// What the headers of the upgrade show.
    shown: Credentials,
    origin: Origin,
    speaks_protocol: bool,
    /// What the upgrade asks for.
    language: Option<Language>,
    /// Those of whoever has introduced themselves.
    rights: Option<Rights>,
    operations: Operations,
}

impl Conversation {
    async fn hold(mut self, mut messages: AggregatedMessageStream, mut heard: mpsc::Receiver<Said>) {
        let ending = match self.talk(&mut messages, &mut heard).await {
            Ok(()) => Ending::Gone,
            Err(ending) => ending,
        };
        tracing::debug!(?ending, "a WebSocket session ends");
        self.operations.end_all();
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
                Some(said) = heard.recv() => {
                    if let Some(heard) = self.operations.hear(said) {
                        self.pass_on(heard).await?;
                    }
                }
                () = due(self.rights.as_ref()) => self.check_rights().await?,
                () = sleep_until(init_until), if self.rights.is_none() => return Err(Ending::InitTimeout),
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
                let sent = timeout(UNREAD_WAIT, self.session.pong(&bytes)).await;
                return sent.map(|_| ()).map_err(|_| self.slow_reader());
            }
            AggregatedMessage::Binary(_) => return Err(Ending::InvalidMessage("send text".to_owned())),
            AggregatedMessage::Pong(_) | AggregatedMessage::Close(_) => return Ok(()),
        };
        let message = serde_json::from_str(&text).map_err(|error| Ending::InvalidMessage(error.to_string()))?;
        match message {
            ClientMessage::ConnectionInit { payload } => self.initialise(&payload.unwrap_or_default()).await,
            ClientMessage::Subscribe { id, payload } => self.start(&id, payload).await,
            ClientMessage::Complete { id } => {
                self.operations.end(&id);
                Ok(())
            }
            ClientMessage::Ping { payload } => self.say(&ServerMessage::Pong { payload }).await,
            ClientMessage::Pong => Ok(()),
        }
    }

    async fn initialise(&mut self, payload: &Value) -> Result<(), Ending> {
        if self.rights.is_some() {
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
        self.rights = Some(Rights::of(self.server.clone(), viewer));
        self.say(&ServerMessage::ConnectionAck).await
    }

    async fn start(&mut self, id: &str, payload: Asked) -> Result<(), Ending> {
        let rights = self.rights.as_ref().ok_or(Ending::Unauthorized)?;
        if id.is_empty() || id.len() > MAX_ID {
            return Err(Ending::InvalidMessage(format!("`id` has 1 to {MAX_ID} characters")));
        }
        let asker = Asker {
            viewer: rights.viewer().clone(),
            language: self.language,
            origin: self.origin.clone(),
        };
        let request = match payload.resolve(&self.server.registered, true) {
            Ok(request) => request,
            Err(error) => return self.refuse(id, &error).await,
        };
        match self.operations.begin(id, request, asker, None) {
            Ok(()) => Ok(()),
            Err(NotBegun::IdInUse) => Err(Ending::DuplicateId(id.chars().take(40).collect())),
            Err(NotBegun::TooMany) => Err(Ending::TooManyOperations),
            Err(not_begun) => self.refuse(id, &not_begun.into()).await,
        }
    }

    /// Says that an operation does not run.
    async fn refuse(&mut self, id: &str, error: &ApiError) -> Result<(), Ending> {
        let payload = &answer::error_response(error).errors;
        self.say(&ServerMessage::Error { id, payload }).await
    }

    async fn pass_on(&mut self, heard: Heard) -> Result<(), Ending> {
        let Heard { id, answer, position } = heard;
        let id = id.as_ref();
        match answer {
            Some(response) if refused(&response) => {
                self.operations.end(id);
                let payload = &response.errors;
                self.say(&ServerMessage::Error { id, payload }).await
            }
            Some(response) => {
                self.say(&ServerMessage::Next { id, payload: &response }).await?;
                self.operations.passed_on(id, position);
                Ok(())
            }
            None => self.say(&ServerMessage::Complete { id }).await,
        }
    }

    async fn check_rights(&mut self) -> Result<(), Ending> {
        match &mut self.rights {
            Some(rights) => rights.check().await.map_err(|_| Ending::Forbidden),
            None => Ok(()),
        }
    }

    /// Resumed after the position that all its operations have in common, a client misses nothing.
    fn slow_reader(&self) -> Ending {
        Ending::SlowReader(
            self.operations
                .places()
                .into_iter()
                .filter_map(|(_, position)| position)
                .min(),
        )
    }

    async fn say(&mut self, message: &ServerMessage<'_>) -> Result<(), Ending> {
        let text = serde_json::to_string(message).map_err(|error| {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Ending::Gone
        })?;
        match timeout(UNREAD_WAIT, self.session.text(text)).await {
            Ok(sent) => sent.map_err(|_| Ending::Gone),
            Err(_) => Err(self.slow_reader()),
        }
    }

    async fn probe(&mut self) -> Result<(), Ending> {
        match timeout(UNREAD_WAIT, self.session.ping(b"")).await {
            Ok(sent) => sent.map_err(|_| Ending::Gone),
            Err(_) => Err(self.slow_reader()),
        }
    }
}

/// Waits until it is time to look at the rights of whoever has introduced themselves.
async fn due(rights: Option<&Rights>) {
    match rights {
        Some(rights) => rights.due().await,
        None => std::future::pending().await,
    }
}
