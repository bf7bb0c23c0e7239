use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    Alert, BilledPeriod, BillingNature, ContractKind, ContractLine, ContractTerms, Follows, IndexClause, IndexPoint,
    LinePrice, Notice, NoticePeriod, QuoteOrigin, Renewal, RenewalPolicy, calendar,
    terms::Term,
    timeline::{Cause, Timeline, Why},
};
use crate::{
    BlobHash, Currency, DealId, InvoiceId, OrganizationId, UserId,
    billing::Quantity,
    document::{DocumentNumber, FiledDocument, LineId},
    organization::OrganizationKind,
};

/// How it stands with a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContractStatus {
    Draft,
    /// A draft that nobody wanted.
    Discarded,
    /// It binds; its first day is still to come.
    Signed,
    Active,
    /// Nothing is owed for the time being.
    Paused,
    /// It ends on a day that is still to come.
    NoticeGiven,
    Terminated,
    Expired,
    /// Another contract follows it. Its own last day may still be to come.
    Renewed,
}

impl ContractStatus {
    pub const ALL: [Self; 9] = [
        Self::Draft,
        Self::Discarded,
        Self::Signed,
        Self::Active,
        Self::Paused,
        Self::NoticeGiven,
        Self::Terminated,
        Self::Expired,
        Self::Renewed,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Discarded => "DISCARDED",
            Self::Signed => "SIGNED",
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
            Self::NoticeGiven => "NOTICE_GIVEN",
            Self::Terminated => "TERMINATED",
            Self::Expired => "EXPIRED",
            Self::Renewed => "RENEWED",
        }
    }

    /// Whether nothing of it changes any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Discarded | Self::Terminated | Self::Expired | Self::Renewed)
    }
}

/// What a contract remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContractState {
    /// Events so far: what causes are numbered by.
    pub(super) events: u32,
    pub(super) drafted: Option<Box<Drafted>>,
}

/// A contract that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Drafted {
    pub(super) number: DocumentNumber,
    pub(super) customer_kind: OrganizationKind,
    pub(super) deal: Option<DealId>,
    pub(super) quote: Option<QuoteOrigin>,
    pub(super) owner: Option<UserId>,
    pub(super) follows: Option<Follows>,
    pub(super) kind: ContractKind,
    pub(super) currency: Currency,
    pub(super) starts_on: NaiveDate,
    pub(super) ends_on: Option<NaiveDate>,
    /// Who set the last day.
    pub(super) end_cause: Cause,
    pub(super) renewal: RenewalPolicy,
    pub(super) notice_period: NoticePeriod,
    pub(super) indexation: Option<IndexClause>,
    /// S0 of the next revision, and the day of the last one.
    pub(super) index: Option<(IndexPoint, Option<NaiveDate>)>,
    pub(super) billing_starts_on: Option<NaiveDate>,
    pub(super) lines: Vec<LineState>,
    /// Numbers of lines from here on were never given.
    pub(super) next_line: LineId,
    pub(super) organizations: Timeline<OrganizationId>,
    pub(super) segments: Timeline<Option<String>>,
    pub(super) discarded: bool,
    pub(super) signed: Option<Signed>,
    pub(super) activated: bool,
    pub(super) amendments: u16,
    pub(super) pauses: Vec<Pause>,
    pub(super) notice: Option<(Notice, Cause)>,
    pub(super) ended: Option<Ended>,
    pub(super) renewed: Option<(Renewal, Cause)>,
    /// Raised or skipped.
    pub(super) alerts: BTreeSet<Alert>,
    /// The deadlines that the customer was told of.
    pub(super) notified: BTreeSet<NaiveDate>,
    pub(super) billed: Vec<Billed>,
    pub(super) dispute: Option<String>,
}

/// How it ended without a successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ended {
    Terminated,
    Expired,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Signed {
    pub(super) on: NaiveDate,
    pub(super) document: Option<BlobHash>,
}

/// Days on which nothing is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pause {
    pub(super) from: NaiveDate,
    pub(super) cause: Cause,
    /// The first day on which it goes on.
    pub(super) until: Option<(NaiveDate, Cause)>,
}

/// What one draft bills, or takes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Billed {
    pub(super) invoice: InvoiceId,
    pub(super) on: NaiveDate,
    pub(super) nature: BillingNature,
    /// The invoice that a note takes back from.
    #[serde(default)]
    pub(super) of: Option<InvoiceId>,
    pub(super) periods: Vec<BilledPeriod>,
}

