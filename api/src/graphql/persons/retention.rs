//! Whose data we have kept long enough: three years after the person's own last act, as the CNIL's reference for
//! prospects has it. Their reply, their call, their word on what they allow; never what we sent them.

use std::collections::HashMap;

use async_graphql::{
    Context, Object, SimpleObject,
    connection::{Connection, EmptyFields},
};
use chrono::{Months, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Europe::Paris;
use projections::{
    activities, consents,
    contacts::{Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::graphql::{
    contacts::Contact,
    errors::{ApiError, ApiResult},
    paging::{Direction, Listing, Nulls, PageArguments, SortKey},
    reading::{self, Reading},
    scalars::{Date, Moment},
    session::Session,
};

/// How long data of a person is kept after their last act.
const KEPT: Months = Months::new(36);
/// Consents that the person did not say to us themselves.
const NOT_SAID: [&str; 2] = ["IMPORT", "MERGE"];

/// Somebody whose data has been kept long enough.
#[derive(SimpleObject)]
pub struct RetentionProposal {
    contact: Contact,
    /// The last thing that they did themselves; null when there is none.
    last_act_at: Option<Moment>,
    /// When they became known to us, from which it counts when they never did anything.
    added_at: Moment,
}

/// How many there are over all pages.
pub struct RetentionTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl RetentionTotals {
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type RetentionProposalConnection = Connection<String, RetentionProposal, RetentionTotals, EmptyFields>;

/// Acts of the persons' own.
fn own_activities() -> Select<activities::Entity> {
    activities::Entity::find()
        .filter(activities::Column::Direction.eq("INBOUND"))
        .filter(activities::Column::WithdrawnAt.is_null())
        .filter(activities::Column::ContactId.is_not_null())
}

fn own_consents() -> Select<consents::Entity> {
    consents::Entity::find().filter(consents::Column::Source.is_not_in(NOT_SAID))
}

/// Contacts that did something since then, and those that stand for them.
fn active_since(limit: i64) -> Condition {
    let acted = own_activities()
        .filter(activities::Column::OccurredAt.gte(limit))
        .select_only()
        .column(activities::Column::ContactId)
        .into_query();
    let said = own_consents()
        .filter(consents::Column::Since.gte(limit))
        .select_only()
        .column(consents::Column::ContactId)
        .into_query();
    let merged = Entity::find()
        .select_only()
        .column(Column::MergedInto)
        .filter(Column::MergedInto.is_not_null())
        .filter(
            Condition::any()
                .add(Column::Id.in_subquery(acted.clone()))
                .add(Column::Id.in_subquery(said.clone()))
                .add(Column::AddedAt.gte(limit)),
        )
        .into_query();
    Condition::any()
        .add(Column::Id.in_subquery(acted))
        .add(Column::Id.in_subquery(said))
        .add(Column::Id.in_subquery(merged))
}

pub(super) async fn proposals(
    ctx: &Context<'_>,
    as_of: Option<Date>,
    arguments: PageArguments,
) -> ApiResult<RetentionProposalConnection> {
    let window = arguments.window()?;
    let today = ctx.application()?.clock.now().with_timezone(&Paris).date_naive();
    let limit = limit(as_of.map_or(today, |Date(date)| date))?;
    let reading = reading::reading(ctx, None, None).await?;
    let select = Entity::find()
        .filter(Column::Erased.eq(false))
        .filter(Column::MergedInto.is_null())
        .filter(Column::AddedAt.lt(limit))
        .filter(active_since(limit).not());
    let sort = vec![SortKey {
        column: Column::AddedAt,
        direction: Direction::Asc,
        nulls: Nulls::Last,
    }];
    let listing = Listing::new(select, sort, Column::Id, &("retention", limit));
    let page = listing.page(reading.connection(), &window).await?;
    let acts = last_acts(&reading, page.rows.iter().map(|(_, row)| row)).await?;
    let totals = RetentionTotals {
        select: listing.select,
        reading: reading.clone(),
    };
    Ok(page.connected(totals, |row| RetentionProposal {
        last_act_at: acts.get(&row.id).copied().map(Moment::from_micros),
        added_at: Moment::from_micros(row.added_at),
        contact: Contact::of(row, &reading),
    }))
}

/// The moment that separates what is kept from what is not, three years before the day begins in Paris.
fn limit(day: NaiveDate) -> ApiResult<i64> {
    let far = || ApiError::bad_input("`asOf` lies too far away.");
    let begins = day.checked_sub_months(KEPT).ok_or_else(far)?.and_time(NaiveTime::MIN);
    let begins = Paris.from_local_datetime(&begins).earliest().ok_or_else(far)?;
    Ok(begins.timestamp_micros())
}

/// When each of the contacts, or one that was merged into it, last did something.
async fn last_acts(reading: &Reading, rows: impl Iterator<Item = &Model>) -> ApiResult<HashMap<Uuid, i64>> {
    let mut stands_for: HashMap<Uuid, Uuid> = rows.map(|row| (row.id, row.id)).collect();
    let survivors: Vec<_> = stands_for.keys().copied().collect();
    let merged: Vec<(Uuid, Uuid)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::MergedInto])
        .filter(Column::MergedInto.is_in(survivors))
        .into_tuple()
        .all(reading.connection())
        .await?;
    stands_for.extend(merged);
    let ids: Vec<_> = stands_for.keys().copied().collect();
    let mut acts: Vec<(Uuid, i64)> = own_activities()
        .select_only()
        .column(activities::Column::ContactId)
        .column_as(Expr::col(activities::Column::OccurredAt).max(), "last")
        .filter(activities::Column::ContactId.is_in(ids.clone()))
        .group_by(activities::Column::ContactId)
        .into_tuple()
        .all(reading.connection())
        .await?;
    let said: Vec<(Uuid, i64)> = own_consents()
        .select_only()
        .column(consents::Column::ContactId)
        .column_as(Expr::col(consents::Column::Since).max(), "last")
        .filter(consents::Column::ContactId.is_in(ids))
        .group_by(consents::Column::ContactId)
        .into_tuple()
        .all(reading.connection())
        .await?;
    acts.extend(said);
    let mut last = HashMap::new();
    for (contact, act) in acts {
        let survivor = stands_for.get(&contact).copied().unwrap_or(contact);
        let known = last.entry(survivor).or_insert(act);
        *known = Ord::max(act, *known);
    }
    Ok(last)
}
