//! Tasks as people look at them: in buckets by date, in a month's calendar, and as cards on a board.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta};
use chrono_tz::Tz;
use domain::{local, task::Due, task::TaskStatus as Status};
use projections::{
    task_series,
    tasks::{Column, Entity, assignees},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Query,
};
use uuid::Uuid;

use super::{
    Task, TaskConnection, TaskSeries, TaskStatus,
    filter::{self, BY_RANK, Filtered, TaskFilter, TaskOrder, Today},
    reminders,
};
use crate::graphql::{
    errors::{ApiError, ApiResult},
    filters::Budget,
    ids::{self, Kind},
    paging::{self, PageArguments},
    reading::{self, AsOfInput, Reading},
    saved_filters::with_saved,
    scalars::{BigInt, Date, Moment, date_of_row},
};

/// How long what was done is shown.
const RECENT: TimeDelta = TimeDelta::days(7);
/// Entries of a calendar's month at most.
const ENTRIES_MAX: usize = 1_000;
/// Series that a calendar looks ahead for at most.
const SERIES_MAX: u64 = 500;

/// A part of the list, by when tasks are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum TaskBucketKind {
    /// An hour that has passed, or a day that is over.
    Overdue,
    Today,
    /// After today, up to Sunday.
    ThisWeek,
    Later,
    NoDate,
    /// Done in the last seven days.
    DoneRecently,
}

impl TaskBucketKind {
    const ALL: [Self; 6] = [
        Self::Overdue,
        Self::Today,
        Self::ThisWeek,
        Self::Later,
        Self::NoDate,
        Self::DoneRecently,
    ];

    /// Each open task is in one of the first five.
    fn condition(self, today: &Today) -> Condition {
        let date = today.date();
        let tomorrow = date + Days::new(1);
        let monday = date + Days::new(7 - u64::from(date.weekday().num_days_from_monday()));
        let open = filter::open();
        match self {
            Self::Overdue => open.add(today.overdue()),
            Self::Today => open.add(today.between(date, Some(tomorrow))).add(today.overdue().not()),
            Self::ThisWeek => open.add(today.between(tomorrow, Some(monday))),
            Self::Later => open.add(today.between(monday, None)),
            Self::NoDate => open.add(Column::DueDate.is_null()),
            Self::DoneRecently => Condition::all()
                .add(Column::Status.eq(Status::Done.as_str()))
                .add(Column::FinishedAt.gte((today.now - RECENT).timestamp_micros())),
        }
    }
}

/// Tasks of one part of the list.
pub struct TaskBucket {
    kind: TaskBucketKind,
    tasks: Part,
}

/// Tasks of one column of the board.
pub struct TaskColumn {
    status: Status,
    tasks: Part,
}

/// A part of the tasks that a filter leaves.
struct Part {
    scope: Condition,
    filter: TaskFilter,
    today: Today,
    reading: Reading,
}

impl Part {
    async fn count(&self) -> ApiResult<u64> {
        let seen = self.reading.scope();
        let filter = self.filter.condition(&mut Budget::within(seen), Some(&self.today))?;
        let select = Entity::find()
            .filter(seen.tasks())
            .filter(self.scope.clone())
            .filter(filter);
        Ok(select.count(self.reading.connection()).await?)
    }

    async fn page(&self, arguments: PageArguments, order: Option<Vec<TaskOrder>>) -> ApiResult<TaskConnection> {
        let filter = Filtered {
            filter: self.filter.clone(),
            today: self.today,
        };
        super::page(&self.reading, self.scope.clone(), arguments, Some(filter), order).await
    }
}

#[Object]
impl TaskBucket {
    async fn bucket(&self) -> TaskBucketKind {
        self.kind
    }

    /// How many tasks are in it.
    #[graphql(complexity = 20)]
    async fn count(&self) -> ApiResult<u64> {
        self.tasks.count().await
    }

    /// The most urgent first unless `orderBy` says otherwise.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn tasks(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        order_by: Option<Vec<TaskOrder>>,
    ) -> ApiResult<TaskConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        self.tasks.page(arguments, order_by).await
    }
}

#[Object]
impl TaskColumn {
    async fn status(&self) -> TaskStatus {
        self.status.into()
    }

    /// How many cards lie in it.
    #[graphql(complexity = 20)]
    async fn count(&self) -> ApiResult<u64> {
        self.tasks.count().await
    }

    /// As they lie.
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
        self.tasks.page(arguments, Some(vec![BY_RANK])).await
    }
}

