//! Reminders of customers and late interest: what is set and asked for, and what was said.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject};
use domain::{
    BlobHash, Decider, Event, InvalidValue, InvoiceEvent, Language, OrganizationCommand,
    company::{self, LadderStep},
    invoice::InvoiceState,
    organization::{CustomerReminders, OrganizationState},
    value::Problem,
};
use engine::Recorded;
use journal::{StreamId, Version};
use uuid::Uuid;

use super::{
    billing::{DocumentFile, recipient::RecipientAsked, stored},
    commands::{self, CommandOptions, CommandResult},
    company::{ReminderLadder, ReminderStep, mutations::ReminderLadderStepInput},
    deliveries::Delivery,
    errors::{ApiError, ApiResult},
    following,
    ids::{self, Kind},
    invoices::Invoice,
    money::Money,
    organizations::mutations::OrganizationPayload,
    reading::Reading,
    scalars::{Date, Decimal, Moment},
    session::Session,
};
use crate::sales::{
    SalesError,
    dunning::{notice_name, statement_name},
};

/// Events of an invoice that are read at a time.
const PAGE: usize = 256;

/// When a customer is reminded of invoices.
#[derive(Debug, Clone, OneofObject)]
pub enum CustomerRemindersInput {
    /// As the company reminds everybody.
    AsCompany(bool),
    /// Never.
    Nothing(bool),
    /// By a ladder of its own.
    Own(CustomerLadderInput),
}

#[derive(Debug, Clone, InputObject)]
pub struct CustomerLadderInput {
    /// In the order of their days.
    steps: Vec<ReminderLadderStepInput>,
    /// Nobody is reminded of less.
    minimum: Option<Decimal>,
    /// Whether a step that falls on a weekend or a French public holiday waits for the next working day.
    #[graphql(default = true)]
    working_days: bool,
}

impl CustomerRemindersInput {
    fn reminders(&self) -> Result<CustomerReminders, InvalidValue> {
        match self {
            Self::AsCompany(true) => Ok(CustomerReminders::AsCompany),
            Self::Nothing(true) => Ok(CustomerReminders::Nothing),
            Self::AsCompany(false) | Self::Nothing(false) => Err(InvalidValue::new("reminders", Problem::Missing)),
            Self::Own(ladder) => {
                let minimum = match &ladder.minimum {
                    Some(minimum) => {
                        domain::Money::from_decimal("minimum", minimum.0, domain::Currency::EUR)?.minor_units
                    }
                    None => 0,
                };
                Ok(CustomerReminders::Own(company::ReminderLadder {
                    steps: ladder.steps.iter().map(LadderStep::from).collect(),
                    minimum,
                    working_days: ladder.working_days,
                }))
            }
        }
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationSetRemindersInput {
    id: ID,
    reminders: CustomerRemindersInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceClaimLateInterestInput {
    id: ID,
    /// The last day for which interest is asked for; absent: today.
    until: Option<Date>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// In which way a customer is reminded of invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum CustomerRemindersKind {
    /// As the company reminds everybody.
    AsCompany,
    /// Never.
    Nothing,
    /// By a ladder of its own.
    Own,
}

/// When a customer is reminded of invoices.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "CustomerReminders")]
pub struct CustomerRemindersShown {
    kind: CustomerRemindersKind,
    /// The customer's own; null unless it has one.
    ladder: Option<ReminderLadder>,
}

impl CustomerRemindersShown {
    /// What a view holds of them.
    pub fn of_row(row: Option<&str>) -> ApiResult<Self> {
        let reminders: CustomerReminders = row.map(stored).transpose()?.unwrap_or_default();
        let (kind, ladder) = match &reminders {
            CustomerReminders::AsCompany => (CustomerRemindersKind::AsCompany, None),
            CustomerReminders::Nothing => (CustomerRemindersKind::Nothing, None),
            CustomerReminders::Own(ladder) => (CustomerRemindersKind::Own, Some(ReminderLadder::of(ladder)?)),
        };
        Ok(Self { kind, ladder })
    }
}

/// Why a step was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::invoice::SkipCause")]
pub enum ReminderSkipCause {
    NothingDue,
    Disputed,
    Promised,
    Held,
    /// The customer gets no reminders, or not for so little.
    Excepted,
    /// A later step was due as well.
    Overtaken,
}

/// The step that is to come.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlannedReminder {
    pub step: ReminderStep,
    pub at: Moment,
}

/// A step of the ladder that was taken, or not.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct InvoiceReminder {
    step: ReminderStep,
    at: Moment,
    /// Null of what was said.
    skipped: Option<ReminderSkipCause>,
    /// What the customer was told; null once the key of the fiscal year is destroyed.
    text: Option<String>,
    /// The paper of a formal notice, for registered post.
    document: Option<DocumentFile>,
    #[graphql(skip)]
    delivery: Option<Uuid>,
    #[graphql(skip)]
    reading: Reading,
}

#[ComplexObject]
impl InvoiceReminder {
    /// The letter that carried it; null when the customer could not be written to.
    #[graphql(complexity = "child_complexity + 1")]
    async fn delivery(&self) -> ApiResult<Option<Delivery>> {
        match self.delivery {
            Some(delivery) => Delivery::load(&self.reading, delivery).await,
            None => Ok(None),
        }
    }
}

/// Interest and the fixed indemnity as they were asked for.
#[derive(SimpleObject)]
pub struct LateInterestClaim {
    /// The last day for which interest was asked for.
    until: Date,
    /// Since the claim before.
    interest: Money,
    /// Once, of professionals only.
    indemnity: Money,
    /// The statement that goes to the customer.
    document: Option<DocumentFile>,
}

/// An invoice in whose history something is looked up.
pub struct Past<'a> {
    pub invoice: Uuid,
    /// The last event that counts.
    pub version: Version,
    pub number: &'a str,
    pub currency: &'a str,
    pub language: Language,
}

