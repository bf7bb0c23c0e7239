//! Contacts: the type, how lists of them are filtered and sorted, and the queries.

pub mod consents;
pub mod filters;
pub mod inputs;
pub mod mutations;
pub mod records;

use async_graphql::{
    Context, ID, Object,
    connection::{Connection, EmptyFields},
};
use domain::{Decider, contact::ContactState, organization::OrganizationState};
use journal::StreamId;
use projections::{
    activities as activity_rows, consents as consent_rows,
    contacts::{Column, Entity, Model, tags},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

pub use self::{
    consents::{Consent, ConsentPurpose},
    filters::{ContactFilter, ContactOrder},
    mutations::ContactMutations,
    records::ContactRecordMutations,
};
use super::{
    activities::{self, ActivityConnection, ActivityFilter},
    errors::ApiResult,
    history::{self, EventConnection},
    ids::{self, Kind},
    organizations::Organization,
    paging::{self, Listing, PageArguments},
    reading::{self, AsOfInput, Reading},
    saved_filters::with_saved,
    scalars::{BigInt, Moment},
    users::User,
};

/// A person at a customer's, or on their own.
#[derive(Clone)]
pub struct Contact {
    row: Model,
    reading: Reading,
}

impl Contact {
    /// The contact, or the one that stands for it.
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        match Self::load_record(reading, id).await? {
            Some(Self {
                row: Model {
                    merged_into: Some(survivor),
                    ..
                },
                ..
            }) => Self::load_record(reading, survivor).await,
            found => Ok(found),
        }
    }

    /// The record under this very id, also when another one stands for it.
    pub async fn load_record(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.contact(id).await?.map(|row| Self::of(row, reading)))
    }

    pub fn of(row: Model, reading: &Reading) -> Self {
        Self {
            row,
            reading: reading.clone(),
        }
    }
}

/// A column names the contact or one that was merged into it.
pub fn concerns<C: ColumnTrait>(column: C, contact: Uuid) -> Condition {
    let family = Entity::find().select_only().column(Column::Id).filter(
        Condition::any()
            .add(Column::Id.eq(contact))
            .add(Column::MergedInto.eq(contact)),
    );
    Condition::all().add(column.in_subquery(family.into_query()))
}

