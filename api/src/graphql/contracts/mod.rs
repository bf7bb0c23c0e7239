//! Contracts: the types, how lists of them are filtered and sorted, and the queries.

pub mod ending;
pub mod filter;
pub mod inputs;
pub mod mutations;
pub mod on_day;
pub mod parts;
pub mod past;

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, OnceLock},
};

use async_graphql::{
    Context, Enum, ID, Object,
    connection::{Connection, EmptyFields},
};
use chrono::{Months, NaiveDate};
use domain::{
    Decider, InvoiceId,
    contract::{self as rules, ContractState},
};
use journal::StreamId;
use projections::contracts::{Column, Entity, Model};
use sea_orm::{Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

pub use self::{
    filter::{ContractFilter, ContractOrder},
    on_day::{ContractLineOnDay, ContractOnDay},
    parts::{
        ContractAlertDate, ContractBillingItem, ContractBillingTiming, ContractConsumerNotice, ContractCustomer,
        ContractGround, ContractIndexation, ContractInterval, ContractLine, ContractNotice, ContractNoticePeriod,
        ContractObligation, ContractParty, ContractPause, ContractPeriod, ContractPredecessor, ContractPrepaidIncome,
        ContractPrepaidMonth, ContractReasonCategory, ContractRenewalPolicy, ContractRenewalType, ContractSegment,
        ContractSuccessor, ContractTerminationReason,
    },
    past::{ContractAlert, ContractAmendment},
};
use super::{
    billing::{DocumentFile, stored},
    deals::{Deal, known},
    errors::{ApiError, ApiResult},
    history::{self, EventConnection},
    ids::{self, Kind},
    invoices::Invoice,
    money::Money,
    organizations::{Organization, OrganizationKind},
    paging::{self, PageArguments},
    quotes::Quote,
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Date, Decimal, Moment, date_of_row},
    session::Session,
    users::User,
};

/// Contracts that follow each other, at most, that one answer shows.
const CHAIN_MAX: usize = 400;
/// Months that one schedule shows at most.
const MONTHS_MAX: u32 = 120;
/// Years from today that can be looked ahead to.
const YEARS_AHEAD: u32 = 10;

/// What is owed under a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::ContractKind")]
pub enum ContractKind {
    /// A piece of work, done once: no recurring revenue, however it is billed.
    Service,
    Subscription,
    Maintenance,
}

/// How it stands with a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::ContractStatus")]
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

/// What a customer is owed over time, for how much, and until when.
#[derive(Clone)]
pub struct Contract {
    row: Model,
    reading: Reading,
    state: OnceLock<Arc<ContractState>>,
}

impl Contract {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.contract(id).await?.map(|row| Self::of(row, reading)))
    }

    fn of(row: Model, reading: &Reading) -> Self {
        Self {
            row,
            reading: reading.clone(),
            state: OnceLock::new(),
        }
    }

    fn state(&self) -> ApiResult<&Arc<ContractState>> {
        if let Some(state) = self.state.get() {
            return Ok(state);
        }
        let state = stored(&self.row.state)?;
        Ok(self.state.get_or_init(|| Arc::new(state)))
    }

    fn money(&self, minor_units: i64) -> ApiResult<Money> {
        Money::of_sum(minor_units.into(), &self.row.currency)
    }

    fn signed_paper(&self) -> ApiResult<Option<DocumentFile>> {
        let blob = self.state()?.document();
        Ok(blob.map(|blob| DocumentFile {
            blob,
            size: None,
            name: self.paper_name("Contrat"),
            media_type: "application/pdf",
        }))
    }

    /// What a paper of this contract is called.
    fn paper_name(&self, word: &str) -> String {
        format!("{word} {}.pdf", self.row.number.replace('/', "-"))
    }

    /// What a signed contract has and a draft has, too.
    fn known<T>(&self, value: Option<T>) -> ApiResult<T> {
        value.ok_or_else(|| ApiError::internal("a view holds a contract that says nothing", &self.row.id))
    }
}