/// A line, and what became of it over the days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineState {
    /// As it was agreed.
    pub line: ContractLine,
    pub(super) cause: Cause,
    pub quantities: Timeline<Quantity>,
    pub prices: Timeline<LinePrice>,
    /// The last day that an amendment gave it.
    pub(super) ended: Option<(NaiveDate, Cause)>,
}

impl LineState {
    pub(super) fn new(line: &ContractLine, cause: Cause) -> Self {
        let mut prices = Timeline::starting(line.starts_on, line.price, cause);
        for step in &line.steps {
            let why = Cause {
                why: Why::Step,
                ..cause
            };
            prices.set(step.from, step.price, why);
        }
        Self {
            line: line.clone(),
            cause,
            quantities: Timeline::starting(line.starts_on, line.quantity, cause),
            prices,
            ended: None,
        }
    }

    /// Its last day by itself, whatever the contract's.
    pub fn own_end(&self) -> Option<NaiveDate> {
        let ended = self.ended.map(|(day, _)| day);
        match (self.line.ends_on, ended) {
            (Some(agreed), Some(ended)) => Some(agreed.min(ended)),
            (agreed, ended) => agreed.or(ended),
        }
    }
}

/// Days on which a line is owed, both counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    pub first: NaiveDate,
    /// `None`: no end is known.
    pub last: Option<NaiveDate>,
}

impl Coverage {
    pub fn contains(self, day: NaiveDate) -> bool {
        self.first <= day && self.last.is_none_or(|last| day <= last)
    }
}

impl Drafted {
    pub(super) fn new(terms: &ContractTerms, cause: Cause, other: Parties) -> Self {
        let mut drafted = Self {
            number: other.number,
            customer_kind: other.customer_kind,
            deal: other.deal,
            quote: other.quote,
            owner: other.owner,
            follows: other.follows,
            kind: terms.kind,
            currency: terms.currency,
            starts_on: terms.starts_on,
            ends_on: terms.ends_on,
            end_cause: cause,
            renewal: terms.renewal,
            notice_period: terms.notice,
            indexation: None,
            index: None,
            billing_starts_on: None,
            lines: Vec::new(),
            next_line: LineId(1),
            organizations: Timeline::starting(NaiveDate::MIN, other.organization, cause),
            segments: Timeline::starting(NaiveDate::MIN, other.segment, cause),
            discarded: false,
            signed: None,
            activated: false,
            amendments: 0,
            pauses: Vec::new(),
            notice: None,
            ended: None,
            renewed: None,
            alerts: BTreeSet::new(),
            notified: BTreeSet::new(),
            billed: Vec::new(),
            dispute: None,
        };
        drafted.write(terms, cause);
        drafted
    }

    pub(super) fn write(&mut self, terms: &ContractTerms, cause: Cause) {
        self.kind = terms.kind;
        self.currency = terms.currency;
        self.starts_on = terms.starts_on;
        self.ends_on = terms.ends_on;
        self.end_cause = Cause { why: Why::End, ..cause };
        self.renewal = terms.renewal;
        self.notice_period = terms.notice;
        self.indexation.clone_from(&terms.indexation);
        self.index = terms.indexation.as_ref().map(|clause| (clause.base, None));
        self.billing_starts_on = terms.billing_starts_on;
        self.lines = terms.lines.iter().map(|line| LineState::new(line, cause)).collect();
        let highest = terms.lines.iter().map(|line| line.id.0).max().unwrap_or(0);
        self.next_line = LineId(self.next_line.0.max(highest.saturating_add(1)));
    }

    pub(super) fn status(&self) -> ContractStatus {
        if self.discarded {
            ContractStatus::Discarded
        } else if self.signed.is_none() {
            ContractStatus::Draft
        } else if self.renewed.is_some() {
            ContractStatus::Renewed
        } else if let Some(ended) = self.ended {
            match ended {
                Ended::Terminated => ContractStatus::Terminated,
                Ended::Expired => ContractStatus::Expired,
            }
        } else if self.notice.is_some() {
            ContractStatus::NoticeGiven
        } else if self.open_pause().is_some() {
            ContractStatus::Paused
        } else if self.activated {
            ContractStatus::Active
        } else {
            ContractStatus::Signed
        }
    }

