//! `/documents`: papers at signed addresses that expire; `/previews`: what a draft would look like, to whoever may see it.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use domain::{Decider, FileDescription, quote::QuoteState};
use journal::StreamId;
use uuid::Uuid;

use super::{
    Server,
    answer::{self, Media},
    credentials,
    files::Found,
};
use crate::{
    graphql::errors::{ApiError, ApiResult, ErrorCode},
    policy::{self, Operation, StreamSight},
    sales::papers,
};

fn nothing() -> ApiError {
    ApiError::new(
        ErrorCode::NotFound,
        "There is no such document, or its address has expired: ask for another address.",
    )
}

/// Gives a paper to whoever has an address that holds.
pub(super) async fn get(
    request: HttpRequest,
    parts: web::Path<(String, String, String, String)>,
    server: web::Data<Server>,
) -> HttpResponse {
    let (blob, until, token, name) = parts.into_inner();
    let asking = server.clone();
    let found = server.runtime.spawn(async move {
        let bus = &asking.application.bus;
        let asked = papers::asked(bus, &blob, &until, &token, &name).ok_or_else(nothing)?;
        let blobs = &asking.application.files.blobs;
        let file = blobs.open(&asked.blob.0).await;
        let file = file.map_err(|error| ApiError::internal("the bytes of a document are not there", &error))?;
        let size = file
            .metadata()
            .await
            .map_err(|error| ApiError::internal("a document cannot be read", &error))?
            .len();
        Ok(Found {
            file,
            hash: asked.blob,
            size,
            description: FileDescription {
                name: asked.name,
                media_type: asked.media_type.to_owned(),
            },
        })
    });
    let found: ApiResult<Found> = found
        .await
        .unwrap_or_else(|error| Err(ApiError::internal("a document was not looked up", &error)));
    match found {
        Ok(found) => found.send(request.method() == actix_web::http::Method::HEAD),
        Err(error) => answer::failure(&error, Media::Json),
    }
}

/// The draft of a quote as a paper.
pub(super) async fn quote_preview(
    request: HttpRequest,
    id: web::Path<String>,
    server: web::Data<Server>,
) -> HttpResponse {
    let (shown, asking) = (credentials::of(&request, true), server.clone());
    let made = server.runtime.spawn(async move {
        let viewer = asking.authentication.viewer(&shown).await?;
        policy::admit(Some(&viewer), Operation::Query("quote"))?;
        let quote = Uuid::try_parse(&id).map_err(|_| nothing())?;
        let sight = StreamSight::new(&viewer, &asking.application);
        if !sight.sees(&StreamId::new(QuoteState::TYPE, quote)).await? {
            return Err(nothing());
        }
        Ok(asking.application.sales.quote_preview(quote).await?)
    });
    let made: ApiResult<Vec<u8>> = made
        .await
        .unwrap_or_else(|error| Err(ApiError::internal("a preview was not made", &error)));
    match made {
        Ok(bytes) => HttpResponse::Ok()
            .content_type("application/pdf")
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::CONTENT_DISPOSITION, "inline"))
            .body(bytes),
        Err(error) => answer::failure(&error, Media::Json),
    }
}
