//! Saved filters: kept under a name, for oneself, a team or everybody, and used in lists beside their own `filter`.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, InputType, Object, SimpleObject};
use domain::{
    Decider, Role, SavedFilterCommand, TeamId,
    saved_filter::{FilteredList as List, SavedFilterError, SavedFilterState, Sharing},
};
use projections::{
    saved_filters::{Column, Entity, Model},
    teams::members,
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

use super::{
    activities::ActivityFilter,
    commands::{self, CommandOptions, CommandResult},
    contacts::ContactFilter,
    deals::DealFilter,
    errors::{ApiError, ApiResult, ErrorCode},
    ids::{self, Kind},
    organizations::OrganizationFilter,
    reading::{self, Reading},
    scalars::Moment,
    session::Session,
    tasks::TaskFilter,
    teams::Team,
    users::User,
};
use crate::{export, policy::Viewer};

/// Filters that are listed at most.
const MOST: u64 = 500;

/// The lists that are filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "List")]
pub enum FilteredList {
    Organizations,
    Contacts,
    Deals,
    Activities,
    Tasks,
}

/// Who sees a filter besides its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum FilterSharing {
    Nobody,
    /// The members of `team`.
    Team,
    Everybody,
}

/// A filter kept under a name. Give its `id` to a list as `savedFilter`.
#[derive(Clone)]
pub struct SavedFilter {
    row: Model,
    reading: Reading,
}

#[Object]
impl SavedFilter {
    async fn id(&self) -> ID {
        self.row.id.into()
    }

    async fn name(&self) -> &str {
        &self.row.name
    }

    async fn list(&self) -> ApiResult<FilteredList> {
        list_of(&self.row).map(FilteredList::from)
    }

    /// As the list's `filter` takes it, in JSON.
    async fn filter(&self) -> &str {
        &self.row.filter
    }

