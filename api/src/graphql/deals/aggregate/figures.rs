//! The queries behind the measures: one definition for both databases.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use projections::deals::{Column, Entity};
use rust_decimal::Decimal;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, ExprTrait, QueryResult, QuerySelect, QueryTrait, Select,
    sea_query::{
        Alias, Asterisk, CaseStatement, Expr, Func, Order, OverStatement, Query, SelectStatement, SimpleExpr,
        WindowStatement,
    },
};
use uuid::Uuid;

use super::{
    DealDate, DealDimension, DealGroup, DealPercentile, DealTimeBucket,
    buckets::{self, Bucket},
    rounded,
};
use crate::graphql::{
    deals::{known, status},
    errors::{ApiError, ApiResult},
    money::Money,
    pipelines::book::Book,
    reading::Reading,
    scalars::Date,
};

/// Groups of one answer at most.
const MAX_GROUPS: usize = 1_000;

/// What was asked for.
pub(super) struct Asked {
    pub(super) select: Select<Entity>,
    pub(super) dimensions: Vec<DealDimension>,
    pub(super) bucket: Option<DealTimeBucket>,
    pub(super) zone: Tz,
    pub(super) percentiles: Vec<i32>,
}

/// A bucket's first day and the values of the dimensions; `None` where the deals have no such value.
type GroupKey = (Option<NaiveDate>, Vec<Option<String>>);

#[derive(Default)]
struct Figures {
    count: u64,
    sum: BTreeMap<String, Money>,
    avg: BTreeMap<String, Money>,
    min: BTreeMap<String, Money>,
    max: BTreeMap<String, Money>,
    weighted: BTreeMap<String, Money>,
    percentiles: BTreeMap<i32, BTreeMap<String, Money>>,
}

pub(super) async fn groups(reading: &Reading, asked: Asked) -> ApiResult<Vec<DealGroup>> {
    let cut = match asked.bucket {
        Some(bucket) => Some(cut(reading, &asked, bucket).await?),
        None => None,
    };
    let mut groups: BTreeMap<GroupKey, Figures> = BTreeMap::new();
    if cut.as_ref().is_none_or(|buckets| !buckets.is_empty()) {
        let cut = cut.as_deref();
        measures(reading, &asked, cut, &mut groups).await?;
        for percent in &asked.percentiles {
            percentile(reading, &asked, cut, *percent, &mut groups).await?;
        }
    }
    fill(&asked, cut.as_deref().unwrap_or_default(), &mut groups);
    if groups.len() > MAX_GROUPS {
        return Err(too_many());
    }
    groups
        .into_iter()
        .map(|(key, figures)| group(reading, &asked, key, figures))
        .collect()
}

/// The buckets of the asked range; where an end of it was left open, up to the deals there are.
async fn cut(reading: &Reading, asked: &Asked, bucket: DealTimeBucket) -> ApiResult<Vec<Bucket>> {
    let column = column_of(bucket.date);
    let backend = reading.connection().get_database_backend();
    let mut bounds = asked.select.clone().select_only().into_query();
    let text = |value: SimpleExpr| value.cast_as(Alias::new("text"));
    bounds.expr(text(Expr::col((Entity, column)).min()));
    bounds.expr(text(Expr::col((Entity, column)).max()));
    let row = reading.connection().query_one_raw(backend.build(&bounds)).await?;
    let bound = |index: usize| -> ApiResult<Option<NaiveDate>> {
        let text: Option<String> = row
            .as_ref()
            .map(|row| row.try_get_by_index(index))
            .transpose()?
            .flatten();
        let Some(text) = text else { return Ok(None) };
        Ok(match bucket.date {
            DealDate::ExpectedClose => text.parse().ok(),
            _ => text.parse().ok().and_then(|micros| buckets::day_of(micros, asked.zone)),
        })
    };
    let from = bucket.from.map(|Date(date)| date);
    let to = bucket.to.map(|Date(date)| date);
    match (from.or(bound(0)?), to.or(bound(1)?)) {
        (Some(from), Some(to)) => buckets::buckets(bucket.unit, from, to),
        _ => Ok(Vec::new()),
    }
}

const fn column_of(date: DealDate) -> Column {
    match date {
        DealDate::OpenedAt => Column::OpenedAt,
        DealDate::ClosedAt => Column::ClosedAt,
        DealDate::ExpectedClose => Column::ExpectedClose,
    }
}

