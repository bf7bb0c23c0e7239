use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{CreditPlan, CreditWish, InvoiceDocuments, PlatformStatus, ReminderStep, SkipCause, Source, Withdrawal};
use crate::{
    BlobHash, DealId, InvoiceId, Money, OrganizationId, PaymentId, Personal,
    billing::{FiscalPosition, LateInterestRates, Percentage, VatBreakdown},
    company::ReminderLadder,
    document::{Buyer, Deduction, DocumentNumber, DocumentReference, InvoiceKind, Seller, Taxed, WishedContent},
};

/// What one can ask of an invoice or a credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum InvoiceCommand {
    Draft(Box<DraftInvoice>),
    /// Of a draft, whole. New lines get numbers that no line of it ever had.
    ChangeContent {
        content: Box<WishedContent>,
        position: FiscalPosition,
        deducts: Vec<InvoiceId>,
    },
    /// A draft that nobody wants takes nothing more.
    Discard,
    /// From here on nothing of it changes.
    Issue(Box<IssueInvoice>),
    /// A credit note comes to be.
    IssueCredit(Box<IssueCredit>),
    /// Its three forms lie beside the journal.
    FileDocuments {
        documents: InvoiceDocuments,
    },
    /// It went out as a delivery; a copy when the invoice itself goes through a platform.
    RecordSent {
        delivery: Uuid,
    },
    /// A credit note takes back a part of it. Decides as [`super::InvoiceState::credit`] planned.
    Credit {
        by: DocumentReference,
        wish: CreditWish,
        on: NaiveDate,
    },
    /// A final invoice takes it off.
    DeductDeposit {
        by: InvoiceId,
    },
    /// The final invoice that took it off was taken back.
    FreeDeposit {
        by: InvoiceId,
    },
    /// A part of a payment goes on it.
    AllocatePayment {
        payment: PaymentId,
        amount: Money,
        /// The day on which the money was there.
        value_date: NaiveDate,
    },
    /// A payment, or a part of it, is not on it any more.
    WithdrawAllocation {
        payment: PaymentId,
        /// In minor units.
        amount: i64,
        cause: Withdrawal,
        on: NaiveDate,
    },
    /// The customer paid early and took off what the invoice offers for it.
    GrantEarlyPaymentDiscount {
        on: NaiveDate,
    },
    /// Nobody expects the rest any more.
    WriteOff {
        on: NaiveDate,
        reason: String,
    },
    /// What was written off is expected again: the customer pays after all, or it was a mistake.
    UndoWriteOff {
        on: NaiveDate,
        reason: String,
    },
    /// When the next step of the ladder is to be taken; `None`: no step is to come.
    PlanReminder {
        next: Option<(ReminderStep, DateTime<Utc>)>,
    },
    /// A step of the ladder is taken.
    Remind {
        step: ReminderStep,
        /// The customer's, else the company's; `None` for a customer who gets no reminders.
        ladder: Option<ReminderLadder>,
        /// The due date that it reminds of: when another one is next by now, it is not said.
        due: NaiveDate,
        on: NaiveDate,
        text: Personal<String>,
        delivery: Option<Uuid>,
        document: Option<BlobHash>,
    },
    /// A step of the ladder is not taken.
    SkipReminder {
        step: ReminderStep,
        cause: SkipCause,
    },
    Dispute {
        reason: String,
    },
    SettleDispute,
    /// The customer promises to pay by a day.
    Promise {
        until: NaiveDate,
    },
    /// No reminders until a day, or until they are released.
    HoldReminders {
        until: Option<NaiveDate>,
        reason: String,
    },
    ReleaseReminders,
    /// Interest since the last claim, and the fixed indemnity once.
    ClaimLateInterest {
        until: NaiveDate,
        rates: LateInterestRates,
        /// Whether the customer is one: the indemnity is owed by professionals only.
        professional: bool,
        document: Option<BlobHash>,
    },
    /// It is handed to a platform.
    Submit {
        platform: String,
        reference: String,
    },
    /// The platform says how it stands.
    ReceiveStatus {
        status: PlatformStatus,
        at: DateTime<Utc>,
        reason: Option<String>,
    },
    /// The platform is told what was cashed.
    ReportCashing {
        payment: PaymentId,
    },
}

/// What a draft begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftInvoice {
    pub kind: InvoiceKind,
    pub organization: OrganizationId,
    pub deal: Option<DealId>,
    pub source: Option<Source>,
    /// What a final invoice takes off; empty for the others.
    pub deducts: Vec<InvoiceId>,
    pub content: WishedContent,
    pub taxed: Taxed,
}

/// What an invoice is issued with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssueInvoice {
    pub number: DocumentNumber,
    pub issued_on: NaiveDate,
    /// The last day of the fiscal year of `issued_on`: its key seals the buyer.
    pub closing: NaiveDate,
    /// `None` until somebody said who we are.
    pub seller: Option<Box<Seller>>,
    pub buyer: Box<Buyer>,
    /// Of the day of issue: the tax of every line is decided anew.
    pub position: FiscalPosition,
    /// What is left of each invoice that the draft deducts, as it says itself.
    pub deductions: Vec<Deduction>,
    pub quote_number: Option<DocumentNumber>,
    /// As the invoice says it; `None`: the legal one.
    pub late_interest_rate: Option<Percentage>,
    pub electronic_invoicing_from: Option<NaiveDate>,
    /// What the quote has left to invoice, by rate, for a deposit or a progress invoice: whoever takes the rest of a rate
    /// takes the rest of its tax, and more than that is refused. `None`: nothing limits it.
    pub limit: Option<VatBreakdown>,
}

/// What a credit note is issued with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssueCredit {
    pub number: DocumentNumber,
    pub issued_on: NaiveDate,
    /// The last day of the fiscal year of `issued_on`: its key seals the buyer.
    pub closing: NaiveDate,
    pub organization: OrganizationId,
    pub deal: Option<DealId>,
    pub source: Option<Source>,
    pub seller: Option<Box<Seller>>,
    pub buyer: Box<Buyer>,
    /// As the original plans it.
    pub plan: Box<CreditPlan>,
    /// What the customer reads.
    pub reason: String,
    pub electronic_invoicing_from: Option<NaiveDate>,
}