/// A month of tasks.
#[derive(SimpleObject)]
pub struct TaskCalendar {
    /// The days that have entries, in order.
    days: Vec<TaskCalendarDay>,
    /// There is more than a calendar holds: narrow it to an assignee.
    truncated: bool,
}

#[derive(SimpleObject)]
pub struct TaskCalendarDay {
    date: Date,
    entries: Vec<TaskCalendarEntry>,
}

/// Something on a day: a task, or one that a series will lead to.
#[derive(Clone, SimpleObject)]
pub struct TaskCalendarEntry {
    title: String,
    /// Null: on that day, whatever the hour.
    at: Option<Moment>,
    /// The task does not exist yet: its series will make it, if nothing changes.
    projected: bool,
    /// Which one of its series it is.
    number: Option<i32>,
    /// Null when it is projected.
    task: Option<Task>,
    /// Null when it is one of no series.
    series: Option<TaskSeries>,
}

#[derive(Default)]
pub struct TaskViews;

#[Object]
impl TaskViews {
    /// The list in parts: overdue, today, this week, later, without a date, done recently, each with its count. What
    /// "today" is depends on the zone; yours unless you name one. As of an earlier moment it is the day of that moment.
    #[graphql(complexity = "6 * child_complexity")]
    async fn task_buckets(
        &self,
        ctx: &Context<'_>,
        time_zone: Option<String>,
        filter: Option<TaskFilter>,
        #[graphql(desc = "A filter that you kept, or that is shared with you; `filter` must hold, too.")] saved_filter: Option<ID>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Vec<TaskBucket>> {
        let today = Today::at(reading::moment(ctx, as_of)?, zone(ctx, time_zone).await?);
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let filter = with_saved(ctx, saved_filter, filter).await?.unwrap_or_default();
        let part = |kind: TaskBucketKind| Part {
            scope: kind.condition(&today),
            filter: filter.clone(),
            today,
            reading: reading.clone(),
        };
        let buckets = TaskBucketKind::ALL.into_iter().map(|kind| TaskBucket {
            kind,
            tasks: part(kind),
        });
        Ok(buckets.collect())
    }

    /// The board: a column for each status, cards in the order in which people put them, now or as of an earlier moment.
    #[graphql(complexity = "4 * child_complexity")]
    async fn task_board(
        &self,
        ctx: &Context<'_>,
        filter: Option<TaskFilter>,
        #[graphql(desc = "A filter that you kept, or that is shared with you; `filter` must hold, too.")] saved_filter: Option<ID>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Vec<TaskColumn>> {
        let today = Today::at(reading::moment(ctx, as_of)?, reminders::viewer_zone(ctx).await?);
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let filter = with_saved(ctx, saved_filter, filter).await?.unwrap_or_default();
        let part = |status: Status| Part {
            scope: Condition::all().add(Column::Status.eq(status.as_str())),
            filter: filter.clone(),
            today,
            reading: reading.clone(),
        };
        let columns = Status::ALL.into_iter().map(|status| TaskColumn {
            status,
            tasks: part(status),
        });
        Ok(columns.collect())
    }

    /// A month (`YYYY-MM`) of tasks that are not cancelled, with those that series will lead to marked as projected; as of
    /// an earlier moment, what was planned then.
    #[graphql(complexity = "20 + 100 * child_complexity")]
    async fn task_calendar(
        &self,
        ctx: &Context<'_>,
        month: String,
        time_zone: Option<String>,
        #[graphql(desc = "Only what somebody has to do.")] assignee: Option<ID>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<TaskCalendar> {
        let zone = zone(ctx, time_zone).await?;
        let span = Span::of_month(&month, zone)?;
        let assignee = assignee.map(|id| ids::parse_as(Kind::User, &id)).transpose()?;
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let mut entries = made(&reading, &span, assignee).await?;
        entries.extend(projected(&reading, &span, assignee).await?);
        // Stable: what is projected comes behind what there is.
        entries.sort_by_key(|(date, entry)| (*date, entry.at));
        let truncated = entries.len() > ENTRIES_MAX;
        entries.truncate(ENTRIES_MAX);
        let mut days: BTreeMap<NaiveDate, Vec<TaskCalendarEntry>> = BTreeMap::new();
        for (date, entry) in entries {
            days.entry(date).or_default().push(entry);
        }
        let days = days.into_iter().map(|(date, entries)| TaskCalendarDay {
            date: Date(date),
            entries,
        });
        Ok(TaskCalendar {
            days: days.collect(),
            truncated,
        })
    }
}

