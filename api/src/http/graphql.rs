//! GraphQL over HTTP: POST for everything, GET for queries.
//!
//! Status codes are those of the draft that clients were built against: with `application/json` a well-formed answer is
//! 200, with `application/graphql-response+json` an operation that cannot be executed is 400.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use async_graphql::{
    Request, Response,
    parser::types::{OperationType, Selection},
};
use tracing::Instrument;

use super::{
    Server,
    answer::{self, Media},
    asked::Asked,
    body::Body,
    credentials, graphiql, negotiation, sse,
};
use crate::{
    graphql::{
        errors::{ApiError, ApiResult, ErrorCode},
        limits, session,
    },
    metrics::{Kind, Outcome},
    policy::{self, Operation},
};

pub(super) async fn post(request: HttpRequest, server: web::Data<Server>, payload: web::Payload) -> HttpResponse {
    let body = Body::new(payload, server.body_wait);
    let (stream, wants_stream) = (sse::token(&request), negotiation::wants_stream(&request));
    if stream.is_some() || wants_stream {
        let asked = match read(&request, body).await {
            Ok(asked) => asked,
            Err(error) => return answer::failure(&error, Media::Json),
        };
        return match stream {
            Some(token) => sse::begin(&request, &server, &token, asked).await,
            None => sse::distinct(&request, server, asked, Harm::Possible).await,
        };
    }
    let media = match negotiation::media(&request) {
        Ok(media) => media,
        Err(error) => return answer::failure(&error, Media::Json),
    };
    let asked = match read(&request, body).await {
        Ok(asked) => asked,
        Err(error) => return refuse(&server, &error, media),
    };
    match execute(&request, server.clone(), asked, Harm::Possible).await {
        Ok(response) => answer::executed(&response, media),
        Err(error) => refuse(&server, &error, media),
    }
}

pub(super) async fn get(request: HttpRequest, server: web::Data<Server>) -> HttpResponse {
    // An address with a query in it opens the editor with that query.
    if negotiation::wants_page(&request) {
        return graphiql::page();
    }
    if negotiation::wants_stream(&request) {
        return stream(&request, server).await;
    }
    let media = match negotiation::media(&request) {
        Ok(media) => media,
        Err(error) => return answer::failure(&error, Media::Json),
    };
    let asked = match Asked::from_url(request.query_string()) {
        Ok(asked) => asked,
        Err(error) => return answer::failure(&error, media),
    };
    match execute(&request, server.clone(), asked, Harm::Impossible).await {
        Ok(response) => answer::executed_by_get(&request, &response, media),
        Err(error) => {
            count_refusal(&server);
            refused_by_get(&error, media)
        }
    }
}

/// A stream by GET: one that was reserved, or an operation's own.
async fn stream(request: &HttpRequest, server: web::Data<Server>) -> HttpResponse {
    if let Some(token) = sse::token(request) {
        return sse::open(&server, &token).await;
    }
    match Asked::from_url(request.query_string()) {
        Ok(asked) => sse::distinct(request, server, asked, Harm::Impossible).await,
        Err(error) => answer::failure(&error, Media::Json),
    }
}

/// The refusal of a GET: with what is allowed instead, when it is the method that is wrong.
pub(super) fn refused_by_get(error: &ApiError, media: Media) -> HttpResponse {
    let mut refusal = answer::failure(error, media);
    if error.code == ErrorCode::MethodNotAllowed {
        let allowed = header::HeaderValue::from_static("POST");
        refusal.headers_mut().insert(header::ALLOW, allowed);
    }
    refusal
}

pub(super) async fn other_method(request: HttpRequest) -> HttpResponse {
    let media = negotiation::media(&request).unwrap_or(Media::Json);
    let message = format!("{} is not for GraphQL: use POST, or GET for a query.", request.method());
    let mut refusal = answer::failure(&ApiError::new(ErrorCode::MethodNotAllowed, message), media);
    refusal.headers_mut().insert(
        header::ALLOW,
        header::HeaderValue::from_static("DELETE, GET, POST, PUT"),
    );
    if request.method() == Method::OPTIONS {
        *refusal.status_mut() = actix_web::http::StatusCode::NO_CONTENT;
    }
    refusal
}

pub(super) async fn schema(server: web::Data<Server>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/graphql; charset=utf-8")
        .body(crate::graphql::sdl(&server.schema))
}

/// Whether a request can change something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    Possible,
    Impossible,
}

async fn execute(request: &HttpRequest, server: web::Data<Server>, asked: Asked, harm: Harm) -> ApiResult<Response> {
    let shown = credentials::of(request, harm == Harm::Impossible);
    let origin = credentials::origin(request, &shown, true);
    let language = negotiation::language(request);
    let runtime = server.runtime.clone();
    let executing = async move {
        let viewer = server.authentication.viewer(&shown).await;
        let operation = asked.resolve(&server.registered, viewer.is_ok())?;
        if harm == Harm::Impossible {
            only_reads(&operation, &[OperationType::Query])?;
        }
        let viewer = match viewer {
            Ok(viewer) => Some(viewer),
            Err(_) if is_public(&operation) => None,
            Err(error) => return Err(error),
        };
        let operation = session::prepare(operation, &server.application, viewer, language, origin);
        Ok(server.schema.execute(operation).await)
    };
    runtime
        .spawn(executing.in_current_span())
        .await
        .map_err(|error| ApiError::internal("an operation did not end", &error))?
}

/// The answer to what was not looked at.
fn refuse(server: &Server, error: &ApiError, media: Media) -> HttpResponse {
    count_refusal(server);
    answer::failure(error, media)
}

fn count_refusal(server: &Server) {
    let metrics = &server.application.metrics;
    metrics.request(Kind::Unread, Outcome::Refused, None);
}

/// Whether everything that the document could execute is for whoever has not signed in.
fn is_public(request: &Request) -> bool {
    let Ok(document) = limits::parse(&request.query) else {
        return false;
    };
    document.operations.iter().all(|(_, operation)| {
        operation.node.ty == OperationType::Mutation
            && operation.node.selection_set.node.items.iter().all(|selection| {
                let Selection::Field(field) = &selection.node else {
                    return false;
                };
                policy::admit(None, Operation::Mutation(&field.node.name.node)).is_ok()
            })
    })
}

async fn read(request: &HttpRequest, body: Body) -> ApiResult<Asked> {
    negotiation::require_json(request)?;
    Asked::from_body(&body.whole().await?)
}

/// GET is for reading. A document that cannot be parsed is left to the execution to refuse.
pub(super) fn only_reads(request: &Request, harmless: &[OperationType]) -> ApiResult<()> {
    let Ok(document) = limits::parse(&request.query) else {
        return Ok(());
    };
    let chosen = request.operation_name.as_deref();
    let reads = document
        .operations
        .iter()
        .filter(|(name, _)| chosen.is_none() || name.map(async_graphql::Name::as_str) == chosen)
        .all(|(_, operation)| harmless.contains(&operation.node.ty));
    if reads {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::MethodNotAllowed,
        "GET only reads: send mutations by POST, and subscriptions by WebSocket or as `text/event-stream`.",
    ))
}

/// The answer of an operation over a session that is not HTTP's.
pub(super) fn refused(response: &Response) -> bool {
    answer::refused_before_execution(response)
}
