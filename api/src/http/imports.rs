//! `/imports/{id}/{file.csv|report.csv}`: the file of an import, and what was said of its rows, to whoever may see it.

use std::io;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use bytes::Bytes;
use domain::{BlobHash, FileDescription};
use futures::stream;
use journal::Position;
use projections::imports::Model;
use uuid::Uuid;

use super::{
    Server,
    answer::{self, Media},
    credentials,
    files::Found,
};
use crate::{
    graphql::{
        errors::{ApiError, ApiResult, ErrorCode},
        reading::{PATIENCE, Reading},
    },
    import::{queue::Imports, report},
    policy::{self, Operation, Scope},
};

/// What is said of rows, read at a time.
const PAGE: usize = 1_000;

pub(super) async fn get(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    server: web::Data<Server>,
) -> HttpResponse {
    let (id, name) = path.into_inner();
    let head_only = request.method() == Method::HEAD;
    let answered = match (find(&request, &id, &server).await, name.as_str()) {
        (Ok(row), "file.csv") => file(&row, &server).await.map(|found| found.send(head_only)),
        (Ok(row), "report.csv") => report(row, &server).await,
        (Ok(_), _) => Err(nothing()),
        (Err(error), _) => Err(error),
    };
    answered.unwrap_or_else(|error| answer::failure(&error, Media::Json))
}

fn nothing() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "There is no such file.")
}

/// The import, when whoever asks may see it and its bytes are there.
async fn find(request: &HttpRequest, id: &str, server: &web::Data<Server>) -> ApiResult<Model> {
    let shown = credentials::of(request, true);
    let asking = server.clone();
    let id = Uuid::try_parse(id).map_err(|_| nothing());
    let looked_up = async move {
        let viewer = asking.authentication.viewer(&shown).await?;
        policy::admit(Some(&viewer), Operation::Query("import"))?;
        let handle = asking.application.views.wait_for(Position::START, PATIENCE).await?;
        let row = Reading::new(handle, Scope::of(&viewer)).import(id?).await?;
        row.filter(|row| !row.files_removed).ok_or_else(nothing)
    };
    let looked_up = server.runtime.spawn(looked_up).await;
    looked_up.map_err(|error| ApiError::internal("an import was not looked up", &error))?
}

fn hash(text: &str) -> ApiResult<BlobHash> {
    text.parse()
        .map_err(|error| ApiError::internal("a view holds no hash", &error))
}

async fn file(row: &Model, server: &web::Data<Server>) -> ApiResult<Found> {
    let hash = hash(&row.blob)?;
    let file = server.application.files.blobs.open(&hash.0).await;
    let file = file.map_err(|error| ApiError::internal("the bytes of a file are not there", &error))?;
    Ok(Found {
        file,
        hash,
        size: row.size as u64,
        description: FileDescription {
            name: row.file_name.clone(),
            media_type: "text/csv".to_owned(),
        },
    })
}

/// The report as CSV, piece by piece.
async fn report(row: Model, server: &web::Data<Server>) -> ApiResult<HttpResponse> {
    let hash = hash(row.report.as_deref().ok_or_else(nothing)?)?;
    let imports = server.application.imports.clone();
    // The first piece before the answer begins: what cannot be read is an error and no file.
    let first = piece(&imports, hash, 0).await;
    let first = first.map_err(|error| ApiError::internal("a report cannot be read", &error))?;
    let state = Some((imports, hash, 0, Some(first)));
    let body = stream::unfold(state, async |state| {
        let (imports, hash, sent, ready) = state?;
        let next = match ready {
            Some(ready) => Ok(ready),
            None => piece(&imports, hash, sent).await,
        };
        match next {
            Ok((_, 0)) if sent > 0 => None,
            Ok((bytes, entries)) => {
                let more = (entries == PAGE).then(|| (imports, hash, sent + entries as u64, None));
                Some((Ok(bytes), more))
            }
            Err(error) => {
                tracing::warn!(%error, "a report ended early");
                Some((Err(error), None))
            }
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"import-{}.report.csv\"", row.id),
        ))
        .streaming(Box::pin(body)))
}

/// A piece of a report, and how much is said in it.
async fn piece(imports: &Imports, hash: BlobHash, skipped: u64) -> io::Result<(Bytes, usize)> {
    let found = imports.findings(&hash, skipped, PAGE).await.map_err(io::Error::other)?;
    let bytes = report::csv_of(&found, skipped == 0).map_err(io::Error::other)?;
    Ok((bytes.into(), found.len()))
}
