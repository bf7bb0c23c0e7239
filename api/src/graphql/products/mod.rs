//! Products: the type, how lists of them are filtered and sorted, and the queries.

pub mod mutations;

use async_graphql::{
    Context, Enum, ID, InputObject, Object,
    connection::{Connection, EmptyFields},
};
use domain::{billing, product as rules};
use projections::products::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

use super::{
    deals::known,
    errors::{ApiError, ApiResult},
    filters::{self, BooleanFilter, Budget, DateTimeFilter, IdFilter, ListFilter, StringFilter},
    ids::{self, Kind},
    paging::{self, Direction, Nulls, PageArguments, SortKey},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Decimal, Moment},
};

/// What is sold: it decides where a sale is taxed, and what the invoice has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::billing::Nature")]
pub enum ProductNature {
    Goods,
    Services,
}

/// For how long a recurring product is paid at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::product::BillingPeriod")]
pub enum BillingPeriod {
    Month,
    Quarter,
    Year,
}

/// Which of the rates of VAT a product falls under. The rate itself is the one in force when the tax falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::billing::RateClass")]
pub enum VatRateClass {
    /// 20 % in mainland France.
    Normal,
    /// 10 %.
    Intermediate,
    /// 5.5 %.
    Reduced,
    /// 2.1 %.
    Special,
    Zero,
}

/// Why a product is exempt of itself, whoever buys it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum ProductExemption {
    /// CGI art. 261, 4.
    HealthCare,
    /// CGI art. 261, 4, 4°.
    Teaching,
    /// CGI art. 261 C.
    FinanceAndInsurance,
    /// CGI art. 261 D.
    Letting,
}

impl ProductExemption {
    pub const ALL: [Self; 4] = [
        Self::HealthCare,
        Self::Teaching,
        Self::FinanceAndInsurance,
        Self::Letting,
    ];

    pub const fn reason(self) -> billing::VatReason {
        match self {
            Self::HealthCare => billing::VatReason::HealthCare,
            Self::Teaching => billing::VatReason::Teaching,
            Self::FinanceAndInsurance => billing::VatReason::FinanceAndInsurance,
            Self::Letting => billing::VatReason::Letting,
        }
    }
}

/// Goods or a service that we sell.
#[derive(Clone)]
pub struct Product {
    row: Model,
}

impl Product {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.product(id).await?.map(|row| Self { row }))
    }
}

#[Object]
impl Product {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Product, self.row.id)
    }

    /// The bare id, as streams name the product.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    /// In upper case; of one product at a time.
    async fn code(&self) -> &str {
        &self.row.code
    }

    async fn name(&self) -> &str {
        &self.row.name
    }

    /// What a document says below the name.
    async fn details(&self) -> Option<&str> {
        self.row.details.as_deref()
    }

    /// What it is counted in.
    async fn unit(&self) -> &str {
        &self.row.unit
    }

    async fn category(&self) -> Option<&str> {
        self.row.category.as_deref()
    }

    /// Of one unit, without tax; up to six decimals.
    async fn unit_price(&self) -> ApiResult<Decimal> {
        let price = self.row.unit_price.parse().map(Decimal);
        price.map_err(|error| ApiError::internal("a view holds a price that is none", &error))
    }

    /// ISO 4217.
    async fn currency_code(&self) -> &str {
        &self.row.currency
    }

    /// For how long one unit is paid; null for what is sold once.
    async fn period(&self) -> ApiResult<Option<BillingPeriod>> {
        let period = self.row.period.as_deref();
        let period = period.map(|text| known(&rules::BillingPeriod::ALL, rules::BillingPeriod::as_str, text));
        Ok(period.transpose()?.map(BillingPeriod::from))
    }

    async fn nature(&self) -> ApiResult<ProductNature> {
        known(&billing::Nature::ALL, billing::Nature::as_str, &self.row.nature).map(ProductNature::from)
    }

    async fn vat_rate_class(&self) -> ApiResult<VatRateClass> {
        known(
            &billing::RateClass::ALL,
            billing::RateClass::as_str,
            &self.row.rate_class,
        )
        .map(VatRateClass::from)
    }

    /// Why it is exempt of itself.
    async fn exemption(&self) -> ApiResult<Option<ProductExemption>> {
        let exemption = self.row.exemption.as_deref();
        exemption
            .map(|text| known(&ProductExemption::ALL, |reason| reason.reason().as_str(), text))
            .transpose()
    }

    /// When it was archived; null while it is offered.
    async fn archived_at(&self) -> Option<Moment> {
        self.row.archived_at.map(Moment::from_micros)
    }

    async fn added_at(&self) -> Moment {
        Moment::from_micros(self.row.added_at)
    }

    async fn updated_at(&self) -> Moment {
        Moment::from_micros(self.row.updated_at)
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.row.version
    }
}

