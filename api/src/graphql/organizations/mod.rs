//! Organizations: the type, how lists of them are filtered and sorted, and the queries.

pub mod mutations;

use async_graphql::{
    Context, Enum, ID, InputObject, Object, SimpleObject,
    connection::{Connection, Edge, EmptyFields},
};
use domain::{Decider, organization::OrganizationState};
use journal::StreamId;
use projections::organizations::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

pub use self::mutations::OrganizationMutations;
use super::{
    deals::{self, DealConnection, DealFilter, DealOrder, DealsFilter, known},
    errors::ApiResult,
    filters::{self, Budget, DateTimeFilter, IdFilter, IntFilter, ListFilter, StringFilter},
    history::{self, EventConnection},
    ids::{self, Kind},
    money::Money,
    paging::{self, Direction, Listing, Nulls, PageArguments, SortKey},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Moment},
    tasks::{self, TaskConnection, TasksFilter},
};

/// Where we stand with an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::organization::OrganizationStatus")]
pub enum OrganizationStatus {
    Prospect,
    Customer,
    Former,
}

/// A company we sell to, or hope to.
#[derive(Clone)]
pub struct Organization {
    row: Model,
    reading: Reading,
}

/// The person we talk to.
#[derive(Debug, Clone, SimpleObject)]
pub struct Contact {
    /// Whose data this is: give it to `personErase`.
    person: Uuid,
    /// Null once the person's data was erased.
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    erased: bool,
}

impl Organization {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.organization(id).await?.map(|row| Self {
            row,
            reading: reading.clone(),
        }))
    }
}

#[Object]
impl Organization {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Organization, self.row.id)
    }

    /// The bare id, as streams, receipts and the command line name the organization.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    async fn name(&self) -> &str {
        &self.row.name
    }

    /// The number that identifies a French company.
    async fn siren(&self) -> Option<&str> {
        self.row.siren.as_deref()
    }

    async fn status(&self) -> ApiResult<OrganizationStatus> {
        use domain::organization::OrganizationStatus as Known;
        known(&Known::ALL, Known::as_str, &self.row.status).map(OrganizationStatus::from)
    }

    async fn sector(&self) -> Option<&str> {
        self.row.sector.as_deref()
    }

    async fn country(&self) -> Option<&str> {
        self.row.country.as_deref()
    }

    async fn employees(&self) -> Option<i64> {
        self.row.employees
    }

    async fn annual_revenue(&self) -> ApiResult<Option<Money>> {
        Money::of_row(self.row.revenue_minor, self.row.revenue_currency.as_deref())
    }

    async fn founded_year(&self) -> Option<i32> {
        self.row.founded_year
    }

    /// The organization that owns this one.
    #[graphql(complexity = "child_complexity + 1")]
    async fn parent(&self) -> ApiResult<Option<Organization>> {
        match self.row.parent_id {
            Some(id) => Self::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    async fn contact(&self) -> Option<Contact> {
        let row = &self.row;
        row.contact_person.map(|person| Contact {
            person,
            name: row.contact_name.clone(),
            email: row.contact_email.clone(),
            phone: row.contact_phone.clone(),
            erased: row.contact_name.is_none(),
        })
    }

    /// Its name in the system it was imported from.
    async fn external_reference(&self) -> Option<&str> {
        self.row.external_reference.as_deref()
    }

    async fn registered_at(&self) -> Moment {
        Moment::from_micros(self.row.registered_at)
    }

    async fn updated_at(&self) -> Moment {
        Moment::from_micros(self.row.updated_at)
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.row.version
    }

    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn deals(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<DealFilter>,
        order_by: Option<Vec<DealOrder>>,
    ) -> ApiResult<DealConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        deals::page(
            &self.reading,
            deals::of_organization(self.row.id),
            arguments,
            filter,
            order_by,
        )
        .await
    }

    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn tasks(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> ApiResult<TaskConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        tasks::page(
            &self.reading,
            tasks::of_organization(self.row.id),
            arguments,
            None,
            None,
        )
        .await
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
        history::of_stream(ctx, &StreamId::new(OrganizationState::TYPE, self.row.id), &window).await
    }
}

/// Which organizations. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct OrganizationFilter {
    pub and: Option<Vec<OrganizationFilter>>,
    pub or: Option<Vec<OrganizationFilter>>,
    pub not: Option<Box<OrganizationFilter>>,
    pub id: Option<IdFilter>,
    pub name: Option<StringFilter>,
    pub siren: Option<StringFilter>,
    pub status: Option<ListFilter<OrganizationStatus>>,
    pub sector: Option<StringFilter>,
    pub country: Option<StringFilter>,
    pub employees: Option<IntFilter>,
    pub parent: Option<IdFilter>,
    pub external_reference: Option<StringFilter>,
    pub registered_at: Option<DateTimeFilter>,
    pub deals: Option<DealsFilter>,
    pub tasks: Option<TasksFilter>,
}

/// Compares the organization that something refers to.
#[derive(Debug, Clone, Default, InputObject)]
pub struct OrganizationReferenceFilter {
    pub eq: Option<ID>,
    pub r#in: Option<Vec<ID>>,
    pub not_in: Option<Vec<ID>>,
    pub is_null: Option<bool>,
    /// The organization is one of these.
    pub matches: Option<Box<OrganizationFilter>>,
}

