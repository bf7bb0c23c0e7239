//! What can be asked of a task: one mutation per command.

use async_graphql::{ComplexObject, Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use domain::{
    Decider, Event, FileId, Rank, TaskError,
    task::{Link, Priority, TaskCommand, TaskState},
};
use engine::{CommandError, UnitOfWork};
use futures::FutureExt;
use journal::StreamId;
use projections::tasks::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    Task, TaskPriority, create,
    reminders::{self, ReminderPlanInput},
};
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::{ApiError, ApiResult, UserError},
    files::{self, RecordFileInput},
    ids::{self, Kind},
    reading::{self, Reading},
    scalars::{Date, Moment},
    session::Session,
};

#[derive(Debug, Clone, InputObject)]
pub struct TaskRenameInput {
    id: ID,
    title: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskDescribeInput {
    id: ID,
    /// Null: there is nothing to say.
    description: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskPrioritizeInput {
    id: ID,
    priority: TaskPriority,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskAssignInput {
    id: ID,
    /// Who is to do it, from now on; empty: nobody.
    assignees: Vec<ID>,
    /// The assignee as another system wrote it.
    assignee_name: Option<String>,
    /// Absent: the plan stays and goes by the first assignee's clock; null: no more reminders.
    reminders: MaybeUndefined<ReminderPlanInput>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskWatchInput {
    id: ID,
    /// You unless you say otherwise.
    user: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskLinkInput {
    id: ID,
    /// A record, of whatever kind.
    record: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskRescheduleInput {
    id: ID,
    /// The day it is due, whatever the hour; or give `dueAt`, or neither: nobody says by when.
    due_date: Option<Date>,
    due_at: Option<Moment>,
    /// The zone in which the hour of `dueAt` is meant; the first assignee's unless you say otherwise.
    time_zone: Option<String>,
    /// Arms its own reminder anew; absent: it has none.
    remind_at: Option<Moment>,
    /// Absent: the plan stays; null: no more reminders.
    reminders: MaybeUndefined<ReminderPlanInput>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskRankInput {
    id: ID,
    /// The card that it is to lie behind; absent: it is right before `before`.
    after: Option<ID>,
    /// The card that it is to lie before; absent: it is right behind `after`.
    before: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// A command that says nothing more than which task.
#[derive(Debug, Clone, InputObject)]
pub struct TaskCommandInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskCancelInput {
    id: ID,
    reason: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a task's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct TaskPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    task: Uuid,
}

#[ComplexObject]
impl TaskPayload {
    /// The task after the command; null when the command was refused.
    async fn task(&self, ctx: &Context<'_>) -> ApiResult<Option<Task>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Task::load(&reading, self.task).await,
            None => Ok(None),
        }
    }
}

impl TaskPayload {
    pub(super) const fn new(result: CommandResult, task: Uuid) -> Self {
        Self { result, task }
    }

    pub(super) fn refused(task: Uuid, error: UserError) -> Self {
        Self::new(CommandResult::refused(error), task)
    }
}

#[derive(Default)]
pub struct TaskMutations;

#[Object]
impl TaskMutations {
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_rename(&self, ctx: &Context<'_>, input: TaskRenameInput) -> ApiResult<TaskPayload> {
        let command = TaskCommand::Rename { title: input.title };
        execute(ctx, &input.options, &input.id, command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn task_describe(&self, ctx: &Context<'_>, input: TaskDescribeInput) -> ApiResult<TaskPayload> {
        let command = TaskCommand::Describe {
            description: input.description,
        };
        execute(ctx, &input.options, &input.id, command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn task_prioritize(&self, ctx: &Context<'_>, input: TaskPrioritizeInput) -> ApiResult<TaskPayload> {
        let command = TaskCommand::Prioritize {
            priority: Priority::from(input.priority),
        };
        execute(ctx, &input.options, &input.id, command).await
    }

    /// Gives a task to these, or to nobody. Whoever gets it gets all its reminders that are still to come.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_assign(&self, ctx: &Context<'_>, input: TaskAssignInput) -> ApiResult<TaskPayload> {
        let task = ids::parse_as(Kind::Task, &input.id)?;
        let assignees = match create::people(ctx, "assignees", &input.assignees).await? {
            Ok(people) => people,
            Err(missing) => return Ok(TaskPayload::refused(task, missing)),
        };
        let first = match assignees.first() {
            Some(user) => reminders::zone_of(ctx, *user).await?,
            None => None,
        };
        let zone = reminders::zone_for(ctx, &assignees).await?;
        let reminders = match reminders::change(&input.reminders, zone) {
            Ok(change) => change,
            Err(invalid) => return Ok(TaskPayload::refused(task, commands::user_error(ctx, &invalid))),
        };
        let command = TaskCommand::Assign {
            assignees,
            assignee_name: input.assignee_name,
            reminders,
            time_zone: first,
        };
        execute(ctx, &input.options, &input.id, command).await
    }

    /// Tells somebody what becomes of a task.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_watch(&self, ctx: &Context<'_>, input: TaskWatchInput) -> ApiResult<TaskPayload> {
        watch(ctx, &input, |user| TaskCommand::Watch { user }).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn task_unwatch(&self, ctx: &Context<'_>, input: TaskWatchInput) -> ApiResult<TaskPayload> {
        watch(ctx, &input, |user| TaskCommand::Unwatch { user }).await
    }

    /// Says that a task has to do with a record.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_link(&self, ctx: &Context<'_>, input: TaskLinkInput) -> ApiResult<TaskPayload> {
        link(ctx, &input, |link| TaskCommand::Link { link }).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn task_unlink(&self, ctx: &Context<'_>, input: TaskLinkInput) -> ApiResult<TaskPayload> {
        link(ctx, &input, |link| TaskCommand::Unlink { link }).await
    }

    /// Gives a task another date, or none. Another date arms its reminders anew.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_reschedule(&self, ctx: &Context<'_>, input: TaskRescheduleInput) -> ApiResult<TaskPayload> {
        let task = ids::parse_as(Kind::Task, &input.id)?;
        let current = commands::load::<domain::Task>(ctx, task).await?;
        let people = current.and_then(|task| task.details().map(|details| details.assignees.clone()));
        let zone = reminders::zone_for(ctx, &people.unwrap_or_default()).await?;
        let due = reminders::due(input.due_date, input.due_at, input.time_zone.as_deref(), zone);
        let times = due.and_then(|due| Ok((due, reminders::change(&input.reminders, zone)?)));
        let (due, reminders) = match times {
            Ok(times) => times,
            Err(invalid) => return Ok(TaskPayload::refused(task, commands::user_error(ctx, &invalid))),
        };
        let command = TaskCommand::Reschedule {
            due,
            remind_at: input.remind_at.map(|Moment(time)| time),
            reminders,
        };
        execute(ctx, &input.options, &input.id, command).await
    }

    /// A file that was sent goes with it from now on.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_attach_file(&self, ctx: &Context<'_>, input: RecordFileInput) -> ApiResult<TaskPayload> {
        let task = ids::parse_as(Kind::Task, &input.id)?;
        let there = commands::exists(ctx, Kind::Task, task).await?;
        match files::sent(ctx, input.file, there).await? {
            Ok(file) => execute(ctx, &input.options, &input.id, TaskCommand::AttachFile(file)).await,
            Err(missing) => Ok(TaskPayload::refused(task, commands::user_error(ctx, &missing))),
        }
    }

    /// A file does not go with it after all. The history keeps that it did, and the bytes.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_detach_file(&self, ctx: &Context<'_>, input: RecordFileInput) -> ApiResult<TaskPayload> {
        let file = FileId(input.file);
        execute(ctx, &input.options, &input.id, TaskCommand::DetachFile { file }).await
    }

    /// Puts a card between two others.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_rank(&self, ctx: &Context<'_>, input: TaskRankInput) -> ApiResult<TaskPayload> {
        let task = ids::parse_as(Kind::Task, &input.id)?;
        let rank = rank_between(ctx, input.after.as_ref(), input.before.as_ref()).await?;
        let context = input.options.context(ctx)?;
        // What was asked, not the rank that it came to: a repeated command is compared by it.
        let intent = ("rank", task, &input.after, &input.before);
        let answer = ctx
            .application()?
            .bus
            .together(&context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                let command = TaskCommand::Rank { rank: rank.clone() };
                async move { unit.run::<domain::Task>(task, command).await }.boxed()
            })
            .await;
        let answer: Result<_, CommandError<TaskError>> = answer;
        let result = commands::settle(ctx, answer, &StreamId::new(TaskState::TYPE, task)).await?;
        Ok(TaskPayload::new(result, task))
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn task_start(&self, ctx: &Context<'_>, input: TaskCommandInput) -> ApiResult<TaskPayload> {
        execute(ctx, &input.options, &input.id, TaskCommand::Start).await
    }

    /// Puts a task that was started back among those to do.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_put_back(&self, ctx: &Context<'_>, input: TaskCommandInput) -> ApiResult<TaskPayload> {
        execute(ctx, &input.options, &input.id, TaskCommand::PutBack).await
    }

    /// A task of a series is followed by the next one, in a moment.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_complete(&self, ctx: &Context<'_>, input: TaskCommandInput) -> ApiResult<TaskPayload> {
        execute(ctx, &input.options, &input.id, TaskCommand::Complete).await
    }

    /// Of a series, this one only: the next one follows.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_cancel(&self, ctx: &Context<'_>, input: TaskCancelInput) -> ApiResult<TaskPayload> {
        let command = TaskCommand::Cancel { reason: input.reason };
        execute(ctx, &input.options, &input.id, command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn task_reopen(&self, ctx: &Context<'_>, input: TaskCommandInput) -> ApiResult<TaskPayload> {
        execute(ctx, &input.options, &input.id, TaskCommand::Reopen).await
    }
}

async fn execute(ctx: &Context<'_>, options: &CommandOptions, id: &ID, command: TaskCommand) -> ApiResult<TaskPayload> {
    let task = ids::parse_as(Kind::Task, id)?;
    let result = commands::execute::<TaskState>(ctx, options, task, command).await?;
    Ok(TaskPayload::new(result, task))
}

async fn watch(
    ctx: &Context<'_>,
    input: &TaskWatchInput,
    command: impl Fn(domain::UserId) -> TaskCommand,
) -> ApiResult<TaskPayload> {
    let user = match (&input.user, ctx.viewer()?.user()) {
        (Some(id), _) => match create::people(ctx, "user", std::slice::from_ref(id)).await? {
            Ok(people) => people.first().copied(),
            Err(missing) => return Ok(TaskPayload::refused(ids::parse_as(Kind::Task, &input.id)?, missing)),
        },
        (None, viewer) => viewer,
    };
    let user = user.ok_or_else(|| ApiError::bad_input("You have no account here: say who, in `user`."))?;
    execute(ctx, &input.options, &input.id, command(user)).await
}

async fn link(
    ctx: &Context<'_>,
    input: &TaskLinkInput,
    command: impl Fn(Link) -> TaskCommand,
) -> ApiResult<TaskPayload> {
    match create::records(ctx, "record", std::slice::from_ref(&input.record)).await? {
        Ok(links) => match links.first() {
            Some(link) => execute(ctx, &input.options, &input.id, command(*link)).await,
            None => Err(ApiError::bad_input("Name a record.")),
        },
        Err(missing) => Ok(TaskPayload::refused(ids::parse_as(Kind::Task, &input.id)?, missing)),
    }
}

/// A rank between two cards, as they lie now. With one of them only: right beside it, in its column.
async fn rank_between(ctx: &Context<'_>, after: Option<&ID>, before: Option<&ID>) -> ApiResult<Rank> {
    let reading = reading::reading(ctx, None, None).await?;
    let (after, before) = match (card(&reading, after).await?, card(&reading, before).await?) {
        (None, None) => {
            return Err(ApiError::bad_input(
                "Name the card `after` or `before` which it is to lie.",
            ));
        }
        (None, Some(before)) => {
            let previous = neighbour(&reading, &before, false).await?;
            (previous, Some(before.rank))
        }
        (Some(after), Some(before)) if after.rank < before.rank => (Some(after.rank), Some(before.rank)),
        // Also when others have moved the two meanwhile: right behind the first is as near as it gets.
        (Some(after), _) => {
            let next = neighbour(&reading, &after, true).await?;
            (Some(after.rank), next)
        }
    };
    let stored = |text: String| {
        let rank = text.parse::<Rank>();
        rank.map_err(|error| ApiError::internal("a view holds a rank that is none", &error))
    };
    let (after, before) = (after.map(stored).transpose()?, before.map(stored).transpose()?);
    Rank::between(after.as_ref(), before.as_ref())
        .ok_or_else(|| ApiError::internal("two ranks are out of order", &"no room between them"))
}

async fn card(reading: &Reading, id: Option<&ID>) -> ApiResult<Option<Model>> {
    let Some(id) = id else { return Ok(None) };
    let row = reading.task(ids::parse_as(Kind::Task, id)?).await?;
    row.map(Some)
        .ok_or_else(|| ApiError::bad_input("There is no such card to put it beside."))
}

/// The rank of the next card of the column, or of the one before.
async fn neighbour(reading: &Reading, card: &Model, next: bool) -> ApiResult<Option<String>> {
    let column = Entity::find().filter(Column::Status.eq(&card.status));
    let select = if next {
        column.filter(Column::Rank.gt(&card.rank)).order_by_asc(Column::Rank)
    } else {
        column.filter(Column::Rank.lt(&card.rank)).order_by_desc(Column::Rank)
    };
    let found = select.one(reading.connection()).await?;
    Ok(found.map(|row| row.rank))
}
