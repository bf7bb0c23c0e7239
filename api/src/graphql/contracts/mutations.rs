//! What is done with contracts.

use async_graphql::{ComplexObject, Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::NaiveDate;
use domain::{
    Contract as Aggregate, ContractCommand, ContractError, ContractId, DealId, Decider, OrganizationId,
    Quote as QuoteAggregate, QuoteId, Refusal,
    contract::{Amend, ContractState, QuoteOrigin},
};
use engine::{CommandError, Outcome};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Contract,
    inputs::{
        self, ContractLineChangeInput, ContractNoticeInput, ContractNoticePeriodInput, ContractRenewalInput,
        ContractTermsInput,
    },
};
use crate::{
    graphql::{
        commands::{self, CommandOptions, CommandResult},
        errors::ApiResult,
        following::{self, NO_SUCH_DEAL, NO_SUCH_ORGANIZATION, Refused, Rule},
        ids::{self, Kind},
        scalars::Date,
        session::Session,
    },
    sales::contracts::ContractWish,
};

const NO_SUCH_QUOTE: Rule = Rule {
    code: "QUOTE_NOT_FOUND",
    field: "quote",
    english: "This customer has no such quote.",
    french: "Ce client n'a pas de tel devis.",
};

const QUOTE_NOT_ACCEPTED: Rule = Rule {
    code: "QUOTE_NOT_ACCEPTED",
    field: "quote",
    english: "This quote was not accepted: a contract comes from one that was.",
    french: "Ce devis n'est pas accepté : un contrat vient d'un devis accepté.",
};

const NO_SUCH_PREDECESSOR: Rule = Rule {
    code: "CONTRACT_NOT_FOUND",
    field: "follows",
    english: "The contract that it is to renew does not exist.",
    french: "Le contrat à renouveler n'existe pas.",
};

