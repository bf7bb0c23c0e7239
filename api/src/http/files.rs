//! `/files`: files come in by a one-time address and go out to whoever may see what they go with.

use std::io;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use async_trait::async_trait;
use bytes::Bytes;
use domain::{BlobHash, FileDescription};
use futures::stream;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use projections::attachments;
use sea_orm::EntityTrait;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::{fs::File, io::AsyncReadExt};
use uuid::Uuid;

use super::{
    Server,
    answer::{self, Media},
    body::{Body, Unread, too_slow},
    credentials,
};
use crate::{
    files::{FileError, Waiting},
    graphql::{
        errors::{ApiError, ApiResult, ErrorCode},
        reading::{PATIENCE, Reading},
    },
    policy::{self, Denied, Operation, Record, Scope},
};

/// Bytes sent at a time.
const CHUNK: usize = 64 * 1024;
/// What a file's name may show as it is in a header (RFC 5987, `attr-char`).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// What is told of a file that came in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Taken {
    file: Uuid,
    sha256: String,
    size: u64,
    media_type: String,
}

#[async_trait(?Send)]
impl crate::files::Bytes for Body {
    async fn next(&mut self) -> Result<Option<Bytes>, FileError> {
        Body::next(self).await.map_err(|unread| match unread {
            Unread::TooSlow => FileError::TooSlow,
            Unread::Broken(error) => FileError::Broken(error.to_string()),
        })
    }
}

/// Takes a file. Whoever knows the address was given it.
pub(super) async fn put(
    request: HttpRequest,
    token: web::Path<String>,
    server: web::Data<Server>,
    body: web::Payload,
) -> HttpResponse {
    match taken(&request, &token, &server, Body::new(body, server.body_wait)).await {
        Ok(waiting) => HttpResponse::Created()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(Taken {
                file: waiting.file.0,
                sha256: waiting.blob.to_string(),
                size: waiting.size,
                media_type: waiting.description.media_type,
            }),
        Err(error) => answer::failure(&error, Media::Json),
    }
}

async fn taken(request: &HttpRequest, token: &str, server: &web::Data<Server>, mut body: Body) -> ApiResult<Waiting> {
    let files = &server.application.files;
    let announced = files.expected(token).await?;
    let declared = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let declared = declared.and_then(|value| value.split(';').next()).map(str::trim);
    let of_another_type = declared.is_some_and(|declared| {
        !declared.eq_ignore_ascii_case(&announced.description.media_type) && declared != OPAQUE
    });
    if of_another_type {
        let message = format!("The file was announced as {}.", announced.description.media_type);
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, message));
    }
    Ok(files.receive(&announced, &mut body).await?)
}

/// What clients say that do not know.
const OPAQUE: &str = "application/octet-stream";

impl From<FileError> for ApiError {
    fn from(error: FileError) -> Self {
        let message = error.to_string();
        match error {
            FileError::NoAddress => Self::new(ErrorCode::NotFound, "This address takes no file: ask for another one."),
            FileError::Size { announced, found } if found > announced => Self::new(
                ErrorCode::PayloadTooLarge,
                "The file has more bytes than were announced.",
            ),
            FileError::Size { .. } | FileError::Hash { .. } | FileError::Broken(_) => {
                Self::new(ErrorCode::BadRequest, message)
            }
            FileError::TooSlow => too_slow(),
            FileError::Kind { .. } => Self::new(ErrorCode::UnsupportedMediaType, message),
            FileError::Journal(error) => error.into(),
            FileError::Blob(error) => Self::internal("a file cannot be kept or read", &error),
        }
    }
}

/// Gives a file to whoever may see what it goes with.
pub(super) async fn get(request: HttpRequest, id: web::Path<String>, server: web::Data<Server>) -> HttpResponse {
    match found(&request, &id, &server).await {
        Ok(found) => found.send(request.method() == Method::HEAD),
        Err(error) => answer::failure(&error, Media::Json),
    }
}

/// A file that is given out.
pub(super) struct Found {
    pub(super) file: File,
    pub(super) hash: BlobHash,
    pub(super) size: u64,
    pub(super) description: FileDescription,
}

