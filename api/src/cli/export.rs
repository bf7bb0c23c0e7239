//! `alforis export`: writes a list to a file.

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand};

use super::{Failure, Finish, Output, books};
use crate::{
    application::{Application, Opening},
    config::Config,
    export::{Export, Format, List, Locale, Request},
    graphql::{errors::ApiError, reading::Reading},
    policy::Scope,
};

/// How long the views may take to come to the end of the journal.
const PATIENCE: Duration = Duration::from_mins(10);

/// Export a list as CSV or XLSX, or the books
///
/// The rows of a list of the API, with its filter and its order, at the end of the journal as it is now. With
/// `--locale fr` for French spreadsheets: semicolons, decimal commas, dd/mm/yyyy, French titles. Texts that a
/// spreadsheet would take for formulas are made harmless.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example:\n  $ alforis export deals --filter '{\"status\": {\"eq\": \"OPEN\"}}' --locale fr --output deals.csv"
)]
pub(super) struct ExportArgs {
    #[command(subcommand)]
    books: Option<Books>,
    /// The list: `organizations`, `contacts`, `deals`, `activities` or `tasks`
    #[arg(value_name = "LIST", required = true)]
    list: Option<List>,
    /// Which rows: the list's `filter` in the API, in JSON
    #[arg(long, value_name = "JSON")]
    filter: Option<String>,
    /// In which order: the list's `orderBy` in the API, in JSON
    #[arg(long, value_name = "JSON")]
    order: Option<String>,
    /// Which columns, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// Where the file goes; what is there is written over
    #[arg(long, value_name = "FILE", required = true)]
    output: Option<PathBuf>,
    /// `csv` or `xlsx` [default: as the file's name ends, else csv]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// For whom: `plain` or `fr`
    #[arg(long, value_name = "LOCALE", default_value = "plain")]
    locale: Locale,
}

#[derive(Debug, Subcommand)]
enum Books {
    Fec(books::FecArgs),
    Accounting(books::AccountingArgs),
}

pub(super) async fn run(mut args: ExportArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let (list, path) = match (args.books.take(), args.list, args.output.take()) {
        (Some(Books::Fec(fec)), ..) => return books::fec(fec, config, output).await,
        (Some(Books::Accounting(accounting)), ..) => return books::accounting(accounting, config, output).await,
        (None, Some(list), Some(path)) => (list, path),
        (None, ..) => return Err(Failure::new("BAD_USER_INPUT", "name a list and --output")),
    };
    let request = Request {
        filter: json("--filter", args.filter.as_deref())?,
        order: json("--order", args.order.as_deref())?,
        columns: args.columns.clone(),
        locale: args.locale,
        persons: true,
    };
    let application = Application::open(&config, Opening::existing()).await?;
    let head = application.journal.head().await?.position;
    let workers = application.start();
    let handle = application.views.wait_for(head, PATIENCE).await;
    let written = match handle {
        Ok(handle) => {
            let reading = Reading::new(handle, Scope::EVERYTHING);
            write(args.format, list, &path, &request, reading).await
        }
        Err(error) => Err(error.into()),
    };
    workers.stop().await;
    let rows = written?;
    output.line(format!("{rows} rows: {}", path.display()))?;
    Ok(Finish::Done)
}

async fn write(
    format: Option<Format>,
    list: List,
    path: &Path,
    request: &Request,
    reading: Reading,
) -> Result<u64, Failure> {
    let mut export = Export::new(reading, list, request)?;
    let unwritable = |error: std::io::Error| Failure::new("FILE_UNWRITABLE", format!("{}: {error}", path.display()));
    let mut file = std::fs::File::create(path).map_err(unwritable)?;
    match format.unwrap_or_else(|| format_of(path)) {
        Format::Xlsx => Ok(export.xlsx(&mut file).await?),
        Format::Csv => {
            while let Some(part) = export.csv().await? {
                file.write_all(&part).map_err(unwritable)?;
            }
            Ok(export.rows())
        }
    }
}

fn format_of(path: &Path) -> Format {
    let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    if extension.is_some_and(|extension| extension == "xlsx") {
        Format::Xlsx
    } else {
        Format::Csv
    }
}

fn json(name: &str, text: Option<&str>) -> Result<Option<serde_json::Value>, Failure> {
    text.map(serde_json::from_str)
        .transpose()
        .map_err(|error| Failure::new("BAD_USER_INPUT", format!("{name} is not JSON: {error}")))
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::new(error.code.as_str(), error.message)
    }
}
