//! `/exports/{list}.{csv|xlsx}`: a list as a file, streamed; `/exports/recurringRevenue.{csv|xlsx}`: its movements.

use std::io::{self, Seek};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use bytes::Bytes;
use chrono::NaiveDate;
use futures::stream;
use serde::Deserialize;
use tokio::{io::AsyncReadExt, sync::mpsc};

use super::{
    Server,
    answer::{self, Media},
    body, credentials,
};
use crate::{
    export::{self, Export, Format, List, Request},
    graphql::{
        errors::{ApiError, ApiResult, ErrorCode},
        reading::{PATIENCE, Reading},
        revenue::{self, Question},
        scalars::Date,
    },
    policy::{self, Operation},
};

/// Parts of a file that wait for a slow reader, at most.
pub(super) const WAITING: usize = 4;
/// What recurring revenue is called in the API.
const RECURRING_REVENUE: &str = "recurringRevenue";
/// Bytes of a workbook sent at a time.
const CHUNK: usize = 64 * 1024;

/// What is asked for: in the URL, where `filter` and `orderBy` are JSON texts, or in a JSON body.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Query {
    filter: Option<String>,
    order_by: Option<String>,
    /// Separated by commas.
    columns: Option<String>,
    locale: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Body {
    filter: Option<serde_json::Value>,
    order_by: Option<serde_json::Value>,
    #[serde(default)]
    columns: Vec<String>,
    locale: Option<String>,
}

pub(super) async fn get(request: HttpRequest, path: web::Path<String>, server: web::Data<Server>) -> HttpResponse {
    let asked = web::Query::<Query>::from_query(request.query_string())
        .map_err(|error| ApiError::new(ErrorCode::BadRequest, error.to_string()))
        .and_then(|query| query.into_inner().request());
    respond(&request, &path, &server, asked).await
}

pub(super) async fn post(
    request: HttpRequest,
    path: web::Path<String>,
    server: web::Data<Server>,
    payload: web::Payload,
) -> HttpResponse {
    let body = body::Body::new(payload, server.body_wait).whole().await;
    let asked = body.and_then(|body| {
        serde_json::from_slice::<Body>(&body)
            .map_err(|error| ApiError::new(ErrorCode::BadRequest, format!("The body is not what is taken: {error}")))
            .and_then(Body::request)
    });
    respond(&request, &path, &server, asked).await
}

/// What of recurring revenue is asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RevenueQuery {
    from: NaiveDate,
    /// Absent: today.
    to: Option<NaiveDate>,
    /// As `recurringRevenue` takes it, in JSON.
    view: Option<String>,
    columns: Option<String>,
    locale: Option<String>,
}

/// The movements of recurring revenue, to whoever may ask for it.
pub(super) async fn revenue(request: HttpRequest, path: web::Path<String>, server: web::Data<Server>) -> HttpResponse {
    let asked = web::Query::<RevenueQuery>::from_query(request.query_string())
        .map(web::Query::into_inner)
        .map_err(|error| ApiError::new(ErrorCode::BadRequest, error.to_string()));
    let shown = credentials::of(&request, request.method() == Method::GET);
    let (asking, format) = (server.clone(), path.into_inner());
    let prepared = server.runtime.spawn(async move {
        let viewer = asking.authentication.viewer(&shown).await?;
        policy::admit(Some(&viewer), Operation::Query(RECURRING_REVENUE))?;
        let scope = viewer.scope();
        revenue::admit(&scope)?;
        let format: Format = format
            .parse()
            .map_err(|reason: String| ApiError::new(ErrorCode::NotFound, format!("The file's ending: {reason}.")))?;
        let RevenueQuery {
            from,
            to,
            view,
            columns,
            locale,
        } = asked?;
        let query = Query {
            columns,
            locale,
            ..Query::default()
        };
        let request = Request {
            persons: viewer.sees_persons(),
            ..query.request()?
        };
        let view = export::input("view", json("view", view)?.as_ref())?.unwrap_or_default();
        let question = Question::of(Date(from), to.map(Date), view)?;
        let application = &asking.application;
        let head = application.journal.head().await?.position;
        let views = application.views.wait_for(head, PATIENCE).await?;
        let reading = Reading::new(views, scope);
        let revenue = question.answer(application, reading.clone(), viewer.user()).await?;
        Ok((format, Export::of_movements(reading, revenue.movements(), &request)?))
    });
    let prepared = prepared.await;
    match prepared.unwrap_or_else(|error| Err(ApiError::internal("an export was not prepared", &error))) {
        Ok((format, export)) => send(&server, RECURRING_REVENUE, format, export).await,
        Err(error) => answer::failure(&error, Media::Json),
    }
}

fn json(name: &str, text: Option<String>) -> ApiResult<Option<serde_json::Value>> {
    text.map(|text| {
        serde_json::from_str(&text).map_err(|error| ApiError::bad_input(format!("`{name}` is not JSON: {error}")))
    })
    .transpose()
}

impl Query {
    fn request(self) -> ApiResult<Request> {
        let columns = self.columns.unwrap_or_default();
        let columns = columns.split(',').map(str::trim).filter(|name| !name.is_empty());
        Body {
            filter: json("filter", self.filter)?,
            order_by: json("orderBy", self.order_by)?,
            columns: columns.map(str::to_owned).collect(),
            locale: self.locale,
        }
        .request()
    }
}