/// The selected deals with three keys, the number of their bucket, and what measures are made of.
fn rows(asked: &Asked, cut: Option<&[Bucket]>, backend: DbBackend, weight: SimpleExpr) -> SelectStatement {
    let mut rows = asked.select.clone().select_only().into_query();
    // Always three keys, so that a row has one shape whatever was asked.
    for place in 0..3 {
        let key = asked
            .dimensions
            .get(place)
            .map_or_else(|| SimpleExpr::val(""), |dimension| dimension.expression(backend));
        rows.expr_as(key, Alias::new(format!("key_{place}")));
    }
    let bucket = match (asked.bucket, cut) {
        (Some(bucket), Some(cut)) => bucketed(&mut rows, bucket.date, cut, asked.zone),
        _ => SimpleExpr::val(-1_i64),
    };
    rows.expr_as(bucket, Alias::new("bucket"))
        .expr_as(Expr::col((Entity, Column::AmountCurrency)), Alias::new("currency"))
        .expr_as(Expr::col((Entity, Column::AmountNetMinor)), Alias::new("amount"))
        .expr_as(weight, Alias::new("weight"));
    rows
}

/// Puts the boundaries beside the deals, as a table of numbers, beginnings and ends.
fn bucketed(rows: &mut SelectStatement, date: DealDate, cut: &[Bucket], zone: Tz) -> SimpleExpr {
    let column = || Expr::col((Entity, column_of(date)));
    let part = |number: u8| Expr::col((Alias::new("cut"), Alias::new(format!("column{number}"))));
    if date == DealDate::ExpectedClose {
        let days = |(number, bucket): (usize, &Bucket)| (number as i64, bucket.from.to_string(), bucket.to.to_string());
        rows.from_values(cut.iter().enumerate().map(days), Alias::new("cut"));
    } else {
        let moments = |(number, bucket): (usize, &Bucket)| {
            let (from, to) = (
                buckets::beginning(bucket.from, zone),
                buckets::beginning(bucket.to, zone),
            );
            (number as i64, from, to)
        };
        rows.from_values(cut.iter().enumerate().map(moments), Alias::new("cut"));
    }
    rows.and_where(column().gte(part(2))).and_where(column().lt(part(3)));
    part(1)
}

async fn measures(
    reading: &Reading,
    asked: &Asked,
    cut: Option<&[Bucket]>,
    groups: &mut BTreeMap<GroupKey, Figures>,
) -> ApiResult<()> {
    let backend = reading.connection().get_database_backend();
    let book = reading.deals_of().pipelines().await?;
    let rows = rows(asked, cut, backend, weight(&book));
    let col = |name: &'static str| Expr::col(Alias::new(name));
    let text = |value: SimpleExpr| value.cast_as(Alias::new("text"));
    let mut query = Query::select();
    query.from_subquery(rows, Alias::new("chosen"));
    for name in ["key_0", "key_1", "key_2", "bucket", "currency"] {
        query.column(Alias::new(name)).group_by_col(Alias::new(name));
    }
    // Amount times weight goes beyond 64 bits, so hundreds and rest are weighed apart.
    query
        .expr(Expr::col(Asterisk).count())
        .expr(col("amount").count())
        .expr(text(col("amount").sum()))
        .expr(text(col("amount").min()))
        .expr(text(col("amount").max()))
        .expr(text(col("amount").div(100_i64).mul(col("weight")).sum()))
        .expr(text(col("amount").modulo(100_i64).mul(col("weight")).sum()))
        .limit(MAX_GROUPS as u64 * 4 + 1);
    let found = reading.connection().query_all_raw(backend.build(&query)).await?;
    if found.len() > MAX_GROUPS * 4 {
        return Err(too_many());
    }
    for row in found {
        let figures = groups.entry(key(&row, asked, cut)?).or_default();
        figures.take(&row)?;
        if groups.len() > MAX_GROUPS {
            return Err(too_many());
        }
    }
    Ok(())
}

