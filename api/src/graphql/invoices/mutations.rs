//! What is done with invoices.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject};
use domain::{
    DealId, InvalidValue, InvoiceCommand, InvoiceId, OrganizationId, QuoteId, Refusal, billing::Percentage,
    document::LineId, invoice::InvoiceState, value,
};
use engine::{CommandError, Outcome};
use uuid::Uuid;

use super::{
    Invoice, PlatformStatus,
    credits::{self, CreditInput},
    today,
};
use crate::{
    graphql::{
        accounting,
        billing::{inputs::DocumentContentInput, recipient::RecipientAsked},
        commands::{self, CommandOptions, CommandResult},
        errors::ApiResult,
        following::{self, NO_SUCH_DEAL, NO_SUCH_ORGANIZATION, Refused, Rule},
        ids::{self, Kind},
        organizations::inputs::PostalAddressInput,
        scalars::{Date, Decimal, Moment},
        session::Session,
    },
    sales::{
        SalesError,
        invoices::{CreditAsked, InvoiceSending, InvoiceWish, QuotePart},
    },
};

/// What can be drafted: credit notes have no draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum InvoiceDraftKind {
    Standard,
    Deposit,
    Progress,
    Final,
}

impl From<InvoiceDraftKind> for domain::document::InvoiceKind {
    fn from(kind: InvoiceDraftKind) -> Self {
        match kind {
            InvoiceDraftKind::Standard => Self::Standard,
            InvoiceDraftKind::Deposit => Self::Deposit,
            InvoiceDraftKind::Progress => Self::Progress,
            InvoiceDraftKind::Final => Self::Final,
        }
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceDraftInput {
    organization: ID,
    deal: Option<ID>,
    #[graphql(default_with = "InvoiceDraftKind::Standard")]
    kind: InvoiceDraftKind,
    /// The deposits and progress invoices that a final one takes off.
    #[graphql(default)]
    deducts: Vec<ID>,
    content: DocumentContentInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceDraftFromQuoteInput {
    /// It was accepted.
    quote: ID,
    part: InvoicePartInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What of a quote is invoiced.
#[derive(Debug, Clone, OneofObject)]
pub enum InvoicePartInput {
    /// All of it at once.
    Whole(bool),
    /// A share of it in hundred, before anything is delivered.
    Deposit(Decimal),
    /// How far all of it is done by now, in hundred; what was invoiced of it before comes off.
    Progress(Decimal),
    /// How far each line is done by now; those that are not named have not moved.
    ProgressOfLines(Vec<LineProgressInput>),
    /// All of it, less the deposits and progress invoices before.
    Final(bool),
}

#[derive(Debug, Clone, InputObject)]
pub struct LineProgressInput {
    /// The line's number in the quote.
    number: u32,
    /// In hundred, all in all.
    percent: Decimal,
}

impl InvoicePartInput {
    fn part(&self) -> Result<QuotePart, InvalidValue> {
        let percent = |field, percent: &Decimal| Percentage::new(field, percent.0);
        Ok(match self {
            Self::Whole(true) => QuotePart::Whole,
            Self::Final(true) => QuotePart::Final,
            Self::Whole(false) | Self::Final(false) => {
                return Err(InvalidValue::new("part", value::Problem::Missing));
            }
            Self::Deposit(share) => QuotePart::Deposit(percent("deposit", share)?),
            Self::Progress(done) => QuotePart::ProgressOfAll(percent("progress", done)?),
            Self::ProgressOfLines(lines) => {
                let lines = lines
                    .iter()
                    .map(|line| Ok((LineId(line.number), percent("percent", &line.percent)?)));
                QuotePart::Progress(lines.collect::<Result<_, InvalidValue>>()?)
            }
        })
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceChangeContentInput {
    id: ID,
    content: DocumentContentInput,
    /// What a final invoice takes off; absent: as it was.
    deducts: Option<Vec<ID>>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceIssueInput {
    id: ID,
    /// The contact to whom it goes: their name and first e-mail address.
    contact: Option<ID>,
    /// To whose attention; instead of the contact's name.
    recipient_name: Option<String>,
    /// Where it is sent to; instead of the contact's address.
    email: Option<String>,
    /// Where goods go to, when that is elsewhere than the customer's record says.
    delivery_address: Option<PostalAddressInput>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceSendInput {
    id: ID,
    /// The contact to whom it goes; absent: whom the invoice names.
    contact: Option<ID>,
    recipient_name: Option<String>,
    email: Option<String>,
    /// What the letter says besides.
    message: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceCreditInput {
    /// The invoice that is taken back; `expectedVersion` is its version.
    id: ID,
    credit: CreditInput,
    /// What the customer reads.
    reason: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceReasonInput {
    id: ID,
    reason: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceCommandInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceGrantEarlyPaymentDiscountInput {
    id: ID,
    /// The day on which the customer paid; absent: today.
    on: Option<Date>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoicePromiseInput {
    id: ID,
    /// The day until which the customer promised to pay.
    until: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceHoldRemindersInput {
    id: ID,
    /// Absent: until they are released.
    until: Option<Date>,
    reason: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceReceivePlatformStatusInput {
    id: ID,
    status: PlatformStatus,
    /// When it came to that; absent: now.
    at: Option<Moment>,
    reason: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a command to an invoice.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct InvoicePayload {
    #[graphql(flatten)]
    pub result: CommandResult,
    #[graphql(skip)]
    invoice: Uuid,
}

#[ComplexObject]
impl InvoicePayload {
    /// The invoice as the command left it, or the credit note that it issued; null when it did nothing.
    #[graphql(complexity = "child_complexity + 1")]
    async fn invoice(&self, ctx: &Context<'_>) -> ApiResult<Option<Invoice>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Invoice::load(&reading, self.invoice).await,
            None => Ok(None),
        }
    }
}

const NO_SUCH_QUOTE: Rule = Rule {
    code: "QUOTE_NOT_FOUND",
    field: "quote",
    english: "This quote does not exist.",
    french: "Ce devis n'existe pas.",
};

const NO_SUCH_DEDUCTION: Rule = Rule {
    code: "INVOICE_NOT_FOUND",
    field: "deducts",
    english: "An invoice that is to be taken off does not exist.",
    french: "Une facture à déduire n'existe pas.",
};

#[derive(Default)]
pub struct InvoiceMutations;

#[Object]
impl InvoiceMutations {
    /// Drafts an invoice that comes from no quote. It has no number, and may be changed and discarded.
    #[graphql(complexity = "100 + child_complexity")]
    async fn invoice_draft(&self, ctx: &Context<'_>, input: InvoiceDraftInput) -> ApiResult<InvoicePayload> {
        use domain::Decider;
        let invoice = input.options.new_id(ctx, InvoiceState::TYPE)?;
        let organization = ids::parse_as(Kind::Organization, &input.organization)?;
        if !commands::exists(ctx, Kind::Organization, organization).await? {
            return Ok(refused_by(ctx, invoice, &NO_SUCH_ORGANIZATION));
        }
        let deal = input
            .deal
            .as_ref()
            .map(|deal| ids::parse_as(Kind::Deal, deal))
            .transpose()?;
        if let Some(deal) = deal
            && !commands::exists(ctx, Kind::Deal, deal).await?
        {
            return Ok(refused_by(ctx, invoice, &NO_SUCH_DEAL));
        }
        let Some(deducts) = deductions(ctx, &input.deducts).await? else {
            return Ok(refused_by(ctx, invoice, &NO_SUCH_DEDUCTION));
        };
        let content = match written(ctx, &input.content).await? {
            Ok(content) => content,
            Err(refusal) => return Ok(refused_by(ctx, invoice, &refusal)),
        };
        let wish = InvoiceWish {
            kind: input.kind.into(),
            organization: OrganizationId(organization),
            deal: deal.map(DealId),
            deducts,
            content,
            construction_subcontract: input.content.construction_subcontract,
        };
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.invoicing.draft(&context, invoice, &wish).await;
        settled(ctx, answer, invoice).await
    }

    /// Drafts an invoice of a quote that was accepted, or of a part of it.
    #[graphql(complexity = "100 + child_complexity")]
    async fn invoice_draft_from_quote(
        &self,
        ctx: &Context<'_>,
        input: InvoiceDraftFromQuoteInput,
    ) -> ApiResult<InvoicePayload> {
        use domain::Decider;
        let invoice = input.options.new_id(ctx, InvoiceState::TYPE)?;
        let quote = ids::parse_as(Kind::Quote, &input.quote)?;
        if !commands::exists(ctx, Kind::Quote, quote).await? {
            return Ok(refused_by(ctx, invoice, &NO_SUCH_QUOTE));
        }
        let part = match input.part.part() {
            Ok(part) => part,
            Err(refusal) => return Ok(refused_by(ctx, invoice, &refusal)),
        };
        let context = input.options.context(ctx)?;
        let invoicing = &ctx.application()?.invoicing;
        let answer = invoicing.draft_of_quote(&context, invoice, QuoteId(quote), &part).await;
        settled(ctx, answer, invoice).await
    }

    /// Writes a draft anew. Lines keep the numbers that are given.
    #[graphql(complexity = "100 + child_complexity")]
    async fn invoice_change_content(
        &self,
        ctx: &Context<'_>,
        input: InvoiceChangeContentInput,
    ) -> ApiResult<InvoicePayload> {
        let invoice = ids::parse_as(Kind::Invoice, &input.id)?;
        let deducts = match &input.deducts {
            Some(deducts) => match deductions(ctx, deducts).await? {
                Some(deducts) => Some(deducts),
                None => return Ok(refused_by(ctx, invoice, &NO_SUCH_DEDUCTION)),
            },
            None => None,
        };
        let content = match written(ctx, &input.content).await? {
            Ok(content) => content,
            Err(refusal) => return Ok(refused_by(ctx, invoice, &refusal)),
        };
        let context = input.options.context(ctx)?;
        let subcontract = input.content.construction_subcontract;
        let invoicing = &ctx.application()?.invoicing;
        let answer = invoicing.change(&context, invoice, content, subcontract, deducts).await;
        settled(ctx, answer, invoice).await
    }

    /// Throws a draft away.
    #[graphql(complexity = "50 + child_complexity")]
    async fn invoice_discard(&self, ctx: &Context<'_>, input: InvoiceCommandInput) -> ApiResult<InvoicePayload> {
        execute(ctx, &input.id, &input.options, InvoiceCommand::Discard).await
    }

    /// Issues a draft under the next number of today: from then on it never changes. Its paper and its files follow.
    #[graphql(complexity = "200 + child_complexity")]
    async fn invoice_issue(&self, ctx: &Context<'_>, input: InvoiceIssueInput) -> ApiResult<InvoicePayload> {
        let invoice = ids::parse_as(Kind::Invoice, &input.id)?;
        let asked = RecipientAsked {
            contact: input.contact.as_ref(),
            name: input.recipient_name.as_ref(),
            email: input.email.as_ref(),
            delivery_address: input.delivery_address.as_ref(),
        };
        let recipient = match asked.recipient(ctx).await? {
            Ok(recipient) => recipient,
            Err(refusal) => return Ok(refused_by(ctx, invoice, &refusal)),
        };
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.invoicing.issue(&context, invoice, &recipient).await;
        settled_sale(ctx, answer, invoice).await
    }

    /// Mails an invoice or a credit note with its paper; a copy where it goes through a platform itself.
    #[graphql(complexity = "200 + child_complexity")]
    async fn invoice_send(&self, ctx: &Context<'_>, input: InvoiceSendInput) -> ApiResult<InvoicePayload> {
        let invoice = ids::parse_as(Kind::Invoice, &input.id)?;
        if !commands::exists(ctx, Kind::Invoice, invoice).await? {
            return Ok(refused_by(ctx, invoice, &domain::InvoiceError::NotFound));
        }
        let asked = RecipientAsked {
            contact: input.contact.as_ref(),
            name: input.recipient_name.as_ref(),
            email: input.email.as_ref(),
            delivery_address: None,
        };
        let recipient = match asked.recipient(ctx).await? {
            Ok(recipient) => recipient,
            Err(refusal) => return Ok(refused_by(ctx, invoice, &refusal)),
        };
        let sending = InvoiceSending {
            recipient,
            message: match value::optional_note("message", input.message.as_deref()) {
                Ok(message) => message,
                Err(refusal) => return Ok(refused_by(ctx, invoice, &refusal)),
            },
        };
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.invoicing.send(&context, invoice, &sending).await;
        settled_sale(ctx, answer, invoice).await
    }

    /// Takes an invoice back, or a part of it, by a credit note under the next number of its series. The answer's
    /// `invoice` is the credit note. Payments that are too much by now are the customer's credit.
    #[graphql(complexity = "200 + child_complexity")]
    async fn invoice_credit(&self, ctx: &Context<'_>, input: InvoiceCreditInput) -> ApiResult<InvoicePayload> {
        use domain::Decider;
        let note = input.options.new_id(ctx, InvoiceState::TYPE)?;
        let invoice = ids::parse_as(Kind::Invoice, &input.id)?;
        let wish = match credits::asked(ctx, invoice, &input.credit).await? {
            Ok(wish) => wish,
            Err(refusal) => return Ok(refused_by(ctx, note, &refusal)),
        };
        let asked = CreditAsked {
            invoice,
            wish,
            reason: input.reason.clone(),
        };
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.invoicing.credit(&context, note, &asked).await;
        let answer = match answer {
            Ok(outcome) => Ok(outcome),
            Err(SalesError::Command(error)) => Err(error),
            Err(error) => return Err(error.into()),
        };
        let subject = journal::StreamId::new(InvoiceState::TYPE, note);
        let result = commands::settle(ctx, answer, &subject).await?;
        Ok(InvoicePayload { result, invoice: note })
    }

    /// Says that nobody expects the rest any more.
    #[graphql(complexity = "50 + child_complexity")]
    async fn invoice_write_off(&self, ctx: &Context<'_>, input: InvoiceReasonInput) -> ApiResult<InvoicePayload> {
        let command = InvoiceCommand::WriteOff {
            on: today(ctx).await?,
            reason: input.reason.clone(),
        };
        execute(ctx, &input.id, &input.options, command).await
    }

    /// Expects again what was written off: the customer pays after all, or it was a mistake.
    #[graphql(complexity = "50 + child_complexity")]
    async fn invoice_undo_write_off(&self, ctx: &Context<'_>, input: InvoiceReasonInput) -> ApiResult<InvoicePayload> {
        let command = InvoiceCommand::UndoWriteOff {
            on: today(ctx).await?,
            reason: input.reason.clone(),
        };
        execute(ctx, &input.id, &input.options, command).await
    }

    /// Takes off what the invoice offers for early payment.
    #[graphql(complexity = "50 + child_complexity")]
    async fn invoice_grant_early_payment_discount(
        &self,
        ctx: &Context<'_>,
        input: InvoiceGrantEarlyPaymentDiscountInput,
    ) -> ApiResult<InvoicePayload> {
        let on = match input.on {
            Some(Date(day)) => {
                if let Err(refusal) = accounting::open_on(ctx, "on", day).await? {
                    let invoice = ids::parse_as(Kind::Invoice, &input.id)?;
                    return Ok(refused_by(ctx, invoice, &refusal));
                }
                day
            }
            None => today(ctx).await?,
        };
        execute(
            ctx,
            &input.id,
            &input.options,
            InvoiceCommand::GrantEarlyPaymentDiscount { on },
        )
        .await
    }

    /// Says that the customer does not agree: nobody is reminded until it is settled.
    #[graphql(complexity = "50 + child_complexity")]
    async fn invoice_dispute(&self, ctx: &Context<'_>, input: InvoiceReasonInput) -> ApiResult<InvoicePayload> {
        let reason = input.reason.clone();
        execute(ctx, &input.id, &input.options, InvoiceCommand::Dispute { reason }).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn invoice_settle_dispute(&self, ctx: &Context<'_>, input: InvoiceCommandInput) -> ApiResult<InvoicePayload> {
        execute(ctx, &input.id, &input.options, InvoiceCommand::SettleDispute).await
    }

    /// Says that the customer promised to pay by a day: nobody is reminded before.
    #[graphql(complexity = "50 + child_complexity")]
    async fn invoice_promise(&self, ctx: &Context<'_>, input: InvoicePromiseInput) -> ApiResult<InvoicePayload> {
        let Date(until) = input.until;
        execute(ctx, &input.id, &input.options, InvoiceCommand::Promise { until }).await
    }

    /// No reminders until a day, or until they are released.
    #[graphql(complexity = "50 + child_complexity")]
    async fn invoice_hold_reminders(
        &self,
        ctx: &Context<'_>,
        input: InvoiceHoldRemindersInput,
    ) -> ApiResult<InvoicePayload> {
        let command = InvoiceCommand::HoldReminders {
            until: input.until.map(|Date(day)| day),
            reason: input.reason.clone(),
        };
        execute(ctx, &input.id, &input.options, command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn invoice_release_reminders(
        &self,
        ctx: &Context<'_>,
        input: InvoiceCommandInput,
    ) -> ApiResult<InvoicePayload> {
        execute(ctx, &input.id, &input.options, InvoiceCommand::ReleaseReminders).await
    }

    /// Hands an invoice to the platform that it goes through.
    #[graphql(complexity = "200 + child_complexity")]
    async fn invoice_submit(&self, ctx: &Context<'_>, input: InvoiceCommandInput) -> ApiResult<InvoicePayload> {
        let invoice = ids::parse_as(Kind::Invoice, &input.id)?;
        if !commands::exists(ctx, Kind::Invoice, invoice).await? {
            return Ok(refused_by(ctx, invoice, &domain::InvoiceError::NotFound));
        }
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.invoicing.submit(&context, invoice).await;
        settled_sale(ctx, answer, invoice).await
    }

    /// Records how an invoice stands at its platform, as the platform says.
    #[graphql(complexity = "50 + child_complexity")]
    async fn invoice_receive_platform_status(
        &self,
        ctx: &Context<'_>,
        input: InvoiceReceivePlatformStatusInput,
    ) -> ApiResult<InvoicePayload> {
        let command = InvoiceCommand::ReceiveStatus {
            status: input.status.into(),
            at: match input.at {
                Some(Moment(at)) => at,
                None => ctx.application()?.clock.now(),
            },
            reason: input.reason.clone(),
        };
        execute(ctx, &input.id, &input.options, command).await
    }
}

/// What a draft says. What stands below every quote does not stand below every invoice.
async fn written(
    ctx: &Context<'_>,
    content: &DocumentContentInput,
) -> ApiResult<Result<domain::document::WishedContent, Refused>> {
    let house = ctx.application()?.sales.house().await?;
    let wished = content.wished(ctx, &house.company).await?;
    Ok(wished
        .map(|wished| domain::document::WishedContent {
            conditions: content.conditions.clone(),
            ..wished
        })
        .map_err(Refused::from))
}

/// `None`: one of them is not there for whoever asks.
async fn deductions(ctx: &Context<'_>, deducts: &[ID]) -> ApiResult<Option<Vec<InvoiceId>>> {
    let mut known = Vec::with_capacity(deducts.len());
    for id in deducts {
        let id = ids::parse_as(Kind::Invoice, id)?;
        if !commands::exists(ctx, Kind::Invoice, id).await? {
            return Ok(None);
        }
        known.push(InvoiceId(id));
    }
    Ok(Some(known))
}

fn refused_by<R: Refusal>(ctx: &Context<'_>, invoice: Uuid, refusal: &R) -> InvoicePayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    InvoicePayload { result, invoice }
}

async fn execute(
    ctx: &Context<'_>,
    id: &ID,
    options: &CommandOptions,
    command: InvoiceCommand,
) -> ApiResult<InvoicePayload> {
    let invoice = ids::parse_as(Kind::Invoice, id)?;
    let result = commands::execute::<InvoiceState>(ctx, options, invoice, command).await?;
    Ok(InvoicePayload { result, invoice })
}

async fn settled(
    ctx: &Context<'_>,
    answer: Result<Outcome, CommandError<Refused>>,
    invoice: Uuid,
) -> ApiResult<InvoicePayload> {
    let (result, invoice) = following::settle::<InvoiceState, _>(ctx, answer, invoice).await?;
    Ok(InvoicePayload { result, invoice })
}

async fn settled_sale(
    ctx: &Context<'_>,
    answer: Result<Outcome, SalesError>,
    invoice: Uuid,
) -> ApiResult<InvoicePayload> {
    let (result, invoice) = following::settle_sale::<InvoiceState>(ctx, answer, invoice).await?;
    Ok(InvoicePayload { result, invoice })
}
