//! The versions of a quote, and what differs between two.

use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::{
    Language, QuoteId,
    billing::VatBreakdown,
    document::{Buyer, Content, LineId, Seller},
    quote as rules,
};
use projections::quotes::{Model as QuoteRow, versions::Model};
use serde_json::Value;

use super::QuoteStatus;
use crate::graphql::{
    billing::{DocumentBuyer, DocumentContent, DocumentFile, DocumentSeller, DocumentTotals, stored},
    deals::known,
    deliveries::Delivery,
    errors::{ApiError, ApiResult},
    reading::Reading,
    scalars::{Date, Json, Moment, date_of_row},
    session::Session,
};

/// How the customer said yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::quote::AcceptanceMeans")]
pub enum AcceptanceMeans {
    /// By a simple electronic signature on the public page.
    ElectronicSignature,
    /// One of us says so.
    Reported,
    /// Through a provider of signatures, whose word it is.
    SignatureProvider,
}

/// How an envelope at a provider of signatures stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum QuoteEnvelopeStatus {
    Pending,
    Signed,
    Declined,
    /// Nobody signed in time.
    Expired,
}

/// A version that a provider of signatures has signed for us.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuoteEnvelope {
    provider: String,
    /// What the provider calls it.
    reference: String,
    status: QuoteEnvelopeStatus,
    sent_at: Option<Moment>,
    /// As the provider says.
    signed_at: Option<Moment>,
    /// Why it was declined.
    reason: Option<String>,
    /// SHA-256 of the signed paper, in hexadecimal.
    document_sha256: Option<String>,
}

/// What a time-stamping authority (RFC 3161) said about a seal.
#[derive(Debug, Clone, SimpleObject)]
pub struct SealTimestamp {
    /// The moment that it vouches for; null where it gave none.
    at: Option<Moment>,
    /// As its certificate names it.
    authority: Option<String>,
    /// Why there is none: the seal bears the clock of the house.
    failure: Option<String>,
}

impl From<rules::SealTimestamp> for SealTimestamp {
    fn from(timestamp: rules::SealTimestamp) -> Self {
        match timestamp {
            rules::SealTimestamp::Given { at, authority } => Self {
                at: Some(Moment(at)),
                authority: Some(authority),
                failure: None,
            },
            rules::SealTimestamp::Failed { reason } => Self {
                at: None,
                authority: None,
                failure: Some(reason),
            },
        }
    }
}

/// A simple electronic signature in the sense of eIDAS, and what speaks for it.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuoteSignature {
    /// As the signer gave it.
    name: String,
    /// The address that the link and the code went to.
    email: String,
    /// The words that the signer agreed to.
    consent: String,
    /// Whether the signer drew, or typed a name.
    drawn: bool,
    /// SHA-256 of the paper that was signed, in hexadecimal.
    document_sha256: String,
    code_sent_at: Moment,
    /// Wrong codes before the right one.
    wrong_codes: u8,
    signed_at: Moment,
    ip: String,
    user_agent: String,
}

impl From<rules::Signature> for QuoteSignature {
    fn from(signature: rules::Signature) -> Self {
        Self {
            name: signature.name,
            email: signature.email,
            consent: signature.consent,
            drawn: signature.drawing.is_some(),
            document_sha256: signature.document.to_string(),
            code_sent_at: Moment(signature.code_sent_at),
            wrong_codes: signature.wrong_codes,
            signed_at: Moment(signature.signed_at),
            ip: signature.ip,
            user_agent: signature.user_agent,
        }
    }
}

/// One version of a quote: what it says, and how it stands. What was sent never changes.
pub struct QuoteVersion {
    row: Model,
    number: String,
    reading: Reading,
}

impl QuoteVersion {
    pub(super) fn of(row: Model, quote: &QuoteRow, reading: &Reading) -> Self {
        Self {
            row,
            number: quote.number.clone(),
            reading: reading.clone(),
        }
    }

    fn content_stored(&self) -> ApiResult<Content> {
        stored(&self.row.content)
    }

    /// What a paper of this version is called.
    fn paper(&self, french: &str, english: &str, extension: &str) -> String {
        let language = self.content_stored().map(|content| content.language);
        let word = match language {
            Ok(Language::English) => english,
            _ => french,
        };
        let number = self.number.replace('/', "-");
        let version = match self.row.number {
            1 => String::new(),
            version => format!(" v{version}"),
        };
        format!("{word} {number}{version}.{extension}")
    }
}

#[Object]
impl QuoteVersion {
    /// From 1 on.
    async fn number(&self) -> i32 {
        self.row.number
    }

    async fn status(&self) -> ApiResult<QuoteStatus> {
        known(&rules::QuoteStatus::ALL, rules::QuoteStatus::as_str, &self.row.status).map(Into::into)
    }

