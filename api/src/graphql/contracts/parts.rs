//! What a contract is made of.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use chrono::{Datelike, NaiveDate};
use domain::{
    InvoiceId,
    contract::{self as rules, ContractState, IndexClause, LineState},
};
use uuid::Uuid;

use super::{Contract, day};
use crate::graphql::{
    errors::ApiResult,
    invoices::Invoice,
    money::Money,
    organizations::Organization,
    products::{Product, ProductExemption, ProductNature, VatRateClass},
    reading::Reading,
    scalars::{Date, Decimal},
};

/// What happens at the end of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum ContractRenewalType {
    /// It ends.
    None,
    /// It ends unless both sign again.
    Express,
    /// Another contract follows unless one of the two refuses in time.
    Tacit,
}

impl ContractRenewalType {
    /// As rows have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Express => "EXPRESS",
            Self::Tacit => "TACIT",
        }
    }
}

/// For how long a price is, and how often it is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum ContractInterval {
    /// Not recurring: a set-up fee, the price of a piece of work.
    Once,
    Month,
    Quarter,
    HalfYear,
    Year,
    /// Two years or more: `years` says how many.
    Years,
}

/// When a period is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::BillingTiming")]
pub enum ContractBillingTiming {
    /// On its first day.
    InAdvance,
    /// On the day after its last.
    InArrears,
}

/// As what a value was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::Why")]
pub enum ContractChangeCause {
    /// With the contract itself.
    Agreed,
    /// A later step of prices that were agreed with the contract.
    Step,
    Amendment,
    Indexation,
    Pause,
    Resumption,
    /// The end of a term that nobody renewed.
    End,
    Termination,
    /// Another customer took it over.
    Assignment,
    Segment,
}

/// How a contract came to follow another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::RenewalKind")]
pub enum ContractRenewalKind {
    Tacit,
    Express,
}

/// Who ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::Party")]
pub enum ContractParty {
    Customer,
    /// We do.
    Company,
}

/// By what right it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::Ground")]
pub enum ContractGround {
    /// The renewal is refused: it ends with its term.
    NonRenewal,
    /// A contract without an end, after the notice period.
    Notice,
    /// Both agree.
    Agreement,
    /// For breach of contract, or by a clause.
    Breach,
    /// A consumer or non-professional who was not told of the renewal.
    Uninformed,
}

/// Why a contract ends, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::ReasonCategory")]
pub enum ContractReasonCategory {
    Price,
    Dissatisfaction,
    Competition,
    NeedGone,
    Insolvency,
    /// We ended it because nobody paid.
    NonPayment,
    /// We do not offer it any more.
    Withdrawn,
    Other,
}

/// Why a contract ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::TerminationReason")]
pub enum ContractTerminationReason {
    TooExpensive,
    BudgetCut,
    PriceIncrease,
    Quality,
    Support,
    MissingFeature,
    Delays,
    CheaperOffer,
    BetterOffer,
    GroupAgreement,
    ProjectEnded,
    DoneInHouse,
    ActivityCeased,
    Receivership,
    Liquidation,
    Unpaid,
    OfferDiscontinued,
    /// Asks for a note.
    Other,
}

/// Why something is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::BillingItemKind")]
pub enum ContractBillingKind {
    /// Its turn came.
    Period,
    /// Too little was billed.
    Complement,
    /// Too much was billed.
    Credit,
}

/// What an alert comes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::AlertDate")]
pub enum ContractAlertDate {
    /// The last day on which a renewal can be refused.
    NoticeDeadline,
    TermEnd,
}

/// How it stands with telling the customer of the renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::ConsumerNoticeStanding")]
pub enum ContractConsumerNoticeStanding {
    /// The letter may not go out yet.
    Early,
    /// It is to go out now.
    Open,
    Sent,
    /// It did not go out in time: the customer may leave free of charge from the renewal on.
    Missed,
}

