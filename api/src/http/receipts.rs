//! `/receipts/{stream}`: a document that proves a record's events to whoever has the public key, without the journal.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use async_graphql::ID;
use journal::{
    Version,
    receipt::{self, ReceiptError},
};
use serde::Deserialize;

use super::{
    Server,
    answer::{self, Media},
    credentials,
};
use crate::{
    authentication::Credentials,
    graphql::{
        errors::{ApiError, ApiResult, ErrorCode},
        history,
    },
    policy::{self, Operation, StreamSight},
};

/// Events of one receipt at most.
const MAX_EVENTS: u64 = 10_000;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only the event of this version.
    version: Option<u64>,
}

pub(super) async fn get(request: HttpRequest, stream: web::Path<String>, server: web::Data<Server>) -> HttpResponse {
    let (shown, asking, named) = (credentials::of(&request, true), server.clone(), stream.into_inner());
    let asked = web::Query::<Query>::from_query(request.query_string())
        .map(web::Query::into_inner)
        .map_err(|error| ApiError::new(ErrorCode::BadRequest, error.to_string()));
    let issued = server
        .runtime
        .spawn(async move { issue(&asking, &shown, named, asked).await })
        .await
        .unwrap_or_else(|error| Err(ApiError::internal("a receipt was not finished", &error)));
    match issued {
        Ok((name, text)) => HttpResponse::Ok()
            .content_type("application/json; charset=utf-8")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}.receipt.json\""),
            ))
            .body(text),
        Err(error) => answer::failure(&error, Media::Json),
    }
}

/// The receipt's name and text.
async fn issue(
    server: &Server,
    shown: &Credentials,
    named: String,
    asked: ApiResult<Query>,
) -> ApiResult<(String, String)> {
    let viewer = server.authentication.viewer(shown).await?;
    // Whoever may see what happened to a record may have it proven.
    policy::admit(Some(&viewer), Operation::Query("history"))?;
    let asked = asked?;
    let stream = history::stream_named(&ID(named))?;
    let application = &server.application;
    let journal = application.journal.as_ref();
    if !StreamSight::new(&viewer, application).sees(&stream).await? {
        return Err(ReceiptError::NoSuchStream(stream).into());
    }
    if asked.version.is_none() && journal.stream_version(&stream).await?.0 > MAX_EVENTS {
        return Err(ApiError::bad_input(format!(
            "A receipt has at most {MAX_EVENTS} events: ask for one `version`, or use the command line."
        )));
    }
    let key = application
        .signing_key()
        .map_err(|error| ApiError::internal("the signing key cannot be used", &error))?;
    let receipt = match asked.version {
        None => receipt::issue(journal, &stream, &key).await?,
        Some(version) => receipt::issue_event(journal, &stream, Version(version), &key).await?,
    };
    let text = receipt.to_json()?;
    Ok((format!("{}-{}", stream.category, stream.id), text))
}

impl From<ReceiptError> for ApiError {
    fn from(error: ReceiptError) -> Self {
        match error {
            ReceiptError::Journal(error) => error.into(),
            ReceiptError::NoSuchStream(_) | ReceiptError::NoSuchVersion { .. } => {
                Self::new(ErrorCode::NotFound, "Nothing that could be proven ever happened there.")
            }
            error => Self::internal("a receipt cannot be issued", &error),
        }
    }
}
