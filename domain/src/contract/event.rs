use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    ContractLine, ContractTerms, IndexPoint, LinePrice, NoticePeriod, ReasonCategory, RenewalPolicy, TerminationReason,
};
use crate::{
    ContractId, DealId, InvoiceId, OrganizationId, QuoteId, TaskId, UserId,
    billing::Quantity,
    document::{DocumentNumber, FiledDocument, LineId},
    event::event_types,
    organization::OrganizationKind,
};

/// What can have happened to a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum ContractEvent {
    /// A draft, or the contract that a renewal made: then it follows another one.
    ContractDrafted {
        number: DocumentNumber,
        organization: OrganizationId,
        /// Whom the law sees in the customer.
        customer_kind: OrganizationKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deal: Option<DealId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote: Option<QuoteOrigin>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
        /// By which revenue is split up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        segment: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follows: Option<Follows>,
        terms: Box<ContractTerms>,
    },
    /// Of a draft, whole.
    ContractTermsChanged {
        terms: Box<ContractTerms>,
    },
    /// A draft that nobody wants takes nothing more.
    ContractDiscarded {},
    /// From here on it binds, and changes by amendments only.
    ContractSigned {
        signed_on: NaiveDate,
        /// The signed paper beside the journal; nothing is signed when a contract is renewed tacitly.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<FiledDocument>,
    },
    /// The signed paper came later, or a better copy of it.
    ContractDocumentFiled {
        document: FiledDocument,
    },
    /// Its first day came.
    ContractActivated {
        on: NaiveDate,
    },
    ContractAmended {
        amendment: Box<Amendment>,
    },
    ContractIndexed {
        indexation: Box<Indexation>,
    },
    /// Nothing is owed from this day on.
    ContractPaused {
        from: NaiveDate,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It goes on from this day.
    ContractResumed {
        on: NaiveDate,
    },
    /// One of the two said that it ends.
    ContractNoticeGiven {
        notice: Notice,
    },
    ContractNoticeWithdrawn {},
    /// The end that was given notice of came.
    ContractTerminated {
        last_day: NaiveDate,
        reason: TerminationReason,
    },
    /// Its term ended and nobody renewed it.
    ContractExpired {
        last_day: NaiveDate,
    },
    /// Another contract follows it.
    ContractRenewed {
        renewal: Renewal,
    },
    ContractAlertRaised {
        alert: Alert,
        on: NaiveDate,
        /// Who is told in the application: the salesperson, where no task tells them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        to: Vec<UserId>,
        /// The task for the salesperson.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        /// The letter that carries it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery: Option<Uuid>,
        /// The renewal that the customer is offered with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote: Option<QuoteId>,
    },
    /// An alert that is not raised: a later one has come as well.
    ContractAlertSkipped {
        alert: Alert,
        cause: AlertSkip,
    },
    /// The customer was told that they may refuse the renewal, and by when (C. conso. art. L215-1).
    ContractConsumerNotified {
        /// The last day on which they may refuse.
        deadline: NaiveDate,
        sent_on: NaiveDate,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery: Option<Uuid>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<FiledDocument>,
    },
    /// A draft of an invoice, or of what a credit note takes back, came to be.
    ContractPeriodsBilled {
        invoice: InvoiceId,
        on: NaiveDate,
        nature: BillingNature,
        /// The invoice that a credit note takes them back from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<InvoiceId>,
        periods: Vec<BilledPeriod>,
    },
    /// That draft was discarded: its periods are to be billed again.
    ContractBillingWithdrawn {
        invoice: InvoiceId,
    },
    ContractDisputed {
        reason: String,
    },
    ContractDisputeSettled {},
    /// To a salesperson, or to nobody.
    ContractAssigned {
        owner: Option<UserId>,
    },
    ContractSegmentSet {
        segment: Option<String>,
        effective_on: NaiveDate,
    },
    /// Another customer takes it over (C. civ. art. 1216).
    ContractTransferred {
        organization: OrganizationId,
        customer_kind: OrganizationKind,
        effective_on: NaiveDate,
    },
}

event_types!(ContractEvent of "contract" {
    ContractDrafted = 1,
    ContractTermsChanged = 1,
    ContractDiscarded = 1,
    ContractSigned = 1,
    ContractDocumentFiled = 1,
    ContractActivated = 1,
    ContractAmended = 1,
    ContractIndexed = 1,
    ContractPaused = 1,
    ContractResumed = 1,
    ContractNoticeGiven = 1,
    ContractNoticeWithdrawn = 1,
    ContractTerminated = 1,
    ContractExpired = 1,
    ContractRenewed = 1,
    ContractAlertRaised = 1,
    ContractAlertSkipped = 1,
    ContractConsumerNotified = 1,
    ContractPeriodsBilled = 1,
    ContractBillingWithdrawn = 1,
    ContractDisputed = 1,
    ContractDisputeSettled = 1,
    ContractAssigned = 1,
    ContractSegmentSet = 1,
    ContractTransferred = 1,
});

/// The version of a quote that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteOrigin {
    pub quote: QuoteId,
    pub version: u16,
}