async fn found(request: &HttpRequest, id: &str, server: &web::Data<Server>) -> ApiResult<Found> {
    let nothing = || ApiError::new(ErrorCode::NotFound, "There is no such file.");
    let shown = credentials::of(request, true);
    let asking = server.clone();
    let id = Uuid::try_parse(id).map_err(|_| nothing());
    let looked_up = async move {
        let viewer = asking.authentication.viewer(&shown).await?;
        if !viewer.sees_persons() {
            return Err(ApiError::from(Denied::Forbidden));
        }
        let handle = asking
            .application
            .views
            .wait_for(journal::Position::START, PATIENCE)
            .await?;
        let reading = Reading::new(handle, Scope::of(&viewer));
        let row = attachments::Entity::find_by_id(id?).one(reading.connection()).await?;
        let row = row.filter(|row| !row.erased).ok_or_else(nothing)?;
        let record = Record::of_category(&row.category).ok_or_else(nothing)?;
        policy::admit(Some(&viewer), Operation::Query(record.category()))?;
        // Who does not see what it goes with does not learn that there is a file.
        let scope = reading.scope();
        let seen = scope
            .visible_where(reading.connection(), record, &[row.record_id], record.stands())
            .await?;
        if seen.is_empty() {
            return Err(nothing());
        }
        let hash: BlobHash = row
            .blob
            .parse()
            .map_err(|error| ApiError::internal("a view holds no hash", &error))?;
        let file = asking.application.files.blobs.open(&hash.0).await;
        let file = file.map_err(|error| ApiError::internal("the bytes of a file are not there", &error))?;
        Ok(Found {
            file,
            hash,
            size: row.size as u64,
            description: FileDescription {
                name: row.name.unwrap_or_default(),
                media_type: row.media_type.unwrap_or_default(),
            },
        })
    };
    let looked_up = server.runtime.spawn(looked_up).await;
    looked_up.map_err(|error| ApiError::internal("a file was not looked up", &error))?
}

/// The end of a file that is not whole. What was sent of the answer until then leaves first, so that its receiver sees a
/// file that breaks off and not a connection that was never answered.
async fn broken_off(error: io::Error) -> io::Result<Bytes> {
    tokio::task::yield_now().await;
    Err(error)
}

impl Found {
    pub(super) fn send(self, head_only: bool) -> HttpResponse {
        let name = utf8_percent_encode(&self.description.name, PLAIN);
        let mut response = HttpResponse::Ok();
        response
            .content_type(self.description.media_type.as_str())
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
            .insert_header(("cross-origin-resource-policy", "same-origin"))
            .insert_header((
                header::CONTENT_DISPOSITION,
                format!("attachment; filename*=UTF-8''{name}"),
            ))
            .insert_header((header::ETAG, format!("\"{}\"", self.hash)));
        if head_only {
            return response.no_chunking(self.size).finish();
        }
        let reading = Some((self.file, Sha256::new(), 0_u64));
        let (hash, size) = (self.hash, self.size);
        let body = stream::unfold(reading, move |reading| async move {
            let (mut file, mut digest, sent) = reading?;
            let mut chunk = vec![0; CHUNK];
            let read = match file.read(&mut chunk).await {
                Ok(read) => read,
                Err(error) => return Some((broken_off(error).await, None)),
            };
            chunk.truncate(read);
            digest.update(&chunk);
            let sent = sent + read as u64;
            if sent < size && read > 0 {
                return Some((Ok(Bytes::from(chunk)), Some((file, digest, sent))));
            }
            // The last piece is held back when the whole is not what it was: then the file ends in an error.
            if sent == size && digest.finalize().as_slice() == hash.0 {
                return Some((Ok(Bytes::from(chunk)), None));
            }
            tracing::error!(%hash, "the bytes of a file are not what they were");
            Some((broken_off(io::Error::other("the file is damaged")).await, None))
        });
        response.no_chunking(size).streaming(Box::pin(body))
    }
}
