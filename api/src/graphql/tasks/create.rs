//! Making tasks: one, many, and the first of a series.

use std::collections::HashSet;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use domain::{
    Decider, Event, InvalidValue, Language, Refusal, TaskError, TaskId, TaskSeriesError, TaskSeriesId, UserId,
    recurrence::Rule,
    task::{CreateTask, Details, Due, Link, LinkCategory, Occurrence, Priority, ReminderPlan, TaskCommand, TaskState},
    task_series::{Anchor, Missed, Pattern, TaskSeriesCommand, TaskSeriesState, Template},
    value::Problem,
};
use engine::{CommandError, UnitOfWork};
use futures::FutureExt;
use journal::StreamId;
use uuid::Uuid;

use super::{
    TaskPriority,
    mutations::TaskPayload,
    reminders::{self, ReminderPlanInput},
    series::{MissedOccurrences, RecurrenceAnchor},
};
use crate::graphql::{
    commands::{self, CommandOptions},
    errors::{ApiError, ApiResult, UserError},
    ids::{self, Kind},
    refusals::UserErrorCode,
    scalars::{Date, Moment},
    session::Session,
};

/// Tasks made by one mutation at most.
const BATCH_MAX: usize = 60;

/// How a task recurs.
#[derive(Debug, Clone, InputObject)]
pub struct TaskRecurrenceInput {
    /// The value of an `RRULE` (RFC 5545), for example `FREQ=MONTHLY;BYDAY=-1FR`.
    pub(super) rule: String,
    #[graphql(default)]
    pub(super) anchor: RecurrenceAnchor,
    #[graphql(default)]
    pub(super) missed: MissedOccurrences,
    /// Days on which there shall be none.
    #[graphql(default)]
    pub(super) exceptions: Vec<Date>,
}

impl TaskRecurrenceInput {
    pub(super) fn pattern(&self, due: Option<Due>) -> Result<Pattern, InvalidValue> {
        let first = due.ok_or(InvalidValue::new("dueDate", Problem::Missing))?;
        Ok(Pattern {
            anchor: Anchor::from(self.anchor),
            missed: Missed::from(self.missed),
            ..Pattern::new(rule("recurrence", &self.rule)?, first)
        })
    }
}