impl Figures {
    fn take(&mut self, row: &QueryResult) -> ApiResult<()> {
        let count: i64 = row.try_get_by_index(5)?;
        self.count += u64::try_from(count).unwrap_or(0);
        let with_amount: i64 = row.try_get_by_index(6)?;
        let currency: Option<String> = row.try_get_by_index(4)?;
        let Some(currency) = currency.filter(|_| with_amount > 0) else {
            return Ok(());
        };
        let number = |index: usize| -> ApiResult<i128> {
            let text: Option<String> = row.try_get_by_index(index)?;
            whole(text.as_deref().unwrap_or("0"))
        };
        let sum = number(7)?;
        let hundredths = number(10)? * 100 + number(11)?;
        let decimal = |number: i128| {
            Decimal::try_from_i128_with_scale(number, 0)
                .map_err(|error| ApiError::internal("a measure is beyond what a decimal holds", &error))
        };
        let avg = decimal(sum)? / Decimal::from(with_amount);
        let weighted = decimal(hundredths)? / Decimal::ONE_HUNDRED;
        self.sum.insert(currency.clone(), Money::of_sum(sum, &currency)?);
        self.avg.insert(currency.clone(), rounded(avg, &currency)?);
        self.min.insert(currency.clone(), Money::of_sum(number(8)?, &currency)?);
        self.max.insert(currency.clone(), Money::of_sum(number(9)?, &currency)?);
        self.weighted.insert(currency.clone(), rounded(weighted, &currency)?);
        Ok(())
    }
}

/// The amount at the nearest rank: of `n` amounts in order the one at place ⌈n·p/100⌉.
async fn percentile(
    reading: &Reading,
    asked: &Asked,
    cut: Option<&[Bucket]>,
    percent: i32,
    groups: &mut BTreeMap<GroupKey, Figures>,
) -> ApiResult<()> {
    let backend = reading.connection().get_database_backend();
    let mut rows = rows(asked, cut, backend, SimpleExpr::val(0_i32));
    rows.and_where(Column::AmountNetMinor.is_not_null());
    let names = ["key_0", "key_1", "key_2", "bucket", "currency"];
    let window = || {
        let mut window = WindowStatement::new();
        for name in names {
            window.add_partition_by(Expr::col(Alias::new(name)));
        }
        window
    };
    let mut ranked = Query::select();
    ranked.from_subquery(rows, Alias::new("chosen"));
    for name in names {
        ranked.column(Alias::new(name));
    }
    let mut ordered = window();
    ordered.order_by(Alias::new("amount"), Order::Asc);
    ranked
        .column(Alias::new("amount"))
        .expr_window_as(Func::cust(Alias::new("ROW_NUMBER")), ordered, Alias::new("place"))
        .expr_window_as(Expr::col(Asterisk).count(), window(), Alias::new("size"));
    let col = |name: &'static str| Expr::col(Alias::new(name));
    let mut query = Query::select();
    query.from_subquery(ranked, Alias::new("ranked"));
    for name in names {
        query.column(Alias::new(name));
    }
    query
        .column(Alias::new("amount"))
        .and_where(col("place").eq(col("size").mul(i64::from(percent)).add(99_i64).div(100_i64)))
        .limit(MAX_GROUPS as u64 * 4);
    for row in reading.connection().query_all_raw(backend.build(&query)).await? {
        let currency: Option<String> = row.try_get_by_index(4)?;
        let amount: i64 = row.try_get_by_index(5)?;
        if let Some(currency) = currency {
            let figures = groups.entry(key(&row, asked, cut)?).or_default();
            let money = Money::of_sum(amount.into(), &currency)?;
            figures.percentiles.entry(percent).or_default().insert(currency, money);
        }
    }
    Ok(())
}

fn key(row: &QueryResult, asked: &Asked, cut: Option<&[Bucket]>) -> ApiResult<GroupKey> {
    let mut values = Vec::with_capacity(asked.dimensions.len());
    for place in 0..asked.dimensions.len() {
        values.push(row.try_get_by_index::<Option<String>>(place)?);
    }
    let number: i64 = row.try_get_by_index(3)?;
    let bucket = usize::try_from(number).ok().and_then(|number| cut?.get(number));
    Ok((bucket.map(|bucket| bucket.label), values))
}

/// A bucket without deals is a group too, for every combination of values that there is in some bucket.
fn fill(asked: &Asked, cut: &[Bucket], groups: &mut BTreeMap<GroupKey, Figures>) {
    let mut seen: BTreeSet<_> = groups.keys().map(|(_, values)| values.clone()).collect();
    if asked.dimensions.is_empty() {
        seen.insert(Vec::new());
    }
    if cut.is_empty() {
        if asked.bucket.is_none() && asked.dimensions.is_empty() {
            groups.entry((None, Vec::new())).or_default();
        }
        return;
    }
    for values in seen {
        for bucket in cut {
            groups.entry((Some(bucket.label), values.clone())).or_default();
        }
    }
}

