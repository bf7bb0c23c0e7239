//! What is done with quotes.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use domain::{
    Contract, ContractError, ContractId, DealId, Decider, OrganizationId, Quote as Aggregate, QuoteCommand, QuoteError,
    QuoteId, Refusal, document::LineId, quote::QuoteState, value,
};
use engine::{CommandError, Outcome};
use uuid::Uuid;

use super::Quote;
use crate::{
    graphql::{
        billing::{inputs::DocumentContentInput, recipient::RecipientAsked},
        commands::{self, CommandOptions, CommandResult},
        errors::ApiResult,
        following::{self, NO_SUCH_DEAL, NO_SUCH_ORGANIZATION, Refused, Rule},
        ids::{self, Kind},
        organizations::inputs::PostalAddressInput,
        scalars::Date,
        session::Session,
    },
    sales::{
        House, Recipient, SalesError,
        quotes::{QuoteSending, QuoteWish},
    },
};

const NO_SUCH_CONTRACT: Rule = Rule {
    code: "CONTRACT_NOT_FOUND",
    field: "renews",
    english: "The customer has no such contract to renew.",
    french: "Le client n'a pas de tel contrat à renouveler.",
};

#[derive(Debug, Clone, InputObject)]
pub struct QuoteDraftInput {
    organization: ID,
    /// The sale that it is for. None: one is opened when the quote is accepted.
    deal: Option<ID>,
    /// The customer's contract that it renews: once it is accepted, the contract that follows is signed with it.
    renews: Option<ID>,
    content: DocumentContentInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct QuoteChangeContentInput {
    id: ID,
    content: DocumentContentInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct QuoteDuplicateInput {
    /// The quote whose newest version is copied.
    id: ID,
    /// For another customer; absent: the same.
    organization: Option<ID>,
    deal: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct QuoteSendInput {
    id: ID,
    /// The contact to whom it goes: their name and first e-mail address.
    contact: Option<ID>,
    /// To whose attention; instead of the contact's name.
    recipient_name: Option<String>,
    /// Where it is sent to; instead of the contact's address.
    email: Option<String>,
    /// Where goods go to, when that is elsewhere than the customer's record says.
    delivery_address: Option<PostalAddressInput>,
    /// The last day on which it can be accepted; absent: as the company's settings say.
    valid_until: Option<Date>,
    /// Whether a letter carries it, with its paper and the link to its page. Otherwise somebody hands the link over.
    #[graphql(default = true)]
    by_mail: bool,
    /// What the letter says besides.
    message: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct QuoteExtendInput {
    id: ID,
    /// The last day on which it can be accepted.
    valid_until: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct QuoteReportAcceptanceInput {
    id: ID,
    /// The version that was accepted.
    version: u16,
    /// The numbers of the optional lines that were taken.
    #[graphql(default)]
    chosen: Vec<u32>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct QuoteReportRefusalInput {
    id: ID,
    /// The version that was refused.
    version: u16,
    reason: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct QuoteReasonInput {
    id: ID,
    reason: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct QuoteCommandInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a command to a quote.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct QuotePayload {
    #[graphql(flatten)]
    pub result: CommandResult,
    #[graphql(skip)]
    quote: Uuid,
}

#[ComplexObject]
impl QuotePayload {
    /// The quote as the command left it; null when it did nothing.
    #[graphql(complexity = "child_complexity + 1")]
    async fn quote(&self, ctx: &Context<'_>) -> ApiResult<Option<Quote>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Quote::load(&reading, self.quote).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct QuoteMutations;

#[Object]
impl QuoteMutations {
    /// Drafts a quote under the next number of its series. Tax is decided line by line, by who sells what to whom.
    #[graphql(complexity = "100 + child_complexity")]
    async fn quote_draft(&self, ctx: &Context<'_>, input: QuoteDraftInput) -> ApiResult<QuotePayload> {
        let quote = input.options.new_id(ctx, QuoteState::TYPE)?;
        let organization = ids::parse_as(Kind::Organization, &input.organization)?;
        let deal = parse_deal(input.deal.as_ref())?;
        if let Some(refused) = unknown(ctx, organization, deal).await? {
            return Ok(refused_by(ctx, quote, &refused));
        }
        let renews = match &input.renews {
            None => None,
            Some(contract) => match renewable(ctx, contract, OrganizationId(organization)).await? {
                Ok(contract) => Some(contract),
                Err(refused) => return Ok(refused_by(ctx, quote, &refused)),
            },
        };
        let house = house(ctx).await?;
        let content = match input.content.wished(ctx, &house.company).await? {
            Ok(content) => content,
            Err(unwritten) => return Ok(refused_by(ctx, quote, &Refused::from(unwritten))),
        };
        let wish = QuoteWish {
            organization: OrganizationId(organization),
            deal: deal.map(DealId),
            copied_from: None,
            renews,
            content,
            construction_subcontract: input.content.construction_subcontract,
        };
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.sales.draft_quote(&context, quote, &wish).await;
        settled(ctx, answer, quote).await
    }

    /// Drafts a new quote that says what the newest version of another one says, with the tax of today.
    #[graphql(complexity = "100 + child_complexity")]
    async fn quote_duplicate(&self, ctx: &Context<'_>, input: QuoteDuplicateInput) -> ApiResult<QuotePayload> {
        let quote = input.options.new_id(ctx, QuoteState::TYPE)?;
        let original = ids::parse_as(Kind::Quote, &input.id)?;
        let known: Option<Aggregate> = commands::load(ctx, original).await?;
        let content = known.as_deref().and_then(QuoteState::newest_content);
        let (Some(known), Some(content)) = (&known, content) else {
            return Ok(refused_by(ctx, quote, &QuoteError::NotDrafted));
        };
        let organization = match &input.organization {
            Some(id) => Some(ids::parse_as(Kind::Organization, id)?),
            None => known.organization().map(Into::into),
        };
        let Some(organization) = organization else {
            return Ok(refused_by(ctx, quote, &NO_SUCH_ORGANIZATION));
        };
        let deal = parse_deal(input.deal.as_ref())?;
        if let Some(refused) = unknown(ctx, organization, deal).await? {
            return Ok(refused_by(ctx, quote, &refused));
        }
        let wish = QuoteWish {
            organization: OrganizationId(organization),
            deal: deal.map(DealId),
            copied_from: Some(QuoteId(original)),
            renews: None,
            construction_subcontract: content.is_construction_subcontract(),
            content: content.wished_anew(),
        };
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.sales.draft_quote(&context, quote, &wish).await;
        settled(ctx, answer, quote).await
    }

    /// Writes the draft anew. Lines keep the numbers that are given; an approval has to be asked for again.
    #[graphql(complexity = "100 + child_complexity")]
    async fn quote_change_content(&self, ctx: &Context<'_>, input: QuoteChangeContentInput) -> ApiResult<QuotePayload> {
        let quote = ids::parse_as(Kind::Quote, &input.id)?;
        let house = house(ctx).await?;
        let content = match input.content.wished(ctx, &house.company).await? {
            Ok(content) => content,
            Err(unwritten) => return Ok(refused_by(ctx, quote, &Refused::from(unwritten))),
        };
        let context = input.options.context(ctx)?;
        let subcontract = input.content.construction_subcontract;
        let sales = &ctx.application()?.sales;
        let answer = sales.change_quote(&context, quote, content, subcontract).await;
        settled(ctx, answer, quote).await
    }

    /// Begins a draft of the next version, which says what the newest one says.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_start_version(&self, ctx: &Context<'_>, input: QuoteCommandInput) -> ApiResult<QuotePayload> {
        execute(ctx, &input.id, &input.options, QuoteCommand::StartVersion).await
    }

    /// Throws the draft of a later version away.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_discard_version(&self, ctx: &Context<'_>, input: QuoteCommandInput) -> ApiResult<QuotePayload> {
        execute(ctx, &input.id, &input.options, QuoteCommand::DiscardVersion).await
    }

    /// Asks a manager to agree to the draft as it is.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_request_approval(&self, ctx: &Context<'_>, input: QuoteCommandInput) -> ApiResult<QuotePayload> {
        execute(ctx, &input.id, &input.options, QuoteCommand::RequestApproval).await
    }

    /// Agrees to the draft as it is.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_approve(&self, ctx: &Context<'_>, input: QuoteCommandInput) -> ApiResult<QuotePayload> {
        execute(ctx, &input.id, &input.options, QuoteCommand::Approve).await
    }

    /// Does not agree to the draft as it is.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_refuse_approval(&self, ctx: &Context<'_>, input: QuoteReasonInput) -> ApiResult<QuotePayload> {
        let reason = input.reason.clone();
        execute(ctx, &input.id, &input.options, QuoteCommand::RefuseApproval { reason }).await
    }

    /// Sends the draft to the customer: from then on it never changes. An earlier version is superseded.
    #[graphql(complexity = "200 + child_complexity")]
    async fn quote_send(&self, ctx: &Context<'_>, input: QuoteSendInput) -> ApiResult<QuotePayload> {
        let quote = ids::parse_as(Kind::Quote, &input.id)?;
        let recipient = match input.recipient(ctx).await? {
            Ok(recipient) => recipient,
            Err(refusal) => return Ok(refused_by(ctx, quote, &refusal)),
        };
        let sending = QuoteSending {
            recipient,
            valid_until: input.valid_until.map(|Date(day)| day),
            by_mail: input.by_mail,
            message: match value::optional_note("message", input.message.as_deref()) {
                Ok(message) => message,
                Err(refusal) => return Ok(refused_by(ctx, quote, &refusal)),
            },
        };
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.sales.send_quote(&context, quote, &sending).await;
        settled_sale(ctx, answer, quote).await
    }

    /// Has the open version signed through the provider of signatures that the operator named.
    #[graphql(complexity = "200 + child_complexity")]
    async fn quote_send_envelope(&self, ctx: &Context<'_>, input: QuoteCommandInput) -> ApiResult<QuotePayload> {
        let quote = ids::parse_as(Kind::Quote, &input.id)?;
        if !commands::exists(ctx, Kind::Quote, quote).await? {
            return Ok(refused_by(ctx, quote, &QuoteError::NotDrafted));
        }
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.sales.send_envelope(&context, quote).await;
        settled_sale(ctx, answer, quote).await
    }

    /// Asks the provider of signatures what became of it, and does what follows. The provider may call by itself.
    #[graphql(complexity = "200 + child_complexity")]
    async fn quote_check_envelope(&self, ctx: &Context<'_>, input: QuoteCommandInput) -> ApiResult<QuotePayload> {
        let quote = ids::parse_as(Kind::Quote, &input.id)?;
        if !commands::exists(ctx, Kind::Quote, quote).await? {
            return Ok(refused_by(ctx, quote, &QuoteError::NotDrafted));
        }
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.sales.check_envelope(&context, quote).await;
        settled_sale(ctx, answer, quote).await
    }

    /// Closes the customer's link. The quote stays open: somebody can report what the customer said.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_revoke_link(&self, ctx: &Context<'_>, input: QuoteCommandInput) -> ApiResult<QuotePayload> {
        execute(ctx, &input.id, &input.options, QuoteCommand::RevokeLink).await
    }

    /// Makes another link for the open version; the one before does not open any more.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_renew_link(&self, ctx: &Context<'_>, input: QuoteCommandInput) -> ApiResult<QuotePayload> {
        execute(ctx, &input.id, &input.options, QuoteCommand::RenewLink).await
    }

    /// Holds the newest version open until another day, also when it expired.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_extend(&self, ctx: &Context<'_>, input: QuoteExtendInput) -> ApiResult<QuotePayload> {
        let house = house(ctx).await?;
        let Date(valid_until) = input.valid_until;
        let command = QuoteCommand::Extend {
            valid_until,
            expires_at: house.end_of(valid_until),
            remind_at: house.expiry_reminder(valid_until),
            now: house.now,
        };
        execute(ctx, &input.id, &input.options, command).await
    }

    /// Says that the customer accepted a version: on paper, by mail, by word.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_report_acceptance(
        &self,
        ctx: &Context<'_>,
        input: QuoteReportAcceptanceInput,
    ) -> ApiResult<QuotePayload> {
        let command = QuoteCommand::ReportAcceptance {
            version: input.version,
            chosen: input.chosen.iter().copied().map(LineId).collect(),
            now: ctx.application()?.clock.now(),
        };
        execute(ctx, &input.id, &input.options, command).await
    }

    /// Says that the customer refused a version.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_report_refusal(&self, ctx: &Context<'_>, input: QuoteReportRefusalInput) -> ApiResult<QuotePayload> {
        let command = QuoteCommand::Refuse {
            version: input.version,
            reason: input.reason.clone(),
            now: ctx.application()?.clock.now(),
        };
        execute(ctx, &input.id, &input.options, command).await
    }

