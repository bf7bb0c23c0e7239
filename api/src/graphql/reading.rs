//! Which state of the views an operation reads: as they stand, at least as far as some position, or as of an earlier
//! moment. The resolvers are the same for all three; objects carry the reading they came from, so that what is joined
//! to them is of the same moment.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::{
    Context, Enum, InputObject,
    dataloader::{DataLoader, Loader},
};
use chrono::{DateTime, Utc};
use engine::{AsOf, Basis, ViewHandle};
use journal::Position;
use projections::{
    activities, attachments, contacts, contracts, deals, deliveries, imports,
    invoices::{self, payments as allocations},
    organizations, payments, products,
    quotes::{self, versions},
    task_series,
    tasks::{self, assignees, links, reminders, watchers},
    teams, users,
};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{
    deals::loaders::DealLoaders,
    errors::{ApiError, ApiResult},
    scalars::{BigInt, Moment},
    session::Session,
};
use crate::policy::Scope;

/// How long a reader waits for the views to come to a position before it is told how far behind they are: long enough
/// for another process to take over from one that died.
pub const PATIENCE: Duration = Duration::from_secs(7);

/// Rows that one query of a loader asks for at most.
pub(super) const BATCH: usize = 500;
/// How long a loader waits for more keys: long enough for the fields beside each other, too short to notice.
pub(super) const GATHERING: Duration = Duration::from_micros(200);

/// Looks at the past instead of the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, InputObject)]
#[graphql(name = "AsOf")]
pub struct AsOfInput {
    pub moment: Moment,
    #[graphql(default)]
    pub basis: TimeBasis,
}

/// What "at that moment" means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Enum)]
pub enum TimeBasis {
    /// Everything that had happened in the world by then, whenever we learned of it.
    #[default]
    Effective,
    /// Everything we knew then.
    Recorded,
}

impl From<TimeBasis> for Basis {
    fn from(basis: TimeBasis) -> Self {
        match basis {
            TimeBasis::Effective => Self::Effective,
            TimeBasis::Recorded => Self::Recorded,
        }
    }
}

impl From<AsOfInput> for AsOf {
    fn from(input: AsOfInput) -> Self {
        Self {
            moment: input.moment.0,
            basis: input.basis.into(),
        }
    }
}

/// The moment that a field asks about: now, or the one of the past that it names.
pub fn moment(ctx: &Context<'_>, as_of: Option<AsOfInput>) -> ApiResult<DateTime<Utc>> {
    match as_of {
        Some(past) => Ok(past.moment.0),
        None => Ok(ctx.application()?.clock.now()),
    }
}

/// One state of the views, with loaders that gather the joins of one operation.
#[derive(Clone)]
pub struct Reading(Arc<Inner>);

struct Inner {
    handle: ViewHandle,
    scope: Scope,
    organizations: DataLoader<Rows>,
    contacts: DataLoader<Rows>,
    activities: DataLoader<Rows>,
    attachments: DataLoader<Rows>,
    deals: DataLoader<Rows>,
    tasks: DataLoader<Rows>,
    task_parts: DataLoader<Rows>,
    task_series: DataLoader<Rows>,
    users: DataLoader<Rows>,
    teams: DataLoader<Rows>,
    deliveries: DataLoader<Rows>,
    imports: DataLoader<Rows>,
    products: DataLoader<Rows>,
    quotes: DataLoader<Rows>,
    invoices: DataLoader<Rows>,
    payments: DataLoader<Rows>,
    contracts: DataLoader<Rows>,
    deals_of: DealLoaders,
}

impl Reading {
    /// The records that `scope` leaves, and whatever is no record.
    pub fn new(handle: ViewHandle, scope: Scope) -> Self {
        let loader = || {
            let rows = Rows {
                connection: handle.connection.clone(),
                scope: scope.clone(),
            };
            DataLoader::new(rows, tokio::spawn)
                .max_batch_size(BATCH)
                .delay(GATHERING)
        };
        let (organizations, contacts, activities, deals, tasks) = (loader(), loader(), loader(), loader(), loader());
        let (users, teams, deliveries) = (loader(), loader(), loader());
        let (imports, products, quotes) = (loader(), loader(), loader());
        let (invoices, payments, contracts) = (loader(), loader(), loader());
        let deals_of = DealLoaders::new(&handle.connection, &scope, BATCH, GATHERING);
        let (task_parts, task_series, attachments) = (loader(), loader(), loader());
        Self(Arc::new(Inner {
            handle,
            scope,
            organizations,
            contacts,
            activities,
            attachments,
            deals,
            tasks,
            task_parts,
            task_series,
            users,
            teams,
            deliveries,
            imports,
            products,
            quotes,
            invoices,
            payments,
            contracts,
            deals_of,
        }))
    }