    /// How it stands on a day by everything that is known now, whenever that was said. Behind its last day it is over, also
    /// where nobody has got to say so.
    pub(super) fn status_on(&self, day: NaiveDate) -> ContractStatus {
        let is_over = self.last_day().is_some_and(|(last, _)| last < day);
        let notice = self.notice.as_ref().map(|(notice, _)| notice);
        match self.status() {
            status @ (ContractStatus::Draft | ContractStatus::Discarded) => status,
            _ if is_over && notice.is_some() => ContractStatus::Terminated,
            _ if is_over && self.renewed.is_some() => ContractStatus::Renewed,
            _ if is_over => ContractStatus::Expired,
            _ if day < self.starts_on => ContractStatus::Signed,
            _ if notice.is_some_and(|notice| notice.received_on <= day) => ContractStatus::NoticeGiven,
            _ if self.is_paused_on(day) => ContractStatus::Paused,
            _ => ContractStatus::Active,
        }
    }

    pub(super) fn open_pause(&self) -> Option<&Pause> {
        self.pauses.last().filter(|pause| pause.until.is_none())
    }

    /// From its first day to the last one that is known.
    pub(super) fn term(&self) -> Term {
        Term {
            first: self.starts_on,
            last: self.last_day().map(|(day, _)| day),
        }
    }

    /// The last day that is covered and who set it: the end of the term, or an earlier one that notice was given for.
    pub(super) fn last_day(&self) -> Option<(NaiveDate, Cause)> {
        let renewed = self.renewed.as_ref().map(|(_, cause)| *cause);
        let end = self.ends_on.map(|end| (end, renewed.unwrap_or(self.end_cause)));
        let noticed = self.notice.as_ref().map(|(notice, cause)| (notice.last_day, *cause));
        match (end, noticed) {
            // A renewal that is refused ends on the same day: the notice says why.
            (Some(end), Some(noticed)) => Some(if noticed.0 <= end.0 { noticed } else { end }),
            (end, noticed) => end.or(noticed),
        }
    }

    pub(super) fn line(&self, id: LineId) -> Option<&LineState> {
        self.lines.iter().find(|line| line.line.id == id)
    }

    /// The days on which a line is owed; `None` when there are none.
    pub(super) fn coverage(&self, line: &LineState) -> Option<Coverage> {
        let contract = self.last_day().map(|(day, _)| day);
        let last = match (line.own_end(), contract) {
            (Some(own), Some(contract)) => Some(own.min(contract)),
            (own, contract) => own.or(contract),
        };
        let first = line.line.starts_on;
        last.is_none_or(|last| first <= last)
            .then_some(Coverage { first, last })
    }

    /// Whether nothing is owed on a day because of a pause.
    pub(super) fn is_paused_on(&self, day: NaiveDate) -> bool {
        self.pauses
            .iter()
            .any(|pause| pause.from <= day && pause.until.is_none_or(|(until, _)| day < until))
    }

    /// The day that the ends of its terms are counted from.
    pub(super) fn anchor(&self) -> NaiveDate {
        self.follows.as_ref().map_or(self.starts_on, |follows| follows.anchor)
    }

    /// The last day on which a tacit renewal can be refused.
    pub(super) fn notice_deadline(&self) -> Option<NaiveDate> {
        match (self.renewal, self.ends_on) {
            (RenewalPolicy::Tacit { .. }, Some(end)) => Some(self.notice_period.deadline(end)),
            _ => None,
        }
    }
}

/// What a contract begins with beside its terms.
pub(super) struct Parties {
    pub(super) number: DocumentNumber,
    pub(super) organization: OrganizationId,
    pub(super) customer_kind: OrganizationKind,
    pub(super) deal: Option<DealId>,
    pub(super) quote: Option<QuoteOrigin>,
    pub(super) owner: Option<UserId>,
    pub(super) segment: Option<String>,
    pub(super) follows: Option<Follows>,
}

impl ContractState {
    /// Events of its stream so far: its version.
    pub const fn events(&self) -> u32 {
        self.events
    }

    /// `None` before it was drafted.
    pub fn status(&self) -> Option<ContractStatus> {
        self.drafted.as_ref().map(|drafted| drafted.status())
    }

    /// How it stands on a day by everything that is known now, whenever that was said: signed before its first day, active,
    /// paused or given notice of on its days, and over behind the last one. `None` before it was drafted.
    pub fn status_on(&self, day: NaiveDate) -> Option<ContractStatus> {
        self.drafted.as_ref().map(|drafted| drafted.status_on(day))
    }

