//! Which records a viewer sees: their own, their teams', or all.
//!
//! A [`Scope`] is a condition for each kind of record, put into every question that the views are asked. What an
//! account sees follows from ownership as it stands today, also where an earlier moment is looked at: there the ids
//! that are visible today are asked for.
//!
//! | record | whose it is |
//! |---|---|
//! | deal | its owner's, and those' who share its credit; without an owner a team's, and not one's own |
//! | organization | its owner's, and theirs who see a deal with it; without an owner everybody's |
//! | contact | its owner's, and theirs who see its organization; with neither everybody's |
//! | activity | its author's; theirs who see its deal, or, when there is none, its organization or contact |
//! | task | its assignees' and watchers'; theirs who see a deal it has to do with, or own such an organization; without an assignee and a deal everybody's |
//! | series of tasks | theirs who see its latest task |
//! | quote | its author's; theirs who see its deal, or, when there is none, its organization |
//! | invoice | theirs who see its deal, or, when there is none, its organization |
//! | payment | theirs who see its organization |
//! | contract | its owner's; theirs who see its deal, or, when there is none, its organization |

use std::{collections::HashSet, sync::Arc};

use domain::{Role, user::Visibility};
use projections::{
    activities, contacts, contracts,
    deal_parts::credits,
    deals, imports, invoices, organizations, payments, quotes, task_series,
    tasks::{self, assignees, links, watchers},
    teams::members,
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use super::{Viewer, rules};

/// What has an owner, or is there for something that has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Record {
    Organization,
    Contact,
    Activity,
    Deal,
    Task,
    TaskSeries,
    Quote,
    Invoice,
    Payment,
    Contract,
}

/// The category of the streams of imports.
pub(super) const IMPORT: &str = "import";

impl Record {
    pub const ALL: [Self; 10] = [
        Self::Organization,
        Self::Contact,
        Self::Activity,
        Self::Deal,
        Self::Task,
        Self::TaskSeries,
        Self::Quote,
        Self::Invoice,
        Self::Payment,
        Self::Contract,
    ];

    /// The category of its streams.
    pub const fn category(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Contact => "contact",
            Self::Activity => "activity",
            Self::Deal => "deal",
            Self::Task => "task",
            Self::TaskSeries => "task-series",
            Self::Quote => "quote",
            Self::Invoice => "invoice",
            Self::Payment => "payment",
            Self::Contract => "contract",
        }
    }

    /// What must hold of one for what goes with it to be told: an activity that was withdrawn is there, and says nothing.
    pub fn stands(self) -> Condition {
        match self {
            Self::Activity => Condition::all().add(activities::Column::WithdrawnAt.is_null()),
            _ => Condition::all(),
        }
    }

    pub fn of_category(category: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|record| record.category() == category)
    }
}

