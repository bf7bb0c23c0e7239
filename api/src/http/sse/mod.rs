//! GraphQL over server-sent events: the protocol of `graphql-sse`, in both its modes.
//!
//! Distinct connections: an operation is asked for as `text/event-stream` and its answers are the stream. `Last-Event-ID`
//! resumes it, as the `EventSource` of browsers does by itself. Single connection: `PUT` reserves a stream, `GET` opens
//! it, `POST` begins operations on it and `DELETE` ends them.

mod reservations;
mod stream;
mod wire;

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, http::header, web};
use async_graphql::{Value, parser::types::OperationType};
use bytes::Bytes;
use futures::stream as streams;
use journal::Position;
use tokio::sync::{mpsc, oneshot};

pub(super) use self::reservations::Reservations;
use self::{
    stream::{Order, Stream},
    wire::Mode,
};
use super::{
    Server,
    answer::{self, Media},
    asked::Asked,
    credentials,
    graphql::{Harm, only_reads, refused_by_get},
    negotiation,
    operations::{Asker, MAX_ID},
};
use crate::{
    graphql::errors::{ApiError, ApiResult, ErrorCode},
    policy::Viewer,
};

const MEDIA: &str = "text/event-stream";
const TOKEN: &str = "x-graphql-event-stream-token";

/// The token of a reserved stream, of the header or the address.
pub(super) fn token(request: &HttpRequest) -> Option<String> {
    let of_header = request.headers().get(TOKEN).and_then(|value| value.to_str().ok());
    of_header.map(str::to_owned).or_else(|| in_address(request, "token"))
}

/// One operation, whose answers are the stream.
pub(super) async fn distinct(
    request: &HttpRequest,
    server: web::Data<Server>,
    asked: Asked,
    harm: Harm,
) -> HttpResponse {
    let asker = match asker(request, &server, harm == Harm::Impossible).await {
        Ok(asker) => asker,
        Err(error) => return answer::failure(&error, Media::Json),
    };
    let operation = match asked.resolve(&server.registered, true) {
        Ok(operation) => operation,
        Err(error) => return told(&error),
    };
    if harm == Harm::Impossible {
        let harmless = [OperationType::Query, OperationType::Subscription];
        if let Err(error) = only_reads(&operation, &harmless) {
            return refused_by_get(&error, Media::Json);
        }
    }
    let resumed = request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    let Ok(resumed) = resumed.filter(|id| !id.is_empty()).map(str::parse).transpose() else {
        let error = ApiError::new(ErrorCode::BadRequest, "`Last-Event-ID` is no position of a stream.");
        return answer::failure(&error, Media::Json);
    };
    let resumed = resumed.map(Position);
    let runtime = server.runtime.clone();
    match Stream::distinct(server.into_inner(), operation, asker, resumed) {
        Ok((stream, written)) => {
            runtime.spawn(stream.run());
            events(written)
        }
        Err(not_begun) => told(&not_begun.into()),
    }
}

/// Reserves a stream: the body of the answer is its token.
pub(super) async fn reserve(request: HttpRequest, server: web::Data<Server>) -> HttpResponse {
    let reserved = match asker(&request, &server, true).await {
        Ok(asker) => Reservations::reserve(&server, asker.viewer),
        Err(error) => Err(error),
    };
    match reserved {
        Ok(token) => plain(HttpResponse::Created(), token),
        Err(error) => answer::failure(&error, Media::Json),
    }
}

/// Opens a reserved stream. Its token is enough: an `EventSource` can send no header.
pub(super) async fn open(server: &web::Data<Server>, token: &str) -> HttpResponse {
    let (out, written) = stream::body();
    let (opened, is_opened) = oneshot::channel();
    let ordered = server.reservations.order(token, None, Order::Open(out, opened)).await;
    match (ordered, is_opened.await) {
        (Ok(()), Ok(true)) => events(written),
        (Ok(()), Ok(false)) => {
            let error = ApiError::new(ErrorCode::InUse, "This stream is open already.");
            answer::failure(&error, Media::Json)
        }
        (Ok(()), Err(_)) => {
            let error = ApiError::new(ErrorCode::NotFound, "This stream has ended.");
            answer::failure(&error, Media::Json)
        }
        (Err(error), _) => answer::failure(&error, Media::Json),
    }
}

