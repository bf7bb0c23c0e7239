use std::collections::BTreeSet;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Buyer, Content, DocumentNumber, LineId, Seller};
use crate::{
    BlobHash, InvoiceId, Personal,
    billing::{Instalment, Nature, Percentage, VatBreakdown},
};

/// What an invoice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvoiceKind {
    /// The whole of what was sold.
    Standard,
    /// A part, before anything is delivered (CGI art. 289, I, 1, c).
    Deposit,
    /// A part, as the work goes on (facture de situation).
    Progress,
    /// The whole, less the deposits and the progress invoices before it.
    Final,
    /// Takes back an invoice or a part of it.
    CreditNote,
    /// Takes back a deposit.
    DepositCreditNote,
}

impl InvoiceKind {
    pub const ALL: [Self; 6] = [
        Self::Standard,
        Self::Deposit,
        Self::Progress,
        Self::Final,
        Self::CreditNote,
        Self::DepositCreditNote,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Deposit => "DEPOSIT",
            Self::Progress => "PROGRESS",
            Self::Final => "FINAL",
            Self::CreditNote => "CREDIT_NOTE",
            Self::DepositCreditNote => "DEPOSIT_CREDIT_NOTE",
        }
    }

    /// BT-3, UNTDID 1001.
    pub const fn untdid(self) -> &'static str {
        match self {
            Self::Standard | Self::Progress | Self::Final => "380",
            Self::Deposit => "386",
            Self::CreditNote => "381",
            Self::DepositCreditNote => "503",
        }
    }

    pub const fn is_credit(self) -> bool {
        matches!(self, Self::CreditNote | Self::DepositCreditNote)
    }
}

/// What the operations of an invoice are (CGI ann. II art. 242 nonies A, 8° bis; BT-23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationNature {
    Goods,
    Services,
    Both,
}

impl OperationNature {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Goods => "GOODS",
            Self::Services => "SERVICES",
            Self::Both => "BOTH",
        }
    }

    pub fn of(natures: impl IntoIterator<Item = Nature>) -> Self {
        let natures: BTreeSet<Nature> = natures.into_iter().collect();
        match (natures.contains(&Nature::Goods), natures.contains(&Nature::Services)) {
            (true, true) => Self::Both,
            (true, false) => Self::Goods,
            _ => Self::Services,
        }
    }
}

/// Where the bytes of a document lie, beside the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FiledDocument {
    pub blob: BlobHash,
    /// In bytes.
    pub size: u64,
}

/// Another document that this one is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentReference {
    pub invoice: InvoiceId,
    pub kind: InvoiceKind,
    pub number: DocumentNumber,
    pub issued_on: NaiveDate,
}

/// What a final invoice takes off for one that came before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deduction {
    pub of: DocumentReference,
    pub breakdown: VatBreakdown,
}

/// An invoice or credit note as it was issued: everything that its paper and its files say. Nothing of it ever changes.
/// Amounts of credit notes are positive, as EN 16931 has them: the kind gives the sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedInvoice {
    pub number: DocumentNumber,
    pub kind: InvoiceKind,
    pub issued_on: NaiveDate,
    pub seller: Box<Seller>,
    /// Sealed under the fiscal year's key.
    pub buyer: Personal<Box<Buyer>>,
    pub content: Content,
    /// The tax of the whole, before deductions. Of a credit note that takes the rest: what is left, so that the parts add
    /// up, and not the rate's share of the base.
    pub breakdown: VatBreakdown,
    /// The content's own discount as it was spread, by group of `breakdown`, in the basis of the prices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discount_shares: Vec<i64>,
    /// What was invoiced before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deductions: Vec<Deduction>,
    /// What a credit note takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<DocumentReference>,
    /// The quote it comes from, by its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_number: Option<DocumentNumber>,
    /// What is to be paid when: adds up to [`IssuedInvoice::due`]. Empty for a credit note.
    pub schedule: Vec<Instalment>,
    /// The rate of late interest as the invoice says it; `None`: the legal one (the European Central Bank's and ten
    /// points, C. com. art. L441-10, II).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_interest_rate: Option<Percentage>,
    /// Whether it goes through a platform, and a mail is only a copy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub through_platform: bool,
}

impl IssuedInvoice {
    pub fn nature(&self) -> OperationNature {
        OperationNature::of(self.content.lines().map(|line| line.taxation.nature))
    }

    /// What was invoiced before and is taken off, tax included (BT-113).
    pub fn deducted(&self) -> i64 {
        self.deductions
            .iter()
            .map(|deduction| deduction.breakdown.gross())
            .sum()
    }

    /// What is to be paid, tax included (BT-115); of a credit note, what is given back.
    pub fn due(&self) -> i64 {
        self.breakdown.gross() - self.deducted()
    }

    /// When all of it is to be paid.
    pub fn due_on(&self) -> Option<NaiveDate> {
        self.schedule.last().map(|part| part.due)
    }
}

/// A version of a quote as the customer was sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentQuote {
    pub number: DocumentNumber,
    pub version: u16,
    pub sent_on: NaiveDate,
    /// The last day on which it can be accepted.
    pub valid_until: NaiveDate,
    pub seller: Box<Seller>,
    /// Sealed under the fiscal year's key.
    pub buyer: Personal<Box<Buyer>>,
    pub content: Content,
    /// Without the options.
    pub breakdown: VatBreakdown,
}

impl SentQuote {
    /// The optional lines.
    pub fn options(&self) -> impl Iterator<Item = LineId> {
        self.content.lines().filter(|line| line.optional).map(|line| line.id)
    }
}
