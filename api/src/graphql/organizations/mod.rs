//! Organizations: the type and the queries.

pub mod filters;
pub mod inputs;
pub mod mutations;
pub mod records;

use async_graphql::{
    Context, Enum, ID, Object, SimpleObject,
    connection::{Connection, EmptyFields},
};
use domain::{Decider, organization::OrganizationState};
use journal::StreamId;
use projections::{
    deals as deal_rows,
    organizations::{Column, Entity, Model, fields, tags},
    tasks::{self as task_rows, links},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

pub use self::{
    filters::{OrganizationFilter, OrganizationOrder, OrganizationReferenceFilter},
    mutations::OrganizationMutations,
    records::OrganizationRecordMutations,
};
use super::{
    activities::{self, ActivityConnection, ActivityFilter},
    contacts::{self, ContactConnection, ContactFilter, ContactOrder},
    custom::CustomField,
    deals::{self, DealConnection, DealFilter, DealOrder, known},
    dunning::CustomerRemindersShown,
    errors::{ApiError, ApiResult},
    files::{self, Attachment},
    history::{self, EventConnection},
    ids::{self, Kind},
    money::Money,
    paging::{self, Listing, PageArguments},
    reading::{self, AsOfInput, Reading},
    saved_filters::with_saved,
    scalars::{BigInt, Moment},
    tasks::{self, TaskConnection},
    timeline::{self, TimelineConnection},
    users::User,
};

/// Where we stand with an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::organization::OrganizationStatus")]
pub enum OrganizationStatus {
    Prospect,
    Customer,
    Former,
}

/// Whom the law sees in a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::organization::OrganizationKind")]
pub enum OrganizationKind {
    /// Acts in its trade.
    Professional,
    /// A legal person that does not: a charity, an owners' association.
    NonProfessional,
    /// A natural person that does not.
    Consumer,
}

/// The classes of French law, by headcount, turnover and balance sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::organization::OrganizationSize")]
pub enum OrganizationSize {
    /// Microentreprise: fewer than 10 people.
    Micro,
    /// PME: fewer than 250.
    Sme,
    /// ETI: fewer than 5,000.
    MidCap,
    /// Grande entreprise.
    Large,
}

/// A company we sell to, or hope to.
#[derive(Clone)]
pub struct Organization {
    row: Box<Model>,
    reading: Reading,
}

/// The person we talk to.
#[derive(Debug, Clone, SimpleObject)]
pub struct MainContact {
    /// Whose data this is: give it to `personErase`.
    person: Uuid,
    /// Null once the person's data was erased.
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    erased: bool,
}

/// Where post is sent to.
#[derive(Debug, Clone, SimpleObject)]
pub struct PostalAddress {
    /// Everything before the town.
    lines: Vec<String>,
    postcode: Option<String>,
    city: String,
    /// Two letters of ISO 3166.
    country: String,
}

/// An account at a bank.
#[derive(Debug, Clone, SimpleObject)]
pub struct BankAccount {
    /// Null once the data of the person whose account it is was erased.
    iban: Option<String>,
    bic: Option<String>,
    holder: Option<String>,
    /// Whose it is, when it is a person's.
    person: Option<Uuid>,
}

impl Organization {
    /// The organization, or the one that stands for it.
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        let found = Self::load_record(reading, id).await?;
        match found.as_ref().and_then(|found| found.row.merged_into) {
            Some(survivor) => Self::load_record(reading, survivor).await,
            None => Ok(found),
        }
    }

    /// The record under this very id, also when another one stands for it.
    pub async fn load_record(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.organization(id).await?.map(|row| Self::of(row, reading)))
    }

    pub fn of(row: Model, reading: &Reading) -> Self {
        Self {
            row: Box::new(row),
            reading: reading.clone(),
        }
    }
}

/// A column names the organization or one that was merged into it.
pub fn concerns<C: ColumnTrait>(column: C, organization: Uuid) -> Condition {
    concerns_any(column, &[organization])
}

/// A column names one of some organizations, or one that was merged into one of them.
pub fn concerns_any<C: ColumnTrait>(column: C, organizations: &[Uuid]) -> Condition {
    let ids = || organizations.iter().copied();
    let family = Entity::find().select_only().column(Column::Id).filter(
        Condition::any()
            .add(Column::Id.is_in(ids()))
            .add(Column::MergedInto.is_in(ids())),
    );
    Condition::all().add(column.in_subquery(family.into_query()))
}

fn address(json: Option<&String>) -> ApiResult<Option<PostalAddress>> {
    let Some(json) = json else { return Ok(None) };
    let address: domain::PostalAddress = serde_json::from_str(json)
        .map_err(|error| ApiError::internal("a view holds an address that is none", &error))?;
    Ok(Some(address.into()))
}