/// Something to be done about a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum ContractObligationKind {
    /// The first day came.
    Activation,
    Alert,
    /// To tell a consumer or a non-professional of the renewal.
    ConsumerNotice,
    /// The term ends and another contract follows.
    Renewal,
    /// The term ended and none does.
    Expiry,
    /// The day behind the last one that notice was given for.
    Termination,
    /// A period is to be billed, or what was billed is to be set right.
    Billing,
}

/// What happens at the end of a term.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct ContractRenewalPolicy {
    r#type: ContractRenewalType,
    /// Of the contract that follows tacitly; null: it has no end.
    term_months: Option<u16>,
    /// How many contracts may follow the first one tacitly; null: any number.
    max_renewals: Option<u16>,
}

impl From<rules::RenewalPolicy> for ContractRenewalPolicy {
    fn from(policy: rules::RenewalPolicy) -> Self {
        let of = |r#type| Self {
            r#type,
            term_months: None,
            max_renewals: None,
        };
        match policy {
            rules::RenewalPolicy::None => of(ContractRenewalType::None),
            rules::RenewalPolicy::Express => of(ContractRenewalType::Express),
            rules::RenewalPolicy::Tacit {
                term_months,
                max_renewals,
            } => Self {
                r#type: ContractRenewalType::Tacit,
                term_months,
                max_renewals,
            },
        }
    }
}

/// How long before an end it has to be said.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct ContractNoticePeriod {
    /// Calendar months.
    months: u16,
    /// Days, beside the months.
    days: u16,
}

impl From<rules::NoticePeriod> for ContractNoticePeriod {
    fn from(period: rules::NoticePeriod) -> Self {
        let rules::NoticePeriod { months, days } = period;
        Self { months, days }
    }
}

/// How prices follow an index: `P1 = P0 × (fixed + (1 − fixed) × S1 / S0)`, between a floor and a cap.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractIndexation {
    index: String,
    /// S0 of the first revision: the first day of its month.
    base_month: Date,
    base_value: Decimal,
    /// In hundred: the part that does not follow.
    fixed_share: Decimal,
    /// The least change of one revision, in hundred.
    floor: Option<Decimal>,
    /// The largest change of one revision, in hundred.
    cap: Option<Decimal>,
    /// Decimals of the coefficient, where the contract says so.
    rounding: Option<u8>,
    /// S0 of the next revision: the first day of its month.
    current_month: Date,
    current_value: Decimal,
    /// The day from which prices were revised last.
    revised_on: Option<Date>,
}

impl ContractIndexation {
    pub(super) fn of(clause: &IndexClause, state: &ContractState) -> Self {
        let (current, revised_on) = state.index().unwrap_or((clause.base, None));
        Self {
            index: clause.index.clone(),
            base_month: Date(clause.base.month),
            base_value: Decimal(clause.base.value),
            fixed_share: Decimal(clause.fixed_share.as_decimal()),
            floor: clause.floor.map(Decimal),
            cap: clause.cap.map(Decimal),
            rounding: clause.rounding,
            current_month: Date(current.month),
            current_value: Decimal(current.value),
            revised_on: revised_on.map(Date),
        }
    }
}

/// Days on which something is owed, both counted.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct ContractCoverage {
    first: Date,
    /// Null: no end is known.
    last: Option<Date>,
}

/// How many of a line are owed from a day on.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractQuantity {
    from: Date,
    quantity: Decimal,
    why: ContractChangeCause,
    /// Of the contract after the event that set it: its history has it.
    version: u32,
}

/// What one unit of a line costs from a day on, for one billing period and without tax.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractPrice {
    from: Date,
    unit_price: Decimal,
    /// In hundred.
    discount_percent: Option<Decimal>,
    why: ContractChangeCause,
    /// Of the contract after the event that set it: its history has it.
    version: u32,
}

/// Something that is owed over time.
pub struct ContractLine {
    line: LineState,
    contract: Arc<ContractState>,
    reading: Reading,
}

