//! `/exports/fec` and `/exports/accounting`: the sales part of the books as files, to whoever reads them.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use bytes::Bytes;
use chrono::NaiveDate;
use domain::{
    Accounting, Company,
    accounting::ExportFormat,
    accounting_period::{ACCOUNTING, AccountingState},
    company::{COMPANY, CompanyState},
};
use engine::ViewHandle;
use futures::stream;
use projections::accounting::reading::Span;
use serde::Deserialize;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    Server,
    answer::{self, Media},
    credentials,
    exports::{WAITING, send_file},
};
use crate::{
    export::books::{self, BooksError},
    graphql::{
        errors::{ApiError, ApiResult, ErrorCode},
        reading::PATIENCE,
    },
    policy::{self, Operation},
};

/// Which file of a fiscal year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    #[default]
    File,
    Description,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FecQuery {
    /// The last day of the fiscal year.
    closing: NaiveDate,
    #[serde(default)]
    part: Part,
}

/// For which program.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Program {
    Sage,
    Quickbooks,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableQuery {
    format: Program,
    from: NaiveDate,
    /// The last day, included.
    until: NaiveDate,
}

/// A file that is whole and right, and what it is called.
struct Written {
    file: File,
    name: String,
    media_type: &'static str,
}

/// The sales part of the FEC of a fiscal year, or its description.
pub(super) async fn fec(request: HttpRequest, server: web::Data<Server>) -> HttpResponse {
    let asked = asked::<FecQuery>(&request);
    let written = on_runtime(&request, &server, |place| async move {
        let FecQuery { closing, part } = asked?;
        let Place { views, company, books } = place;
        let folder = Folder::make()?;
        let fec = books::fec(&views.connection, &company, &books, closing, folder.path()).await?;
        let path = match part {
            Part::File => fec.file,
            Part::Description => fec.description,
        };
        opened(&path, "text/plain; charset=utf-8")
    });
    send(&server, written.await)
}

/// Entries of some days for an accounting program.
pub(super) async fn accounting(request: HttpRequest, server: web::Data<Server>) -> HttpResponse {
    let asked = asked::<TableQuery>(&request);
    let written = on_runtime(&request, &server, |place| async move {
        let TableQuery { format, from, until } = asked?;
        if until < from {
            return Err(ApiError::bad_input("`until` comes before `from`."));
        }
        let (format, program) = match format {
            Program::Sage => (ExportFormat::Sage, "sage"),
            Program::Quickbooks => (ExportFormat::QuickBooks, "quickbooks"),
        };
        let Place { views, books, .. } = place;
        let span = Span {
            first: from,
            last: until,
        };
        let folder = Folder::make()?;
        let path = folder.path().join(format!("{program}-{from}-{until}.csv"));
        books::table(&views.connection, &books, span, format, &path).await?;
        opened(&path, "text/csv; charset=utf-8")
    });
    send(&server, written.await)
}

fn asked<Q: serde::de::DeserializeOwned>(request: &HttpRequest) -> ApiResult<Q> {
    let query = web::Query::<Q>::from_query(request.query_string());
    let query = query.map_err(|error| ApiError::new(ErrorCode::BadRequest, error.to_string()))?;
    Ok(query.into_inner())
}

/// The views, the company and its books at the end of the journal.
struct Place {
    views: ViewHandle,
    company: CompanyState,
    books: AccountingState,
}

/// Writes a file where operations run, for whoever reads the books.
async fn on_runtime<F>(
    request: &HttpRequest,
    server: &web::Data<Server>,
    write: impl FnOnce(Place) -> F + Send + 'static,
) -> ApiResult<Written>
where
    F: Future<Output = ApiResult<Written>> + Send,
{
    let shown = credentials::of(request, request.method() == Method::GET);
    let asking = server.clone();
    let written = server.runtime.spawn(async move {
        let viewer = asking.authentication.viewer(&shown).await?;
        policy::admit(Some(&viewer), Operation::Query("accountingEntries"))?;
        if !viewer.scope().is_everything() {
            return Err(ApiError::new(
                ErrorCode::Forbidden,
                "The books are shown whole: ask an administrator to let you see all records.",
            ));
        }
        let application = &asking.application;
        let head = application.journal.head().await?.position;
        let views = application.views.wait_for(head, PATIENCE).await?;
        let company = application.bus.load::<Company>(COMPANY).await?;
        let books = application.bus.load::<Accounting>(ACCOUNTING).await?;
        let place = Place {
            views,
            company: company.map(|(company, _)| (*company).clone()).unwrap_or_default(),
            books: books.map(|(books, _)| (*books).clone()).unwrap_or_default(),
        };
        write(place).await
    });
    written
        .await
        .map_err(|error| ApiError::internal("a file of the books was not written", &error))?
}

fn opened(path: &Path, media_type: &'static str) -> ApiResult<Written> {
    let file = File::open(path).map_err(|error| ApiError::internal("a file of the books cannot be read", &error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Written { file, name, media_type })
}

fn send(server: &web::Data<Server>, written: ApiResult<Written>) -> HttpResponse {
    let written = match written {
        Ok(written) => written,
        Err(error) => return answer::failure(&error, Media::Json),
    };
    let (parts, received) = mpsc::channel::<Result<Bytes, io::Error>>(WAITING);
    let file = written.file;
    server.runtime.spawn(async move {
        if let Err(error) = send_file(&parts, file).await {
            tracing::warn!(%error, "a file of the books was not sent");
        }
    });
    let body = stream::unfold(received, async |mut received| {
        let part = received.recv().await?;
        Some((part, received))
    });
    let disposition = format!("attachment; filename=\"{}\"", written.name);
    HttpResponse::Ok()
        .content_type(written.media_type)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .streaming(Box::pin(body))
}

/// A folder of one's own, for nobody else to look into, that goes with whoever made it; what is open stays readable.
struct Folder(PathBuf);

impl Folder {
    fn make() -> ApiResult<Self> {
        let path = std::env::temp_dir().join(format!("alforis-books-{}", Uuid::new_v4()));
        let mut folder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        let made = folder.create(&path);
        made.map_err(|error| ApiError::internal("there is no place for a file", &error))?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "a folder of a download was not removed");
        }
    }
}

impl From<BooksError> for ApiError {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::NoCompany | BooksError::NotAClosing { .. } => {
                Self::bad_input(error.to_string()).with("reason", error.code())
            }
            BooksError::Reading(error) => error.into(),
            error => Self::internal("the books cannot be written", &error),
        }
    }
}
