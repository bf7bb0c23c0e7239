//! The versions of quotes: what each says, and how it stands.

use domain::{
    QuoteEvent,
    billing::VatBreakdown,
    document::{Content, FiledDocument, SentQuote},
    quote::QuoteStatus,
};
use engine::ProjectionError;
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quote_versions")]
pub struct Model {
    /// Of quote and number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub quote_id: Uuid,
    pub number: i32,
    pub status: String,
    /// [`Content`] as JSON.
    pub content: String,
    /// [`VatBreakdown`] as JSON: without the options, or with those that were taken.
    pub breakdown: String,
    pub net: i64,
    pub vat: i64,
    pub gross: i64,
    /// Null in a draft, as what follows.
    pub sent_on: Option<String>,
    pub sent_at: Option<i64>,
    pub valid_until: Option<String>,
    pub expires_at: Option<i64>,
    /// [`domain::document::Seller`] as JSON.
    pub seller: Option<String>,
    /// [`domain::document::Buyer`] as JSON; null again once its key is destroyed.
    pub buyer: Option<String>,
    /// Whose key seals the customer.
    pub sealed_under: Option<Uuid>,
    /// The letter that carried it.
    pub delivery_id: Option<Uuid>,
    /// The link that opens it; null once revoked.
    pub link: Option<i32>,
    pub document: Option<String>,
    pub document_size: Option<i64>,
    pub viewed_at: Option<i64>,
    /// Codes that were issued, and when the newest was.
    pub codes: i32,
    pub code_sent_at: Option<i64>,
    /// When it was accepted or refused.
    pub answered_at: Option<i64>,
    /// The options that were taken, as JSON.
    pub chosen: Option<String>,
    /// As in events.
    pub means: Option<String>,
    /// [`domain::quote::Signature`] as JSON; null again once its key is destroyed.
    pub signature: Option<String>,
    pub signature_sealed_under: Option<Uuid>,
    pub signed_document: Option<String>,
    pub signed_document_size: Option<i64>,
    pub evidence: Option<String>,
    pub evidence_size: Option<i64>,
    /// [`domain::quote::SealTimestamp`] as JSON; null where no authority was asked.
    pub timestamp: Option<String>,
    /// At a provider of signatures: what it and the newest envelope are called, when it was sent, and what became of it,
    /// as [`domain::quote::EnvelopeOutcome`] in JSON.
    pub provider: Option<String>,
    pub envelope: Option<String>,
    pub envelope_sent_at: Option<i64>,
    pub envelope_outcome: Option<String>,
    pub refusal_reason: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The id of a version.
pub fn id_of(quote: Uuid, number: u16) -> Uuid {
    Uuid::new_v5(&quote, &number.to_be_bytes())
}

impl Model {
    /// A version as it is begun.
    pub(super) fn drafted(quote: Uuid, number: u16, content: &Content) -> Result<Self, ProjectionError> {
        let mut version = Self {
            id: id_of(quote, number),
            quote_id: quote,
            number: number.into(),
            status: QuoteStatus::Draft.as_str().to_owned(),
            content: String::new(),
            breakdown: String::new(),
            net: 0,
            vat: 0,
            gross: 0,
            sent_on: None,
            sent_at: None,
            valid_until: None,
            expires_at: None,
            seller: None,
            buyer: None,
            sealed_under: None,
            delivery_id: None,
            link: None,
            document: None,
            document_size: None,
            viewed_at: None,
            codes: 0,
            code_sent_at: None,
            answered_at: None,
            chosen: None,
            means: None,
            signature: None,
            signature_sealed_under: None,
            signed_document: None,
            signed_document_size: None,
            evidence: None,
            evidence_size: None,
            timestamp: None,
            provider: None,
            envelope: None,
            envelope_sent_at: None,
            envelope_outcome: None,
            refusal_reason: None,
        };
        version.write(content)?;
        Ok(version)
    }

    pub(super) fn write(&mut self, content: &Content) -> Result<(), ProjectionError> {
        self.content = crate::json(content)?;
        let totals = content.totals(&std::collections::BTreeSet::new());
        self.comes_to(&totals.map_err(ProjectionError::other)?.breakdown)
    }

    fn comes_to(&mut self, breakdown: &VatBreakdown) -> Result<(), ProjectionError> {
        self.breakdown = crate::json(breakdown)?;
        self.net = breakdown.net();
        self.vat = breakdown.vat();
        self.gross = breakdown.gross();
        Ok(())
    }

