use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    BlobHash, ContractId, DealId, InvoiceId, OrganizationId, PaymentId, Personal, QuoteId,
    billing::VatBreakdown,
    document::{Content, DocumentReference, FiledDocument, InvoiceKind, IssuedInvoice, LineId},
    event::event_types,
};

/// What can have happened to an invoice or a credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum InvoiceEvent {
    /// A draft: it has no number.
    InvoiceDrafted {
        kind: InvoiceKind,
        organization: OrganizationId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deal: Option<DealId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Source>,
        /// What a final invoice takes off: the invoices before it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        deducts: Vec<InvoiceId>,
        content: Content,
    },
    InvoiceContentChanged {
        content: Content,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        deducts: Vec<InvoiceId>,
    },
    InvoiceDiscarded {},
    /// From here on nothing of it changes. A credit note comes to be by this event: it has no draft.
    InvoiceIssued {
        invoice: Box<IssuedInvoice>,
        organization: OrganizationId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deal: Option<DealId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Source>,
    },
    /// Its paper and its files lie beside the journal, under their hashes.
    InvoiceDocumentsFiled {
        documents: InvoiceDocuments,
    },
    /// It went out, as a delivery.
    InvoiceSent {
        delivery: Uuid,
        /// The mail is a copy: the invoice itself goes through a platform.
        copy: bool,
    },
    /// A credit note took back a part of it.
    InvoiceCredited {
        by: DocumentReference,
        breakdown: VatBreakdown,
        /// By line, without tax and after the document's discount.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<(LineId, i64)>,
    },
    /// A final invoice took it off.
    DepositDeducted {
        by: InvoiceId,
        breakdown: VatBreakdown,
    },
    /// The final invoice that took it off was taken back.
    DepositFreed {
        by: InvoiceId,
    },
    /// A part of a payment goes on it.
    PaymentAllocated {
        payment: PaymentId,
        /// Tax included, in minor units.
        amount: i64,
        /// The day on which the money was there.
        value_date: NaiveDate,
        /// The amount by rate.
        breakdown: VatBreakdown,
    },
    /// A payment, or a part of it, is not on it any more.
    PaymentAllocationWithdrawn {
        payment: PaymentId,
        amount: i64,
        breakdown: VatBreakdown,
        cause: Withdrawal,
        on: NaiveDate,
    },
    /// The discount for early payment was taken.
    EarlyPaymentDiscountGranted {
        breakdown: VatBreakdown,
        on: NaiveDate,
    },
    /// Nobody expects the rest any more; its tax is claimed back (CGI art. 272).
    InvoiceWrittenOff {
        breakdown: VatBreakdown,
        on: NaiveDate,
        reason: String,
    },
    /// What was written off is expected again, with its tax.
    InvoiceWriteOffUndone {
        breakdown: VatBreakdown,
        on: NaiveDate,
        reason: String,
    },
    /// When the next step of the ladder is to be taken; replaces what was planned before.
    ReminderPlanned {
        step: ReminderStep,
        at: DateTime<Utc>,
    },
    /// No step is to come: nothing is left to pay or to say, or the customer gets no reminders.
    ReminderUnplanned {},
    /// One step of the ladder of reminders.
    InvoiceReminded {
        step: ReminderStep,
        on: NaiveDate,
        /// What the customer was told, as it was written.
        text: Personal<String>,
        /// The letter that carries it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery: Option<Uuid>,
        /// The paper of a formal notice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<BlobHash>,
    },
    /// A step that is not taken: its day is over, or there is nothing to remind of.
    ReminderSkipped {
        step: ReminderStep,
        cause: SkipCause,
    },
    InvoiceDisputed {
        reason: String,
    },
    DisputeSettled {},
    /// The customer promised to pay by a day: no reminder before.
    PaymentPromised {
        until: NaiveDate,
    },
    /// Somebody wants no reminders.
    RemindersHeld {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<NaiveDate>,
        reason: String,
    },
    RemindersReleased {},
    /// Interest and the fixed indemnity were asked for, in a document of their own (C. com. art. L441-10, II).
    LateInterestClaimed {
        until: NaiveDate,
        /// In minor units, since the last claim.
        interest: i64,
        /// Once, of professionals only.
        indemnity: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<BlobHash>,
    },
    /// It was handed to a platform.
    InvoiceSubmitted {
        platform: String,
        /// What the platform calls it.
        reference: String,
    },
    /// The platform said how it stands.
    PlatformStatusReceived {
        status: PlatformStatus,
        at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The platform was told what was cashed, by rate (rule G7.45).
    CashingReported {
        payment: PaymentId,
        breakdown: VatBreakdown,
    },
}

