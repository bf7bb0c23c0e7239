use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    BlobHash, ContractId, DealId, OrganizationId, Personal, QuoteId,
    billing::VatBreakdown,
    document::{Content, DocumentNumber, FiledDocument, LineId, SentQuote},
    event::event_types,
};

/// What can have happened to a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum QuoteEvent {
    QuoteDrafted {
        number: DocumentNumber,
        organization: OrganizationId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deal: Option<DealId>,
        /// The quote that it began as a copy of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        copied_from: Option<QuoteId>,
        /// The contract that is renewed once it is accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        renews: Option<ContractId>,
        content: Content,
    },
    /// Of the version that is a draft.
    QuoteContentChanged {
        content: Content,
    },
    /// A draft of the next version.
    QuoteVersionStarted {
        version: u16,
        content: Content,
    },
    QuoteVersionDiscarded {
        version: u16,
    },
    QuoteApprovalRequested {
        version: u16,
    },
    QuoteApproved {
        version: u16,
    },
    QuoteApprovalRefused {
        version: u16,
        reason: String,
    },
    QuoteSent {
        sent: Box<SentQuote>,
        /// The end of the last day, in the company's zone.
        expires_at: DateTime<Utc>,
        /// When the customer is to be reminded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<DateTime<Utc>>,
        /// The letter that carries it; `None` when somebody hands it over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery: Option<Uuid>,
    },
    /// A newer version was sent.
    QuoteSuperseded {
        version: u16,
    },
    /// The paper lies beside the journal, under its hash.
    QuoteDocumentFiled {
        version: u16,
        document: FiledDocument,
    },
    /// The customer opened the link for the first time.
    QuoteViewed {
        version: u16,
    },
    /// The link does not open any more.
    QuoteLinkRevoked {
        version: u16,
        link: u16,
    },
    /// Another link in its place.
    QuoteLinkRenewed {
        version: u16,
        link: u16,
    },
    /// The customer was reminded that it expires.
    QuoteExpiryReminded {
        version: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery: Option<Uuid>,
    },
    QuoteExpired {
        version: u16,
    },
    /// It holds for longer; an expired one holds again.
    QuoteExtended {
        version: u16,
        valid_until: NaiveDate,
        expires_at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<DateTime<Utc>>,
    },
    /// A one-time code went to the customer's address.
    SigningCodeIssued {
        version: u16,
        /// The how manieth of the version.
        code: u8,
        expires_at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery: Option<Uuid>,
    },
    /// Something else than the code was given.
    SigningCodeRejected {
        version: u16,
        code: u8,
        attempt: u8,
    },
    QuoteAccepted {
        version: u16,
        /// The optional lines that were taken.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        chosen: Vec<LineId>,
        /// What it comes to with them.
        breakdown: VatBreakdown,
        means: AcceptanceMeans,
        /// Of an electronic signature; sealed under the fiscal year's key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<Personal<Box<Signature>>>,
    },
    /// The signed paper and the evidence lie beside the journal.
    QuoteSignatureFiled {
        version: u16,
        /// With the evidence as last pages, and the company's seal.
        document: FiledDocument,
        /// The evidence as data.
        evidence: FiledDocument,
        /// What a time-stamping authority said; `None` where the house asks none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timestamp: Option<SealTimestamp>,
    },
    /// A provider of signatures asks the customer to sign.
    QuoteEnvelopeSent {
        version: u16,
        /// What the provider is called.
        provider: String,
        /// What the provider calls the envelope.
        reference: String,
    },
    /// What became of it, as the provider says.
    QuoteEnvelopeClosed {
        version: u16,
        reference: String,
        outcome: EnvelopeOutcome,
    },
    QuoteRefused {
        version: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    QuoteCancelled {
        reason: String,
    },
    /// It belongs to this deal from now on.
    QuoteLinkedToDeal {
        deal: DealId,
    },
}

event_types!(QuoteEvent of "quote" {
    QuoteDrafted = 1,
    QuoteContentChanged = 1,
    QuoteVersionStarted = 1,
    QuoteVersionDiscarded = 1,
    QuoteApprovalRequested = 1,
    QuoteApproved = 1,
    QuoteApprovalRefused = 1,
    QuoteSent = 1,
    QuoteSuperseded = 1,
    QuoteDocumentFiled = 1,
    QuoteViewed = 1,
    QuoteLinkRevoked = 1,
    QuoteLinkRenewed = 1,
    QuoteExpiryReminded = 1,
    QuoteExpired = 1,
    QuoteExtended = 1,
    SigningCodeIssued = 1,
    SigningCodeRejected = 1,
    QuoteAccepted = 1,
    QuoteSignatureFiled = 1,
    QuoteEnvelopeSent = 1,
    QuoteEnvelopeClosed = 1,
    QuoteRefused = 1,
    QuoteCancelled = 1,
    QuoteLinkedToDeal = 1,
});

/// How the customer said yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AcceptanceMeans {
    /// By a simple electronic signature on the public page.
    ElectronicSignature,
    /// By a signature on paper, a mail, a word: one of us says so.
    Reported,
    /// Through a provider of signatures, whose word it is.
    SignatureProvider,
}

impl AcceptanceMeans {
    pub const ALL: [Self; 3] = [Self::ElectronicSignature, Self::Reported, Self::SignatureProvider];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ElectronicSignature => "ELECTRONIC_SIGNATURE",
            Self::Reported => "REPORTED",
            Self::SignatureProvider => "SIGNATURE_PROVIDER",
        }
    }
}

/// Whether a time-stamping authority (RFC 3161) vouches for when a seal was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum SealTimestamp {
    Given {
        /// The moment that the authority vouches for.
        at: DateTime<Utc>,
        /// As its certificate names it.
        authority: String,
    },
    /// The authority gave none: the seal bears the clock of the house.
    Failed { reason: String },
}

/// What became of an envelope at a provider of signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum EnvelopeOutcome {
    Signed {
        signed_at: DateTime<Utc>,
        /// The signed paper, as the provider made it.
        document: BlobHash,
    },
    Declined {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Expired,
}

impl EnvelopeOutcome {
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Signed { .. } => "SIGNED",
            Self::Declined { .. } => "DECLINED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// A simple electronic signature in the sense of eIDAS, and what speaks for it (C. civ. art. 1366 and 1367).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// As the signer gave it.
    pub name: String,
    /// The address that the link and the code went to.
    pub email: String,
    /// The words that the signer agreed to.
    pub consent: String,
    /// The drawing, as a PNG file beside the journal; `None` for a typed name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawing: Option<BlobHash>,
    /// The paper that was signed.
    pub document: BlobHash,
    pub link_opened_at: Option<DateTime<Utc>>,
    pub code_sent_at: DateTime<Utc>,
    /// Wrong codes before the right one.
    pub wrong_codes: u8,
    pub signed_at: DateTime<Utc>,
    pub ip: String,
    pub user_agent: String,
}
