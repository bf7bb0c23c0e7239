//! Deliveries as an operator sees them: what leaves the house, how far it came, and why it did not.

pub mod mutations;

use async_graphql::{
    Context, Enum, ID, InputObject, Object,
    connection::{Connection, EmptyFields},
};
use domain::{Decider, delivery::DeliveryState};
use journal::StreamId;
use projections::deliveries::{Column, Entity, Model};
use sea_orm::{Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

pub use self::mutations::DeliveryMutations;
use super::{
    deals::known,
    errors::ApiResult,
    filters::{self, Budget, DateTimeFilter, IdFilter, ListFilter, StringFilter},
    history::{self, EventConnection},
    ids::{self, Kind},
    paging::{self, Direction, Listing, Nulls, PageArguments, SortKey},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Moment},
};

/// The way on which something leaves the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::delivery::DeliveryKind")]
pub enum DeliveryKind {
    Mail,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::delivery::DeliveryStatus")]
pub enum DeliveryStatus {
    /// Waits for its next attempt, which may be now.
    Queued,
    /// Waits after an attempt that did not succeed.
    Deferred,
    /// An attempt has begun; its outcome is not known.
    Attempting,
    Sent,
    /// Not sent, and nobody tries on: a dead letter.
    Dead,
    /// An attempt ended nobody knows how, and a person has to decide.
    Unknown,
    Cancelled,
}

/// Something that leaves the house.
#[derive(Clone)]
pub struct Delivery {
    row: Model,
}

impl Delivery {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.delivery(id).await?.map(|row| Self { row }))
    }
}

#[Object]
impl Delivery {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Delivery, self.row.id)
    }

    /// The bare id: as streams and the command line name it, and a letter's Message-ID before the `@`.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    async fn kind(&self) -> ApiResult<DeliveryKind> {
        use domain::delivery::DeliveryKind as Known;
        known(&Known::ALL, Known::as_str, &self.row.kind).map(DeliveryKind::from)
    }

    async fn status(&self) -> ApiResult<DeliveryStatus> {
        use domain::delivery::DeliveryStatus as Known;
        known(&Known::ALL, Known::as_str, &self.row.status).map(DeliveryStatus::from)
    }

    /// Which letter it is.
    async fn template(&self) -> Option<&str> {
        self.row.template.as_deref()
    }

    /// The stream of what it is about, `category:uuid`.
    async fn subject(&self) -> Option<&str> {
        self.row.subject.as_deref()
    }

    /// The address it goes to. Null: the addressee's data was erased.
    async fn recipient(&self) -> Option<&str> {
        self.row.recipient.as_deref()
    }

    /// Attempts begun, ever.
    async fn attempts(&self) -> i32 {
        self.row.attempts
    }

    /// When it is tried next; null when it is not, or an attempt is under way.
    async fn next_attempt_at(&self) -> Option<Moment> {
        let under_way = self.row.status == domain::delivery::DeliveryStatus::Attempting.as_str();
        let next = self.row.next_attempt_at.filter(|_| !under_way);
        next.map(Moment::from_micros)
    }

    /// Why the last attempt did not succeed, or why it was given up: `SMTP 550 5.1.1`, `EXPIRED`.
    async fn last_reason(&self) -> Option<&str> {
        self.row.last_reason.as_deref()
    }

    async fn queued_at(&self) -> Moment {
        Moment::from_micros(self.row.queued_at)
    }

    /// When it was sent, given up or cancelled.
    async fn settled_at(&self) -> Option<Moment> {
        self.row.settled_at.map(Moment::from_micros)
    }

    async fn updated_at(&self) -> Moment {
        Moment::from_micros(self.row.updated_at)
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.row.version
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
        history::of_stream(ctx, &StreamId::new(DeliveryState::TYPE, self.row.id), &window).await
    }
}