impl OrganizationReferenceFilter {
    pub fn condition<C: ColumnTrait>(&self, column: C, budget: &mut Budget) -> ApiResult<Condition> {
        let ids = IdFilter {
            eq: self.eq.clone(),
            r#in: self.r#in.clone(),
            not_in: self.not_in.clone(),
            is_null: self.is_null,
        };
        let all = ids.condition(column, Kind::Organization)?;
        let Some(filter) = &self.matches else {
            return Ok(all);
        };
        // Said twice, so that `not` of it takes the rows without an organization.
        let found = filters::related::<Entity>(column, Column::Id, filter.condition(budget)?);
        Ok(all.add(column.is_not_null()).add(found))
    }
}

impl OrganizationFilter {
    fn condition(&self, budget: &mut Budget) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let mut all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        let statuses = |status: OrganizationStatus| domain::organization::OrganizationStatus::from(status).as_str();
        let texts = [
            (&self.siren, Column::Siren),
            (&self.sector, Column::Sector),
            (&self.country, Column::Country),
            (&self.external_reference, Column::ExternalReference),
        ];
        for (filter, column) in texts {
            all = all.add_option(filter.as_ref().map(|text| text.condition(column)).transpose()?);
        }
        if let Some(name) = &self.name {
            all = all.add(name.condition_folded(Column::Name, Column::NameFolded)?);
        }
        if let Some(deals) = &self.deals {
            let organization_of = projections::deals::Column::OrganizationId;
            all = all.add(deals.condition(Column::Id, organization_of, budget)?);
        }
        if let Some(tasks) = &self.tasks {
            all = all.add(tasks.condition(Column::Id, Kind::Organization, budget)?);
        }
        for (filter, column) in [(&self.id, Column::Id), (&self.parent, Column::ParentId)] {
            all = all.add_option(
                filter
                    .as_ref()
                    .map(|id| id.condition(column, Kind::Organization))
                    .transpose()?,
            );
        }
        Ok(all
            .add_option(
                self.status
                    .as_ref()
                    .map(|list| list.condition(Column::Status, statuses))
                    .transpose()?,
            )
            .add_option(
                self.employees
                    .as_ref()
                    .map(|number| number.condition(Column::Employees)),
            )
            .add_option(
                self.registered_at
                    .as_ref()
                    .map(|time| time.condition(Column::RegisteredAt)),
            ))
    }
}

/// What organizations are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrganizationOrderField {
    /// Without regard to upper and lower case.
    Name,
    RegisteredAt,
    UpdatedAt,
    Employees,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct OrganizationOrder {
    pub field: OrganizationOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<OrganizationOrder> for SortKey<Column> {
    fn from(order: OrganizationOrder) -> Self {
        let column = match order.field {
            OrganizationOrderField::Name => Column::NameFolded,
            OrganizationOrderField::RegisteredAt => Column::RegisteredAt,
            OrganizationOrderField::UpdatedAt => Column::UpdatedAt,
            OrganizationOrderField::Employees => Column::Employees,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

/// By name.
const DEFAULT_ORDER: OrganizationOrder = OrganizationOrder {
    field: OrganizationOrderField::Name,
    direction: Direction::Asc,
};

/// What a list of organizations comes to, over all its pages.
pub struct OrganizationTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl OrganizationTotals {
    /// How many organizations the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type OrganizationConnection = Connection<String, Organization, OrganizationTotals, EmptyFields>;

/// The organizations within a scope, filtered and sorted.
pub fn listing(
    scope: Condition,
    filter: Option<OrganizationFilter>,
    order: Option<Vec<OrganizationOrder>>,
) -> ApiResult<Listing<Entity>> {
    let order = order
        .filter(|order| !order.is_empty())
        .unwrap_or_else(|| vec![DEFAULT_ORDER]);
    let filter = filter.unwrap_or_default();
    let select = Entity::find()
        .filter(scope.clone())
        .filter(filter.condition(&mut Budget::default())?);
    Ok(Listing::new(
        select,
        paging::sorted(order)?,
        Column::Id,
        &(scope, filter),
    ))
}

#[derive(Default)]
pub struct OrganizationQueries;

#[Object]
impl OrganizationQueries {
    /// An organization by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn organization(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Organization>> {
        let id = ids::parse_as(Kind::Organization, &id)?;
        Organization::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Organizations, by name unless `orderBy` says otherwise, now or as of an earlier moment.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn organizations(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<OrganizationFilter>,
        order_by: Option<Vec<OrganizationOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<OrganizationConnection> {
        let window = PageArguments {
            first,
            after,
            last,
            before,
        }
        .window()?;
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let listing = listing(Condition::all(), filter, order_by)?;
        let page = listing.page(reading.connection(), &window).await?;
        let totals = OrganizationTotals {
            select: listing.select,
            reading: reading.clone(),
        };
        let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, totals);
        connection.edges.extend(page.rows.into_iter().map(|(cursor, row)| {
            let organization = Organization {
                row,
                reading: reading.clone(),
            };
            Edge::new(cursor, organization)
        }));
        Ok(connection)
    }
}