impl ContractLine {
    pub(super) fn of(line: &LineState, contract: &Arc<ContractState>, reading: &Reading) -> Self {
        Self {
            line: line.clone(),
            contract: contract.clone(),
            reading: reading.clone(),
        }
    }
}

#[Object]
impl ContractLine {
    /// Kept through amendments and renewals.
    async fn number(&self) -> u32 {
        self.line.line.id.0
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn product(&self) -> ApiResult<Option<Product>> {
        match self.line.line.product {
            Some(product) => Product::load(&self.reading, product.0).await,
            None => Ok(None),
        }
    }

    async fn name(&self) -> &str {
        &self.line.line.name
    }

    async fn details(&self) -> Option<&str> {
        self.line.line.details.as_deref()
    }

    async fn unit(&self) -> &str {
        &self.line.line.unit
    }

    async fn interval(&self) -> ContractInterval {
        use rules::BillingInterval;
        match self.line.line.interval {
            BillingInterval::Once => ContractInterval::Once,
            BillingInterval::Month => ContractInterval::Month,
            BillingInterval::Quarter => ContractInterval::Quarter,
            BillingInterval::HalfYear => ContractInterval::HalfYear,
            BillingInterval::Year => ContractInterval::Year,
            BillingInterval::Years(_) => ContractInterval::Years,
        }
    }

    /// Of an interval of several years.
    async fn years(&self) -> Option<u8> {
        match self.line.line.interval {
            rules::BillingInterval::Years(years) => Some(years),
            _ => None,
        }
    }

    async fn timing(&self) -> ContractBillingTiming {
        self.line.line.timing.into()
    }

    async fn nature(&self) -> ProductNature {
        self.line.line.taxation.nature.into()
    }

    async fn vat_rate_class(&self) -> VatRateClass {
        self.line.line.taxation.rate_class.into()
    }

    /// Why it is exempt of itself.
    async fn exemption(&self) -> Option<ProductExemption> {
        let reason = self.line.line.taxation.exemption?;
        ProductExemption::ALL.into_iter().find(|known| known.reason() == reason)
    }

    async fn starts_on(&self) -> Date {
        Date(self.line.line.starts_on)
    }

    /// Its own last day, agreed or by an amendment; null: as long as the contract.
    async fn ends_on(&self) -> Option<Date> {
        self.line.own_end().map(Date)
    }

    /// The day that its billing periods are counted from.
    async fn anchor(&self) -> Date {
        Date(self.line.line.anchor)
    }

    /// The days on which it is owed, pauses included; null when there are none.
    async fn coverage(&self) -> Option<ContractCoverage> {
        let coverage = self.contract.coverage(self.line.line.id)?;
        Some(ContractCoverage {
            first: Date(coverage.first),
            last: coverage.last.map(Date),
        })
    }

    /// How many are owed, from which days on, those to come included. Of several for one day the last one holds.
    async fn quantities(&self) -> Vec<ContractQuantity> {
        let quantities = self.line.quantities.iter().map(|dated| ContractQuantity {
            from: Date(dated.from),
            quantity: Decimal(dated.value.as_decimal()),
            why: dated.cause.why.into(),
            version: dated.cause.event,
        });
        quantities.collect()
    }

    /// What one costs, from which days on, those to come included. Of several for one day the last one holds.
    async fn prices(&self) -> Vec<ContractPrice> {
        let prices = self.line.prices.iter().map(|dated| ContractPrice {
            from: Date(dated.from),
            unit_price: Decimal(dated.value.unit_price.as_decimal()),
            discount_percent: dated.value.discount.map(|percent| Decimal(percent.as_decimal())),
            why: dated.cause.why.into(),
            version: dated.cause.event,
        });
        prices.collect()
    }

    /// Monthly recurring revenue on a day, today unless it is given: not rounded, in the contract's currency.
    async fn mrr(&self, ctx: &Context<'_>, on: Option<Date>) -> ApiResult<Decimal> {
        let on = day(ctx, on).await?;
        Ok(Decimal(self.contract.line_mrr_on(self.line.line.id, on)))
    }
}

/// A day that somebody can know: what holds from the beginning has none.
fn since(from: NaiveDate) -> Option<Date> {
    (from.year() > 0).then_some(Date(from))
}

/// Whose contract it is from a day on.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ContractCustomer {
    /// Null: from the beginning.
    from: Option<Date>,
    why: ContractChangeCause,
    #[graphql(skip)]
    id: Uuid,
    #[graphql(skip)]
    reading: Reading,
}

