use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    BlobHash, ContractId, DealId, InvalidValue, OrganizationId,
    billing::{Percentage, VatBreakdown},
    document::{Content, DocumentNumber, LineId, SentQuote},
};

/// Codes for one version at most.
pub const CODES_MAX: u8 = 5;
/// Wrong answers to one code at most.
pub const CODE_ATTEMPTS_MAX: u8 = 5;

/// What a quote remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QuoteState {
    pub(super) drafted: Option<Drafted>,
    pub(super) draft: Option<Draft>,
    /// By version, the newest last.
    pub(super) sent: BTreeMap<u16, SentVersion>,
    pub(super) accepted: Option<Accepted>,
    pub(super) cancelled: bool,
    /// The first number that no line ever had.
    pub(super) next_line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Drafted {
    pub number: DocumentNumber,
    pub organization: OrganizationId,
    pub deal: Option<DealId>,
    #[serde(default)]
    pub renews: Option<ContractId>,
}

/// A version that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub version: u16,
    pub content: Content,
    pub approval: Approval,
}

/// Whether a manager agreed to a draft as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Approval {
    #[default]
    NotAsked,
    Requested,
    Given,
    Refused,
}

impl Approval {
    pub const ALL: [Self; 4] = [Self::NotAsked, Self::Requested, Self::Given, Self::Refused];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "NOT_ASKED",
            Self::Requested => "REQUESTED",
            Self::Given => "GIVEN",
            Self::Refused => "REFUSED",
        }
    }
}

/// A version that the customer was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentVersion {
    pub sent: Box<SentQuote>,
    pub status: QuoteStatus,
    pub valid_until: NaiveDate,
    pub expires_at: DateTime<Utc>,
    /// The link that opens it, counted from 1; `None` once revoked.
    pub link: Option<u16>,
    pub(super) links: u16,
    pub document: Option<BlobHash>,
    pub reminded: bool,
    /// Codes that were issued.
    pub codes: u8,
    pub(super) code: Option<Code>,
    pub signed_document: Option<BlobHash>,
    /// At a provider of signatures, the newest last.
    #[serde(default)]
    pub envelopes: Vec<Envelope>,
}

/// Something to sign, at a provider of signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub reference: String,
    /// Nobody has signed or declined yet.
    pub is_open: bool,
}

impl SentVersion {
    /// The envelope that the customer has to answer.
    pub fn open_envelope(&self) -> Option<&Envelope> {
        self.envelopes.last().filter(|envelope| envelope.is_open)
    }

    /// Whether a code can be answered now.
    pub fn has_live_code(&self, now: DateTime<Utc>) -> bool {
        self.code
            .is_some_and(|code| now < code.expires_at && code.wrong < CODE_ATTEMPTS_MAX)
    }
}

/// The newest one-time code of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Code {
    pub expires_at: DateTime<Utc>,
    pub wrong: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Accepted {
    pub version: u16,
    pub chosen: BTreeSet<LineId>,
    pub breakdown: VatBreakdown,
}

/// How a quote, or one of its versions, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QuoteStatus {
    Draft,
    Sent,
    Viewed,
    Accepted,
    Refused,
    Expired,
    Superseded,
    Cancelled,
}

impl QuoteStatus {
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Sent,
        Self::Viewed,
        Self::Accepted,
        Self::Refused,
        Self::Expired,
        Self::Superseded,
        Self::Cancelled,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Sent => "SENT",
            Self::Viewed => "VIEWED",
            Self::Accepted => "ACCEPTED",
            Self::Refused => "REFUSED",
            Self::Expired => "EXPIRED",
            Self::Superseded => "SUPERSEDED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether the customer can answer it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Sent | Self::Viewed)
    }
}

/// The version that the customer can answer.
#[derive(Debug, Clone, Copy)]
pub struct OpenVersion<'a> {
    pub version: u16,
    pub sent: &'a SentVersion,
}

impl QuoteState {
    pub fn number(&self) -> Option<&DocumentNumber> {
        self.drafted.as_ref().map(|drafted| &drafted.number)
    }

    pub fn organization(&self) -> Option<OrganizationId> {
        self.drafted.as_ref().map(|drafted| drafted.organization)
    }

    pub fn deal(&self) -> Option<DealId> {
        self.drafted.as_ref().and_then(|drafted| drafted.deal)
    }

    /// The contract that is renewed once it is accepted.
    pub fn renews(&self) -> Option<ContractId> {
        self.drafted.as_ref().and_then(|drafted| drafted.renews)
    }

    pub const fn draft(&self) -> Option<&Draft> {
        self.draft.as_ref()
    }

    pub fn sent(&self, version: u16) -> Option<&SentVersion> {
        self.sent.get(&version)
    }

    /// Every version that was sent, in order.
    pub fn sent_versions(&self) -> impl DoubleEndedIterator<Item = (u16, &SentVersion)> {
        self.sent.iter().map(|(version, sent)| (*version, sent))
    }

    pub fn newest_sent(&self) -> Option<OpenVersion<'_>> {
        let (version, sent) = self.sent.last_key_value()?;
        Some(OpenVersion {
            version: *version,
            sent,
        })
    }

    /// The version that the customer can answer now.
    pub fn open(&self) -> Option<OpenVersion<'_>> {
        self.newest_sent().filter(|open| open.sent.status.is_open())
    }

    /// `None` before it was drafted. What was sent counts before what is being written.
    pub fn status(&self) -> Option<QuoteStatus> {
        self.drafted.as_ref()?;
        Some(match self.newest_sent() {
            _ if self.cancelled => QuoteStatus::Cancelled,
            Some(newest) => newest.sent.status,
            None => QuoteStatus::Draft,
        })
    }

    /// The version that was accepted, what it came to, and the options that were taken.
    pub fn accepted(&self) -> Option<(u16, &VatBreakdown, &BTreeSet<LineId>)> {
        let accepted = self.accepted.as_ref()?;
        Some((accepted.version, &accepted.breakdown, &accepted.chosen))
    }

    /// The content of the newest version, written or sent.
    pub fn newest_content(&self) -> Option<&Content> {
        let draft = self.draft.as_ref().map(|draft| &draft.content);
        draft.or_else(|| self.newest_sent().map(|newest| &newest.sent.sent.content))
    }

    /// Wrong answers to the newest code of a version.
    pub fn wrong_codes(&self, version: u16) -> u8 {
        let code = self.sent.get(&version).and_then(|sent| sent.code);
        code.map_or(0, |code| code.wrong)
    }
}

impl Content {
    /// The largest discount in hundred of what there was before it: of a line, or of the whole with its lines'.
    pub fn largest_discount(&self) -> Result<Percentage, InvalidValue> {
        use rust_decimal::Decimal;
        let all: BTreeSet<LineId> = self.lines().map(|line| line.id).collect();
        let totals = self.totals(&all)?;
        let share = |taken_off: i64, of: i64| {
            if of <= 0 {
                Decimal::ZERO
            } else {
                Decimal::from(taken_off) * Decimal::ONE_HUNDRED / Decimal::from(of)
            }
        };
        let of_lines = totals
            .lines
            .iter()
            .map(|line| share(line.discount, line.before_discount))
            .max()
            .unwrap_or_default();
        let before: i64 = totals.lines.iter().map(|line| line.before_discount.max(0)).sum();
        let off: i64 = totals.lines.iter().map(|line| line.discount).sum::<i64>() + totals.discount;
        let largest = of_lines.max(share(off, before)).min(Decimal::ONE_HUNDRED);
        Percentage::new("discount", largest.round_dp(4))
    }
}
