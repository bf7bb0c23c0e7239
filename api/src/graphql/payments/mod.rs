//! Payments: the type, how lists of them are filtered and sorted, and the queries.

pub mod mutations;

use async_graphql::{
    Context, Enum, ID, InputObject, Object, SimpleObject,
    connection::{Connection, EmptyFields},
};
use domain::{Decider, payment as rules, payment::PaymentState};
use journal::StreamId;
use projections::payments::{self as rows, Column, Entity, Model};
use sea_orm::{Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

use super::{
    billing::stored,
    deals::known,
    errors::ApiResult,
    filters::{self, BooleanFilter, Budget, DateFilter, DateTimeFilter, IdFilter, ListFilter, MoneyFilter, StringFilter},
    history::{self, EventConnection},
    ids::{self, Kind},
    invoices::PaymentAllocation,
    money::Money,
    organizations::Organization,
    paging::{self, Direction, Nulls, PageArguments, SortKey},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Date, Moment, date_of_row},
    users::User,
};

/// How money came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::payment::PaymentMethod")]
pub enum PaymentMethod {
    Transfer,
    Cheque,
    Card,
    DirectDebit,
    Cash,
    Other,
}

/// A part of a payment that went back to the customer.
#[derive(Debug, Clone, SimpleObject)]
pub struct PaymentRefunded {
    amount: Money,
    method: PaymentMethod,
    on: Date,
    reference: Option<String>,
}

/// Money that a customer sent.
#[derive(Clone)]
pub struct Payment {
    row: Model,
    reading: Reading,
}

impl Payment {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.payment(id).await?.map(|row| Self::of(row, reading)))
    }

    fn of(row: Model, reading: &Reading) -> Self {
        let reading = reading.clone();
        Self { row, reading }
    }

    fn money(&self, minor_units: i64) -> ApiResult<Money> {
        Money::of_sum(minor_units.into(), &self.row.currency)
    }
}

#[Object]
impl Payment {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Payment, self.row.id)
    }

    /// The bare id, as streams, receipts and the command line name the payment.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self) -> ApiResult<Option<Organization>> {
        Organization::load(&self.reading, self.row.organization_id).await
    }

    async fn amount(&self) -> ApiResult<Money> {
        self.money(self.row.amount)
    }

    async fn method(&self) -> ApiResult<PaymentMethod> {
        known(&rules::PaymentMethod::ALL, rules::PaymentMethod::as_str, &self.row.method).map(Into::into)
    }

    /// The day on which the money was there.
    async fn value_date(&self) -> ApiResult<Date> {
        date_of_row(&self.row.value_date)
    }

    /// What the bank or the cheque says.
    async fn reference(&self) -> Option<&str> {
        self.row.reference.as_deref()
    }

    /// What is on invoices.
    async fn applied(&self) -> ApiResult<Money> {
        self.money(self.row.applied)
    }

    /// What is on none and was not given back: the customer's credit.
    async fn unapplied(&self) -> ApiResult<Money> {
        self.money(self.row.unapplied)
    }

    async fn refunded(&self) -> ApiResult<Money> {
        self.money(self.row.refunded)
    }

    /// The oldest first.
    async fn refunds(&self) -> ApiResult<Vec<PaymentRefunded>> {
        let refunds: Vec<rows::Refund> = stored(&self.row.refunds)?;
        let refunds = refunds.into_iter().map(|refund| {
            Ok(PaymentRefunded {
                amount: self.money(refund.amount)?,
                method: refund.method.into(),
                on: Date(refund.on),
                reference: refund.reference,
            })
        });
        refunds.collect()
    }

    /// The day on which all of it went back by itself; null unless it did.
    async fn reversed_on(&self) -> ApiResult<Option<Date>> {
        self.row.reversed_on.as_deref().map(date_of_row).transpose()
    }

    async fn reversal_reason(&self) -> Option<&str> {
        self.row.reversal_reason.as_deref()
    }

    /// The invoices that it is, or was, on.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn allocations(&self) -> ApiResult<Vec<PaymentAllocation>> {
        let rows = self.reading.allocations_of_payment(self.row.id).await?;
        Ok(rows.into_iter().map(|row| PaymentAllocation::of(row, &self.reading)).collect())
    }

    /// Who recorded it; null for a program.
    #[graphql(complexity = "child_complexity + 1")]
    async fn author(&self) -> ApiResult<Option<User>> {
        match self.row.author_id {
            Some(author) => User::load(&self.reading, author).await,
            None => Ok(None),
        }
    }

    async fn received_at(&self) -> Moment {
        Moment::from_micros(self.row.received_at)
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
        history::of_stream(ctx, &StreamId::new(PaymentState::TYPE, self.row.id), &window).await
    }
}

