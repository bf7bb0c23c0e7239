//! Deals: the type, how lists of them are filtered and sorted, and the queries.

pub mod aggregate;
pub mod bulk;
pub mod filter;
pub mod inputs;
pub mod loaders;
pub mod mutations;
pub mod parts;

use async_graphql::{
    Context, Enum, ID, Object,
    connection::{Connection, EmptyFields},
};
use domain::{Decider, deal::DealState};
use journal::StreamId;
use projections::deals::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use self::parts::{CreditShare, DealSource, DealStageEntry, ProductOfInterest};
pub use self::{
    aggregate::{DealAggregates, DealTotals},
    bulk::DealBulkMutations,
    filter::{DEFAULT_ORDER, DealFilter, DealOrder, DealOrderField, DealsFilter},
    mutations::DealMutations,
};
use super::{
    errors::{ApiError, ApiResult},
    files::{self, Attachment},
    history::{self, EventConnection},
    ids::{self, Kind},
    money::Money,
    organizations::Organization,
    paging::{self, Listing, PageArguments},
    pipelines::{Pipeline, PipelineStage},
    reading::{self, AsOfInput, Reading},
    saved_filters::with_saved,
    scalars::{BigInt, Date, Moment},
    tasks::{self, Task, TaskConnection},
    users::User,
};

/// Whether a deal is still in progress, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::deal::DealStatus")]
pub enum DealStatus {
    Open,
    Won,
    Lost,
}

/// Why a deal was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::deal::LossReason")]
pub enum LossReason {
    Price,
    Competition,
    NoBudget,
    /// The customer decided to change nothing.
    NoDecision,
    BadTiming,
    /// They no longer answer.
    NoResponse,
    /// What we sell is not what they need.
    NotAFit,
    /// Something else, said in the note.
    Other,
    /// An imported history that does not say.
    NotRecorded,
}

/// One sale in progress, or one that was.
#[derive(Clone)]
pub struct Deal {
    row: Model,
    reading: Reading,
}

impl Deal {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.deal(id).await?.map(|row| Self::of(row, reading)))
    }

    pub fn of(row: Model, reading: &Reading) -> Self {
        let reading = reading.clone();
        Self { row, reading }
    }
}

