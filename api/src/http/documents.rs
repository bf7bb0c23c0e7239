//! `/documents/…`: papers, to whoever has an address of one that still holds.

use actix_web::{HttpRequest, HttpResponse, http::Method, web};
use domain::FileDescription;

use super::{
    Server,
    answer::{self, Media},
    files::Found,
};
use crate::{
    graphql::errors::{ApiError, ApiResult, ErrorCode},
    sales::papers,
};

pub(super) async fn get(
    request: HttpRequest,
    path: web::Path<(String, String, String, String)>,
    server: web::Data<Server>,
) -> HttpResponse {
    let (blob, until, token, name) = path.into_inner();
    match found(&server, &blob, &until, &token, &name).await {
        Ok(found) => found.send(request.method() == Method::HEAD),
        Err(error) => answer::failure(&error, Media::Json),
    }
}

async fn found(server: &web::Data<Server>, blob: &str, until: &str, token: &str, name: &str) -> ApiResult<Found> {
    let nothing = || {
        ApiError::new(
            ErrorCode::NotFound,
            "There is no such document, or its address has expired.",
        )
    };
    let application = &server.application;
    let asked = papers::asked(&application.bus, blob, until, token, name).ok_or_else(nothing)?;
    let gone = |error: &dyn std::fmt::Display| ApiError::internal("the bytes of a document are not there", error);
    let file = application
        .files
        .blobs
        .open(&asked.blob.0)
        .await
        .map_err(|error| match error {
            // Of a fiscal year that is kept no longer.
            blobs::BlobError::Missing => nothing(),
            error => gone(&error),
        })?;
    let size = file.metadata().await.map_err(|error| gone(&error))?.len();
    Ok(Found {
        file,
        hash: asked.blob,
        size,
        description: FileDescription {
            name: asked.name,
            media_type: asked.media_type.to_owned(),
        },
    })
}