    pub async fn organization(&self, id: Uuid) -> ApiResult<Option<organizations::Model>> {
        self.0.organizations.load_one(OrganizationKey(id)).await
    }

    pub async fn contact(&self, id: Uuid) -> ApiResult<Option<contacts::Model>> {
        self.0.contacts.load_one(ContactKey(id)).await
    }

    pub async fn activity(&self, id: Uuid) -> ApiResult<Option<activities::Model>> {
        self.0.activities.load_one(ActivityKey(id)).await
    }

    pub async fn deal(&self, id: Uuid) -> ApiResult<Option<deals::Model>> {
        self.0.deals.load_one(DealKey(id)).await
    }

    pub async fn task(&self, id: Uuid) -> ApiResult<Option<tasks::Model>> {
        self.0.tasks.load_one(TaskKey(id)).await
    }

    pub async fn task_series(&self, id: Uuid) -> ApiResult<Option<task_series::Model>> {
        self.0.task_series.load_one(TaskSeriesKey(id)).await
    }

    /// Files that go, or went, with a record, in the order in which they were attached.
    pub async fn attachments(&self, record: Uuid) -> ApiResult<Vec<attachments::Model>> {
        let found = self.0.attachments.load_one(AttachmentsKey(record)).await?;
        Ok(by_time(found.unwrap_or_default()))
    }

    /// The same of an organization, with those of the records that were merged into it.
    pub async fn attachments_of_family(&self, organization: Uuid) -> ApiResult<Vec<attachments::Model>> {
        let found = self.0.attachments.load_one(FamilyFilesKey(organization)).await?;
        Ok(by_time(found.unwrap_or_default()))
    }

    /// Who has a task, in the order in which they were named.
    pub async fn task_assignees(&self, task: Uuid) -> ApiResult<Vec<tasks::assignees::Model>> {
        let mut found = self
            .0
            .task_parts
            .load_one(AssigneesKey(task))
            .await?
            .unwrap_or_default();
        found.sort_by_key(|row| row.place);
        Ok(found)
    }

    pub async fn task_watchers(&self, task: Uuid) -> ApiResult<Vec<tasks::watchers::Model>> {
        Ok(self.0.task_parts.load_one(WatchersKey(task)).await?.unwrap_or_default())
    }

    /// What a task is about, in the order in which it was said.
    pub async fn task_links(&self, task: Uuid) -> ApiResult<Vec<tasks::links::Model>> {
        let mut found = self.0.task_parts.load_one(LinksKey(task)).await?.unwrap_or_default();
        found.sort_by_key(|row| (row.position, row.place));
        Ok(found)
    }

    /// The reminders of a task's plan, in order of time.
    pub async fn task_reminders(&self, task: Uuid) -> ApiResult<Vec<tasks::reminders::Model>> {
        let mut found = self
            .0
            .task_parts
            .load_one(RemindersKey(task))
            .await?
            .unwrap_or_default();
        found.sort_by_key(|row| (row.at, row.day));
        Ok(found)
    }

    pub async fn user(&self, id: Uuid) -> ApiResult<Option<users::Model>> {
        self.0.users.load_one(UserKey(id)).await
    }

    pub async fn team(&self, id: Uuid) -> ApiResult<Option<teams::Model>> {
        self.0.teams.load_one(TeamKey(id)).await
    }

    pub async fn delivery(&self, id: Uuid) -> ApiResult<Option<deliveries::Model>> {
        self.0.deliveries.load_one(DeliveryKey(id)).await
    }

    pub async fn product(&self, id: Uuid) -> ApiResult<Option<products::Model>> {
        self.0.products.load_one(ProductKey(id)).await
    }

    pub async fn quote(&self, id: Uuid) -> ApiResult<Option<quotes::Model>> {
        self.0.quotes.load_one(QuoteKey(id)).await
    }

    /// The versions of a quote, the oldest first.
    pub async fn quote_versions(&self, quote: Uuid) -> ApiResult<Vec<quotes::versions::Model>> {
        let found = self.0.quotes.load_one(QuoteVersionsKey(quote)).await?;
        let mut found = found.unwrap_or_default();
        found.sort_by_key(|version| version.number);
        Ok(found)
    }

    pub async fn invoice(&self, id: Uuid) -> ApiResult<Option<invoices::Model>> {
        self.0.invoices.load_one(InvoiceKey(id)).await
    }

    /// The credit notes of an invoice, the oldest first.
    pub async fn credit_notes(&self, invoice: Uuid) -> ApiResult<Vec<invoices::Model>> {
        let found = self.0.invoices.load_one(CreditNotesKey(invoice)).await?;
        let mut found = found.unwrap_or_default();
        found.sort_by_key(|note| note.number_order);
        Ok(found)
    }