impl ContractCustomer {
    pub(super) fn all(state: &ContractState, reading: &Reading) -> Vec<Self> {
        let customers = state.organizations().map(|(from, organization, cause)| Self {
            from: since(from),
            why: cause.why.into(),
            id: organization.0,
            reading: reading.clone(),
        });
        customers.collect()
    }
}

#[ComplexObject]
impl ContractCustomer {
    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self) -> ApiResult<Option<Organization>> {
        Organization::load(&self.reading, self.id).await
    }
}

/// By which revenue is split up from a day on.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractSegment {
    /// Null: from the beginning.
    from: Option<Date>,
    segment: Option<String>,
    why: ContractChangeCause,
}

impl ContractSegment {
    pub(super) fn all(state: &ContractState) -> Vec<Self> {
        let segments = state.segments().map(|(from, segment, cause)| Self {
            from: since(from),
            segment: segment.map(str::to_owned),
            why: cause.why.into(),
        });
        segments.collect()
    }
}

/// Days on which nothing is owed.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractPause {
    pub from: Date,
    /// The first day on which it goes on; null while nobody knows.
    pub until: Option<Date>,
}

/// That a contract ends, and how.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractNotice {
    by: ContractParty,
    ground: ContractGround,
    received_on: Date,
    /// The last day that is covered.
    last_day: Date,
    reason: ContractTerminationReason,
    category: ContractReasonCategory,
    note: Option<String>,
}

impl From<&rules::Notice> for ContractNotice {
    fn from(notice: &rules::Notice) -> Self {
        Self {
            by: notice.by.into(),
            ground: notice.ground.into(),
            received_on: Date(notice.received_on),
            last_day: Date(notice.last_day),
            reason: notice.reason.into(),
            category: notice.category().into(),
            note: notice.note.clone(),
        }
    }
}

/// The contract that one follows.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ContractPredecessor {
    number: String,
    kind: ContractRenewalKind,
    /// The first day of the first contract: the ends of all terms are counted from it.
    anchor: Date,
    /// How many contracts followed the first one tacitly, this one counted.
    renewals: u16,
    /// A consumer or a non-professional was not told in time: they may leave at any time, free of charge.
    uninformed: bool,
    #[graphql(skip)]
    id: Uuid,
    #[graphql(skip)]
    reading: Reading,
}

impl ContractPredecessor {
    pub(super) fn of(follows: &rules::Follows, reading: &Reading) -> Self {
        Self {
            number: follows.number.text.clone(),
            kind: follows.kind.into(),
            anchor: Date(follows.anchor),
            renewals: follows.renewals,
            uninformed: follows.uninformed,
            id: follows.contract.0,
            reading: reading.clone(),
        }
    }
}

#[ComplexObject]
impl ContractPredecessor {
    #[graphql(complexity = "child_complexity + 1")]
    async fn contract(&self) -> ApiResult<Option<Contract>> {
        Contract::load(&self.reading, self.id).await
    }
}

/// The contract that follows one.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ContractSuccessor {
    number: String,
    kind: ContractRenewalKind,
    starts_on: Date,
    ends_on: Option<Date>,
    /// There was a dispute: it does not stop a renewal.
    disputed: bool,
    /// Nobody told a consumer or non-professional in time that they may refuse.
    uninformed: bool,
    /// Prices follow an index of which no value was known: they are to be revised later, from the first day.
    indexation_pending: bool,
    #[graphql(skip)]
    id: Uuid,
    #[graphql(skip)]
    reading: Reading,
}

