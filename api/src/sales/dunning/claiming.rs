//! Late interest, and the fixed indemnity once, on a statement of their own (C. com. art. L441-10, II).

use chrono::NaiveDate;
use documents::{InterestOnInvoice, LateInterestStatement, Look};
use domain::{
    BlobHash, Decider, Event, InvalidValue, Invoice, InvoiceCommand, InvoiceError, InvoiceEvent, Language,
    document::IssuedInvoice, invoice::InvoiceState, organization::OrganizationKind, value::Problem,
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use uuid::Uuid;

use super::{CHANGED_MEANWHILE, Dunning};
use crate::{
    graphql::following::{Refused, boxed},
    sales::{Customer, House, Recipient, SalesError},
};

impl Dunning {
    /// Asks for the interest on an invoice up to a day (today, unless one is named) since the last time, and for the fixed
    /// indemnity where it is owed.
    pub async fn claim_late_interest(
        &self,
        context: &CommandContext,
        invoice: Uuid,
        until: Option<NaiveDate>,
    ) -> Result<Outcome, SalesError> {
        let house = self.sales.house().await?;
        let known = self.bus().load::<Invoice>(invoice).await.map_err(CommandError::from)?;
        let known = known.map(|(known, _)| known).unwrap_or_default();
        let last = until.unwrap_or(house.today);
        if last > house.today {
            let refusal = InvalidValue::new("until", Problem::DateTooFar);
            return Err(CommandError::Refused(Refused::new(refusal)).into());
        }
        let organization = known.organization().ok_or(InvoiceError::NotFound)?;
        let customer = self.sales.customer_of(organization).await?;
        let claim = |document| InvoiceCommand::ClaimLateInterest {
            until: last,
            rates: house.company.late_interest_rates(),
            professional: customer.kind() == OrganizationKind::Professional,
            document,
        };
        // What is refused needs no paper; the refusal comes from the unit, where a command that was taken before is known.
        let document = match known.decide(claim(None)) {
            Ok(events) => Some(self.statement(&known, &customer, &events, &house).await?),
            Err(_) => None,
        };
        let claim = claim(document);
        let intent = ("late interest", invoice, until);
        let outcome = self
            .bus()
            .together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                let (claim, known) = (claim.clone(), &known);
                async move {
                    let before = unit.see::<Invoice>(invoice).await.map_err(boxed)?;
                    unit.run::<Invoice>(invoice, claim).await.map_err(boxed)?;
                    let taken = unit.standing::<Invoice>(invoice).is_some_and(|now| *now != before);
                    if taken && before != *known {
                        return Err(CHANGED_MEANWHILE.refused());
                    }
                    Ok(())
                }
                .boxed()
            });
        Ok(outcome.await?)
    }

    async fn statement(
        &self,
        known: &InvoiceState,
        customer: &Customer,
        claimed: &[InvoiceEvent],
        house: &House,
    ) -> Result<BlobHash, SalesError> {
        let issued = known.invoice().ok_or(InvoiceError::NotIssued)?;
        let statement = stated(known, issued, customer, claimed, house)?;
        let logo = self.sales.logo(&statement.seller).await?;
        let renderer = self.sales.renderer()?;
        let paper = self.sales.set(move || {
            let look = Look {
                logo: logo.as_ref(),
                draft: false,
            };
            renderer.late_interest_pdf(&statement, look)
        });
        let paper = paper.await?;
        Ok(self.sales.keep(&paper).await?.blob)
    }
}

fn stated(
    known: &InvoiceState,
    issued: &IssuedInvoice,
    customer: &Customer,
    claimed: &[InvoiceEvent],
    house: &House,
) -> Result<LateInterestStatement, SalesError> {
    let claim = claimed.iter().find_map(|event| match event {
        InvoiceEvent::LateInterestClaimed { until, indemnity, .. } => Some((*until, *indemnity > 0)),
        _ => None,
    });
    let (until, indemnity) = claim.ok_or(InvoiceError::NotOverdue)?;
    let rates = house.company.late_interest_rates();
    let parts = known.unclaimed_interest(until, &rates);
    let parts = parts.map_err(|error| InvoiceError::LateInterestRateMissing(error.0))?;
    let named = issued.buyer.value().map(|buyer| (**buyer).clone());
    let recipient = Recipient {
        name: named.as_ref().and_then(|buyer| buyer.contact.clone()),
        ..Recipient::default()
    };
    let buyer = customer.buyer(recipient.clone()).ok().or(named);
    let due_on = issued.schedule.first().map_or(issued.issued_on, |part| part.due);
    Ok(LateInterestStatement {
        seller: house.company.seller().unwrap_or_else(|| (*issued.seller).clone()),
        buyer: buyer.unwrap_or_else(|| customer.buyer_as_known(recipient)),
        written_on: house.today,
        reference: issued.number.text.clone(),
        currency: issued.content.currency,
        language: issued.content.language,
        invoices: vec![InterestOnInvoice {
            number: issued.number.clone(),
            issued_on: issued.issued_on,
            due_on,
            parts,
            indemnity,
        }],
    })
}

/// What the file of a statement is called.
pub fn statement_name(language: Language, number: &str, until: NaiveDate) -> String {
    let number = number.replace('/', "-");
    language.choose(
        format!("Late interest {number} {until}.pdf"),
        format!("Pénalités de retard {number} {until}.pdf"),
    )
}
