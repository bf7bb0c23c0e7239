//! What administrators do with the accounts of others.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use chrono_tz::Tz;
use domain::{
    Decider, UserCommand, UserId,
    user::{RegisterUser, UserDetails, UserState},
};
use engine::{CommandContext, Outcome};
use identity::LinkPurpose;
use journal::StreamId;
use uuid::Uuid;

use super::{Language, Role, User, Visibility, time_zone};
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    ids::{self, Kind},
    session::Session,
    sign_in,
};
use crate::letters;

#[derive(Debug, Clone, InputObject)]
pub struct UserInviteInput {
    name: String,
    /// What they sign in with; the invitation goes there.
    email: String,
    role: Role,
    #[graphql(default_with = "Language::French")]
    language: Language,
    /// Of the IANA database.
    #[graphql(default_with = "String::from(\"Europe/Paris\")")]
    time_zone: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct UserDescribeInput {
    id: ID,
    name: String,
    email: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct UserChangeRoleInput {
    id: ID,
    role: Role,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct UserChangeVisibilityInput {
    id: ID,
    /// Null: what the role sees.
    visibility: Option<Visibility>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct UserDeactivateInput {
    id: ID,
    /// Who takes over what they owned; null: it stays theirs.
    successor: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct UserInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a command about an account.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct UserPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    user: Uuid,
}

#[ComplexObject]
impl UserPayload {
    /// The account after the command; null when the command was refused.
    async fn user(&self, ctx: &Context<'_>) -> ApiResult<Option<User>> {
        match self.result.reading(ctx).await? {
            Some(reading) => User::load(&reading, self.user).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct UserMutations;

#[Object]
impl UserMutations {
    /// Registers a colleague and sends them a link to set their password.
    #[graphql(complexity = "100 + child_complexity")]
    async fn user_invite(&self, ctx: &Context<'_>, input: UserInviteInput) -> ApiResult<UserPayload> {
        let id = input.options.new_id(ctx, UserState::TYPE)?;
        let zone = match time_zone(&input.time_zone) {
            Ok(zone) => zone,
            Err(refusal) => return Ok(refused(ctx, id, &refusal)),
        };
        let user = register(id, input.name, input.email, input.role, input.language, zone);
        let context = input.options.context(ctx)?;
        let application = ctx.application()?;
        let answer = application.identity.register(&context, user).await;
        let invited = answer.as_ref().is_ok_and(|outcome| !outcome.replayed);
        let payload = settled(ctx, id, answer).await?;
        if invited {
            send_invitation(ctx, &context, UserId(id)).await?;
        }
        Ok(payload)
    }

    /// Sends the invitation again; the link of the one before opens nothing any more.
    #[graphql(complexity = "100 + child_complexity")]
    async fn user_invite_again(&self, ctx: &Context<'_>, input: UserInput) -> ApiResult<UserPayload> {
        let user = ids::parse_as(Kind::User, &input.id)?;
        if !commands::exists(ctx, Kind::User, user).await? {
            return Ok(UserPayload {
                result: not_found(ctx),
                user,
            });
        }
        send_invitation(ctx, &input.options.context(ctx)?, UserId(user)).await?;
        let head = ctx.application()?.journal.head().await?.position;
        let outcome = Outcome {
            position: head,
            versions: Vec::new(),
            replayed: false,
        };
        settled(ctx, user, Ok(outcome)).await
    }

    /// Says anew who a user is, and what they sign in with.
    #[graphql(complexity = "50 + child_complexity")]
    async fn user_describe(&self, ctx: &Context<'_>, input: UserDescribeInput) -> ApiResult<UserPayload> {
        let user = ids::parse_as(Kind::User, &input.id)?;
        let details = UserDetails {
            name: input.name,
            email: input.email,
        };
        let context = input.options.context(ctx)?;
        let answer = ctx
            .application()?
            .identity
            .describe(&context, UserId(user), details)
            .await;
        settled(ctx, user, answer).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn user_change_role(&self, ctx: &Context<'_>, input: UserChangeRoleInput) -> ApiResult<UserPayload> {
        let by = ctx.viewer()?.user();
        let role = input.role.into();
        command(ctx, &input.options, &input.id, UserCommand::ChangeRole { role, by }).await
    }

    /// Lets a user see more or less than their role does.
    #[graphql(complexity = "50 + child_complexity")]
    async fn user_change_visibility(
        &self,
        ctx: &Context<'_>,
        input: UserChangeVisibilityInput,
    ) -> ApiResult<UserPayload> {
        let visibility = input.visibility.map(Into::into);
        let change = UserCommand::ChangeVisibility { visibility };
        command(ctx, &input.options, &input.id, change).await
    }

    /// Ends a user's sessions and lets them sign in no more. A successor takes over what they owned.
    #[graphql(complexity = "50 + child_complexity")]
    async fn user_deactivate(&self, ctx: &Context<'_>, input: UserDeactivateInput) -> ApiResult<UserPayload> {
        let user = ids::parse_as(Kind::User, &input.id)?;
        let successor = input
            .successor
            .as_ref()
            .map(|id| ids::parse_as(Kind::User, id))
            .transpose()?;
        let application = ctx.application()?;
        if let Some(successor) = successor {
            let account = application.bus.load::<domain::User>(successor).await?;
            if !account.is_some_and(|(account, _)| account.is_active()) {
                let message = "The successor is no active user: name somebody else.";
                let missing = commands::missing("successor", "USER_NOT_FOUND", message);
                return Ok(UserPayload {
                    result: CommandResult::refused(missing),
                    user,
                });
            }
        }
        let context = input.options.context(ctx)?;
        let by = ctx.viewer()?.user();
        let answer = application
            .identity
            .deactivate(&context, UserId(user), by, successor.map(UserId))
            .await;
        settled(ctx, user, answer).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn user_reactivate(&self, ctx: &Context<'_>, input: UserInput) -> ApiResult<UserPayload> {
        command(ctx, &input.options, &input.id, UserCommand::Reactivate).await
    }

    /// For somebody who lost their authenticator and their recovery codes.
    #[graphql(complexity = "50 + child_complexity")]
    async fn user_disable_second_factor(&self, ctx: &Context<'_>, input: UserInput) -> ApiResult<UserPayload> {
        let user = ids::parse_as(Kind::User, &input.id)?;
        let context = input.options.context(ctx)?;
        let identity = &ctx.application()?.identity;
        let answer = identity.disable_second_factor(&context, UserId(user)).await;
        settled(ctx, user, answer).await
    }

    /// Ends every session of a user.
    #[graphql(complexity = "50 + child_complexity")]
    async fn user_sign_out_everywhere(&self, ctx: &Context<'_>, input: UserInput) -> ApiResult<UserPayload> {
        let user = ids::parse_as(Kind::User, &input.id)?;
        let context = input.options.context(ctx)?;
        let identity = &ctx.application()?.identity;
        let answer = identity.sign_out_everywhere(&context, UserId(user)).await;
        settled(ctx, user, answer).await
    }
}

/// Makes the link that sets a password, and the letter that holds it.
async fn send_invitation(ctx: &Context<'_>, context: &CommandContext, user: UserId) -> ApiResult<()> {
    let application = ctx.application()?;
    let inviter = match ctx.viewer()?.user() {
        Some(inviter) => application.identity.details(inviter).await.map_err(sign_in::failed)?,
        None => None,
    };
    let inviter = inviter.map_or_else(|| "Alforis".to_owned(), |details| details.name);
    let link = application.identity.make_link(user.0, LinkPurpose::Invitation).await;
    let link = link.map_err(sign_in::failed)?;
    Ok(letters::invite(&application.bus, context, user, &inviter, &link).await?)
}

fn register(id: Uuid, name: String, email: String, role: Role, language: Language, time_zone: Tz) -> RegisterUser {
    RegisterUser {
        user: UserId(id),
        details: UserDetails { name, email },
        role: role.into(),
        language: language.into(),
        time_zone,
    }
}

async fn command(ctx: &Context<'_>, options: &CommandOptions, id: &ID, command: UserCommand) -> ApiResult<UserPayload> {
    let user = ids::parse_as(Kind::User, id)?;
    let result = commands::execute::<UserState>(ctx, options, user, command).await?;
    Ok(UserPayload { result, user })
}

async fn settled(ctx: &Context<'_>, user: Uuid, answer: identity::Result<Outcome>) -> ApiResult<UserPayload> {
    let result = commands::settle(ctx, answer, &StreamId::new(UserState::TYPE, user)).await?;
    Ok(UserPayload { result, user })
}

fn refused(ctx: &Context<'_>, user: Uuid, refusal: &impl domain::Refusal) -> UserPayload {
    UserPayload {
        result: CommandResult::refused(commands::user_error(ctx, refusal)),
        user,
    }
}

fn not_found(ctx: &Context<'_>) -> CommandResult {
    CommandResult::refused(commands::user_error(ctx, &domain::UserError::NotRegistered))
}
