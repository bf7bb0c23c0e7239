//! The papers of a fiscal year, which go with its key: what quotes and invoices were written on lies beside the journal and
//! is not sealed, so destroying the key is not enough.

use std::{collections::BTreeSet, error::Error};

use async_trait::async_trait;
use blobs::BlobError;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    BlobHash, Decider, Event, InvoiceEvent, PersonId, QuoteEvent, invoice::InvoiceState, quote::EnvelopeOutcome,
    quote::QuoteState,
};
use engine::{CommandError, Recorded, erasure::ErasureHook};
use journal::{Position, ReadFilter};
use uuid::Uuid;

use super::{House, Sales, SalesError};

/// Positions read at a time.
const PAGE: usize = 4_096;

/// What of the papers is of a fiscal year, and what of them others have too.
#[derive(Default)]
struct Papers {
    /// Of quotes by their version, and of invoices, whose customer is sealed under the key.
    sealed: BTreeSet<(Uuid, u16)>,
    /// The same, whose signature is.
    signed: BTreeSet<(Uuid, u16)>,
    /// The same, whose signature is sealed under another one.
    signed_elsewhere: BTreeSet<(Uuid, u16)>,
    of_year: BTreeSet<BlobHash>,
    of_others: BTreeSet<BlobHash>,
    /// Drawings of signatures, as long as the key opens them.
    drawings: BTreeSet<BlobHash>,
    drawings_of_others: BTreeSet<BlobHash>,
}

impl Papers {
    fn put(&mut self, blobs: impl IntoIterator<Item = BlobHash>, is_of_year: bool) {
        if is_of_year {
            self.of_year.extend(blobs);
        } else {
            self.of_others.extend(blobs);
        }
    }

    fn quote(&mut self, quote: Uuid, key: PersonId, event: &QuoteEvent) {
        match event {
            QuoteEvent::QuoteSent { sent, .. } if sent.buyer.person() == key => {
                self.sealed.insert((quote, sent.version));
            }
            QuoteEvent::QuoteDocumentFiled { version, document } => {
                let is_of_year = self.sealed.contains(&(quote, *version));
                self.put([document.blob], is_of_year);
            }
            QuoteEvent::QuoteAccepted {
                version,
                signature: Some(signature),
                ..
            } => {
                let is_of_year = signature.person() == key;
                let drawing = signature.value().and_then(|signature| signature.drawing);
                if is_of_year {
                    self.signed.insert((quote, *version));
                    self.drawings.extend(drawing);
                } else {
                    self.signed_elsewhere.insert((quote, *version));
                    self.drawings_of_others.extend(drawing);
                }
            }
            // What was signed is of the year in which it was.
            QuoteEvent::QuoteSignatureFiled {
                version,
                document,
                evidence,
                ..
            } => {
                let of = (quote, *version);
                let sealed = self.sealed.contains(&of) && !self.signed_elsewhere.contains(&of);
                let is_of_year = self.signed.contains(&of) || sealed;
                self.put([document.blob, evidence.blob], is_of_year);
            }
            QuoteEvent::QuoteEnvelopeClosed {
                version,
                outcome: EnvelopeOutcome::Signed { document, .. },
                ..
            } => {
                let is_of_year = self.sealed.contains(&(quote, *version));
                self.put([*document], is_of_year);
            }
            _ => {}
        }
    }

    fn invoice(&mut self, id: Uuid, key: PersonId, event: &InvoiceEvent, is_of_year: bool) {
        match event {
            InvoiceEvent::InvoiceIssued { invoice, .. } if invoice.buyer.person() == key => {
                self.sealed.insert((id, 0));
            }
            InvoiceEvent::InvoiceDocumentsFiled { documents } => {
                let forms = [documents.factur_x.blob, documents.cii.blob, documents.ubl.blob];
                let is_of_year = self.sealed.contains(&(id, 0));
                self.put(forms, is_of_year);
            }
            InvoiceEvent::InvoiceReminded { text, document, .. } => self.put(*document, text.person() == key),
            InvoiceEvent::LateInterestClaimed { document, .. } => self.put(*document, is_of_year),
            _ => {}
        }
    }

    fn take(&mut self, recorded: &Recorded<Event>, key: PersonId, closing: NaiveDate, house: &House) {
        let id = recorded.header.stream.id;
        match &recorded.event {
            Event::Quote(event) => self.quote(id, key, event),
            Event::Invoice(event) => {
                let at: DateTime<Utc> = recorded.header.occurred_at.into();
                let day = house.company.day(at);
                let is_of_year = house.company.fiscal_year_end().closing(day) == closing;
                self.invoice(id, key, event, is_of_year);
            }
            _ => {}
        }
    }
}

impl Sales {
    async fn papers_of(&self, key: PersonId, closing: NaiveDate) -> Result<Papers, SalesError> {
        let house = self.house().await?;
        let filter = ReadFilter {
            categories: vec![QuoteState::TYPE.into(), InvoiceState::TYPE.into()],
            ..ReadFilter::default()
        };
        let mut papers = Papers::default();
        let mut after = Position::START;
        loop {
            let page = self.bus.journal().read(after, PAGE, &filter).await;
            let page = page.map_err(CommandError::from)?;
            let events = self.bus.codec().open_page(&page).await;
            for recorded in events.map_err(|error| CommandError::Invalid(error.to_string()))? {
                papers.take(&recorded, key, closing, &house);
            }
            if page.last <= after {
                return Ok(papers);
            }
            after = page.last;
        }
    }

    /// Removes the drawings of a fiscal year's signatures: which they are is sealed under its key.
    pub async fn remove_drawings(&self, key: PersonId) -> Result<(), SalesError> {
        let Some(closing) = key.fiscal_year_closing() else {
            return Ok(());
        };
        let papers = self.papers_of(key, closing).await?;
        for drawing in papers.drawings.difference(&papers.drawings_of_others) {
            self.remove(*drawing).await?;
        }
        Ok(())
    }

    async fn remove(&self, blob: BlobHash) -> Result<(), BlobError> {
        match self.blobs.remove(&blob.0).await {
            Ok(()) | Err(BlobError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl ErasureHook for Sales {
    async fn erased(&self, person: Uuid, _position: Position) -> Result<(), Box<dyn Error + Send + Sync>> {
        let key = PersonId(person);
        let Some(closing) = key.fiscal_year_closing() else {
            return Ok(());
        };
        let papers = self.papers_of(key, closing).await?;
        let mut removed = 0;
        for blob in papers.of_year.difference(&papers.of_others) {
            self.remove(*blob).await?;
            removed += 1;
        }
        tracing::info!(%closing, removed, "the papers of a fiscal year are removed");
        Ok(())
    }
}
