//! What can be asked of a task: one mutation per command.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use domain::{
    DealId, Decider, OrganizationId,
    task::{CreateTask, TaskCommand, TaskState},
};
use uuid::Uuid;

use super::Task;
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    ids::{self, Kind},
    scalars::Moment,
};

#[derive(Debug, Clone, InputObject)]
pub struct TaskCreateInput {
    title: String,
    due_at: Moment,
    /// When to be reminded, not after it is due.
    remind_at: Option<Moment>,
    assignee: Option<String>,
    organization: Option<ID>,
    deal: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskRenameInput {
    id: ID,
    title: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskAssignInput {
    id: ID,
    /// Who is to do it; null: nobody.
    assignee: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskRescheduleInput {
    id: ID,
    due_at: Moment,
    /// Arms the reminder anew; absent: no reminder.
    remind_at: Option<Moment>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TaskCompleteInput {
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

#[derive(Default)]
pub struct TaskMutations;

#[Object]
impl TaskMutations {
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_create(&self, ctx: &Context<'_>, input: TaskCreateInput) -> ApiResult<TaskPayload> {
        let task = input.options.new_id(ctx, TaskState::TYPE)?;
        let organization = input
            .organization
            .as_ref()
            .map(|id| ids::parse_as(Kind::Organization, id))
            .transpose()?;
        let deal = input
            .deal
            .as_ref()
            .map(|id| ids::parse_as(Kind::Deal, id))
            .transpose()?;
        let references = [
            (
                Kind::Organization,
                organization,
                "organization",
                "ORGANIZATION_NOT_FOUND",
            ),
            (Kind::Deal, deal, "deal", "DEAL_NOT_FOUND"),
        ];
        for (kind, id, field, code) in references {
            if let Some(id) = id
                && !commands::exists(ctx, kind, id).await?
            {
                let missing = commands::missing(field, code, &format!("This {field} does not exist."));
                return Ok(TaskPayload {
                    result: CommandResult::refused(missing),
                    task,
                });
            }
        }
        let command = TaskCommand::Create(CreateTask {
            title: input.title,
            due: input.due_at.0,
            remind_at: input.remind_at.map(|Moment(time)| time),
            assignee: input.assignee,
            organization: organization.map(OrganizationId),
            deal: deal.map(DealId),
        });
        let result = commands::execute::<TaskState>(ctx, &input.options, task, command).await?;
        Ok(TaskPayload { result, task })
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn task_rename(&self, ctx: &Context<'_>, input: TaskRenameInput) -> ApiResult<TaskPayload> {
        execute(
            ctx,
            &input.options,
            &input.id,
            TaskCommand::Rename { title: input.title },
        )
        .await
    }

    /// Gives a task to somebody, or to nobody.
    #[graphql(complexity = "50 + child_complexity")]
    async fn task_assign(&self, ctx: &Context<'_>, input: TaskAssignInput) -> ApiResult<TaskPayload> {
        execute(
            ctx,
            &input.options,
            &input.id,
            TaskCommand::Assign {
                assignee: input.assignee,
            },
        )
        .await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn task_reschedule(&self, ctx: &Context<'_>, input: TaskRescheduleInput) -> ApiResult<TaskPayload> {
        let remind_at = input.remind_at.map(|Moment(time)| time);
        execute(
            ctx,
            &input.options,
            &input.id,
            TaskCommand::Reschedule {
                due: input.due_at.0,
                remind_at,
            },
        )
        .await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn task_complete(&self, ctx: &Context<'_>, input: TaskCompleteInput) -> ApiResult<TaskPayload> {
        execute(ctx, &input.options, &input.id, TaskCommand::Complete).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn task_cancel(&self, ctx: &Context<'_>, input: TaskCancelInput) -> ApiResult<TaskPayload> {
        execute(
            ctx,
            &input.options,
            &input.id,
            TaskCommand::Cancel { reason: input.reason },
        )
        .await
    }
}

async fn execute(ctx: &Context<'_>, options: &CommandOptions, id: &ID, command: TaskCommand) -> ApiResult<TaskPayload> {
    let task = ids::parse_as(Kind::Task, id)?;
    let result = commands::execute::<TaskState>(ctx, options, task, command).await?;
    Ok(TaskPayload { result, task })
}