/// Which products. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ProductFilter {
    pub and: Option<Vec<ProductFilter>>,
    pub or: Option<Vec<ProductFilter>>,
    pub not: Option<Box<ProductFilter>>,
    pub id: Option<IdFilter>,
    pub code: Option<StringFilter>,
    pub name: Option<StringFilter>,
    pub category: Option<StringFilter>,
    pub nature: Option<ListFilter<ProductNature>>,
    pub period: Option<ListFilter<BillingPeriod>>,
    /// Whether it is paid period by period.
    pub recurring: Option<BooleanFilter>,
    /// Archived ones are left out of the list unless this is given in the filter itself.
    pub archived: Option<BooleanFilter>,
    pub updated_at: Option<DateTimeFilter>,
}

impl ProductFilter {
    /// With what a list leaves out by itself.
    fn whole(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        let mut all = self.condition(budget)?;
        if self.archived.is_none() {
            all = all.add(Column::ArchivedAt.is_null());
        }
        Ok(all)
    }

    fn condition(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let mut all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        if let Some(id) = &self.id {
            all = all.add(id.condition(Column::Id, Kind::Product)?);
        }
        if let Some(name) = &self.name {
            all = all.add(name.condition_plain(Column::Name, Column::NameFolded)?);
        }
        for (filter, column) in [(&self.code, Column::Code), (&self.category, Column::Category)] {
            all = all.add_option(filter.as_ref().map(|text| text.condition(column)).transpose()?);
        }
        let nature = |nature: ProductNature| billing::Nature::from(nature).as_str();
        let period = |period: BillingPeriod| rules::BillingPeriod::from(period).as_str();
        let of_nature = self.nature.as_ref().map(|list| list.condition(Column::Nature, nature));
        let of_period = self.period.as_ref().map(|list| list.condition(Column::Period, period));
        Ok(all
            .add_option(of_nature.transpose()?)
            .add_option(of_period.transpose()?)
            .add_option(self.recurring.as_ref().map(|given| given.presence(Column::Period)))
            .add_option(self.archived.as_ref().map(|given| given.presence(Column::ArchivedAt)))
            .add_option(self.updated_at.as_ref().map(|time| time.condition(Column::UpdatedAt))))
    }
}

/// What products are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ProductOrderField {
    /// Without regard to case and accents.
    Name,
    Code,
    /// The number, whatever the currency.
    UnitPrice,
    UpdatedAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct ProductOrder {
    pub field: ProductOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<ProductOrder> for SortKey<Column> {
    fn from(order: ProductOrder) -> Self {
        let column = match order.field {
            ProductOrderField::Name => Column::NameFolded,
            ProductOrderField::Code => Column::Code,
            ProductOrderField::UnitPrice => Column::UnitPriceMicros,
            ProductOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

const DEFAULT_ORDER: ProductOrder = ProductOrder {
    field: ProductOrderField::Name,
    direction: Direction::Asc,
};

/// What a list of products comes to, over all its pages.
pub struct ProductTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl ProductTotals {
    /// How many products the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type ProductConnection = Connection<String, Product, ProductTotals, EmptyFields>;

#[derive(Default)]
pub struct ProductQueries;

#[Object]
impl ProductQueries {
    /// A product by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn product(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Product>> {
        let id = ids::parse_as(Kind::Product, &id)?;
        Product::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// The catalogue, by name unless `orderBy` says otherwise, now or as of an earlier moment.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn products(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<ProductFilter>,
        order_by: Option<Vec<ProductOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<ProductConnection> {
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
        let all = Condition::all();
        let listing = paging::filtered(reading.scope(), filter, sort, Column::Id, &all, |filter, budget| {
            Ok(Entity::find().filter(filter.whole(budget)?))
        })?;
        let page = listing.page(reading.connection(), &window).await?;
        let totals = ProductTotals {
            select: listing.select,
            reading: reading.clone(),
        };
        Ok(page.connected(totals, |row| Product { row }))
    }
}
