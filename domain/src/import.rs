//! An import: a file that somebody handed in, to be taken into the journal row by row while they wait for nothing.
//!
//! The stream says what was asked for and by whom, that it began (again after each process that ended in the middle), how
//! far it came, and how it ended. The rows themselves are commands of their own, each under an id that derives from the
//! source and the row's key; so carrying a file out again is no harm, and the stream need not remember rows.
//!
//! How a file is read is for whoever carries it out; the mapping stands here as they take it, in JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    BlobHash, Decider, FileDescription, InvalidValue, Language, Refusal, Root, UserId,
    event::event_types,
    file,
    refusal::prints_in_english,
    value::{self, LABEL_MAX},
};

pub type Import = Root<ImportState>;

/// Characters of a mapping's JSON at most.
pub const MAPPING_MAX: usize = 100_000;
/// Characters of the reason why an import failed, at most.
const REASON_MAX: usize = 500;

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportKind {
    Organizations,
    Contacts,
    Deals,
    Activities,
}

impl ImportKind {
    pub const ALL: [Self; 4] = [Self::Organizations, Self::Contacts, Self::Deals, Self::Activities];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organizations => "ORGANIZATIONS",
            Self::Contacts => "CONTACTS",
            Self::Deals => "DEALS",
            Self::Activities => "ACTIVITIES",
        }
    }
}

/// The file that is taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportedFile {
    pub blob: BlobHash,
    /// In bytes.
    pub size: u64,
    pub description: FileDescription,
}

/// What was said of each row that was refused or mended: its bytes lie where those of files do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    pub blob: BlobHash,
    /// In bytes.
    pub size: u64,
    /// How many things are said in it.
    pub entries: u64,
}

/// How many rows of a file came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportCounts {
    /// All that the file has.
    pub total: u64,
    /// Rows that this import took.
    pub taken: u64,
    /// Rows that an earlier import had taken.
    pub taken_before: u64,
    /// Rows of which something was mended; also counted under one of the others.
    pub mended: u64,
    pub refused: u64,
}

impl ImportCounts {
    /// Rows whose outcome is known.
    pub const fn read(&self) -> u64 {
        self.taken
            .saturating_add(self.taken_before)
            .saturating_add(self.refused)
    }
}

/// What one can ask of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ImportCommand {
    Queue(Box<QueueImport>),
    /// A process takes it on.
    Begin {
        attempt: u32,
    },
    Progress {
        attempt: u32,
        counts: ImportCounts,
    },
    Finish {
        attempt: u32,
        counts: ImportCounts,
        report: Option<ImportReport>,
    },
    Fail {
        attempt: u32,
        code: String,
        reason: String,
        counts: ImportCounts,
        report: Option<ImportReport>,
    },
    /// Whoever carries it out has stopped because somebody asked for it.
    Stop {
        attempt: u32,
        counts: ImportCounts,
        report: Option<ImportReport>,
    },
    /// Somebody does not want it any more. What was taken stays.
    Cancel,
    /// The bytes of the file and of the report are gone.
    RemoveFiles,
}

/// A file to take in, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueImport {
    pub kind: ImportKind,
    pub file: ImportedFile,
    /// Names the system that the file comes from: the same source and key are the same object for ever.
    pub source: String,
    /// Which column fills which field, in JSON.
    pub mapping: String,
    /// None: the system's operator.
    pub user: Option<UserId>,
}

/// What can have happened to an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum ImportEvent {
    ImportQueued {
        kind: ImportKind,
        file: ImportedFile,
        source: String,
        /// Which column fills which field, in JSON.
        mapping: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
    },
    /// A process begins to carry it out, from the first row on; again when the one before it ended in the middle.
    ImportBegan {
        attempt: u32,
    },
    ImportProgressed {
        attempt: u32,
        counts: ImportCounts,
    },
    /// Somebody wants it to stop. Whoever carries it out does so, and says where.
    ImportCancelRequested {},
    ImportFinished {
        attempt: u32,
        counts: ImportCounts,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report: Option<ImportReport>,
    },
    /// No more of the file can be taken. What was taken stays.
    ImportFailed {
        attempt: u32,
        code: String,
        reason: String,
        counts: ImportCounts,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report: Option<ImportReport>,
    },
    /// It stopped before its end, or never began. What was taken stays.
    ImportCancelled {
        counts: ImportCounts,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report: Option<ImportReport>,
    },
    /// The bytes of the file and of the report are gone.
    ImportFilesRemoved {},
}