    /// Takes a quote back that was not accepted.
    #[graphql(complexity = "50 + child_complexity")]
    async fn quote_cancel(&self, ctx: &Context<'_>, input: QuoteReasonInput) -> ApiResult<QuotePayload> {
        let reason = input.reason.clone();
        execute(ctx, &input.id, &input.options, QuoteCommand::Cancel { reason }).await
    }
}

impl QuoteSendInput {
    async fn recipient(&self, ctx: &Context<'_>) -> ApiResult<Result<Recipient, Refused>> {
        let asked = RecipientAsked {
            contact: self.contact.as_ref(),
            name: self.recipient_name.as_ref(),
            email: self.email.as_ref(),
            delivery_address: self.delivery_address.as_ref(),
        };
        asked.recipient(ctx).await
    }
}

fn parse_deal(deal: Option<&ID>) -> ApiResult<Option<Uuid>> {
    deal.map(|deal| ids::parse_as(Kind::Deal, deal)).transpose()
}

/// What a new quote names and whoever asks does not see.
async fn unknown(ctx: &Context<'_>, organization: Uuid, deal: Option<Uuid>) -> ApiResult<Option<Rule>> {
    if !commands::exists(ctx, Kind::Organization, organization).await? {
        return Ok(Some(NO_SUCH_ORGANIZATION));
    }
    match deal {
        Some(deal) if !commands::exists(ctx, Kind::Deal, deal).await? => Ok(Some(NO_SUCH_DEAL)),
        _ => Ok(None),
    }
}