fn date(text: Option<&String>) -> ApiResult<Option<Date>> {
    text.map(|text| date_of_row(text)).transpose()
}

/// The day that is asked about: today at the company's seat, unless one is given.
async fn day(ctx: &Context<'_>, on: Option<Date>) -> ApiResult<NaiveDate> {
    match on {
        Some(Date(day)) => Ok(day),
        None => Ok(ctx.application()?.sales.house().await?.today),
    }
}

/// The same, where what lies far ahead takes long to count.
async fn foreseeable(ctx: &Context<'_>, on: Option<Date>) -> ApiResult<NaiveDate> {
    let today = day(ctx, None).await?;
    let horizon = today.checked_add_months(Months::new(12 * YEARS_AHEAD));
    match on {
        Some(Date(day)) if horizon.is_none_or(|horizon| day > horizon) => Err(ApiError::bad_input(format!(
            "A contract can be looked at up to {YEARS_AHEAD} years from today."
        ))),
        Some(Date(day)) => Ok(day),
        None => Ok(today),
    }
}

#[Object]
impl Contract {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Contract, self.row.id)
    }

    /// The bare id, as streams, receipts and the command line name the contract.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    async fn number(&self) -> &str {
        &self.row.number
    }

    async fn kind(&self) -> ApiResult<ContractKind> {
        known(&rules::ContractKind::ALL, rules::ContractKind::as_str, &self.row.kind).map(Into::into)
    }

    async fn status(&self) -> ApiResult<ContractStatus> {
        known(
            &rules::ContractStatus::ALL,
            rules::ContractStatus::as_str,
            &self.row.status,
        )
        .map(Into::into)
    }

    /// Whose contract it is on a day, today unless it is given.
    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self, ctx: &Context<'_>, on: Option<Date>) -> ApiResult<Option<Organization>> {
        match self.state()?.organization_on(day(ctx, on).await?) {
            Some(organization) => Organization::load(&self.reading, organization.0).await,
            None => Ok(None),
        }
    }

    /// Whose contract it was, is and will be, in the order of the days.
    #[graphql(complexity = "2 * child_complexity + 1")]
    async fn organizations(&self) -> ApiResult<Vec<ContractCustomer>> {
        Ok(ContractCustomer::all(self.state()?, &self.reading))
    }

    /// Whom the law sees in the customer.
    async fn customer_kind(&self) -> ApiResult<OrganizationKind> {
        self.known(self.state()?.customer_kind()).map(Into::into)
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn deal(&self) -> ApiResult<Option<Deal>> {
        match self.row.deal_id {
            Some(deal) => Deal::load(&self.reading, deal).await,
            None => Ok(None),
        }
    }

    /// The quote that it comes from.
    #[graphql(complexity = "child_complexity + 1")]
    async fn quote(&self) -> ApiResult<Option<Quote>> {
        match self.row.quote_id {
            Some(quote) => Quote::load(&self.reading, quote).await,
            None => Ok(None),
        }
    }

    /// The version of it that was accepted.
    async fn quote_version(&self) -> ApiResult<Option<u16>> {
        Ok(self.state()?.quote().map(|origin| origin.version))
    }

    /// Who looks after it.
    #[graphql(complexity = "child_complexity + 1")]
    async fn owner(&self) -> ApiResult<Option<User>> {
        match self.row.owner_id {
            Some(owner) => User::load(&self.reading, owner).await,
            None => Ok(None),
        }
    }

    /// Who drafted it; null for a program.
    #[graphql(complexity = "child_complexity + 1")]
    async fn author(&self) -> ApiResult<Option<User>> {
        match self.row.author_id {
            Some(author) => User::load(&self.reading, author).await,
            None => Ok(None),
        }
    }

    /// ISO 4217.
    async fn currency_code(&self) -> &str {
        &self.row.currency
    }

    async fn starts_on(&self) -> ApiResult<Date> {
        date_of_row(&self.row.starts_on)
    }

    /// The last day of the term; null: it has no end.
    async fn ends_on(&self) -> ApiResult<Option<Date>> {
        date(self.row.ends_on.as_ref())
    }

    /// The last day that is covered, as far as it is known: that of the term, or an earlier one that notice was given for.
    async fn last_day(&self) -> ApiResult<Option<Date>> {
        date(self.row.last_day.as_ref())
    }

    async fn signed_on(&self) -> ApiResult<Option<Date>> {
        date(self.row.signed_on.as_ref())
    }

    /// The signed paper.
    async fn document(&self) -> ApiResult<Option<DocumentFile>> {
        self.signed_paper()
    }

    /// What it is on a day, by what is known now, or was known at the moment that is asked about (`asOf`).
    #[graphql(complexity = "10 + child_complexity")]
    async fn on(&self, day: Date) -> ApiResult<ContractOnDay> {
        Ok(ContractOnDay::of(self.state()?, day.0, &self.reading))
    }

    async fn renewal_policy(&self) -> ApiResult<ContractRenewalPolicy> {
        self.known(self.state()?.renewal_policy()).map(Into::into)
    }

    /// Before the end of a term with tacit renewal, and before the end of what has none.
    async fn notice_period(&self) -> ApiResult<ContractNoticePeriod> {
        self.known(self.state()?.notice_period()).map(Into::into)
    }

    /// The last day on which a tacit renewal can be refused.
    async fn notice_deadline(&self) -> ApiResult<Option<Date>> {
        date(self.row.notice_deadline.as_ref())
    }

    async fn indexation(&self) -> ApiResult<Option<ContractIndexation>> {
        let state = self.state()?;
        Ok(state.indexation().map(|clause| ContractIndexation::of(clause, state)))
    }

    /// What was before this day is billed elsewhere.
    async fn billing_starts_on(&self) -> ApiResult<Option<Date>> {
        Ok(self.state()?.billing_starts_on().map(Date))
    }

    /// Those that ended, too, in the order in which they came.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn lines(&self) -> ApiResult<Vec<ContractLine>> {
        let state = self.state()?;
        let lines = state.lines().map(|line| ContractLine::of(line, state, &self.reading));
        Ok(lines.collect())
    }

    async fn amendment_count(&self) -> i32 {
        self.row.amendments
    }

    /// The first one first.
    #[graphql(complexity = "20 + 3 * child_complexity")]
    async fn amendments(&self, ctx: &Context<'_>) -> ApiResult<Vec<ContractAmendment>> {
        past::amendments(ctx, self).await
    }

    /// Days on which nothing is owed, in the order in which they were decided.
    #[graphql(complexity = "2 * child_complexity + 1")]
    async fn pauses(&self) -> ApiResult<Vec<ContractPause>> {
        let pauses = self.state()?.pauses().map(|(from, until)| ContractPause {
            from: Date(from),
            until: until.map(Date),
        });
        Ok(pauses.collect())
    }

    /// That was given and not withdrawn.
    async fn notice(&self) -> ApiResult<Option<ContractNotice>> {
        Ok(self.state()?.notice().map(Into::into))
    }

    /// The contract that it follows, or is to follow once it is signed.
    async fn follows(&self) -> ApiResult<Option<ContractPredecessor>> {
        let follows = self.state()?.follows();
        Ok(follows.map(|follows| ContractPredecessor::of(follows, &self.reading)))
    }

    /// The contract that follows it.
    async fn followed_by(&self) -> ApiResult<Option<ContractSuccessor>> {
        let renewal = self.state()?.renewal();
        Ok(renewal.map(|renewal| ContractSuccessor::of(renewal, &self.reading)))
    }

    /// The contracts that followed each other, this one among them, the oldest first; as far as you may see them.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn renewals(&self) -> ApiResult<Vec<Contract>> {
        let mut chain = VecDeque::from([self.clone()]);
        let mut known = HashSet::from([self.row.id]);
        while let Some(before) = chain.front().and_then(|first| first.row.follows_id) {
            if known.len() >= CHAIN_MAX || !known.insert(before) {
                break;
            }
            let Some(found) = Self::load(&self.reading, before).await? else {
                break;
            };
            chain.push_front(found);
        }
        while let Some(after) = chain.back().and_then(|last| last.row.followed_by_id) {
            if known.len() >= CHAIN_MAX || !known.insert(after) {
                break;
            }
            let Some(found) = Self::load(&self.reading, after).await? else {
                break;
            };
            chain.push_back(found);
        }
        Ok(chain.into())
    }

    async fn disputed(&self) -> bool {
        self.row.disputed
    }

    /// Why the customer does not agree; it does not stop a renewal.
    async fn dispute(&self) -> ApiResult<Option<String>> {
        Ok(self.state()?.dispute().map(str::to_owned))
    }

    /// The newest one, by which revenue is split up.
    async fn segment(&self) -> Option<&str> {
        self.row.segment.as_deref()
    }

    /// In the order of the days.
    #[graphql(complexity = "2 * child_complexity + 1")]
    async fn segments(&self) -> ApiResult<Vec<ContractSegment>> {
        Ok(ContractSegment::all(self.state()?))
    }

    /// What is still to be done, in the order of the days.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn obligations(&self) -> ApiResult<Vec<ContractObligation>> {
        Ok(self.state()?.obligations().into_iter().map(Into::into).collect())
    }

    /// The alerts that were raised or skipped, the oldest first.
    #[graphql(complexity = "20 + 3 * child_complexity")]
    async fn alerts(&self, ctx: &Context<'_>) -> ApiResult<Vec<ContractAlert>> {
        past::alerts(ctx, self).await
    }

    /// How it stands on a day with telling the customer of the renewal, today unless it is given; null where nobody has to
    /// be told.
    async fn consumer_notice(&self, ctx: &Context<'_>, on: Option<Date>) -> ApiResult<Option<ContractConsumerNotice>> {
        Ok(ContractConsumerNotice::on(self.state()?, day(ctx, on).await?))
    }

    /// The last days for refusing a renewal that the customer was told of, in their order.
    async fn notified_deadlines(&self) -> ApiResult<Vec<Date>> {
        Ok(self.state()?.notified_deadlines().map(Date).collect())
    }

    /// The day from which the customer may leave at any time, free of charge, because nobody told them of the renewal.
    async fn free_exit_from(&self) -> ApiResult<Option<Date>> {
        Ok(self.state()?.free_exit_from().map(Date))
    }

    /// The last day for paying advances back, when they left by that right.
    async fn refund_by(&self) -> ApiResult<Option<Date>> {
        Ok(self.state()?.refund_by().map(Date))
    }

    /// The next day on which there is something to bill; one that is over when what was billed is to be set right.
    async fn next_billing_on(&self) -> ApiResult<Option<Date>> {
        date(self.row.next_billing_on.as_ref())
    }

    /// The periods of every line that begin by a day, in the order of the days on which they are billed.
    #[graphql(complexity = "20 + 12 * child_complexity")]
    async fn billing_schedule(&self, ctx: &Context<'_>, through: Date) -> ApiResult<Vec<ContractPeriod>> {
        let through = foreseeable(ctx, Some(through)).await?;
        let periods = self.state()?.billing_schedule(through);
        periods.iter().map(|period| ContractPeriod::of(period, self)).collect()
    }

    /// What is to be billed on a day, and what is to be taken back; today unless it is given.
    #[graphql(complexity = "20 + 5 * child_complexity")]
    async fn due_billing(&self, ctx: &Context<'_>, on: Option<Date>) -> ApiResult<Vec<ContractBillingItem>> {
        let items = self.state()?.due_billing(foreseeable(ctx, on).await?);
        let items = items.iter();
        items
            .map(|item| ContractBillingItem::of(item, &self.row.currency, &self.reading))
            .collect()
    }

    /// Invoices and drafts that bill periods of it, or take them back, in the order of their making.
    #[graphql(complexity = "10 * child_complexity + 1")]
    async fn invoices(&self) -> ApiResult<Vec<Invoice>> {
        let invoices: Vec<InvoiceId> = self.state()?.invoices().collect();
        parts::loaded(&self.reading, &invoices).await
    }

    /// What was billed and is not earned on a day, today unless it is given: what of it stands in account 487.
    #[graphql(complexity = "20 + 2 * child_complexity")]
    async fn prepaid_income(&self, ctx: &Context<'_>, on: Option<Date>) -> ApiResult<ContractPrepaidIncome> {
        let on = foreseeable(ctx, on).await?;
        ContractPrepaidIncome::of(self, self.state()?, on)
    }

    /// The balance of account 487 at the end of so many months, the first one that of the day.
    #[graphql(complexity = "20 + 12 * child_complexity")]
    async fn prepaid_schedule(
        &self,
        ctx: &Context<'_>,
        from: Date,
        months: u32,
    ) -> ApiResult<Vec<ContractPrepaidMonth>> {
        if !(1..=MONTHS_MAX).contains(&months) {
            return Err(ApiError::bad_input(format!(
                "`months` must lie between 1 and {MONTHS_MAX}."
            )));
        }
        let from = foreseeable(ctx, Some(from)).await?;
        let balances = self.state()?.prepaid_schedule(from, months).into_iter();
        balances
            .map(|(on, deferred)| {
                Ok(ContractPrepaidMonth {
                    on: Date(on),
                    deferred: self.money(deferred)?,
                })
            })
            .collect()
    }

    /// Monthly recurring revenue on a day, today unless it is given: not rounded, in the contract's currency.
    async fn mrr(&self, ctx: &Context<'_>, on: Option<Date>) -> ApiResult<Decimal> {
        let on = day(ctx, on).await?;
        Ok(Decimal(self.state()?.mrr_on(on)))
    }

    /// Twelve times `mrr`.
    async fn arr(&self, ctx: &Context<'_>, on: Option<Date>) -> ApiResult<Decimal> {
        let on = day(ctx, on).await?;
        Ok(Decimal(self.state()?.mrr_on(on) * rust_decimal::Decimal::from(12)))
    }

    async fn drafted_at(&self) -> Moment {
        Moment::from_micros(self.row.drafted_at)
    }

    async fn updated_at(&self) -> Moment {
        Moment::from_micros(self.row.updated_at)
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// Everything that ever happened to it, oldest first.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> ApiResult<EventConnection> {
        let window = PageArguments {
            first,
            after,
            last,
            before,
        }
        .window()?;
        history::of_stream(ctx, &StreamId::new(ContractState::TYPE, self.row.id), &window).await
    }
}