impl Past<'_> {
    async fn events(&self, ctx: &Context<'_>) -> ApiResult<Vec<Recorded<Event>>> {
        let bus = &ctx.application()?.bus;
        let stream = StreamId::new(InvoiceState::TYPE, self.invoice);
        let mut events = Vec::new();
        let mut read = Version::NONE;
        loop {
            let page = bus.history(&stream, read, PAGE).await?;
            let Some(last) = page.last() else { return Ok(events) };
            read = last.header.version;
            let counts = page.into_iter().filter(|event| event.header.version <= self.version);
            events.extend(counts);
            if read >= self.version {
                return Ok(events);
            }
        }
    }

    /// The steps that were taken or skipped, the oldest first.
    pub async fn reminders(&self, ctx: &Context<'_>, reading: &Reading) -> ApiResult<Vec<InvoiceReminder>> {
        let shown = self.events(ctx).await?.into_iter().filter_map(|recorded| {
            let at = Moment(recorded.header.occurred_at.into());
            match recorded.event {
                Event::Invoice(InvoiceEvent::InvoiceReminded {
                    step,
                    text,
                    delivery,
                    document,
                    ..
                }) => Some(InvoiceReminder {
                    step: step.into(),
                    at,
                    skipped: None,
                    text: text.value().cloned(),
                    document: document.map(|blob| paper(blob, notice_name(self.language, self.number))),
                    delivery,
                    reading: reading.clone(),
                }),
                Event::Invoice(InvoiceEvent::ReminderSkipped { step, cause }) => Some(InvoiceReminder {
                    step: step.into(),
                    at,
                    skipped: Some(cause.into()),
                    text: None,
                    document: None,
                    delivery: None,
                    reading: reading.clone(),
                }),
                _ => None,
            }
        });
        Ok(shown.collect())
    }

    /// What was asked for being late, the oldest first.
    pub async fn claims(&self, ctx: &Context<'_>) -> ApiResult<Vec<LateInterestClaim>> {
        let mut claims = Vec::new();
        for recorded in self.events(ctx).await? {
            let Event::Invoice(InvoiceEvent::LateInterestClaimed {
                until,
                interest,
                indemnity,
                document,
            }) = recorded.event
            else {
                continue;
            };
            claims.push(LateInterestClaim {
                until: Date(until),
                interest: Money::of_sum(interest.into(), self.currency)?,
                indemnity: Money::of_sum(indemnity.into(), self.currency)?,
                document: document.map(|blob| paper(blob, statement_name(self.language, self.number, until))),
            });
        }
        Ok(claims)
    }
}

fn paper(blob: BlobHash, name: String) -> DocumentFile {
    DocumentFile {
        blob,
        size: None,
        name,
        media_type: "application/pdf",
    }
}

/// What became of asking for late interest.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct LateInterestPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    invoice: Uuid,
}

impl LateInterestPayload {
    async fn left(&self, ctx: &Context<'_>) -> ApiResult<Option<Invoice>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Invoice::load(&reading, self.invoice).await,
            None => Ok(None),
        }
    }
}

#[ComplexObject]
impl LateInterestPayload {
    /// The invoice as the command left it; null when it did nothing.
    #[graphql(complexity = "child_complexity + 1")]
    async fn invoice(&self, ctx: &Context<'_>) -> ApiResult<Option<Invoice>> {
        self.left(ctx).await
    }

