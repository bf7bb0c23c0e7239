//! The timeline of an organization: everything that happened around it, told from the journal.

use std::collections::HashMap;

use async_graphql::{
    Context, Object, OutputType,
    connection::{Connection, ConnectionNameType, DefaultEdgeName, Edge, EmptyFields},
};
use journal::Position;
use projections::{
    activities, contacts, deals, organizations,
    tasks::{self, links},
    timeline::{Column, Entity},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{SelectStatement, UnionType},
};
use uuid::Uuid;

use super::{
    activities::around_organization as activities_around,
    errors::{ApiError, ApiResult},
    events::{self, Event},
    organizations::concerns,
    paging::{Direction, Listing, Nulls, PageArguments, SortKey},
    reading::Reading,
    session::Session,
};
use crate::policy::Scope;

/// What a timeline comes to, over all its pages.
pub struct TimelineTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl TimelineTotals {
    /// How many events there are.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

/// Sets it apart from the connection of a history.
pub struct TimelineName;

impl ConnectionNameType for TimelineName {
    fn type_name<T: OutputType>() -> String {
        "TimelineConnection".to_owned()
    }
}

pub type TimelineConnection = Connection<String, Event, TimelineTotals, EmptyFields, TimelineName, DefaultEdgeName>;

/// Ids of everything that whoever asks sees around an organization: itself and what was merged into it, its contacts, deals, activities and
/// tasks, the tasks of its contacts and deals.
fn around(organization: Uuid, scope: &Scope) -> SelectStatement {
    let deals_of = || {
        deals::Entity::find()
            .select_only()
            .column(deals::Column::Id)
            .filter(concerns(deals::Column::OrganizationId, organization))
            .filter(scope.deals())
    };
    let own = organizations::Entity::find()
        .select_only()
        .column(organizations::Column::Id)
        .filter(concerns(organizations::Column::Id, organization))
        .filter(scope.organizations());
    let people = || {
        contacts::Entity::find()
            .select_only()
            .column(contacts::Column::Id)
            .filter(concerns(contacts::Column::OrganizationId, organization))
            .filter(scope.contacts())
    };
    let passed = activities::Entity::find()
        .select_only()
        .column(activities::Column::Id)
        .filter(activities_around(organization))
        .filter(scope.activities());
    let work = links::Entity::find()
        .select_only()
        .column(links::Column::TaskId)
        .filter(
            Condition::any()
                .add(concerns(links::Column::TargetId, organization))
                .add(links::Column::TargetId.in_subquery(people().into_query()))
                .add(links::Column::TargetId.in_subquery(deals_of().into_query())),
        );
    let tasks = tasks::Entity::find()
        .select_only()
        .column(tasks::Column::Id)
        .filter(scope.tasks());
    let work = if scope.is_everything() {
        work
    } else {
        work.filter(links::Column::TaskId.in_subquery(tasks.into_query()))
    };
    let mut all = own.into_query();
    for part in [
        people().into_query(),
        deals_of().into_query(),
        passed.into_query(),
        work.into_query(),
    ] {
        all.union(UnionType::All, part);
    }
    all
}

/// A page of the timeline of an organization, newest first.
pub async fn around_organization(
    ctx: &Context<'_>,
    reading: &Reading,
    organization: Uuid,
    arguments: PageArguments,
    categories: Option<Vec<String>>,
) -> ApiResult<TimelineConnection> {
    let window = arguments.window()?;
    let mut select = Entity::find().filter(Column::StreamId.in_subquery(around(organization, reading.scope())));
    if let Some(categories) = &categories {
        if categories.len() > 20 {
            return Err(ApiError::bad_input("At most 20 categories."));
        }
        select = select.filter(Column::Category.is_in(categories));
    }
    let sort = vec![SortKey {
        column: Column::OccurredAt,
        direction: Direction::Desc,
        nulls: Nulls::Last,
    }];
    let listing = Listing::new(select, sort, Column::Position, &("timeline", organization, categories));
    let page = listing.page(reading.connection(), &window).await?;
    let totals = TimelineTotals {
        select: listing.select,
        reading: reading.clone(),
    };
    let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, totals);
    let positions: Vec<_> = page.rows.iter().map(|(_, row)| row.position).collect();
    let told = told(ctx, &positions).await?;
    let edges = page.rows.into_iter().zip(told);
    connection
        .edges
        .extend(edges.map(|((cursor, _), event)| Edge::new(cursor, event)));
    Ok(connection)
}

/// The events at these positions.
pub async fn told(ctx: &Context<'_>, positions: &[i64]) -> ApiResult<Vec<Event>> {
    let application = ctx.application()?;
    let wanted: Vec<_> = positions.iter().map(|position| Position(*position as u64)).collect();
    let mut recorded = application.journal.read_at(&wanted).await?;
    let order: HashMap<_, _> = wanted.into_iter().zip(0..).collect();
    recorded.sort_by_key(|event| order.get(&event.header.position).copied().unwrap_or(usize::MAX));
    events::shown(&application.codec, &recorded, ctx.viewer()?.sees_persons()).await
}