    /// What of which payment is on an invoice, the oldest first.
    pub async fn payments_of_invoice(&self, invoice: Uuid) -> ApiResult<Vec<allocations::Model>> {
        let found = self.0.payments.load_one(InvoicePaymentsKey(invoice)).await?;
        let mut found = found.unwrap_or_default();
        found.sort_by_key(|row| (row.allocated_at, row.id));
        Ok(found)
    }

    pub async fn payment(&self, id: Uuid) -> ApiResult<Option<payments::Model>> {
        self.0.payments.load_one(PaymentKey(id)).await
    }

    pub async fn contract(&self, id: Uuid) -> ApiResult<Option<contracts::Model>> {
        self.0.contracts.load_one(ContractKey(id)).await
    }

    /// What of a payment is on which invoice, the oldest first.
    pub async fn allocations_of_payment(&self, payment: Uuid) -> ApiResult<Vec<allocations::Model>> {
        let found = self.0.payments.load_one(PaymentAllocationsKey(payment)).await?;
        let mut found = found.unwrap_or_default();
        found.sort_by_key(|row| (row.allocated_at, row.id));
        Ok(found)
    }

    /// An import, to whoever may see it.
    pub async fn import(&self, id: Uuid) -> ApiResult<Option<imports::Model>> {
        self.0.imports.load_one(ImportKey(id)).await
    }

    /// What answers about deals join.
    pub fn deals_of(&self) -> &DealLoaders {
        &self.0.deals_of
    }

    /// Which records whoever reads may see. Loaders go by it; whoever asks the connection has to.
    pub fn scope(&self) -> &Scope {
        &self.0.scope
    }

    pub fn connection(&self) -> &DatabaseConnection {
        &self.0.handle.connection
    }

    pub fn position(&self) -> Position {
        self.0.handle.position
    }
}

/// Loads rows by their ids: what one answer joins is asked for together, each row once.
struct Rows {
    connection: DatabaseConnection,
    scope: Scope,
}

macro_rules! loads {
    ($key:ident of $table:ident $(within $scope:ident)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        struct $key(Uuid);

        impl Loader<$key> for Rows {
            type Value = $table::Model;
            type Error = ApiError;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>, ApiError> {
                let ids = keys.iter().map(|$key(id)| *id);
                let found = $table::Entity::find()
                    .filter($table::Column::Id.is_in(ids))
                    $(.filter(self.scope.$scope()))?
                    .all(&self.connection)
                    .await?;
                Ok(found.into_iter().map(|row| ($key(row.id), row)).collect())
            }
        }
    };
}

/// What a record has several of.
macro_rules! loads_parts {
    ($key:ident of $part:ident) => {
        loads_parts!($key of $part by TaskId task_id);
    };
    ($key:ident of $part:ident by $owner:ident $field:ident) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        struct $key(Uuid);

        impl Loader<$key> for Rows {
            type Value = Vec<$part::Model>;
            type Error = ApiError;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>, ApiError> {
                let owners = keys.iter().map(|$key(id)| *id);
                let found = $part::Entity::find()
                    .filter($part::Column::$owner.is_in(owners))
                    .order_by_asc($part::Column::Id)
                    .all(&self.connection)
                    .await?;
                let mut parts: HashMap<$key, Self::Value> = HashMap::new();
                for row in found {
                    parts.entry($key(row.$field)).or_default().push(row);
                }
                Ok(parts)
            }
        }
    };
}

loads!(OrganizationKey of organizations within organizations);
loads!(ContactKey of contacts within contacts);
loads!(ActivityKey of activities within activities);
loads!(DealKey of deals within deals);
loads!(TaskKey of tasks within tasks);
loads!(TaskSeriesKey of task_series within task_series);
loads_parts!(AssigneesKey of assignees);
loads_parts!(WatchersKey of watchers);
loads_parts!(LinksKey of links);
loads_parts!(RemindersKey of reminders);
loads_parts!(AttachmentsKey of attachments by RecordId record_id);
loads!(UserKey of users);
loads!(TeamKey of teams);
loads!(DeliveryKey of deliveries);
loads!(ImportKey of imports within imports);
loads!(ProductKey of products);
loads!(QuoteKey of quotes within quotes);
loads_parts!(QuoteVersionsKey of versions by QuoteId quote_id);
loads!(InvoiceKey of invoices within invoices);
loads!(PaymentKey of payments within payments);
loads!(ContractKey of contracts within contracts);
loads_parts!(InvoicePaymentsKey of allocations by InvoiceId invoice_id);
loads_parts!(PaymentAllocationsKey of allocations by PaymentId payment_id);

/// Credit notes by the invoice that they take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct CreditNotesKey(Uuid);

impl Loader<CreditNotesKey> for Rows {
    type Value = Vec<invoices::Model>;
    type Error = ApiError;