/// The contract that one follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Follows {
    pub contract: ContractId,
    pub number: DocumentNumber,
    pub kind: RenewalKind,
    /// The first day of the first contract: the ends of all terms are counted from it.
    pub anchor: NaiveDate,
    /// How many contracts followed the first one tacitly, this one counted.
    pub renewals: u16,
    /// A consumer or a non-professional who was not told in time: they may leave at any time, free of charge
    /// (C. conso. art. L215-1, al. 2, and L215-3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uninformed: bool,
}

/// How a contract came to follow another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RenewalKind {
    Tacit,
    Express,
}

impl RenewalKind {
    pub const ALL: [Self; 2] = [Self::Tacit, Self::Express];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tacit => "TACIT",
            Self::Express => "EXPRESS",
        }
    }
}

/// The contract that follows, as the one before remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Renewal {
    pub by: ContractId,
    pub number: DocumentNumber,
    pub kind: RenewalKind,
    pub starts_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<NaiveDate>,
    /// There was a dispute: it does not stop a tacit renewal, somebody should know.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disputed: bool,
    /// Nobody told a consumer or non-professional in time that they may refuse.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uninformed: bool,
    /// Prices follow an index of which no value was known: they are to be revised later, from the first day.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub indexation_pending: bool,
}

/// A change of a contract (avenant). Its day is not the day of its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Amendment {
    /// 1, 2, …
    pub number: u16,
    pub signed_on: NaiveDate,
    /// From this day on; it may lie before the signature.
    pub effective_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineChange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<NewEnd>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<RenewalPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticePeriod>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<FiledDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Another last day, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewEnd {
    pub ends_on: Option<NaiveDate>,
}

/// What an amendment does to a line, from its effective day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LineChange {
    Added(Box<ContractLine>),
    Quantity {
        line: LineId,
        quantity: Quantity,
    },
    Price {
        line: LineId,
        price: LinePrice,
    },
    /// The day before is its last.
    Ended {
        line: LineId,
    },
}

/// Prices that followed an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Indexation {
    pub effective_on: NaiveDate,
    pub index: String,
    /// S0.
    pub from: IndexPoint,
    /// S1.
    pub to: IndexPoint,
    #[schemars(with = "String")]
    pub coefficient: Decimal,
    /// By line, from this day on.
    pub prices: Vec<(LineId, LinePrice)>,
}

/// That a contract ends, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    pub by: Party,
    pub ground: Ground,
    pub received_on: NaiveDate,
    /// The last day that is covered.
    pub last_day: NaiveDate,
    pub reason: TerminationReason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Notice {
    pub const fn category(&self) -> ReasonCategory {
        self.reason.category()
    }
}

/// Who ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Party {
    Customer,
    /// We do.
    Company,
}

impl Party {
    pub const ALL: [Self; 2] = [Self::Customer, Self::Company];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "CUSTOMER",
            Self::Company => "COMPANY",
        }
    }
}

/// By what right it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ground {
    /// The renewal is refused: it ends with its term.
    NonRenewal,
    /// A contract without an end, after the notice period (C. civ. art. 1211).
    Notice,
    /// Both agree (C. civ. art. 1193).
    Agreement,
    /// For breach of contract (C. civ. art. 1224), or by a clause.
    Breach,
    /// A consumer or non-professional who was not told of the renewal (C. conso. art. L215-1, al. 2).
    Uninformed,
}

impl Ground {
    pub const ALL: [Self; 5] = [
        Self::NonRenewal,
        Self::Notice,
        Self::Agreement,
        Self::Breach,
        Self::Uninformed,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NonRenewal => "NON_RENEWAL",
            Self::Notice => "NOTICE",
            Self::Agreement => "AGREEMENT",
            Self::Breach => "BREACH",
            Self::Uninformed => "UNINFORMED",
        }
    }
}

/// An alert before a date. The date is part of it: when it moves, the alert is another one and comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    pub before: AlertDate,
    pub date: NaiveDate,
    /// So many days before.
    pub days: u16,
}

/// What an alert comes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlertDate {
    /// The last day on which a renewal can be refused.
    NoticeDeadline,
    TermEnd,
}

impl AlertDate {
    pub const ALL: [Self; 2] = [Self::NoticeDeadline, Self::TermEnd];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoticeDeadline => "NOTICE_DEADLINE",
            Self::TermEnd => "TERM_END",
        }
    }
}

/// Why an alert is not raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlertSkip {
    /// A later one of the same date has come as well.
    Overtaken,
    /// The date itself is over.
    Passed,
}

impl AlertSkip {
    pub const ALL: [Self; 2] = [Self::Overtaken, Self::Passed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overtaken => "OVERTAKEN",
            Self::Passed => "PASSED",
        }
    }
}

/// Whether money is asked for or given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BillingNature {
    /// Periods as they come, and what was billed too little.
    Charge,
    /// What was billed too much.
    Credit,
}

impl BillingNature {
    pub const ALL: [Self; 2] = [Self::Charge, Self::Credit];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "CHARGE",
            Self::Credit => "CREDIT",
        }
    }
}

/// What of a line was billed for a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BilledPeriod {
    pub line: LineId,
    /// The how manieth period of the line, from 0.
    pub period: u32,
    /// The first day that it covers.
    pub first: NaiveDate,
    /// The last one.
    pub last: NaiveDate,
    /// Without tax, in minor units; below zero what is given back.
    pub amount: i64,
}