/// Which payments. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct PaymentFilter {
    pub and: Option<Vec<PaymentFilter>>,
    pub or: Option<Vec<PaymentFilter>>,
    pub not: Option<Box<PaymentFilter>>,
    pub id: Option<IdFilter>,
    pub organization: Option<IdFilter>,
    pub reference: Option<StringFilter>,
    pub method: Option<ListFilter<PaymentMethod>>,
    pub amount: Option<MoneyFilter>,
    /// What is on no invoice: the customer's credit.
    pub unapplied: Option<MoneyFilter>,
    pub value_date: Option<DateFilter>,
    /// Whether it went back by itself.
    pub reversed: Option<BooleanFilter>,
    pub updated_at: Option<DateTimeFilter>,
}

impl PaymentFilter {
    fn condition(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let mut all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        for (filter, column, kind) in [
            (&self.id, Column::Id, Kind::Payment),
            (&self.organization, Column::OrganizationId, Kind::Organization),
        ] {
            all = all.add_option(filter.as_ref().map(|id| id.condition(column, kind)).transpose()?);
        }
        if let Some(reference) = &self.reference {
            all = all.add(reference.condition_plain(Column::Reference, Column::ReferenceFolded)?);
        }
        for (filter, column) in [(&self.amount, Column::Amount), (&self.unapplied, Column::Unapplied)] {
            let condition = filter.as_ref().map(|money| money.condition(column, Column::Currency));
            all = all.add_option(condition.transpose()?);
        }
        let method = |method: PaymentMethod| rules::PaymentMethod::from(method).as_str();
        let of_method = self.method.as_ref().map(|list| list.condition(Column::Method, method));
        Ok(all
            .add_option(of_method.transpose()?)
            .add_option(
                self.value_date
                    .as_ref()
                    .map(|date| date.condition(Column::ValueDate, |date| date.0.to_string())),
            )
            .add_option(self.reversed.as_ref().map(|given| given.presence(Column::ReversedOn)))
            .add_option(self.updated_at.as_ref().map(|time| time.condition(Column::UpdatedAt))))
    }
}

/// What payments are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PaymentOrderField {
    ValueDate,
    /// The number, whatever the currency.
    Amount,
    UpdatedAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct PaymentOrder {
    pub field: PaymentOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<PaymentOrder> for SortKey<Column> {
    fn from(order: PaymentOrder) -> Self {
        let column = match order.field {
            PaymentOrderField::ValueDate => Column::ValueDate,
            PaymentOrderField::Amount => Column::Amount,
            PaymentOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

const DEFAULT_ORDER: PaymentOrder = PaymentOrder {
    field: PaymentOrderField::ValueDate,
    direction: Direction::Desc,
};

/// What a list of payments comes to, over all its pages.
pub struct PaymentTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl PaymentTotals {
    /// How many payments the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type PaymentConnection = Connection<String, Payment, PaymentTotals, EmptyFields>;

#[derive(Default)]
pub struct PaymentQueries;

#[Object]
impl PaymentQueries {
    /// A payment by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn payment(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Payment>> {
        let id = ids::parse_as(Kind::Payment, &id)?;
        Payment::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Payments, the newest first unless `orderBy` says otherwise, now or as of an earlier moment.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn payments(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<PaymentFilter>,
        order_by: Option<Vec<PaymentOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<PaymentConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let window = arguments.window()?;
        let order = order_by
            .filter(|order| !order.is_empty())
            .unwrap_or_else(|| vec![DEFAULT_ORDER]);
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let sort = paging::sorted(order)?;
        let scope = reading.scope().payments();
        let all = Condition::all();
        let listing = paging::filtered(reading.scope(), filter, sort, Column::Id, &all, |filter, budget| {
            Ok(Entity::find()
                .filter(scope.clone())
                .filter(filter.condition(budget)?))
        })?;
        let page = listing.page(reading.connection(), &window).await?;
        let totals = PaymentTotals {
            select: listing.select,
            reading: reading.clone(),
        };
        Ok(page.connected(totals, |row| Payment::of(row, &reading)))
    }
}