event_types!(InvoiceEvent of "invoice" {
    InvoiceDrafted = 1,
    InvoiceContentChanged = 1,
    InvoiceDiscarded = 1,
    InvoiceIssued = 1,
    InvoiceDocumentsFiled = 1,
    InvoiceSent = 1,
    InvoiceCredited = 1,
    DepositDeducted = 1,
    DepositFreed = 1,
    PaymentAllocated = 1,
    PaymentAllocationWithdrawn = 1,
    EarlyPaymentDiscountGranted = 1,
    InvoiceWrittenOff = 1,
    InvoiceWriteOffUndone = 1,
    ReminderPlanned = 1,
    ReminderUnplanned = 1,
    InvoiceReminded = 1,
    ReminderSkipped = 1,
    InvoiceDisputed = 1,
    DisputeSettled = 1,
    PaymentPromised = 1,
    RemindersHeld = 1,
    RemindersReleased = 1,
    LateInterestClaimed = 1,
    InvoiceSubmitted = 1,
    PlatformStatusReceived = 1,
    CashingReported = 1,
});

/// What an invoice comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// A version of a quote that was accepted.
    Quote { quote: QuoteId, version: u16 },
    /// Periods of a contract.
    Contract { contract: ContractId },
}

/// The three forms of one invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceDocuments {
    /// PDF/A-3 with the CII file in it (Factur-X).
    pub factur_x: FiledDocument,
    pub cii: FiledDocument,
    pub ubl: FiledDocument,
}

/// Why a payment is not on an invoice any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Withdrawal {
    /// The money went back: a bounced cheque, a rejected debit.
    Reversed,
    /// It was put on the wrong invoice.
    Corrected,
    /// A credit note left less to pay than was paid.
    Credited,
}

impl Withdrawal {
    pub const ALL: [Self; 3] = [Self::Reversed, Self::Corrected, Self::Credited];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reversed => "REVERSED",
            Self::Corrected => "CORRECTED",
            Self::Credited => "CREDITED",
        }
    }
}

/// The steps of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReminderStep {
    /// Before the due date: a friendly word.
    Friendly,
    /// After it: firm.
    Firm,
    /// The formal notice (mise en demeure, C. civ. art. 1344).
    FormalNotice,
}

impl ReminderStep {
    pub const ALL: [Self; 3] = [Self::Friendly, Self::Firm, Self::FormalNotice];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Friendly => "FRIENDLY",
            Self::Firm => "FIRM",
            Self::FormalNotice => "FORMAL_NOTICE",
        }
    }
}

/// Why a step was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SkipCause {
    NothingDue,
    Disputed,
    Promised,
    Held,
    /// The customer gets no reminders, or not for so little.
    Excepted,
    /// A later step is due as well.
    Overtaken,
}

impl SkipCause {
    pub const ALL: [Self; 6] = [
        Self::NothingDue,
        Self::Disputed,
        Self::Promised,
        Self::Held,
        Self::Excepted,
        Self::Overtaken,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingDue => "NOTHING_DUE",
            Self::Disputed => "DISPUTED",
            Self::Promised => "PROMISED",
            Self::Held => "HELD",
            Self::Excepted => "EXCEPTED",
            Self::Overtaken => "OVERTAKEN",
        }
    }
}

/// The life of an invoice at a platform (external specifications of the tax administration, table 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlatformStatus {
    /// 200.
    Deposited,
    /// 213.
    Rejected,
    /// 202.
    Received,
    /// 203.
    MadeAvailable,
    /// 205.
    Approved,
    /// 207.
    Disputed,
    /// 210.
    Refused,
    /// 212.
    Cashed,
}
