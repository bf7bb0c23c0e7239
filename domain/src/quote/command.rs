use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{EnvelopeOutcome, SealTimestamp, Signature};
use crate::{
    ContractId, DealId, OrganizationId, QuoteId,
    billing::{FiscalPosition, Percentage},
    document::{Buyer, DocumentNumber, FiledDocument, LineId, Seller, WishedContent},
};

/// What one can ask of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum QuoteCommand {
    Draft(Box<DraftQuote>),
    /// Of the version that is a draft.
    ChangeContent {
        content: Box<WishedContent>,
        position: FiscalPosition,
    },
    /// A draft of the next version, with the content of the newest.
    StartVersion,
    /// The draft of a version after the first.
    DiscardVersion,
    RequestApproval,
    Approve,
    RefuseApproval {
        reason: String,
    },
    Send(Box<SendQuote>),
    /// The paper of a version that was sent.
    FileDocument {
        version: u16,
        document: FiledDocument,
    },
    /// The customer opened the link.
    View {
        version: u16,
        link: u16,
    },
    RevokeLink,
    /// Another link for the open version; the one before does not open any more.
    RenewLink,
    /// From the agenda.
    RemindOfExpiry {
        version: u16,
        now: DateTime<Utc>,
        delivery: Option<Uuid>,
    },
    /// From the agenda.
    Expire {
        version: u16,
        now: DateTime<Utc>,
    },
    /// Holds the newest version open until another day, also when it expired.
    Extend {
        valid_until: NaiveDate,
        expires_at: DateTime<Utc>,
        remind_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    },
    /// A one-time code for the customer of the open version.
    IssueSigningCode {
        version: u16,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
        delivery: Option<Uuid>,
    },
    /// Something else than the code was given.
    RejectSigningCode {
        version: u16,
        now: DateTime<Utc>,
    },
    /// The customer signs; the code that they gave is the right one.
    Sign {
        version: u16,
        chosen: Vec<LineId>,
        signature: Box<SignatureGiven>,
    },
    /// One of us says that the customer accepted.
    ReportAcceptance {
        version: u16,
        chosen: Vec<LineId>,
        now: DateTime<Utc>,
    },
    FileSignature {
        version: u16,
        document: FiledDocument,
        evidence: FiledDocument,
        timestamp: Option<SealTimestamp>,
    },
    /// A provider of signatures took the open version.
    SendEnvelope {
        version: u16,
        provider: String,
        reference: String,
        now: DateTime<Utc>,
    },
    /// The provider says what became of it; a signature accepts the version where it can still be accepted.
    CloseEnvelope {
        version: u16,
        reference: String,
        outcome: EnvelopeOutcome,
        now: DateTime<Utc>,
    },
    Refuse {
        version: u16,
        reason: Option<String>,
        now: DateTime<Utc>,
    },
    Cancel {
        reason: String,
    },
    /// The deal that the accepted quote belongs to.
    LinkToDeal {
        deal: DealId,
    },
}

/// What a quote begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftQuote {
    pub number: DocumentNumber,
    pub organization: OrganizationId,
    pub deal: Option<DealId>,
    pub copied_from: Option<QuoteId>,
    /// The contract that follows its acceptance renews this one.
    pub renews: Option<ContractId>,
    pub content: WishedContent,
    pub position: FiscalPosition,
}

/// What the customer is sent, beside the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SendQuote {
    /// Today, in the company's zone.
    pub sent_on: NaiveDate,
    pub valid_until: NaiveDate,
    /// The end of that day.
    pub expires_at: DateTime<Utc>,
    /// When the customer is to be reminded.
    pub remind_at: Option<DateTime<Utc>>,
    /// The last day of the fiscal year that it is sent in.
    pub closing: NaiveDate,
    pub seller: Option<Seller>,
    pub buyer: Buyer,
    /// Above this discount a manager has to agree.
    pub approval_above: Option<Percentage>,
    pub delivery: Option<Uuid>,
}

/// What came with a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureGiven {
    pub signature: Signature,
    /// The last day of the fiscal year that it is given in.
    pub closing: NaiveDate,
}
