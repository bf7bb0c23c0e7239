//! Quotes: the types, how lists of them are filtered and sorted, and the queries.

pub mod filter;
pub mod mutations;
pub mod versions;

use async_graphql::{
    Context, Enum, ID, Object,
    connection::{Connection, EmptyFields},
};
use domain::{Decider, quote as rules, quote::QuoteState};
use journal::StreamId;
use projections::quotes::{Column, Entity, Model};
use sea_orm::{Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

pub use self::{
    filter::{QuoteFilter, QuoteOrder},
    versions::{QuoteDifference, QuoteVersion},
};
use super::{
    contracts::Contract,
    deals::{Deal, known},
    errors::{ApiError, ApiResult},
    history::{self, EventConnection},
    ids::{self, Kind},
    money::Money,
    organizations::Organization,
    paging::{self, PageArguments},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Date, Moment, date_of_row},
    users::User,
};

/// How a quote, or one of its versions, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::quote::QuoteStatus")]
pub enum QuoteStatus {
    Draft,
    Sent,
    /// The customer opened it.
    Viewed,
    Accepted,
    Refused,
    Expired,
    /// A newer version was sent.
    Superseded,
    Cancelled,
}

/// Whether a manager agreed to a draft as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::quote::Approval")]
pub enum QuoteApproval {
    NotAsked,
    Requested,
    Given,
    Refused,
}

/// An offer to a customer: one number, and versions that follow each other.
#[derive(Clone)]
pub struct Quote {
    row: Model,
    reading: Reading,
}

impl Quote {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.quote(id).await?.map(|row| Self::of(row, reading)))
    }

    fn of(row: Model, reading: &Reading) -> Self {
        let reading = reading.clone();
        Self { row, reading }
    }

    async fn version_of(&self, number: Option<i32>) -> ApiResult<Option<QuoteVersion>> {
        let Some(number) = number else { return Ok(None) };
        let versions = self.reading.quote_versions(self.row.id).await?;
        let found = versions.into_iter().find(|version| version.number == number);
        Ok(found.map(|version| QuoteVersion::of(version, &self.row, &self.reading)))
    }

    fn money(&self, minor_units: i64) -> ApiResult<Money> {
        Money::of_sum(minor_units.into(), &self.row.currency)
    }
}

