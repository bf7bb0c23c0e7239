//! Tokens for programs: what there are, making and revoking them; and the log of sign-ins.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::{Decider, UserId, api_token::ApiTokenState};
use identity::{SignInEntry, TokenRequest};
use journal::StreamId;
use projections::api_tokens::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    commands::{self, CommandOptions, CommandResult},
    deals::known,
    errors::{ApiError, ApiResult, ErrorCode},
    ids::{self, Kind},
    reading::{self, Reading},
    scalars::Moment,
    session::Session,
    sign_in,
    users::{Role, User},
};

/// Tokens of one answer at most.
const MAX_TOKENS: u64 = 500;
/// Lines of the log of one answer at most.
const MAX_LINES: i32 = 250;

/// A credential for programs.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ApiToken {
    /// The bare id, as streams and the actor of events (`token:…`) name the token.
    uuid: Uuid,
    name: String,
    /// As which it speaks, for its owner.
    role: Role,
    issued_at: Moment,
    /// Null: it does not expire.
    expires_at: Option<Moment>,
    revoked_at: Option<Moment>,
    #[graphql(skip)]
    owner: Uuid,
    #[graphql(skip)]
    reading: Reading,
}

impl ApiToken {
    fn new(row: &Model, reading: &Reading) -> ApiResult<Self> {
        use domain::Role as Known;
        Ok(Self {
            uuid: row.id,
            name: row.name.clone(),
            role: known(&Known::ALL, Known::as_str, &row.role)?.into(),
            issued_at: Moment::from_micros(row.issued_at),
            expires_at: row.expires_at.map(Moment::from_micros),
            revoked_at: row.revoked_at.map(Moment::from_micros),
            owner: row.owner_id,
            reading: reading.clone(),
        })
    }
}

#[ComplexObject]
impl ApiToken {
    /// The user it acts for.
    async fn owner(&self) -> ApiResult<Option<User>> {
        User::load(&self.reading, self.owner).await
    }

    /// When it was used last, to about a minute.
    #[graphql(complexity = 5)]
    async fn last_used_at(&self, ctx: &Context<'_>) -> ApiResult<Option<Moment>> {
        let used = ctx.application()?.identity.last_use_of_token(self.uuid).await;
        Ok(used.map_err(sign_in::failed)?.map(Moment))
    }
}

/// What came of an attempt to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "identity::SignInOutcome")]
pub enum SignInOutcome {
    SignedIn,
    WrongCredentials,
    WrongCode,
    SignedOut,
}

/// One line of the log of sign-ins.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct SignIn {
    /// Give the last one seen as `before` to read on.
    uuid: Uuid,
    at: Moment,
    outcome: SignInOutcome,
    /// Network address.
    address: Option<String>,
    /// What the program called itself.
    agent: Option<String>,
    #[graphql(skip)]
    user: Option<Uuid>,
}

impl From<SignInEntry> for SignIn {
    fn from(entry: SignInEntry) -> Self {
        Self {
            uuid: entry.id,
            at: Moment(entry.at),
            outcome: entry.outcome.into(),
            address: entry.client.address,
            agent: entry.client.agent,
            user: entry.user,
        }
    }
}

