//! Users: the type, how lists of them are filtered and sorted, and the queries.

pub mod mutations;

use async_graphql::{
    Context, Enum, ID, InputObject, Object,
    connection::{Connection, EmptyFields},
};
use chrono_tz::Tz;
use domain::{InvalidValue, value::Problem};
use projections::{
    teams::members,
    users::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::{
    deals::known,
    errors::ApiResult,
    filters::{self, BooleanFilter, Budget, IdFilter, ListFilter, StringFilter},
    ids::{self, Kind},
    paging::{self, Direction, Listing, Nulls, PageArguments, SortKey},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Moment},
    teams::Team,
};

/// What somebody is here for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::user::Role")]
pub enum Role {
    /// Runs the system: accounts, settings, erasure.
    Admin,
    /// Leads a team of salespeople.
    Manager,
    /// Sells.
    Sales,
    /// Keeps the books.
    Accountant,
    /// Checks what happened; changes nothing.
    Auditor,
    /// Reads figures; sees no personal data.
    Analyst,
}

/// Which records somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::user::Visibility")]
pub enum Visibility {
    /// What is theirs.
    Own,
    /// What belongs to them, to those who share a team with them, or to nobody.
    Team,
    /// Everything.
    All,
}

/// A language in which the house speaks to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::Language")]
pub enum Language {
    English,
    French,
}

/// Reads the name of a time zone.
pub fn time_zone(name: &str) -> Result<Tz, InvalidValue> {
    name.parse()
        .map_err(|_| InvalidValue::new("timeZone", Problem::NotATimeZone))
}

/// A colleague who works with the system.
#[derive(Clone)]
pub struct User {
    row: Model,
    reading: Reading,
}

impl User {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.user(id).await?.map(|row| Self {
            row,
            reading: reading.clone(),
        }))
    }
}

#[Object]
impl User {
    pub async fn id(&self) -> ID {
        ids::global(Kind::User, self.row.id)
    }

    /// The bare id, as streams and the actor of events (`user:…`) name the user.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    /// Null: their data was erased.
    async fn name(&self) -> Option<&str> {
        self.row.name.as_deref()
    }

    /// What they sign in with. Null: their data was erased.
    async fn email(&self) -> Option<&str> {
        self.row.email.as_deref()
    }

    async fn role(&self) -> ApiResult<Role> {
        use domain::Role as Known;
        known(&Known::ALL, Known::as_str, &self.row.role).map(Role::from)
    }

    /// Which records they see.
    async fn visibility(&self) -> ApiResult<Visibility> {
        use domain::{Role, user::Visibility as Known};
        let visibility = match &self.row.visibility {
            Some(own) => known(&Known::ALL, Known::as_str, own)?,
            None => known(&Role::ALL, Role::as_str, &self.row.role)?.visibility(),
        };
        Ok(visibility.into())
    }

    async fn language(&self) -> ApiResult<Language> {
        use domain::Language as Known;
        known(&Known::ALL, Known::as_str, &self.row.language).map(Language::from)
    }

    /// Of the IANA database, for example `Europe/Paris`.
    async fn time_zone(&self) -> &str {
        &self.row.time_zone
    }

    /// Whether they may sign in.
    async fn active(&self) -> bool {
        self.row.active
    }

    /// Whether a code is asked for beside the password.
    async fn second_factor(&self) -> Option<bool> {
        Some(self.row.second_factor)
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

    #[graphql(complexity = "10 + 5 * child_complexity")]
    async fn teams(&self) -> ApiResult<Vec<Team>> {
        let memberships = members::Entity::find()
            .filter(members::Column::UserId.eq(self.row.id))
            .order_by_asc(members::Column::TeamId)
            .all(self.reading.connection())
            .await?;
        let mut teams = Vec::new();
        for membership in memberships {
            teams.extend(Team::load(&self.reading, membership.team_id).await?);
        }
        Ok(teams)
    }
}

/// Which users. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct UserFilter {
    pub and: Option<Vec<UserFilter>>,
    pub or: Option<Vec<UserFilter>>,
    pub not: Option<Box<UserFilter>>,
    pub id: Option<IdFilter>,
    pub name: Option<StringFilter>,
    pub email: Option<StringFilter>,
    pub role: Option<ListFilter<Role>>,
    pub active: Option<BooleanFilter>,
}

impl UserFilter {
    fn condition(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        if self.email.is_some() {
            budget.compares("User", "email")?;
        }
        let roles = |role: Role| domain::Role::from(role).as_str();
        let id = self.id.as_ref().map(|id| id.condition(Column::Id, Kind::User));
        let name = self
            .name
            .as_ref()
            .map(|text| text.condition_folded(Column::Name, Column::NameFolded));
        let email = self.email.as_ref().map(|text| text.condition(Column::Email));
        let role = self.role.as_ref().map(|list| list.condition(Column::Role, roles));
        Ok(all
            .add_option(id.transpose()?)
            .add_option(name.transpose()?)
            .add_option(email.transpose()?)
            .add_option(role.transpose()?)
            .add_option(self.active.as_ref().map(|yes| yes.condition(Column::Active))))
    }
}

/// What users are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum UserOrderField {
    Name,
    RegisteredAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct UserOrder {
    pub field: UserOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<UserOrder> for SortKey<Column> {
    fn from(order: UserOrder) -> Self {
        let column = match order.field {
            UserOrderField::Name => Column::NameFolded,
            UserOrderField::RegisteredAt => Column::RegisteredAt,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

const DEFAULT_ORDER: UserOrder = UserOrder {
    field: UserOrderField::Name,
    direction: Direction::Asc,
};

/// What a list of users comes to, over all its pages.
pub struct UserTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl UserTotals {
    /// How many users the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type UserConnection = Connection<String, User, UserTotals, EmptyFields>;

/// A page of the users within a scope.
pub async fn page(
    reading: &Reading,
    scope: Condition,
    arguments: PageArguments,
    filter: Option<UserFilter>,
    order: Option<Vec<UserOrder>>,
) -> ApiResult<UserConnection> {
    let window = arguments.window()?;
    let order = order
        .filter(|order| !order.is_empty())
        .unwrap_or_else(|| vec![DEFAULT_ORDER]);
    let filter = filter.unwrap_or_default();
    let select = Entity::find()
        .filter(scope.clone())
        .filter(filter.condition(&mut Budget::within(reading.scope()))?);
    let sort = paging::sorted(order)?;
    let listing = Listing::new(select, sort, Column::Id, &(scope, filter));
    let page = listing.page(reading.connection(), &window).await?;
    let totals = UserTotals {
        select: listing.select,
        reading: reading.clone(),
    };
    Ok(page.connected(totals, |row| User {
        row,
        reading: reading.clone(),
    }))
}

#[derive(Default)]
pub struct UserQueries;

#[Object]
impl UserQueries {
    /// A user by their id, now or as of an earlier moment; null when there is (or was) none.
    async fn user(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<User>> {
        let id = ids::parse_as(Kind::User, &id)?;
        User::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Users by name unless `orderBy` says otherwise, now or as of an earlier moment.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn users(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<UserFilter>,
        order_by: Option<Vec<UserOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<UserConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let reading = reading::reading(ctx, as_of, min_position).await?;
        page(&reading, Condition::all(), arguments, filter, order_by).await
    }
}