#[Object]
impl Quote {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Quote, self.row.id)
    }

    /// The bare id, as streams, receipts and the command line name the quote.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    /// As it is printed; the same for all versions.
    async fn number(&self) -> &str {
        &self.row.number
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self) -> ApiResult<Option<Organization>> {
        Organization::load(&self.reading, self.row.organization_id).await
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn deal(&self) -> ApiResult<Option<Deal>> {
        match self.row.deal_id {
            Some(deal) => Deal::load(&self.reading, deal).await,
            None => Ok(None),
        }
    }

    /// The contract that is renewed once it is accepted.
    #[graphql(complexity = "child_complexity + 1")]
    async fn renews(&self) -> ApiResult<Option<Contract>> {
        match self.row.renews_id {
            Some(contract) => Contract::load(&self.reading, contract).await,
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

    /// The quote that it began as a copy of.
    #[graphql(complexity = "child_complexity + 1")]
    async fn copied_from(&self) -> ApiResult<Option<Quote>> {
        match self.row.copied_from {
            Some(original) => Self::load(&self.reading, original).await,
            None => Ok(None),
        }
    }

    async fn subject(&self) -> Option<&str> {
        self.row.subject.as_deref()
    }

    /// That of the newest version that was sent; `DRAFT` before.
    async fn status(&self) -> ApiResult<QuoteStatus> {
        known(&rules::QuoteStatus::ALL, rules::QuoteStatus::as_str, &self.row.status).map(Into::into)
    }

    /// Of the draft.
    async fn approval(&self) -> ApiResult<QuoteApproval> {
        known(&rules::Approval::ALL, rules::Approval::as_str, &self.row.approval).map(Into::into)
    }

    /// Why a manager did not agree.
    async fn approval_reason(&self) -> Option<&str> {
        self.row.approval_reason.as_deref()
    }

    /// Without tax: of the version that was accepted, else of the newest that was sent, else of the draft.
    async fn net(&self) -> ApiResult<Money> {
        self.money(self.row.net)
    }

    async fn vat(&self) -> ApiResult<Money> {
        self.money(self.row.vat)
    }

    /// With tax.
    async fn gross(&self) -> ApiResult<Money> {
        self.money(self.row.gross)
    }

    /// Every version, the oldest first.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn versions(&self) -> ApiResult<Vec<QuoteVersion>> {
        let versions = self.reading.quote_versions(self.row.id).await?;
        Ok(versions
            .into_iter()
            .map(|version| QuoteVersion::of(version, &self.row, &self.reading))
            .collect())
    }

    /// The version that is being written.
    #[graphql(complexity = "child_complexity + 1")]
    async fn draft(&self) -> ApiResult<Option<QuoteVersion>> {
        self.version_of(self.row.draft_version).await
    }

    /// The newest version that was sent: the one that the customer can answer.
    #[graphql(complexity = "child_complexity + 1")]
    async fn sent(&self) -> ApiResult<Option<QuoteVersion>> {
        self.version_of(self.row.sent_version).await
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn accepted(&self) -> ApiResult<Option<QuoteVersion>> {
        self.version_of(self.row.accepted_version).await
    }

    /// The last day on which it can be accepted.
    async fn valid_until(&self) -> ApiResult<Option<Date>> {
        self.row.valid_until.as_deref().map(date_of_row).transpose()
    }

    async fn expires_at(&self) -> Option<Moment> {
        self.row.expires_at.map(Moment::from_micros)
    }

    async fn sent_at(&self) -> Option<Moment> {
        self.row.sent_at.map(Moment::from_micros)
    }

    /// When the customer first opened the newest version that was sent.
    async fn viewed_at(&self) -> Option<Moment> {
        self.row.viewed_at.map(Moment::from_micros)
    }

    /// When it was accepted or refused.
    async fn answered_at(&self) -> Option<Moment> {
        self.row.answered_at.map(Moment::from_micros)
    }

    async fn refusal_reason(&self) -> Option<&str> {
        self.row.refusal_reason.as_deref()
    }

    async fn cancelled_at(&self) -> Option<Moment> {
        self.row.cancelled_at.map(Moment::from_micros)
    }

    async fn cancellation_reason(&self) -> Option<&str> {
        self.row.cancellation_reason.as_deref()
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
        history::of_stream(ctx, &StreamId::new(QuoteState::TYPE, self.row.id), &window).await
    }
}

/// What a list of quotes comes to, over all its pages.
pub struct QuoteTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl QuoteTotals {
    /// How many quotes the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type QuoteConnection = Connection<String, Quote, QuoteTotals, EmptyFields>;

#[derive(Default)]
pub struct QuoteQueries;

#[Object]
impl QuoteQueries {
    /// A quote by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn quote(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Quote>> {
        let id = ids::parse_as(Kind::Quote, &id)?;
        Quote::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Quotes, the newest number first unless `orderBy` says otherwise, now or as of an earlier moment.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn quotes(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<QuoteFilter>,
        order_by: Option<Vec<QuoteOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<QuoteConnection> {
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
        let scope = reading.scope().quotes();
        let all = Condition::all();
        let listing = paging::filtered(reading.scope(), filter, sort, Column::Id, &all, |filter, budget| {
            Ok(Entity::find().filter(scope.clone()).filter(filter.condition(budget)?))
        })?;
        let page = listing.page(reading.connection(), &window).await?;
        let totals = QuoteTotals {
            select: listing.select,
            reading: reading.clone(),
        };
        Ok(page.connected(totals, |row| Quote::of(row, &reading)))
    }

    /// What changed from one version of a quote to another.
    #[graphql(complexity = "20 + 10 * child_complexity")]
    async fn quote_differences(
        &self,
        ctx: &Context<'_>,
        id: ID,
        from: i32,
        to: i32,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Vec<QuoteDifference>>> {
        let id = ids::parse_as(Kind::Quote, &id)?;
        let reading = reading::reading(ctx, None, min_position).await?;
        let Some(quote) = Quote::load(&reading, id).await? else {
            return Ok(None);
        };
        let (from, to) = (quote.version_of(Some(from)).await?, quote.version_of(Some(to)).await?);
        match (from, to) {
            (Some(from), Some(to)) => QuoteDifference::between(&from, &to).map(Some),
            _ => Err(ApiError::bad_input("This quote does not have both versions.")),
        }
    }
}