#[Object]
impl Deal {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Deal, self.row.id)
    }

    /// The bare id, as streams, receipts and the command line name the deal.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    async fn title(&self) -> &str {
        &self.row.title
    }

    /// With whom; absent for a lead that came before one knew.
    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self) -> ApiResult<Option<Organization>> {
        match self.row.organization_id {
            Some(id) => Organization::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn pipeline(&self) -> ApiResult<Option<Pipeline>> {
        Pipeline::load(&self.reading, self.row.pipeline_id).await
    }

    /// Code of the stage it is in.
    async fn stage(&self) -> &str {
        &self.row.stage
    }

    /// The stage as its pipeline defines it.
    #[graphql(complexity = "child_complexity + 1")]
    async fn pipeline_stage(&self) -> ApiResult<Option<PipelineStage>> {
        let book = self.reading.deals_of().pipelines().await?;
        Ok(book
            .stage(self.row.pipeline_id, &self.row.stage)
            .cloned()
            .map(PipelineStage::from))
    }

    /// Since when it is in this stage.
    async fn stage_since(&self) -> Moment {
        Moment::from_micros(self.row.stage_since)
    }

    /// Every stay in a stage, oldest first.
    #[graphql(complexity = "10 * child_complexity + 5")]
    async fn stage_entries(&self) -> ApiResult<Vec<DealStageEntry>> {
        let rows = self.reading.deals_of().stage_entries(self.row.id).await?;
        let entry = |row| DealStageEntry::new(row, self.reading.clone());
        Ok(rows.into_iter().map(entry).collect())
    }

    /// In percent: of a won deal 100, of a lost one 0; else somebody's estimate, or the stage's own.
    async fn probability(&self) -> ApiResult<i32> {
        match status(&self.row.status)? {
            DealStatus::Won => Ok(100),
            DealStatus::Lost => Ok(0),
            DealStatus::Open => {
                if let Some(estimated) = self.row.probability {
                    return Ok(estimated);
                }
                let book = self.reading.deals_of().pipelines().await?;
                let stage = book.stage(self.row.pipeline_id, &self.row.stage);
                Ok(stage.map_or(0, |stage| stage.probability))
            }
        }
    }

    /// Somebody's own estimate in percent. While the deal is closed it does not count; it counts again when the deal is
    /// reopened.
    async fn estimated_probability(&self) -> Option<i32> {
        self.row.probability
    }

    async fn status(&self) -> ApiResult<DealStatus> {
        status(&self.row.status)
    }

    /// Without tax. Expected while the deal is open, agreed once it is won. Every measure counts this one.
    async fn amount_net(&self) -> ApiResult<Option<Money>> {
        Money::of_row(self.row.amount_net_minor, self.row.amount_currency.as_deref())
    }

    /// With tax.
    async fn amount_gross(&self) -> ApiResult<Option<Money>> {
        Money::of_row(self.row.amount_gross_minor, self.row.amount_currency.as_deref())
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn owner(&self) -> ApiResult<Option<User>> {
        match self.row.owner_id {
            Some(id) => User::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// The owner as the system wrote it that the deal was imported from, until somebody is assigned.
    async fn owner_name(&self) -> Option<&str> {
        self.row.owner_name.as_deref()
    }

    /// Whose sale it is and in which parts; empty: the owner's alone.
    #[graphql(complexity = "5 * child_complexity + 5")]
    async fn credit(&self) -> ApiResult<Vec<CreditShare>> {
        let rows = self.reading.deals_of().credits(self.row.id).await?;
        let share = |row| CreditShare::new(row, self.reading.clone());
        Ok(rows.into_iter().map(share).collect())
    }

    /// Where it comes from.
    async fn source(&self) -> ApiResult<Option<DealSource>> {
        let kinds = domain::deal::SourceKind::ALL;
        let source = self.row.source.as_deref();
        source
            .map(|text| {
                let kind = known(&kinds, domain::deal::SourceKind::as_str, text)?;
                Ok(DealSource {
                    kind: kind.into(),
                    detail: self.row.source_detail.clone(),
                })
            })
            .transpose()
    }

    /// The first of its products of interest.
    async fn product(&self) -> Option<&str> {
        self.row.product.as_deref()
    }

    /// What the customer may buy.
    #[graphql(complexity = "5 * child_complexity + 5")]
    async fn products(&self) -> ApiResult<Vec<ProductOfInterest>> {
        let rows = self.reading.deals_of().products(self.row.id).await?;
        rows.into_iter().map(ProductOfInterest::of_row).collect()
    }

    /// Who sells against us.
    #[graphql(complexity = 5)]
    async fn competitors(&self) -> ApiResult<Vec<String>> {
        let rows = self.reading.deals_of().competitors(self.row.id).await?;
        Ok(rows.into_iter().map(|row| row.name).collect())
    }

    #[graphql(complexity = 5)]
    async fn tags(&self) -> ApiResult<Vec<String>> {
        let rows = self.reading.deals_of().tags(self.row.id).await?;
        Ok(rows.into_iter().map(|row| row.name).collect())
    }

    /// Files that go with it, in the order in which they were attached; those that were detached only when they are asked
    /// for.
    #[graphql(complexity = "5 + child_complexity * 5")]
    async fn attachments(&self, #[graphql(default)] detached: bool) -> ApiResult<Option<Vec<Attachment>>> {
        Ok(Some(files::shown(
            self.reading.attachments(self.row.id).await?,
            detached,
        )))
    }

    /// What is to be done next.
    async fn next_step(&self) -> Option<&str> {
        self.row.next_step.as_deref()
    }

    /// The unfinished task that is due first.
    #[graphql(complexity = "child_complexity + 5")]
    async fn next_task(&self) -> ApiResult<Option<Task>> {
        let row = self.reading.deals_of().next_task(self.row.id).await?;
        Ok(row.map(|row| Task::new(row, self.reading.clone())))
    }

    async fn opened_at(&self) -> Moment {
        Moment::from_micros(self.row.opened_at)
    }

    /// When it was won or lost; absent while it is open.
    async fn closed_at(&self) -> Option<Moment> {
        self.row.closed_at.map(Moment::from_micros)
    }

    async fn expected_close(&self) -> ApiResult<Option<Date>> {
        self.row.expected_close.as_deref().map(date).transpose()
    }

    async fn lost_reason(&self) -> ApiResult<Option<LossReason>> {
        let reason = |text: &str| known(&domain::deal::LossReason::ALL, domain::deal::LossReason::as_str, text);
        self.row
            .lost_reason
            .as_deref()
            .map(|text| reason(text).map(LossReason::from))
            .transpose()
    }

    async fn lost_note(&self) -> Option<&str> {
        self.row.lost_note.as_deref()
    }

    /// Its name in the system it was imported from.
    async fn external_reference(&self) -> Option<&str> {
        self.row.external_reference.as_deref()
    }

    async fn updated_at(&self) -> Moment {
        Moment::from_micros(self.row.updated_at)
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.row.version
    }

    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn tasks(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> ApiResult<TaskConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        tasks::page(&self.reading, tasks::of_deal(self.row.id), arguments, None, None).await
    }

    /// Everything that ever happened to it, oldest first.
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
        history::of_stream(ctx, &StreamId::new(DealState::TYPE, self.row.id), &window).await
    }
}

/// Finds the value that a view's text stands for.
pub fn known<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, text: &str) -> ApiResult<T> {
    let found = all.iter().copied().find(|value| name(*value) == text);
    found.ok_or_else(|| ApiError::internal("a view holds a word that is none", &text))
}

pub(super) fn status(text: &str) -> ApiResult<DealStatus> {
    use domain::deal::DealStatus as Known;
    known(&Known::ALL, Known::as_str, text).map(DealStatus::from)
}

fn date(text: &str) -> ApiResult<Date> {
    text.parse()
        .map(Date)
        .map_err(|error| ApiError::internal("a view holds a date that is none", &error))
}

pub type DealConnection = Connection<String, Deal, DealTotals, EmptyFields>;

/// Those of an organization.
pub fn of_organization(id: Uuid) -> Condition {
    Condition::all().add(Column::OrganizationId.eq(id))
}

/// The deals within a scope, filtered and sorted.
pub fn listing(
    reading: &Reading,
    scope: Condition,
    filter: Option<DealFilter>,
    order: Option<Vec<DealOrder>>,
) -> ApiResult<Listing<Entity>> {
    let order = order
        .filter(|order| !order.is_empty())
        .unwrap_or_else(|| vec![DEFAULT_ORDER]);
    let seen = reading.scope();
    paging::filtered(
        seen,
        filter,
        paging::sorted(order)?,
        Column::Id,
        &scope,
        |filter, budget| {
            let within = Entity::find().filter(seen.deals()).filter(scope.clone());
            Ok(within.filter(filter.condition(budget)?))
        },
    )
}

/// A page of the deals within a scope.
pub async fn page(
    reading: &Reading,
    scope: Condition,
    arguments: PageArguments,
    filter: Option<DealFilter>,
    order: Option<Vec<DealOrder>>,
) -> ApiResult<DealConnection> {
    let window = arguments.window()?;
    let listing = listing(reading, scope, filter, order)?;
    let page = listing.page(reading.connection(), &window).await?;
    let totals = DealTotals::new(listing.select, reading.clone());
    Ok(page.connected(totals, |row| Deal {
        row,
        reading: reading.clone(),
    }))
}

#[derive(Default)]
pub struct DealQueries;

#[Object]
impl DealQueries {
    /// A deal by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn deal(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Deal>> {
        let id = ids::parse_as(Kind::Deal, &id)?;
        Deal::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Deals, newest first unless `orderBy` says otherwise, now or as of an earlier moment.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn deals(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<DealFilter>,
        #[graphql(desc = "A filter that you kept, or that is shared with you; `filter` must hold, too.")] saved_filter: Option<ID>,
        order_by: Option<Vec<DealOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<DealConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let filter = with_saved(ctx, saved_filter, filter).await?;
        page(&reading, Condition::all(), arguments, filter, order_by).await
    }
}
