//! Starting and cancelling imports.

use std::path::PathBuf;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use blobs::BlobError;
use domain::{
    Decider, FileId, ImportCommand, InvalidValue, Refusal, Role,
    import::{
        ImportError as ImportRefusal, ImportKind as DomainKind, ImportState as DomainImport, ImportedFile, QueueImport,
    },
    pipeline::BUILT_IN,
    value::Problem,
};
use journal::{CommandKey, StreamId};
use uuid::Uuid;

use super::{Import, ImportKind, inputs::ImportMapping};
use crate::{
    files::{FileError, Waiting},
    graphql::{
        commands::{self, CommandOptions, CommandResult},
        errors::{ApiError, ApiResult, ErrorCode, UserError},
        files::NO_SUCH_UPLOAD,
        following::Rule,
        ids::{self, Kind},
        scalars::BigInt,
        session::Session,
    },
    import::{
        self, ImportError,
        mapping::{Field, Mapping, MappingError, Source},
    },
};

/// What files are that can be imported.
const MEDIA_TYPES: [&str; 2] = ["text/csv", "text/plain"];
/// Names the system that a file comes from, when nobody says it.
const SOURCE: &str = "csv";

const NO_SUCH_PIPELINE: Rule = Rule {
    code: "PIPELINE_NOT_FOUND",
    field: "pipeline",
    english: "This pipeline does not exist.",
    french: "Ce pipeline n'existe pas.",
};

/// A file to take in.
#[derive(Debug, Clone, InputObject)]
pub struct ImportStartInput {
    /// As `fileUploadCreate` named it. It waits a day.
    pub file: Uuid,
    pub kind: ImportKind,
    pub mapping: ImportMapping,
    /// Names the system that the file comes from: the same source and key are the same object for ever, whichever file
    /// they stand in. `csv` unless it is given.
    pub source: Option<String>,
    /// Of all rows, for deals; then the mapping says nothing of it.
    pub pipeline: Option<ID>,
    /// Your name for this command. Sent again with the same content, it is not done again: the first answer comes back.
    pub command_id: Option<Uuid>,
}

#[derive(Debug, Clone, InputObject)]
pub struct ImportCancelInput {
    pub id: ID,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

/// What became of an import's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ImportPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    import: Uuid,
}

#[ComplexObject]
impl ImportPayload {
    /// The import after the command; null when the command was refused.
    async fn import(&self, ctx: &Context<'_>) -> ApiResult<Option<Import>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Import::load(&reading, self.import).await,
            None => Ok(None),
        }
    }
}

/// A file that somebody asks about.
pub(super) struct Asked {
    pub(super) file: Uuid,
    pub(super) kind: ImportKind,
    pub(super) mapping: Option<ImportMapping>,
    pub(super) source: Option<String>,
    pub(super) pipeline: Option<ID>,
}

/// The same, found and read as far as it can be before its rows.
pub(super) struct Taken {
    pub(super) waiting: Waiting,
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) source: String,
    pub(super) mapping: Option<Mapping>,
    /// What is the same for all rows, whatever the mapping says.
    pub(super) constants: Vec<(&'static str, String)>,
}

/// Finds a file that was sent and reads what is said of it; or why that is refused.
pub(super) async fn taken(ctx: &Context<'_>, asked: Asked) -> ApiResult<Result<Taken, UserError>> {
    let refused = |refusal: &dyn Refusal| Ok(Err(user_error(ctx, refusal)));
    let files = &ctx.application()?.files;
    let Some(waiting) = files.waiting(FileId(asked.file), ctx.viewer()?.user()).await? else {
        return refused(&NO_SUCH_UPLOAD);
    };
    if !MEDIA_TYPES.contains(&waiting.description.media_type.as_str()) {
        return refused(&InvalidValue::new("file", Problem::NotAMediaType));
    }
    let path = match files.whereabouts(&waiting).await {
        Ok(path) => path,
        Err(FileError::Blob(BlobError::Missing)) => return refused(&NO_SUCH_UPLOAD),
        Err(error) => return Err(error.into()),
    };
    let mut constants = Vec::new();
    if let Some(pipeline) = &asked.pipeline {
        if asked.kind != ImportKind::Deals {
            return Err(ApiError::bad_input("Give `pipeline` with deals only."));
        }
        let id = ids::parse_as(Kind::Pipeline, pipeline)?;
        if id != BUILT_IN.0 && !commands::exists(ctx, Kind::Pipeline, id).await? {
            return refused(&NO_SUCH_PIPELINE);
        }
        constants.push(("pipeline", id.to_string()));
    }
    let source = asked.source.unwrap_or_else(|| SOURCE.to_owned());
    let mapping = match asked.mapping {
        None => None,
        Some(given) => {
            let delimiter = match given.separator() {
                Ok(Some(delimiter)) => delimiter,
                Ok(None) => match import::delimiter_of(&path) {
                    Ok(delimiter) => delimiter,
                    Err(ImportError::File(unusable)) => return refused(&unusable),
                    Err(error) => return Err(error.into()),
                },
                Err(refusal) => return refused(&refusal),
            };
            let time_zone = ctx.viewer()?.time_zone();
            let mut mapping = match given.read(&source, delimiter, time_zone) {
                Ok(mapping) => mapping,
                Err(refusal) => return refused(&refusal),
            };
            if let Err(name) = fill(&mut mapping, &constants) {
                return refused(&MappingError::MappedTwice { name });
            }
            Some(mapping)
        }
    };
    Ok(Ok(Taken {
        path,
        name: waiting.description.name.clone(),
        size: waiting.size,
        waiting,
        source,
        mapping,
        constants,
    }))
}