fn group(reading: &Reading, asked: &Asked, (bucket, values): GroupKey, figures: Figures) -> ApiResult<DealGroup> {
    let moneys = |by_currency: BTreeMap<String, Money>| by_currency.into_values().collect::<Vec<_>>();
    let mut percentiles = figures.percentiles;
    let mut group = DealGroup {
        bucket: bucket.map(Date),
        stage: None,
        status: None,
        owner_name: None,
        source: None,
        product: None,
        count: figures.count,
        sum: moneys(figures.sum),
        avg: moneys(figures.avg),
        min: moneys(figures.min),
        max: moneys(figures.max),
        weighted_sum: moneys(figures.weighted),
        percentiles: asked
            .percentiles
            .iter()
            .map(|percent| DealPercentile {
                percent: *percent,
                amount: moneys(percentiles.remove(percent).unwrap_or_default()),
            })
            .collect(),
        pipeline_id: None,
        owner_id: None,
        reading: reading.clone(),
    };
    for (dimension, value) in asked.dimensions.iter().zip(values) {
        let id = || value.as_deref().and_then(|text| Uuid::parse_str(text).ok());
        match dimension {
            DealDimension::Pipeline => group.pipeline_id = id(),
            DealDimension::Owner => group.owner_id = id(),
            DealDimension::Stage => group.stage = value,
            DealDimension::Status => group.status = value.as_deref().map(status).transpose()?,
            DealDimension::OwnerName => group.owner_name = value,
            DealDimension::Product => group.product = value,
            DealDimension::Source => {
                use domain::deal::SourceKind as Known;
                let kind = value.as_deref().map(|text| known(&Known::ALL, Known::as_str, text));
                group.source = kind.transpose()?.map(Into::into);
            }
        }
    }
    Ok(group)
}

impl DealDimension {
    fn expression(self, backend: DbBackend) -> SimpleExpr {
        let column = |column| Expr::col((Entity, column));
        match self {
            Self::Pipeline => id_text(Column::PipelineId, backend),
            Self::Owner => id_text(Column::OwnerId, backend),
            Self::Stage => column(Column::Stage),
            Self::Status => column(Column::Status),
            Self::OwnerName => column(Column::OwnerName),
            Self::Source => column(Column::Source),
            Self::Product => column(Column::Product),
        }
    }
}

/// An id as text: SQLite keeps ids as bytes.
fn id_text(column: Column, backend: DbBackend) -> SimpleExpr {
    let column = Expr::col((Entity, column));
    if backend == DbBackend::Postgres {
        column.cast_as(Alias::new("text"))
    } else {
        // `hex` of nothing is an empty text.
        let hex = Func::cust(Alias::new("hex")).arg(column);
        Func::cust(Alias::new("nullif")).arg(hex).arg("").into()
    }
}

/// How likely a deal is, in percent.
fn weight(book: &Book) -> SimpleExpr {
    let column = |column| Expr::col((Entity, column));
    let mut of_stage = CaseStatement::new();
    for entry in book.entries() {
        for stage in entry.stages.iter().filter(|stage| stage.probability > 0) {
            let here = column(Column::PipelineId)
                .eq(entry.row.id)
                .and(column(Column::Stage).eq(stage.code.as_str()));
            of_stage = of_stage.case(here, stage.probability);
        }
    }
    let of_stage: SimpleExpr = of_stage.finally(0_i32).into();
    let open = Func::coalesce([column(Column::Probability), of_stage]);
    let won = domain::deal::DealStatus::Won.as_str();
    let lost = domain::deal::DealStatus::Lost.as_str();
    CaseStatement::new()
        .case(column(Column::Status).eq(won), 100_i32)
        .case(column(Column::Status).eq(lost), 0_i32)
        .finally(open)
        .into()
}

/// The sum of a column as text: the databases' own number types differ, and none of them is a float here.
pub(super) fn sum(column: Column) -> SimpleExpr {
    Expr::col((Entity, column)).sum().cast_as(Alias::new("text"))
}

/// A whole number as the databases write it.
pub(super) fn whole(text: &str) -> ApiResult<i128> {
    text.parse()
        .map_err(|error| ApiError::internal("a sum is no whole number", &error))
}

fn too_many() -> ApiError {
    ApiError::bad_input(format!(
        "There are more than {MAX_GROUPS} groups: filter, or group by less."
    ))
}