    async fn content(&self) -> ApiResult<DocumentContent> {
        Ok(DocumentContent {
            content: self.content_stored()?,
            reading: self.reading.clone(),
        })
    }

    /// Without the options, or with those that the customer took.
    async fn totals(&self) -> ApiResult<DocumentTotals> {
        let breakdown: VatBreakdown = stored(&self.row.breakdown)?;
        DocumentTotals::of(&breakdown, self.content_stored()?.currency)
    }

    async fn sent_on(&self) -> ApiResult<Option<Date>> {
        self.row.sent_on.as_deref().map(date_of_row).transpose()
    }

    async fn sent_at(&self) -> Option<Moment> {
        self.row.sent_at.map(Moment::from_micros)
    }

    /// The last day on which it can be accepted.
    async fn valid_until(&self) -> ApiResult<Option<Date>> {
        self.row.valid_until.as_deref().map(date_of_row).transpose()
    }

    async fn expires_at(&self) -> Option<Moment> {
        self.row.expires_at.map(Moment::from_micros)
    }

    /// Null in a draft.
    async fn seller(&self) -> ApiResult<Option<DocumentSeller>> {
        let seller: Option<Seller> = self.row.seller.as_deref().map(stored).transpose()?;
        Ok(seller.map(Into::into))
    }

    /// Null in a draft, and once the key of its fiscal year is destroyed.
    async fn buyer(&self) -> ApiResult<Option<DocumentBuyer>> {
        let buyer: Option<Buyer> = self.row.buyer.as_deref().map(stored).transpose()?;
        Ok(buyer.map(Into::into))
    }

    /// The paper as it was sent.
    async fn document(&self) -> ApiResult<Option<DocumentFile>> {
        let (blob, size) = (self.row.document.as_deref(), self.row.document_size);
        DocumentFile::of_row(blob, size, || self.paper("Devis", "Quote", "pdf"), "application/pdf")
    }

    /// The paper with the evidence of its signature, under the company's seal.
    async fn signed_document(&self) -> ApiResult<Option<DocumentFile>> {
        let (blob, size) = (self.row.signed_document.as_deref(), self.row.signed_document_size);
        let name = || self.paper("Devis signé", "Signed quote", "pdf");
        DocumentFile::of_row(blob, size, name, "application/pdf")
    }

    /// The evidence of its signature, as data.
    async fn evidence(&self) -> ApiResult<Option<DocumentFile>> {
        let (blob, size) = (self.row.evidence.as_deref(), self.row.evidence_size);
        let name = || self.paper("Preuve", "Evidence", "json");
        DocumentFile::of_row(blob, size, name, "application/json")
    }

    /// The letter that carried it.
    #[graphql(complexity = "child_complexity + 1")]
    async fn delivery(&self) -> ApiResult<Option<Delivery>> {
        match self.row.delivery_id {
            Some(delivery) => Delivery::load(&self.reading, delivery).await,
            None => Ok(None),
        }
    }

    /// The customer's page, below the server's public address: whoever has it can read and answer the quote. Null in a
    /// draft and once the link was revoked.
    async fn public_path(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        let (Some(link), Ok(version)) = (self.row.link, u16::try_from(self.row.number)) else {
            return Ok(None);
        };
        let link = u16::try_from(link).map_err(|error| ApiError::internal("a view holds no link", &error))?;
        let quote = QuoteId(self.row.quote_id);
        let token = ctx
            .application()?
            .bus
            .one_time_token(mail::QUOTE_LINK, quote.link(version, link));
        Ok(Some(mail::quote_page(quote, version, link, &token)))
    }

    /// When the customer first opened it.
    async fn viewed_at(&self) -> Option<Moment> {
        self.row.viewed_at.map(Moment::from_micros)
    }

    /// When it was accepted or refused.
    async fn answered_at(&self) -> Option<Moment> {
        self.row.answered_at.map(Moment::from_micros)
    }

    /// The numbers of the optional lines that were taken.
    async fn chosen(&self) -> ApiResult<Vec<u32>> {
        let chosen: Option<Vec<LineId>> = self.row.chosen.as_deref().map(stored).transpose()?;
        Ok(chosen.unwrap_or_default().into_iter().map(|line| line.0).collect())
    }

    async fn acceptance_means(&self) -> ApiResult<Option<AcceptanceMeans>> {
        let means = self.row.means.as_deref();
        let means = means.map(|text| known(&rules::AcceptanceMeans::ALL, rules::AcceptanceMeans::as_str, text));
        Ok(means.transpose()?.map(Into::into))
    }

    /// Null where nobody signed, and once the key of its fiscal year is destroyed.
    async fn signature(&self) -> ApiResult<Option<QuoteSignature>> {
        let signature: Option<rules::Signature> = self.row.signature.as_deref().map(stored).transpose()?;
        Ok(signature.map(Into::into))
    }