impl Body {
    fn request(self) -> ApiResult<Request> {
        let locale = self.locale.as_deref().map(str::parse).transpose();
        Ok(Request {
            filter: self.filter,
            order: self.order_by,
            columns: self.columns,
            locale: locale
                .map_err(|reason: String| ApiError::bad_input(format!("`locale`: {reason}.")))?
                .unwrap_or_default(),
            persons: false,
        })
    }
}

async fn respond(
    request: &HttpRequest,
    name: &str,
    server: &web::Data<Server>,
    asked: ApiResult<Request>,
) -> HttpResponse {
    match prepared(request, name, server, asked).await {
        Ok((list, format, export)) => send(server, list.name(), format, export).await,
        Err(error) => answer::failure(&error, Media::Json),
    }
}

async fn prepared(
    request: &HttpRequest,
    name: &str,
    server: &web::Data<Server>,
    asked: ApiResult<Request>,
) -> ApiResult<(List, Format, Export)> {
    let shown = credentials::of(request, request.method() == Method::GET);
    let asking = server.clone();
    let viewer = server
        .runtime
        .spawn(async move { asking.authentication.viewer(&shown).await })
        .await
        .map_err(|error| ApiError::internal("an authentication did not end", &error))??;
    let unknown = || {
        ApiError::new(
            ErrorCode::NotFound,
            "Exports are organizations, contacts, deals, activities, tasks and recurringRevenue, as .csv or .xlsx.",
        )
    };
    let (list, format) = name.split_once('.').ok_or_else(unknown)?;
    let list: List = list.parse().map_err(|_| unknown())?;
    let format: Format = format.parse().map_err(|_| unknown())?;
    // Whoever may ask for the list may have it as a file.
    policy::admit(Some(&viewer), Operation::Query(list.name()))?;
    let mut asked = asked?;
    asked.persons = viewer.sees_persons();
    let views = server.application.views.clone();
    let handle = server
        .runtime
        .spawn(async move { views.wait_for(journal::Position::START, PATIENCE).await })
        .await
        .map_err(|error| ApiError::internal("the views were not waited for", &error))??;
    let runtime = server.runtime.clone();
    let scope = viewer.scope();
    // Loaders gather on the runtime that operations run on.
    let export = runtime.spawn(async move { Export::new(Reading::new(handle, scope), list, &asked) });
    let export = export
        .await
        .map_err(|error| ApiError::internal("an export was not prepared", &error))??;
    Ok((list, format, export))
}

async fn send(server: &web::Data<Server>, name: &str, format: Format, export: Export) -> HttpResponse {
    let (parts, received) = mpsc::channel::<Result<Bytes, io::Error>>(WAITING);
    match format {
        Format::Csv => {
            server.runtime.spawn(async move {
                if let Err(error) = send_csv(&parts, export).await {
                    fail(&parts, &error).await;
                }
            });
        }
        Format::Xlsx => {
            // Whole before the first byte is sent: a workbook ends with its table of contents.
            let written = server.runtime.spawn(async move { workbook(export).await }).await;
            let file = match written {
                Ok(Ok(file)) => file,
                Ok(Err(error)) => return answer::failure(&error, Media::Json),
                Err(error) => {
                    return answer::failure(&ApiError::internal("an export did not end", &error), Media::Json);
                }
            };
            server.runtime.spawn(async move {
                if let Err(error) = send_file(&parts, file).await {
                    tracing::warn!(%error, "a workbook was not sent");
                }
            });
        }
    }
    let body = stream::unfold(received, async |mut received| {
        let part = received.recv().await?;
        Some((part, received))
    });
    let extension = match format {
        Format::Csv => "csv",
        Format::Xlsx => "xlsx",
    };
    HttpResponse::Ok()
        .content_type(format.content_type())
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.{extension}\""),
        ))
        .streaming(Box::pin(body))
}

/// Sends part after part, until the reader is gone.
async fn send_csv(parts: &mpsc::Sender<Result<Bytes, io::Error>>, mut export: Export) -> ApiResult<()> {
    while let Some(part) = export.csv().await? {
        if parts.send(Ok(part.into())).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// What was sent so far is no whole file: the connection ends in an error, so that nobody takes it for one.
async fn fail(parts: &mpsc::Sender<Result<Bytes, io::Error>>, error: &ApiError) {
    tracing::warn!(code = error.code.as_str(), "an export ended early");
    // Whoever is gone need not be told.
    let _ = parts.send(Err(io::Error::other("the export ended early"))).await;
}

/// The workbook in a file that has no name any more: it goes with whoever reads it last, also when the process is killed.
async fn workbook(export: Export) -> ApiResult<std::fs::File> {
    let failed = |error: io::Error| ApiError::internal("a workbook cannot be written", &error);
    let mut file = nameless().map_err(failed)?;
    export.xlsx(&mut file).await?;
    file.rewind().map_err(failed)?;
    Ok(file)
}

fn nameless() -> io::Result<std::fs::File> {
    let path = std::env::temp_dir().join(format!("alforis-export-{}.xlsx", uuid::Uuid::new_v4()));
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

pub(super) async fn send_file(parts: &mpsc::Sender<Result<Bytes, io::Error>>, file: std::fs::File) -> io::Result<()> {
    let mut file = tokio::fs::File::from_std(file);
    loop {
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        if read == 0 || parts.send(Ok(chunk.into())).await.is_err() {
            return Ok(());
        }
    }
}
