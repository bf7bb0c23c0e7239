//! Activities: the type, how lists of them are filtered and sorted, and the queries.

pub mod inputs;
pub mod mutations;

use async_graphql::{
    Context, Enum, ID, InputObject, Object, SimpleObject,
    connection::{Connection, EmptyFields},
};
use domain::{Decider, activity::ActivityState};
use journal::StreamId;
use projections::{
    activities::{Column, Entity, Model},
    contacts as contact_rows, deals as deal_rows,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

pub use self::mutations::ActivityMutations;
use super::{
    contacts::Contact,
    deals::{Deal, known},
    errors::ApiResult,
    files::{self, Attachment},
    filters::{self, BooleanFilter, Budget, DateTimeFilter, IdFilter, ListFilter, StringFilter},
    history::{self, EventConnection},
    ids::{self, Kind},
    organizations::{self, Organization},
    paging::{self, Direction, Listing, Nulls, PageArguments, SortKey},
    reading::{self, AsOfInput, Reading},
    saved_filters::with_saved,
    scalars::{BigInt, Moment},
    users::User,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::activity::ActivityKind")]
pub enum ActivityKind {
    Call,
    Email,
    Meeting,
    Note,
    CheckIn,
}

/// Who turned to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::activity::ActivityDirection")]
pub enum ActivityDirection {
    /// They to us.
    Inbound,
    /// We to them.
    Outbound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::activity::CallOutcome")]
pub enum CallOutcome {
    Reached,
    NoAnswer,
    Busy,
    VoicemailLeft,
    WrongNumber,
}

/// What passed between us and somebody.
#[derive(Clone)]
pub struct Activity {
    row: Model,
    reading: Reading,
}

/// Where somebody was at a check-in.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct GeoPlace {
    latitude: f64,
    longitude: f64,
    /// Metres by which it may be off.
    accuracy: i64,
}

impl Activity {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.activity(id).await?.map(|row| Self::of(row, reading)))
    }

    pub fn of(row: Model, reading: &Reading) -> Self {
        let reading = reading.clone();
        Self { row, reading }
    }
}

/// Those about an organization, its contacts or its deals.
pub fn around_organization(id: Uuid) -> Condition {
    let contacts = contact_rows::Entity::find()
        .select_only()
        .column(contact_rows::Column::Id)
        .filter(organizations::concerns(contact_rows::Column::OrganizationId, id));
    let deals = deal_rows::Entity::find()
        .select_only()
        .column(deal_rows::Column::Id)
        .filter(organizations::concerns(deal_rows::Column::OrganizationId, id));
    Condition::any()
        .add(organizations::concerns(Column::OrganizationId, id))
        .add(Column::ContactId.in_subquery(contacts.into_query()))
        .add(Column::DealId.in_subquery(deals.into_query()))
}

