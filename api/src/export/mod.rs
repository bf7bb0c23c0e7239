//! Any list as a file: CSV for programs and for French spreadsheets, XLSX with real numbers and dates.
//!
//! What belongs here: columns of lists, and how their cells are written. What rows there are, the same listings say that
//! the API pages through, so a file has the rows of the list and no others. Rows go by in pages: memory does not grow
//! with their number.

pub mod books;
mod cells;
mod columns;
mod csv;
mod lists;
mod movements;
mod xlsx;

use std::{fs::File, str::FromStr};

use async_graphql::{InputType, Value};

use self::lists::Pages;
pub use self::{cells::Locale, movements::Movements};
use crate::graphql::{
    errors::{ApiError, ApiResult},
    reading::Reading,
};

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Organizations,
    Contacts,
    Deals,
    Activities,
    Tasks,
}

impl List {
    pub const ALL: [Self; 5] = [
        Self::Organizations,
        Self::Contacts,
        Self::Deals,
        Self::Activities,
        Self::Tasks,
    ];

    /// Its name in the API; whoever may ask for it there may have it as a file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Contacts => "contacts",
            Self::Deals => "deals",
            Self::Activities => "activities",
            Self::Tasks => "tasks",
        }
    }
}

impl FromStr for List {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|list| list.name() == text);
        known.ok_or_else(|| "write `organizations`, `contacts`, `deals`, `activities` or `tasks`".to_owned())
    }
}

/// Which kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Xlsx,
}

impl Format {
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "csv" => Ok(Self::Csv),
            "xlsx" => Ok(Self::Xlsx),
            _ => Err("write `csv` or `xlsx`".to_owned()),
        }
    }
}

/// What is asked for, as clients write it.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// As the list's `filter` in the API, in JSON.
    pub filter: Option<serde_json::Value>,
    /// As the list's `orderBy`, in JSON.
    pub order: Option<serde_json::Value>,
    /// Names of columns; none: all of them.
    pub columns: Vec<String>,
    pub locale: Locale,
    /// Whether whoever asks may see what is about persons; otherwise those cells are empty.
    pub persons: bool,
}

/// A list that is ready to be written.
pub struct Export {
    pages: Pages,
    locale: Locale,
    begun: bool,
    rows: u64,
}

impl Export {
    /// Checks everything that a client can have got wrong.
    pub fn new(reading: Reading, list: List, request: &Request) -> ApiResult<Self> {
        Ok(Self::of(Pages::new(reading, list, request)?, request))
    }

    /// Movements of recurring revenue; of the request columns and locale count.
    pub fn of_movements(reading: Reading, movements: Movements, request: &Request) -> ApiResult<Self> {
        Ok(Self::of(Pages::of_movements(reading, movements, request)?, request))
    }

    const fn of(pages: Pages, request: &Request) -> Self {
        Self {
            pages,
            locale: request.locale,
            begun: false,
            rows: 0,
        }
    }

    /// The next part of it as CSV, the head first; `None` at the end.
    pub async fn csv(&mut self) -> ApiResult<Option<Vec<u8>>> {
        if !self.begun {
            self.begun = true;
            return csv::head(&self.pages.titles(self.locale), self.locale).map(Some);
        }
        let Some(page) = self.pages.next().await? else {
            return Ok(None);
        };
        self.rows += page.len() as u64;
        csv::rows(&page, self.locale).map(Some)
    }

    /// How many rows were written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// As a workbook in a file. Returns how many rows.
    pub async fn xlsx(mut self, file: &mut File) -> ApiResult<u64> {
        let mut book = xlsx::Book::new(&self.pages.titles(self.locale), self.locale)?;
        while let Some(page) = self.pages.next().await? {
            book.rows(&page)?;
        }
        book.save(file)
    }
}

/// Reads a value of the API's own input type from JSON, with the API's own checks.
pub fn input<T: InputType>(name: &str, json: Option<&serde_json::Value>) -> ApiResult<Option<T>> {
    let Some(json) = json.filter(|json| !json.is_null()) else {
        return Ok(None);
    };
    let wrong = |reason: String| ApiError::bad_input(format!("`{name}` is not what the list takes: {reason}"));
    let value = Value::from_json(json.clone()).map_err(|error| wrong(error.to_string()))?;
    let read =
        T::parse(Some(value)).map_err(|error| wrong(error.into_server_error(async_graphql::Pos::default()).message))?;
    // Reading passes over names that it does not know; a filter that was misspelt would let everything through.
    let known = read.to_value().into_json().map_err(|error| wrong(error.to_string()))?;
    match unknown(json, &known) {
        Some(name) => Err(wrong(format!(
            "it has no field `{}`",
            name.chars().take(60).collect::<String>()
        ))),
        None => Ok(Some(read)),
    }
}

/// The first name in what was given that is not in what was read.
fn unknown<'a>(given: &'a serde_json::Value, known: &serde_json::Value) -> Option<&'a str> {
    match (given, known) {
        (serde_json::Value::Object(given), serde_json::Value::Object(known)) => {
            given.iter().find_map(|(name, value)| match known.get(name) {
                Some(known) => unknown(value, known),
                None => Some(name.as_str()),
            })
        }
        (serde_json::Value::Array(given), serde_json::Value::Array(known)) => {
            given.iter().zip(known).find_map(|(given, known)| unknown(given, known))
        }
        // One thing is taken for a list of one.
        (given @ serde_json::Value::Object(_), serde_json::Value::Array(known)) => {
            known.first().and_then(|known| unknown(given, known))
        }
        _ => None,
    }
}