/// Begins an operation on a reserved stream.
pub(super) async fn begin(
    request: &HttpRequest,
    server: &web::Data<Server>,
    token: &str,
    asked: Asked,
) -> HttpResponse {
    match begun(request, server, token, asked).await {
        Ok(()) => plain(HttpResponse::Accepted(), String::new()),
        Err(error) => answer::failure(&error, Media::Json),
    }
}

async fn begun(request: &HttpRequest, server: &web::Data<Server>, token: &str, asked: Asked) -> ApiResult<()> {
    let id = match asked.extension("operationId") {
        Some(Value::String(id)) if !id.is_empty() && id.len() <= MAX_ID => id.clone(),
        _ => {
            let message = format!("Name the operation: `extensions.operationId`, of 1 to {MAX_ID} characters.");
            return Err(ApiError::new(ErrorCode::BadRequest, message));
        }
    };
    let asker = asker(request, server, false).await?;
    let operation = asked.resolve(&server.registered, true)?;
    let issuer = asker.viewer.issuer.clone();
    let (begun, is_begun) = oneshot::channel();
    let order = Order::Begin {
        id,
        request: Box::new(operation),
        asker: Box::new(asker),
        begun,
    };
    server.reservations.order(token, Some(&issuer), order).await?;
    match is_begun.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(not_begun)) => Err(not_begun.into()),
        Err(_) => Err(ApiError::new(ErrorCode::NotFound, "This stream has ended.")),
    }
}

/// Ends an operation of a reserved stream.
pub(super) async fn end(request: HttpRequest, server: web::Data<Server>) -> HttpResponse {
    let asked = token(&request).zip(in_address(&request, "operationId"));
    let Some((token, id)) = asked else {
        let error = ApiError::new(
            ErrorCode::BadRequest,
            "Say which operation of which stream: `operationId` and `X-GraphQL-Event-Stream-Token`.",
        );
        return answer::failure(&error, Media::Json);
    };
    match server.reservations.order(&token, None, Order::End(id)).await {
        Ok(()) => plain(HttpResponse::Ok(), String::new()),
        Err(error) => answer::failure(&error, Media::Json),
    }
}

async fn asker(request: &HttpRequest, server: &web::Data<Server>, harmless: bool) -> ApiResult<Asker> {
    let shown = credentials::of(request, harmless);
    let origin = credentials::origin(request, &shown, false);
    let asking = server.clone();
    let viewer: Viewer = server
        .runtime
        .spawn(async move { asking.authentication.viewer(&shown).await })
        .await
        .map_err(|error| ApiError::internal("an authentication did not end", &error))??;
    Ok(Asker {
        viewer,
        language: negotiation::language(request),
        origin,
    })
}

fn events(written: mpsc::Receiver<Bytes>) -> HttpResponse {
    let body = streams::unfold(written, async |mut written| {
        let part = written.recv().await?;
        Some((Ok::<_, std::io::Error>(part), written))
    });
    HttpResponse::Ok()
        .content_type(MEDIA)
        .insert_header((header::CACHE_CONTROL, "no-cache, no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Proxies must pass events on as they come.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(Box::pin(body))
}

/// A refusal as the stream's only answer: clients read no other body.
fn told(error: &ApiError) -> HttpResponse {
    let mode = Mode::Distinct;
    let written = mode
        .next("", &answer::error_response(error), None)
        .and_then(|next| Ok([next, mode.complete("")?].concat()));
    match written {
        Ok(body) => HttpResponse::Ok()
            .content_type(MEDIA)
            .insert_header((header::CACHE_CONTROL, "no-cache, no-store"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(body),
        Err(error) => answer::failure(&error, Media::Json),
    }
}

fn plain(mut builder: HttpResponseBuilder, text: String) -> HttpResponse {
    builder
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(text)
}

fn in_address(request: &HttpRequest, name: &str) -> Option<String> {
    let asked = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?;
    let found = asked.into_inner().into_iter().find(|(found, _)| found == name);
    found.map(|(_, value)| value)
}