/// What a list of contracts comes to, over all its pages.
pub struct ContractTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl ContractTotals {
    /// How many contracts the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type ContractConnection = Connection<String, Contract, ContractTotals, EmptyFields>;

#[derive(Default)]
pub struct ContractQueries;

#[Object]
impl ContractQueries {
    /// A contract by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn contract(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Contract>> {
        let id = ids::parse_as(Kind::Contract, &id)?;
        Contract::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Contracts, the newest number first unless `orderBy` says otherwise, now or as of an earlier moment.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn contracts(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<ContractFilter>,
        order_by: Option<Vec<ContractOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<ContractConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let window = arguments.window()?;
        let order = order_by
            .filter(|order| !order.is_empty())
            .unwrap_or_else(|| vec![filter::DEFAULT_ORDER]);
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let sort = paging::sorted(order)?;
        let scope = reading.scope().contracts();
        let all = Condition::all();
        let listing = paging::filtered(reading.scope(), filter, sort, Column::Id, &all, |filter, budget| {
            Ok(Entity::find().filter(scope.clone()).filter(filter.condition(budget)?))
        })?;
        let page = listing.page(reading.connection(), &window).await?;
        let totals = ContractTotals {
            select: listing.select,
            reading: reading.clone(),
        };
        Ok(page.connected(totals, |row| Contract::of(row, &reading)))
    }
}
