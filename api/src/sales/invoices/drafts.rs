//! Drafts: of nothing, or of a quote that was accepted.

use std::collections::BTreeSet;

use domain::{
    DealId, Event, Invoice, InvoiceCommand, InvoiceError, InvoiceId, OrganizationId, Quote, QuoteId,
    billing::{FiscalPosition, Percentage, VatBreakdown},
    document::{Content, InvoiceKind, LineId, Taxed, WishedContent},
    invoice::{DraftInvoice, Source, rows},
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Invoicing, Known, PROGRESS_DRAFTED, QUOTE_INVOICED, QUOTE_NOT_ACCEPTED, QUOTE_PARTLY_INVOICED, is_open_part,
    is_open_whole, refused,
};
use crate::{
    graphql::following::{Refused, boxed},
    sales::{Customer, House},
};

/// What an invoice of no quote is drafted from.
#[derive(Debug, Clone, Serialize)]
pub struct InvoiceWish {
    pub kind: InvoiceKind,
    pub organization: OrganizationId,
    pub deal: Option<DealId>,
    /// What a final invoice takes off.
    pub deducts: Vec<InvoiceId>,
    pub content: WishedContent,
    pub construction_subcontract: bool,
}

/// What of a quote is invoiced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum QuotePart {
    /// All of it at once.
    Whole,
    /// A share of it, before anything is delivered.
    Deposit(Percentage),
    /// How far each line is done by now; those that are not named have not moved.
    Progress(Vec<(LineId, Percentage)>),
    /// How far all of it is done by now.
    ProgressOfAll(Percentage),
    /// All of it, less what was invoiced before.
    Final,
}

impl Invoicing {
    /// Drafts an invoice that comes from no quote.
    pub async fn draft(
        &self,
        context: &CommandContext,
        invoice: Uuid,
        wish: &InvoiceWish,
    ) -> Result<Outcome, CommandError<Refused>> {
        let house = self.sales.house().await?;
        let customer = self.sales.customer_of(wish.organization).await?;
        let position = customer.fiscal_position(&house.company, None, wish.construction_subcontract, house.today);
        let draft = DraftInvoice {
            kind: wish.kind,
            organization: customer.id,
            deal: wish.deal,
            source: None,
            deducts: wish.deducts.clone(),
            content: wish.content.clone(),
            taxed: Taxed {
                position,
                next_line: LineId(1),
            },
        };
        let draft = InvoiceCommand::Draft(Box::new(draft));
        let intent = ("invoice draft", invoice, wish);
        self.bus()
            .together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                let draft = draft.clone();
                async move { unit.run::<Invoice>(invoice, draft).await.map_err(boxed) }.boxed()
            })
            .await
    }

    /// Drafts an invoice of a quote, or of a part of it.
    pub async fn draft_of_quote(
        &self,
        context: &CommandContext,
        invoice: Uuid,
        quote: QuoteId,
        part: &QuotePart,
    ) -> Result<Outcome, CommandError<Refused>> {
        let house = &self.sales.house().await?;
        let intent = ("invoice draft of quote", invoice, quote, part);
        self.bus()
            .together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    let before = unit.see::<Invoice>(invoice).await.map_err(boxed)?;
                    let draft = if before.exists() {
                        // It refuses, unless this is the command that drafted it.
                        again(&before, house)?
                    } else {
                        self.drafted_of(unit, house, quote, part).await?
                    };
                    unit.run::<Invoice>(invoice, InvoiceCommand::Draft(Box::new(draft)))
                        .await
                        .map_err(boxed)
                }
                .boxed()
            })
            .await
    }

    async fn drafted_of(
        &self,
        unit: &mut UnitOfWork<'_, Event>,
        house: &House,
        id: QuoteId,
        part: &QuotePart,
    ) -> Result<DraftInvoice, CommandError<Refused>> {
        let quote = unit.see::<Quote>(id.0).await.map_err(boxed)?;
        let accepted = quote.accepted().ok_or_else(|| QUOTE_NOT_ACCEPTED.refused())?;
        let (version, _, chosen) = accepted;
        let sent = quote.sent(version).ok_or_else(|| QUOTE_NOT_ACCEPTED.refused())?;
        let organization = quote.organization().ok_or_else(|| QUOTE_NOT_ACCEPTED.refused())?;
        let content = &sent.sent.content;
        let known = self.of_quote(unit, id).await?;
        let (kind, wished, deducts) = written(content, chosen, part, &known)?;
        let customer = self.sales.customer_of(organization).await?;
        Ok(DraftInvoice {
            kind,
            organization: customer.id,
            deal: quote.deal(),
            source: Some(Source::Quote { quote: id, version }),
            deducts,
            content: wished,
            taxed: Taxed {
                position: position(&customer, house, content),
                next_line: rows::next_line(content),
            },
        })
    }

    /// Writes a draft anew. What a final invoice takes off stays as it is unless `deducts` says otherwise.
    pub async fn change(
        &self,
        context: &CommandContext,
        invoice: Uuid,
        content: WishedContent,
        construction_subcontract: bool,
        deducts: Option<Vec<InvoiceId>>,
    ) -> Result<Outcome, CommandError<Refused>> {
        let house = self.sales.house().await?;
        let known = self.invoice(invoice).await?;
        let known = known.ok_or_else(|| refused(InvoiceError::NotFound))?;
        let organization = known.organization().ok_or_else(|| refused(InvoiceError::NotFound))?;
        let customer = self.sales.customer_of(organization).await?;
        let position = customer.fiscal_position(&house.company, None, construction_subcontract, house.today);
        let change = InvoiceCommand::ChangeContent {
            content: Box::new(content),
            position,
            deducts: deducts.unwrap_or_else(|| known.deducts()),
        };
        self.bus()
            .execute::<Invoice>(context, invoice, change)
            .await
            .map_err(boxed)
    }
}