    pub fn number(&self) -> Option<&DocumentNumber> {
        self.drafted.as_ref().map(|drafted| &drafted.number)
    }

    pub fn kind(&self) -> Option<ContractKind> {
        self.drafted.as_ref().map(|drafted| drafted.kind)
    }

    pub fn currency(&self) -> Option<Currency> {
        self.drafted.as_ref().map(|drafted| drafted.currency)
    }

    pub fn deal(&self) -> Option<DealId> {
        self.drafted.as_ref().and_then(|drafted| drafted.deal)
    }

    pub fn quote(&self) -> Option<QuoteOrigin> {
        self.drafted.as_ref().and_then(|drafted| drafted.quote)
    }

    pub fn owner(&self) -> Option<UserId> {
        self.drafted.as_ref().and_then(|drafted| drafted.owner)
    }

    /// Whom the law sees in the customer.
    pub fn customer_kind(&self) -> Option<OrganizationKind> {
        self.drafted.as_ref().map(|drafted| drafted.customer_kind)
    }

    /// Whose contract it is on a day.
    pub fn organization_on(&self, day: NaiveDate) -> Option<OrganizationId> {
        let organizations = &self.drafted.as_ref()?.organizations;
        organizations.on(day).map(|dated| dated.value)
    }

    /// Whose contract it was and is, in the order of the days.
    pub fn organizations(&self) -> impl Iterator<Item = (NaiveDate, OrganizationId, Cause)> {
        let organizations = self.drafted.iter().flat_map(|drafted| drafted.organizations.iter());
        organizations.map(|dated| (dated.from, dated.value, dated.cause))
    }

    /// Its segments, in the order of the days.
    pub fn segments(&self) -> impl Iterator<Item = (NaiveDate, Option<&str>, Cause)> {
        let segments = self.drafted.iter().flat_map(|drafted| drafted.segments.iter());
        segments.map(|dated| (dated.from, dated.value.as_deref(), dated.cause))
    }

    pub fn starts_on(&self) -> Option<NaiveDate> {
        self.drafted.as_ref().map(|drafted| drafted.starts_on)
    }

    /// The last day of the term; `None`: it has no end.
    pub fn ends_on(&self) -> Option<NaiveDate> {
        self.drafted.as_ref().and_then(|drafted| drafted.ends_on)
    }

