//! The way to the platform through which invoices go between professionals.
//!
//! [`Platform`] is what a platform has to be able to do; [`FileDrop`] puts everything into a folder that the platform's
//! own program empties. How an invoice stands there comes back through the API.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use chrono::NaiveDate;
use domain::{
    Decider, Event, Invoice, InvoiceCommand, InvoiceError, InvoiceEvent, PaymentId, billing::VatBreakdown,
    document::IssuedInvoice, invoice::InvoiceState,
};
use engine::{
    CommandBus, CommandContext, CommandError, Outcome, Recorded,
    policy::{Policy, ReactionError},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Invoicing, refused};
use crate::{
    graphql::following::{Refused, Rule, boxed},
    sales::SalesError,
};

const NO_PLATFORM: Rule = Rule {
    code: "PLATFORM_NOT_CONFIGURED",
    field: "id",
    english: "No platform is configured: set `platform-folder`.",
    french: "Aucune plateforme n'est configurée : indiquez `platform-folder`.",
};

/// An invoice on its way to a platform.
pub struct Handed<'a> {
    /// What the platform knows it by from us.
    pub id: Uuid,
    pub invoice: &'a IssuedInvoice,
    /// PDF/A-3 with the CII file in it.
    pub factur_x: &'a [u8],
    pub cii: &'a [u8],
    pub ubl: &'a [u8],
}

/// What was cashed of an invoice, by rate (flow 10.4, rule G7.45).
pub struct Cashed<'a> {
    pub id: Uuid,
    pub invoice: &'a IssuedInvoice,
    pub payment: PaymentId,
    pub value_date: NaiveDate,
    pub breakdown: &'a VatBreakdown,
}

/// Where invoices are handed to.
#[async_trait]
pub trait Platform: Send + Sync {
    /// What it is called in the journal.
    fn name(&self) -> &'static str;

    /// Hands an invoice over; handed again it is the same. The answer is what the platform calls it.
    async fn submit(&self, handed: Handed<'_>) -> io::Result<String>;

    /// Tells what was cashed; told again it is the same.
    async fn cashed(&self, cashed: Cashed<'_>) -> io::Result<()>;
}

/// A folder that somebody else empties. What lies there is whole: files come under their names once they are written.
pub struct FileDrop {
    folder: PathBuf,
}

impl FileDrop {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    async fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        tokio::fs::create_dir_all(&self.folder).await?;
        let unfinished = self.folder.join(format!(".{name}.{}", Uuid::new_v4()));
        tokio::fs::write(&unfinished, bytes).await?;
        tokio::fs::rename(&unfinished, self.folder.join(name)).await
    }
}

/// The number of an invoice as a file can be called.
fn plain(invoice: &IssuedInvoice) -> String {
    invoice.number.text.replace('/', "_")
}

#[async_trait]
impl Platform for FileDrop {
    fn name(&self) -> &'static str {
        "folder"
    }

    async fn submit(&self, handed: Handed<'_>) -> io::Result<String> {
        let name = plain(handed.invoice);
        self.put(&format!("{name}.pdf"), handed.factur_x).await?;
        self.put(&format!("{name}.cii.xml"), handed.cii).await?;
        self.put(&format!("{name}.ubl.xml"), handed.ubl).await?;
        let reference = handed.id.to_string();
        let head = json!({
            "reference": reference,
            "number": handed.invoice.number.text,
            "kind": handed.invoice.kind.as_str(),
            "issuedOn": handed.invoice.issued_on,
            "seller": handed.invoice.seller.identity.siren.to_string(),
            "buyer": handed.invoice.buyer.value().and_then(|buyer| buyer.siren.as_ref()).map(ToString::to_string),
            "currency": handed.invoice.content.currency.code(),
            "gross": handed.invoice.breakdown.gross(),
            "files": [format!("{name}.pdf"), format!("{name}.cii.xml"), format!("{name}.ubl.xml")],
        });
        // Last: whoever sees it finds the others.
        self.put(&format!("{name}.json"), pretty(&head)?.as_bytes()).await?;
        Ok(reference)
    }

    async fn cashed(&self, cashed: Cashed<'_>) -> io::Result<()> {
        let rates = cashed.breakdown.shares().iter().map(|share| {
            json!({
                "category": share.treatment.category,
                "rate": share.treatment.rate,
                "base": share.base,
                "vat": share.vat,
                "gross": share.gross(),
            })
        });
        let report = json!({
            "reference": cashed.id.to_string(),
            "number": cashed.invoice.number.text,
            "payment": cashed.payment.0.to_string(),
            "cashedOn": cashed.value_date,
            "currency": cashed.invoice.content.currency.code(),
            "rates": rates.collect::<Vec<Value>>(),
        });
        let name = format!("{}.cashed.{}.json", plain(cashed.invoice), cashed.payment.0);
        self.put(&name, pretty(&report)?.as_bytes()).await
    }
}

