//! The books as files: the sales part of a FEC with its description, and entries for accounting programs.
//!
//! A file is written beside its place, read again and checked, and only then put there: what is there is whole and right.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
};

use chrono::NaiveDate;
use domain::{
    Siren,
    accounting::{
        ExportFormat,
        fec::{self, Contents, Fault, FiscalYear},
    },
    accounting_period::AccountingState,
    company::CompanyState,
};
use projections::accounting::{
    reading::{self, ReadingError, Span},
    unbooked,
};
use sea_orm::DatabaseConnection;

/// The files of a fiscal year, and what whoever gets them should know.
#[derive(Debug)]
pub struct Fec {
    pub file: PathBuf,
    pub description: PathBuf,
    pub contents: Contents,
    /// Another export will be the same, byte by byte.
    pub locked: bool,
    /// What is missing from it: amounts in other currencies.
    pub unbooked: Vec<unbooked::Model>,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    #[error("nobody said yet who the company is: identify it with its SIREN first")]
    NoCompany,
    #[error("no fiscal year ends on {closing}: take {next}")]
    NotAClosing { closing: NaiveDate, next: NaiveDate },
    /// A bug, or a view that was tampered with.
    #[error("the file is not what a FEC has to be and was not handed out: {}", told(.0))]
    Unsound(Vec<Fault>),
    #[error(transparent)]
    Reading(#[from] ReadingError),
    #[error("{}: {error}", path.display())]
    Unwritable { path: PathBuf, error: std::io::Error },
}

impl BooksError {
    /// Stable, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCompany => "COMPANY_NOT_IDENTIFIED",
            Self::NotAClosing { .. } => "NOT_A_CLOSING",
            Self::Unsound(_) => "FEC_UNSOUND",
            Self::Reading(_) => "INTERNAL",
            Self::Unwritable { .. } => "FILE_UNWRITABLE",
        }
    }
}

fn told(faults: &[Fault]) -> String {
    let faults: Vec<String> = faults.iter().take(5).map(ToString::to_string).collect();
    faults.join("; ")
}

/// Writes the sales part of the FEC of the fiscal year that ends on this day, and its description, into a folder, which is
/// made where there is none.
pub async fn fec(
    connection: &DatabaseConnection,
    company: &CompanyState,
    books: &AccountingState,
    closing: NaiveDate,
    folder: &Path,
) -> Result<Fec, BooksError> {
    let siren = &company.identity().ok_or(BooksError::NoCompany)?.siren;
    let end = company.fiscal_year_end();
    let year = FiscalYear::closing_on(end, closing).ok_or_else(|| BooksError::NotAClosing {
        closing,
        next: end.closing(closing),
    })?;
    let file = folder.join(fec::file_name(siren, closing));
    let description = folder.join(fec::description_name(siren, closing));
    let part = file.with_extension("part");
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let written = checked(connection, year, &part).await;
    let contents = match written {
        Ok(contents) => contents,
        Err(error) => {
            // Nobody is to find half a file; that it cannot be removed is no news beside why it was not written.
            let _ = fs::remove_file(&part);
            return Err(error);
        }
    };
    let locked = books.locked_through().is_some_and(|through| through >= closing);
    let text = described(connection, siren, year, locked, contents).await?;
    fs::write(&description, text).map_err(unwritable(&description))?;
    fs::rename(&part, &file).map_err(unwritable(&file))?;
    Ok(Fec {
        file,
        description,
        contents,
        locked,
        unbooked: reading::not_booked(connection, Span::from(year))
            .await
            .map_err(ReadingError::from)?,
    })
}

async fn checked(connection: &DatabaseConnection, year: FiscalYear, part: &Path) -> Result<Contents, BooksError> {
    let file = File::create(part).map_err(unwritable(part))?;
    reading::write_fec(connection, year, BufWriter::new(file)).await?;
    let file = File::open(part).map_err(unwritable(part))?;
    fec::check(BufReader::new(file), year).map_err(BooksError::Unsound)
}

async fn described(
    connection: &DatabaseConnection,
    siren: &Siren,
    year: FiscalYear,
    locked: bool,
    contents: Contents,
) -> Result<String, BooksError> {
    let journals = reading::journals(connection, year.closing)
        .await
        .map_err(ReadingError::from)?;
    Ok(fec::description(siren, year, locked, contents, &journals))
}

/// Writes the entries of some days for an accounting program, in the columns that were saved for it.
pub async fn table(
    connection: &DatabaseConnection,
    books: &AccountingState,
    span: Span,
    format: ExportFormat,
    path: &Path,
) -> Result<(), BooksError> {
    let file = File::create(path).map_err(unwritable(path))?;
    let out = BufWriter::new(file);
    reading::write_table(connection, span, format, books.columns(format), out).await?;
    Ok(())
}

fn unwritable(path: &Path) -> impl FnOnce(std::io::Error) -> BooksError {
    let path = path.to_owned();
    move |error| BooksError::Unwritable { path, error }
}
