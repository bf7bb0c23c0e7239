//! Imports as people see them: a file that they sent, looked at, started, followed and cancelled.

pub mod inputs;
pub mod mutations;
pub mod preview;
pub mod progress;

use async_graphql::{
    Context, Enum, ID, InputObject, Object, SimpleObject,
    connection::{Connection, Edge, EmptyFields},
};
use chrono::{DateTime, Utc};
use domain::{
    BlobHash, Decider,
    import::{ImportCounts, ImportKind as DomainKind, ImportState as DomainImport, ImportStatus},
};
use journal::{StreamId, Timestamp};
use projections::imports::{Column, Entity, Model};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

use self::inputs::ImportMapping;
pub use self::{mutations::ImportMutations, preview::ImportPreviewQueries, progress::ImportSubscription};
use super::{
    deals::known,
    errors::{ApiError, ApiResult},
    filters::ListFilter,
    history::{self, EventConnection},
    ids::{self, Kind},
    paging::{self, Direction, Listing, Nulls, PageArguments, SortKey},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Moment},
    session::Session,
    users::User,
};
use crate::import::{
    mapping::Mapping,
    queue::FILES_LIVE,
    report::{Finding, Outcome},
};

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "DomainKind")]
pub enum ImportKind {
    Organizations,
    Contacts,
    Deals,
    Activities,
}

/// How an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "ImportStatus")]
pub enum ImportState {
    /// Waits for those before it: one import runs at a time.
    Queued,
    Running,
    /// All rows were read. Some may have been refused.
    Done,
    /// No more of the file could be taken; `failure` says why. What was taken stays.
    Failed,
    /// Somebody stopped it. What was taken stays.
    Cancelled,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Outcome")]
pub enum ImportOutcome {
    /// It was left out.
    Refused,
    /// It was taken with a change.
    Mended,
}

/// Something that is said of a row.
#[derive(Debug, Clone, SimpleObject)]
pub struct ImportFinding {
    /// The line of the file that the row begins on, from 1. Null: it is about the mapping.
    line: Option<u64>,
    /// What names the row; null when that cannot be read.
    key: Option<String>,
    outcome: ImportOutcome,
    /// Stable, for programs; new ones may come.
    code: String,
    /// The field that is to blame, when one is.
    field: Option<String>,
    /// The column that it is read from.
    column: Option<String>,
    /// For people, in English.
    message: String,
}

impl From<Finding> for ImportFinding {
    fn from(finding: Finding) -> Self {
        Self {
            line: Some(finding.line),
            key: Some(finding.key).filter(|key| !key.is_empty()),
            outcome: finding.outcome.into(),
            code: finding.code.into_owned(),
            field: finding.field.map(Into::into),
            column: finding.column,
            message: finding.reason.into_owned(),
        }
    }
}

/// Why an import failed.
#[derive(Debug, Clone, SimpleObject)]
pub struct ImportFailure {
    /// Stable, for programs; new ones may come.
    code: String,
    message: String,
}

/// A file that somebody had taken in.
#[derive(Clone)]
pub struct Import {
    row: Model,
    reading: Reading,
}

impl Import {
    /// The import, to whoever started it and to overseers.
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        let row = reading.import(id).await?;
        Ok(row.map(|row| Self {
            row,
            reading: reading.clone(),
        }))
    }

    /// How many rows came to what, as of now where this process carries it out.
    fn counts(&self, ctx: &Context<'_>) -> ApiResult<ImportCounts> {
        let told = self.row.counts();
        let live = if self.row.over {
            None
        } else {
            ctx.application()?.imports.progress(self.row.id)
        };
        Ok(live.filter(|live| live.read() >= told.read()).unwrap_or(told))
    }

    fn files_path(&self, name: &str) -> Option<String> {
        (!self.row.files_removed).then(|| format!("/imports/{}/{name}", self.row.id))
    }
}

