//! Counts and sums of deals: of a list, and by group. Sums are per currency, since nobody said at which rate.

use std::collections::BTreeMap;

use async_graphql::{Context, Enum, Object, SimpleObject};
use projections::deals::{Column, Entity};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect, Select,
    sea_query::{Alias, Expr, Func, SimpleExpr},
};

use super::{DealFilter, DealStatus, status};
use crate::graphql::{
    errors::{ApiError, ApiResult},
    filters::Budget,
    money::Money,
    reading::{self, AsOfInput, Reading},
    scalars::BigInt,
};

/// Groups of one answer at most.
const MAX_GROUPS: usize = 1_000;

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

    /// Their amounts, one sum per currency. Deals without an amount count nothing.
    #[graphql(complexity = "20 + child_complexity")]
    async fn sum(&self) -> ApiResult<Vec<Money>> {
        let rows: Vec<(Option<String>, Option<String>)> = self
            .select
            .clone()
            .select_only()
            .column(Column::AmountCurrency)
            .expr_as(sum(), "total")
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
            .map(|(currency, total)| money(&total, &currency))
            .collect()
    }
}

/// What deals are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
pub enum DealDimension {
    Stage,
    Status,
    OwnerName,
    Product,
    /// The month it was opened in, `YYYY-MM`, in UTC.
    OpenedMonth,
    /// The month it was won or lost in, `YYYY-MM`, in UTC.
    ClosedMonth,
}

/// The deals that are alike in what was grouped by. Fields that were not grouped by are null.
#[derive(Debug, Clone, SimpleObject)]
pub struct DealGroup {
    stage: Option<String>,
    status: Option<DealStatus>,
    owner_name: Option<String>,
    product: Option<String>,
    opened_month: Option<String>,
    closed_month: Option<String>,
    count: u64,
    /// One sum per currency.
    sum: Vec<Money>,
}

#[derive(Default)]
pub struct DealAggregates;

#[Object]
impl DealAggregates {
    /// Counts and sums of deals by group, in the order of the groups, now or as of an earlier moment.
    #[graphql(complexity = "100 + child_complexity")]
    async fn deals_aggregate(
        &self,
        ctx: &Context<'_>,
        group_by: Vec<DealDimension>,
        filter: Option<DealFilter>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Vec<DealGroup>> {
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let condition = filter.unwrap_or_default().condition(&mut Budget::default())?;
        groups(&reading, Entity::find().filter(condition), &group_by).await
    }
}

/// A group's key by dimension; `None` where the deals have no such value.
type GroupKey = Vec<Option<String>>;

type Text = Option<String>;
/// Three keys, a currency, its sum and how many deals.
type Row = (Text, Text, Text, Text, Text, i64);

#[derive(Default)]
struct Figures {
    count: u64,
    sums: Vec<(String, String)>,
}

async fn groups(reading: &Reading, select: Select<Entity>, dimensions: &[DealDimension]) -> ApiResult<Vec<DealGroup>> {
    let mut dimensions = dimensions.to_vec();
    dimensions.dedup();
    if dimensions.len() > 3 {
        return Err(ApiError::bad_input("Group by at most three dimensions."));
    }
    let backend = reading.connection().get_database_backend();
    let mut select = select.select_only();
    // Always three keys, so that a row has one shape whatever was asked.
    for place in 0..3 {
        let key = dimensions
            .get(place)
            .map_or_else(|| SimpleExpr::val(""), |dimension| dimension.expression(backend));
        let name = format!("key_{place}");
        select = select.expr_as(key, name.clone());
        if place < dimensions.len() {
            // By its name: PostgreSQL does not see that two expressions with bound values are the same.
            select = select.group_by(Expr::col(Alias::new(name)));
        }
    }
    let rows: Vec<Row> = select
        .column(Column::AmountCurrency)
        .expr_as(sum(), "total")
        .expr_as(Expr::col(Column::Id).count(), "deals")
        .group_by(Column::AmountCurrency)
        .limit(MAX_GROUPS as u64 + 1)
        .into_tuple()
        .all(reading.connection())
        .await?;
    if rows.len() > MAX_GROUPS {
        return Err(ApiError::bad_input(format!(
            "There are more than {MAX_GROUPS} groups: filter, or group by less."
        )));
    }
    let mut groups: BTreeMap<GroupKey, Figures> = BTreeMap::new();
    for (first, second, third, currency, total, count) in rows {
        let mut key = vec![first, second, third];
        key.truncate(dimensions.len());
        let figures = groups.entry(key).or_default();
        figures.count += u64::try_from(count).unwrap_or(0);
        figures.sums.extend(currency.zip(total));
    }
    groups
        .into_iter()
        .map(|(key, figures)| group(&dimensions, key, figures))
        .collect()
}

fn group(dimensions: &[DealDimension], key: GroupKey, figures: Figures) -> ApiResult<DealGroup> {
    let mut sums = figures.sums;
    sums.sort();
    let mut group = DealGroup {
        stage: None,
        status: None,
        owner_name: None,
        product: None,
        opened_month: None,
        closed_month: None,
        count: figures.count,
        sum: sums
            .iter()
            .map(|(currency, total)| money(total, currency))
            .collect::<ApiResult<_>>()?,
    };
    for (dimension, value) in dimensions.iter().zip(key) {
        match dimension {
            DealDimension::Stage => group.stage = value,
            DealDimension::Status => group.status = value.as_deref().map(status).transpose()?,
            DealDimension::OwnerName => group.owner_name = value,
            DealDimension::Product => group.product = value,
            DealDimension::OpenedMonth => group.opened_month = value,
            DealDimension::ClosedMonth => group.closed_month = value,
        }
    }
    Ok(group)
}

impl DealDimension {
    fn expression(self, backend: DbBackend) -> SimpleExpr {
        match self {
            Self::Stage => Expr::col(Column::Stage),
            Self::Status => Expr::col(Column::Status),
            Self::OwnerName => Expr::col(Column::OwnerName),
            Self::Product => Expr::col(Column::Product),
            Self::OpenedMonth => month(Column::OpenedAt, backend),
            Self::ClosedMonth => month(Column::ClosedAt, backend),
        }
    }
}

/// The calendar month, in UTC, of a column of microseconds.
fn month(column: Column, backend: DbBackend) -> SimpleExpr {
    let seconds = Expr::col(column).div(1_000_000_i64);
    if backend == DbBackend::Postgres {
        let time = Func::cust("to_timestamp").arg(seconds.cast_as(Alias::new("double precision")));
        let in_utc = Func::cust("timezone").arg("UTC").arg(time);
        Func::cust("to_char").arg(in_utc).arg("YYYY-MM").into()
    } else {
        Func::cust("strftime").arg("%Y-%m").arg(seconds).arg("unixepoch").into()
    }
}

/// The sum of the amounts as text: the databases' own number types differ, and none of them is a float here.
fn sum() -> SimpleExpr {
    Expr::col(Column::AmountNetMinor).sum().cast_as(Alias::new("text"))
}

fn money(total: &str, currency: &str) -> ApiResult<Money> {
    let total = total
        .parse()
        .map_err(|error| ApiError::internal("a sum is no whole number", &error))?;
    Money::of_sum(total, currency)
}
