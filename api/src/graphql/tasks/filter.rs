//! How lists of tasks are filtered and sorted.

use async_graphql::{Enum, ID, InputObject};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{local, task::TaskStatus as Status};
use projections::tasks::{Column, assignees, links, watchers};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait,
    sea_query::{Query, SelectStatement},
};

use super::{TaskPriority, TaskStatus};
use crate::graphql::{
    errors::{ApiError, ApiResult},
    filters::{self, Budget, DateFilter, DateTimeFilter, IdFilter, ListFilter, StringFilter},
    ids::{self, Kind},
    paging::{Direction, Nulls, SortKey},
};

/// What "now" is for a list: the moment, and its day in a zone.
#[derive(Debug, Clone, Copy)]
pub struct Today {
    pub(super) now: DateTime<Utc>,
    pub(super) zone: Tz,
}

impl Today {
    pub(super) const fn at(now: DateTime<Utc>, zone: Tz) -> Self {
        Self { now, zone }
    }

    pub(super) fn date(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }

    /// Due before now: an hour that has passed, or a day that is over.
    pub(super) fn overdue(&self) -> Condition {
        Condition::any()
            .add(
                Condition::all()
                    .add(Column::DueAt.is_not_null())
                    .add(Column::DueAt.lt(self.now.timestamp_micros())),
            )
            .add(all_day().add(Column::DueDate.lt(self.date().to_string())))
    }

    /// Due on these days of the zone's calendar, the last one not included; no last day: from the first on.
    pub(super) fn between(&self, first: NaiveDate, end: Option<NaiveDate>) -> Condition {
        let begin = local::start_of_day(first, self.zone).timestamp_micros();
        let mut timed = Condition::all().add(Column::DueAt.gte(begin));
        let mut days = all_day().add(Column::DueDate.gte(first.to_string()));
        if let Some(end) = end {
            timed = timed.add(Column::DueAt.lt(local::start_of_day(end, self.zone).timestamp_micros()));
            days = days.add(Column::DueDate.lt(end.to_string()));
        }
        Condition::any().add(timed).add(days)
    }
}

fn all_day() -> Condition {
    Condition::all()
        .add(Column::DueAt.is_null())
        .add(Column::DueDate.is_not_null())
}

/// Those where there is still something to do.
pub(super) fn open() -> Condition {
    let open = Status::ALL.into_iter().filter(|status| status.is_open());
    Condition::all().add(Column::Status.is_in(open.map(Status::as_str)))
}

/// A filter, and what "now" is for it.
#[derive(Debug, Clone)]
pub struct Filtered {
    pub(super) filter: TaskFilter,
    pub(super) today: Today,
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
    pub priority: Option<ListFilter<TaskPriority>>,
    /// Whose it is; `isNull: true`: nobody's.
    pub assignee: Option<IdFilter>,
    pub assignee_name: Option<StringFilter>,
    pub watcher: Option<IdFilter>,
    /// Has to do with this record, of whatever kind.
    pub linked_to: Option<ID>,
    pub organization: Option<IdFilter>,
    pub deal: Option<IdFilter>,
    pub series: Option<IdFilter>,
    /// The day it is due, as the calendar of its own zone has it.
    pub due_date: Option<DateFilter>,
    /// The instant it is due, for those that are due at one.
    pub due_at: Option<DateTimeFilter>,
    /// Open, and due before now (of days: before today, in the zone of whoever asks).
    pub overdue: Option<bool>,
    pub reminded_at: Option<DateTimeFilter>,
    pub created_at: Option<DateTimeFilter>,
    pub finished_at: Option<DateTimeFilter>,
}

impl TaskFilter {
    /// `today`: what "overdue" means; without it, nobody can ask for that.
    pub(super) fn condition(&self, budget: &mut Budget<'_>, today: Option<&Today>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let all = filters::combined(and, or, not, |filter| filter.condition(budget, today))?;
        let all = self.own(all)?;
        let all = self.times(all);
        let all = self.related(all)?;
        let Some(overdue) = self.overdue else { return Ok(all) };
        let Some(today) = today else {
            return Err(ApiError::bad_input("Ask for `overdue` tasks in a list of tasks."));
        };
        let late = open().add(today.overdue());
        Ok(all.add(if overdue { late } else { late.not() }))
    }

    fn own(&self, all: Condition) -> ApiResult<Condition> {
        let title = self
            .title
            .as_ref()
            .map(|text| text.condition_folded(Column::Title, Column::TitleFolded));
        let name = self
            .assignee_name
            .as_ref()
            .map(|text| text.condition(Column::AssigneeName));
        let id = self.id.as_ref().map(|id| id.condition(Column::Id, Kind::Task));
        let series = self
            .series
            .as_ref()
            .map(|id| id.condition(Column::SeriesId, Kind::TaskSeries));
        let statuses = |status: TaskStatus| Status::from(status).as_str();
        let priorities = |priority: TaskPriority| domain::task::Priority::from(priority).as_str();
        let status = self
            .status
            .as_ref()
            .map(|list| list.condition(Column::Status, statuses));
        let priority = self
            .priority
            .as_ref()
            .map(|list| list.condition(Column::Priority, priorities));
        let given = [title, name, id, series, status, priority];
        given
            .into_iter()
            .try_fold(all, |all, condition| Ok(all.add_option(condition.transpose()?)))
    }