event_types!(ImportEvent of "import" {
    ImportQueued = 1,
    ImportBegan = 1,
    ImportProgressed = 1,
    ImportCancelRequested = 1,
    ImportFinished = 1,
    ImportFailed = 1,
    ImportCancelled = 1,
    ImportFilesRemoved = 1,
});

/// How an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportStatus {
    /// Waits for those before it.
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl ImportStatus {
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether nothing more comes of it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// What an import remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportState {
    known: Option<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    user: Option<UserId>,
    status: ImportStatus,
    attempt: u32,
    cancel_requested: bool,
    counts: ImportCounts,
    files_removed: bool,
}

impl ImportState {
    /// Who asked for it; `None` when there never was one.
    pub fn user(&self) -> Option<Option<UserId>> {
        self.known.as_ref().map(|known| known.user)
    }

    pub fn status(&self) -> Option<ImportStatus> {
        self.known.as_ref().map(|known| known.status)
    }

    /// How often a process has begun to carry it out.
    pub fn attempt(&self) -> u32 {
        self.known.as_ref().map_or(0, |known| known.attempt)
    }

    /// Whether somebody wants it to stop, or it has stopped.
    pub fn is_unwanted(&self) -> bool {
        self.known
            .as_ref()
            .is_some_and(|known| known.cancel_requested || known.status == ImportStatus::Cancelled)
    }

    /// As far as the journal knows.
    pub fn counts(&self) -> ImportCounts {
        self.known.as_ref().map(|known| known.counts).unwrap_or_default()
    }
}

impl Decider for ImportState {
    const TYPE: &'static str = "import";

    type Command = ImportCommand;
    type Event = ImportEvent;
    type Error = ImportError;

    fn decide(&self, command: ImportCommand) -> Result<Vec<ImportEvent>, ImportError> {
        match (command, &self.known) {
            (ImportCommand::Queue(queue), None) => queue.checked().map(|event| vec![event]),
            (_, None) => Err(ImportError::NotFound),
            (command, Some(known)) => known.decide(command),
        }
    }

    fn evolve(&mut self, event: &ImportEvent) {
        match (event, &mut self.known) {
            (ImportEvent::ImportQueued { user, .. }, known) => {
                *known = Some(Known {
                    user: *user,
                    status: ImportStatus::Queued,
                    attempt: 0,
                    cancel_requested: false,
                    counts: ImportCounts::default(),
                    files_removed: false,
                });
            }
            (event, Some(known)) => known.evolve(event),
            (_, None) => {}
        }
    }
}

impl QueueImport {
    fn checked(self) -> Result<ImportEvent, ImportError> {
        let Self {
            kind,
            file,
            source,
            mapping,
            user,
        } = self;
        let description = file.description.checked()?;
        Ok(ImportEvent::ImportQueued {
            kind,
            file: ImportedFile {
                size: file::size(file.size)?,
                description,
                ..file
            },
            source: value::line("source", &source, LABEL_MAX)?,
            mapping: value::long_text("mapping", &mapping, MAPPING_MAX)?,
            user,
        })
    }
}

impl Known {
    fn decide(&self, command: ImportCommand) -> Result<Vec<ImportEvent>, ImportError> {
        match command {
            ImportCommand::Queue(_) => Err(ImportError::AlreadyExists),
            ImportCommand::RemoveFiles if self.files_removed => Ok(Vec::new()),
            ImportCommand::RemoveFiles if self.status.is_over() => Ok(vec![ImportEvent::ImportFilesRemoved {}]),
            ImportCommand::RemoveFiles => Err(ImportError::NotOver),
            ImportCommand::Cancel if self.cancel_requested || self.status == ImportStatus::Cancelled => Ok(Vec::new()),
            _ if self.status.is_over() => Err(ImportError::Over { status: self.status }),
            ImportCommand::Cancel if self.status == ImportStatus::Queued => Ok(vec![ImportEvent::ImportCancelled {
                counts: self.counts,
                report: None,
            }]),
            ImportCommand::Cancel => Ok(vec![ImportEvent::ImportCancelRequested {}]),
            ImportCommand::Begin { attempt } if attempt == self.attempt.saturating_add(1) => {
                Ok(vec![ImportEvent::ImportBegan { attempt }])
            }
            ImportCommand::Begin { .. } => Err(ImportError::Superseded),
            ImportCommand::Progress { attempt, counts } => {
                self.current(attempt)?;
                Ok(vec![ImportEvent::ImportProgressed { attempt, counts }])
            }
            ImportCommand::Finish {
                attempt,
                counts,
                report,
            } => {
                self.current(attempt)?;
                Ok(vec![ImportEvent::ImportFinished {
                    attempt,
                    counts,
                    report,
                }])
            }
            ImportCommand::Fail {
                attempt,
                code,
                reason,
                counts,
                report,
            } => {
                self.current(attempt)?;
                Ok(vec![ImportEvent::ImportFailed {
                    attempt,
                    code: value::line("code", &code, LABEL_MAX)?,
                    reason: value::line("reason", &reason, REASON_MAX)?,
                    counts,
                    report,
                }])
            }
            ImportCommand::Stop {
                attempt,
                counts,
                report,
            } => {
                self.current(attempt)?;
                if self.cancel_requested {
                    Ok(vec![ImportEvent::ImportCancelled { counts, report }])
                } else {
                    Err(ImportError::NotOver)
                }
            }
        }
    }