    /// What was asked for, with its statement; null when the command did nothing.
    #[graphql(complexity = "20 + child_complexity")]
    async fn claim(&self, ctx: &Context<'_>) -> ApiResult<Option<LateInterestClaim>> {
        let Some(invoice) = self.left(ctx).await? else {
            return Ok(None);
        };
        // At the version that the command left, which a replayed one tells, too.
        let past = Past {
            version: self
                .result
                .version
                .map_or(Version::NONE, |version| Version(version.into())),
            ..invoice.past()?
        };
        Ok(past.claims(ctx).await?.pop())
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct InvoiceSendLateInterestInput {
    id: ID,
    /// The last day of the claim; absent: of the newest.
    until: Option<Date>,
    /// The contact to whom it goes; absent: whom the invoice names.
    contact: Option<ID>,
    recipient_name: Option<String>,
    email: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Default)]
pub struct DunningMutations;

#[Object]
impl DunningMutations {
    /// Says whether and when a customer is reminded of invoices. Reminders that are to come are planned anew.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_set_reminders(
        &self,
        ctx: &Context<'_>,
        input: OrganizationSetRemindersInput,
    ) -> ApiResult<OrganizationPayload> {
        let organization = ids::parse_as(Kind::Organization, &input.id)?;
        let command = match input.reminders.reminders() {
            Ok(reminders) => OrganizationCommand::SetReminders(reminders),
            Err(refusal) => {
                let result = CommandResult::refused(commands::user_error(ctx, &refusal));
                return Ok(OrganizationPayload::new(result, organization));
            }
        };
        let (result, organization) =
            following::execute::<OrganizationState>(ctx, &input.options, organization, command).await?;
        Ok(OrganizationPayload::new(result, organization))
    }

    /// Asks for late interest on an invoice since the last time, and for the fixed indemnity of professionals once, by a
    /// statement of its own.
    #[graphql(complexity = "200 + child_complexity")]
    async fn invoice_claim_late_interest(
        &self,
        ctx: &Context<'_>,
        input: InvoiceClaimLateInterestInput,
    ) -> ApiResult<LateInterestPayload> {
        let invoice = ids::parse_as(Kind::Invoice, &input.id)?;
        if !commands::exists(ctx, Kind::Invoice, invoice).await? {
            let result = CommandResult::refused(commands::user_error(ctx, &domain::InvoiceError::NotFound));
            return Ok(LateInterestPayload { result, invoice });
        }
        let until = input.until.map(|Date(until)| until);
        let context = input.options.context(ctx)?;
        let dunning = &ctx.application()?.dunning;
        let answer = match dunning.claim_late_interest(&context, invoice, until).await {
            Ok(outcome) => Ok(outcome),
            Err(SalesError::Command(error)) => Err(error),
            Err(error) => return Err(ApiError::from(error)),
        };
        let result = commands::settle(ctx, answer, &StreamId::new(InvoiceState::TYPE, invoice)).await?;
        Ok(LateInterestPayload { result, invoice })
    }

    /// Mails the statement of late interest that was asked for.
    #[graphql(complexity = "100 + child_complexity")]
    async fn invoice_send_late_interest(
        &self,
        ctx: &Context<'_>,
        input: InvoiceSendLateInterestInput,
    ) -> ApiResult<LateInterestPayload> {
        let invoice = ids::parse_as(Kind::Invoice, &input.id)?;
        let refused = |result| Ok(LateInterestPayload { result, invoice });
        if !commands::exists(ctx, Kind::Invoice, invoice).await? {
            return refused(CommandResult::refused(commands::user_error(
                ctx,
                &domain::InvoiceError::NotFound,
            )));
        }
        let asked = RecipientAsked {
            contact: input.contact.as_ref(),
            name: input.recipient_name.as_ref(),
            email: input.email.as_ref(),
            delivery_address: None,
        };
        let recipient = match asked.recipient(ctx).await? {
            Ok(recipient) => recipient,
            Err(refusal) => return refused(CommandResult::refused(commands::user_error(ctx, &refusal))),
        };
        let until = input.until.map(|Date(until)| until);
        let context = input.options.context(ctx)?;
        let dunning = &ctx.application()?.dunning;
        let answer = dunning.send_statement(&context, invoice, until, &recipient).await;
        let (result, invoice) = following::settle_sale::<InvoiceState>(ctx, answer, invoice).await?;
        Ok(LateInterestPayload { result, invoice })
    }
}