/// Puts in what is the same for all rows; the field that the mapping fills otherwise, if there is one.
fn fill(mapping: &mut Mapping, constants: &[(&'static str, String)]) -> Result<(), String> {
    for (name, value) in constants {
        let constant = Field::from(Source::Constant(value.clone()));
        if mapping.fields.insert((*name).to_owned(), constant).is_some() {
            return Err((*name).to_owned());
        }
    }
    Ok(())
}

fn user_error(ctx: &Context<'_>, refusal: &dyn Refusal) -> UserError {
    commands::user_error(ctx, refusal)
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Stopped {
                code: engine::Code::JournalUnavailable,
                message,
            } => Self::new(ErrorCode::JournalUnavailable, message),
            ImportError::Stopped {
                code: engine::Code::ViewsBehind | engine::Code::ViewsFailed,
                message,
            } => Self::new(ErrorCode::ViewsUnavailable, message),
            error => Self::internal("a file cannot be looked at", &error),
        }
    }
}

/// The answer that the same command got before, when the file that it names does not wait any more.
async fn before(ctx: &Context<'_>, options: &CommandOptions, id: Uuid) -> ApiResult<Option<CommandResult>> {
    let Some(command_id) = options.command_id else {
        return Ok(None);
    };
    let application = ctx.application()?;
    if application.bus.load::<domain::Import>(id).await?.is_none() {
        return Ok(None);
    }
    let key = CommandKey {
        issuer: ctx.viewer()?.issuer.clone(),
        id: command_id,
    };
    let Some(record) = application.journal.command(&key).await? else {
        return Ok(None);
    };
    let stream = StreamId::new(DomainImport::TYPE, id);
    let version = application.journal.stream_version(&stream).await?;
    Ok(Some(CommandResult {
        position: Some(BigInt(record.appended.last.0)),
        version: u32::try_from(version.0).ok(),
        replayed: true,
        user_errors: Vec::new(),
    }))
}

#[derive(Default)]
pub struct ImportMutations;

#[Object]
impl ImportMutations {
    /// Has a file taken in, in the background: imports run one after the other. Importing a file again takes only what is
    /// new in it.
    #[graphql(complexity = "100 + child_complexity")]
    async fn import_start(&self, ctx: &Context<'_>, input: ImportStartInput) -> ApiResult<ImportPayload> {
        let options = CommandOptions {
            command_id: input.command_id,
            ..CommandOptions::default()
        };
        let id = options.new_id(ctx, DomainImport::TYPE)?;
        let kind = DomainKind::from(input.kind);
        let refused = |error: UserError| ImportPayload {
            result: CommandResult::refused(error),
            import: id,
        };
        let asked = Asked {
            file: input.file,
            kind: input.kind,
            mapping: Some(input.mapping),
            source: input.source,
            pipeline: input.pipeline,
        };
        let taken = match taken(ctx, asked).await? {
            Ok(taken) => taken,
            Err(error) => {
                let before = before(ctx, &options, id).await?;
                let result = before.unwrap_or_else(|| CommandResult::refused(error));
                return Ok(ImportPayload { result, import: id });
            }
        };
        let Some(mapping) = taken.mapping else {
            return Err(ApiError::internal("an import has no mapping", &"none was read"));
        };
        if let Err(refusal) = mapping.check(import::Kind::from(kind).fields()) {
            return Ok(refused(user_error(ctx, &refusal)));
        }
        match import::check(&taken.path, &mapping) {
            Ok(()) => {}
            Err(ImportError::File(unusable)) => return Ok(refused(user_error(ctx, &unusable))),
            Err(error) => return Err(error.into()),
        }
        let application = ctx.application()?;
        // Before the event: what it names is there.
        application.files.keep(&taken.waiting).await?;
        let queue = QueueImport {
            kind,
            file: ImportedFile {
                blob: taken.waiting.blob,
                size: taken.waiting.size,
                description: taken.waiting.description,
            },
            source: taken.source,
            mapping: serde_json::to_string(&mapping)
                .map_err(|error| ApiError::internal("a mapping cannot be written", &error))?,
            user: ctx.viewer()?.user(),
        };
        let queue = ImportCommand::Queue(Box::new(queue));
        let result = commands::execute::<DomainImport>(ctx, &options, id, queue).await?;
        application.imports.nudge();
        Ok(ImportPayload { result, import: id })
    }

    /// Stops an import of yours; administrators stop any. What was taken stays.
    #[graphql(complexity = "50 + child_complexity")]
    async fn import_cancel(&self, ctx: &Context<'_>, input: ImportCancelInput) -> ApiResult<ImportPayload> {
        let id = ids::parse_as(Kind::Import, &input.id)?;
        let application = ctx.application()?;
        let viewer = ctx.viewer()?;
        let import = application.bus.load::<domain::Import>(id).await?;
        let starter = import.and_then(|(import, _)| import.user());
        let may = starter.is_some_and(|user| user == viewer.user() || viewer.role == Role::Admin);
        let result = if may {
            commands::execute::<DomainImport>(ctx, &input.options, id, ImportCommand::Cancel).await?
        } else {
            CommandResult::refused(user_error(ctx, &ImportRefusal::NotFound))
        };
        application.imports.nudge();
        Ok(ImportPayload { result, import: id })
    }
}