impl ContractSuccessor {
    pub(super) fn of(renewal: &rules::Renewal, reading: &Reading) -> Self {
        Self {
            number: renewal.number.text.clone(),
            kind: renewal.kind.into(),
            starts_on: Date(renewal.starts_on),
            ends_on: renewal.ends_on.map(Date),
            disputed: renewal.disputed,
            uninformed: renewal.uninformed,
            indexation_pending: renewal.indexation_pending,
            id: renewal.by.0,
            reading: reading.clone(),
        }
    }
}

#[ComplexObject]
impl ContractSuccessor {
    #[graphql(complexity = "child_complexity + 1")]
    async fn contract(&self) -> ApiResult<Option<Contract>> {
        Contract::load(&self.reading, self.id).await
    }
}

/// Something to be done about a contract, and when.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractObligation {
    kind: ContractObligationKind,
    /// The first day on which it can be done.
    due_on: Date,
    /// What it is known by within its contract. The date is part of it.
    key: String,
    /// An alert that comes when the letter of C. conso. art. L215-1 can no longer go out.
    too_late_for_consumer_notice: bool,
    /// What an alert comes before, as what follows.
    before: Option<ContractAlertDate>,
    date: Option<Date>,
    /// So many days before it.
    days: Option<u16>,
    /// The last day on which a consumer can be told of the renewal.
    until: Option<Date>,
}

impl From<rules::Obligation> for ContractObligation {
    fn from(obligation: rules::Obligation) -> Self {
        use rules::ObligationKind;
        let (kind, alert, until) = match obligation.kind {
            ObligationKind::Activation => (ContractObligationKind::Activation, None, None),
            ObligationKind::Alert(alert) => (ContractObligationKind::Alert, Some(alert), None),
            ObligationKind::ConsumerNotice { until } => (ContractObligationKind::ConsumerNotice, None, Some(until)),
            ObligationKind::Renewal => (ContractObligationKind::Renewal, None, None),
            ObligationKind::Expiry => (ContractObligationKind::Expiry, None, None),
            ObligationKind::Termination => (ContractObligationKind::Termination, None, None),
            ObligationKind::Billing => (ContractObligationKind::Billing, None, None),
        };
        Self {
            kind,
            due_on: Date(obligation.due_on),
            key: obligation.key(),
            too_late_for_consumer_notice: obligation.too_late_for_consumer_notice,
            before: alert.map(|alert| alert.before.into()),
            date: alert.map(|alert| Date(alert.date)),
            days: alert.map(|alert| alert.days),
            until: until.map(Date),
        }
    }
}

/// What a consumer or a non-professional has to be told before a renewal (C. conso. art. L215-1).
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractConsumerNotice {
    standing: ContractConsumerNoticeStanding,
    /// The first day on which the letter may go out.
    from: Date,
    /// The last one.
    until: Date,
    /// The last day on which the customer may refuse; the letter names it.
    deadline: Date,
}

impl ContractConsumerNotice {
    pub(super) fn on(state: &ContractState, on: NaiveDate) -> Option<Self> {
        let (window, standing) = state.consumer_window().zip(state.consumer_notice_on(on))?;
        Some(Self {
            standing: standing.into(),
            from: Date(window.from),
            until: Date(window.until),
            deadline: Date(window.deadline),
        })
    }
}

/// A period of a line, as far as it is owed.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractPeriod {
    /// The line's number.
    line: u32,
    /// The how manieth of the line, counted from its anchor, from 0.
    period: u32,
    /// The first day that it covers.
    first: Date,
    /// The last one.
    last: Date,
    /// The day on which it is billed.
    due_on: Date,
    /// Without tax.
    amount: Money,
    /// It is owed on all of its days, at one price.
    whole: bool,
}