#[derive(Debug, Clone, InputObject)]
pub struct ContractDraftInput {
    organization: ID,
    /// Absent: that of the quote.
    deal: Option<ID>,
    /// The accepted quote that it comes from.
    quote: Option<ID>,
    /// Who looks after it; absent: who looks after the customer.
    owner: Option<ID>,
    /// By which revenue is split up.
    segment: Option<String>,
    /// The contract that it is to renew expressly, once it is signed.
    follows: Option<ID>,
    terms: ContractTermsInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractChangeTermsInput {
    id: ID,
    /// Whole. Lines keep the numbers that are given.
    terms: ContractTermsInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractSignInput {
    id: ID,
    signed_on: Date,
    /// The signed paper, a PDF: as `fileUploadCreate` said, once its bytes were sent.
    file: Option<Uuid>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractFileDocumentInput {
    id: ID,
    /// The signed paper, a PDF: as `fileUploadCreate` said, once its bytes were sent.
    file: Uuid,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What is absent stays as it is.
#[derive(Debug, Clone, InputObject)]
pub struct ContractAmendInput {
    id: ID,
    signed_on: Date,
    /// From this day on; it may lie before the signature.
    effective_on: Date,
    #[graphql(default)]
    lines: Vec<ContractLineChangeInput>,
    /// The last day of the term; null: it has no end from now on.
    ends_on: MaybeUndefined<Date>,
    renewal: Option<ContractRenewalInput>,
    notice: Option<ContractNoticePeriodInput>,
    /// The signed paper, a PDF: as `fileUploadCreate` said, once its bytes were sent.
    file: Option<Uuid>,
    note: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractIndexInput {
    id: ID,
    /// Prices are revised from this day on, by the last value of the index that was published by then.
    effective_on: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractPauseInput {
    id: ID,
    /// The first day on which nothing is owed.
    from: Date,
    reason: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractResumeInput {
    id: ID,
    /// The first day on which it goes on.
    on: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractGiveNoticeInput {
    id: ID,
    #[graphql(flatten)]
    notice: ContractNoticeInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractReportConsumerNoticeInput {
    id: ID,
    /// Between three months and one month before the last day on which the customer may refuse.
    sent_on: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractDisputeInput {
    id: ID,
    reason: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractAssignInput {
    id: ID,
    /// Absent: nobody.
    owner: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractSetSegmentInput {
    id: ID,
    /// Absent: none.
    segment: Option<String>,
    effective_on: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractTransferInput {
    id: ID,
    /// The customer who takes it over.
    organization: ID,
    effective_on: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractCommandInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a command to a contract.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ContractPayload {
    #[graphql(flatten)]
    pub result: CommandResult,
    #[graphql(skip)]
    contract: Uuid,
}

#[ComplexObject]
impl ContractPayload {
    /// The contract as the command left it; null when it did nothing.
    #[graphql(complexity = "child_complexity + 1")]
    async fn contract(&self, ctx: &Context<'_>) -> ApiResult<Option<Contract>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Contract::load(&reading, self.contract).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct ContractMutations;

#[Object]
impl ContractMutations {
    /// Drafts a contract under the next number of its series.
    #[graphql(complexity = "100 + child_complexity")]
    async fn contract_draft(&self, ctx: &Context<'_>, input: ContractDraftInput) -> ApiResult<ContractPayload> {
        let contract = input.options.new_id(ctx, ContractState::TYPE)?;
        let wish = match input.wish(ctx).await? {
            Ok(wish) => wish,
            Err(refusal) => return Ok(refused_by(ctx, contract, &refusal)),
        };
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.contracting.draft(&context, contract, &wish).await;
        settled(ctx, answer, contract).await
    }

    /// Writes a draft anew.
    #[graphql(complexity = "100 + child_complexity")]
    async fn contract_change_terms(
        &self,
        ctx: &Context<'_>,
        input: ContractChangeTermsInput,
    ) -> ApiResult<ContractPayload> {
        let terms = match input.terms.wished(ctx).await? {
            Ok(terms) => Box::new(terms),
            Err(refusal) => return refused(ctx, &input.id, &refusal),
        };
        execute(ctx, &input.id, &input.options, ContractCommand::ChangeTerms { terms }).await
    }

    /// Throws a draft away.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_discard(&self, ctx: &Context<'_>, input: ContractCommandInput) -> ApiResult<ContractPayload> {
        execute(ctx, &input.id, &input.options, ContractCommand::Discard).await
    }

    /// Says that both signed: from then on it binds, and changes by amendments. Where it was drafted to renew another one,
    /// that one is renewed by it.
    #[graphql(complexity = "100 + child_complexity")]
    async fn contract_sign(&self, ctx: &Context<'_>, input: ContractSignInput) -> ApiResult<ContractPayload> {
        let contract = ids::parse_as(Kind::Contract, &input.id)?;
        let Date(signed_on) = input.signed_on;
        if let Some(refusal) = to_come(ctx, signed_on).await? {
            return Ok(refused_by(ctx, contract, &refusal));
        }
        let document = match inputs::paper(ctx, contract, input.file).await? {
            Ok(document) => document,
            Err(refusal) => return Ok(refused_by(ctx, contract, &refusal)),
        };
        let context = input.options.context(ctx)?;
        let contracting = &ctx.application()?.contracting;
        let answer = contracting.sign(&context, contract, signed_on, document).await;
        settled(ctx, answer, contract).await
    }

    /// Files the signed paper of a contract, or a better copy of it.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_file_document(
        &self,
        ctx: &Context<'_>,
        input: ContractFileDocumentInput,
    ) -> ApiResult<ContractPayload> {
        let contract = ids::parse_as(Kind::Contract, &input.id)?;
        match inputs::paper(ctx, contract, Some(input.file)).await? {
            Ok(Some(document)) => {
                let command = ContractCommand::FileDocument { document };
                execute(ctx, &input.id, &input.options, command).await
            }
            Ok(None) => Ok(refused_by(ctx, contract, &crate::graphql::files::NO_SUCH_UPLOAD)),
            Err(refusal) => Ok(refused_by(ctx, contract, &refusal)),
        }
    }

    /// Changes a contract from a day on, by an amendment that both signed. What was billed for days behind that day is set
    /// right by a complement or a credit.
    #[graphql(complexity = "100 + child_complexity")]
    async fn contract_amend(&self, ctx: &Context<'_>, input: ContractAmendInput) -> ApiResult<ContractPayload> {
        let contract = ids::parse_as(Kind::Contract, &input.id)?;
        let amend = match input.amend(ctx, contract).await? {
            Ok(amend) => Box::new(amend),
            Err(refusal) => return Ok(refused_by(ctx, contract, &refusal)),
        };
        execute(ctx, &input.id, &input.options, ContractCommand::Amend(amend)).await
    }

    /// Revises prices by the index that they follow, from a day on. Its values are those of the company
    /// (`companySetIndexValue`).
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_index(&self, ctx: &Context<'_>, input: ContractIndexInput) -> ApiResult<ContractPayload> {
        let Date(effective_on) = input.effective_on;
        let values = ctx.application()?.sales.house().await?.company.index_values().to_vec();
        let command = ContractCommand::Index { effective_on, values };
        give(ctx, &input.id, &input.options, &("index", effective_on), &command).await
    }

    /// Says that nothing is owed from a day on.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_pause(&self, ctx: &Context<'_>, input: ContractPauseInput) -> ApiResult<ContractPayload> {
        let command = ContractCommand::Pause {
            from: input.from.0,
            reason: input.reason.clone(),
        };
        execute(ctx, &input.id, &input.options, command).await
    }

    /// Says from which day on it goes on.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_resume(&self, ctx: &Context<'_>, input: ContractResumeInput) -> ApiResult<ContractPayload> {
        execute(
            ctx,
            &input.id,
            &input.options,
            ContractCommand::Resume { on: input.on.0 },
        )
        .await
    }

    /// Says that one of the two ended it. `contractTerminationPreview` tells beforehand what that changes.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_give_notice(
        &self,
        ctx: &Context<'_>,
        input: ContractGiveNoticeInput,
    ) -> ApiResult<ContractPayload> {
        let notice = input.notice.wish();
        let command = ContractCommand::GiveNotice {
            notice: notice.clone(),
            on: today(ctx).await?,
        };
        give(ctx, &input.id, &input.options, &("notice", notice), &command).await
    }

    /// Takes the notice of an end back that has not come.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_withdraw_notice(
        &self,
        ctx: &Context<'_>,
        input: ContractCommandInput,
    ) -> ApiResult<ContractPayload> {
        let command = ContractCommand::WithdrawNotice { on: today(ctx).await? };
        give(ctx, &input.id, &input.options, &"withdrawal of notice", &command).await
    }

    /// Drafts what is to be billed today, in one invoice: what the agenda does by itself on the day. Drafts whose periods
    /// come to something else by now are written anew.
    #[graphql(complexity = "100 + child_complexity")]
    async fn contract_bill(&self, ctx: &Context<'_>, input: ContractCommandInput) -> ApiResult<ContractPayload> {
        let contract = ids::parse_as(Kind::Contract, &input.id)?;
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.contracting.bill(&context, contract).await;
        settled(ctx, answer, contract).await
    }

    /// Issues the credit notes that take back what was billed too much: one for each invoice that billed it.
    #[graphql(complexity = "200 + child_complexity")]
    async fn contract_issue_credits(
        &self,
        ctx: &Context<'_>,
        input: ContractCommandInput,
    ) -> ApiResult<ContractPayload> {
        let contract = ids::parse_as(Kind::Contract, &input.id)?;
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.contracting.issue_credits(&context, contract).await;
        let (result, contract) = following::settle_sale::<ContractState>(ctx, answer, contract).await?;
        Ok(ContractPayload { result, contract })
    }

    /// Says that the letter of Code de la consommation, art. L215-1 was sent on paper.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_report_consumer_notice(
        &self,
        ctx: &Context<'_>,
        input: ContractReportConsumerNoticeInput,
    ) -> ApiResult<ContractPayload> {
        let command = ContractCommand::NotifyConsumer {
            sent_on: input.sent_on.0,
            delivery: None,
            document: None,
        };
        execute(ctx, &input.id, &input.options, command).await
    }

    /// Says that the customer does not agree. It does not stop a renewal: that is flagged.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_dispute(&self, ctx: &Context<'_>, input: ContractDisputeInput) -> ApiResult<ContractPayload> {
        let reason = input.reason.clone();
        execute(ctx, &input.id, &input.options, ContractCommand::Dispute { reason }).await
    }

    /// Says that they agree again.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_settle_dispute(
        &self,
        ctx: &Context<'_>,
        input: ContractCommandInput,
    ) -> ApiResult<ContractPayload> {
        execute(ctx, &input.id, &input.options, ContractCommand::SettleDispute).await
    }

    /// Says who looks after it.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_assign(&self, ctx: &Context<'_>, input: ContractAssignInput) -> ApiResult<ContractPayload> {
        match inputs::owner(ctx, input.owner.as_ref()).await? {
            Ok(owner) => execute(ctx, &input.id, &input.options, ContractCommand::Assign { owner }).await,
            Err(refusal) => refused(ctx, &input.id, &refusal),
        }
    }

    /// Says by what its revenue is split up from a day on.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_set_segment(
        &self,
        ctx: &Context<'_>,
        input: ContractSetSegmentInput,
    ) -> ApiResult<ContractPayload> {
        let command = ContractCommand::SetSegment {
            segment: input.segment.clone(),
            effective_on: input.effective_on.0,
        };
        execute(ctx, &input.id, &input.options, command).await
    }

    /// Says that another customer takes it over from a day on. Whom the law sees in them follows from their record.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contract_transfer(&self, ctx: &Context<'_>, input: ContractTransferInput) -> ApiResult<ContractPayload> {
        let organization = ids::parse_as(Kind::Organization, &input.organization)?;
        let customer = if commands::exists(ctx, Kind::Organization, organization).await? {
            let sales = &ctx.application()?.sales;
            sales.customer(OrganizationId(organization)).await?
        } else {
            None
        };
        let Some(customer) = customer else {
            return refused(ctx, &input.id, &NO_SUCH_ORGANIZATION);
        };
        let Date(effective_on) = input.effective_on;
        let command = ContractCommand::Transfer {
            organization: customer.id,
            customer_kind: customer.kind(),
            effective_on,
        };
        let asked = ("transfer", organization, effective_on);
        give(ctx, &input.id, &input.options, &asked, &command).await
    }
}

impl ContractDraftInput {
    /// Refuses what it names and whoever asks does not see.
    async fn wish(&self, ctx: &Context<'_>) -> ApiResult<Result<ContractWish, Refused>> {
        let organization = OrganizationId(ids::parse_as(Kind::Organization, &self.organization)?);
        if !commands::exists(ctx, Kind::Organization, organization.0).await? {
            return Ok(Err(Refused::new(NO_SUCH_ORGANIZATION)));
        }
        let (quote, deal_of_quote) = match self.origin(ctx, organization).await? {
            Ok(Some((origin, deal))) => (Some(origin), deal),
            Ok(None) => (None, None),
            Err(refusal) => return Ok(Err(Refused::new(refusal))),
        };
        let deal = match &self.deal {
            None => deal_of_quote,
            Some(deal) => {
                let deal = ids::parse_as(Kind::Deal, deal)?;
                if !commands::exists(ctx, Kind::Deal, deal).await? {
                    return Ok(Err(Refused::new(NO_SUCH_DEAL)));
                }
                Some(DealId(deal))
            }
        };
        let follows = match &self.follows {
            None => None,
            Some(other) => {
                let other = ids::parse_as(Kind::Contract, other)?;
                if !commands::exists(ctx, Kind::Contract, other).await? {
                    return Ok(Err(Refused::new(NO_SUCH_PREDECESSOR)));
                }
                Some(ContractId(other))
            }
        };
        let owner = match inputs::owner(ctx, self.owner.as_ref()).await? {
            Ok(owner) => owner,
            Err(refusal) => return Ok(Err(Refused::new(refusal))),
        };
        let terms = self.terms.wished(ctx).await?;
        Ok(terms.map(|terms| ContractWish {
            organization,
            deal,
            quote,
            owner,
            segment: self.segment.clone(),
            follows,
            terms,
        }))
    }

    /// The accepted version of the quote, and its deal.
    async fn origin(
        &self,
        ctx: &Context<'_>,
        organization: OrganizationId,
    ) -> ApiResult<Result<Option<(QuoteOrigin, Option<DealId>)>, Rule>> {
        let Some(quote) = &self.quote else {
            return Ok(Ok(None));
        };
        let id = ids::parse_as(Kind::Quote, quote)?;
        let known: Option<QuoteAggregate> = commands::load(ctx, id).await?;
        let Some((known, buyer)) = known.as_ref().and_then(|known| Some((known, known.organization()?))) else {
            return Ok(Err(NO_SUCH_QUOTE));
        };
        let sales = &ctx.application()?.sales;
        let (ours, theirs) = (sales.customer(organization).await?, sales.customer(buyer).await?);
        if ours.map(|customer| customer.id) != theirs.map(|customer| customer.id) {
            return Ok(Err(NO_SUCH_QUOTE));
        }
        let Some((version, ..)) = known.accepted() else {
            return Ok(Err(QUOTE_NOT_ACCEPTED));
        };
        let quote = QuoteId(id);
        Ok(Ok(Some((QuoteOrigin { quote, version }, known.deal()))))
    }
}

impl ContractAmendInput {
    async fn amend(&self, ctx: &Context<'_>, contract: Uuid) -> ApiResult<Result<Amend, Refused>> {
        let known: Option<Aggregate> = commands::load(ctx, contract).await?;
        let Some(currency) = known.as_deref().and_then(ContractState::currency) else {
            return Ok(Err(Refused::new(ContractError::NotDrafted)));
        };
        let (Date(signed_on), Date(effective_on)) = (self.signed_on, self.effective_on);
        if let Some(refusal) = to_come(ctx, signed_on).await? {
            return Ok(Err(Refused::new(refusal)));
        }
        let renewal = match self.renewal.as_ref().map(ContractRenewalInput::policy).transpose() {
            Ok(renewal) => renewal,
            Err(refusal) => return Ok(Err(Refused::new(refusal))),
        };
        let mut lines = Vec::with_capacity(self.lines.len());
        for change in &self.lines {
            match change.wished(ctx, currency).await? {
                Ok(change) => lines.push(change),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        let document = inputs::paper(ctx, contract, self.file).await?;
        Ok(document.map(|document| Amend {
            signed_on,
            effective_on,
            lines,
            ends_on: inputs::end(&self.ends_on),
            renewal,
            notice: self.notice.as_ref().map(ContractNoticePeriodInput::period),
            document,
            note: self.note.clone(),
        }))
    }
}

/// Today at the company's seat.
async fn today(ctx: &Context<'_>) -> ApiResult<NaiveDate> {
    Ok(ctx.application()?.sales.house().await?.today)
}

/// Nobody has signed on a day that is to come.
async fn to_come(ctx: &Context<'_>, signed_on: NaiveDate) -> ApiResult<Option<ContractError>> {
    let is_to_come = signed_on > today(ctx).await?;
    Ok(is_to_come.then_some(ContractError::NotDue { on: signed_on }))
}

fn refused_by<R: Refusal>(ctx: &Context<'_>, contract: Uuid, refusal: &R) -> ContractPayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    ContractPayload { result, contract }
}

fn refused<R: Refusal>(ctx: &Context<'_>, id: &ID, refusal: &R) -> ApiResult<ContractPayload> {
    Ok(refused_by(ctx, ids::parse_as(Kind::Contract, id)?, refusal))
}

async fn execute(
    ctx: &Context<'_>,
    id: &ID,
    options: &CommandOptions,
    command: ContractCommand,
) -> ApiResult<ContractPayload> {
    let contract = ids::parse_as(Kind::Contract, id)?;
    let result = commands::execute::<ContractState>(ctx, options, contract, command).await?;
    Ok(ContractPayload { result, contract })
}

/// [`execute`] for a command that says more than what was asked for.
async fn give(
    ctx: &Context<'_>,
    id: &ID,
    options: &CommandOptions,
    asked: &(impl Serialize + Sync),
    command: &ContractCommand,
) -> ApiResult<ContractPayload> {
    let contract = ids::parse_as(Kind::Contract, id)?;
    let context = options.context(ctx)?;
    let contracting = &ctx.application()?.contracting;
    let answer = contracting.give(&context, contract, asked, command).await;
    settled(ctx, answer, contract).await
}

async fn settled(
    ctx: &Context<'_>,
    answer: Result<Outcome, CommandError<Refused>>,
    contract: Uuid,
) -> ApiResult<ContractPayload> {
    let (result, contract) = following::settle::<ContractState, _>(ctx, answer, contract).await?;
    Ok(ContractPayload { result, contract })
}
