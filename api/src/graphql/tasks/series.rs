//! Series of tasks: the type, the queries, and what can be asked of them.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use domain::{
    Change, Decider, InvalidValue,
    task::Priority,
    task_series::{Anchor, Missed, Pattern, SeriesChanges, TaskSeriesCommand, TaskSeriesState, Template},
};
use journal::StreamId;
use projections::task_series::Model;
use sea_orm::ColumnTrait;
use sea_orm::Condition;
use uuid::Uuid;

use super::{
    Task, TaskConnection, TaskPriority, create,
    filter::TaskOrder,
    reminders::{self, ReminderPlanInput},
};
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::{ApiError, ApiResult},
    history::{self, EventConnection},
    ids::{self, Kind},
    paging::{self, PageArguments},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Date, Moment, date_of_row},
};

/// What the next date of a series is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Enum)]
#[graphql(remote = "domain::task_series::Anchor")]
pub enum RecurrenceAnchor {
    /// From the day that the rule gave: however late the last one was done.
    #[default]
    DueDate,
    /// From the day it was done.
    Completion,
}

/// What becomes of occurrences whose day went by while an earlier one was still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Enum)]
#[graphql(remote = "domain::task_series::Missed")]
pub enum MissedOccurrences {
    /// They are made one after the other, overdue.
    #[default]
    Keep,
    /// They are left out.
    Skip,
}

/// Tasks that follow each other by a rule.
#[derive(Clone)]
pub struct TaskSeries {
    row: Model,
    reading: Reading,
}

impl TaskSeries {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.task_series(id).await?.map(|row| Self::of(row, reading)))
    }

    pub(super) fn of(row: Model, reading: &Reading) -> Self {
        let reading = reading.clone();
        Self { row, reading }
    }

    pub(super) fn pattern(row: &Model) -> ApiResult<Pattern> {
        stored(&row.pattern)
    }

    pub(super) fn template(row: &Model) -> ApiResult<Template> {
        stored(&row.template)
    }
}

fn stored<T: serde::de::DeserializeOwned>(text: &str) -> ApiResult<T> {
    serde_json::from_str(text).map_err(|error| ApiError::internal("a view holds a series that is none", &error))
}

#[Object]
impl TaskSeries {
    pub async fn id(&self) -> ID {
        ids::global(Kind::TaskSeries, self.row.id)
    }

    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    /// The title of the tasks to come.
    async fn title(&self) -> &str {
        &self.row.title
    }

    async fn description(&self) -> ApiResult<Option<String>> {
        Ok(Self::template(&self.row)?.details.description)
    }

    /// The priority of the tasks to come.
    async fn priority(&self) -> ApiResult<TaskPriority> {
        Ok(Self::template(&self.row)?.details.priority.into())
    }

    /// As in RFC 5545.
    async fn rule(&self) -> &str {
        &self.row.rule
    }

    async fn anchor(&self) -> ApiResult<RecurrenceAnchor> {
        Ok(Self::pattern(&self.row)?.anchor.into())
    }

    async fn missed(&self) -> ApiResult<MissedOccurrences> {
        Ok(Self::pattern(&self.row)?.missed.into())
    }

    /// Of the IANA database: the zone of the hour, or whose calendar counts.
    async fn time_zone(&self) -> ApiResult<String> {
        Ok(Self::pattern(&self.row)?.zone().name().to_owned())
    }

    /// Days on which there is none.
    async fn exceptions(&self) -> ApiResult<Vec<Date>> {
        let days = self.row.exceptions.split(',').filter(|day| !day.is_empty());
        days.map(date_of_row).collect()
    }

    /// The task made last: open, unless the next one is just being made or the series has ended.
    #[graphql(complexity = "child_complexity + 1")]
    async fn latest_task(&self) -> ApiResult<Option<Task>> {
        Task::load(&self.reading, self.row.task_id).await
    }

    /// Number of the task made last.
    async fn number(&self) -> i32 {
        self.row.number
    }

    /// The day that the rule gave to the task made last.
    async fn scheduled_date(&self) -> ApiResult<Date> {
        date_of_row(&self.row.scheduled_date)
    }

    async fn ended(&self) -> bool {
        self.row.ended
    }

    async fn started_at(&self) -> Moment {
        Moment::from_micros(self.row.started_at)
    }

    async fn ended_at(&self) -> Option<Moment> {
        self.row.ended_at.map(Moment::from_micros)
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// Its tasks.
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
        let own = Condition::all().add(projections::tasks::Column::SeriesId.eq(self.row.id));
        super::page(&self.reading, own, arguments, None, order_by).await
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
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        history::of_stream(
            ctx,
            &StreamId::new(TaskSeriesState::TYPE, self.row.id),
            &arguments.window()?,
        )
        .await
    }
}

#[derive(Default)]
pub struct TaskSeriesQueries;

