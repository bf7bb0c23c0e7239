//! Takes CSV files into the journal: each row becomes the commands that a person would have given, at their own dates.
//!
//! Top to bottom: [`reader`] splits the file into rows, strictly and within bounds; [`mapping`] turns a row's cells
//! into [`fields`]; [`organizations`], [`contacts`], [`deals`] and [`activities`] turn fields into commands; [`run`]
//! carries them out, many at a time, and tells whoever watches what was refused or mended. Command ids and object ids
//! derive from the mapping's source and the row's key, so importing a file twice changes nothing.
//!
//! Two have files carried out: the [`shell`], with a [`report`] beside the file, and the server, one after the other in the
//! [`queue`]. [`suggest`] reads a mapping out of a file's header; [`preview`] shows what would be taken.

mod activities;
mod contacts;
mod deals;
pub mod fields;
mod known;
pub mod mapping;
mod organizations;
pub mod preview;
pub mod queue;
mod reader;
pub mod report;
mod run;
mod shell;
mod steps;
pub mod suggest;
mod unusable;

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    str::FromStr,
};

use domain::{
    PipelineError, PipelineId, Refusal,
    import::ImportKind,
    pipeline::{StageCode, StageRef},
};
use engine::Code;
use uuid::Uuid;

use self::{
    fields::FieldInfo,
    mapping::{Mapping, MappingError, Row, shown},
};
pub use self::{
    reader::Defect,
    shell::{Request, Summary, run},
    unusable::Unusable,
};

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Organizations,
    Contacts,
    Deals,
    Activities,
}

impl Kind {
    /// The fields that columns can fill.
    pub fn fields(self) -> &'static [FieldInfo] {
        match self {
            Self::Organizations => organizations::FIELDS,
            Self::Deals => deals::FIELDS,
            Self::Contacts => contacts::FIELDS,
            Self::Activities => activities::FIELDS,
        }
    }

    /// Fields that name other objects of the same source.
    fn references(self) -> &'static [(&'static str, Referred)] {
        match self {
            Self::Organizations => &[("parent", Referred::Organization)],
            Self::Contacts | Self::Deals => &[("organization", Referred::Organization)],
            Self::Activities => &[
                ("organization", Referred::Organization),
                ("contact", Referred::Contact),
                ("deal", Referred::Deal),
            ],
        }
    }
}

impl From<ImportKind> for Kind {
    fn from(kind: ImportKind) -> Self {
        match kind {
            ImportKind::Organizations => Self::Organizations,
            ImportKind::Contacts => Self::Contacts,
            ImportKind::Deals => Self::Deals,
            ImportKind::Activities => Self::Activities,
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "organizations" => Ok(Self::Organizations),
            "contacts" => Ok(Self::Contacts),
            "deals" => Ok(Self::Deals),
            "activities" => Ok(Self::Activities),
            _ => Err("write `organizations`, `contacts`, `deals` or `activities`".to_owned()),
        }
    }
}

/// Why nothing of the file can be imported, or no more of it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{} cannot be read: {reason}", .path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("the mapping {} is not usable: {reason}", .path.display())]
    InvalidMapping { path: PathBuf, reason: MappingError },
    #[error(transparent)]
    File(#[from] Unusable),
    /// The journal or the keys failed; the rows before are taken, and importing again goes on where it stopped.
    #[error("{message}. The rows so far are taken: import the file again to go on")]
    Stopped { code: Code, message: String },
    #[error("the report {} cannot be written: {reason}", .path.display())]
    Report { path: PathBuf, reason: String },
}

impl ImportError {
    /// Stable, for programs.
    pub fn stable_code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "FILE_UNREADABLE",
            Self::InvalidMapping { .. } => "INVALID_MAPPING",
            Self::File(unusable) => unusable.code(),
            Self::Stopped { code, .. } => code.as_str(),
            Self::Report { .. } => "REPORT_FAILED",
        }
    }

    fn stopped(code: Code, error: &dyn std::error::Error) -> Self {
        Self::Stopped {
            code,
            message: error.to_string(),
        }
    }
}

/// Why a row was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// Stable, for programs that read the report.
    pub code: &'static str,
    pub message: Cow<'static, str>,
    /// The field that is to blame, where it is one.
    pub field: Option<Cow<'static, str>>,
}

impl Refused {
    fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
        }
    }

    /// The same, because of a field.
    fn of(self, field: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    fn from_rule(refusal: impl Refusal) -> Self {
        Self {
            field: refusal.field().map(Cow::Borrowed),
            ..Self::new(refusal.code(), refusal.to_string())
        }
    }
}

/// What separates the cells of a file, as it looks.
pub fn delimiter_of(path: &Path) -> Result<char, ImportError> {
    suggest::delimiter(&run::Source::open(path)?)
}

/// Whether a file has a header with everything that a mapping reads.
pub fn check(path: &Path, mapping: &Mapping) -> Result<(), ImportError> {
    let header = run::Source::open(path)?.header(mapping.delimiter)?;
    mapping::Bound::new(mapping, &header)?;
    Ok(())
}

/// What rows may refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Referred {
    Organization,
    Contact,
    Deal,
}

impl Referred {
    /// What its ids are made from. Never changed: the same row is the same object for ever.
    const fn kind(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            // `contact` is the person whom a row of organizations names.
            Self::Contact => "contact of one's own",
            Self::Deal => "deal",
        }
    }

    /// The category of its streams.
    const fn category(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Contact => "contact",
            Self::Deal => "deal",
        }
    }

    const fn unknown(self) -> (&'static str, &'static str) {
        match self {
            Self::Organization => ("UNKNOWN_ORGANIZATION", "organization"),
            Self::Contact => ("UNKNOWN_CONTACT", "contact"),
            Self::Deal => ("UNKNOWN_DEAL", "deal"),
        }
    }
}

/// The object that a field of the row names; refused when nobody knows it.
fn referred(
    row: &mut Row<'_>,
    names: &impl Names,
    field: &'static str,
    referred: Referred,
) -> Result<Option<Uuid>, Refused> {
    let Some(key) = row.text(field)? else { return Ok(None) };
    let (code, what) = referred.unknown();
    let unknown = || {
        Refused::new(
            code,
            format!("no {what} `{}` was imported from this source", shown(&key)),
        )
        .of(field)
    };
    names.find(referred, &key).map(Some).ok_or_else(unknown)
}

/// Names that a row gives rise to.
trait Names {
    /// The id of the object that the source calls `key`.
    fn id(&self, kind: &str, key: &str) -> Uuid;

    /// Whether the object that the source calls `key` is known or about to be.
    fn knows(&self, referred: Referred, key: &str) -> bool;

    /// The id of an object that the source calls `key`, if it is known or about to be.
    fn find(&self, referred: Referred, key: &str) -> Option<Uuid> {
        self.knows(referred, key).then(|| self.id(referred.kind(), key))
    }

    /// A stage of a pipeline.
    fn stage(&self, pipeline: PipelineId, code: &StageCode) -> Result<StageRef, PipelineError>;

    /// The stage that deals of a pipeline begin in.
    fn beginning(&self, pipeline: PipelineId) -> Result<StageRef, PipelineError>;
}