pub(super) fn rule(field: &'static str, text: &str) -> Result<Rule, InvalidValue> {
    text.parse()
        .map_err(|problem| InvalidValue::new(field, Problem::NotARule(problem)))
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskCreateInput {
    title: String,
    description: Option<String>,
    #[graphql(default_with = "TaskPriority::Normal")]
    priority: TaskPriority,
    /// The day it is due, whatever the hour; or give `dueAt`.
    due_date: Option<Date>,
    /// The instant it is due; or give `dueDate`.
    due_at: Option<Moment>,
    /// The zone in which the hour of `dueAt` is meant; the first assignee's unless you say otherwise.
    time_zone: Option<String>,
    /// A reminder of its own, not after it is due.
    remind_at: Option<Moment>,
    /// Reminders on days around the due one. Absent: the usual ones, unless `remindAt` is given; null: none.
    reminders: MaybeUndefined<ReminderPlanInput>,
    #[graphql(default)]
    assignees: Vec<ID>,
    /// The assignee as another system wrote it.
    assignee_name: Option<String>,
    #[graphql(default)]
    watchers: Vec<ID>,
    /// Records that it has to do with, of whatever kind.
    #[graphql(default)]
    links: Vec<ID>,
    /// One more link.
    organization: Option<ID>,
    /// One more link.
    deal: Option<ID>,
    /// The task is the first of a series.
    recurrence: Option<TaskRecurrenceInput>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskRecurInput {
    id: ID,
    recurrence: TaskRecurrenceInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of each of several commands, in their order.
#[derive(Debug, Clone, SimpleObject)]
pub struct TasksPayload {
    results: Vec<TaskPayload>,
}

#[derive(Default)]
pub struct TaskCreations;

#[Object]
impl TaskCreations {
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_create(&self, ctx: &Context<'_>, input: TaskCreateInput) -> ApiResult<TaskPayload> {
        create(ctx, &input).await
    }

    /// Makes up to sixty tasks, one command each: one that is refused does not keep the others from being made.
    #[graphql(complexity = "inputs.len().min(BATCH_MAX) * (50 + child_complexity)")]
    async fn tasks_create(&self, ctx: &Context<'_>, inputs: Vec<TaskCreateInput>) -> ApiResult<TasksPayload> {
        if inputs.is_empty() || inputs.len() > BATCH_MAX {
            return Err(ApiError::bad_input(format!("Give 1 to {BATCH_MAX} tasks at a time.")));
        }
        let mut named = HashSet::new();
        if inputs
            .iter()
            .filter_map(|input| input.options.command_id)
            .any(|id| !named.insert(id))
        {
            return Err(ApiError::bad_input("Give each task a `commandId` of its own."));
        }
        let mut results = Vec::with_capacity(inputs.len());
        for input in &inputs {
            let payload = match create(ctx, input).await {
                Ok(payload) => payload,
                Err(error) => TaskPayload::refused(
                    Uuid::nil(),
                    UserError {
                        code: UserErrorCode::of(error.code.as_str()),
                        field: None,
                        allowed: Vec::new(),
                        message: error.message,
                    },
                ),
            };
            results.push(payload);
        }
        Ok(TasksPayload { results })
    }

    /// Makes an open task with a date the first of a series.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_recur(&self, ctx: &Context<'_>, input: TaskRecurInput) -> ApiResult<TaskPayload> {
        let task = ids::parse_as(Kind::Task, &input.id)?;
        let Some(state) = commands::load::<domain::Task>(ctx, task).await? else {
            return Ok(TaskPayload::refused(
                task,
                commands::user_error(ctx, &TaskError::NotCreated),
            ));
        };
        let pattern = match input.recurrence.pattern(state.due()) {
            Ok(pattern) => pattern,
            Err(invalid) => return Ok(TaskPayload::refused(task, commands::user_error(ctx, &invalid))),
        };
        let series = TaskSeriesId(input.options.new_id(ctx, TaskSeriesState::TYPE)?);
        let occurrence = first_of(series, &pattern);
        let template = Template {
            details: state.details().cloned().unwrap_or_default(),
            reminders: state.reminders().map(|reminders| reminders.plan.clone()),
        };
        let start = start(task, pattern, template, &input.recurrence);
        let asked = TaskRecurInput {
            options: CommandOptions::default(),
            ..input.clone()
        };
        let intent = ("recur", task, format!("{asked:?}"));
        let command = TaskCommand::Recur { occurrence };
        together(ctx, &input.options, &intent, (task, command), (series, start)).await
    }
}

fn start(task: Uuid, pattern: Pattern, template: Template, input: &TaskRecurrenceInput) -> TaskSeriesCommand {
    TaskSeriesCommand::Start {
        task: TaskId(task),
        pattern,
        template,
        exceptions: input.exceptions.iter().map(|Date(date)| *date).collect(),
    }
}

fn first_of(series: TaskSeriesId, pattern: &Pattern) -> Occurrence {
    Occurrence {
        series,
        number: 1,
        scheduled: pattern.first.date(),
    }
}

async fn create(ctx: &Context<'_>, input: &TaskCreateInput) -> ApiResult<TaskPayload> {
    let id = input.options.new_id(ctx, TaskState::TYPE)?;
    let mut task = match prepare(ctx, input).await? {
        Ok(task) => task,
        Err(refused) => return Ok(TaskPayload::refused(id, refused)),
    };
    let Some(recurrence) = &input.recurrence else {
        let command = TaskCommand::Create(task);
        let result = commands::execute::<TaskState>(ctx, &input.options, id, command).await?;
        return Ok(TaskPayload::new(result, id));
    };
    let pattern = match recurrence.pattern(task.due) {
        Ok(pattern) => pattern,
        Err(invalid) => return Ok(TaskPayload::refused(id, commands::user_error(ctx, &invalid))),
    };
    let series = TaskSeriesId(input.options.new_id(ctx, TaskSeriesState::TYPE)?);
    task.occurrence = Some(first_of(series, &pattern));
    let template = Template {
        details: task.details.clone(),
        reminders: task.reminders.clone(),
    };
    let start = start(id, pattern, template, recurrence);
    let asked = TaskCreateInput {
        options: CommandOptions::default(),
        ..input.clone()
    };
    let intent = ("create", id, format!("{asked:?}"));
    together(
        ctx,
        &input.options,
        &intent,
        (id, TaskCommand::Create(task)),
        (series, start),
    )
    .await
}

/// A task and its series in one append.
async fn together(
    ctx: &Context<'_>,
    options: &CommandOptions,
    intent: &(&str, Uuid, String),
    (task, command): (Uuid, TaskCommand),
    (series, start): (TaskSeriesId, TaskSeriesCommand),
) -> ApiResult<TaskPayload> {
    let context = options.context(ctx)?;
    let bus = &ctx.application()?.bus;
    let answer = bus
        .together(&context, intent, |unit: &mut UnitOfWork<'_, Event>| {
            let (command, start) = (command.clone(), start.clone());
            async move {
                let of_task = |error: CommandError<TaskError>| error.map_refusal(Refused::Task);
                unit.run::<domain::Task>(task, command).await.map_err(of_task)?;
                let of_series = |error: CommandError<TaskSeriesError>| error.map_refusal(Refused::Series);
                unit.run::<domain::TaskSeries>(series.0, start).await.map_err(of_series)
            }
            .boxed()
        })
        .await;
    let result = commands::settle(ctx, answer, &StreamId::new(TaskState::TYPE, task)).await?;
    Ok(TaskPayload::new(result, task))
}

/// Whichever of the two refuses.
#[derive(Debug)]
enum Refused {
    Task(TaskError),
    Series(TaskSeriesError),
}

impl Refused {
    fn inner(&self) -> &dyn Refusal {
        match self {
            Self::Task(error) => error,
            Self::Series(error) => error,
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self.inner(), f)
    }
}

impl std::error::Error for Refused {}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        self.inner().code()
    }

    fn field(&self) -> Option<&'static str> {
        self.inner().field()
    }

    fn allowed(&self) -> Vec<&'static str> {
        self.inner().allowed()
    }

    fn message(&self, language: Language) -> String {
        self.inner().message(language)
    }
}