impl ContractPeriod {
    pub(super) fn of(period: &rules::ScheduledPeriod, contract: &Contract) -> ApiResult<Self> {
        Ok(Self {
            line: period.line.0,
            period: period.period,
            first: Date(period.first),
            last: Date(period.last),
            due_on: Date(period.due_on),
            amount: contract.money(period.amount)?,
            whole: period.whole,
        })
    }
}

/// Something to bill, or to take back.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ContractBillingItem {
    kind: ContractBillingKind,
    /// The line's number.
    line: u32,
    /// The how manieth of the line, counted from its anchor, from 0.
    period: u32,
    first: Date,
    last: Date,
    /// Without tax; below zero what is taken back.
    amount: Money,
    /// What was billed for the period before.
    billed: Money,
    /// The whole period at one price, billed for the first time.
    whole: bool,
    #[graphql(skip)]
    by: Vec<InvoiceId>,
    #[graphql(skip)]
    reading: Reading,
}

impl ContractBillingItem {
    pub(super) fn of(item: &rules::BillingItem, currency: &str, reading: &Reading) -> ApiResult<Self> {
        let money = |units: i64| Money::of_sum(units.into(), currency);
        Ok(Self {
            kind: item.kind.into(),
            line: item.line.0,
            period: item.period,
            first: Date(item.first),
            last: Date(item.last),
            amount: money(item.amount)?,
            billed: money(item.billed)?,
            whole: item.whole,
            by: item.invoices.clone(),
            reading: reading.clone(),
        })
    }
}

#[ComplexObject]
impl ContractBillingItem {
    /// The drafts and invoices that billed the period, in the order of their making.
    #[graphql(complexity = "3 * child_complexity + 1")]
    async fn invoices(&self) -> ApiResult<Vec<Invoice>> {
        loaded(&self.reading, &self.by).await
    }
}

/// Those of the invoices that are there to whoever asks, each once.
pub(super) async fn loaded(reading: &Reading, invoices: &[InvoiceId]) -> ApiResult<Vec<Invoice>> {
    let mut ids: Vec<InvoiceId> = Vec::with_capacity(invoices.len());
    for invoice in invoices {
        if !ids.contains(invoice) {
            ids.push(*invoice);
        }
    }
    let loads = ids.into_iter().map(|invoice| Invoice::load(reading, invoice.0));
    let found = futures::future::try_join_all(loads).await?;
    Ok(found.into_iter().flatten().collect())
}

/// What was billed and is not earned on a day: the balance of account 487.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractPrepaidIncome {
    on: Date,
    /// Without tax.
    deferred: Money,
    periods: Vec<ContractPrepaidPeriod>,
}

/// What of a period was billed, without tax, and is not earned.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractPrepaidPeriod {
    /// The line's number.
    line: u32,
    period: u32,
    first: Date,
    last: Date,
    billed: Money,
    earned: Money,
    /// `billed − earned`.
    deferred: Money,
}

impl ContractPrepaidIncome {
    pub(super) fn of(contract: &Contract, state: &ContractState, on: NaiveDate) -> ApiResult<Self> {
        let periods = state.prepaid_income(on);
        let deferred = periods.iter().map(|period| period.deferred).sum();
        let periods = periods.iter().map(|period| {
            Ok(ContractPrepaidPeriod {
                line: period.line.0,
                period: period.period,
                first: Date(period.first),
                last: Date(period.last),
                billed: contract.money(period.billed)?,
                earned: contract.money(period.earned)?,
                deferred: contract.money(period.deferred)?,
            })
        });
        Ok(Self {
            on: Date(on),
            deferred: contract.money(deferred)?,
            periods: periods.collect::<ApiResult<_>>()?,
        })
    }
}

/// The balance of account 487 at the end of a month.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractPrepaidMonth {
    /// The last day of the month.
    pub on: Date,
    /// Without tax.
    pub deferred: Money,
}
