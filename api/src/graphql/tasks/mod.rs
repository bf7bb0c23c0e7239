//! Tasks: the type, its lists, and the queries.

pub mod create;
pub mod filter;
pub mod mutations;
pub mod reminders;
pub mod series;
pub mod views;

use async_graphql::{
    Context, Enum, ID, Object, SimpleObject,
    connection::{Connection, EmptyFields},
};
use domain::{Decider, task::TaskState};
use futures::future::try_join_all;
use journal::StreamId;
use projections::tasks::{Column, Entity, Model, links};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, Select, sea_query::Query};
use uuid::Uuid;

use self::filter::{DEFAULT_ORDER, Today};
pub use self::{
    create::TaskCreations,
    filter::{Filtered, TaskFilter, TaskOrder, TasksFilter},
    mutations::TaskMutations,
    series::{TaskSeries, TaskSeriesMutations, TaskSeriesQueries},
    views::TaskViews,
};
use super::{
    deals::{Deal, known},
    errors::ApiResult,
    files::{self, Attachment},
    history::{self, EventConnection},
    ids::{self, Kind},
    node::Node,
    organizations::Organization,
    paging::{self, Listing, PageArguments},
    reading::{self, AsOfInput, Reading},
    saved_filters::with_saved,
    scalars::{BigInt, Date, Moment, date_of_row},
    users::User,
};

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::task::TaskStatus")]
pub enum TaskStatus {
    Todo,
    InProgress,
    Done,
    Cancelled,
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::task::Priority")]
pub enum TaskPriority {
    Urgent,
    High,
    Normal,
    Low,
}

/// What became of a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum ReminderStatus {
    /// It will be given.
    Armed,
    Given,
    /// It was too late for it: it would have said nothing any more.
    Lapsed,
}