/// Something that the input names or says is not taken.
type Checked<T> = ApiResult<Result<T, UserError>>;

async fn prepare(ctx: &Context<'_>, input: &TaskCreateInput) -> Checked<CreateTask> {
    let assignees = match people(ctx, "assignees", &input.assignees).await? {
        Ok(people) => people,
        Err(missing) => return Ok(Err(missing)),
    };
    let watchers = match people(ctx, "watchers", &input.watchers).await? {
        Ok(people) => people,
        Err(missing) => return Ok(Err(missing)),
    };
    let links = match links_of(ctx, input).await? {
        Ok(links) => links,
        Err(missing) => return Ok(Err(missing)),
    };
    let zone = reminders::zone_for(ctx, &assignees).await?;
    let times = || {
        let due = reminders::due(input.due_date, input.due_at, input.time_zone.as_deref(), zone)?;
        let plan = match &input.reminders {
            MaybeUndefined::Undefined if input.remind_at.is_some() => None,
            MaybeUndefined::Undefined => Some(ReminderPlan::usual(zone)),
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(plan) => Some(plan.checked(zone)?),
        };
        Ok((due, plan))
    };
    let (due, plan) = match times() {
        Ok(times) => times,
        Err(invalid) => {
            let invalid: InvalidValue = invalid;
            return Ok(Err(commands::user_error(ctx, &invalid)));
        }
    };
    Ok(Ok(CreateTask {
        details: Details {
            title: input.title.clone(),
            description: input.description.clone(),
            priority: Priority::from(input.priority),
            assignees,
            assignee_name: input.assignee_name.clone(),
            watchers,
            links,
        },
        due,
        remind_at: input.remind_at.map(|Moment(time)| time),
        reminders: plan,
        occurrence: None,
    }))
}

/// Users who exist.
pub(super) async fn people(ctx: &Context<'_>, field: &'static str, ids: &[ID]) -> Checked<Vec<UserId>> {
    let mut people = Vec::with_capacity(ids.len());
    for id in ids {
        let user = ids::parse_as(Kind::User, id)?;
        if !commands::exists(ctx, Kind::User, user).await? {
            return Ok(Err(missing(ctx, field, Kind::User)));
        }
        people.push(UserId(user));
    }
    Ok(Ok(people))
}

/// Records that exist.
pub(super) async fn records(ctx: &Context<'_>, field: &'static str, ids: &[ID]) -> Checked<Vec<Link>> {
    let mut links = Vec::with_capacity(ids.len());
    for id in ids {
        let (kind, id) = ids::parse(id)?;
        match linked(ctx, field, kind, id).await? {
            Ok(link) => links.push(link),
            Err(missing) => return Ok(Err(missing)),
        }
    }
    Ok(Ok(links))
}

async fn links_of(ctx: &Context<'_>, input: &TaskCreateInput) -> Checked<Vec<Link>> {
    let mut links = Vec::new();
    for (field, kind, id) in [
        ("organization", Kind::Organization, &input.organization),
        ("deal", Kind::Deal, &input.deal),
    ] {
        if let Some(id) = id {
            match linked(ctx, field, kind, ids::parse_as(kind, id)?).await? {
                Ok(link) => links.push(link),
                Err(missing) => return Ok(Err(missing)),
            }
        }
    }
    let named = records(ctx, "links", &input.links).await?;
    Ok(named.map(|named| links.into_iter().chain(named).collect()))
}

async fn linked(ctx: &Context<'_>, field: &'static str, kind: Kind, id: Uuid) -> Checked<Link> {
    let known = LinkCategory::ALL
        .into_iter()
        .find(|category| category.as_str() == kind.category());
    let Some(category) = known else {
        let message = format!("A task has nothing to do with a {}.", kind.name());
        return Err(ApiError::bad_input(message));
    };
    if commands::exists(ctx, kind, id).await? {
        Ok(Ok(Link { category, id }))
    } else {
        Ok(Err(missing(ctx, field, kind)))
    }
}

fn missing(ctx: &Context<'_>, field: &'static str, kind: Kind) -> UserError {
    let code = format!("{}_NOT_FOUND", kind.category().to_uppercase().replace('-', "_"));
    let message = ctx.language().choose(
        format!("`{field}` names a {} that does not exist.", kind.name()),
        format!("« {field} » désigne un objet ({}) qui n'existe pas.", kind.name()),
    );
    commands::missing(field, &code, &message)
}
