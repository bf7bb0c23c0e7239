//! Payments: received, put on invoices, taken off again, given back. Invoice and payment always say the same.

use chrono::NaiveDate;
use domain::{
    Event, Invoice, InvoiceCommand, InvoiceId, Money, OrganizationId, Payment, PaymentCommand, PaymentError, PaymentId,
    invoice::Withdrawal,
    payment::{PaymentMethod, ReceivePayment},
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use serde::Serialize;
use uuid::Uuid;

use super::Invoicing;
use crate::graphql::following::{Refused, boxed};

/// Money that came, and where it goes.
#[derive(Debug, Clone, Serialize)]
pub struct PaymentWish {
    pub organization: OrganizationId,
    pub amount: Money,
    pub method: PaymentMethod,
    pub value_date: NaiveDate,
    pub reference: Option<String>,
    pub allocations: Vec<AllocationWish>,
}

/// What of a payment goes on an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AllocationWish {
    pub invoice: Uuid,
    /// `None`: as much as is left of both.
    pub amount: Option<Money>,
}

impl Invoicing {
    /// Records a payment and puts it on invoices. What goes on none is the customer's credit.
    pub async fn receive(
        &self,
        context: &CommandContext,
        payment: Uuid,
        wish: &PaymentWish,
    ) -> Result<Outcome, CommandError<Refused>> {
        let house = self.sales.house().await?;
        let customer = self.sales.customer_of(wish.organization).await?;
        let receive = ReceivePayment {
            organization: customer.id,
            amount: wish.amount,
            method: wish.method,
            value_date: wish.value_date,
            today: house.today,
            reference: wish.reference.clone(),
        };
        let intent = ("payment receive", payment, wish);
        self.bus()
            .together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                let receive = PaymentCommand::Receive(receive.clone());
                async move {
                    unit.run::<Payment>(payment, receive).await.map_err(boxed)?;
                    put_on(unit, payment, &wish.allocations).await
                }
                .boxed()
            })
            .await
    }

    /// Puts what is left of a payment on invoices.
    pub async fn allocate(
        &self,
        context: &CommandContext,
        payment: Uuid,
        allocations: &[AllocationWish],
    ) -> Result<Outcome, CommandError<Refused>> {
        let intent = ("payment allocate", payment, allocations);
        self.bus()
            .together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    unit.see::<Payment>(payment).await.map_err(boxed)?;
                    put_on(unit, payment, allocations).await
                }
                .boxed()
            })
            .await
    }

    /// Takes a payment, or a part of it, off an invoice that it was put on by mistake.
    pub async fn withdraw(
        &self,
        context: &CommandContext,
        payment: Uuid,
        allocation: AllocationWish,
    ) -> Result<Outcome, CommandError<Refused>> {
        let today = self.sales.house().await?.today;
        let intent = ("payment withdraw", payment, allocation);
        self.bus()
            .together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    let known = unit.see::<Payment>(payment).await.map_err(boxed)?;
                    let on_it = known.applied_to(InvoiceId(allocation.invoice));
                    let amount = allocation.amount.map_or(on_it, |amount| amount.minor_units);
                    let unapply = PaymentCommand::Unapply {
                        invoice: InvoiceId(allocation.invoice),
                        amount,
                    };
                    unit.run::<Payment>(payment, unapply).await.map_err(boxed)?;
                    take_off(unit, payment, allocation.invoice, amount, Withdrawal::Corrected, today).await
                }
                .boxed()
            })
            .await
    }

    /// Says that a payment went back by itself: it comes off all its invoices.
    pub async fn reverse(
        &self,
        context: &CommandContext,
        payment: Uuid,
        reason: &str,
        on: Option<NaiveDate>,
    ) -> Result<Outcome, CommandError<Refused>> {
        let on = match on {
            Some(day) => day,
            None => self.sales.house().await?.today,
        };
        let intent = ("payment reverse", payment, reason, on);
        self.bus()
            .together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    let known = unit.see::<Payment>(payment).await.map_err(boxed)?;
                    let reverse = PaymentCommand::Reverse {
                        reason: reason.to_owned(),
                        on,
                    };
                    unit.run::<Payment>(payment, reverse).await.map_err(boxed)?;
                    for (invoice, amount) in known.applied() {
                        // It went back, whatever whoever says so may see.
                        unit.see_whoever_asks::<Invoice>(invoice.0).await.map_err(boxed)?;
                        take_off(unit, payment, invoice.0, *amount, Withdrawal::Reversed, on).await?;
                    }
                    Ok(())
                }
                .boxed()
            })
            .await
    }
}

async fn put_on(
    unit: &mut UnitOfWork<'_, Event>,
    payment: Uuid,
    allocations: &[AllocationWish],
) -> Result<(), CommandError<Refused>> {
    for AllocationWish { invoice, amount } in allocations {
        let Some(known) = unit.standing::<Payment>(payment).cloned() else {
            return Ok(());
        };
        let (Some(whole), Some(value_date)) = (known.amount(), known.value_date()) else {
            return Err(CommandError::Refused(Refused::new(PaymentError::NotFound)));
        };
        let open = unit.see::<Invoice>(*invoice).await.map_err(boxed)?.remaining();
        let amount = amount.unwrap_or(Money::new(open.min(known.unapplied()), whole.currency));
        let allocate = InvoiceCommand::AllocatePayment {
            payment: PaymentId(payment),
            amount,
            value_date,
        };
        // The payment first: what it has not got, no invoice takes.
        let apply = PaymentCommand::Apply {
            invoice: InvoiceId(*invoice),
            amount: amount.minor_units,
        };
        unit.run::<Payment>(payment, apply).await.map_err(boxed)?;
        unit.run::<Invoice>(*invoice, allocate).await.map_err(boxed)?;
    }
    Ok(())
}

async fn take_off(
    unit: &mut UnitOfWork<'_, Event>,
    payment: Uuid,
    invoice: Uuid,
    amount: i64,
    cause: Withdrawal,
    on: NaiveDate,
) -> Result<(), CommandError<Refused>> {
    let withdraw = InvoiceCommand::WithdrawAllocation {
        payment: PaymentId(payment),
        amount,
        cause,
        on,
    };
    unit.run::<Invoice>(invoice, withdraw).await.map_err(boxed)
}
