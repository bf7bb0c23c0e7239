//! Teams: the type and the queries.

pub mod mutations;

use async_graphql::{Context, ID, Object};
use projections::{
    teams::{Column, Entity, Model, members},
    users,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Query};
use uuid::Uuid;

use super::{
    errors::ApiResult,
    ids::{self, Kind},
    paging::{self, PageArguments},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Moment},
    users::{UserConnection, page},
};

/// Teams of one answer at most.
const MAX_TEAMS: u64 = 1_000;

/// Colleagues who work together.
#[derive(Clone)]
pub struct Team {
    row: Model,
    reading: Reading,
}

impl Team {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.team(id).await?.map(|row| Self {
            row,
            reading: reading.clone(),
        }))
    }
}

#[Object]
impl Team {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Team, self.row.id)
    }

    /// The bare id, as streams name the team.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    async fn name(&self) -> &str {
        &self.row.name
    }

    async fn disbanded(&self) -> bool {
        self.row.disbanded
    }

    async fn formed_at(&self) -> Moment {
        Moment::from_micros(self.row.formed_at)
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.row.version
    }

    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn members(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> ApiResult<UserConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        page(&self.reading, members_of(self.row.id), arguments, None, None).await
    }
}

/// The users who are in a team.
fn members_of(team: Uuid) -> Condition {
    let members = Query::select()
        .column(members::Column::UserId)
        .from(members::Entity)
        .and_where(members::Column::TeamId.eq(team))
        .to_owned();
    Condition::all().add(users::Column::Id.in_subquery(members))
}

#[derive(Default)]
pub struct TeamQueries;

#[Object]
impl TeamQueries {
    /// A team by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn team(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Team>> {
        let id = ids::parse_as(Kind::Team, &id)?;
        Team::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// The teams that were not disbanded, by name.
    #[graphql(complexity = "50 + 20 * child_complexity")]
    async fn teams(
        &self,
        ctx: &Context<'_>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Vec<Team>> {
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let rows = Entity::find()
            .filter(Column::Disbanded.eq(false))
            .order_by_asc(Column::NameFolded)
            .order_by_asc(Column::Id)
            .limit(MAX_TEAMS)
            .all(reading.connection())
            .await?;
        let team = |row| Team {
            row,
            reading: reading.clone(),
        };
        Ok(rows.into_iter().map(team).collect())
    }
}