fn pretty(value: &Value) -> io::Result<String> {
    serde_json::to_string_pretty(value).map_err(io::Error::other)
}

impl Invoicing {
    /// Hands an invoice to the platform.
    pub async fn submit(&self, context: &CommandContext, invoice: Uuid) -> Result<Outcome, SalesError> {
        let Some(platform) = &self.platform else {
            return Err(NO_PLATFORM.refused().into());
        };
        self.file(invoice, None).await?;
        let known = self.invoice(invoice).await.map_err(CommandError::from)?;
        let known = known.ok_or_else(|| refused(InvoiceError::NotFound))?;
        let command = |reference: String| InvoiceCommand::Submit {
            platform: platform.name().to_owned(),
            reference,
        };
        // What is refused leaves nothing in the folder; the rest of a refusal comes from the bus.
        let handed_over = known.submission().is_none() && known.decide(command("-".to_owned())).is_ok();
        let reference = match (handed_over, known.invoice(), known.documents()) {
            (true, Some(issued), Some(documents)) => {
                let factur_x = self.sales.read(documents.factur_x.blob).await?;
                let cii = self.sales.read(documents.cii.blob).await?;
                let ubl = self.sales.read(documents.ubl.blob).await?;
                let handed = Handed {
                    id: invoice,
                    invoice: issued,
                    factur_x: &factur_x,
                    cii: &cii,
                    ubl: &ubl,
                };
                platform.submit(handed).await.map_err(SalesError::Platform)?
            }
            _ => known
                .submission()
                .map_or_else(|| "-".to_owned(), |submission| submission.reference.clone()),
        };
        let answer = self
            .bus()
            .execute::<Invoice>(context, invoice, command(reference))
            .await;
        Ok(answer.map_err(boxed)?)
    }

    /// Tells the platform what of a payment was cashed, where it has to know.
    async fn tell_of_cashing(
        &self,
        event: &Recorded<Event>,
        payments: Vec<PaymentId>,
        bus: &CommandBus<Event>,
    ) -> Result<(), ReactionError> {
        let invoice = event.header.stream.id;
        let Some((known, _)) = bus.load::<Invoice>(invoice).await? else {
            return Ok(());
        };
        let (Some(platform), Some(issued)) = (&self.platform, known.invoice()) else {
            return Ok(());
        };
        if known.submission().is_none() || !known.reports_cashing() {
            return Ok(());
        }
        for payment in payments {
            let report = InvoiceCommand::ReportCashing { payment };
            // Told before, or not on it any more.
            if !known.decide(report.clone()).is_ok_and(|events| !events.is_empty()) {
                continue;
            }
            let allocation = known.allocations().iter().find(|one| one.payment == payment);
            let (Some(allocation), Some(breakdown)) = (allocation, known.cashing(payment)) else {
                continue;
            };
            let cashed = Cashed {
                id: invoice,
                invoice: issued,
                payment,
                value_date: allocation.value_date,
                breakdown: &breakdown,
            };
            platform.cashed(cashed).await.map_err(ReactionError::trouble)?;
            let context = bus.reaction(CASHING, &event.header, &payment.0.to_string());
            bus.execute::<Invoice>(&context, invoice, report).await?;
        }
        Ok(())
    }
}

const CASHING: &str = "platform-is-told-of-cashing";

/// A platform learns of the payments whose tax falls due with them.
pub(crate) struct PlatformIsToldOfCashing {
    pub(crate) invoicing: Arc<Invoicing>,
}

#[async_trait]
impl Policy<Event> for PlatformIsToldOfCashing {
    fn name(&self) -> &'static str {
        CASHING
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![InvoiceState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let payments = match &event.event {
            Event::Invoice(InvoiceEvent::PaymentAllocated { payment, .. }) => vec![*payment],
            // Those that came before it was handed over.
            Event::Invoice(InvoiceEvent::InvoiceSubmitted { .. }) => {
                let known = bus.load::<Invoice>(event.header.stream.id).await?;
                let known = known.map(|(known, _)| known.allocations().iter().map(|one| one.payment).collect());
                known.unwrap_or_default()
            }
            _ => return Ok(()),
        };
        self.invoicing.tell_of_cashing(event, payments, bus).await
    }
}

impl From<InvoiceError> for SalesError {
    fn from(refusal: InvoiceError) -> Self {
        Self::Command(CommandError::Refused(Refused::new(refusal)))
    }
}