    async fn sharing(&self) -> FilterSharing {
        match (self.row.everybody, self.row.team_id) {
            (true, _) => FilterSharing::Everybody,
            (false, Some(_)) => FilterSharing::Team,
            (false, None) => FilterSharing::Nobody,
        }
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn team(&self) -> ApiResult<Option<Team>> {
        match self.row.team_id {
            Some(id) => Team::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// Null: the system's operator.
    #[graphql(complexity = "child_complexity + 1")]
    async fn owner(&self) -> ApiResult<Option<User>> {
        match self.row.owner_id {
            Some(id) => User::load(&self.reading, id).await,
            None => Ok(None),
        }
    }

    /// Whether you may change it.
    async fn changeable(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        Ok(may_change(ctx.viewer()?, self.row.owner_id, &self.row))
    }

    async fn updated_at(&self) -> Moment {
        Moment::from_micros(self.row.updated_at)
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.row.version
    }
}

fn list_of(row: &Model) -> ApiResult<List> {
    let known = List::ALL.into_iter().find(|list| list.as_str() == row.list);
    known.ok_or_else(|| ApiError::internal("a saved filter is of no list", &row.list))
}

/// Their own, and what administrators have to tidy up: others' that are shared.
fn may_change(viewer: &Viewer, owner: Option<Uuid>, row: &Model) -> bool {
    let shared = row.everybody || row.team_id.is_some();
    viewer.user().map(Uuid::from) == owner || (viewer.role == Role::Admin && shared)
}

/// Those that a viewer sees: their own, their teams', everybody's.
fn seen(viewer: &Viewer) -> Condition {
    let shared = Condition::any().add(Column::Everybody.eq(true));
    match viewer.user() {
        None => shared.add(Column::OwnerId.is_null()),
        Some(user) => {
            let teams = members::Entity::find()
                .select_only()
                .column(members::Column::TeamId)
                .filter(members::Column::UserId.eq(user.0));
            shared
                .add(Column::OwnerId.eq(user.0))
                .add(Column::TeamId.in_subquery(teams.into_query()))
        }
    }
}

async fn find(connection: &DatabaseConnection, viewer: &Viewer, id: Uuid) -> ApiResult<Option<Model>> {
    Ok(Entity::find_by_id(id).filter(seen(viewer)).one(connection).await?)
}

fn parse(id: &ID) -> ApiResult<Uuid> {
    Uuid::parse_str(id).map_err(|_| ApiError::bad_input("This is not the id of a saved filter."))
}

/// What a list's filter needs so that a saved one can stand beside it.
pub trait Saved: InputType + Default {
    const LIST: List;

    /// Both must hold. What a list leaves out unless the filter speaks of it, either may speak of.
    fn both(saved: Self, given: Self) -> Self;
}

macro_rules! saved {
    ($filter:ident of $list:ident $(speaking of $field:ident)*) => {
        impl Saved for $filter {
            const LIST: List = List::$list;

            fn both(saved: Self, given: Self) -> Self {
                Self {
                    $($field: given.$field.clone().or_else(|| saved.$field.clone()),)*
                    and: Some(vec![saved, given]),
                    ..Self::default()
                }
            }
        }
    };
}

saved!(OrganizationFilter of Organizations speaking of archived speaking of merged);
saved!(ContactFilter of Contacts speaking of archived speaking of merged);
saved!(DealFilter of Deals);
saved!(ActivityFilter of Activities speaking of withdrawn);
saved!(TaskFilter of Tasks);

/// A list's own filter together with a saved one.
pub async fn with_saved<F: Saved>(ctx: &Context<'_>, saved: Option<ID>, given: Option<F>) -> ApiResult<Option<F>> {
    let Some(id) = saved else {
        return Ok(given);
    };
    let reading = reading::reading(ctx, None, None).await?;
    let found = find(reading.connection(), ctx.viewer()?, parse(&id)?).await?;
    let row = found.ok_or_else(|| ApiError::new(ErrorCode::NotFound, "There is no such saved filter."))?;
    if list_of(&row)? != F::LIST {
        return Err(ApiError::bad_input("This saved filter is of another list."));
    }
    let kept: serde_json::Value =
        serde_json::from_str(&row.filter).map_err(|error| ApiError::internal("a saved filter is no JSON", &error))?;
    let kept: F = export::input("savedFilter", Some(&kept))?.unwrap_or_default();
    Ok(Some(match given {
        Some(given) => F::both(kept, given),
        None => kept,
    }))
}

/// Refuses what the list would not take.
fn check(list: List, filter: &str) -> ApiResult<()> {
    let json: serde_json::Value =
        serde_json::from_str(filter).map_err(|error| ApiError::bad_input(format!("`filter` is not JSON: {error}")))?;
    if !json.is_object() {
        return Err(ApiError::bad_input("`filter` is not an object."));
    }
    let json = Some(&json);
    match list {
        List::Organizations => export::input::<OrganizationFilter>("filter", json).map(drop),
        List::Contacts => export::input::<ContactFilter>("filter", json).map(drop),
        List::Deals => export::input::<DealFilter>("filter", json).map(drop),
        List::Activities => export::input::<ActivityFilter>("filter", json).map(drop),
        List::Tasks => export::input::<TaskFilter>("filter", json).map(drop),
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct SavedFilterCreateInput {
    name: String,
    list: FilteredList,
    /// As the list's `filter` takes it, in JSON.
    filter: String,
    #[graphql(default_with = "FilterSharing::Nobody")]
    sharing: FilterSharing,
    /// One of yours, to share it with.
    team: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What is absent stays.
#[derive(Debug, Clone, InputObject)]
pub struct SavedFilterChangeInput {
    id: ID,
    name: Option<String>,
    filter: Option<String>,
    sharing: Option<FilterSharing>,
    team: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct SavedFilterRemoveInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a saved filter's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct SavedFilterPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    filter: Uuid,
}

#[ComplexObject]
impl SavedFilterPayload {
    /// The filter after the command; null when the command was refused, or removed it.
    async fn saved_filter(&self, ctx: &Context<'_>) -> ApiResult<Option<SavedFilter>> {
        let Some(reading) = self.result.reading(ctx).await? else {
            return Ok(None);
        };
        let row = find(reading.connection(), ctx.viewer()?, self.filter).await?;
        Ok(row.map(|row| SavedFilter { row, reading }))
    }
}

#[derive(Default)]
pub struct SavedFilterQueries;

#[Object]
impl SavedFilterQueries {
    /// The filters that you kept, and those that are shared with you, by name.
    #[graphql(complexity = "20 + child_complexity * 20")]
    async fn saved_filters(&self, ctx: &Context<'_>, list: Option<FilteredList>) -> ApiResult<Vec<SavedFilter>> {
        let reading = reading::reading(ctx, None, None).await?;
        let mut select = Entity::find().filter(seen(ctx.viewer()?));
        if let Some(list) = list {
            select = select.filter(Column::List.eq(List::from(list).as_str()));
        }
        let select = select.order_by_asc(Column::NameFolded).order_by_asc(Column::Id);
        let rows = select.limit(MOST).all(reading.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| SavedFilter {
                row,
                reading: reading.clone(),
            })
            .collect())
    }
}

#[derive(Default)]
pub struct SavedFilterMutations;

#[Object]
impl SavedFilterMutations {
    /// Keeps a filter under a name.
    #[graphql(complexity = "50 + child_complexity")]
    async fn saved_filter_create(
        &self,
        ctx: &Context<'_>,
        input: SavedFilterCreateInput,
    ) -> ApiResult<SavedFilterPayload> {
        let filter = input.options.new_id(ctx, SavedFilterState::TYPE)?;
        check(input.list.into(), &input.filter)?;
        let sharing = sharing(ctx, input.sharing, input.team.as_ref()).await?;
        let save = SavedFilterCommand::Save {
            name: input.name,
            list: input.list.into(),
            filter: input.filter,
            sharing,
            owner: ctx.viewer()?.user(),
        };
        let result = commands::execute::<SavedFilterState>(ctx, &input.options, filter, save).await?;
        Ok(SavedFilterPayload { result, filter })
    }

    /// Changes a filter of yours; administrators change any that is shared.
    #[graphql(complexity = "50 + child_complexity")]
    async fn saved_filter_change(
        &self,
        ctx: &Context<'_>,
        input: SavedFilterChangeInput,
    ) -> ApiResult<SavedFilterPayload> {
        let id = parse(&input.id)?;
        let Some(list) = changeable(ctx, id).await? else {
            return Ok(not_found(ctx, id));
        };
        if let Some(filter) = &input.filter {
            check(list, filter)?;
        }
        let sharing = match input.sharing {
            Some(asked) => Some(sharing(ctx, asked, input.team.as_ref()).await?),
            None => None,
        };
        let change = SavedFilterCommand::Change {
            name: input.name,
            filter: input.filter,
            sharing,
        };
        let result = commands::execute::<SavedFilterState>(ctx, &input.options, id, change).await?;
        Ok(SavedFilterPayload { result, filter: id })
    }

    /// Removes a filter of yours; administrators remove any that is shared.
    #[graphql(complexity = "50 + child_complexity")]
    async fn saved_filter_remove(
        &self,
        ctx: &Context<'_>,
        input: SavedFilterRemoveInput,
    ) -> ApiResult<SavedFilterPayload> {
        let id = parse(&input.id)?;
        if changeable(ctx, id).await?.is_none() {
            return Ok(not_found(ctx, id));
        }
        let result = commands::execute::<SavedFilterState>(ctx, &input.options, id, SavedFilterCommand::Remove).await?;
        Ok(SavedFilterPayload { result, filter: id })
    }
}

/// The list of a filter that the viewer may change; `None` where there is none that they may. Whose it is, the journal
/// says; whether it is shared, so that an administrator may, the views do.
async fn changeable(ctx: &Context<'_>, id: Uuid) -> ApiResult<Option<List>> {
    let viewer = ctx.viewer()?;
    let Some((filter, _)) = ctx.application()?.bus.load::<domain::SavedFilter>(id).await? else {
        return Ok(None);
    };
    if filter.owner() == Some(viewer.user()) {
        return Ok(filter.list());
    }
    let reading = reading::reading(ctx, None, None).await?;
    let row = Entity::find_by_id(id).one(reading.connection()).await?;
    let may = row.is_some_and(|row| may_change(viewer, row.owner_id, &row));
    Ok(filter.list().filter(|_| may))
}

fn not_found(ctx: &Context<'_>, filter: Uuid) -> SavedFilterPayload {
    let result = CommandResult::refused(commands::user_error(ctx, &SavedFilterError::NotFound));
    SavedFilterPayload { result, filter }
}

/// A team to share with is one of the viewer's own.
async fn sharing(ctx: &Context<'_>, asked: FilterSharing, team: Option<&ID>) -> ApiResult<Sharing> {
    let team = match (asked, team) {
        (FilterSharing::Nobody, None) => return Ok(Sharing::Nobody),
        (FilterSharing::Everybody, None) => return Ok(Sharing::Everybody),
        (FilterSharing::Team, Some(team)) => ids::parse_as(Kind::Team, team)?,
        (FilterSharing::Team, None) => return Err(ApiError::bad_input("Name the `team` to share with.")),
        (_, Some(_)) => return Err(ApiError::bad_input("Give `team` with `sharing: TEAM` only.")),
    };
    let viewer = ctx.viewer()?;
    let reading = reading::reading(ctx, None, None).await?;
    let mut select = members::Entity::find().filter(members::Column::TeamId.eq(team));
    if viewer.role != Role::Admin {
        let user = viewer.user().map(Uuid::from).unwrap_or_default();
        select = select.filter(members::Column::UserId.eq(user));
    }
    if select.count(reading.connection()).await? == 0 {
        return Err(ApiError::bad_input("There is no such team of yours."));
    }
    Ok(Sharing::Team(TeamId(team)))
}