    /// The last day that is covered, as far as it is known.
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.drafted
            .as_ref()
            .and_then(|drafted| drafted.last_day())
            .map(|(day, _)| day)
    }

    pub fn signed_on(&self) -> Option<NaiveDate> {
        let signed = self.drafted.as_ref()?.signed.as_ref();
        signed.map(|signed| signed.on)
    }

    pub fn document(&self) -> Option<BlobHash> {
        let signed = self.drafted.as_ref()?.signed.as_ref();
        signed.and_then(|signed| signed.document)
    }

    pub fn renewal_policy(&self) -> Option<RenewalPolicy> {
        self.drafted.as_ref().map(|drafted| drafted.renewal)
    }

    pub fn notice_period(&self) -> Option<NoticePeriod> {
        self.drafted.as_ref().map(|drafted| drafted.notice_period)
    }

    pub fn indexation(&self) -> Option<&IndexClause> {
        self.drafted.as_ref().and_then(|drafted| drafted.indexation.as_ref())
    }

    /// The last day on which a tacit renewal can be refused.
    pub fn notice_deadline(&self) -> Option<NaiveDate> {
        self.drafted.as_ref().and_then(|drafted| drafted.notice_deadline())
    }

    /// The notice that was given and not withdrawn.
    pub fn notice(&self) -> Option<&Notice> {
        let notice = self.drafted.as_ref()?.notice.as_ref();
        notice.map(|(notice, _)| notice)
    }

    pub fn follows(&self) -> Option<&Follows> {
        self.drafted.as_ref().and_then(|drafted| drafted.follows.as_ref())
    }

    /// The contract that follows.
    pub fn renewal(&self) -> Option<&Renewal> {
        let renewed = self.drafted.as_ref()?.renewed.as_ref();
        renewed.map(|(renewal, _)| renewal)
    }

    /// How many amendments there are.
    pub fn amendments(&self) -> u16 {
        self.drafted.as_ref().map_or(0, |drafted| drafted.amendments)
    }

    /// The days on which nothing is owed, in the order in which they were decided: the first one, and the first one on which
    /// it goes on.
    pub fn pauses(&self) -> impl Iterator<Item = (NaiveDate, Option<NaiveDate>)> {
        let pauses = self.drafted.iter().flat_map(|drafted| drafted.pauses.iter());
        pauses.map(|pause| (pause.from, pause.until.map(|(until, _)| until)))
    }

    /// S0 of the next revision, and the day of the last one; `None` where prices follow no index.
    pub fn index(&self) -> Option<(IndexPoint, Option<NaiveDate>)> {
        self.drafted.as_ref().and_then(|drafted| drafted.index)
    }

    /// What was before this day is billed elsewhere.
    pub fn billing_starts_on(&self) -> Option<NaiveDate> {
        self.drafted.as_ref().and_then(|drafted| drafted.billing_starts_on)
    }

    /// The last days for refusing a renewal that the customer was told of (C. conso. art. L215-1), in their order.
    pub fn notified_deadlines(&self) -> impl Iterator<Item = NaiveDate> {
        self.drafted.iter().flat_map(|drafted| drafted.notified.iter().copied())
    }

    pub fn dispute(&self) -> Option<&str> {
        self.drafted.as_ref().and_then(|drafted| drafted.dispute.as_deref())
    }

    pub fn lines(&self) -> impl Iterator<Item = &LineState> {
        self.drafted.iter().flat_map(|drafted| drafted.lines.iter())
    }

    pub fn line(&self, id: LineId) -> Option<&LineState> {
        self.drafted.as_ref().and_then(|drafted| drafted.line(id))
    }

    /// The days on which a line is owed; `None` when there are none.
    pub fn coverage(&self, line: LineId) -> Option<Coverage> {
        let drafted = self.drafted.as_ref()?;
        drafted.coverage(drafted.line(line)?)
    }

    /// Whether nothing is owed on a day because of a pause.
    pub fn is_paused_on(&self, day: NaiveDate) -> bool {
        self.drafted.as_ref().is_some_and(|drafted| drafted.is_paused_on(day))
    }

    /// The days on which the billing periods of a line begin, up to a day: the first one is that of the line itself.
    pub fn period_starts(&self, line: LineId, through: NaiveDate) -> Vec<NaiveDate> {
        let Some(state) = self.line(line) else {
            return Vec::new();
        };
        let (anchor, start) = (state.line.anchor, state.line.starts_on);
        let Some(months) = state.line.interval.months() else {
            return vec![start];
        };
        let later = (1..)
            .map(|period: u32| calendar::months_after(anchor, months.saturating_mul(period)))
            .take_while(|day| *day <= through && *day < NaiveDate::MAX);
        [start].into_iter().chain(later.filter(|day| *day > start)).collect()
    }

    /// Invoices that bill periods of it, or take them back, in the order of their making.
    pub fn invoices(&self) -> impl Iterator<Item = InvoiceId> {
        let billed = self.drafted.iter().flat_map(|drafted| drafted.billed.iter());
        billed.map(|billed| billed.invoice)
    }

    /// What an invoice bills, in the order of its lines; what a credit note takes back.
    pub fn billed_by(&self, invoice: InvoiceId) -> &[BilledPeriod] {
        let billed = self.drafted.iter().flat_map(|drafted| drafted.billed.iter());
        billed
            .filter(|billed| billed.invoice == invoice)
            .map(|billed| billed.periods.as_slice())
            .next()
            .unwrap_or_default()
    }

    /// The contract's own terms as they stand, for a draft that is changed or copied.
    pub fn terms(&self) -> Option<ContractTerms> {
        let drafted = self.drafted.as_ref()?;
        Some(ContractTerms {
            kind: drafted.kind,
            currency: drafted.currency,
            lines: drafted.lines.iter().map(|line| line.line.clone()).collect(),
            starts_on: drafted.starts_on,
            ends_on: drafted.ends_on,
            renewal: drafted.renewal,
            notice: drafted.notice_period,
            indexation: drafted.indexation.clone(),
            billing_starts_on: drafted.billing_starts_on,
        })
    }
}

/// The day on which a signature, or what stands for it, made a document.
pub(super) fn blob(document: Option<&FiledDocument>) -> Option<BlobHash> {
    document.map(|document| document.blob)
}

/// The day after.
pub(super) fn next(day: NaiveDate) -> NaiveDate {
    calendar::days_after(day, 1)
}