impl From<domain::PostalAddress> for PostalAddress {
    fn from(address: domain::PostalAddress) -> Self {
        Self {
            lines: address.lines,
            postcode: address.postcode,
            city: address.city,
            country: address.country.code().to_owned(),
        }
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

    async fn kind(&self) -> ApiResult<Option<OrganizationKind>> {
        use domain::organization::OrganizationKind as Known;
        let kind = self
            .row
            .kind
            .as_deref()
            .map(|kind| known(&Known::ALL, Known::as_str, kind));
        Ok(kind.transpose()?.map(OrganizationKind::from))
    }

    /// The number that identifies a French company.
    async fn siren(&self) -> Option<&str> {
        self.row.siren.as_deref()
    }

    /// The number of the establishment we deal with.
    async fn siret(&self) -> Option<&str> {
        self.row.siret.as_deref()
    }

    /// Identifies it for VAT in the European Union.
    async fn vat_number(&self) -> Option<&str> {
        self.row.vat_number.as_deref()
    }

    async fn status(&self) -> ApiResult<OrganizationStatus> {
        use domain::organization::OrganizationStatus as Known;
        known(&Known::ALL, Known::as_str, &self.row.status).map(OrganizationStatus::from)
    }

    async fn sector(&self) -> Option<&str> {
        self.row.sector.as_deref()
    }

    /// Two letters of ISO 3166.
    async fn country(&self) -> Option<&str> {
        self.row.country.as_deref()
    }

    /// The country in the words of the file it was imported from, when they name none that is known.
    async fn country_name(&self) -> Option<&str> {
        self.row.country_name.as_deref()
    }

    /// What it is to us, in words of the house.
    async fn category(&self) -> Option<&str> {
        self.row.category.as_deref()
    }

    async fn region(&self) -> Option<&str> {
        self.row.region.as_deref()
    }

    async fn size(&self) -> ApiResult<Option<OrganizationSize>> {
        use domain::organization::OrganizationSize as Known;
        let size = self
            .row
            .size
            .as_deref()
            .map(|size| known(&Known::ALL, Known::as_str, size));
        Ok(size.transpose()?.map(OrganizationSize::from))
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

    async fn billing_address(&self) -> ApiResult<Option<PostalAddress>> {
        address(self.row.billing_address.as_ref())
    }

    async fn delivery_address(&self) -> ApiResult<Option<PostalAddress>> {
        address(self.row.delivery_address.as_ref())
    }

    async fn bank_account(&self) -> Option<BankAccount> {
        let row = &self.row;
        (row.iban.is_some() || row.account_person.is_some()).then(|| BankAccount {
            iban: row.iban.clone(),
            bic: row.bic.clone(),
            holder: row.account_holder.clone(),
            person: row.account_person,
        })
    }

    /// Who looks after it.
    #[graphql(complexity = "child_complexity + 1")]
    async fn owner(&self) -> ApiResult<Option<User>> {
        match self.row.owner_id {
            Some(id) => User::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// Whether and when it is reminded of invoices.
    async fn reminders(&self) -> ApiResult<CustomerRemindersShown> {
        CustomerRemindersShown::of_row(self.row.reminders.as_deref())
    }

    /// In order of the alphabet.
    #[graphql(complexity = 5)]
    async fn tags(&self) -> ApiResult<Vec<String>> {
        let rows = tags::Entity::find()
            .filter(tags::Column::OrganizationId.eq(self.row.id))
            .order_by_asc(tags::Column::TagFolded);
        let rows = rows.all(self.reading.connection()).await?;
        Ok(rows.into_iter().map(|row| row.tag).collect())
    }

    /// Files that go with it, in the order in which they were attached; those that were detached only when they are asked
    /// for. Those of records that were merged into it, too.
    #[graphql(complexity = "5 + child_complexity * 5")]
    async fn attachments(&self, #[graphql(default)] detached: bool) -> ApiResult<Option<Vec<Attachment>>> {
        Ok(Some(files::shown(
            self.reading.attachments_of_family(self.row.id).await?,
            detached,
        )))
    }

    /// Fields of the house, by key.
    #[graphql(complexity = 5)]
    async fn fields(&self) -> ApiResult<Vec<CustomField>> {
        let rows = fields::Entity::find()
            .filter(fields::Column::OrganizationId.eq(self.row.id))
            .order_by_asc(fields::Column::Key);
        let rows = rows.all(self.reading.connection()).await?;
        Ok(rows.into_iter().map(CustomField::of_row).collect())
    }

    /// The organization that owns this one.
    #[graphql(complexity = "child_complexity + 1")]
    async fn parent(&self) -> ApiResult<Option<Organization>> {
        match self.row.parent_id {
            Some(id) => Self::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// The organizations that this one owns.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn subsidiaries(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> ApiResult<OrganizationConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let scope = concerns(Column::ParentId, self.row.id);
        page(&self.reading, scope, arguments, None, None).await
    }

    /// The one person we talk to, in older histories; `contacts` has everybody.
    async fn contact(&self) -> Option<MainContact> {
        let row = &self.row;
        row.contact_person.map(|person| MainContact {
            person,
            name: row.contact_name.clone(),
            email: row.contact_email.clone(),
            phone: row.contact_phone.clone(),
            erased: row.contact_name.is_none(),
        })
    }

    /// The people there.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn contacts(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<ContactFilter>,
        order_by: Option<Vec<ContactOrder>>,
    ) -> ApiResult<ContactConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let scope = concerns(projections::contacts::Column::OrganizationId, self.row.id);
        contacts::page(&self.reading, scope, arguments, filter, order_by).await
    }

    /// What passed between us and them, newest first.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn activities(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<ActivityFilter>,
    ) -> ApiResult<ActivityConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let scope = activities::around_organization(self.row.id);
        activities::page(&self.reading, scope, arguments, filter, None).await
    }

    /// Everything that happened around it, newest first: to itself, its contacts, deals, activities and tasks.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Only what happened to these kinds of objects, for example `deal`.")] categories: Option<
            Vec<String>,
        >,
    ) -> ApiResult<TimelineConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        timeline::around_organization(ctx, &self.reading, self.row.id, arguments, categories).await
    }

    /// Its name in the system it was imported from.
    async fn external_reference(&self) -> Option<&str> {
        self.row.external_reference.as_deref()
    }

    async fn archived_at(&self) -> Option<Moment> {
        self.row.archived_at.map(Moment::from_micros)
    }

    /// The organization that stands for this one since they were merged.
    #[graphql(complexity = "child_complexity + 1")]
    async fn merged_into(&self) -> ApiResult<Option<Organization>> {
        match self.row.merged_into {
            Some(id) => Self::load_record(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// The records that this one stands for.
    #[graphql(complexity = "20 + child_complexity * 5")]
    async fn merged(&self) -> ApiResult<Vec<Organization>> {
        let rows = Entity::find()
            .filter(Column::MergedInto.eq(self.row.id))
            .filter(self.reading.scope().organizations())
            .order_by_asc(Column::Id);
        let rows = rows
            .limit(paging::MAX_PAGE as u64)
            .all(self.reading.connection())
            .await?;
        Ok(rows.into_iter().map(|row| Self::of(row, &self.reading)).collect())
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
        let scope = concerns(deal_rows::Column::OrganizationId, self.row.id);
        deals::page(&self.reading, scope, arguments, filter, order_by).await
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
        let linked = links::Entity::find()
            .select_only()
            .column(links::Column::TaskId)
            .filter(concerns(links::Column::TargetId, self.row.id));
        let scope = Condition::all().add(task_rows::Column::Id.in_subquery(linked.into_query()));
        tasks::page(&self.reading, scope, arguments, None, None).await
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
    reading: &Reading,
    scope: Condition,
    filter: Option<OrganizationFilter>,
    order: Option<Vec<OrganizationOrder>>,
) -> ApiResult<Listing<Entity>> {
    let order = order
        .filter(|order| !order.is_empty())
        .unwrap_or_else(|| vec![filters::DEFAULT_ORDER]);
    let seen = reading.scope();
    paging::filtered(
        seen,
        filter,
        paging::sorted(order)?,
        Column::Id,
        &scope,
        |filter, budget| {
            let within = Entity::find().filter(seen.organizations()).filter(scope.clone());
            Ok(within.filter(filter.whole(budget)?))
        },
    )
}

/// A page of the organizations within a scope.
pub async fn page(
    reading: &Reading,
    scope: Condition,
    arguments: PageArguments,
    filter: Option<OrganizationFilter>,
    order: Option<Vec<OrganizationOrder>>,
) -> ApiResult<OrganizationConnection> {
    let window = arguments.window()?;
    let listing = listing(reading, scope, filter, order)?;
    let page = listing.page(reading.connection(), &window).await?;
    let totals = OrganizationTotals {
        select: listing.select,
        reading: reading.clone(),
    };
    Ok(page.connected(totals, |row| Organization::of(row, reading)))
}

#[derive(Default)]
pub struct OrganizationQueries;

#[Object]
impl OrganizationQueries {
    /// An organization by its id, now or as of an earlier moment; null when there is (or was) none. One that was merged
    /// into another is answered as it is, with `mergedInto`.
    async fn organization(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Organization>> {
        let id = ids::parse_as(Kind::Organization, &id)?;
        Organization::load_record(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Organizations, by name unless `orderBy` says otherwise, now or as of an earlier moment. Without those that are
    /// archived or merged into others, unless the filter asks for them.
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
        #[graphql(desc = "A filter that you kept, or that is shared with you; `filter` must hold, too.")] saved_filter: Option<ID>,
        order_by: Option<Vec<OrganizationOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<OrganizationConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let filter = with_saved(ctx, saved_filter, filter).await?;
        page(&reading, Condition::all(), arguments, filter, order_by).await
    }
}
