//! Tasks: the type, how lists of them are filtered and sorted, and the queries.

pub mod mutations;

use async_graphql::{
    Context, Enum, ID, InputObject, Object,
    connection::{Connection, Edge, EmptyFields},
};
use domain::{Decider, task::TaskState};
use journal::StreamId;
use projections::tasks::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

pub use self::mutations::TaskMutations;
use super::{
    deals::{Deal, known},
    errors::ApiResult,
    filters::{self, Budget, DateTimeFilter, IdFilter, ListFilter, StringFilter},
    history::{self, EventConnection},
    ids::{self, Kind},
    organizations::Organization,
    paging::{self, Direction, Listing, Nulls, PageArguments, SortKey},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Moment},
};

/// Whether a task is still to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::task::TaskStatus")]
pub enum TaskStatus {
    Open,
    Completed,
    Cancelled,
}

/// Work to do, or done.
#[derive(Clone)]
pub struct Task {
    row: Model,
    reading: Reading,
}

impl Task {
    pub fn new(row: Model, reading: Reading) -> Self {
        Self { row, reading }
    }

    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.task(id).await?.map(|row| Self {
            row,
            reading: reading.clone(),
        }))
    }
}

#[Object]
impl Task {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Task, self.row.id)
    }

    /// The bare id, as streams, receipts and the command line name the task.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    async fn title(&self) -> &str {
        &self.row.title
    }

    async fn status(&self) -> ApiResult<TaskStatus> {
        use domain::task::TaskStatus as Known;
        known(&Known::ALL, Known::as_str, &self.row.status).map(TaskStatus::from)
    }

    async fn due_at(&self) -> Moment {
        Moment::from_micros(self.row.due_at)
    }

    /// When its reminder is set for, also after it was given.
    async fn remind_at(&self) -> Option<Moment> {
        self.row.remind_at.map(Moment::from_micros)
    }

    /// When its reminder was given.
    async fn reminded_at(&self) -> Option<Moment> {
        self.row.reminded_at.map(Moment::from_micros)
    }

    async fn assignee(&self) -> Option<&str> {
        self.row.assignee.as_deref()
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self) -> ApiResult<Option<Organization>> {
        match self.row.organization_id {
            Some(id) => Organization::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn deal(&self) -> ApiResult<Option<Deal>> {
        match self.row.deal_id {
            Some(id) => Deal::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    async fn created_at(&self) -> Moment {
        Moment::from_micros(self.row.created_at)
    }

    /// When it was completed or cancelled.
    async fn finished_at(&self) -> Option<Moment> {
        self.row.finished_at.map(Moment::from_micros)
    }

    async fn cancel_reason(&self) -> Option<&str> {
        self.row.cancel_reason.as_deref()
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
        history::of_stream(ctx, &StreamId::new(TaskState::TYPE, self.row.id), &window).await
    }
}

/// Which tasks. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TaskFilter {
    pub and: Option<Vec<TaskFilter>>,
    pub or: Option<Vec<TaskFilter>>,
    pub not: Option<Box<TaskFilter>>,
    pub id: Option<IdFilter>,
    pub title: Option<StringFilter>,
    pub status: Option<ListFilter<TaskStatus>>,
    pub assignee: Option<StringFilter>,
    pub organization: Option<IdFilter>,
    pub deal: Option<IdFilter>,
    pub due_at: Option<DateTimeFilter>,
    pub reminded_at: Option<DateTimeFilter>,
    pub created_at: Option<DateTimeFilter>,
    pub finished_at: Option<DateTimeFilter>,
}

/// Which of the tasks that something has.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TasksFilter {
    /// At least one such task.
    pub some: Option<Box<TaskFilter>>,
    /// No such task.
    pub none: Option<Box<TaskFilter>>,
}

impl TasksFilter {
    /// On the rows whose `id` tasks refer to by `reference`.
    pub fn condition<C: ColumnTrait>(&self, id: C, reference: Column, budget: &mut Budget) -> ApiResult<Condition> {
        let mut all = Condition::all();
        if let Some(some) = &self.some {
            all = all.add(filters::related::<Entity>(id, reference, some.condition(budget)?));
        }
        if let Some(none) = &self.none {
            let found = filters::related::<Entity>(id, reference, none.condition(budget)?);
            all = all.add(Condition::all().add(found).not());
        }
        Ok(all)
    }
}

impl TaskFilter {
    fn condition(&self, budget: &mut Budget) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let mut all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        for (filter, column) in [(&self.title, Column::Title), (&self.assignee, Column::Assignee)] {
            all = all.add_option(filter.as_ref().map(|text| text.condition(column)).transpose()?);
        }
        let references = [
            (&self.id, Column::Id, Kind::Task),
            (&self.organization, Column::OrganizationId, Kind::Organization),
            (&self.deal, Column::DealId, Kind::Deal),
        ];
        for (filter, column, kind) in references {
            all = all.add_option(filter.as_ref().map(|id| id.condition(column, kind)).transpose()?);
        }
        let times = [
            (&self.due_at, Column::DueAt),
            (&self.reminded_at, Column::RemindedAt),
            (&self.created_at, Column::CreatedAt),
            (&self.finished_at, Column::FinishedAt),
        ];
        for (filter, column) in times {
            all = all.add_option(filter.as_ref().map(|time| time.condition(column)));
        }
        let statuses = |status: TaskStatus| domain::task::TaskStatus::from(status).as_str();
        Ok(all.add_option(
            self.status
                .as_ref()
                .map(|list| list.condition(Column::Status, statuses))
                .transpose()?,
        ))
    }
}