#[Object]
impl Contact {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Contact, self.row.id)
    }

    /// The bare id, as streams, receipts and the command line name the contact.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    /// Whose data this is: give it to `personExport` and `personErase`.
    async fn person(&self) -> Uuid {
        self.row.person_id
    }

    /// Whether the person's data was erased: then nothing is left but what they were to us.
    async fn erased(&self) -> bool {
        self.row.erased
    }

    /// First and last name; null once erased.
    async fn name(&self) -> Option<&str> {
        self.row.full_name.as_deref()
    }

    async fn first_name(&self) -> Option<&str> {
        self.row.first_name.as_deref()
    }

    async fn last_name(&self) -> Option<&str> {
        self.row.last_name.as_deref()
    }

    async fn job_title(&self) -> Option<&str> {
        self.row.job_title.as_deref()
    }

    /// Where to write.
    async fn email(&self) -> Option<&str> {
        self.row.email.as_deref()
    }

    /// Null to whoever sees no data about persons.
    async fn emails(&self) -> Option<Vec<String>> {
        Some(self.row.emails())
    }

    /// Where to call.
    async fn phone(&self) -> Option<&str> {
        self.row.phone.as_deref()
    }

    /// Null to whoever sees no data about persons.
    async fn phones(&self) -> Option<Vec<String>> {
        Some(self.row.phones())
    }

    /// Two letters of ISO 639-1.
    async fn language(&self) -> Option<&str> {
        self.row.language.as_deref()
    }

    /// Whether invoices go to them.
    async fn billing(&self) -> bool {
        self.row.billing
    }

    /// Whether they sign.
    async fn signatory(&self) -> bool {
        self.row.signatory
    }

    /// Whether this is the one main contact that an older history names; change it with `organizationNameContact`.
    async fn main_contact(&self) -> bool {
        self.row.main_of.is_some()
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self) -> ApiResult<Option<Organization>> {
        match self.row.organization_id {
            Some(id) => Organization::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// Who looks after them.
    #[graphql(complexity = "child_complexity + 1")]
    async fn owner(&self) -> ApiResult<Option<User>> {
        match self.row.owner_id {
            Some(id) => User::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// In order of the alphabet.
    #[graphql(complexity = 5)]
    async fn tags(&self) -> ApiResult<Vec<String>> {
        let rows = tags::Entity::find()
            .filter(tags::Column::ContactId.eq(self.row.id))
            .order_by_asc(tags::Column::TagFolded);
        let rows = rows.all(self.reading.connection()).await?;
        Ok(rows.into_iter().map(|row| row.tag).collect())
    }

    /// What they allow and what they do not; a purpose that is not here was never spoken of.
    #[graphql(complexity = "5 + child_complexity * 5")]
    async fn consents(&self) -> ApiResult<Option<Vec<Consent>>> {
        let rows = consent_rows::Entity::find()
            .filter(consent_rows::Column::ContactId.eq(self.row.id))
            .order_by_asc(consent_rows::Column::Purpose);
        let rows = rows.all(self.reading.connection()).await?;
        rows.into_iter()
            .map(Consent::of_row)
            .collect::<ApiResult<_>>()
            .map(Some)
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
        let scope = concerns(activity_rows::Column::ContactId, self.row.id);
        activities::page(&self.reading, scope, arguments, filter, None).await
    }

    /// Their name in the system they were imported from.
    async fn external_reference(&self) -> Option<&str> {
        self.row.external_reference.as_deref()
    }

    async fn archived_at(&self) -> Option<Moment> {
        self.row.archived_at.map(Moment::from_micros)
    }

    /// The contact that stands for this one since they were merged.
    #[graphql(complexity = "child_complexity + 1")]
    async fn merged_into(&self) -> ApiResult<Option<Contact>> {
        match self.row.merged_into {
            Some(id) => Self::load_record(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// The records that this one stands for.
    #[graphql(complexity = "20 + child_complexity * 5")]
    async fn merged(&self) -> ApiResult<Vec<Contact>> {
        let rows = Entity::find()
            .filter(Column::MergedInto.eq(self.row.id))
            .filter(self.reading.scope().contacts())
            .order_by_asc(Column::Id);
        let rows = rows
            .limit(paging::MAX_PAGE as u64)
            .all(self.reading.connection())
            .await?;
        Ok(rows.into_iter().map(|row| Self::of(row, &self.reading)).collect())
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

    /// Everything that ever happened to it, oldest first. Of a main contact, what happened to the organization.
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
        let stream = match self.row.main_of {
            Some(organization) => StreamId::new(OrganizationState::TYPE, organization),
            None => StreamId::new(ContactState::TYPE, self.row.id),
        };
        history::of_stream(ctx, &stream, &window).await
    }
}

/// What a list of contacts comes to, over all its pages.
pub struct ContactTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl ContactTotals {
    /// How many contacts the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type ContactConnection = Connection<String, Contact, ContactTotals, EmptyFields>;

/// The list of contacts within a scope.
pub fn listing(
    reading: &Reading,
    scope: Condition,
    filter: Option<ContactFilter>,
    order: Option<Vec<ContactOrder>>,
) -> ApiResult<Listing<Entity>> {
    let seen = reading.scope();
    let order = filters::order(order, seen)?;
    paging::filtered(
        seen,
        filter,
        paging::sorted(order)?,
        Column::Id,
        &scope,
        |filter, budget| {
            let within = Entity::find().filter(seen.contacts()).filter(scope.clone());
            Ok(within.filter(filter.whole(budget)?))
        },
    )
}

/// A page of the contacts within a scope.
pub async fn page(
    reading: &Reading,
    scope: Condition,
    arguments: PageArguments,
    filter: Option<ContactFilter>,
    order: Option<Vec<ContactOrder>>,
) -> ApiResult<ContactConnection> {
    let window = arguments.window()?;
    let listing = listing(reading, scope, filter, order)?;
    let page = listing.page(reading.connection(), &window).await?;
    let totals = ContactTotals {
        select: listing.select,
        reading: reading.clone(),
    };
    Ok(page.connected(totals, |row| Contact::of(row, reading)))
}

#[derive(Default)]
pub struct ContactQueries;

#[Object]
impl ContactQueries {
    /// A contact by its id, now or as of an earlier moment; null when there is (or was) none. One that was merged into
    /// another is answered as it is, with `mergedInto`.
    async fn contact(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Contact>> {
        let id = ids::parse_as(Kind::Contact, &id)?;
        Contact::load_record(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Contacts, by last name unless `orderBy` says otherwise, now or as of an earlier moment. Without those that are
    /// archived or merged into others, unless the filter asks for them.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn contacts(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<ContactFilter>,
        #[graphql(desc = "A filter that you kept, or that is shared with you; `filter` must hold, too.")] saved_filter: Option<ID>,
        order_by: Option<Vec<ContactOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<ContactConnection> {
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