    async fn load(&self, keys: &[CreditNotesKey]) -> Result<HashMap<CreditNotesKey, Self::Value>, ApiError> {
        let originals = keys.iter().map(|CreditNotesKey(id)| *id);
        let found = invoices::Entity::find()
            .filter(invoices::Column::CorrectsId.is_in(originals))
            .filter(self.scope.invoices())
            .all(&self.connection)
            .await?;
        let mut notes: HashMap<CreditNotesKey, Self::Value> = HashMap::new();
        for row in found {
            if let Some(original) = row.corrects_id {
                notes.entry(CreditNotesKey(original)).or_default().push(row);
            }
        }
        Ok(notes)
    }
}

/// Files of an organization and of those merged into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct FamilyFilesKey(Uuid);

impl Loader<FamilyFilesKey> for Rows {
    type Value = Vec<attachments::Model>;
    type Error = ApiError;

    async fn load(&self, keys: &[FamilyFilesKey]) -> Result<HashMap<FamilyFilesKey, Self::Value>, ApiError> {
        let survivors = keys.iter().map(|FamilyFilesKey(id)| *id);
        let merged: Vec<(Uuid, Uuid)> = organizations::Entity::find()
            .select_only()
            .column(organizations::Column::Id)
            .column(organizations::Column::MergedInto)
            .filter(organizations::Column::MergedInto.is_in(survivors.clone()))
            .into_tuple()
            .all(&self.connection)
            .await?;
        let stands_for: HashMap<Uuid, Uuid> = survivors.map(|id| (id, id)).chain(merged).collect();
        let found = attachments::Entity::find()
            .filter(attachments::Column::RecordId.is_in(stands_for.keys().copied()))
            .all(&self.connection)
            .await?;
        let mut files: HashMap<FamilyFilesKey, Self::Value> = HashMap::new();
        for row in found {
            if let Some(survivor) = stands_for.get(&row.record_id) {
                files.entry(FamilyFilesKey(*survivor)).or_default().push(row);
            }
        }
        Ok(files)
    }
}

fn by_time(mut files: Vec<attachments::Model>) -> Vec<attachments::Model> {
    files.sort_by_key(|row| (row.attached_at, row.id));
    files
}

/// The readings of one operation: fields that ask for the same moment share one.
#[derive(Default)]
pub struct Readings {
    present: Mutex<Option<Reading>>,
    past: Mutex<HashMap<AsOfInput, Reading>>,
}

/// The reading that a field asks for.
pub async fn reading(ctx: &Context<'_>, as_of: Option<AsOfInput>, min_position: Option<BigInt>) -> ApiResult<Reading> {
    match (as_of, min_position) {
        (None, None) => present(ctx).await,
        (None, Some(BigInt(position))) => at_least(ctx, Position(position)).await,
        (Some(as_of), None) => past(ctx, as_of).await,
        (Some(_), Some(_)) => Err(ApiError::bad_input(
            "Give `asOf` or `minPosition`, not both: the past does not move.",
        )),
    }
}

/// The views once they contain everything up to `position`.
pub async fn at_least(ctx: &Context<'_>, position: Position) -> ApiResult<Reading> {
    let readings = ctx.readings()?;
    let mut present = readings.present.lock().await;
    if let Some(reading) = present.as_ref().filter(|reading| reading.position() >= position) {
        return Ok(reading.clone());
    }
    let handle = ctx.application()?.views.wait_for(position, PATIENCE).await?;
    Ok(present.insert(Reading::new(handle, ctx.scope())).clone())
}

async fn present(ctx: &Context<'_>) -> ApiResult<Reading> {
    let readings = ctx.readings()?;
    let mut present = readings.present.lock().await;
    if let Some(reading) = present.as_ref() {
        return Ok(reading.clone());
    }
    // From the start on: a server that has just been started makes its views first.
    let handle = ctx.application()?.views.wait_for(Position::START, PATIENCE).await?;
    Ok(present.insert(Reading::new(handle, ctx.scope())).clone())
}

async fn past(ctx: &Context<'_>, as_of: AsOfInput) -> ApiResult<Reading> {
    let readings = ctx.readings()?;
    let mut past = readings.past.lock().await;
    if let Some(reading) = past.get(&as_of) {
        return Ok(reading.clone());
    }
    let views = &ctx.application()?.views;
    let mut scope = ctx.scope();
    if !scope.is_everything() {
        // Who sees what is decided by today's ownership.
        let today = views.wait_for(Position::START, PATIENCE).await?;
        scope = scope.listed(&today.connection).await?;
    }
    let handle = views.as_of(as_of.into()).await?;
    Ok(past.entry(as_of).or_insert_with(|| Reading::new(handle, scope)).clone())
}