#[Object]
impl Import {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Import, self.row.id)
    }

    /// The bare id: as streams name it, and the `correlationId` of every event that a row led to.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    async fn kind(&self) -> ApiResult<ImportKind> {
        known(&DomainKind::ALL, DomainKind::as_str, &self.row.kind).map(ImportKind::from)
    }

    async fn state(&self) -> ApiResult<ImportState> {
        known(&ImportStatus::ALL, ImportStatus::as_str, &self.row.status).map(ImportState::from)
    }

    /// Whether somebody wants it to stop. It does so within seconds.
    async fn cancel_requested(&self) -> bool {
        self.row.cancel_requested
    }

    async fn file_name(&self) -> &str {
        &self.row.file_name
    }

    /// In bytes.
    async fn file_size(&self) -> i64 {
        self.row.size
    }

    /// Where the file is fetched, below the address of this server; null once it was removed.
    async fn file_path(&self) -> Option<String> {
        self.files_path("file.csv")
    }

    /// Names the system that the file comes from: the same source and key are the same object for ever.
    async fn source(&self) -> &str {
        &self.row.source
    }

    /// What it is read by.
    async fn mapping(&self) -> ApiResult<ImportMapping> {
        let mapping: Mapping = serde_json::from_str(&self.row.mapping)
            .map_err(|error| ApiError::internal("an import has no mapping", &error))?;
        Ok(mapping.into())
    }

    /// Null: the system's operator.
    #[graphql(complexity = "child_complexity + 1")]
    async fn started_by(&self) -> ApiResult<Option<User>> {
        match self.row.user_id {
            Some(id) => User::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// As history names who started it.
    async fn actor(&self) -> &str {
        &self.row.actor
    }

    /// How many rows the file has; zero until they are counted.
    async fn rows_total(&self, ctx: &Context<'_>) -> ApiResult<u64> {
        Ok(self.counts(ctx)?.total)
    }

    /// Rows whose outcome is known.
    async fn rows_read(&self, ctx: &Context<'_>) -> ApiResult<u64> {
        Ok(self.counts(ctx)?.read())
    }

    async fn rows_taken(&self, ctx: &Context<'_>) -> ApiResult<u64> {
        Ok(self.counts(ctx)?.taken)
    }

    /// Rows that an earlier import had taken, with the same content: nothing was done about them.
    async fn rows_taken_before(&self, ctx: &Context<'_>) -> ApiResult<u64> {
        Ok(self.counts(ctx)?.taken_before)
    }

    /// Rows that were taken, now or before, with something mended.
    async fn rows_mended(&self, ctx: &Context<'_>) -> ApiResult<u64> {
        Ok(self.counts(ctx)?.mended)
    }

    async fn rows_refused(&self, ctx: &Context<'_>) -> ApiResult<u64> {
        Ok(self.counts(ctx)?.refused)
    }

    /// Why it failed, if it did.
    async fn failure(&self) -> Option<ImportFailure> {
        let code = self.row.code.clone()?;
        let message = self.row.reason.clone().unwrap_or_default();
        Some(ImportFailure { code, message })
    }

    async fn queued_at(&self) -> Moment {
        Moment::from_micros(self.row.queued_at)
    }

    async fn started_at(&self) -> Option<Moment> {
        self.row.started_at.map(Moment::from_micros)
    }

    async fn finished_at(&self) -> Option<Moment> {
        self.row.finished_at.map(Moment::from_micros)
    }

    /// How often a process has begun to carry it out: more than once when one was interrupted.
    async fn attempts(&self) -> i32 {
        self.row.attempt
    }

    /// Until when file and report are kept; null while it is not over. They go earlier when somebody is erased of whom
    /// they may tell.
    async fn files_kept_until(&self) -> Option<Moment> {
        let end = DateTime::<Utc>::from(Timestamp(self.row.finished_at?));
        Some(Moment(end + FILES_LIVE))
    }

    /// Whether file and report were removed.
    async fn files_removed(&self) -> bool {
        self.row.files_removed
    }

    /// What was said of rows that were refused or mended, in their order: the first 100,000. Null while it is not over,
    /// and once it was removed.
    #[graphql(complexity = "paging::cost(first, None, child_complexity)")]
    async fn report(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> ApiResult<Option<ImportFindingConnection>> {
        if !self.row.over || self.row.files_removed {
            return Ok(None);
        }
        let asked = PageArguments {
            first,
            ..PageArguments::default()
        };
        let first = asked.window()?.limit;
        let skipped = match after.as_deref().map(str::parse::<u64>) {
            None => 0,
            Some(Ok(after)) => after.saturating_add(1),
            Some(Err(_)) => return Err(ApiError::bad_input("`after` is no cursor of this report.")),
        };
        let total = self.row.report_entries as u64;
        let mut connection = Connection::with_additional_fields(
            skipped > 0,
            skipped.saturating_add(first as u64) < total,
            ImportReportTotals { total },
        );
        let Some(report) = &self.row.report else {
            return Ok(Some(connection));
        };
        let hash: BlobHash = report
            .parse()
            .map_err(|error| ApiError::internal("a view holds no hash", &error))?;
        let found = match ctx.application()?.imports.findings(&hash, skipped, first).await {
            Ok(found) => found,
            // Removed since the row was read.
            Err(blobs::BlobError::Missing) => return Ok(None),
            Err(error) => return Err(ApiError::internal("a report cannot be read", &error)),
        };
        let places = (skipped..).map(|place| place.to_string());
        let edges = places.zip(found).map(|(place, found)| Edge::new(place, found.into()));
        connection.edges.extend(edges);
        Ok(Some(connection))
    }

    /// Where the report is fetched as CSV, below the address of this server; null when nothing was said of any row, while
    /// it is not over, and once it was removed.
    async fn report_path(&self) -> Option<String> {
        self.row.report.as_ref()?;
        self.files_path("report.csv")
    }

    /// Everything that ever happened to it, oldest first; not what its rows led to.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> ApiResult<EventConnection> {
        let window = PageArguments {
            first,
            after,
            last,
            before,
        }
        .window()?;
        history::of_stream(ctx, &StreamId::new(DomainImport::TYPE, self.row.id), &window).await
    }

    async fn updated_at(&self) -> Moment {
        Moment::from_micros(self.row.updated_at)
    }

    async fn version(&self) -> i64 {
        self.row.version
    }
}

/// What a report comes to, over all its pages.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct ImportReportTotals {
    /// How many things are said in it.
    #[graphql(name = "totalCount")]
    total: u64,
}