#[ComplexObject]
impl SignIn {
    /// Null where the address is nobody's.
    async fn user(&self, ctx: &Context<'_>) -> ApiResult<Option<User>> {
        match self.user {
            Some(user) => User::load(&reading::reading(ctx, None, None).await?, user).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct ApiTokenQueries;

#[Object]
impl ApiTokenQueries {
    /// One's own tokens, newest first; administrators and auditors see everybody's.
    #[graphql(complexity = "50 + 20 * child_complexity")]
    async fn api_tokens(&self, ctx: &Context<'_>) -> ApiResult<Vec<ApiToken>> {
        let reading = reading::reading(ctx, None, None).await?;
        let mut select = Entity::find();
        if !sees_others(ctx)? {
            select = select.filter(Column::OwnerId.eq(own_id(ctx)?));
        }
        let rows = select
            .order_by_desc(Column::IssuedAt)
            .order_by_asc(Column::Id)
            .limit(MAX_TOKENS)
            .all(reading.connection())
            .await?;
        rows.iter().map(|row| ApiToken::new(row, &reading)).collect()
    }

    /// Who tried to sign in, newest first: one's own attempts; administrators and auditors see everybody's.
    #[graphql(complexity = "50 + 20 * child_complexity")]
    async fn sign_ins(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50)] first: i32,
        before: Option<Uuid>,
        user: Option<ID>,
    ) -> ApiResult<Vec<SignIn>> {
        if !(0..=MAX_LINES).contains(&first) {
            return Err(ApiError::bad_input(format!("`first` lies between 0 and {MAX_LINES}.")));
        }
        let asked = user.as_ref().map(|id| ids::parse_as(Kind::User, id)).transpose()?;
        let user = if sees_others(ctx)? { asked } else { Some(own_id(ctx)?) };
        let log = ctx.application()?.identity.sign_ins(user, before, first as usize).await;
        Ok(log.map_err(sign_in::failed)?.into_iter().map(Into::into).collect())
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct ApiTokenCreateInput {
    /// What it is for.
    name: String,
    /// One's own role; administrators may give any.
    role: Role,
    /// Null: it does not expire.
    expires_at: Option<Moment>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ApiTokenRevokeInput {
    id: Uuid,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a token's command.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ApiTokenPayload {
    #[graphql(flatten)]
    result: CommandResult,
    /// `alf_…`, for `Authorization: Bearer`. Shown here and never again.
    secret: Option<String>,
    #[graphql(skip)]
    token: Uuid,
}

#[ComplexObject]
impl ApiTokenPayload {
    /// The token after the command; null when the command was refused.
    async fn token(&self, ctx: &Context<'_>) -> ApiResult<Option<ApiToken>> {
        let Some(reading) = self.result.reading(ctx).await? else {
            return Ok(None);
        };
        let row = Entity::find_by_id(self.token).one(reading.connection()).await?;
        row.map(|row| ApiToken::new(&row, &reading)).transpose()
    }
}

#[derive(Default)]
pub struct ApiTokenMutations;

#[Object]
impl ApiTokenMutations {
    /// Makes a token that acts for oneself.
    #[graphql(complexity = "50 + child_complexity")]
    async fn api_token_create(&self, ctx: &Context<'_>, input: ApiTokenCreateInput) -> ApiResult<ApiTokenPayload> {
        let owner = sign_in::own_account(ctx)?;
        let token = input.options.new_id(ctx, ApiTokenState::TYPE)?;
        let asked = TokenRequest {
            name: input.name,
            owner,
            role: input.role.into(),
            expires_at: input.expires_at.map(|Moment(time)| time),
        };
        let context = input.options.context(ctx)?;
        let made = ctx.application()?.identity.issue_token(&context, token, asked).await;
        let (answer, secret) = match made {
            Ok(made) => (Ok(made.outcome), Some(made.secret)),
            Err(error) => (Err(error), None),
        };
        payload(ctx, token, answer, secret).await
    }

    /// Lets a token open nothing any more: one's own; administrators revoke anybody's.
    #[graphql(complexity = "50 + child_complexity")]
    async fn api_token_revoke(&self, ctx: &Context<'_>, input: ApiTokenRevokeInput) -> ApiResult<ApiTokenPayload> {
        let identity = &ctx.application()?.identity;
        let owner = identity.owner_of_token(input.id).await.map_err(sign_in::failed)?;
        let viewer = ctx.viewer()?;
        if viewer.role != domain::Role::Admin && (owner.is_none() || owner != viewer.user()) {
            let missing = domain::ApiTokenError::NotIssued;
            return Ok(ApiTokenPayload {
                result: CommandResult::refused(commands::user_error(ctx, &missing)),
                secret: None,
                token: input.id,
            });
        }
        let context = input.options.context(ctx)?;
        let answer = identity.revoke_token(&context, input.id).await;
        payload(ctx, input.id, answer, None).await
    }
}

async fn payload(
    ctx: &Context<'_>,
    token: Uuid,
    answer: identity::Result<engine::Outcome>,
    secret: Option<String>,
) -> ApiResult<ApiTokenPayload> {
    let result = commands::settle(ctx, answer, &StreamId::new(ApiTokenState::TYPE, token)).await?;
    Ok(ApiTokenPayload { result, secret, token })
}

fn sees_others(ctx: &Context<'_>) -> ApiResult<bool> {
    Ok(matches!(
        ctx.viewer()?.role,
        domain::Role::Admin | domain::Role::Auditor
    ))
}

fn own_id(ctx: &Context<'_>) -> ApiResult<Uuid> {
    let no_account = || ApiError::new(ErrorCode::Forbidden, "This is for whoever has an account.");
    ctx.viewer()?.user().map(|UserId(id)| id).ok_or_else(no_account)
}
