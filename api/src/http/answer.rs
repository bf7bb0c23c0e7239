//! Answers: GraphQL's shape whatever happens, so that a client has one way to read them.

use std::collections::BTreeMap;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, EntityTag, HeaderValue, TryIntoHeaderValue},
    },
};
use async_graphql::{Response, ServerError, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::edge;
use crate::graphql::errors::{ApiError, ErrorCode};

/// The media types of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// Errors before execution have status 400.
    GraphqlResponse,
    /// What older clients ask for: a well-formed GraphQL answer has status 200 whatever it says.
    Json,
}

impl Media {
    const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// The answer to an operation that was looked at.
pub(super) fn executed(response: &Response, media: Media) -> HttpResponse {
    let wait = response.errors.iter().find_map(throttled_for);
    let status = match media {
        _ if wait.is_some() => StatusCode::TOO_MANY_REQUESTS,
        Media::GraphqlResponse if refused_before_execution(response) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let mut builder = HttpResponse::build(status);
    if let Some(seconds) = wait {
        builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    for cookie in response.http_headers.get_all("set-cookie") {
        builder.append_header(("set-cookie", cookie.as_bytes()));
    }
    body(builder, response, media)
}

/// The answer to a query by GET, which its sender may keep and ask about again by its tag.
pub(super) fn executed_by_get(request: &HttpRequest, response: &Response, media: Media) -> HttpResponse {
    let mut answer = executed(response, media);
    // What an answer says of its cost is different each time.
    let Ok(data) = serde_json::to_vec(&response.data) else {
        return answer;
    };
    if !response.errors.is_empty() {
        return answer;
    }
    let tag = EntityTag::new_weak(hex::encode(&Sha256::digest(&data)[..16]));
    let known = match request.get_header::<header::IfNoneMatch>() {
        Some(header::IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&tag)),
        Some(header::IfNoneMatch::Any) => true,
        None => false,
    };
    if known {
        answer = HttpResponse::NotModified().finish();
    }
    let headers = answer.headers_mut();
    if let Ok(tag) = header::ETag(tag).try_into_value() {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept, accept-language, authorization, cookie"),
    );
    answer
}

/// Seconds after which an operation that was throttled may come again.
fn throttled_for(error: &ServerError) -> Option<u64> {
    let extensions = error.extensions.as_ref()?;
    match (extensions.get("code"), extensions.get("retryAfter")) {
        (Some(Value::String(code)), Some(Value::Number(seconds))) if code == ErrorCode::RateLimited.as_str() => {
            seconds.as_u64()
        }
        _ => None,
    }
}

/// The answer to a request that is no operation, or may not be one.
pub(super) fn failure(error: &ApiError, media: Media) -> HttpResponse {
    let response = error_response(error);
    // Without the message, which may repeat what the request says of persons.
    tracing::info!(code = error.code.as_str(), "request refused");
    let status = match (error.code, media) {
        // As clients of older servers have it: they send the text when they read the code.
        (ErrorCode::PersistedQueryNotFound, Media::Json) => StatusCode::OK,
        (code, _) => status(code),
    };
    let mut builder = HttpResponse::build(status);
    if error.code == ErrorCode::Unauthenticated {
        builder.insert_header(("www-authenticate", "Bearer"));
    }
    if error.code == ErrorCode::RequestTimeout {
        // What the sender still has to say is waited for no longer.
        builder.force_close();
    }
    body(builder, &response, media)
}

/// An error as an answer has it.
pub(super) fn error_response(error: &ApiError) -> Response {
    let mut server_error = ServerError::new(error.message.clone(), None);
    let mut extensions = error.extensions();
    extensions.set("traceId", edge::current_trace().0.as_ref());
    server_error.extensions = Some(extensions);
    Response::from_errors(vec![server_error])
}

/// Whether nothing was executed because the operation itself is wrong.
pub(super) fn refused_before_execution(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// An answer as the specification has it: without `data` where nothing was executed.
#[derive(Serialize)]
pub(super) struct Answer<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'r Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'r [ServerError],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'r BTreeMap<String, Value>,
}

impl<'r> From<&'r Response> for Answer<'r> {
    fn from(response: &'r Response) -> Self {
        Self {
            data: (!refused_before_execution(response)).then_some(&response.data),
            errors: &response.errors,
            extensions: &response.extensions,
        }
    }
}

fn body(mut builder: HttpResponseBuilder, response: &Response, media: Media) -> HttpResponse {
    match serde_json::to_string(&Answer::from(response)) {
        Ok(text) => builder
            .content_type(media.content_type())
            .insert_header(("cache-control", "no-store"))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            HttpResponse::InternalServerError().finish()
        }
    }
}

const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::CsrfTokenRequired => StatusCode::FORBIDDEN,
        ErrorCode::NotFound | ErrorCode::PersistedQueryNotFound => StatusCode::NOT_FOUND,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::InUse => StatusCode::CONFLICT,
        ErrorCode::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::JournalFull | ErrorCode::JournalUnavailable | ErrorCode::ViewsUnavailable => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ErrorCode::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
