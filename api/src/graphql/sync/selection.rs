//! Which records a replica holds: those that its owner sees and asked for.

use std::collections::BTreeMap;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Days, NaiveTime, Utc};
use projections::{
    activities, contacts,
    deal_parts::credits,
    deals, organizations,
    tasks::{self, assignees, watchers},
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    sea_query::{Query, SelectStatement},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::manifest::{Held, Mark};
use crate::{
    graphql::{
        errors::{ApiError, ApiResult},
        ids::Kind,
    },
    policy::{Scope, Viewer},
};

/// Records of one replica at most.
pub const MAX_RECORDS: usize = 20_000;
/// Days back at most: ten years.
const MAX_DAYS: u32 = 3_660;
const DAYS: u32 = 90;

/// The kinds of records that replicas hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
pub enum ReplicaType {
    Organization,
    Contact,
    Deal,
    Activity,
    Task,
}

impl ReplicaType {
    pub const ALL: [Self; 5] = [
        Self::Organization,
        Self::Contact,
        Self::Deal,
        Self::Activity,
        Self::Task,
    ];

    pub const fn kind(self) -> Kind {
        match self {
            Self::Organization => Kind::Organization,
            Self::Contact => Kind::Contact,
            Self::Deal => Kind::Deal,
            Self::Activity => Kind::Activity,
            Self::Task => Kind::Task,
        }
    }
}

/// What a replica is to hold, of what you see.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ReplicaScope {
    /// All of them, unless you name some.
    types: Option<Vec<ReplicaType>>,
    /// Only what is yours: deals that you own or share in, organizations that you own or have such a deal with, the
    /// contacts there and your own, what you recorded or what is about these, and tasks that you have or watch.
    #[graphql(default)]
    mine: bool,
    /// Deals that were won or lost and tasks that were finished within so many days, besides the open ones; 90 unless
    /// you say otherwise.
    closed_within_days: Option<u32>,
    /// Activities of the last so many days; 90 unless you say otherwise.
    activities_within_days: Option<u32>,
}

/// A [`ReplicaScope`] of one viewer at one time.
pub struct Selection {
    types: Vec<ReplicaType>,
    mine: Option<Uuid>,
    /// Microseconds; at the beginning of a day, so that the answer is the same all day.
    closed_since: i64,
    active_since: i64,
    scope: Scope,
    /// Of everything that decides besides the views.
    pub mark: [u8; 16],
}

impl Selection {
    pub fn new(asked: ReplicaScope, viewer: &Viewer, now: DateTime<Utc>) -> ApiResult<Self> {
        let mut types = asked.types.unwrap_or_else(|| ReplicaType::ALL.to_vec());
        types.sort_unstable();
        types.dedup();
        let mine = if asked.mine {
            let user = viewer.user().map(|user| user.0);
            Some(user.ok_or_else(|| ApiError::bad_input("`mine` is for those who have an account."))?)
        } else {
            None
        };
        let since = |days: Option<u32>| {
            let days = days.unwrap_or(DAYS);
            let today = now.date_naive();
            match today.checked_sub_days(Days::new(days.into())) {
                Some(day) if days <= MAX_DAYS => Ok(day.and_time(NaiveTime::MIN).and_utc().timestamp_micros()),
                _ => Err(ApiError::bad_input(format!("At most {MAX_DAYS} days back."))),
            }
        };
        let (closed_since, active_since) = (since(asked.closed_within_days)?, since(asked.activities_within_days)?);
        let scope = viewer.scope();
        let described = format!("{types:?} {mine:?} {closed_since} {active_since} {scope:?}");
        let mut mark = [0; 16];
        mark.copy_from_slice(&Sha256::digest(described)[..16]);
        Ok(Self {
            types,
            mine,
            closed_since,
            active_since,
            scope,
            mark,
        })
    }

    /// The records that the replica is to hold, with their marks.
    pub async fn records(&self, views: &DatabaseConnection) -> ApiResult<BTreeMap<Held, Mark>> {
        let mut records = BTreeMap::new();
        for one in &self.types {
            let found = match one {
                ReplicaType::Organization => {
                    marks::<organizations::Entity>(views, self.organizations(), organization_flags()).await?
                }
                ReplicaType::Contact => marks::<contacts::Entity>(views, self.contacts(), contact_flags()).await?,
                ReplicaType::Deal => marks::<deals::Entity>(views, self.deals(), no_flags()).await?,
                ReplicaType::Activity => {
                    marks::<activities::Entity>(views, self.activities(), activity_flags()).await?
                }
                ReplicaType::Task => marks::<tasks::Entity>(views, self.tasks(), no_flags()).await?,
            };
            records.extend(found.into_iter().map(|(id, mark)| (Held { of: *one, id }, mark)));
            if records.len() > MAX_RECORDS {
                return Err(ApiError::bad_input(format!(
                    "A replica holds at most {MAX_RECORDS} records: choose `types`, `mine`, or fewer days."
                )));
            }
        }
        Ok(records)
    }

    fn deals(&self) -> Condition {
        use deals::Column;
        let open = Condition::any()
            .add(Column::ClosedAt.is_null())
            .add(Column::ClosedAt.gte(self.closed_since));
        let visible = Condition::all().add(self.scope.deals()).add(open);
        match self.mine {
            Some(user) => visible.add(my_deals(user)),
            None => visible,
        }
    }