    pub(super) fn send(
        &mut self,
        header: &EventHeader,
        sent: &SentQuote,
        expires_at: i64,
        delivery: Option<Uuid>,
    ) -> Result<(), ProjectionError> {
        self.stands(QuoteStatus::Sent);
        self.content = crate::json(&sent.content)?;
        self.comes_to(&sent.breakdown)?;
        self.sent_on = Some(sent.sent_on.to_string());
        self.sent_at = Some(header.occurred_at.0);
        self.valid_until = Some(sent.valid_until.to_string());
        self.expires_at = Some(expires_at);
        self.seller = Some(crate::json(&sent.seller)?);
        self.buyer = sent.buyer.value().map(crate::json).transpose()?;
        self.sealed_under = Some(sent.buyer.person().0);
        self.delivery_id = delivery;
        self.link = Some(1);
        Ok(())
    }

    fn stands(&mut self, status: QuoteStatus) {
        status.as_str().clone_into(&mut self.status);
    }

    /// What happened to a version that was sent.
    pub(super) fn take(&mut self, header: &EventHeader, event: &QuoteEvent) -> Result<(), ProjectionError> {
        let now = header.occurred_at.0;
        match event {
            QuoteEvent::QuoteSuperseded { .. } => self.stands(QuoteStatus::Superseded),
            QuoteEvent::QuoteDocumentFiled { document, .. } => {
                (self.document, self.document_size) = lies_at(*document);
            }
            QuoteEvent::QuoteViewed { .. } => {
                self.stands(QuoteStatus::Viewed);
                self.viewed_at = Some(now);
            }
            QuoteEvent::QuoteLinkRevoked { .. } => self.link = None,
            QuoteEvent::QuoteLinkRenewed { link, .. } => self.link = Some((*link).into()),
            QuoteEvent::QuoteExpired { .. } => self.stands(QuoteStatus::Expired),
            QuoteEvent::QuoteExtended {
                valid_until,
                expires_at,
                ..
            } => {
                if self.status == QuoteStatus::Expired.as_str() {
                    self.stands(QuoteStatus::Sent);
                }
                self.valid_until = Some(valid_until.to_string());
                self.expires_at = Some(expires_at.timestamp_micros());
            }
            QuoteEvent::SigningCodeIssued { code, .. } => {
                self.codes = (*code).into();
                self.code_sent_at = Some(now);
            }
            QuoteEvent::QuoteAccepted {
                chosen,
                breakdown,
                means,
                signature,
                ..
            } => {
                self.stands(QuoteStatus::Accepted);
                self.answered_at = Some(now);
                self.comes_to(breakdown)?;
                self.chosen = Some(crate::json(chosen)?);
                self.means = Some(means.as_str().to_owned());
                self.signature = match signature.as_ref().and_then(domain::Personal::value) {
                    Some(signature) => Some(crate::json(signature)?),
                    None => None,
                };
                self.signature_sealed_under = signature.as_ref().map(|signature| signature.person().0);
            }
            QuoteEvent::QuoteSignatureFiled {
                document,
                evidence,
                timestamp,
                ..
            } => {
                (self.signed_document, self.signed_document_size) = lies_at(*document);
                (self.evidence, self.evidence_size) = lies_at(*evidence);
                self.timestamp = timestamp.as_ref().map(crate::json).transpose()?;
            }
            QuoteEvent::QuoteEnvelopeSent {
                provider, reference, ..
            } => {
                self.provider = Some(provider.clone());
                self.envelope = Some(reference.clone());
                self.envelope_sent_at = Some(now);
                self.envelope_outcome = None;
            }
            QuoteEvent::QuoteEnvelopeClosed { reference, outcome, .. } if self.envelope.as_ref() == Some(reference) => {
                self.envelope_outcome = Some(crate::json(outcome)?);
            }
            QuoteEvent::QuoteRefused { reason, .. } => {
                self.stands(QuoteStatus::Refused);
                self.answered_at = Some(now);
                self.refusal_reason.clone_from(reason);
            }
            _ => {}
        }
        Ok(())
    }

    fn forget_signed(&mut self) {
        (self.signed_document, self.signed_document_size) = (None, None);
        (self.evidence, self.evidence_size) = (None, None);
    }

    /// A key was destroyed, and the papers with it.
    pub(super) fn forget(&mut self, key: Uuid) {
        if self.sealed_under == Some(key) {
            self.buyer = None;
            (self.document, self.document_size) = (None, None);
            if self.signature_sealed_under.is_none() {
                self.forget_signed();
            }
        }
        if self.signature_sealed_under == Some(key) {
            self.signature = None;
            self.forget_signed();
        }
    }
}

fn lies_at(document: FiledDocument) -> (Option<String>, Option<i64>) {
    (Some(document.blob.to_string()), Some(document.size as i64))
}
