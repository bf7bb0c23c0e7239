//! What is said of rows that were refused or mended, and how it is written: as CSV that a spreadsheet opens without harm.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::ImportError;

/// The columns of a report.
const COLUMNS: [&str; 6] = ["line", "key", "outcome", "code", "reason", "column"];

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// It was left out.
    Refused,
    /// It was taken with a change.
    Mended,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "REFUSED",
            Self::Mended => "MENDED",
        }
    }
}

/// Something that is said of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The line of the file that the row begins on, from 1.
    pub line: u64,
    /// Empty: the row has none that could be read.
    pub key: String,
    pub outcome: Outcome,
    /// Stable, for programs.
    pub code: Cow<'static, str>,
    /// The field that is to blame, where it is one.
    pub field: Option<Cow<'static, str>>,
    /// The column that it is read from.
    pub column: Option<String>,
    pub reason: Cow<'static, str>,
}

impl Finding {
    /// As a line of a report.
    fn cells(&self) -> [Cow<'_, str>; 6] {
        [
            self.line.to_string().into(),
            harmless(&self.key),
            self.outcome.as_str().into(),
            harmless(&self.code),
            harmless(&self.reason),
            harmless(self.column.as_deref().unwrap_or_default()),
        ]
    }
}

/// A piece of a report as CSV; the first has the header.
pub fn csv_of(findings: &[Finding], first: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if first {
        writer.write_record(COLUMNS)?;
    }
    for finding in findings {
        writer.write_record(finding.cells().iter().map(|cell| cell.as_bytes()))?;
    }
    writer
        .into_inner()
        .map_err(|error| csv::Error::from(io::Error::other(error.to_string())))
}

/// A report that is written to a file as it comes about.
pub(super) struct Report {
    path: PathBuf,
    writer: csv::Writer<BufWriter<File>>,
}

impl Report {
    pub(super) fn create(path: &Path) -> Result<Self, ImportError> {
        let failed = |reason: String| ImportError::Report {
            path: path.to_path_buf(),
            reason,
        };
        let file = File::create(path).map_err(|error| failed(error.to_string()))?;
        let mut writer = csv::Writer::from_writer(BufWriter::new(file));
        writer
            .write_record(COLUMNS)
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            path: path.to_path_buf(),
            writer,
        })
    }

    pub(super) fn add(&mut self, finding: &Finding) -> Result<(), ImportError> {
        let written = self
            .writer
            .write_record(finding.cells().iter().map(|cell| cell.as_bytes()));
        written.map_err(|error| self.failed(&error))
    }

    pub(super) fn finish(mut self) -> Result<(), ImportError> {
        self.writer.flush().map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &dyn std::error::Error) -> ImportError {
        ImportError::Report {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }
}

/// A text that a spreadsheet would take for a formula, behind an apostrophe (the OWASP remedy for CSV injection).
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_written_as_text() {
        for formula in ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(harmless("Acme = good"), "Acme = good");
    }

    #[test]
    fn a_report_has_its_header_once_and_no_formula() {
        let finding = Finding {
            line: 3,
            key: "=HYPERLINK(\"x\")".to_owned(),
            outcome: Outcome::Refused,
            code: "INVALID_EMAIL".into(),
            field: Some("email".into()),
            column: Some("@mail".to_owned()),
            reason: "no address".into(),
        };
        let text = |first| String::from_utf8(csv_of(std::slice::from_ref(&finding), first).unwrap()).unwrap();
        let line = "3,\"'=HYPERLINK(\"\"x\"\")\",REFUSED,INVALID_EMAIL,no address,'@mail\n";
        assert_eq!(text(true), format!("line,key,outcome,code,reason,column\n{line}"));
        assert_eq!(text(false), line);
    }
}
