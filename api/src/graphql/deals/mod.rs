//! Deals: the type, how lists of them are filtered and sorted, and the queries.

pub mod aggregate;
pub mod mutations;

use async_graphql::{
    Context, Enum, ID, InputObject, Object,
    connection::{Connection, Edge, EmptyFields},
};
use domain::{Decider, deal::DealState};
use journal::StreamId;
use projections::deals::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

pub use self::{
    aggregate::{DealAggregates, DealTotals},
    mutations::DealMutations,
};
use super::{
    errors::{ApiError, ApiResult},
    filters::{self, Budget, DateFilter, DateTimeFilter, IdFilter, ListFilter, MoneyFilter, StringFilter},
    history::{self, EventConnection},
    ids::{self, Kind},
    money::Money,
    organizations::Organization,
    paging::{self, Direction, Listing, PageArguments, SortKey},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Date, Moment},
    tasks::{self, TaskConnection},
};

/// The stages of the default pipeline, in order. The last two close a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::Stage")]
pub enum Stage {
    Prospection,
    Qualification,
    Proposition,
    Negociation,
    /// Won.
    Signe,
    /// Lost.
    Perdu,
}

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
        Ok(reading.deal(id).await?.map(|row| Self {
            row,
            reading: reading.clone(),
        }))
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

    async fn stage(&self) -> ApiResult<Stage> {
        stage(&self.row.stage)
    }

    /// Since when it is in this stage.
    async fn stage_since(&self) -> Moment {
        Moment::from_micros(self.row.stage_since)
    }

    /// How many in a hundred deals of this stage are won, where nothing better is known.
    async fn probability(&self) -> ApiResult<i32> {
        Ok(domain::Stage::from(stage(&self.row.stage)?).probability().into())
    }

    async fn status(&self) -> ApiResult<DealStatus> {
        status(&self.row.status)
    }

    /// Expected while the deal is open, agreed once it is won.
    async fn amount(&self) -> ApiResult<Option<Money>> {
        Money::of_row(self.row.amount_minor, self.row.amount_currency.as_deref())
    }

    async fn owner(&self) -> Option<&str> {
        self.row.owner.as_deref()
    }

    async fn product(&self) -> Option<&str> {
        self.row.product.as_deref()
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

fn stage(text: &str) -> ApiResult<Stage> {
    known(&domain::Stage::ALL, domain::Stage::as_str, text).map(Stage::from)
}

fn status(text: &str) -> ApiResult<DealStatus> {
    use domain::deal::DealStatus as Known;
    known(&Known::ALL, Known::as_str, text).map(DealStatus::from)
}

fn date(text: &str) -> ApiResult<Date> {
    text.parse()
        .map(Date)
        .map_err(|error| ApiError::internal("a view holds a date that is none", &error))
}

/// Which deals. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DealFilter {
    pub and: Option<Vec<DealFilter>>,
    pub or: Option<Vec<DealFilter>>,
    pub not: Option<Box<DealFilter>>,
    pub id: Option<IdFilter>,
    pub title: Option<StringFilter>,
    pub organization: Option<IdFilter>,
    pub stage: Option<ListFilter<Stage>>,
    pub status: Option<ListFilter<DealStatus>>,
    pub amount: Option<MoneyFilter>,
    pub owner: Option<StringFilter>,
    pub product: Option<StringFilter>,
    pub opened_at: Option<DateTimeFilter>,
    pub closed_at: Option<DateTimeFilter>,
    pub expected_close: Option<DateFilter>,
    pub external_reference: Option<StringFilter>,
}

