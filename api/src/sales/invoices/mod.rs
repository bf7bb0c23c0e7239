//! Invoices, credit notes and payments: each step in one unit of work.
//!
//! [`drafts`] begins them, of nothing or of a quote; [`issuing`] gives them their number; [`filing`] sets their three
//! forms; [`credits`] takes them back; [`money`] puts payments on them; [`sending`] mails them; [`platform`] hands them on.

mod credits;
mod drafts;
mod filing;
mod issuing;
mod money;
pub mod platform;
mod sending;

use std::sync::Arc;

use domain::{
    Event, Invoice, InvoiceError, QuoteId,
    document::{DocumentNumber, InvoiceKind, IssuedInvoice},
    invoice::{InvoiceState, Source},
};
use engine::{CommandBus, CommandContext, CommandError, Outcome, UnitOfWork, Views, bus::LoadError};
use futures::future::BoxFuture;
use projections::invoices;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use tokio::sync::{Mutex, Semaphore};
use uuid::Uuid;

pub use self::{
    credits::CreditAsked,
    drafts::{InvoiceWish, QuotePart},
    money::{AllocationWish, PaymentWish},
    platform::{FileDrop, Platform},
    sending::InvoiceSending,
};
pub(crate) use self::{filing::IssuedInvoiceIsFiled, platform::PlatformIsToldOfCashing};
use super::{House, Sales};
use crate::graphql::{
    following::{Refused, Rule, boxed},
    reading::PATIENCE,
};

/// Locks of those who set documents: two invoices seldom share one.
const PRESSES: usize = 64;
/// How often a number is asked for again because another process was faster.
const NUMBER_ATTEMPTS: u32 = 16;

/// What the house invoices, and what it is paid.
pub struct Invoicing {
    sales: Arc<Sales>,
    /// Where the invoices of a quote are found.
    views: Arc<Views<Event>>,
    platform: Option<Arc<dyn Platform>>,
    /// Whoever sets the documents of an invoice waits for whoever is setting them.
    setting: [Mutex<()>; PRESSES],
    /// Documents that are set at a time.
    presses: Semaphore,
}

const QUOTE_NOT_ACCEPTED: Rule = Rule {
    code: "QUOTE_NOT_ACCEPTED",
    field: "quote",
    english: "Only a quote that was accepted is invoiced.",
    french: "Seul un devis accepté peut être facturé.",
};

const QUOTE_INVOICED: Rule = Rule {
    code: "QUOTE_INVOICED",
    field: "quote",
    english: "The whole of this quote was invoiced: take that invoice back by a credit note first.",
    french: "Ce devis est déjà facturé en totalité : annulez d'abord cette facture par un avoir.",
};

const QUOTE_PARTLY_INVOICED: Rule = Rule {
    code: "QUOTE_PARTLY_INVOICED",
    field: "quote",
    english: "Parts of this quote were invoiced: a final invoice takes them off, a standard one does not.",
    french: "Une partie de ce devis est déjà facturée : une facture de solde la déduit, une facture simple non.",
};

const PROGRESS_DRAFTED: Rule = Rule {
    code: "PROGRESS_ALREADY_DRAFTED",
    field: "quote",
    english: "There is a draft of a progress invoice of this quote: issue or discard it first.",
    french: "Il existe déjà un brouillon de facture de situation pour ce devis : émettez-le ou abandonnez-le d'abord.",
};

/// An invoice by its id, as it stands in a unit of work.
type Known = (Uuid, Invoice);

/// A document is of the day on which it is issued: nobody says that it was issued before.
pub(super) const BACK_DATED: Rule = Rule {
    code: "NUMBER_BACK_DATED",
    field: "occurredAt",
    english: "A document is issued today: it cannot be dated back.",
    french: "Un document est émis aujourd'hui : il ne peut pas être antidaté.",
};

pub(super) fn must_be_of_today(context: &CommandContext, house: &House) -> Result<(), CommandError<Refused>> {
    let said = context.occurred_at.map(|moment| house.company.day(moment));
    match said {
        Some(day) if day != house.today => Err(BACK_DATED.refused()),
        _ => Ok(()),
    }
}

impl Invoicing {
    pub fn new(sales: Arc<Sales>, views: Arc<Views<Event>>, platform: Option<Arc<dyn Platform>>) -> Arc<Self> {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Arc::new(Self {
            sales,
            views,
            platform,
            setting: [const { Mutex::const_new(()) }; PRESSES],
            presses: Semaphore::new(processors),
        })
    }

    fn bus(&self) -> &Arc<CommandBus<Event>> {
        &self.sales.bus
    }