/// The kind, the rows, and what is taken off.
fn written(
    content: &Content,
    chosen: &BTreeSet<LineId>,
    part: &QuotePart,
    known: &[Known],
) -> Result<(InvoiceKind, WishedContent, Vec<InvoiceId>), CommandError<Refused>> {
    if known.iter().any(|(_, invoice)| is_open_whole(invoice)) {
        return Err(QUOTE_INVOICED.refused());
    }
    let parts: Vec<&Known> = known.iter().filter(|(_, invoice)| is_open_part(invoice)).collect();
    match part {
        QuotePart::Whole if parts.is_empty() => Ok((InvoiceKind::Standard, rows::whole(content, chosen), Vec::new())),
        QuotePart::Whole => Err(QUOTE_PARTLY_INVOICED.refused()),
        QuotePart::Deposit(percent) => {
            let earlier: Vec<VatBreakdown> = parts.iter().map(|(_, invoice)| invoice.left()).collect();
            let wished = rows::deposit(content, chosen, *percent, &earlier).map_err(refused)?;
            Ok((InvoiceKind::Deposit, wished, Vec::new()))
        }
        QuotePart::Progress(cumulated) => progress(content, chosen, cumulated, known),
        QuotePart::ProgressOfAll(percent) => {
            let all: Vec<_> = content.taken(chosen).map(|line| (line.id, *percent)).collect();
            progress(content, chosen, &all, known)
        }
        QuotePart::Final => {
            let deducts = parts.iter().map(|(id, _)| InvoiceId(*id)).collect();
            Ok((InvoiceKind::Final, rows::whole(content, chosen), deducts))
        }
    }
}

fn progress(
    content: &Content,
    chosen: &BTreeSet<LineId>,
    cumulated: &[(LineId, Percentage)],
    known: &[Known],
) -> Result<(InvoiceKind, WishedContent, Vec<InvoiceId>), CommandError<Refused>> {
    use domain::invoice::InvoiceStatus;
    let progress = || {
        known
            .iter()
            .filter(|(_, invoice)| invoice.kind() == Some(InvoiceKind::Progress))
    };
    if progress().any(|(_, invoice)| invoice.status() == Some(InvoiceStatus::Draft)) {
        return Err(PROGRESS_DRAFTED.refused());
    }
    let before: Vec<_> = progress().flat_map(|(_, invoice)| invoice.left_of_lines()).collect();
    let wished = rows::progress(content, chosen, cumulated, &before).map_err(refused)?;
    Ok((InvoiceKind::Progress, wished, Vec::new()))
}

/// A draft that is there already, as it would be drafted again.
fn again(known: &Invoice, house: &House) -> Result<DraftInvoice, CommandError<Refused>> {
    let (Some(kind), Some(organization), Some(content)) = (known.kind(), known.organization(), known.content()) else {
        return Err(refused(InvoiceError::AlreadyExists));
    };
    Ok(DraftInvoice {
        kind,
        organization,
        deal: known.deal(),
        source: known.source(),
        deducts: known.deducts(),
        content: rows::whole(content, &BTreeSet::new()),
        taxed: Taxed {
            position: FiscalPosition {
                regime: house.company.vat_scheme().regime.seller(),
                seller: domain::Country::FRANCE,
                buyer_kind: domain::organization::OrganizationKind::Professional,
                buyer: domain::Country::FRANCE,
                buyer_vat_number: None,
                delivery: None,
                construction_subcontract: false,
                tax_point: house.today,
                rates: house.company.vat_rates().clone(),
            },
            next_line: rows::next_line(content),
        },
    })
}

/// What a sale is taxed by today. Whether it is subcontracted work is what its lines say.
pub(super) fn position(customer: &Customer, house: &House, content: &Content) -> FiscalPosition {
    customer.fiscal_position(&house.company, None, content.is_construction_subcontract(), house.today)
}
