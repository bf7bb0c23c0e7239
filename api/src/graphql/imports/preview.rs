//! What a file would come to, before it is started.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use uuid::Uuid;

use super::{
    ImportFinding, ImportKind, ImportOutcome,
    inputs::ImportMapping,
    mutations::{Asked, taken},
};
use crate::{
    graphql::{
        commands,
        errors::{ApiResult, UserError},
        session::Session,
    },
    import::{self, Kind, fields::Reading, preview, report::Outcome},
};
use domain::Refusal;

/// Rows that are shown, unless somebody says otherwise.
const SHOWN: u32 = 10;
/// And at most.
const SHOWN_MAX: u32 = 50;

/// A file to look at.
#[derive(Debug, Clone, InputObject)]
pub struct ImportPreviewInput {
    /// As `fileUploadCreate` named it.
    pub file: Uuid,
    pub kind: ImportKind,
    /// Without it, the file is read as its headings suggest.
    pub mapping: Option<ImportMapping>,
    /// Names the system that the file comes from.
    pub source: Option<String>,
    /// Of all rows, for deals.
    pub pipeline: Option<ID>,
    /// How many of the first rows are shown: 10, and 50 at most.
    pub rows: Option<u32>,
}

/// How a field's value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Reading")]
pub enum ImportReading {
    Text,
    /// A whole number.
    Whole,
    /// Money.
    Amount,
    /// A date.
    Day,
    /// A date, or a date and a time.
    Moment,
    /// Yes or no.
    Flag,
    /// One of a few words.
    Choice,
    /// One of the stages of the pipeline.
    Stage,
    /// The key of another object of the same source.
    Key,
}

/// A field that a column can fill.
#[derive(Debug, Clone, SimpleObject)]
pub struct ImportFieldInfo {
    name: &'static str,
    /// Whether every mapping must say where it comes from.
    required: bool,
    reading: ImportReading,
    /// For people, in the language of `Accept-Language` (English or French).
    description: &'static str,
    /// The column that its headings suggest.
    suggested_column: Option<String>,
}

/// A column of the file.
#[derive(Debug, Clone, SimpleObject)]
pub struct ImportColumn {
    name: String,
    /// Some of its values.
    samples: Vec<String>,
    /// Whether every row has a value of its own there: then it can be the key.
    names_rows: bool,
}

/// A field of a row as it would be taken.
#[derive(Debug, Clone, SimpleObject)]
pub struct ImportValue {
    field: &'static str,
    /// Null: there is none, or it cannot be read.
    value: Option<String>,
}

/// A row as it would be taken.
#[derive(Debug, Clone, SimpleObject)]
pub struct ImportRow {
    /// The line of the file that it begins on, from 1.
    line: u64,
    key: Option<String>,
    values: Vec<ImportValue>,
}

/// What a file would come to. Nothing was written.
#[derive(Debug, Clone, SimpleObject)]
pub struct ImportPreview {
    file_name: String,
    /// In bytes.
    file_size: u64,
    /// What separates the cells.
    delimiter: String,
    columns: Vec<ImportColumn>,
    /// The fields that columns of this kind of file can fill.
    fields: Vec<ImportFieldInfo>,
    /// What the file was read by: the mapping that was given, or the one that its headings suggest.
    mapping: ImportMapping,
    /// The first rows, as they would be taken.
    rows: Vec<ImportRow>,
    /// How many rows the file has; zero while the mapping lacks something.
    rows_total: u64,
    /// How many of them were decided, the first 10,000: what follows is about these.
    rows_decided: u64,
    /// Rows that would be taken.
    rows_to_take: u64,
    rows_taken_before: u64,
    rows_mended: u64,
    rows_refused: u64,
    /// What is wrong with the mapping or with rows: the first hundred.
    problems: Vec<ImportFinding>,
    /// How many there are.
    problem_count: u64,
}