pub type ImportFindingConnection = Connection<String, ImportFinding, ImportReportTotals, EmptyFields>;

/// Which imports. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ImportFilter {
    pub state: Option<ListFilter<ImportState>>,
    pub kind: Option<ListFilter<ImportKind>>,
}

/// What a list of imports comes to, over all its pages.
pub struct ImportTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl ImportTotals {
    /// How many imports the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type ImportConnection = Connection<String, Import, ImportTotals, EmptyFields>;

#[derive(Default)]
pub struct ImportQueries;

#[Object]
impl ImportQueries {
    /// An import by its id, to whoever started it, to administrators and to auditors.
    async fn import(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Import>> {
        let id = ids::parse_as(Kind::Import, &id)?;
        Import::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// The imports that you started, the newest first; to administrators and auditors, everybody's.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn imports(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<ImportFilter>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<ImportConnection> {
        let window = PageArguments {
            first,
            after,
            last,
            before,
        }
        .window()?;
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let filter = filter.unwrap_or_default();
        let states = |state: ImportState| ImportStatus::from(state).as_str();
        let kinds = |kind: ImportKind| DomainKind::from(kind).as_str();
        let state = filter.state.as_ref().map(|list| list.condition(Column::Status, states));
        let kind = filter.kind.as_ref().map(|list| list.condition(Column::Kind, kinds));
        let scope = reading.scope().imports();
        let scope = scope.add_option(state.transpose()?).add_option(kind.transpose()?);
        let newest_first = vec![SortKey {
            column: Column::QueuedAt,
            direction: Direction::Desc,
            nulls: Nulls::Last,
        }];
        let listing = Listing::new(Entity::find().filter(scope), newest_first, Column::Id, &filter);
        let page = listing.page(reading.connection(), &window).await?;
        let totals = ImportTotals {
            select: listing.select,
            reading: reading.clone(),
        };
        Ok(page.connected(totals, |row| Import {
            row,
            reading: reading.clone(),
        }))
    }
}