impl DealFilter {
    fn condition(&self, budget: &mut Budget) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        let stages = |stage: Stage| domain::Stage::from(stage).as_str();
        let statuses = |status: DealStatus| domain::deal::DealStatus::from(status).as_str();
        let amount = |amount: &MoneyFilter| amount.condition(Column::AmountMinor, Column::AmountCurrency);
        let stored = |date: Date| date.0.to_string();
        Ok(all
            .add_option(
                self.id
                    .as_ref()
                    .map(|id| id.condition(Column::Id, Kind::Deal))
                    .transpose()?,
            )
            .add_option(
                self.title
                    .as_ref()
                    .map(|text| text.condition(Column::Title))
                    .transpose()?,
            )
            .add_option(
                self.organization
                    .as_ref()
                    .map(|id| id.condition(Column::OrganizationId, Kind::Organization))
                    .transpose()?,
            )
            .add_option(
                self.stage
                    .as_ref()
                    .map(|list| list.condition(Column::Stage, stages))
                    .transpose()?,
            )
            .add_option(
                self.status
                    .as_ref()
                    .map(|list| list.condition(Column::Status, statuses))
                    .transpose()?,
            )
            .add_option(self.amount.as_ref().map(amount).transpose()?)
            .add_option(
                self.owner
                    .as_ref()
                    .map(|text| text.condition(Column::Owner))
                    .transpose()?,
            )
            .add_option(
                self.product
                    .as_ref()
                    .map(|text| text.condition(Column::Product))
                    .transpose()?,
            )
            .add_option(self.opened_at.as_ref().map(|time| time.condition(Column::OpenedAt)))
            .add_option(self.closed_at.as_ref().map(|time| time.condition(Column::ClosedAt)))
            .add_option(
                self.expected_close
                    .as_ref()
                    .map(|date| date.condition(Column::ExpectedClose, stored)),
            )
            .add_option(
                self.external_reference
                    .as_ref()
                    .map(|text| text.condition(Column::ExternalReference))
                    .transpose()?,
            ))
    }
}

/// What deals are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DealOrderField {
    OpenedAt,
    ClosedAt,
    ExpectedClose,
    UpdatedAt,
    /// The number, whatever the currency: filter by currency to make sense of it.
    Amount,
    /// The place in the pipeline.
    Stage,
    Title,
    Owner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct DealOrder {
    pub field: DealOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<DealOrder> for SortKey<Column> {
    fn from(order: DealOrder) -> Self {
        let column = match order.field {
            DealOrderField::OpenedAt => Column::OpenedAt,
            DealOrderField::ClosedAt => Column::ClosedAt,
            DealOrderField::ExpectedClose => Column::ExpectedClose,
            DealOrderField::UpdatedAt => Column::UpdatedAt,
            DealOrderField::Amount => Column::AmountMinor,
            DealOrderField::Stage => Column::StageRank,
            DealOrderField::Title => Column::Title,
            DealOrderField::Owner => Column::Owner,
        };
        Self {
            column,
            direction: order.direction,
        }
    }
}

/// Newest first.
const DEFAULT_ORDER: DealOrder = DealOrder {
    field: DealOrderField::OpenedAt,
    direction: Direction::Desc,
};

pub type DealConnection = Connection<String, Deal, DealTotals, EmptyFields>;

/// Those of an organization.
pub fn of_organization(id: Uuid) -> Condition {
    Condition::all().add(Column::OrganizationId.eq(id))
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
    let order = order
        .filter(|order| !order.is_empty())
        .unwrap_or_else(|| vec![DEFAULT_ORDER]);
    let filter = filter.unwrap_or_default();
    let select = Entity::find()
        .filter(scope.clone())
        .filter(filter.condition(&mut Budget::default())?);
    let sort = paging::sorted(order)?;
    let listing = Listing::new(select, sort, Column::Id, &(scope, filter));
    let page = listing.page(reading.connection(), &window).await?;
    let totals = DealTotals::new(listing.select, reading.clone());
    let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, totals);
    connection.edges.extend(page.rows.into_iter().map(|(cursor, row)| {
        let deal = Deal {
            row,
            reading: reading.clone(),
        };
        Edge::new(cursor, deal)
    }));
    Ok(connection)
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
        page(&reading, Condition::all(), arguments, filter, order_by).await
    }
}
