//! The report: one line for each row that was refused or mended, as CSV that a spreadsheet opens without harm.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
};

use super::{ImportError, Refused, mapping::Mend};

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Refused,
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
            .write_record(["line", "key", "outcome", "code", "reason"])
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            path: path.to_path_buf(),
            writer,
        })
    }

    pub(super) fn refused(&mut self, line: u64, key: &str, refused: &Refused) -> Result<(), ImportError> {
        self.row(line, key, Outcome::Refused, refused.code, &refused.message)
    }

    pub(super) fn mended(&mut self, line: u64, key: &str, mends: &[Mend]) -> Result<(), ImportError> {
        mends
            .iter()
            .try_for_each(|mend| self.row(line, key, Outcome::Mended, mend.code, &mend.message))
    }

    pub(super) fn finish(mut self) -> Result<(), ImportError> {
        self.writer.flush().map_err(|error| self.failed(&error))
    }

    fn row(&mut self, line: u64, key: &str, outcome: Outcome, code: &str, reason: &str) -> Result<(), ImportError> {
        let line = line.to_string();
        let cells = [line.as_str(), key, outcome.as_str(), code, reason].map(harmless);
        self.writer.write_record(&cells).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &dyn std::error::Error) -> ImportError {
        ImportError::Report {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }
}

/// A text that a spreadsheet would take for a formula, behind an apostrophe (the OWASP remedy for CSV injection).
pub(super) fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
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
}