    fn organizations(&self) -> Condition {
        use organizations::Column;
        let visible = Condition::all()
            .add(self.scope.organizations())
            .add(Column::MergedInto.is_null())
            .add(Column::ArchivedAt.is_null());
        match self.mine {
            Some(user) => visible.add(my_organizations(user)),
            None => visible,
        }
    }

    fn contacts(&self) -> Condition {
        use contacts::Column;
        let visible = Condition::all()
            .add(self.scope.contacts())
            .add(Column::MergedInto.is_null())
            .add(Column::ArchivedAt.is_null())
            .add(Column::Erased.eq(false));
        match self.mine {
            Some(user) => visible.add(
                Condition::any()
                    .add(Column::OwnerId.eq(user))
                    .add(Column::OrganizationId.in_subquery(ids(organizations::Column::Id, my_organizations(user)))),
            ),
            None => visible,
        }
    }

    fn activities(&self) -> Condition {
        use activities::Column;
        let visible = Condition::all()
            .add(self.scope.activities())
            .add(Column::WithdrawnAt.is_null())
            .add(Column::OccurredAt.gte(self.active_since));
        match self.mine {
            Some(user) => visible.add(
                Condition::any()
                    .add(Column::AuthorId.eq(user))
                    .add(Column::DealId.in_subquery(ids(deals::Column::Id, my_deals(user))))
                    .add(Column::OrganizationId.in_subquery(ids(organizations::Column::Id, my_organizations(user)))),
            ),
            None => visible,
        }
    }

    fn tasks(&self) -> Condition {
        use tasks::Column;
        let open = Condition::any()
            .add(Column::FinishedAt.is_null())
            .add(Column::FinishedAt.gte(self.closed_since));
        let visible = Condition::all().add(self.scope.tasks()).add(open);
        match self.mine {
            Some(user) => {
                let given = ids(
                    assignees::Column::TaskId,
                    Condition::all().add(assignees::Column::UserId.eq(user)),
                );
                let watched = ids(
                    watchers::Column::TaskId,
                    Condition::all().add(watchers::Column::UserId.eq(user)),
                );
                visible.add(
                    Condition::any()
                        .add(Column::Id.in_subquery(given))
                        .add(Column::Id.in_subquery(watched)),
                )
            }
            None => visible,
        }
    }
}

fn my_deals(user: Uuid) -> Condition {
    let shared = ids(
        credits::Column::DealId,
        Condition::all().add(credits::Column::UserId.eq(user)),
    );
    Condition::any()
        .add(deals::Column::OwnerId.eq(user))
        .add(deals::Column::Id.in_subquery(shared))
}

fn my_organizations(user: Uuid) -> Condition {
    let with_deal = ids(
        deals::Column::OrganizationId,
        Condition::all()
            .add(deals::Column::OrganizationId.is_not_null())
            .add(my_deals(user)),
    );
    Condition::any()
        .add(organizations::Column::OwnerId.eq(user))
        .add(organizations::Column::Id.in_subquery(with_deal))
}

/// What a column holds in the rows of its table that meet a condition.
fn ids<C: ColumnTrait>(column: C, condition: Condition) -> SelectStatement {
    Query::select()
        .column(column)
        .from(column.entity_name())
        .cond_where(condition)
        .to_owned()
}

/// What may change in a row without an event of its own stream: that a person's data was erased.
type Flags = Vec<(Condition, u32)>;

fn no_flags() -> Flags {
    Vec::new()
}

fn contact_flags() -> Flags {
    vec![(Condition::all().add(contacts::Column::Erased.eq(true)), 1)]
}

fn activity_flags() -> Flags {
    use activities::Column;
    let place_gone = Condition::all()
        .add(Column::PlacePerson.is_not_null())
        .add(Column::Latitude.is_null());
    vec![(Condition::all().add(Column::Erased.eq(true)), 1), (place_gone, 2)]
}

fn organization_flags() -> Flags {
    use organizations::Column;
    let gone = |person: Column, what: Column| Condition::all().add(person.is_not_null()).add(what.is_null());
    vec![
        (gone(Column::AccountPerson, Column::Iban), 1),
        (gone(Column::ContactPerson, Column::ContactName), 2),
    ]
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    version: i64,
}

/// The rows that meet a condition, each with its version and, in the two lowest bits, its flags.
async fn marks<E>(views: &DatabaseConnection, condition: Condition, flags: Flags) -> ApiResult<BTreeMap<Uuid, Mark>>
where
    E: EntityTrait,
    E::Column: std::str::FromStr,
{
    let column = |name: &str| {
        name.parse::<E::Column>()
            .map_err(|_| ApiError::internal("a table lacks a column", &name))
    };
    let (id, version) = (column("id")?, column("version")?);
    let select = |more: Condition| {
        E::find()
            .select_only()
            .column(id)
            .column(version)
            .filter(condition.clone())
            .filter(more)
            .limit(MAX_RECORDS as u64 + 1)
            .into_model::<Row>()
    };
    let rows = select(Condition::all()).all(views).await?;
    let mut found: BTreeMap<Uuid, Mark> = rows.into_iter().map(|row| (row.id, Mark::of(row.version))).collect();
    for (flag, bit) in flags {
        for row in select(flag).all(views).await? {
            if let Some(mark) = found.get_mut(&row.id) {
                mark.raise(bit);
            }
        }
    }
    Ok(found)
}
