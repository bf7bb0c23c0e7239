//! Credit notes: each takes a number of its own, lowers the invoice, frees what that had taken off, and gives payments
//! back to the customer that are too much by now.

use std::sync::Arc;

use domain::{
    Event, Invoice, InvoiceCommand, InvoiceError, InvoiceId, Payment, PaymentCommand, PaymentId,
    document::{Buyer, DocumentReference, InvoiceKind, Series},
    invoice::{CreditPlan, CreditWish, InvoiceState, IssueCredit},
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use serde::Serialize;
use uuid::Uuid;

use super::{Invoicing, issuing::has_electronic_form, must_be_of_today, refused};
use crate::{
    graphql::following::{Refused, boxed},
    sales::{House, Recipient, SalesError, numbers},
};

/// What somebody wants to take back, and why.
#[derive(Debug, Clone, Serialize)]
pub struct CreditAsked {
    pub invoice: Uuid,
    pub wish: CreditWish,
    /// What the customer reads.
    pub reason: String,
}

impl Invoicing {
    /// Issues a credit note under the next number of its series, and files its documents.
    pub async fn credit(
        self: &Arc<Self>,
        context: &CommandContext,
        note: Uuid,
        asked: &CreditAsked,
    ) -> Result<Outcome, SalesError> {
        let outcome = self.numbered_credit(context, note, asked).await?;
        Ok(self.filed(outcome, note).await)
    }

    async fn numbered_credit(
        &self,
        context: &CommandContext,
        note: Uuid,
        asked: &CreditAsked,
    ) -> Result<Outcome, SalesError> {
        let _turn = self.sales.turn().await;
        let house = &self.sales.house().await?;
        let intent = ("invoice credit", note, asked);
        let outcome = self
            .numbered(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                self.credited(unit, context, house, note, asked).boxed()
            })
            .await?;
        Ok(outcome)
    }

    /// The same as one step of a unit of work that takes numbers. Whoever commits it has its turn at them.
    pub(in crate::sales) async fn credited(
        &self,
        unit: &mut UnitOfWork<'_, Event>,
        context: &CommandContext,
        house: &House,
        note: Uuid,
        asked: &CreditAsked,
    ) -> Result<(), CommandError<Refused>> {
        let original = unit.see::<Invoice>(asked.invoice).await.map_err(boxed)?;
        let plan = match original.credit(InvoiceId(asked.invoice), &asked.wish) {
            Ok(plan) => plan,
            Err(refusal) => return already_credited(unit, house, asked, refusal).await,
        };
        let pattern = house.company.number_pattern(Series::CreditNote);
        let number = numbers::allot(self.bus(), unit, Series::CreditNote, pattern, note, house.today).await;
        let Some(number) = number.map_err(boxed)? else {
            return Ok(());
        };
        must_be_of_today(context, house)?;
        let by = DocumentReference {
            invoice: InvoiceId(note),
            kind: plan.kind,
            number: number.clone(),
            issued_on: house.today,
        };
        let frees = plan.frees.clone();
        let issue = IssueCredit {
            number,
            ..self
                .issuing_credit(&original, plan, house, &asked.reason, by.clone())
                .await?
        };
        // The original first: it is the one whose version somebody saw.
        let credit = InvoiceCommand::Credit {
            by,
            wish: asked.wish.clone(),
            on: house.today,
        };
        unit.run::<Invoice>(asked.invoice, credit).await.map_err(boxed)?;
        unit.run::<Invoice>(note, InvoiceCommand::IssueCredit(Box::new(issue)))
            .await
            .map_err(boxed)?;
        has_electronic_form(unit.standing::<Invoice>(note))?;
        for deposit in frees {
            let free = InvoiceCommand::FreeDeposit {
                by: InvoiceId(asked.invoice),
            };
            unit.run::<Invoice>(deposit.0, free).await.map_err(boxed)?;
        }
        let after = unit.standing::<Invoice>(asked.invoice);
        for (payment, amount) in given_back(&original, after.map(|after| &**after)) {
            let unapply = PaymentCommand::Unapply {
                invoice: InvoiceId(asked.invoice),
                amount,
            };
            unit.see_whoever_asks::<Payment>(payment.0).await.map_err(boxed)?;
            unit.run::<Payment>(payment.0, unapply).await.map_err(boxed)?;
        }
        Ok(())
    }

    /// A credit note names the customer as the invoice did; as they are known now where that was destroyed.
    async fn issuing_credit(
        &self,
        original: &InvoiceState,
        plan: CreditPlan,
        house: &House,
        reason: &str,
        by: DocumentReference,
    ) -> Result<IssueCredit, CommandError<Refused>> {
        let organization = original.organization().ok_or_else(|| refused(InvoiceError::NotFound))?;
        let named = original.invoice().and_then(|invoice| invoice.buyer.value());
        let buyer = if let Some(buyer) = named {
            (**buyer).clone()
        } else {
            let customer = self.sales.customer_of(organization).await?;
            customer.buyer_as_known(Recipient::default())
        };
        Ok(IssueCredit {
            number: by.number,
            issued_on: house.today,
            closing: house.closing(),
            organization,
            deal: original.deal(),
            source: original.source(),
            seller: house.company.seller().map(Box::new),
            buyer: Box::new(Buyer { organization, ..buyer }),
            plan: Box::new(plan),
            reason: reason.to_owned(),
            electronic_invoicing_from: house.company.electronic_invoicing_from(),
        })
    }

    /// What a credit note would say and take off, if it were issued now.
    pub async fn credit_plan(&self, invoice: Uuid, wish: &CreditWish) -> Result<CreditPlan, CommandError<Refused>> {
        let known = self.invoice(invoice).await?;
        let known = known.ok_or_else(|| refused(InvoiceError::NotFound))?;
        known.credit(InvoiceId(invoice), wish).map_err(refused)
    }
}

/// There is nothing to credit: the invoice says so, unless this is the command that credited it.
async fn already_credited(
    unit: &mut UnitOfWork<'_, Event>,
    house: &House,
    asked: &CreditAsked,
    refusal: InvoiceError,
) -> Result<(), CommandError<Refused>> {
    let nobody = DocumentReference {
        invoice: InvoiceId(Uuid::nil()),
        kind: InvoiceKind::CreditNote,
        number: house.company.number_pattern(Series::CreditNote).number(0, 0),
        issued_on: house.today,
    };
    let credit = InvoiceCommand::Credit {
        by: nobody,
        wish: asked.wish.clone(),
        on: house.today,
    };
    let before = unit.standing::<Invoice>(asked.invoice).cloned();
    unit.run::<Invoice>(asked.invoice, credit).await.map_err(boxed)?;
    if unit.standing::<Invoice>(asked.invoice) == before.as_ref() {
        return Ok(());
    }
    Err(refused(refusal))
}

/// What of each payment a credit took off the invoice.
fn given_back(before: &InvoiceState, after: Option<&InvoiceState>) -> Vec<(PaymentId, i64)> {
    let left = |payment| after.map_or(0, |after| after.allocated(payment));
    let taken = before
        .allocations()
        .iter()
        .map(|one| (one.payment, one.amount - left(one.payment)));
    taken.filter(|(_, amount)| *amount > 0).collect()
}
