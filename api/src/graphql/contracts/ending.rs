//! What an end would change, and why contracts end.

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::{Contract as Aggregate, ContractError, Language, contract as rules};

use super::{
    ContractBillingItem, ContractNotice, ContractReasonCategory, ContractTerminationReason, inputs::ContractNoticeInput,
};
use crate::graphql::{
    commands,
    errors::{ApiResult, UserError},
    ids::{self, Kind},
    money::Money,
    reading,
    scalars::{Date, Decimal},
    session::Session,
};

/// What an end would change, if notice of it were given now.
#[derive(SimpleObject)]
pub struct ContractTerminationPreview {
    /// Null where it would be refused, as what follows.
    notice: Option<ContractNotice>,
    /// The day on which the revenue is gone: the one after the last that is covered.
    churn_on: Option<Date>,
    /// Monthly recurring revenue on the last day, that then goes: not rounded, in the contract's currency.
    mrr_lost: Option<Decimal>,
    /// Twelve times that.
    arr_lost: Option<Decimal>,
    /// What would be billed today, or taken back.
    billing: Vec<ContractBillingItem>,
    /// What would be billed today without it.
    billing_without: Vec<ContractBillingItem>,
    /// What of the term would not be billed any more, without tax; null also for what has no end.
    forgone: Option<Money>,
    /// Why it would be refused.
    user_errors: Vec<UserError>,
}

/// A text in both languages.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractReasonName {
    english: &'static str,
    french: &'static str,
}

impl ContractReasonName {
    fn of(name: impl Fn(Language) -> &'static str) -> Self {
        Self {
            english: name(Language::English),
            french: name(Language::French),
        }
    }
}

/// Why a contract ends, in one word, and what can stand below it.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractReasonBranch {
    category: ContractReasonCategory,
    name: ContractReasonName,
    /// Whether the customer did not choose to leave.
    involuntary: bool,
    reasons: Vec<ContractReasonLeaf>,
}

/// Why a contract ends.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractReasonLeaf {
    reason: ContractTerminationReason,
    name: ContractReasonName,
    /// Whether a note has to say more.
    needs_note: bool,
}

impl From<rules::ReasonCategory> for ContractReasonBranch {
    fn from(category: rules::ReasonCategory) -> Self {
        let reasons = category.reasons().map(|reason| ContractReasonLeaf {
            reason: reason.into(),
            name: ContractReasonName::of(|language| reason.name(language)),
            needs_note: reason == rules::TerminationReason::Other,
        });
        Self {
            category: category.into(),
            name: ContractReasonName::of(|language| category.name(language)),
            involuntary: category.is_involuntary(),
            reasons: reasons.collect(),
        }
    }
}

#[derive(Default)]
pub struct ContractEndQueries;

#[Object]
impl ContractEndQueries {
    /// What an end would change, without deciding anything. What the command would refuse is told as it would be.
    #[graphql(complexity = "50 + 10 * child_complexity")]
    async fn contract_termination_preview(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: ContractNoticeInput,
    ) -> ApiResult<ContractTerminationPreview> {
        let id = ids::parse_as(Kind::Contract, &id)?;
        let refused = |refusal: &ContractError| ContractTerminationPreview {
            notice: None,
            churn_on: None,
            mrr_lost: None,
            arr_lost: None,
            billing: Vec::new(),
            billing_without: Vec::new(),
            forgone: None,
            user_errors: vec![commands::user_error(ctx, refusal)],
        };
        let known: Option<Aggregate> = commands::load(ctx, id).await?;
        let known = known.filter(|known| known.status().is_some());
        let Some((known, currency)) = known.as_deref().zip(known.as_ref().and_then(|known| known.currency())) else {
            return Ok(refused(&ContractError::NotDrafted));
        };
        let today = ctx.application()?.sales.house().await?.today;
        let preview = match known.termination_preview(input.wish(), today) {
            Ok(preview) => preview,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let reading = reading::reading(ctx, None, None).await?;
        let items = |items: &[rules::BillingItem]| {
            let items = items.iter();
            let items = items.map(|item| ContractBillingItem::of(item, currency.code(), &reading));
            items.collect::<ApiResult<Vec<_>>>()
        };
        let forgone = preview.forgone;
        Ok(ContractTerminationPreview {
            notice: Some((&preview.notice).into()),
            churn_on: Some(Date(preview.churn_on)),
            mrr_lost: Some(Decimal(preview.mrr_lost)),
            arr_lost: Some(Decimal(preview.arr_lost)),
            billing: items(&preview.billing)?,
            billing_without: items(&preview.billing_without)?,
            forgone: forgone
                .map(|units| Money::of_sum(units.into(), currency.code()))
                .transpose()?,
            user_errors: Vec::new(),
        })
    }

    /// Why contracts end: a tree of two levels.
    #[graphql(complexity = "10 + child_complexity")]
    async fn contract_reasons(&self) -> Vec<ContractReasonBranch> {
        rules::ReasonCategory::ALL.map(Into::into).to_vec()
    }
}
