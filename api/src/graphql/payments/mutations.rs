//! What is done with payments.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use domain::{
    Currency, Decider, InvalidValue, Money as Amount, OrganizationId, Payment as Aggregate, PaymentCommand,
    PaymentError, Refusal, payment::PaymentState,
};
use engine::{CommandError, Outcome};
use uuid::Uuid;

use super::{Payment, PaymentMethod};
use crate::{
    graphql::{
        accounting,
        commands::{self, CommandOptions, CommandResult},
        errors::ApiResult,
        following::{self, NO_SUCH_ORGANIZATION, Refused},
        ids::{self, Kind},
        money::MoneyInput,
        scalars::{Date, Decimal},
        session::Session,
    },
    sales::invoices::{AllocationWish, PaymentWish},
};

#[derive(Debug, Clone, InputObject)]
pub struct PaymentReceiveInput {
    /// Who paid.
    organization: ID,
    amount: MoneyInput,
    method: PaymentMethod,
    /// The day on which the money was there: today at the latest.
    value_date: Date,
    /// What the bank or the cheque says.
    reference: Option<String>,
    /// Where it goes; what goes nowhere is the customer's credit.
    #[graphql(default)]
    allocations: Vec<PaymentAllocationInput>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What of a payment goes on an invoice.
#[derive(Debug, Clone, InputObject)]
pub struct PaymentAllocationInput {
    invoice: ID,
    /// In the payment's currency; absent: as much as is left of both.
    amount: Option<Decimal>,
}

impl PaymentAllocationInput {
    fn wish(&self, currency: Currency) -> ApiResult<Result<AllocationWish, InvalidValue>> {
        let invoice = ids::parse_as(Kind::Invoice, &self.invoice)?;
        let amount = self.amount.as_ref();
        let amount = amount.map(|amount| Amount::from_decimal("amount", amount.0, currency));
        Ok(amount.transpose().map(|amount| AllocationWish { invoice, amount }))
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct PaymentAllocateInput {
    id: ID,
    allocations: Vec<PaymentAllocationInput>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PaymentWithdrawInput {
    id: ID,
    /// That it was put on by mistake.
    invoice: ID,
    /// In the payment's currency; absent: all that is on the invoice.
    amount: Option<Decimal>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PaymentReverseInput {
    id: ID,
    reason: String,
    /// The day on which it went back; absent: today.
    on: Option<Date>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PaymentRefundInput {
    id: ID,
    /// In the payment's currency.
    amount: Decimal,
    method: PaymentMethod,
    /// Absent: today.
    on: Option<Date>,
    reference: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a command to a payment.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct PaymentPayload {
    #[graphql(flatten)]
    pub result: CommandResult,
    #[graphql(skip)]
    payment: Uuid,
}

#[ComplexObject]
impl PaymentPayload {
    /// The payment as the command left it; null when it did nothing.
    #[graphql(complexity = "child_complexity + 1")]
    async fn payment(&self, ctx: &Context<'_>) -> ApiResult<Option<Payment>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Payment::load(&reading, self.payment).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct PaymentMutations;

#[Object]
impl PaymentMutations {
    /// Records money that came, and puts it on invoices.
    #[graphql(complexity = "100 + child_complexity")]
    async fn payment_receive(&self, ctx: &Context<'_>, input: PaymentReceiveInput) -> ApiResult<PaymentPayload> {
        let payment = input.options.new_id(ctx, PaymentState::TYPE)?;
        let organization = ids::parse_as(Kind::Organization, &input.organization)?;
        if !commands::exists(ctx, Kind::Organization, organization).await? {
            return Ok(refused_by(ctx, payment, &NO_SUCH_ORGANIZATION));
        }
        let amount = match input.amount.checked("amount") {
            Ok(amount) => amount,
            Err(refusal) => return Ok(refused_by(ctx, payment, &refusal)),
        };
        let allocations = match wishes(&input.allocations, amount.currency)? {
            Ok(allocations) => allocations,
            Err(refusal) => return Ok(refused_by(ctx, payment, &refusal)),
        };
        let wish = PaymentWish {
            organization: OrganizationId(organization),
            amount,
            method: input.method.into(),
            value_date: input.value_date.0,
            reference: input.reference.clone(),
            allocations,
        };
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.invoicing.receive(&context, payment, &wish).await;
        settled(ctx, answer, payment).await
    }

    /// Puts what is left of a payment on invoices.
    #[graphql(complexity = "100 + child_complexity")]
    async fn payment_allocate(&self, ctx: &Context<'_>, input: PaymentAllocateInput) -> ApiResult<PaymentPayload> {
        let payment = ids::parse_as(Kind::Payment, &input.id)?;
        let Some(currency) = currency_of(ctx, payment).await? else {
            return Ok(refused_by(ctx, payment, &PaymentError::NotFound));
        };
        let allocations = match wishes(&input.allocations, currency)? {
            Ok(allocations) => allocations,
            Err(refusal) => return Ok(refused_by(ctx, payment, &refusal)),
        };
        let context = input.options.context(ctx)?;
        let answer = ctx
            .application()?
            .invoicing
            .allocate(&context, payment, &allocations)
            .await;
        settled(ctx, answer, payment).await
    }

    /// Takes a payment, or a part of it, off an invoice that it was put on by mistake.
    #[graphql(complexity = "100 + child_complexity")]
    async fn payment_withdraw(&self, ctx: &Context<'_>, input: PaymentWithdrawInput) -> ApiResult<PaymentPayload> {
        let payment = ids::parse_as(Kind::Payment, &input.id)?;
        let Some(currency) = currency_of(ctx, payment).await? else {
            return Ok(refused_by(ctx, payment, &PaymentError::NotFound));
        };
        let allocation = PaymentAllocationInput {
            invoice: input.invoice.clone(),
            amount: input.amount,
        };
        let allocation = match allocation.wish(currency)? {
            Ok(allocation) => allocation,
            Err(refusal) => return Ok(refused_by(ctx, payment, &refusal)),
        };
        let context = input.options.context(ctx)?;
        let answer = ctx
            .application()?
            .invoicing
            .withdraw(&context, payment, allocation)
            .await;
        settled(ctx, answer, payment).await
    }

    /// Says that all of a payment went back by itself: a bounced cheque, a rejected debit. It comes off its invoices.
    #[graphql(complexity = "100 + child_complexity")]
    async fn payment_reverse(&self, ctx: &Context<'_>, input: PaymentReverseInput) -> ApiResult<PaymentPayload> {
        let payment = ids::parse_as(Kind::Payment, &input.id)?;
        let context = input.options.context(ctx)?;
        let on = input.on.map(|Date(day)| day);
        let invoicing = &ctx.application()?.invoicing;
        let answer = invoicing.reverse(&context, payment, &input.reason, on).await;
        settled(ctx, answer, payment).await
    }

    /// Gives a part of a payment that is on no invoice back to the customer.
    #[graphql(complexity = "50 + child_complexity")]
    async fn payment_refund(&self, ctx: &Context<'_>, input: PaymentRefundInput) -> ApiResult<PaymentPayload> {
        let payment = ids::parse_as(Kind::Payment, &input.id)?;
        let Some(currency) = currency_of(ctx, payment).await? else {
            return Ok(refused_by(ctx, payment, &PaymentError::NotFound));
        };
        let amount = match Amount::from_decimal("amount", input.amount.0, currency) {
            Ok(amount) => amount.minor_units,
            Err(refusal) => return Ok(refused_by(ctx, payment, &refusal)),
        };
        let on = match input.on {
            Some(Date(day)) => {
                if let Err(refusal) = accounting::open_on(ctx, "on", day).await? {
                    return Ok(refused_by(ctx, payment, &refusal));
                }
                day
            }
            None => ctx.application()?.sales.house().await?.today,
        };
        let refund = PaymentCommand::Refund {
            amount,
            method: input.method.into(),
            on,
            reference: input.reference.clone(),
        };
        let result = commands::execute::<PaymentState>(ctx, &input.options, payment, refund).await?;
        Ok(PaymentPayload { result, payment })
    }
}

fn wishes(
    allocations: &[PaymentAllocationInput],
    currency: Currency,
) -> ApiResult<Result<Vec<AllocationWish>, InvalidValue>> {
    let wishes = allocations.iter().map(|allocation| allocation.wish(currency));
    Ok(wishes.collect::<ApiResult<Vec<_>>>()?.into_iter().collect())
}

/// `None`: there is no such payment for whoever asks.
async fn currency_of(ctx: &Context<'_>, payment: Uuid) -> ApiResult<Option<Currency>> {
    let known: Option<Aggregate> = commands::load(ctx, payment).await?;
    Ok(known.and_then(|known| known.amount()).map(|amount| amount.currency))
}

fn refused_by<R: Refusal>(ctx: &Context<'_>, payment: Uuid, refusal: &R) -> PaymentPayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    PaymentPayload { result, payment }
}

async fn settled(
    ctx: &Context<'_>,
    answer: Result<Outcome, CommandError<Refused>>,
    payment: Uuid,
) -> ApiResult<PaymentPayload> {
    let (result, payment) = following::settle::<PaymentState, _>(ctx, answer, payment).await?;
    Ok(PaymentPayload { result, payment })
}
