//! What administrators do with teams.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use domain::{Decider, TeamCommand, UserId, team::TeamState};
use uuid::Uuid;

use super::Team;
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    ids::{self, Kind},
};

#[derive(Debug, Clone, InputObject)]
pub struct TeamFormInput {
    name: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TeamRenameInput {
    id: ID,
    name: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TeamMemberInput {
    id: ID,
    /// The user who joins or leaves.
    member: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct TeamDisbandInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a team's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct TeamPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    team: Uuid,
}

#[ComplexObject]
impl TeamPayload {
    /// The team after the command; null when the command was refused.
    async fn team(&self, ctx: &Context<'_>) -> ApiResult<Option<Team>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Team::load(&reading, self.team).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct TeamMutations;

#[Object]
impl TeamMutations {
    #[graphql(complexity = "50 + child_complexity")]
    async fn team_form(&self, ctx: &Context<'_>, input: TeamFormInput) -> ApiResult<TeamPayload> {
        let team = input.options.new_id(ctx, TeamState::TYPE)?;
        let form = TeamCommand::Form { name: input.name };
        let result = commands::execute::<TeamState>(ctx, &input.options, team, form).await?;
        Ok(TeamPayload { result, team })
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn team_rename(&self, ctx: &Context<'_>, input: TeamRenameInput) -> ApiResult<TeamPayload> {
        let rename = TeamCommand::Rename { name: input.name };
        execute(ctx, &input.options, &input.id, rename).await
    }

    /// Whoever is in a team sees with its other members, if their role sees their team's records.
    #[graphql(complexity = "50 + child_complexity")]
    async fn team_add_member(&self, ctx: &Context<'_>, input: TeamMemberInput) -> ApiResult<TeamPayload> {
        let member = ids::parse_as(Kind::User, &input.member)?;
        if !commands::exists(ctx, Kind::User, member).await? {
            let missing = commands::missing("member", "USER_NOT_FOUND", "There is no such user.");
            return Ok(TeamPayload {
                result: CommandResult::refused(missing),
                team: ids::parse_as(Kind::Team, &input.id)?,
            });
        }
        let add = TeamCommand::Add { member: UserId(member) };
        execute(ctx, &input.options, &input.id, add).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn team_remove_member(&self, ctx: &Context<'_>, input: TeamMemberInput) -> ApiResult<TeamPayload> {
        let member = UserId(ids::parse_as(Kind::User, &input.member)?);
        execute(ctx, &input.options, &input.id, TeamCommand::Remove { member }).await
    }

    /// Only a team without members is disbanded.
    #[graphql(complexity = "50 + child_complexity")]
    async fn team_disband(&self, ctx: &Context<'_>, input: TeamDisbandInput) -> ApiResult<TeamPayload> {
        execute(ctx, &input.options, &input.id, TeamCommand::Disband).await
    }
}

async fn execute(ctx: &Context<'_>, options: &CommandOptions, id: &ID, command: TeamCommand) -> ApiResult<TeamPayload> {
    let team = ids::parse_as(Kind::Team, id)?;
    let result = commands::execute::<TeamState>(ctx, options, team, command).await?;
    Ok(TeamPayload { result, team })
}