/// What tasks are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TaskOrderField {
    DueAt,
    CreatedAt,
    FinishedAt,
    UpdatedAt,
    Title,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct TaskOrder {
    pub field: TaskOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<TaskOrder> for SortKey<Column> {
    fn from(order: TaskOrder) -> Self {
        let column = match order.field {
            TaskOrderField::DueAt => Column::DueAt,
            TaskOrderField::CreatedAt => Column::CreatedAt,
            TaskOrderField::FinishedAt => Column::FinishedAt,
            TaskOrderField::UpdatedAt => Column::UpdatedAt,
            TaskOrderField::Title => Column::Title,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

/// The most urgent first.
const DEFAULT_ORDER: TaskOrder = TaskOrder {
    field: TaskOrderField::DueAt,
    direction: Direction::Asc,
};

/// What a list of tasks comes to, over all its pages.
pub struct TaskTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl TaskTotals {
    /// How many tasks the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type TaskConnection = Connection<String, Task, TaskTotals, EmptyFields>;

/// Those of a deal.
pub fn of_deal(id: Uuid) -> Condition {
    Condition::all().add(Column::DealId.eq(id))
}

/// Those of an organization.
pub fn of_organization(id: Uuid) -> Condition {
    Condition::all().add(Column::OrganizationId.eq(id))
}

/// A page of the tasks within a scope.
pub async fn page(
    reading: &Reading,
    scope: Condition,
    arguments: PageArguments,
    filter: Option<TaskFilter>,
    order: Option<Vec<TaskOrder>>,
) -> ApiResult<TaskConnection> {
    let window = arguments.window()?;
    let order = order
        .filter(|order| !order.is_empty())
        .unwrap_or_else(|| vec![DEFAULT_ORDER]);
    let filter = filter.unwrap_or_default();
    let select = Entity::find()
        .filter(scope.clone())
        .filter(filter.condition(&mut Budget::default())?);
    let listing = Listing::new(select, paging::sorted(order)?, Column::Id, &(scope, filter));
    let page = listing.page(reading.connection(), &window).await?;
    let totals = TaskTotals {
        select: listing.select,
        reading: reading.clone(),
    };
    let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, totals);
    connection.edges.extend(page.rows.into_iter().map(|(cursor, row)| {
        let task = Task {
            row,
            reading: reading.clone(),
        };
        Edge::new(cursor, task)
    }));
    Ok(connection)
}

#[derive(Default)]
pub struct TaskQueries;

#[Object]
impl TaskQueries {
    /// A task by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn task(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Task>> {
        let id = ids::parse_as(Kind::Task, &id)?;
        Task::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Tasks, the most urgent first unless `orderBy` says otherwise, now or as of an earlier moment.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<TaskFilter>,
        order_by: Option<Vec<TaskOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<TaskConnection> {
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
