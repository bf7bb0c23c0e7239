//! Counts and sums of deals: of a list, and by group. Sums are per currency, since nobody said at which rate, and of the
//! amounts without tax.

pub mod buckets;
mod figures;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono_tz::Tz;
use projections::deals::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

pub use self::buckets::TimeUnit;
use super::{DealFilter, DealStatus, parts::DealSourceKind};
use crate::graphql::{
    errors::{ApiError, ApiResult},
    filters::Budget,
    money::Money,
    pipelines::Pipeline,
    reading::{self, AsOfInput, Reading},
    saved_filters::with_saved,
    scalars::{BigInt, Date},
    users::User,
};

/// What a list of deals comes to, over all its pages.
pub struct DealTotals {
    select: Select<Entity>,
    reading: Reading,
}

impl DealTotals {
    pub fn new(select: Select<Entity>, reading: Reading) -> Self {
        Self { select, reading }
    }
}

#[Object]
impl DealTotals {
    /// How many deals the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }

    /// Their amounts without tax, one sum per currency. Deals without an amount count nothing.
    #[graphql(complexity = "20 + child_complexity")]
    async fn sum(&self) -> ApiResult<Vec<Money>> {
        let rows: Vec<(Option<String>, Option<String>)> = self
            .select
            .clone()
            .select_only()
            .column(Column::AmountCurrency)
            .expr_as(figures::sum(Column::AmountNetMinor), "total")
            .filter(Column::AmountNetMinor.is_not_null())
            .group_by(Column::AmountCurrency)
            .into_tuple()
            .all(self.reading.connection())
            .await?;
        let mut sums = rows
            .into_iter()
            .filter_map(|(currency, total)| currency.zip(total))
            .collect::<Vec<_>>();
        sums.sort();
        sums.into_iter()
            .map(|(currency, total)| Money::of_sum(figures::whole(&total)?, &currency))
            .collect()
    }
}

/// What deals are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
pub enum DealDimension {
    Pipeline,
    /// Code of the stage.
    Stage,
    Status,
    Owner,
    /// The owner as the system wrote it that the deal was imported from.
    OwnerName,
    Source,
    /// The first of its products of interest.
    Product,
}

/// Which date of a deal puts it into a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum DealDate {
    OpenedAt,
    ClosedAt,
    ExpectedClose,
}

/// Deals by time. Those without the date are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct DealTimeBucket {
    pub date: DealDate,
    #[graphql(default_with = "TimeUnit::Month")]
    pub unit: TimeUnit,
    /// The first day that counts; without it that of the first deal.
    pub from: Option<Date>,
    /// The last day that counts; without it that of the last deal.
    pub to: Option<Date>,
}

/// The deals that are alike in what was grouped by. Fields that were not grouped by are null.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct DealGroup {
    /// First day of the bucket.
    bucket: Option<Date>,
    stage: Option<String>,
    status: Option<DealStatus>,
    owner_name: Option<String>,
    source: Option<DealSourceKind>,
    product: Option<String>,
    count: u64,
    /// One per currency, as all that follow. Deals without an amount count nothing.
    sum: Vec<Money>,
    avg: Vec<Money>,
    min: Vec<Money>,
    max: Vec<Money>,
    /// Amount times probability: of a won deal the whole, of a lost one nothing, else by somebody's estimate or the
    /// stage's own probability.
    weighted_sum: Vec<Money>,
    percentiles: Vec<DealPercentile>,
    #[graphql(skip)]
    pipeline_id: Option<Uuid>,
    #[graphql(skip)]
    owner_id: Option<Uuid>,
    #[graphql(skip)]
    reading: Reading,
}

/// The smallest amount that so many in a hundred do not exceed (nearest rank).
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct DealPercentile {
    pub percent: i32,
    /// One per currency.
    pub amount: Vec<Money>,
}

#[ComplexObject]
impl DealGroup {
    #[graphql(complexity = "child_complexity + 1")]
    async fn pipeline(&self) -> ApiResult<Option<Pipeline>> {
        match self.pipeline_id {
            Some(id) => Pipeline::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn owner(&self) -> ApiResult<Option<User>> {
        match self.owner_id {
            Some(id) => User::load(&self.reading, id).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct DealAggregates;

#[Object]
impl DealAggregates {
    /// Counts, sums and other measures of deals by group, in the order of buckets and groups, now or as of an earlier
    /// moment. Buckets without deals are there, with zero. At most 1,000 groups, of at most 400 buckets.
    #[graphql(complexity = "100 + 100 * percentiles.as_ref().map_or(0, Vec::len) + 10 * child_complexity")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn deals_aggregate(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "At most three.")] group_by: Vec<DealDimension>,
        time_bucket: Option<DealTimeBucket>,
        #[graphql(
            default_with = "String::from(\"Europe/Paris\")",
            desc = "Of the IANA database: in which zone days begin."
        )]
        time_zone: String,
        #[graphql(desc = "From 1 to 100, at most three: 50 is the median.")] percentiles: Option<Vec<i32>>,
        filter: Option<DealFilter>,
        #[graphql(desc = "A filter that you kept, or that is shared with you; `filter` must hold, too.")] saved_filter: Option<ID>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Vec<DealGroup>> {
        let zone: Tz = time_zone
            .parse()
            .map_err(|_| ApiError::bad_input("`timeZone` is a name of the IANA database, such as Europe/Paris."))?;
        let percentiles = percentiles.unwrap_or_default();
        if percentiles.len() > 3 || percentiles.iter().any(|percent| !(1..=100).contains(percent)) {
            return Err(ApiError::bad_input(
                "`percentiles` are at most three, each from 1 to 100.",
            ));
        }
        let mut dimensions = group_by;
        dimensions.dedup();
        if dimensions.len() > 3 {
            return Err(ApiError::bad_input("Group by at most three dimensions."));
        }
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let seen = reading.scope();
        let filter = with_saved(ctx, saved_filter, filter).await?;
        let condition = filter.unwrap_or_default().condition(&mut Budget::within(seen))?;
        let asked = figures::Asked {
            select: Entity::find().filter(seen.deals()).filter(condition),
            dimensions,
            bucket: time_bucket,
            zone,
            percentiles,
        };
        figures::groups(&reading, asked).await
    }
}

/// A decimal amount of the smallest unit, as money: what is finer is rounded half to even.
fn rounded(units: rust_decimal::Decimal, currency: &str) -> ApiResult<Money> {
    let whole = i128::try_from(units.round())
        .map_err(|error| ApiError::internal("a measure is beyond what money can be", &error))?;
    Money::of_sum(whole, currency)
}
