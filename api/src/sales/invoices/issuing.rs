//! A draft becomes an invoice: its number, its parties and what it takes off, all or nothing.

use std::sync::Arc;

use domain::{
    Decider, Event, Invoice, InvoiceCommand, InvoiceError, InvoiceEvent, InvoiceId, Quote,
    billing::VatBreakdown,
    document::{Buyer, Deduction, DocumentNumber, InvoiceKind, IssuedInvoice, Series},
    invoice::{InvoiceState, IssueInvoice, MissingMention},
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use uuid::Uuid;

use super::{
    Invoicing, QUOTE_INVOICED, QUOTE_PARTLY_INVOICED, deducted, is_open_part, is_open_whole, must_be_of_today,
    quote_of, refused,
};
use crate::{
    graphql::following::{Refused, Rule, boxed},
    sales::{Customer, House, Recipient, SalesError, numbers},
};

const NO_ELECTRONIC_FORM: Rule = Rule {
    code: "INVOICE_WITHOUT_ELECTRONIC_FORM",
    field: "currencyCode",
    english: "EN 16931 and the French rules have no form for an invoice in this currency: write it in euros.",
    french: "La norme EN 16931 et les règles françaises ne prévoient pas de facture dans cette devise : établissez-la en euros.",
};

impl Invoicing {
    /// Issues a draft under the next number of today, and files its documents.
    pub async fn issue(
        self: &Arc<Self>,
        context: &CommandContext,
        invoice: Uuid,
        recipient: &Recipient,
    ) -> Result<Outcome, SalesError> {
        let outcome = self.numbered_issue(context, invoice, recipient).await?;
        Ok(self.filed(outcome, invoice).await)
    }

    async fn numbered_issue(
        &self,
        context: &CommandContext,
        invoice: Uuid,
        recipient: &Recipient,
    ) -> Result<Outcome, SalesError> {
        let _turn = self.sales.turn().await;
        let house = &self.sales.house().await?;
        let intent = ("invoice issue", invoice, recipient);
        let outcome = self
            .numbered(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    // The first one that the unit looks at: the version that somebody saw is the invoice's.
                    let draft = unit.see::<Invoice>(invoice).await.map_err(boxed)?;
                    let pattern = house.company.number_pattern(Series::Invoice);
                    let number = numbers::allot(self.bus(), unit, Series::Invoice, pattern, invoice, house.today).await;
                    // The command was taken before: its first answer stands.
                    let Some(number) = number.map_err(boxed)? else {
                        return Ok(());
                    };
                    must_be_of_today(context, house)?;
                    let issue = self.issuing(unit, invoice, &draft, number, recipient, house).await?;
                    let deposits: Vec<InvoiceId> = issue.deductions.iter().map(|one| one.of.invoice).collect();
                    unit.run::<Invoice>(invoice, InvoiceCommand::Issue(Box::new(issue)))
                        .await
                        .map_err(boxed)?;
                    has_electronic_form(unit.standing::<Invoice>(invoice))?;
                    for deposit in deposits {
                        let deduct = InvoiceCommand::DeductDeposit { by: InvoiceId(invoice) };
                        unit.run::<Invoice>(deposit.0, deduct).await.map_err(boxed)?;
                    }
                    Ok(())
                }
                .boxed()
            })
            .await?;
        Ok(outcome)
    }

    /// What a draft is issued with today.
    async fn issuing(
        &self,
        unit: &mut UnitOfWork<'_, Event>,
        id: Uuid,
        draft: &InvoiceState,
        number: DocumentNumber,
        recipient: &Recipient,
        house: &House,
    ) -> Result<IssueInvoice, CommandError<Refused>> {
        let bare = self.bare(draft, number, recipient, house).await?;
        let is_draft = draft.invoice().is_none();
        let (mut limit, mut quote_number) = (None, None);
        if let Some(quote) = quote_of(draft.source()).filter(|_| is_draft) {
            let quote_state = unit.see_whoever_asks::<Quote>(quote.0).await.map_err(boxed)?;
            quote_number = quote_state.number().cloned();
            let mut others = self.of_quote(unit, quote).await?;
            others.retain(|(other, _)| *other != id);
            if others.iter().any(|(_, other)| is_open_whole(other)) {
                return Err(QUOTE_INVOICED.refused());
            }
            match draft.kind() {
                Some(InvoiceKind::Deposit | InvoiceKind::Progress) => {
                    let invoiced: Vec<VatBreakdown> = others
                        .iter()
                        .map(|(_, other)| other.left().without(deducted(other)))
                        .collect();
                    let whole = quote_state
                        .accepted()
                        .map(|(_, breakdown, _)| breakdown.without(&invoiced));
                    limit = whole;
                }
                Some(InvoiceKind::Standard) if others.iter().any(|(_, other)| is_open_part(other)) => {
                    return Err(QUOTE_PARTLY_INVOICED.refused());
                }
                _ => {}
            }
        }
        let mut deductions = Vec::new();
        for deposit in draft.deducts().into_iter().filter(|_| is_draft) {
            let known = unit.see_whoever_asks::<Invoice>(deposit.0).await.map_err(boxed)?;
            let of = known
                .reference(deposit)
                .ok_or_else(|| refused(InvoiceError::NotADeposit))?;
            deductions.push(Deduction {
                of,
                breakdown: known.left(),
            });
        }
        Ok(IssueInvoice {
            deductions,
            limit,
            quote_number,
            ..bare
        })
    }

    /// The same without what comes from other documents.
    async fn bare(
        &self,
        draft: &InvoiceState,
        number: DocumentNumber,
        recipient: &Recipient,
        house: &House,
    ) -> Result<IssueInvoice, CommandError<Refused>> {
        let (Some(organization), Some(content)) = (draft.organization(), draft.content()) else {
            return Err(refused(InvoiceError::NotFound));
        };
        let customer = self.sales.customer_of(organization).await?;
        let delivery = recipient.delivery.as_ref();
        let subcontract = content.is_construction_subcontract();
        Ok(IssueInvoice {
            number,
            issued_on: house.today,
            closing: house.closing(),
            seller: house.company.seller().map(Box::new),
            buyer: Box::new(Buyer {
                // The record that the draft was written to, whoever stands for it by now.
                organization,
                ..customer.buyer_as_known(recipient.clone())
            }),
            position: customer.fiscal_position(&house.company, delivery, subcontract, house.today),
            deductions: Vec::new(),
            quote_number: None,
            // The legal rate, as quotes say: it is another one in each half-year. A rate that is named would hold for all of them.
            late_interest_rate: None,
            electronic_invoicing_from: house.company.electronic_invoicing_from(),
            limit: None,
        })
    }

    /// What the law has a draft say that is not known yet; nothing of what is no draft.
    pub async fn missing_mentions(&self, invoice: Uuid) -> Result<Vec<MissingMention>, CommandError<Refused>> {
        match self.rehearsed(invoice).await? {
            Some(Err(InvoiceError::MentionsMissing(missing))) => Ok(missing),
            _ => Ok(Vec::new()),
        }
    }

    /// The paper that a draft would come to if it were issued now; it bears no number.
    pub async fn draft_paper(&self, invoice: Uuid) -> Result<Option<Vec<u8>>, SalesError> {
        match self.rehearsed(invoice).await? {
            Some(Ok(issued)) => Ok(Some(self.preview(*issued).await?)),
            Some(Err(refusal)) => Err(refused(refusal).into()),
            None => Ok(None),
        }
    }

    /// What issuing a draft would say now, without a number; `None` of what is no draft.
    async fn rehearsed(
        &self,
        invoice: Uuid,
    ) -> Result<Option<Result<Box<IssuedInvoice>, InvoiceError>>, CommandError<Refused>> {
        let Some(draft) = self.invoice(invoice).await?.filter(|draft| draft.invoice().is_none()) else {
            return Ok(None);
        };
        let house = self.sales.house().await?;
        let number = house.company.number_pattern(Series::Invoice).number(0, 0);
        let mut issue = self.bare(&draft, number, &Recipient::default(), &house).await?;
        for deposit in draft.deducts() {
            if let Some(known) = self.invoice(deposit.0).await?
                && let Some(of) = known.reference(deposit)
            {
                issue.deductions.push(Deduction {
                    of,
                    breakdown: known.left(),
                });
            }
        }
        let decided = draft.decide(InvoiceCommand::Issue(Box::new(issue)));
        Ok(decided
            .map(|events| {
                events.into_iter().find_map(|event| match event {
                    InvoiceEvent::InvoiceIssued { invoice, .. } => Some(invoice),
                    _ => None,
                })
            })
            .transpose())
    }
}

/// Once issued it has to have one: before, it can be written otherwise.
pub(super) fn has_electronic_form(issued: Option<&Invoice>) -> Result<(), CommandError<Refused>> {
    use documents::{DocumentError, invoice_cii};
    let invoice = issued.and_then(|issued| issued.invoice());
    match invoice.map(invoice_cii) {
        Some(Err(DocumentError::CurrencyNotInEn16931 { .. })) => Err(NO_ELECTRONIC_FORM.refused()),
        _ => Ok(()),
    }
}

impl Customer {
    /// As a document names it; without an address where none is known, for the document to say that it is missing.
    pub(in crate::sales) fn buyer_as_known(&self, recipient: Recipient) -> Buyer {
        let nameless = recipient.clone();
        self.buyer(recipient).unwrap_or_else(|_| self.unaddressed(nameless))
    }
}