async fn zone(ctx: &Context<'_>, name: Option<String>) -> ApiResult<Tz> {
    match name {
        Some(name) => local::zone("timeZone", &name).map_err(|error| ApiError::bad_input(error.to_string())),
        None => reminders::viewer_zone(ctx).await,
    }
}

/// Days of a zone's calendar, the last one not included.
struct Span {
    first: NaiveDate,
    end: NaiveDate,
    zone: Tz,
}

impl Span {
    fn of_month(month: &str, zone: Tz) -> ApiResult<Self> {
        let wrong = || ApiError::bad_input("Write a month such as `2026-03`.");
        let shaped = month.len() == 7;
        let first = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").ok();
        let years = domain::value::YEARS;
        let first = first
            .filter(|first| shaped && years.contains(&first.year()))
            .ok_or_else(wrong)?;
        let end = first.checked_add_months(Months::new(1)).ok_or_else(wrong)?;
        Ok(Self { first, end, zone })
    }

    /// The day on which the calendar shows it.
    fn day_of(&self, due: Due) -> Option<NaiveDate> {
        let day = due.date_in(self.zone);
        (self.first <= day && day < self.end).then_some(day)
    }
}

type Entry = (NaiveDate, TaskCalendarEntry);

/// Those of the tasks that there are.
async fn made(reading: &Reading, span: &Span, assignee: Option<Uuid>) -> ApiResult<Vec<Entry>> {
    let within = Today::at(chrono::DateTime::UNIX_EPOCH, span.zone).between(span.first, Some(span.end));
    let mut select = Entity::find()
        .filter(reading.scope().tasks())
        .filter(within)
        .filter(Column::Status.ne(Status::Cancelled.as_str()));
    if let Some(user) = assignee {
        let theirs = Query::select()
            .column(assignees::Column::TaskId)
            .from(assignees::Entity)
            .and_where(assignees::Column::UserId.eq(user))
            .to_owned();
        select = select.filter(Column::Id.in_subquery(theirs));
    }
    let rows = select
        .order_by_asc(Column::DueOrder)
        .order_by_asc(Column::Id)
        .limit(ENTRIES_MAX as u64 + 1)
        .all(reading.connection())
        .await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let at = row.due_at.map(Moment::from_micros);
        let day = match (at, row.due_date.as_deref()) {
            (Some(Moment(at)), _) => at.with_timezone(&span.zone).date_naive(),
            (None, Some(date)) => date_of_row(date)?.0,
            (None, None) => continue,
        };
        let series = match row.series_id {
            Some(id) => TaskSeries::load(reading, id).await?,
            None => None,
        };
        let entry = TaskCalendarEntry {
            title: row.title.clone(),
            at,
            projected: false,
            number: row.series_number,
            task: Some(Task::of(row, reading)),
            series,
        };
        entries.push((day, entry));
    }
    Ok(entries)
}

/// Those that series will lead to.
async fn projected(reading: &Reading, span: &Span, assignee: Option<Uuid>) -> ApiResult<Vec<Entry>> {
    let rows = task_series::Entity::find()
        .filter(task_series::Column::Ended.eq(false))
        .filter(reading.scope().task_series())
        .order_by_asc(task_series::Column::Id)
        .limit(SERIES_MAX)
        .all(reading.connection())
        .await?;
    let mut entries = Vec::new();
    for row in rows {
        let (pattern, template) = (TaskSeries::pattern(&row)?, TaskSeries::template(&row)?);
        if assignee.is_some_and(|user| template.details.assignees.iter().all(|theirs| theirs.0 != user)) {
            continue;
        }
        let exceptions = row.exceptions.split(',').filter(|day| !day.is_empty());
        let exceptions = exceptions
            .map(|day| Ok(date_of_row(day)?.0))
            .collect::<ApiResult<BTreeSet<_>>>()?;
        let latest = date_of_row(&row.scheduled_date)?.0;
        let place = u32::try_from(row.number + 1 - row.since).unwrap_or(0) + 1;
        // One more day: the zones' calendars differ.
        let days = pattern.projected(latest, place, &exceptions, span.end + Days::new(1));
        for (number, date) in (row.number + 1..).zip(days) {
            let due = pattern.due_on(date);
            if let Some(day) = span.day_of(due) {
                let entry = TaskCalendarEntry {
                    title: template.details.title.clone(),
                    at: due.instant().map(Moment),
                    projected: true,
                    number: Some(number),
                    task: None,
                    series: Some(TaskSeries::of(row.clone(), reading)),
                };
                entries.push((day, entry));
            }
        }
    }
    Ok(entries)
}
