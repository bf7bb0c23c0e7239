//! Why a file as a whole is not taken: told in the shell, and as a refusal of the API.

use std::fmt;

use domain::{Language, Refusal};

use super::{mapping::meant, reader::Defect};

/// Columns of a file at most.
pub(super) const COLUMNS_MAX: usize = 1_000;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    Utf16,
    NoHeader,
    MalformedHeader(Defect),
    MissingColumn { name: String, near: Vec<String> },
    RepeatedColumn { name: String },
    TooManyColumns { found: usize },
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Language::English))
    }
}

impl std::error::Error for Unusable {}

impl Refusal for Unusable {
    fn code(&self) -> &'static str {
        match self {
            Self::Utf16 => "NOT_UTF8",
            Self::NoHeader => "NO_HEADER",
            Self::MalformedHeader(defect) => defect.code(),
            Self::MissingColumn { .. } => "MISSING_COLUMN",
            Self::RepeatedColumn { .. } => "REPEATED_COLUMN",
            Self::TooManyColumns { .. } => "TOO_MANY_COLUMNS",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some(match self {
            Self::MissingColumn { .. } | Self::RepeatedColumn { .. } => "mapping",
            _ => "file",
        })
    }

    fn allowed_values(&self) -> Vec<String> {
        match self {
            Self::MissingColumn { near, .. } => near.clone(),
            _ => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::Utf16 => language.choose(
                "the file is UTF-16 text: save it as UTF-8",
                "le fichier est en UTF-16 : enregistrez-le en UTF-8",
            ),
            Self::NoHeader => language.choose(
                "the file has no header row: its first row must name the columns",
                "le fichier n'a pas d'en-tête : sa première ligne doit nommer les colonnes",
            ),
            Self::MalformedHeader(defect) => language.choose(
                format!("the header row cannot be read: {defect}"),
                format!("l'en-tête est illisible : {}", defect.in_french()),
            ),
            Self::MissingColumn { name, near } => language.choose(
                format!(
                    "the file has no column `{name}`, which the mapping reads.{}",
                    meant(near)
                ),
                format!("le fichier n'a pas de colonne « {name} », que la correspondance lit"),
            ),
            Self::RepeatedColumn { name } => language.choose(
                format!("the file has two columns `{name}`: rename one of them"),
                format!("le fichier a deux colonnes « {name} » : renommez l'une d'elles"),
            ),
            Self::TooManyColumns { found } => language.choose(
                format!("the file has {found} columns, at most {COLUMNS_MAX} are read: leave out what is not needed"),
                format!(
                    "le fichier a {found} colonnes, {COLUMNS_MAX} au plus sont lues : retirez celles qui sont inutiles"
                ),
            ),
        }
    }
}