/// A reminder of a task's plan.
#[derive(Debug, Clone, SimpleObject)]
pub struct TaskReminder {
    /// Counted from the day the task is due: -1 is the day before.
    day: i32,
    /// When it is, or was, to be given.
    at: Moment,
    status: ReminderStatus,
    /// When it was given or let lapse.
    settled_at: Option<Moment>,
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
        Ok(reading.task(id).await?.map(|row| Self::of(row, reading)))
    }

    pub fn of(row: Model, reading: &Reading) -> Self {
        let reading = reading.clone();
        Self { row, reading }
    }

    async fn link_of(&self, kind: Kind) -> ApiResult<Option<Uuid>> {
        let links = self.reading.task_links(self.row.id).await?;
        let mut of_kind = links.iter().filter(|link| link.category == kind.category());
        Ok(of_kind.next().map(|link| link.target_id))
    }

    async fn users(&self, ids: impl Iterator<Item = Uuid>) -> ApiResult<Vec<User>> {
        let loaded = try_join_all(ids.map(|id| User::load(&self.reading, id))).await?;
        Ok(loaded.into_iter().flatten().collect())
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

    async fn description(&self) -> Option<&str> {
        self.row.description.as_deref()
    }

    async fn status(&self) -> ApiResult<TaskStatus> {
        use domain::task::TaskStatus as Known;
        known(&Known::ALL, Known::as_str, &self.row.status).map(TaskStatus::from)
    }

    async fn priority(&self) -> ApiResult<TaskPriority> {
        use domain::task::Priority as Known;
        known(&Known::ALL, Known::as_str, &self.row.priority).map(TaskPriority::from)
    }

    /// The day it is due, as the calendar of `dueTimeZone` has it; null: nobody says by when.
    async fn due_date(&self) -> ApiResult<Option<Date>> {
        self.row.due_date.as_deref().map(date_of_row).transpose()
    }

    /// The instant it is due; null: on `dueDate`, whatever the hour.
    async fn due_at(&self) -> Option<Moment> {
        self.row.due_at.map(Moment::from_micros)
    }

    /// The zone in which the hour was meant.
    async fn due_time_zone(&self) -> Option<&str> {
        self.row.due_time_zone.as_deref()
    }

    /// Whether it is due on a day, whatever the hour.
    async fn all_day(&self) -> bool {
        self.row.due_date.is_some() && self.row.due_at.is_none()
    }

    /// When its own reminder is set for, also after it was given.
    async fn remind_at(&self) -> Option<Moment> {
        self.row.remind_at.map(Moment::from_micros)
    }

    /// When somebody was last reminded of it.
    async fn reminded_at(&self) -> Option<Moment> {
        self.row.reminded_at.map(Moment::from_micros)
    }

    /// At which hour of `reminderTimeZone` the reminders of its plan come, `HH:MM`; null: it has no plan.
    async fn reminder_time(&self) -> Option<&str> {
        self.row.reminder_time.as_deref()
    }

    async fn reminder_time_zone(&self) -> Option<&str> {
        self.row.reminder_time_zone.as_deref()
    }

    /// The reminders of its plan: those to come, and a receipt for each that is over.
    #[graphql(complexity = "5 + child_complexity")]
    async fn reminders(&self) -> ApiResult<Vec<TaskReminder>> {
        let rows = self.reading.task_reminders(self.row.id).await?;
        Ok(rows.into_iter().map(TaskReminder::from).collect())
    }

    #[graphql(complexity = "2 + 3 * child_complexity")]
    async fn assignees(&self) -> ApiResult<Vec<User>> {
        let rows = self.reading.task_assignees(self.row.id).await?;
        self.users(rows.into_iter().map(|row| row.user_id)).await
    }

    /// The assignee as the system it was imported from wrote it.
    async fn assignee_name(&self) -> Option<&str> {
        self.row.assignee_name.as_deref()
    }

    #[graphql(complexity = "2 + 3 * child_complexity")]
    async fn watchers(&self) -> ApiResult<Vec<User>> {
        let rows = self.reading.task_watchers(self.row.id).await?;
        self.users(rows.into_iter().map(|row| row.user_id)).await
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

    /// The records it has to do with.
    #[graphql(complexity = "2 + 3 * child_complexity")]
    async fn links(&self) -> ApiResult<Vec<Node>> {
        let rows = self.reading.task_links(self.row.id).await?;
        let known = rows
            .iter()
            .filter_map(|row| Some((Kind::of_category(&row.category)?, row.target_id)));
        let loaded = try_join_all(known.map(|(kind, id)| Node::load(&self.reading, kind, id))).await?;
        Ok(loaded.into_iter().flatten().collect())
    }

    /// The first organization among its links.
    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self) -> ApiResult<Option<Organization>> {
        match self.link_of(Kind::Organization).await? {
            Some(id) => Organization::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// The first deal among its links.
    #[graphql(complexity = "child_complexity + 1")]
    async fn deal(&self) -> ApiResult<Option<Deal>> {
        match self.link_of(Kind::Deal).await? {
            Some(id) => Deal::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// The series it is one of.
    #[graphql(complexity = "child_complexity + 1")]
    async fn series(&self) -> ApiResult<Option<TaskSeries>> {
        match self.row.series_id {
            Some(id) => TaskSeries::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// Which one of its series it is, from 1.
    async fn series_number(&self) -> Option<i32> {
        self.row.series_number
    }

    /// The day that the rule of its series gave it, wherever it was moved afterwards.
    async fn scheduled_date(&self) -> ApiResult<Option<Date>> {
        self.row.scheduled_date.as_deref().map(date_of_row).transpose()
    }

    /// Its place among the cards of its column, as a text that sorts.
    async fn rank(&self) -> &str {
        &self.row.rank
    }

    async fn created_at(&self) -> Moment {
        Moment::from_micros(self.row.created_at)
    }

    /// When somebody started it.
    async fn started_at(&self) -> Option<Moment> {
        self.row.started_at.map(Moment::from_micros)
    }

    /// When it was done or cancelled.
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

impl From<projections::tasks::reminders::Model> for TaskReminder {
    fn from(row: projections::tasks::reminders::Model) -> Self {
        let status = match row.status.as_str() {
            "GIVEN" => ReminderStatus::Given,
            "LAPSED" => ReminderStatus::Lapsed,
            _ => ReminderStatus::Armed,
        };
        Self {
            day: row.day,
            at: Moment::from_micros(row.at),
            status,
            settled_at: row.settled_at.map(Moment::from_micros),
        }
    }
}

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

/// Those that have to do with a record.
fn linked_to(kind: Kind, id: Uuid) -> Condition {
    let linked = Query::select()
        .column(links::Column::TaskId)
        .from(links::Entity)
        .and_where(links::Column::TargetId.eq(id))
        .and_where(links::Column::Category.eq(kind.category()))
        .to_owned();
    Condition::all().add(Column::Id.in_subquery(linked))
}

/// Those of a deal.
pub fn of_deal(id: Uuid) -> Condition {
    linked_to(Kind::Deal, id)
}

/// Those of an organization.
pub fn of_organization(id: Uuid) -> Condition {
    linked_to(Kind::Organization, id)
}

/// The tasks within a scope, filtered and sorted, for somebody to whom no day is today.
pub fn listing(
    reading: &Reading,
    scope: Condition,
    filter: Option<TaskFilter>,
    order: Option<Vec<TaskOrder>>,
) -> ApiResult<Listing<Entity>> {
    within(reading, scope, filter, None, order)
}

fn within(
    reading: &Reading,
    scope: Condition,
    filter: Option<TaskFilter>,
    today: Option<&Today>,
    order: Option<Vec<TaskOrder>>,
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
            let within = Entity::find().filter(seen.tasks()).filter(scope.clone());
            Ok(within.filter(filter.condition(budget, today)?))
        },
    )
}

/// A page of the tasks within a scope.
pub async fn page(
    reading: &Reading,
    scope: Condition,
    arguments: PageArguments,
    filter: Option<Filtered>,
    order: Option<Vec<TaskOrder>>,
) -> ApiResult<TaskConnection> {
    let window = arguments.window()?;
    let (filter, today) = filter.map(|Filtered { filter, today }| (filter, today)).unzip();
    let listing = within(reading, scope, filter, today.as_ref(), order)?;
    let page = listing.page(reading.connection(), &window).await?;
    let totals = TaskTotals {
        select: listing.select,
        reading: reading.clone(),
    };
    Ok(page.connected(totals, |row| Task::of(row, reading)))
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
        #[graphql(desc = "A filter that you kept, or that is shared with you; `filter` must hold, too.")] saved_filter: Option<ID>,
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
        let today = Today::at(reading::moment(ctx, as_of)?, reminders::viewer_zone(ctx).await?);
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let filter = with_saved(ctx, saved_filter, filter).await?;
        let filter = filter.map(|filter| Filtered { filter, today });
        page(&reading, Condition::all(), arguments, filter, order_by).await
    }
}