    fn times(&self, all: Condition) -> Condition {
        let times = [
            (&self.due_at, Column::DueAt),
            (&self.reminded_at, Column::RemindedAt),
            (&self.created_at, Column::CreatedAt),
            (&self.finished_at, Column::FinishedAt),
        ];
        let times = times
            .into_iter()
            .filter_map(|(filter, column)| Some(filter.as_ref()?.condition(column)));
        let day = self
            .due_date
            .as_ref()
            .map(|date| date.condition(Column::DueDate, |date| date.0.to_string()));
        times.chain(day).fold(all, Condition::add)
    }

    fn related(&self, mut all: Condition) -> ApiResult<Condition> {
        if let Some(filter) = &self.assignee {
            let tasks = || tasks_in(assignees::Entity, assignees::Column::TaskId);
            all = all.add(having(filter, Kind::User, assignees::Column::UserId, tasks)?);
        }
        if let Some(filter) = &self.watcher {
            let tasks = || tasks_in(watchers::Entity, watchers::Column::TaskId);
            all = all.add(having(filter, Kind::User, watchers::Column::UserId, tasks)?);
        }
        for (filter, kind) in [(&self.organization, Kind::Organization), (&self.deal, Kind::Deal)] {
            if let Some(filter) = filter {
                let tasks = || {
                    let of_kind = links::Column::Category.eq(kind.category());
                    tasks_in(links::Entity, links::Column::TaskId)
                        .and_where(of_kind)
                        .to_owned()
                };
                all = all.add(having(filter, kind, links::Column::TargetId, tasks)?);
            }
        }
        if let Some(id) = &self.linked_to {
            let (kind, id) = ids::parse(id)?;
            all = all.add(super::linked_to(kind, id));
        }
        Ok(all)
    }
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
    /// On the rows whose `id` tasks have links to.
    pub fn condition<C: ColumnTrait>(&self, id: C, kind: Kind, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        let mut having = |filter: &TaskFilter| -> ApiResult<_> {
            let tasks = Query::select()
                .from(projections::tasks::Entity)
                .cond_where(budget.scope().tasks())
                .cond_where(filter.condition(budget, None)?)
                .to_owned();
            let linked = Query::select()
                .from(links::Entity)
                .and_where(links::Column::Category.eq(kind.category()))
                .and_where(budget.among(links::Column::TaskId, Column::Id, tasks))
                .to_owned();
            Ok(Condition::all().add(budget.among(id, links::Column::TargetId, linked)))
        };
        let some = self.some.as_deref().map(&mut having).transpose()?;
        let none = self.none.as_deref().map(&mut having).transpose()?;
        Ok(Condition::all().add_option(some).add_option(none.map(Condition::not)))
    }
}

fn tasks_in<E: EntityTrait>(table: E, task: impl ColumnTrait) -> SelectStatement {
    Query::select().column(task).from(table).to_owned()
}

/// A comparison with what a task has several of: `eq` and `in` ask for one of them, `notIn` for none of them.
fn having<C: ColumnTrait>(
    filter: &IdFilter,
    kind: Kind,
    column: C,
    tasks: impl Fn() -> SelectStatement,
) -> ApiResult<Condition> {
    let mut all = Condition::all();
    let asked = IdFilter {
        eq: filter.eq.clone(),
        r#in: filter.r#in.clone(),
        ..IdFilter::default()
    };
    if asked.eq.is_some() || asked.r#in.is_some() {
        let with = tasks().cond_where(asked.condition(column, kind)?).to_owned();
        all = all.add(Column::Id.in_subquery(with));
    }
    if filter.not_in.is_some() {
        let excluded = IdFilter {
            r#in: filter.not_in.clone(),
            ..IdFilter::default()
        };
        let with = tasks().cond_where(excluded.condition(column, kind)?).to_owned();
        all = all.add(Column::Id.not_in_subquery(with));
    }
    Ok(match filter.is_null {
        Some(true) => all.add(Column::Id.not_in_subquery(tasks())),
        Some(false) => all.add(Column::Id.in_subquery(tasks())),
        None => all,
    })
}

/// What tasks are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TaskOrderField {
    /// The instant it is due, or the end of the day.
    Due,
    /// Urgent first.
    Priority,
    /// As the cards lie.
    Rank,
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
    /// Where tasks without a value stand.
    #[graphql(default_with = "Nulls::Last")]
    pub nulls: Nulls,
}

impl From<TaskOrder> for SortKey<Column> {
    fn from(order: TaskOrder) -> Self {
        let column = match order.field {
            TaskOrderField::Due => Column::DueOrder,
            TaskOrderField::Priority => Column::PriorityRank,
            TaskOrderField::Rank => Column::Rank,
            TaskOrderField::CreatedAt => Column::CreatedAt,
            TaskOrderField::FinishedAt => Column::FinishedAt,
            TaskOrderField::UpdatedAt => Column::UpdatedAt,
            TaskOrderField::Title => Column::TitleFolded,
        };
        Self {
            column,
            direction: order.direction,
            nulls: order.nulls,
        }
    }
}

/// The most urgent first.
pub(super) const DEFAULT_ORDER: TaskOrder = TaskOrder {
    field: TaskOrderField::Due,
    direction: Direction::Asc,
    nulls: Nulls::Last,
};

/// As the cards lie.
pub(super) const BY_RANK: TaskOrder = TaskOrder {
    field: TaskOrderField::Rank,
    direction: Direction::Asc,
    nulls: Nulls::Last,
};