/// Which deliveries. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DeliveryFilter {
    pub and: Option<Vec<DeliveryFilter>>,
    pub or: Option<Vec<DeliveryFilter>>,
    pub not: Option<Box<DeliveryFilter>>,
    pub id: Option<IdFilter>,
    pub status: Option<ListFilter<DeliveryStatus>>,
    pub template: Option<StringFilter>,
    pub subject: Option<StringFilter>,
    pub recipient: Option<StringFilter>,
    pub queued_at: Option<DateTimeFilter>,
    pub next_attempt_at: Option<DateTimeFilter>,
    pub settled_at: Option<DateTimeFilter>,
}

impl DeliveryFilter {
    fn condition(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let mut all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        let texts = [
            (&self.template, Column::Template),
            (&self.subject, Column::Subject),
            (&self.recipient, Column::Recipient),
        ];
        for (filter, column) in texts {
            all = all.add_option(filter.as_ref().map(|text| text.condition(column)).transpose()?);
        }
        let times = [
            (&self.queued_at, Column::QueuedAt),
            (&self.next_attempt_at, Column::NextAttemptAt),
            (&self.settled_at, Column::SettledAt),
        ];
        for (filter, column) in times {
            all = all.add_option(filter.as_ref().map(|time| time.condition(column)));
        }
        let id = self.id.as_ref().map(|id| id.condition(Column::Id, Kind::Delivery));
        let statuses = |status: DeliveryStatus| domain::delivery::DeliveryStatus::from(status).as_str();
        let status = self
            .status
            .as_ref()
            .map(|list| list.condition(Column::Status, statuses));
        Ok(all.add_option(id.transpose()?).add_option(status.transpose()?))
    }
}

/// What deliveries are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DeliveryOrderField {
    QueuedAt,
    NextAttemptAt,
    SettledAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct DeliveryOrder {
    pub field: DeliveryOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<DeliveryOrder> for SortKey<Column> {
    fn from(order: DeliveryOrder) -> Self {
        let column = match order.field {
            DeliveryOrderField::QueuedAt => Column::QueuedAt,
            DeliveryOrderField::NextAttemptAt => Column::NextAttemptAt,
            DeliveryOrderField::SettledAt => Column::SettledAt,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

/// The newest first.
const DEFAULT_ORDER: DeliveryOrder = DeliveryOrder {
    field: DeliveryOrderField::QueuedAt,
    direction: Direction::Desc,
};

/// What a list of deliveries comes to, over all its pages.
pub struct DeliveryTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl DeliveryTotals {
    /// How many deliveries the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type DeliveryConnection = Connection<String, Delivery, DeliveryTotals, EmptyFields>;

/// A page of the deliveries within a scope.
pub async fn page(
    reading: &Reading,
    scope: Condition,
    arguments: PageArguments,
    filter: Option<DeliveryFilter>,
    order: Option<Vec<DeliveryOrder>>,
) -> ApiResult<DeliveryConnection> {
    let window = arguments.window()?;
    let order = order
        .filter(|order| !order.is_empty())
        .unwrap_or_else(|| vec![DEFAULT_ORDER]);
    let filter = filter.unwrap_or_default();
    let select = Entity::find()
        .filter(scope.clone())
        .filter(filter.condition(&mut Budget::within(reading.scope()))?);
    let listing = Listing::new(select, paging::sorted(order)?, Column::Id, &(scope, filter));
    let page = listing.page(reading.connection(), &window).await?;
    let totals = DeliveryTotals {
        select: listing.select,
        reading: reading.clone(),
    };
    Ok(page.connected(totals, |row| Delivery { row }))
}

#[derive(Default)]
pub struct DeliveryQueries;

#[Object]
impl DeliveryQueries {
    /// A delivery by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn delivery(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Delivery>> {
        let id = ids::parse_as(Kind::Delivery, &id)?;
        Delivery::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// What leaves the house, the newest first unless `orderBy` says otherwise. Dead letters:
    /// `filter: { status: { in: [DEAD, UNKNOWN] } }`.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<DeliveryFilter>,
        order_by: Option<Vec<DeliveryOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<DeliveryConnection> {
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