    /// Only whoever began last may say how it goes on.
    fn current(&self, attempt: u32) -> Result<(), ImportError> {
        if self.status == ImportStatus::Running && attempt == self.attempt {
            Ok(())
        } else {
            Err(ImportError::Superseded)
        }
    }

    fn evolve(&mut self, event: &ImportEvent) {
        match event {
            ImportEvent::ImportQueued { .. } => {}
            ImportEvent::ImportBegan { attempt } => {
                self.status = ImportStatus::Running;
                self.attempt = *attempt;
            }
            ImportEvent::ImportProgressed { counts, .. } => self.counts = *counts,
            ImportEvent::ImportCancelRequested {} => self.cancel_requested = true,
            ImportEvent::ImportFinished { counts, .. } => self.end(ImportStatus::Done, *counts),
            ImportEvent::ImportFailed { counts, .. } => self.end(ImportStatus::Failed, *counts),
            ImportEvent::ImportCancelled { counts, .. } => self.end(ImportStatus::Cancelled, *counts),
            ImportEvent::ImportFilesRemoved {} => self.files_removed = true,
        }
    }

    fn end(&mut self, status: ImportStatus, counts: ImportCounts) {
        self.status = status;
        self.counts = counts;
    }
}

/// Why an import refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportError {
    NotFound,
    AlreadyExists,
    /// It ended: there is nothing more to do, and nothing to cancel.
    Over {
        status: ImportStatus,
    },
    /// It goes on: what it reads is needed.
    NotOver,
    /// Another process has taken it on.
    Superseded,
    Value(InvalidValue),
}

impl From<InvalidValue> for ImportError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(ImportError);