    /// An invoice as it is; `None` when there is none.
    pub async fn invoice(&self, invoice: Uuid) -> Result<Option<Invoice>, LoadError> {
        let known = self.bus().load::<Invoice>(invoice).await?;
        Ok(known.map(|(known, _)| known).filter(|known| known.exists()))
    }

    /// [`CommandBus::together`] for what takes a number: whoever said which version of the invoice they saw still bears
    /// that others take numbers.
    pub(in crate::sales) async fn numbered<'b, S>(
        &'b self,
        context: &CommandContext,
        intent: &impl Serialize,
        mut steps: S,
    ) -> Result<Outcome, CommandError<Refused>>
    where
        S: for<'u> FnMut(&'u mut UnitOfWork<'b, Event>) -> BoxFuture<'u, Result<(), CommandError<Refused>>>,
    {
        let mut attempt = 1;
        loop {
            let answer = self.bus().together(context, intent, &mut steps).await;
            match answer {
                Err(CommandError::Conflict { stream, .. })
                    if attempt < NUMBER_ATTEMPTS
                        && *stream.category == *<domain::numbering::NumberSeriesState as domain::Decider>::TYPE =>
                {
                    attempt += 1;
                }
                answer => return answer,
            }
        }
    }

    /// Every invoice that comes from a quote, drafts too, in the order of their numbers. The commit depends on each; on
    /// those that come to be meanwhile it depends by the series of numbers, where the unit has looked at it before.
    async fn of_quote(
        &self,
        unit: &mut UnitOfWork<'_, Event>,
        quote: QuoteId,
    ) -> Result<Vec<Known>, CommandError<Refused>> {
        let unreadable = |error: &dyn std::fmt::Display| CommandError::Invalid(error.to_string());
        let head = self.bus().journal().head().await?.position;
        let views = self.views.wait_for(head, PATIENCE).await;
        let views = views.map_err(|error| unreadable(&error))?;
        let ids: Vec<Uuid> = invoices::Entity::find()
            .select_only()
            .column(invoices::Column::Id)
            .filter(invoices::Column::QuoteId.eq(quote.0))
            .order_by_asc(invoices::Column::NumberOrder)
            .order_by_asc(invoices::Column::Id)
            .into_tuple()
            .all(&views.connection)
            .await
            .map_err(|error| unreadable(&error))?;
        let mut known = Vec::with_capacity(ids.len());
        for id in ids {
            known.push((id, unit.see_whoever_asks::<Invoice>(id).await.map_err(boxed)?));
        }
        Ok(known)
    }
}

fn refused(refusal: InvoiceError) -> CommandError<Refused> {
    CommandError::Refused(Refused::new(refusal))
}

/// A deposit or progress invoice of which something is left that no final one took off.
fn is_open_part(invoice: &InvoiceState) -> bool {
    invoice.invoice().is_some()
        && matches!(invoice.kind(), Some(InvoiceKind::Deposit | InvoiceKind::Progress))
        && invoice.deducted_by().is_none()
        && !invoice.left().shares().is_empty()
}

/// An invoice of the whole that was not taken back.
fn is_open_whole(invoice: &InvoiceState) -> bool {
    invoice.invoice().is_some()
        && matches!(invoice.kind(), Some(InvoiceKind::Standard | InvoiceKind::Final))
        && !invoice
            .left()
            .without(deducted(invoice))
            .shares()
            .iter()
            .all(|share| share.base == 0 && share.vat == 0)
}

fn deducted(invoice: &InvoiceState) -> impl Iterator<Item = &domain::billing::VatBreakdown> {
    let deductions = invoice.invoice().map(|invoice| invoice.deductions.as_slice());
    deductions
        .unwrap_or_default()
        .iter()
        .map(|deduction| &deduction.breakdown)
}

const fn quote_of(source: Option<Source>) -> Option<QuoteId> {
    match source {
        Some(Source::Quote { quote, .. }) => Some(quote),
        Some(Source::Contract { .. }) | None => None,
    }
}

/// What the files of an invoice are called, without what says which form they have.
pub fn paper_name(kind: InvoiceKind, number: &DocumentNumber, language: domain::Language) -> String {
    let word = match (kind.is_credit(), language) {
        (false, domain::Language::French) => "Facture",
        (false, domain::Language::English) => "Invoice",
        (true, domain::Language::French) => "Avoir",
        (true, domain::Language::English) => "Credit note",
    };
    format!("{word} {}", number.text.replace('/', "-"))
}

fn name_of(invoice: &IssuedInvoice) -> String {
    paper_name(invoice.kind, &invoice.number, invoice.content.language)
}
