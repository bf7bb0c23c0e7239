//! The three forms of an invoice: set once it is issued, kept beside the journal, and filed.
//!
//! Whoever issues an invoice files it. A policy does it for those that nobody came to: the process ended in between, or
//! another one has another version of what sets documents.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use documents::{DocumentError, Look, invoice_cii, invoice_ubl};
use domain::{
    Decider, Event, Invoice, InvoiceCommand, InvoiceEvent,
    document::IssuedInvoice,
    invoice::{InvoiceDocuments, InvoiceState},
};
use engine::{
    CommandBus, CommandContext, CommandError, Outcome, Recorded,
    policy::{Policy, ReactionError, StartAt},
};
use journal::{EventHeader, StreamId};
use uuid::Uuid;

use super::Invoicing;
use crate::{graphql::following::boxed, sales::SalesError};

/// How long whoever issues an invoice waits for its documents; after that they come by themselves.
const WAITS: Duration = Duration::from_secs(8);
const NAME: &str = "invoice-filing";

impl Invoicing {
    /// Sets, keeps and files the documents of an invoice; nothing when it has them, or is not issued.
    pub async fn file(&self, invoice: Uuid, cause: Option<&EventHeader>) -> Result<Option<Outcome>, SalesError> {
        let press = invoice.as_u128() as usize % self.setting.len();
        let _turn = self.setting[press].lock().await;
        let known = self.invoice(invoice).await?;
        let unfiled = known.filter(|known| known.documents().is_none());
        let Some(issued) = unfiled.and_then(|known| known.invoice().cloned()) else {
            return Ok(None);
        };
        let documents = self.forms(issued).await?;
        let id = self.bus().derived_id(&[NAME, &invoice.to_string()]);
        let mut context = CommandContext::system(id, NAME);
        if let Some(cause) = cause {
            context = context.caused_by(cause);
        }
        let file = InvoiceCommand::FileDocuments { documents };
        let filed = self.bus().execute::<Invoice>(&context, invoice, file).await;
        match filed {
            Ok(outcome) => Ok(Some(outcome)),
            // Another process, with another version, was faster: what it filed stands.
            Err(CommandError::Refused(domain::InvoiceError::DocumentsDiffer) | CommandError::CommandReused { .. }) => {
                Ok(None)
            }
            Err(error) => Err(boxed(error).into()),
        }
    }

    async fn forms(&self, invoice: IssuedInvoice) -> Result<InvoiceDocuments, SalesError> {
        // Nobody closes it.
        let _press = self.presses.acquire().await.ok();
        let logo = self.sales.logo(&invoice.seller).await?;
        let renderer = self.sales.renderer()?;
        let (factur_x, cii, ubl) = self
            .sales
            .set(move || {
                let look = Look {
                    logo: logo.as_ref(),
                    draft: false,
                };
                Ok((
                    renderer.factur_x(&invoice, look)?,
                    invoice_cii(&invoice)?,
                    invoice_ubl(&invoice)?,
                ))
            })
            .await?;
        Ok(InvoiceDocuments {
            factur_x: self.sales.keep(&factur_x).await?,
            cii: self.sales.keep(cii.as_bytes()).await?,
            ubl: self.sales.keep(ubl.as_bytes()).await?,
        })
    }

    /// The answer to whoever issued an invoice: with its documents, where they are there soon.
    pub(in crate::sales) async fn filed(self: &Arc<Self>, issued: Outcome, invoice: Uuid) -> Outcome {
        let own = self.clone();
        let filing = tokio::spawn(async move { own.file(invoice, None).await });
        match tokio::time::timeout(WAITS, filing).await {
            // Whoever filed them, the answer shows them.
            Ok(Ok(Ok(_))) => self.shown(issued, invoice).await,
            Ok(Ok(Err(error))) => {
                tracing::warn!(%invoice, %error, "the documents of an invoice are not filed yet");
                issued
            }
            _ => issued,
        }
    }

    async fn shown(&self, issued: Outcome, invoice: Uuid) -> Outcome {
        let stream = StreamId::new(InvoiceState::TYPE, invoice);
        let journal = self.bus().journal();
        let (Ok(head), Ok(now)) = (journal.head().await, journal.stream_version(&stream).await) else {
            return issued;
        };
        let versions = issued.versions.into_iter().map(|(known, version)| {
            let version = if known == stream { now } else { version };
            (known, version)
        });
        Outcome {
            versions: versions.collect(),
            position: head.position,
            replayed: issued.replayed,
        }
    }

    /// An invoice as it would look if it were issued now, and before it has a number: a paper that says so.
    pub(super) async fn preview(&self, invoice: IssuedInvoice) -> Result<Vec<u8>, SalesError> {
        let logo = self.sales.logo(&invoice.seller).await?;
        let renderer = self.sales.renderer()?;
        self.sales
            .set(move || {
                let look = Look {
                    logo: logo.as_ref(),
                    draft: true,
                };
                renderer.invoice_pdf(&invoice, look)
            })
            .await
    }
}

/// Every invoice that was issued has its documents.
pub(crate) struct IssuedInvoiceIsFiled {
    pub(crate) invoicing: Arc<Invoicing>,
}

#[async_trait]
impl Policy<Event> for IssuedInvoiceIsFiled {
    fn name(&self) -> &'static str {
        "issued-invoice-is-filed"
    }

    fn start_at(&self) -> StartAt {
        StartAt::Beginning
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![InvoiceState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, _: &CommandBus<Event>) -> Result<(), ReactionError> {
        let Event::Invoice(InvoiceEvent::InvoiceIssued { .. }) = &event.event else {
            return Ok(());
        };
        let invoice = event.header.stream.id;
        match self.invoicing.file(invoice, Some(&event.header)).await {
            Ok(_) => Ok(()),
            // Nothing will ever set these: what cannot be read again, and what has no electronic form.
            Err(SalesError::Document(
                error @ (DocumentError::BuyerErased(_) | DocumentError::CurrencyNotInEn16931 { .. }),
            )) => {
                tracing::warn!(%invoice, %error, "an invoice has no documents");
                Ok(())
            }
            Err(SalesError::Command(error)) => Err(error.into()),
            Err(error) => Err(ReactionError::trouble(error)),
        }
    }
}
