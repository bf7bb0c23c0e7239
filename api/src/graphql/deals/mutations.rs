//! What can be asked of a deal: one mutation per command.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use domain::{
    Decider, InvalidValue, Money, OrganizationId, Refusal,
    deal::{DealCommand, DealState, OpenDeal},
};
use uuid::Uuid;

use super::{Deal, LossReason, Stage};
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    ids::{self, Kind},
    money::MoneyInput,
    scalars::Date,
};

#[derive(Debug, Clone, InputObject)]
pub struct DealOpenInput {
    title: String,
    organization: Option<ID>,
    #[graphql(default_with = "Stage::Prospection")]
    stage: Stage,
    amount: Option<MoneyInput>,
    expected_close: Option<Date>,
    owner: Option<String>,
    product: Option<String>,
    /// Its name in another system.
    external_reference: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealRenameInput {
    id: ID,
    title: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealLinkInput {
    id: ID,
    organization: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealAssignInput {
    id: ID,
    /// Whose it is; null: nobody's.
    owner: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealChangeAmountInput {
    id: ID,
    amount: MoneyInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealExpectCloseInput {
    id: ID,
    /// When; null: nobody knows.
    date: Option<Date>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealMoveInput {
    id: ID,
    /// An open stage. A deal comes to SIGNE by `dealWin`, to PERDU by `dealLose`.
    stage: Stage,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealWinInput {
    id: ID,
    /// What was agreed; absent: what was expected.
    amount: Option<MoneyInput>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealLoseInput {
    id: ID,
    reason: LossReason,
    /// Required with OTHER.
    note: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealReopenInput {
    id: ID,
    stage: Stage,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a deal's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct DealPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    deal: Uuid,
}

#[ComplexObject]
impl DealPayload {
    /// The deal after the command; null when the command was refused.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Deal::load(&reading, self.deal).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct DealMutations;

#[Object]
impl DealMutations {
    /// Opens a deal.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_open(&self, ctx: &Context<'_>, input: DealOpenInput) -> ApiResult<DealPayload> {
        let id = input.options.new_id(ctx, DealState::TYPE)?;
        let organization = input
            .organization
            .as_ref()
            .map(|id| ids::parse_as(Kind::Organization, id))
            .transpose()?;
        let amount = match amount(input.amount.as_ref()) {
            Ok(amount) => amount,
            Err(refusal) => return Ok(refused(ctx, id, &refusal)),
        };
        let command = DealCommand::Open(OpenDeal {
            title: input.title,
            organization: organization.map(OrganizationId),
            stage: input.stage.into(),
            amount,
            expected_close: input.expected_close.map(|Date(date)| date),
            owner: input.owner,
            product: input.product,
            external_reference: input.external_reference,
        });
        with_organization(ctx, &input.options, id, command, organization).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_rename(&self, ctx: &Context<'_>, input: DealRenameInput) -> ApiResult<DealPayload> {
        execute(
            ctx,
            &input.options,
            &input.id,
            DealCommand::Rename { title: input.title },
        )
        .await
    }

    /// Says with whom, where that was not known or wrong.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_link(&self, ctx: &Context<'_>, input: DealLinkInput) -> ApiResult<DealPayload> {
        let id = ids::parse_as(Kind::Deal, &input.id)?;
        let organization = ids::parse_as(Kind::Organization, &input.organization)?;
        let command = DealCommand::Link {
            organization: OrganizationId(organization),
        };
        with_organization(ctx, &input.options, id, command, Some(organization)).await
    }

    /// Gives a deal to somebody, or to nobody.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_assign(&self, ctx: &Context<'_>, input: DealAssignInput) -> ApiResult<DealPayload> {
        execute(
            ctx,
            &input.options,
            &input.id,
            DealCommand::Assign { owner: input.owner },
        )
        .await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_change_amount(&self, ctx: &Context<'_>, input: DealChangeAmountInput) -> ApiResult<DealPayload> {
        match input.amount.checked("amount") {
            Ok(amount) => execute(ctx, &input.options, &input.id, DealCommand::ChangeAmount { amount }).await,
            Err(refusal) => Ok(refused(ctx, ids::parse_as(Kind::Deal, &input.id)?, &refusal)),
        }
    }

    /// Says when a deal is expected to close.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_expect_close(&self, ctx: &Context<'_>, input: DealExpectCloseInput) -> ApiResult<DealPayload> {
        let command = DealCommand::ExpectClose {
            date: input.date.map(|Date(date)| date),
        };
        execute(ctx, &input.options, &input.id, command).await
    }

    /// Moves a deal to another open stage, forwards or backwards.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_move(&self, ctx: &Context<'_>, input: DealMoveInput) -> ApiResult<DealPayload> {
        execute(
            ctx,
            &input.options,
            &input.id,
            DealCommand::Move {
                stage: input.stage.into(),
            },
        )
        .await
    }

    /// Signed.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_win(&self, ctx: &Context<'_>, input: DealWinInput) -> ApiResult<DealPayload> {
        match amount(input.amount.as_ref()) {
            Ok(amount) => execute(ctx, &input.options, &input.id, DealCommand::Win { amount }).await,
            Err(refusal) => Ok(refused(ctx, ids::parse_as(Kind::Deal, &input.id)?, &refusal)),
        }
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_lose(&self, ctx: &Context<'_>, input: DealLoseInput) -> ApiResult<DealPayload> {
        let command = DealCommand::Lose {
            reason: input.reason.into(),
            note: input.note,
        };
        execute(ctx, &input.options, &input.id, command).await
    }

    /// Takes up again a deal that was won or lost.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_reopen(&self, ctx: &Context<'_>, input: DealReopenInput) -> ApiResult<DealPayload> {
        execute(
            ctx,
            &input.options,
            &input.id,
            DealCommand::Reopen {
                stage: input.stage.into(),
            },
        )
        .await
    }
}

fn amount(input: Option<&MoneyInput>) -> Result<Option<Money>, InvalidValue> {
    input.map(|money| money.checked("amount")).transpose()
}

fn refused(ctx: &Context<'_>, deal: Uuid, refusal: &impl Refusal) -> DealPayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    DealPayload { result, deal }
}

async fn execute(ctx: &Context<'_>, options: &CommandOptions, id: &ID, command: DealCommand) -> ApiResult<DealPayload> {
    let deal = ids::parse_as(Kind::Deal, id)?;
    let result = commands::execute::<DealState>(ctx, options, deal, command).await?;
    Ok(DealPayload { result, deal })
}

/// A command that names an organization, which must exist when it is taken.
async fn with_organization(
    ctx: &Context<'_>,
    options: &CommandOptions,
    deal: Uuid,
    command: DealCommand,
    organization: Option<Uuid>,
) -> ApiResult<DealPayload> {
    if let Some(organization) = organization
        && !commands::exists(ctx, Kind::Organization, organization).await?
    {
        let missing = commands::missing(
            "organization",
            "ORGANIZATION_NOT_FOUND",
            "This organization does not exist.",
        );
        return Ok(DealPayload {
            result: CommandResult::refused(missing),
            deal,
        });
    }
    let result = commands::execute::<DealState>(ctx, options, deal, command).await?;
    Ok(DealPayload { result, deal })
}