/// The records that somebody sees, and by their role the fields of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    extent: Extent,
    /// Nobody's: no field that is not for everybody.
    role: Option<Role>,
    /// Who it is, where they have an account.
    user: Option<Uuid>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Extent {
    Everything,
    Nothing,
    /// What is theirs in the views that are asked.
    Theirs(Whose),
    /// These, whatever the views say that are asked.
    Listed(Arc<Listed>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Whose {
    user: Uuid,
    /// And whoever is in a team with them.
    teams: bool,
}

/// Ids in hexadecimal, as JSON: however many there are, a condition binds one value.
#[derive(Debug, PartialEq, Eq)]
struct Listed {
    organizations: String,
    contacts: String,
    activities: String,
    deals: String,
    tasks: String,
    series: String,
    quotes: String,
    invoices: String,
    payments: String,
    contracts: String,
}

impl Scope {
    /// For the system itself and its operator.
    pub const EVERYTHING: Self = Self {
        extent: Extent::Everything,
        role: Some(Role::Admin),
        user: None,
    };

    /// For whoever has not signed in.
    pub const NOTHING: Self = Self {
        extent: Extent::Nothing,
        role: None,
        user: None,
    };

    pub fn of(viewer: &Viewer) -> Self {
        // Whoever has no account owns nothing.
        let theirs = |teams: bool| {
            let user = viewer.user();
            user.map_or(Extent::Nothing, |user| Extent::Theirs(Whose { user: user.0, teams }))
        };
        let extent = match viewer.visibility {
            Visibility::All => Extent::Everything,
            Visibility::Team => theirs(true),
            Visibility::Own => theirs(false),
        };
        Self {
            extent,
            role: Some(viewer.role),
            user: viewer.user().map(Uuid::from),
        }
    }

    pub fn is_everything(&self) -> bool {
        self.extent == Extent::Everything
    }

    /// Whether they see a field of the objects of a type: what they do not see, they cannot filter or sort by.
    pub fn sees_field(&self, object: &str, field: &str) -> bool {
        rules::of_field(object, field).is_none_or(|roles| self.role.is_some_and(|role| roles.contains(role)))
    }

    /// The scope as it stands in these views, for asking others: those of an earlier moment.
    pub async fn listed(&self, today: &DatabaseConnection) -> Result<Self, DbErr> {
        let Extent::Theirs(whose) = &self.extent else {
            return Ok(self.clone());
        };
        let listed = Listed {
            organizations: hexes(today, whose.organization_ids()).await?,
            contacts: hexes(today, ids_of(contacts::Column::Id, whose.contacts())).await?,
            activities: hexes(today, ids_of(activities::Column::Id, whose.activities())).await?,
            deals: hexes(today, whose.deal_ids()).await?,
            tasks: hexes(today, whose.task_ids()).await?,
            series: hexes(today, ids_of(task_series::Column::Id, whose.series())).await?,
            quotes: hexes(today, ids_of(quotes::Column::Id, whose.quotes())).await?,
            invoices: hexes(today, ids_of(invoices::Column::Id, whose.invoices())).await?,
            payments: hexes(today, ids_of(payments::Column::Id, whose.payments())).await?,
            contracts: hexes(today, ids_of(contracts::Column::Id, whose.contracts())).await?,
        };
        Ok(Self {
            extent: Extent::Listed(Arc::new(listed)),
            role: self.role,
            user: self.user,
        })
    }

    pub fn organizations(&self) -> Condition {
        self.condition(organizations::Column::Id, Whose::organizations, |ids| {
            &ids.organizations
        })
    }

    pub fn contacts(&self) -> Condition {
        self.condition(contacts::Column::Id, Whose::contacts, |ids| &ids.contacts)
    }

    pub fn activities(&self) -> Condition {
        self.condition(activities::Column::Id, Whose::activities, |ids| &ids.activities)
    }

    pub fn deals(&self) -> Condition {
        self.condition(deals::Column::Id, Whose::deals, |ids| &ids.deals)
    }

    pub fn tasks(&self) -> Condition {
        self.condition(tasks::Column::Id, Whose::tasks, |ids| &ids.tasks)
    }

    pub fn task_series(&self) -> Condition {
        self.condition(task_series::Column::Id, Whose::series, |ids| &ids.series)
    }

    pub fn quotes(&self) -> Condition {
        self.condition(quotes::Column::Id, Whose::quotes, |ids| &ids.quotes)
    }

    pub fn invoices(&self) -> Condition {
        self.condition(invoices::Column::Id, Whose::invoices, |ids| &ids.invoices)
    }

    pub fn payments(&self) -> Condition {
        self.condition(payments::Column::Id, Whose::payments, |ids| &ids.payments)
    }

    pub fn contracts(&self) -> Condition {
        self.condition(contracts::Column::Id, Whose::contracts, |ids| &ids.contracts)
    }

    /// Imports are no records of the trade: whoever started one sees it, and overseers see all.
    pub fn imports(&self) -> Condition {
        let oversees = |role: Role| rules::of_streams(IMPORT).contains(role);
        if self.role.is_some_and(oversees) {
            return Condition::all();
        }
        // Whoever has no account started none.
        Condition::all().add(imports::Column::UserId.eq(self.user.unwrap_or_default()))
    }

    /// Those of the ids that are visible.
    pub async fn visible(
        &self,
        views: &DatabaseConnection,
        record: Record,
        ids: &[Uuid],
    ) -> Result<HashSet<Uuid>, DbErr> {
        self.visible_where(views, record, ids, Condition::all()).await
    }

    /// Those of the ids that are visible and of which more holds.
    pub async fn visible_where(
        &self,
        views: &DatabaseConnection,
        record: Record,
        ids: &[Uuid],
        holds: Condition,
    ) -> Result<HashSet<Uuid>, DbErr> {
        let seen = |seen: Condition| Condition::all().add(seen).add(holds);
        match record {
            Record::Organization => {
                found::<organizations::Entity>(views, organizations::Column::Id, seen(self.organizations()), ids).await
            }
            Record::Contact => found::<contacts::Entity>(views, contacts::Column::Id, seen(self.contacts()), ids).await,
            Record::Activity => {
                found::<activities::Entity>(views, activities::Column::Id, seen(self.activities()), ids).await
            }
            Record::Deal => found::<deals::Entity>(views, deals::Column::Id, seen(self.deals()), ids).await,
            Record::Task => found::<tasks::Entity>(views, tasks::Column::Id, seen(self.tasks()), ids).await,
            Record::TaskSeries => {
                found::<task_series::Entity>(views, task_series::Column::Id, seen(self.task_series()), ids).await
            }
            Record::Invoice => found::<invoices::Entity>(views, invoices::Column::Id, seen(self.invoices()), ids).await,
            Record::Payment => found::<payments::Entity>(views, payments::Column::Id, seen(self.payments()), ids).await,
            Record::Contract => {
                found::<contracts::Entity>(views, contracts::Column::Id, seen(self.contracts()), ids).await
            }
            Record::Quote => found::<quotes::Entity>(views, quotes::Column::Id, seen(self.quotes()), ids).await,
        }
    }

    fn condition<C: ColumnTrait>(
        &self,
        id: C,
        theirs: impl FnOnce(&Whose) -> Condition,
        listed: impl FnOnce(&Listed) -> &String,
    ) -> Condition {
        match &self.extent {
            Extent::Everything => Condition::all(),
            Extent::Nothing => Condition::all().add(id.is_null()),
            Extent::Theirs(whose) => theirs(whose),
            Extent::Listed(ids) => {
                let ids = Expr::cust_with_values("(SELECT unhex(value) FROM json_each(?))", [listed(ids).as_str()]);
                Condition::all().add(Expr::col(id.as_column_ref()).binary(sea_orm::sea_query::BinOper::In, ids))
            }
        }
    }
}

impl Whose {
    /// A column names somebody who counts as them.
    fn own<C: ColumnTrait>(&self, user: C) -> Condition {
        let own = Condition::any().add(user.eq(self.user));
        if !self.teams {
            return own;
        }
        let of_them = members::Entity::find()
            .select_only()
            .column(members::Column::TeamId)
            .filter(members::Column::UserId.eq(self.user));
        let mates = members::Entity::find()
            .select_only()
            .column(members::Column::UserId)
            .filter(members::Column::TeamId.in_subquery(of_them.into_query()));
        own.add(user.in_subquery(mates.into_query()))
    }

    fn deals(&self) -> Condition {
        use deals::Column;
        let shared = ids_of(credits::Column::DealId, self.own(credits::Column::UserId));
        let theirs = self.own(Column::OwnerId).add(Column::Id.in_subquery(shared));
        if self.teams {
            theirs.add(Column::OwnerId.is_null())
        } else {
            theirs
        }
    }

    fn deal_ids(&self) -> SelectStatement {
        ids_of(deals::Column::Id, self.deals())
    }

    fn organizations(&self) -> Condition {
        use organizations::Column;
        let with_deal = || {
            ids_of(
                deals::Column::OrganizationId,
                Condition::all()
                    .add(deals::Column::OrganizationId.is_not_null())
                    .add(self.deals()),
            )
        };
        // A merged record and the one that stands for it are seen by the same people.
        let theirs = || self.own(Column::OwnerId).add(Column::Id.in_subquery(with_deal()));
        let nobodys = || {
            Condition::all()
                .add(Column::OwnerId.is_null())
                .add(Column::MergedInto.is_null())
        };
        let survivors = ids_of(Column::Id, theirs().add(nobodys()));
        let merged = ids_of(
            Column::MergedInto,
            Condition::all().add(Column::MergedInto.is_not_null()).add(theirs()),
        );
        theirs()
            .add(nobodys())
            .add(Column::MergedInto.in_subquery(survivors))
            .add(Column::Id.in_subquery(merged))
    }

    fn organization_ids(&self) -> SelectStatement {
        ids_of(organizations::Column::Id, self.organizations())
    }

    fn contacts(&self) -> Condition {
        use contacts::Column;
        let theirs = || {
            self.own(Column::OwnerId)
                .add(Column::OrganizationId.in_subquery(self.organization_ids()))
        };
        let nobodys = || {
            Condition::all()
                .add(Column::OwnerId.is_null())
                .add(Column::OrganizationId.is_null())
                .add(Column::MergedInto.is_null())
        };
        let survivors = ids_of(Column::Id, theirs().add(nobodys()));
        let merged = ids_of(
            Column::MergedInto,
            Condition::all().add(Column::MergedInto.is_not_null()).add(theirs()),
        );
        theirs()
            .add(nobodys())
            .add(Column::MergedInto.in_subquery(survivors))
            .add(Column::Id.in_subquery(merged))
    }

    fn activities(&self) -> Condition {
        use activities::Column;
        let contacts = ids_of(contacts::Column::Id, self.contacts());
        let of_no_deal = Condition::any()
            .add(Column::OrganizationId.in_subquery(self.organization_ids()))
            .add(Column::ContactId.in_subquery(contacts));
        self.own(Column::AuthorId)
            .add(Column::DealId.in_subquery(self.deal_ids()))
            .add(Condition::all().add(Column::DealId.is_null()).add(of_no_deal))
    }

    fn tasks(&self) -> Condition {
        use tasks::Column;
        let linked = |record: Record, targets: SelectStatement| {
            ids_of(
                links::Column::TaskId,
                Condition::all()
                    .add(links::Column::Category.eq(record.category()))
                    .add(links::Column::TargetId.in_subquery(targets)),
            )
        };
        let owned = ids_of(organizations::Column::Id, self.own(organizations::Column::OwnerId));
        let with_deal = ids_of(
            links::Column::TaskId,
            Condition::all().add(links::Column::Category.eq(Record::Deal.category())),
        );
        let assigned = ids_of(assignees::Column::TaskId, Condition::all());
        let nobodys = Condition::all()
            .add(Column::Id.not_in_subquery(assigned))
            .add(Column::Id.not_in_subquery(with_deal));
        let given = ids_of(assignees::Column::TaskId, self.own(assignees::Column::UserId));
        let watched = ids_of(watchers::Column::TaskId, self.own(watchers::Column::UserId));
        Condition::any()
            .add(Column::Id.in_subquery(given))
            .add(Column::Id.in_subquery(watched))
            .add(Column::Id.in_subquery(linked(Record::Deal, self.deal_ids())))
            .add(Column::Id.in_subquery(linked(Record::Organization, owned)))
            .add(nobodys)
    }

    fn task_ids(&self) -> SelectStatement {
        ids_of(tasks::Column::Id, self.tasks())
    }

    fn quotes(&self) -> Condition {
        use quotes::Column;
        let of_no_deal = Condition::all()
            .add(Column::DealId.is_null())
            .add(Column::OrganizationId.in_subquery(self.organization_ids()));
        self.own(Column::AuthorId)
            .add(Column::DealId.in_subquery(self.deal_ids()))
            .add(of_no_deal)
    }

    fn invoices(&self) -> Condition {
        use invoices::Column;
        let of_no_deal = Condition::all()
            .add(Column::DealId.is_null())
            .add(Column::OrganizationId.in_subquery(self.organization_ids()));
        Condition::any()
            .add(Column::DealId.in_subquery(self.deal_ids()))
            .add(of_no_deal)
    }

    fn payments(&self) -> Condition {
        Condition::any().add(payments::Column::OrganizationId.in_subquery(self.organization_ids()))
    }

    fn contracts(&self) -> Condition {
        use contracts::Column;
        let of_no_deal = Condition::all()
            .add(Column::DealId.is_null())
            .add(Column::OrganizationId.in_subquery(self.organization_ids()));
        self.own(Column::OwnerId)
            .add(Column::DealId.in_subquery(self.deal_ids()))
            .add(of_no_deal)
    }

    fn series(&self) -> Condition {
        Condition::all().add(task_series::Column::TaskId.in_subquery(self.task_ids()))
    }
}

/// What a column holds in the rows of its table that meet a condition.
fn ids_of<C: ColumnTrait>(column: C, condition: Condition) -> SelectStatement {
    Query::select()
        .column(column)
        .from(column.entity_name())
        .cond_where(condition)
        .to_owned()
}

async fn hexes(views: &DatabaseConnection, ids: SelectStatement) -> Result<String, DbErr> {
    use sea_orm::ConnectionTrait as _;
    let rows = views.query_all(&ids).await?;
    let mut hexes = Vec::with_capacity(rows.len());
    for row in rows {
        hexes.push(row.try_get_by_index::<Uuid>(0)?.simple().to_string());
    }
    Ok(serde_json::Value::from(hexes).to_string())
}

async fn found<E: EntityTrait>(
    views: &DatabaseConnection,
    id: E::Column,
    scope: Condition,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>, DbErr> {
    let select = E::find().select_only().column(id);
    let select = select.filter(id.is_in(ids.iter().copied())).filter(scope);
    let found: Vec<Uuid> = select.into_tuple().all(views).await?;
    Ok(found.into_iter().collect())
}