impl Refusal for ImportError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "IMPORT_NOT_FOUND",
            Self::AlreadyExists => "IMPORT_ALREADY_EXISTS",
            Self::Over { .. } => "IMPORT_OVER",
            Self::NotOver => "IMPORT_NOT_OVER",
            Self::Superseded => "IMPORT_SUPERSEDED",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotFound => vec!["Queue"],
            Self::NotOver => vec!["Cancel"],
            Self::Value(value) => value.allowed(),
            _ => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotFound => language.choose(
                "There is no such import of yours: start one.",
                "Aucun import de ce nom ne vous appartient : lancez-en un.",
            ),
            Self::AlreadyExists => language.choose(
                "This import exists already: start another one under another id.",
                "Cet import existe déjà : lancez-en un autre sous un autre identifiant.",
            ),
            Self::Over { status } => {
                let (english, french) = match status {
                    ImportStatus::Failed => ("has failed", "a échoué"),
                    ImportStatus::Cancelled => ("was cancelled", "a été annulé"),
                    _ => ("is done", "est terminé"),
                };
                language.choose(
                    format!("This import {english}: what it took stays. Start another one."),
                    format!("Cet import {french} : ce qu'il a repris reste. Lancez-en un autre."),
                )
            }
            Self::NotOver => language.choose(
                "This import is not over: cancel it first.",
                "Cet import n'est pas terminé : annulez-le d'abord.",
            ),
            Self::Superseded => language.choose(
                "Another process carries this import out since.",
                "Un autre processus a repris cet import entre-temps.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};

    use super::*;
    use crate::value::Problem;

    fn file() -> ImportedFile {
        ImportedFile {
            blob: BlobHash([7; 32]),
            size: 120,
            description: FileDescription {
                name: "contacts.csv".to_owned(),
                media_type: "text/csv".to_owned(),
            },
        }
    }

    fn queue(source: &str) -> ImportCommand {
        ImportCommand::Queue(Box::new(QueueImport {
            kind: ImportKind::Contacts,
            file: file(),
            source: source.to_owned(),
            mapping: "{}".to_owned(),
            user: None,
        }))
    }

    fn queued() -> ImportEvent {
        ImportEvent::ImportQueued {
            kind: ImportKind::Contacts,
            file: file(),
            source: "old-crm".to_owned(),
            mapping: "{}".to_owned(),
            user: None,
        }
    }

    fn began(attempt: u32) -> ImportEvent {
        ImportEvent::ImportBegan { attempt }
    }

    fn counts(taken: u64) -> ImportCounts {
        ImportCounts {
            total: 10,
            taken,
            ..ImportCounts::default()
        }
    }

    fn finish(attempt: u32) -> ImportCommand {
        ImportCommand::Finish {
            attempt,
            counts: counts(10),
            report: None,
        }
    }

    fn finished() -> ImportEvent {
        ImportEvent::ImportFinished {
            attempt: 1,
            counts: counts(10),
            report: None,
        }
    }

    fn given(events: Vec<ImportEvent>) -> AggregateTestExecutor<Import> {
        TestFramework::<Import>::with(()).given(events)
    }

    #[test]
    fn an_import_is_queued_once_and_names_its_source() {
        given(vec![])
            .when(queue(" old-crm "))
            .then_expect_events(vec![queued()]);
        given(vec![queued()])
            .when(queue("old-crm"))
            .then_expect_error(ImportError::AlreadyExists);
        given(vec![])
            .when(queue(" "))
            .then_expect_error(InvalidValue::new("source", Problem::Missing).into());
    }

    #[test]
    fn whoever_takes_it_over_is_the_only_one_to_say_how_it_goes_on() {
        let taken_over = || vec![queued(), began(1), began(2)];
        given(vec![queued(), began(1)])
            .when(ImportCommand::Begin { attempt: 2 })
            .then_expect_events(vec![began(2)]);
        given(taken_over())
            .when(ImportCommand::Begin { attempt: 2 })
            .then_expect_error(ImportError::Superseded);
        given(taken_over())
            .when(finish(1))
            .then_expect_error(ImportError::Superseded);
        given(vec![queued(), began(1)])
            .when(finish(1))
            .then_expect_events(vec![finished()]);
    }

    #[test]
    fn one_that_has_not_begun_is_cancelled_at_once_and_one_that_has_is_asked_to_stop() {
        given(vec![queued()])
            .when(ImportCommand::Cancel)
            .then_expect_events(vec![ImportEvent::ImportCancelled {
                counts: ImportCounts::default(),
                report: None,
            }]);
        let running = || vec![queued(), began(1)];
        given(running())
            .when(ImportCommand::Cancel)
            .then_expect_events(vec![ImportEvent::ImportCancelRequested {}]);
        let asked = [running(), vec![ImportEvent::ImportCancelRequested {}]].concat();
        given(asked.clone())
            .when(ImportCommand::Cancel)
            .then_expect_events(vec![]);
        let stop = ImportCommand::Stop {
            attempt: 1,
            counts: counts(4),
            report: None,
        };
        given(asked)
            .when(stop.clone())
            .then_expect_events(vec![ImportEvent::ImportCancelled {
                counts: counts(4),
                report: None,
            }]);
        given(running()).when(stop).then_expect_error(ImportError::NotOver);
    }

    #[test]
    fn one_that_is_over_is_over_and_only_then_its_files_go() {
        let over = || vec![queued(), began(1), finished()];
        given(over())
            .when(ImportCommand::Cancel)
            .then_expect_error(ImportError::Over {
                status: ImportStatus::Done,
            });
        given(over())
            .when(ImportCommand::RemoveFiles)
            .then_expect_events(vec![ImportEvent::ImportFilesRemoved {}]);
        given([over(), vec![ImportEvent::ImportFilesRemoved {}]].concat())
            .when(ImportCommand::RemoveFiles)
            .then_expect_events(vec![]);
        given(vec![queued(), began(1)])
            .when(ImportCommand::RemoveFiles)
            .then_expect_error(ImportError::NotOver);
    }
}
