//! Late interest, and the fixed indemnity once, on a statement of their own (C. com. art. L441-10, II).

use chrono::NaiveDate;
use documents::{InterestOnInvoice, LateInterestStatement, Look};
use domain::{
    BlobHash, Decider, Delivery, DeliveryCommand, Event, FileDescription, InvalidValue, Invoice, InvoiceCommand,
    InvoiceError, InvoiceEvent, InvoiceId, Language, Money, PersonId, delivery::Enclosure, document::IssuedInvoice,
    invoice::InvoiceState, organization::OrganizationKind, value::Problem,
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use journal::{StreamId, Version};
use mail::{InterestLetter, To};
use uuid::Uuid;

use super::{CHANGED_MEANWHILE, Dunning};
use crate::{
    graphql::following::{Refused, Rule, boxed},
    letters,
    sales::{Customer, House, Recipient, SalesError, quotes::NO_RECIPIENT},
};

/// Events of an invoice that are read at a time.
const PAGE: usize = 256;

const NOT_CLAIMED: Rule = Rule {
    code: "LATE_INTEREST_NOT_CLAIMED",
    field: "until",
    english: "No late interest was asked for up to this day: claim it first.",
    french: "Aucune pénalité de retard n'a été réclamée jusqu'à ce jour : réclamez-la d'abord.",
};

/// A claim that was made, as far as its letter needs it.
struct Claimed {
    until: NaiveDate,
    amount: i64,
    document: BlobHash,
}

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

    /// Mails the statement of a claim: the newest, or the one up to a day.
    pub async fn send_statement(
        &self,
        context: &CommandContext,
        invoice: Uuid,
        until: Option<NaiveDate>,
        recipient: &Recipient,
    ) -> Result<Outcome, SalesError> {
        let house = self.sales.house().await?;
        let known = self.bus().load::<Invoice>(invoice).await.map_err(CommandError::from)?;
        let known = known.map(|(known, _)| known).unwrap_or_default();
        let issued = known.invoice().ok_or(InvoiceError::NotIssued)?;
        let claim = self.claim_until(invoice, until).await?;
        let claim = claim.ok_or_else(|| NOT_CLAIMED.refused())?;
        let buyer = issued.buyer.value();
        let email = recipient.email.clone();
        let email = email.or_else(|| buyer.and_then(|buyer| buyer.email.clone()));
        let name = recipient.name.clone();
        let (language, currency) = (issued.content.language, issued.content.currency);
        let to = To {
            person: PersonId::of_fiscal_year(house.closing()),
            name: name.or_else(|| buyer.and_then(|buyer| buyer.contact.clone())),
            email: email.ok_or_else(|| NO_RECIPIENT.refused())?,
            language,
            time_zone: house.company.time_zone(),
        };
        let seller = house.company.seller().unwrap_or_else(|| (*issued.seller).clone());
        let letter = InterestLetter {
            invoice: InvoiceId(invoice),
            number: issued.number.text.clone(),
            seller: seller.identity.name.clone(),
            total: Money::new(claim.amount, currency).written(language),
            until: claim.until,
            account: seller.bank_account.as_ref().map(|account| account.iban.grouped()),
        };
        let enclosure = Enclosure {
            blob: claim.document,
            description: FileDescription {
                name: statement_name(language, &issued.number.text, claim.until),
                media_type: "application/pdf".to_owned(),
            },
        };
        let letter = mail::late_interest(to, &letter, enclosure)?;
        let delivery = letters::delivery_of(self.bus(), context);
        let intent = ("late interest letter", invoice, until, recipient);
        let outcome = self
            .bus()
            .together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                let letter = letter.clone();
                async move {
                    unit.see::<Invoice>(invoice).await.map_err(boxed)?;
                    let queue = DeliveryCommand::Queue(letter);
                    unit.run::<Delivery>(delivery, queue).await.map_err(boxed)
                }
                .boxed()
            });
        Ok(outcome.await?)
    }

    /// The newest claim with a statement, or the one up to a day.
    async fn claim_until(&self, invoice: Uuid, wanted: Option<NaiveDate>) -> Result<Option<Claimed>, SalesError> {
        let stream = StreamId::new(InvoiceState::TYPE, invoice);
        let (mut found, mut read) = (None, Version::NONE);
        loop {
            let page = self
                .bus()
                .history(&stream, read, PAGE)
                .await
                .map_err(CommandError::from)?;
            let Some(last) = page.last() else { return Ok(found) };
            read = last.header.version;
            for recorded in page {
                match recorded.event {
                    Event::Invoice(InvoiceEvent::LateInterestClaimed {
                        until,
                        interest,
                        indemnity,
                        document: Some(document),
                    }) if wanted.is_none_or(|wanted| wanted == until) => {
                        found = Some(Claimed {
                            until,
                            amount: interest + indemnity,
                            document,
                        });
                    }
                    _ => {}
                }
            }
        }
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