#[Object]
impl TaskSeriesQueries {
    /// A series of tasks by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn task_series(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<TaskSeries>> {
        let id = ids::parse_as(Kind::TaskSeries, &id)?;
        TaskSeries::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskSeriesChangeInput {
    id: ID,
    /// A new rule; it counts from the task made last unless a new beginning is given.
    rule: Option<String>,
    anchor: Option<RecurrenceAnchor>,
    missed: Option<MissedOccurrences>,
    /// A new beginning: the day from which the rule counts.
    first_date: Option<Date>,
    /// A new beginning: the instant whose day and hour the rule counts from.
    first_at: Option<Moment>,
    time_zone: Option<String>,
    title: Option<String>,
    description: MaybeUndefined<String>,
    priority: Option<TaskPriority>,
    assignees: Option<Vec<ID>>,
    watchers: Option<Vec<ID>>,
    links: Option<Vec<ID>>,
    reminders: MaybeUndefined<ReminderPlanInput>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskSeriesSkipDateInput {
    id: ID,
    date: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskSeriesEndInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of the command of a series.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct TaskSeriesPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    series: Uuid,
}

#[ComplexObject]
impl TaskSeriesPayload {
    /// The series after the command; null when the command was refused.
    async fn series(&self, ctx: &Context<'_>) -> ApiResult<Option<TaskSeries>> {
        match self.result.reading(ctx).await? {
            Some(reading) => TaskSeries::load(&reading, self.series).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct TaskSeriesMutations;

#[Object]
impl TaskSeriesMutations {
    /// Changes all tasks of a series that are still to be made. The open one stays as it is.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_series_change(
        &self,
        ctx: &Context<'_>,
        input: TaskSeriesChangeInput,
    ) -> ApiResult<TaskSeriesPayload> {
        let series = ids::parse_as(Kind::TaskSeries, &input.id)?;
        let refused = |error| TaskSeriesPayload {
            result: CommandResult::refused(error),
            series,
        };
        let assignees = match &input.assignees {
            Some(ids) => match create::people(ctx, "assignees", ids).await? {
                Ok(people) => Some(people),
                Err(missing) => return Ok(refused(missing)),
            },
            None => None,
        };
        let watchers = match &input.watchers {
            Some(ids) => match create::people(ctx, "watchers", ids).await? {
                Ok(people) => Some(people),
                Err(missing) => return Ok(refused(missing)),
            },
            None => None,
        };
        let links = match &input.links {
            Some(ids) => match create::records(ctx, "links", ids).await? {
                Ok(links) => Some(links),
                Err(missing) => return Ok(refused(missing)),
            },
            None => None,
        };
        let zone = reminders::zone_for(ctx, assignees.as_deref().unwrap_or_default()).await?;
        let changes = || -> Result<SeriesChanges, InvalidValue> {
            Ok(SeriesChanges {
                rule: input
                    .rule
                    .as_deref()
                    .map(|text| create::rule("rule", text))
                    .transpose()?,
                anchor: input.anchor.map(Anchor::from),
                missed: input.missed.map(Missed::from),
                first: reminders::due(input.first_date, input.first_at, input.time_zone.as_deref(), zone)?,
                title: input.title.clone(),
                description: match input.description.clone() {
                    MaybeUndefined::Undefined => Change::Keep,
                    MaybeUndefined::Null => Change::Clear,
                    MaybeUndefined::Value(text) => Change::Set(text),
                },
                priority: input.priority.map(Priority::from),
                assignees: assignees.clone(),
                watchers: watchers.clone(),
                links: links.clone(),
                reminders: reminders::change(&input.reminders, zone)?,
            })
        };
        match changes() {
            Ok(changes) => execute(ctx, &input.options, &input.id, TaskSeriesCommand::Change(changes)).await,
            Err(invalid) => Ok(refused(commands::user_error(ctx, &invalid))),
        }
    }

    /// Leaves one day out. An open task of that day is cancelled.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_series_skip_date(
        &self,
        ctx: &Context<'_>,
        input: TaskSeriesSkipDateInput,
    ) -> ApiResult<TaskSeriesPayload> {
        let command = TaskSeriesCommand::SkipDate { date: input.date.0 };
        execute(ctx, &input.options, &input.id, command).await
    }

    /// No more tasks of this series. The open one stays.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_series_end(&self, ctx: &Context<'_>, input: TaskSeriesEndInput) -> ApiResult<TaskSeriesPayload> {
        execute(ctx, &input.options, &input.id, TaskSeriesCommand::End).await
    }
}

async fn execute(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: &ID,
    command: TaskSeriesCommand,
) -> ApiResult<TaskSeriesPayload> {
    let series = ids::parse_as(Kind::TaskSeries, id)?;
    let result = commands::execute::<TaskSeriesState>(ctx, options, series, command).await?;
    Ok(TaskSeriesPayload { result, series })
}