#[derive(Debug, Clone, SimpleObject)]
pub struct ImportPreviewPayload {
    /// Null when the file or the mapping cannot be used.
    preview: Option<ImportPreview>,
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct ImportPreviewQueries;

#[Object]
impl ImportPreviewQueries {
    /// What a file that was sent would come to: its columns, a mapping, its first rows as they would be read, and what is
    /// wrong with them. Everything is decided, nothing is written.
    #[graphql(complexity = "2000 + child_complexity")]
    async fn import_preview(&self, ctx: &Context<'_>, input: ImportPreviewInput) -> ApiResult<ImportPreviewPayload> {
        let shown = input.rows.unwrap_or(SHOWN).min(SHOWN_MAX) as usize;
        let asked = Asked {
            file: input.file,
            kind: input.kind,
            mapping: input.mapping,
            source: input.source,
            pipeline: input.pipeline,
        };
        let refused = |error: UserError| ImportPreviewPayload {
            preview: None,
            user_errors: vec![error],
        };
        let taken = match taken(ctx, asked).await? {
            Ok(taken) => taken,
            Err(error) => return Ok(refused(error)),
        };
        let kind = Kind::from(domain::import::ImportKind::from(input.kind));
        if let Some(Err(refusal)) = taken.mapping.as_ref().map(|mapping| mapping.check(kind.fields())) {
            return Ok(refused(commands::user_error(ctx, &refusal)));
        }
        let looked_at = preview::preview(
            &ctx.application()?.bus,
            preview::Asked {
                file: &taken.path,
                kind,
                mapping: taken.mapping,
                constants: taken.constants,
                source: &taken.source,
                time_zone: ctx.viewer()?.time_zone(),
                rows: shown,
                sight: ctx.sight()?.for_commands(),
            },
        )
        .await;
        match looked_at {
            Ok(preview) => Ok(ImportPreviewPayload {
                preview: Some(told(ctx, kind, taken.name, taken.size, preview)),
                user_errors: Vec::new(),
            }),
            Err(import::ImportError::File(unusable)) => Ok(refused(commands::user_error(ctx, &unusable))),
            Err(error) => Err(error.into()),
        }
    }
}

fn told(ctx: &Context<'_>, kind: Kind, file_name: String, file_size: u64, preview: preview::Preview) -> ImportPreview {
    let language = ctx.language();
    let preview::Preview {
        columns,
        mapping,
        suggested,
        incomplete,
        rows,
        findings,
        found,
        counts,
    } = preview;
    let fields = kind.fields().iter().map(|field| ImportFieldInfo {
        name: field.name,
        required: field.required,
        reading: field.reading.into(),
        description: field.description(language),
        suggested_column: suggested.column_of(field.name).map(str::to_owned),
    });
    let lacking = incomplete.map(|lacking| ImportFinding {
        line: None,
        key: None,
        outcome: ImportOutcome::from(Outcome::Refused),
        code: lacking.code().to_owned(),
        field: lacking.lacks().map(str::to_owned),
        column: None,
        message: lacking.message(language),
    });
    let problem_count = found + u64::from(lacking.is_some());
    ImportPreview {
        file_name,
        file_size,
        delimiter: mapping.delimiter.to_string(),
        columns: columns
            .into_iter()
            .map(|column| ImportColumn {
                name: column.name,
                samples: column.samples,
                names_rows: column.names_rows,
            })
            .collect(),
        fields: fields.collect(),
        mapping: mapping.into(),
        rows: rows
            .into_iter()
            .map(|row| ImportRow {
                line: row.line,
                key: row.key,
                values: row
                    .values
                    .into_iter()
                    .map(|(field, value)| ImportValue {
                        field: field.name,
                        value,
                    })
                    .collect(),
            })
            .collect(),
        rows_total: counts.total,
        rows_decided: counts.read(),
        rows_to_take: counts.taken,
        rows_taken_before: counts.taken_before,
        rows_mended: counts.mended,
        rows_refused: counts.refused,
        problems: lacking
            .into_iter()
            .chain(findings.into_iter().map(Into::into))
            .collect(),
        problem_count,
    }
}