/// A contract of the customer that another one can follow as things stand.
async fn renewable(
    ctx: &Context<'_>,
    contract: &ID,
    customer: OrganizationId,
) -> ApiResult<Result<ContractId, Refused>> {
    let id = ids::parse_as(Kind::Contract, contract)?;
    let known: Option<Contract> = commands::load(ctx, id).await?;
    let Some((known, party)) = known.as_ref().and_then(|known| {
        let last = known.ends_on().or_else(|| known.starts_on())?;
        Some((known, known.organization_on(last)?))
    }) else {
        return Ok(Err(Refused::new(NO_SUCH_CONTRACT)));
    };
    let sales = &ctx.application()?.sales;
    let (theirs, ours) = (sales.customer(party).await?, sales.customer(customer).await?);
    if theirs.map(|customer| customer.id) != ours.map(|customer| customer.id) {
        return Ok(Err(Refused::new(NO_SUCH_CONTRACT)));
    }
    if known.renewal().is_some() {
        return Ok(Err(Refused::new(ContractError::AlreadyRenewed)));
    }
    Ok(known.same_again().map(|_| ContractId(id)).map_err(Refused::new))
}

async fn house(ctx: &Context<'_>) -> ApiResult<House> {
    Ok(ctx.application()?.sales.house().await?)
}

fn refused_by<R: Refusal>(ctx: &Context<'_>, quote: Uuid, refusal: &R) -> QuotePayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    QuotePayload { result, quote }
}

async fn execute(
    ctx: &Context<'_>,
    id: &ID,
    options: &CommandOptions,
    command: QuoteCommand,
) -> ApiResult<QuotePayload> {
    let quote = ids::parse_as(Kind::Quote, id)?;
    let result = commands::execute::<QuoteState>(ctx, options, quote, command).await?;
    Ok(QuotePayload { result, quote })
}

async fn settled(
    ctx: &Context<'_>,
    answer: Result<Outcome, CommandError<Refused>>,
    quote: Uuid,
) -> ApiResult<QuotePayload> {
    let (result, quote) = following::settle::<QuoteState, _>(ctx, answer, quote).await?;
    Ok(QuotePayload { result, quote })
}

async fn settled_sale(ctx: &Context<'_>, answer: Result<Outcome, SalesError>, quote: Uuid) -> ApiResult<QuotePayload> {
    let (result, quote) = following::settle_sale::<QuoteState>(ctx, answer, quote).await?;
    Ok(QuotePayload { result, quote })
}
