use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Alert, AlertSkip, Ground, IndexValue, LinePrice, NoticePeriod, Party, QuoteOrigin, RenewalPlan, RenewalPolicy,
    TerminationReason, WishedLine, WishedTerms,
};
use crate::{
    Change, ContractId, DealId, InvoiceId, OrganizationId, QuoteId, TaskId, UserId,
    billing::Quantity,
    document::{DocumentNumber, FiledDocument, LineId},
    organization::OrganizationKind,
};

/// What one can ask of a contract. `on` is today, in the company's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ContractCommand {
    Draft(Box<DraftContract>),
    /// Of a draft, whole.
    ChangeTerms {
        terms: Box<WishedTerms>,
    },
    Discard,
    Sign {
        signed_on: NaiveDate,
        document: Option<FiledDocument>,
    },
    FileDocument {
        document: FiledDocument,
    },
    /// From the agenda, on its first day or later.
    Activate {
        on: NaiveDate,
    },
    Amend(Box<Amend>),
    /// Prices follow the index of the clause, by the last value that is published on the effective day.
    Index {
        effective_on: NaiveDate,
        values: Vec<IndexValue>,
    },
    Pause {
        from: NaiveDate,
        reason: Option<String>,
    },
    Resume {
        on: NaiveDate,
    },
    GiveNotice {
        notice: NoticeWish,
        on: NaiveDate,
    },
    /// Of an end that has not come.
    WithdrawNotice {
        on: NaiveDate,
    },
    /// From the agenda, when the last day that notice was given for is over.
    Terminate {
        on: NaiveDate,
    },
    /// From the agenda, when the term is over and nobody renewed it.
    Expire {
        on: NaiveDate,
    },
    /// From the agenda, on the last day of the term or later. With it, in one unit of work, [`Self::BeginRenewal`] makes the
    /// contract that follows; both by the same [`RenewalPlan`].
    RenewTacitly {
        plan: Box<RenewalPlan>,
        number: DocumentNumber,
        on: NaiveDate,
    },
    /// The contract that follows was drafted on its own and is signed.
    RenewExpressly {
        by: ContractId,
        number: DocumentNumber,
        starts_on: NaiveDate,
        ends_on: Option<NaiveDate>,
    },
    /// Of the contract that follows: it comes to be, signed by nobody.
    BeginRenewal {
        plan: Box<RenewalPlan>,
        number: DocumentNumber,
    },
    /// From the agenda.
    RaiseAlert {
        alert: Alert,
        on: NaiveDate,
        /// Who is told in the application.
        to: Vec<UserId>,
        task: Option<TaskId>,
        delivery: Option<Uuid>,
        quote: Option<QuoteId>,
    },
    SkipAlert {
        alert: Alert,
        cause: AlertSkip,
    },
    /// The letter of C. conso. art. L215-1 goes out.
    NotifyConsumer {
        sent_on: NaiveDate,
        delivery: Option<Uuid>,
        document: Option<FiledDocument>,
    },
    /// What is to be charged on a day, all of it, is in this draft.
    BillPeriods {
        on: NaiveDate,
        invoice: InvoiceId,
    },
    /// What an invoice billed too much, as far as it is this one that gives it back, is taken back by this credit note.
    CreditPeriods {
        on: NaiveDate,
        note: InvoiceId,
        of: InvoiceId,
    },
    WithdrawBilling {
        invoice: InvoiceId,
    },
    Dispute {
        reason: String,
    },
    SettleDispute,
    Assign {
        owner: Option<UserId>,
    },
    SetSegment {
        segment: Option<String>,
        effective_on: NaiveDate,
    },
    Transfer {
        organization: OrganizationId,
        customer_kind: OrganizationKind,
        effective_on: NaiveDate,
    },
}

/// What a contract begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftContract {
    pub number: DocumentNumber,
    pub organization: OrganizationId,
    pub customer_kind: OrganizationKind,
    pub deal: Option<DealId>,
    pub quote: Option<QuoteOrigin>,
    pub owner: Option<UserId>,
    pub segment: Option<String>,
    /// The contract that it is to renew expressly, with its number.
    pub follows: Option<(ContractId, DocumentNumber)>,
    pub terms: WishedTerms,
}

/// A change that both signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amend {
    pub signed_on: NaiveDate,
    pub effective_on: NaiveDate,
    pub lines: Vec<WishedLineChange>,
    /// Clear: it has no end from now on.
    pub ends_on: Change<NaiveDate>,
    pub renewal: Option<RenewalPolicy>,
    pub notice: Option<NoticePeriod>,
    pub document: Option<FiledDocument>,
    pub note: Option<String>,
}

/// What an amendment is to do to a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum WishedLineChange {
    Add(Box<WishedLine>),
    Quantity { line: LineId, quantity: Quantity },
    Price { line: LineId, price: LinePrice },
    End { line: LineId },
}

/// An end that is given notice of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeWish {
    pub by: Party,
    pub ground: Ground,
    pub received_on: NaiveDate,
    /// `None`: the earliest day that the ground allows.
    pub last_day: Option<NaiveDate>,
    pub reason: TerminationReason,
    pub note: Option<String>,
}