    /// Null where no authority was asked.
    async fn seal_timestamp(&self) -> ApiResult<Option<SealTimestamp>> {
        let timestamp: Option<rules::SealTimestamp> = self.row.timestamp.as_deref().map(stored).transpose()?;
        Ok(timestamp.map(Into::into))
    }

    /// The newest envelope at a provider of signatures.
    async fn envelope(&self) -> ApiResult<Option<QuoteEnvelope>> {
        let (Some(provider), Some(reference)) = (&self.row.provider, &self.row.envelope) else {
            return Ok(None);
        };
        let outcome: Option<rules::EnvelopeOutcome> = self.row.envelope_outcome.as_deref().map(stored).transpose()?;
        let mut envelope = QuoteEnvelope {
            provider: provider.clone(),
            reference: reference.clone(),
            status: QuoteEnvelopeStatus::Pending,
            sent_at: self.row.envelope_sent_at.map(Moment::from_micros),
            signed_at: None,
            reason: None,
            document_sha256: None,
        };
        match outcome {
            None => {}
            Some(rules::EnvelopeOutcome::Signed { signed_at, document }) => {
                envelope.status = QuoteEnvelopeStatus::Signed;
                envelope.signed_at = Some(Moment(signed_at));
                envelope.document_sha256 = Some(document.to_string());
            }
            Some(rules::EnvelopeOutcome::Declined { reason }) => {
                envelope.status = QuoteEnvelopeStatus::Declined;
                envelope.reason = reason;
            }
            Some(rules::EnvelopeOutcome::Expired) => envelope.status = QuoteEnvelopeStatus::Expired,
        }
        Ok(Some(envelope))
    }

    async fn refusal_reason(&self) -> Option<&str> {
        self.row.refusal_reason.as_deref()
    }
}

/// Something that differs between two versions.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuoteDifference {
    /// What: `line 3 quantity`, `discount`.
    field: String,
    /// The line's number, where it is of a line.
    line: Option<u32>,
    /// Null: it was not there.
    before: Option<Json>,
    /// Null: it is there no more.
    after: Option<Json>,
}

impl QuoteDifference {
    /// Line by line, by their numbers, and then what is written around them.
    pub(super) fn between(from: &QuoteVersion, to: &QuoteVersion) -> ApiResult<Vec<Self>> {
        let (from, to) = (from.content_stored()?, to.content_stored()?);
        let mut numbers: Vec<LineId> = from.lines().chain(to.lines()).map(|line| line.id).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut differences = Vec::new();
        for number in numbers {
            match (from.line(number), to.line(number)) {
                (Some(before), Some(after)) => {
                    for (key, before, after) in differing(&object(before)?, &object(after)?) {
                        differences.push(Self::of(Some(number), key, before, after));
                    }
                }
                (before, after) => {
                    let whole = |line: Option<_>| line.map(object).transpose();
                    differences.push(Self::of(Some(number), String::new(), whole(before)?, whole(after)?));
                }
            }
        }
        let words = |content: &Content| -> Vec<Value> {
            let rows = content
                .rows
                .iter()
                .filter(|row| !matches!(row, domain::document::Row::Line(_)));
            rows.map(|row| serde_json::to_value(row).unwrap_or_default()).collect()
        };
        let rest = |content: &Content| -> ApiResult<Value> {
            let mut value = object(content)?;
            if let Some(fields) = value.as_object_mut() {
                fields.insert("rows".to_owned(), Value::Array(words(content)));
            }
            Ok(value)
        };
        for (key, before, after) in differing(&rest(&from)?, &rest(&to)?) {
            differences.push(Self::of(None, key, before, after));
        }
        Ok(differences)
    }

    fn of(line: Option<LineId>, field: String, before: Option<Value>, after: Option<Value>) -> Self {
        let line = line.map(|line| line.0);
        let field = match (line, field.is_empty()) {
            (Some(line), true) => format!("line {line}"),
            (Some(line), false) => format!("line {line} {field}"),
            (None, _) => field,
        };
        Self {
            field,
            line,
            before: before.map(Json),
            after: after.map(Json),
        }
    }
}

fn object(value: &impl serde::Serialize) -> ApiResult<Value> {
    serde_json::to_value(value).map_err(|error| ApiError::internal("a document cannot be compared", &error))
}

/// The keys of two objects that differ, with both values.
fn differing(before: &Value, after: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
    let empty = serde_json::Map::new();
    let (before, after) = (
        before.as_object().unwrap_or(&empty),
        after.as_object().unwrap_or(&empty),
    );
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| (key.clone(), before.get(key).cloned(), after.get(key).cloned()))
        .collect()
}