#[Object]
impl Activity {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Activity, self.row.id)
    }

    /// The bare id, as streams, receipts and the command line name the activity.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    async fn kind(&self) -> ApiResult<ActivityKind> {
        use domain::activity::ActivityKind as Known;
        known(&Known::ALL, Known::as_str, &self.row.kind).map(ActivityKind::from)
    }

    /// Of calls and e-mails.
    async fn direction(&self) -> ApiResult<Option<ActivityDirection>> {
        use domain::activity::ActivityDirection as Known;
        let direction = self.row.direction.as_deref();
        let direction = direction.map(|direction| known(&Known::ALL, Known::as_str, direction));
        Ok(direction.transpose()?.map(ActivityDirection::from))
    }

    /// Of calls.
    async fn outcome(&self) -> ApiResult<Option<CallOutcome>> {
        use domain::activity::CallOutcome as Known;
        let outcome = self.row.outcome.as_deref();
        let outcome = outcome.map(|outcome| known(&Known::ALL, Known::as_str, outcome));
        Ok(outcome.transpose()?.map(CallOutcome::from))
    }

    /// Of calls, in seconds.
    async fn duration(&self) -> Option<i64> {
        self.row.duration
    }

    /// Of meetings.
    async fn starts_at(&self) -> Option<Moment> {
        self.row.starts_at.map(Moment::from_micros)
    }

    /// Of meetings.
    async fn ends_at(&self) -> Option<Moment> {
        self.row.ends_at.map(Moment::from_micros)
    }

    /// Of meetings, in words.
    async fn place(&self) -> Option<&str> {
        self.row.place.as_deref()
    }

    /// Of theirs, at a meeting.
    #[graphql(complexity = "child_complexity * 5 + 1")]
    async fn participants(&self) -> ApiResult<Vec<Contact>> {
        let mut participants = Vec::new();
        for id in listed(self.row.contacts.as_ref()) {
            participants.extend(Contact::load(&self.reading, id).await?);
        }
        Ok(participants)
    }

    /// Of ours, at a meeting.
    #[graphql(complexity = "child_complexity * 5 + 1")]
    async fn users(&self) -> ApiResult<Vec<User>> {
        let mut users = Vec::new();
        for id in listed(self.row.users.as_ref()) {
            users.extend(User::load(&self.reading, id).await?);
        }
        Ok(users)
    }

    /// Of check-ins; null once the data of whoever was there was erased.
    async fn position(&self) -> Option<GeoPlace> {
        let row = &self.row;
        let degrees = row.latitude.zip(row.longitude);
        degrees
            .zip(row.accuracy)
            .map(|((latitude, longitude), accuracy)| GeoPlace {
                latitude,
                longitude,
                accuracy,
            })
    }

    /// Files that go with it, in the order in which they were attached; those that were detached only when they are asked
    /// for. None when it was withdrawn.
    #[graphql(complexity = "5 + child_complexity * 5")]
    async fn attachments(&self, #[graphql(default)] detached: bool) -> ApiResult<Option<Vec<Attachment>>> {
        if self.row.withdrawn_at.is_some() {
            return Ok(Some(Vec::new()));
        }
        Ok(Some(files::shown(
            self.reading.attachments(self.row.id).await?,
            detached,
        )))
    }

    async fn subject(&self) -> Option<&str> {
        self.row.subject.as_deref()
    }

    async fn body(&self) -> Option<&str> {
        self.row.body.as_deref()
    }

    /// Whether the words were about a person whose data was erased.
    async fn erased(&self) -> bool {
        self.row.erased
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self) -> ApiResult<Option<Organization>> {
        match self.row.organization_id {
            Some(id) => Organization::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn contact(&self) -> ApiResult<Option<Contact>> {
        match self.row.contact_id {
            Some(id) => Contact::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn deal(&self) -> ApiResult<Option<Deal>> {
        match self.row.deal_id {
            Some(id) => Deal::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// Who of us took part, or wrote it down.
    #[graphql(complexity = "child_complexity + 1")]
    async fn author(&self) -> ApiResult<Option<User>> {
        match self.row.author_id {
            Some(id) => User::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    async fn external_reference(&self) -> Option<&str> {
        self.row.external_reference.as_deref()
    }

    /// When it happened.
    async fn occurred_at(&self) -> Moment {
        Moment::from_micros(self.row.occurred_at)
    }

    /// When it was withdrawn: it was not so, or not with them.
    async fn withdrawn_at(&self) -> Option<Moment> {
        self.row.withdrawn_at.map(Moment::from_micros)
    }

    async fn withdrawal_reason(&self) -> Option<&str> {
        self.row.withdrawal_reason.as_deref()
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
        history::of_stream(ctx, &StreamId::new(ActivityState::TYPE, self.row.id), &window).await
    }
}

fn listed(json: Option<&String>) -> Vec<Uuid> {
    json.and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default()
}

/// Which activities. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ActivityFilter {
    pub and: Option<Vec<ActivityFilter>>,
    pub or: Option<Vec<ActivityFilter>>,
    pub not: Option<Box<ActivityFilter>>,
    pub id: Option<IdFilter>,
    pub kind: Option<ListFilter<ActivityKind>>,
    pub direction: Option<ListFilter<ActivityDirection>>,
    pub subject: Option<StringFilter>,
    pub organization: Option<IdFilter>,
    pub contact: Option<IdFilter>,
    pub deal: Option<IdFilter>,
    pub author: Option<IdFilter>,
    pub occurred_at: Option<DateTimeFilter>,
    /// Withdrawn ones are left out of the list unless this is given in the filter itself.
    pub withdrawn: Option<BooleanFilter>,
}

impl ActivityFilter {
    fn condition(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let mut all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        if self.subject.is_some() {
            budget.compares("Activity", "subject")?;
        }
        let kinds = |kind: ActivityKind| domain::activity::ActivityKind::from(kind).as_str();
        let directions = |direction: ActivityDirection| domain::activity::ActivityDirection::from(direction).as_str();
        let references = [
            (&self.id, Column::Id, Kind::Activity),
            (&self.organization, Column::OrganizationId, Kind::Organization),
            (&self.contact, Column::ContactId, Kind::Contact),
            (&self.deal, Column::DealId, Kind::Deal),
            (&self.author, Column::AuthorId, Kind::User),
        ];
        for (filter, column, kind) in references {
            all = all.add_option(filter.as_ref().map(|id| id.condition(column, kind)).transpose()?);
        }
        let kind = self.kind.as_ref().map(|list| list.condition(Column::Kind, kinds));
        let direction = self.direction.as_ref();
        let direction = direction.map(|list| list.condition(Column::Direction, directions));
        let subject = self.subject.as_ref().map(|text| text.condition(Column::Subject));
        let time = self.occurred_at.as_ref().map(|time| time.condition(Column::OccurredAt));
        let withdrawn = self.withdrawn.as_ref().map(|flag| flag.presence(Column::WithdrawnAt));
        Ok(all
            .add_option(kind.transpose()?)
            .add_option(direction.transpose()?)
            .add_option(subject.transpose()?)
            .add_option(time)
            .add_option(withdrawn))
    }
}

/// What activities are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ActivityOrderField {
    OccurredAt,
    UpdatedAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct ActivityOrder {
    pub field: ActivityOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<ActivityOrder> for SortKey<Column> {
    fn from(order: ActivityOrder) -> Self {
        let column = match order.field {
            ActivityOrderField::OccurredAt => Column::OccurredAt,
            ActivityOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

/// Newest first.
const DEFAULT_ORDER: ActivityOrder = ActivityOrder {
    field: ActivityOrderField::OccurredAt,
    direction: Direction::Desc,
};

/// What a list of activities comes to, over all its pages.
pub struct ActivityTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl ActivityTotals {
    /// How many activities the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type ActivityConnection = Connection<String, Activity, ActivityTotals, EmptyFields>;

/// The list of activities within a scope; withdrawn ones only when they are asked for.
pub fn listing(
    reading: &Reading,
    scope: Condition,
    filter: Option<ActivityFilter>,
    order: Option<Vec<ActivityOrder>>,
) -> ApiResult<Listing<Entity>> {
    let order = order
        .filter(|order| !order.is_empty())
        .unwrap_or_else(|| vec![DEFAULT_ORDER]);
    let seen = reading.scope();
    paging::filtered(
        seen,
        filter,
        paging::sorted(order)?,
        Column::Id,
        &scope,
        |filter, budget| {
            let within = Entity::find().filter(seen.activities()).filter(scope.clone());
            let mut condition = filter.condition(budget)?;
            if filter.withdrawn.is_none() {
                condition = condition.add(Column::WithdrawnAt.is_null());
            }
            Ok(within.filter(condition))
        },
    )
}

/// A page of the activities within a scope.
pub async fn page(
    reading: &Reading,
    scope: Condition,
    arguments: PageArguments,
    filter: Option<ActivityFilter>,
    order: Option<Vec<ActivityOrder>>,
) -> ApiResult<ActivityConnection> {
    let window = arguments.window()?;
    let listing = listing(reading, scope, filter, order)?;
    let page = listing.page(reading.connection(), &window).await?;
    let totals = ActivityTotals {
        select: listing.select,
        reading: reading.clone(),
    };
    Ok(page.connected(totals, |row| Activity {
        row,
        reading: reading.clone(),
    }))
}

#[derive(Default)]
pub struct ActivityQueries;

#[Object]
impl ActivityQueries {
    /// An activity by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Activity>> {
        let id = ids::parse_as(Kind::Activity, &id)?;
        Activity::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Activities, newest first unless `orderBy` says otherwise, now or as of an earlier moment. Without those that were
    /// withdrawn, unless the filter asks for them.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn activities(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<ActivityFilter>,
        #[graphql(desc = "A filter that you kept, or that is shared with you; `filter` must hold, too.")] saved_filter: Option<ID>,
        order_by: Option<Vec<ActivityOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<ActivityConnection> {
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
