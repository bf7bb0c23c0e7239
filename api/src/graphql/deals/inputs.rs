//! What mutations of deals take.

use async_graphql::{Context, ID, InputObject, MaybeUndefined};
use domain::{
    Change, DealCommand, InvalidValue, OrganizationId, PipelineId, UserId,
    deal::{AmountChanges, Amounts, CreditShare, OpenDeal, ProductOfInterest},
    pipeline::{Stage, StageCode},
};

use super::{
    LossReason,
    parts::{DealSourceInput, ProductOfInterestInput},
};
use crate::{
    deal_request::{DealRequest, OpenRequest},
    graphql::{
        commands::{self, CommandOptions},
        errors::{ApiError, ApiResult, UserError},
        ids::{self, Kind},
        money::MoneyInput,
        organizations::mutations::takes_deals,
        scalars::{Date, Decimal},
    },
};

#[derive(Debug, Clone, InputObject)]
pub struct DealOpenInput {
    pub title: String,
    pub organization: Option<ID>,
    /// Without it the built-in one.
    pub pipeline: Option<ID>,
    /// Code of an open stage of the pipeline; without it the first one.
    pub stage: Option<String>,
    /// Without tax.
    pub amount_net: Option<MoneyInput>,
    /// With tax, of the same currency.
    pub amount_gross: Option<MoneyInput>,
    pub expected_close: Option<Date>,
    /// Without it, and without `ownerName`, whoever opens the deal.
    pub owner: Option<ID>,
    /// The owner as another system writes it.
    pub owner_name: Option<String>,
    pub source: Option<DealSourceInput>,
    #[graphql(default)]
    pub products: Vec<ProductOfInterestInput>,
    /// Its name in another system.
    pub external_reference: Option<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealRenameInput {
    pub id: ID,
    pub title: String,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealLinkInput {
    pub id: ID,
    pub organization: ID,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealAssignInput {
    pub id: ID,
    /// Whose it is; null: nobody's.
    pub owner: Option<ID>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

/// Somebody's part in a sale.
#[derive(Debug, Clone, InputObject)]
pub struct CreditShareInput {
    pub user: ID,
    /// With two decimals at most.
    pub percent: Decimal,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealShareCreditInput {
    pub id: ID,
    /// Parts that come to 100 percent; none: the owner's alone.
    pub shares: Vec<CreditShareInput>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealChangeAmountInput {
    pub id: ID,
    /// Without tax. Left out it stays; null takes it away.
    pub amount_net: MaybeUndefined<MoneyInput>,
    /// With tax, of the same currency. Left out it stays; null takes it away.
    pub amount_gross: MaybeUndefined<MoneyInput>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealExpectCloseInput {
    pub id: ID,
    /// When; null: nobody knows.
    pub date: Option<Date>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealEstimateProbabilityInput {
    pub id: ID,
    /// In percent; null: the stage's own from now on.
    pub probability: Option<i32>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealNameProductsInput {
    pub id: ID,
    /// All of them.
    pub products: Vec<ProductOfInterestInput>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealNameCompetitorsInput {
    pub id: ID,
    /// All of them.
    pub competitors: Vec<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealSetSourceInput {
    pub id: ID,
    /// Null: nobody knows.
    pub source: Option<DealSourceInput>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealPlanNextStepInput {
    pub id: ID,
    /// Null: nothing is planned.
    pub text: Option<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealTagInput {
    pub id: ID,
    /// All of them.
    pub tags: Vec<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealTagsInput {
    pub id: ID,
    pub tags: Vec<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealMoveInput {
    pub id: ID,
    /// Code of an open stage of the deal's pipeline. Those that close a deal are reached by `dealWin` and `dealLose`.
    pub stage: String,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealChangePipelineInput {
    pub id: ID,
    pub pipeline: ID,
    /// Code of an open stage of that pipeline; without it the first one.
    pub stage: Option<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealWinInput {
    pub id: ID,
    /// What was agreed, without tax; absent: what was expected.
    pub amount_net: Option<MoneyInput>,
    /// What was agreed, with tax; absent: what was expected.
    pub amount_gross: Option<MoneyInput>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealLoseInput {
    pub id: ID,
    /// Code of a stage for lost deals, where the pipeline has several; without it the first one.
    pub stage: Option<String>,
    pub reason: LossReason,
    /// Required with OTHER.
    pub note: Option<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DealReopenInput {
    pub id: ID,
    /// Code of an open stage; without it the one that the deal was closed from.
    pub stage: Option<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

impl DealOpenInput {
    /// `opener`: the account that opens it.
    pub fn request(&self, opener: Option<UserId>) -> ApiResult<Result<DealRequest, InvalidValue>> {
        let organization = parsed(Kind::Organization, self.organization.as_ref())?;
        let owner = parsed(Kind::User, self.owner.as_ref())?.map(UserId);
        let owner = owner.or_else(|| opener.filter(|_| self.owner_name.is_none()));
        let pipeline = parsed(Kind::Pipeline, self.pipeline.as_ref())?.map(PipelineId);
        let open = || {
            Ok(DealRequest::Open(OpenRequest {
                pipeline,
                stage: stage(self.stage.as_deref())?,
                deal: OpenDeal {
                    organization: organization.map(OrganizationId),
                    amounts: Amounts {
                        net: amount("amountNet", self.amount_net.as_ref())?,
                        gross: amount("amountGross", self.amount_gross.as_ref())?,
                    },
                    expected_close: self.expected_close.map(|Date(date)| date),
                    owner,
                    owner_name: self.owner_name.clone(),
                    source: self.source.clone().map(Into::into),
                    products: products(&self.products)?,
                    external_reference: self.external_reference.clone(),
                    ..OpenDeal::titled(self.title.clone(), Stage::Prospection)
                },
            }))
        };
        Ok(open())
    }

    /// What of the things that it names does not exist.
    pub async fn missing(&self, ctx: &Context<'_>) -> ApiResult<Option<UserError>> {
        if let Some(missing) = missing_organization(ctx, self.organization.as_ref()).await? {
            return Ok(Some(missing));
        }
        missing_user(ctx, "owner", self.owner.as_ref()).await
    }
}

impl DealShareCreditInput {
    pub fn request(&self) -> ApiResult<DealRequest> {
        let share = |share: &CreditShareInput| {
            let user = UserId(ids::parse_as(Kind::User, &share.user)?);
            let points = share.percent.0 * rust_decimal::Decimal::ONE_HUNDRED;
            let whole = points.fract().is_zero().then(|| u32::try_from(points).ok()).flatten();
            let basis_points = whole
                .ok_or_else(|| ApiError::bad_input("`percent` lies between 0 and 100 and has two decimals at most."))?;
            Ok(CreditShare { user, basis_points })
        };
        let shares = self.shares.iter().map(share).collect::<ApiResult<_>>()?;
        Ok(DealRequest::Plain(DealCommand::ShareCredit { shares }))
    }

    pub async fn missing(&self, ctx: &Context<'_>) -> ApiResult<Option<UserError>> {
        for share in &self.shares {
            if let Some(missing) = missing_user(ctx, "shares", Some(&share.user)).await? {
                return Ok(Some(missing));
            }
        }
        Ok(None)
    }
}

impl DealChangeAmountInput {
    pub fn request(&self) -> Result<DealRequest, InvalidValue> {
        let amounts = AmountChanges {
            net: change("amountNet", &self.amount_net)?,
            gross: change("amountGross", &self.amount_gross)?,
        };
        Ok(DealRequest::Plain(DealCommand::ChangeAmounts { amounts }))
    }
}

impl DealWinInput {
    pub fn request(&self) -> Result<DealRequest, InvalidValue> {
        let agreed = |field, input: &Option<MoneyInput>| {
            amount(field, input.as_ref()).map(|amount| amount.map_or(Change::Keep, Change::Set))
        };
        Ok(DealRequest::Win {
            amounts: AmountChanges {
                net: agreed("amountNet", &self.amount_net)?,
                gross: agreed("amountGross", &self.amount_gross)?,
            },
        })
    }
}

pub async fn missing_organization(ctx: &Context<'_>, organization: Option<&ID>) -> ApiResult<Option<UserError>> {
    let Some(id) = parsed(Kind::Organization, organization)? else {
        return Ok(None);
    };
    takes_deals(ctx, id).await
}

pub async fn missing_user(ctx: &Context<'_>, field: &str, user: Option<&ID>) -> ApiResult<Option<UserError>> {
    let Some(id) = parsed(Kind::User, user)? else {
        return Ok(None);
    };
    if commands::exists(ctx, Kind::User, id).await? {
        return Ok(None);
    }
    Ok(Some(commands::missing(
        field,
        "USER_NOT_FOUND",
        "This user does not exist.",
    )))
}

pub fn parsed(kind: Kind, id: Option<&ID>) -> ApiResult<Option<uuid::Uuid>> {
    id.map(|id| ids::parse_as(kind, id)).transpose()
}

pub fn stage(code: Option<&str>) -> Result<Option<StageCode>, InvalidValue> {
    code.map(|code| StageCode::parse("stage", code)).transpose()
}

pub fn products(inputs: &[ProductOfInterestInput]) -> Result<Vec<ProductOfInterest>, InvalidValue> {
    inputs.iter().map(ProductOfInterestInput::checked).collect()
}

fn amount(field: &'static str, input: Option<&MoneyInput>) -> Result<Option<domain::Money>, InvalidValue> {
    input.map(|money| money.checked(field)).transpose()
}

fn change(field: &'static str, input: &MaybeUndefined<MoneyInput>) -> Result<Change<domain::Money>, InvalidValue> {
    Ok(match input {
        MaybeUndefined::Undefined => Change::Keep,
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Value(money) => Change::Set(money.checked(field)?),
    })
}
