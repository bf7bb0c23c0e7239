//! The rows of each list, page by page.

use std::collections::HashMap;

use futures::future::try_join_all;
use projections::{activities, contacts, deals, organizations, tasks};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ModelTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::{
    List, Request,
    cells::{Cell, Locale},
    columns::{self, Column},
    input,
    movements::Movements,
};
use crate::graphql::{
    activities as activity_lists, contacts as contact_lists, deals as deal_lists,
    errors::{ApiError, ApiResult},
    organizations as organization_lists,
    paging::{Listing, Window},
    reading::Reading,
    tasks as task_lists,
};

/// Rows read at a time.
const PAGE: usize = 500;

/// The pages of a list.
pub(super) struct Pages {
    reading: Reading,
    columns: Vec<Column>,
    persons: bool,
    rows: Rows,
}

enum Rows {
    Organizations(Walk<organizations::Entity>),
    Contacts(Walk<contacts::Entity>),
    Deals(Walk<deals::Entity>),
    Activities(Walk<activities::Entity>),
    Tasks(Walk<tasks::Entity>),
    Movements(Movements),
}

impl Pages {
    pub(super) fn new(reading: Reading, list: List, request: &Request) -> ApiResult<Self> {
        let (filter, order) = (request.filter.as_ref(), request.order.as_ref());
        let scope = Condition::all();
        let (offered, rows): (&[Column], _) = match list {
            List::Organizations => {
                let listing =
                    organization_lists::listing(&reading, scope, input("filter", filter)?, input("orderBy", order)?)?;
                (&columns::ORGANIZATIONS, Rows::Organizations(Walk::new(listing)))
            }
            List::Contacts => {
                let listing =
                    contact_lists::listing(&reading, scope, input("filter", filter)?, input("orderBy", order)?)?;
                (&columns::CONTACTS, Rows::Contacts(Walk::new(listing)))
            }
            List::Activities => {
                let listing =
                    activity_lists::listing(&reading, scope, input("filter", filter)?, input("orderBy", order)?)?;
                (&columns::ACTIVITIES, Rows::Activities(Walk::new(listing)))
            }
            List::Deals => {
                let listing = deal_lists::listing(&reading, scope, input("filter", filter)?, input("orderBy", order)?)?;
                (&columns::DEALS, Rows::Deals(Walk::new(listing)))
            }
            List::Tasks => {
                let listing = task_lists::listing(&reading, scope, input("filter", filter)?, input("orderBy", order)?)?;
                (&columns::TASKS, Rows::Tasks(Walk::new(listing)))
            }
        };
        Ok(Self {
            reading,
            columns: chosen(offered, &request.columns)?,
            persons: request.persons,
            rows,
        })
    }

    pub(super) fn of_movements(reading: Reading, movements: Movements, request: &Request) -> ApiResult<Self> {
        Ok(Self {
            reading,
            columns: chosen(&columns::MOVEMENTS, &request.columns)?,
            persons: request.persons,
            rows: Rows::Movements(movements),
        })
    }

    pub(super) fn titles(&self, locale: Locale) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.title(locale)).collect()
    }

    /// The next rows; `None` at the end.
    pub(super) async fn next(&mut self) -> ApiResult<Option<Vec<Vec<Cell>>>> {
        let (reading, columns) = (&self.reading, &self.columns);
        match &mut self.rows {
            Rows::Organizations(walk) => {
                let Some(page) = walk.next(reading).await? else {
                    return Ok(None);
                };
                let row = |row| columns.iter().map(|column| organization(row, column.name)).collect();
                Ok(Some(page.iter().map(row).collect()))
            }
            Rows::Contacts(walk) => {
                let Some(page) = walk.next(reading).await? else {
                    return Ok(None);
                };
                let tags = contact_tags(reading, &page).await?;
                let rows = page.iter().map(|row| {
                    let tags = tags.get(&row.id).map_or(&[][..], Vec::as_slice);
                    try_join_all(
                        columns
                            .iter()
                            .map(move |column| contact(reading, row, tags, column.name)),
                    )
                });
                try_join_all(rows).await.map(Some)
            }
            Rows::Activities(walk) => {
                let Some(page) = walk.next(reading).await? else {
                    return Ok(None);
                };
                let persons = self.persons;
                let rows = page.iter().map(|row| {
                    try_join_all(
                        columns
                            .iter()
                            .map(move |column| activity(reading, row, persons, column.name)),
                    )
                });
                try_join_all(rows).await.map(Some)
            }
            Rows::Deals(walk) => {
                let Some(page) = walk.next(reading).await? else {
                    return Ok(None);
                };
                // Together, so that what is joined is asked for once.
                let rows = page
                    .iter()
                    .map(|row| try_join_all(columns.iter().map(move |column| deal(reading, row, column.name))));
                try_join_all(rows).await.map(Some)
            }
            Rows::Tasks(walk) => {
                let Some(page) = walk.next(reading).await? else {
                    return Ok(None);
                };
                let rows = page
                    .iter()
                    .map(|row| try_join_all(columns.iter().map(move |column| task(reading, row, column.name))));
                try_join_all(rows).await.map(Some)
            }
            Rows::Movements(movements) => {
                let (page, base, persons) = (movements.next(PAGE), movements.currency(), self.persons);
                if page.is_empty() {
                    return Ok(None);
                }
                let rows = page.iter().map(|row| {
                    let cell = move |column: &Column| Movements::cell(reading, row, base, persons, column.name);
                    try_join_all(columns.iter().map(cell))
                });
                try_join_all(rows).await.map(Some)
            }
        }
    }
}

/// All columns, or those that were named, in the order in which they were named.
fn chosen(offered: &[Column], names: &[String]) -> ApiResult<Vec<Column>> {
    if names.is_empty() {
        return Ok(offered.to_vec());
    }
    let column = |name: &String| {
        let known = offered.iter().find(|column| column.name == name);
        known.copied().ok_or_else(|| {
            let offered: Vec<_> = offered.iter().map(|column| column.name).collect();
            ApiError::bad_input(format!(
                "The list has no column `{}`: it has {}.",
                name.chars().take(60).collect::<String>(),
                offered.join(", ")
            ))
        })
    };
    names.iter().map(column).collect()
}

/// A walk through a listing by its cursors.
struct Walk<E: EntityTrait> {
    listing: Listing<E>,
    after: Option<String>,
    ended: bool,
}

impl<E> Walk<E>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Send + Sync,
    Select<E>: Send,
{
    fn new(listing: Listing<E>) -> Self {
        Self {
            listing,
            after: None,
            ended: false,
        }
    }

    async fn next(&mut self, reading: &Reading) -> ApiResult<Option<Vec<E::Model>>> {
        if self.ended {
            return Ok(None);
        }
        let window = Window {
            limit: PAGE,
            backward: false,
            after: self.after.take(),
            before: None,
        };
        let page = self.listing.page(reading.connection(), &window).await?;
        self.ended = !page.has_next;
        self.after = page.rows.last().map(|(cursor, _)| cursor.clone());
        Ok(Some(page.rows.into_iter().map(|(_, row)| row).collect()))
    }
}

async fn deal(reading: &Reading, row: &deals::Model, column: &str) -> ApiResult<Cell> {
    let joins = reading.deals_of();
    let currency = row.amount_currency.as_deref();
    Ok(match column {
        "id" => Cell::text(row.id),
        "title" => Cell::text(&row.title),
        "organization" => organization_name(reading, row.organization_id).await?,
        "pipeline" => {
            let book = joins.pipelines().await?;
            Cell::maybe(book.pipeline(row.pipeline_id).map(|entry| entry.row.name_fr.as_str()))
        }
        "stage" => Cell::text(&row.stage),
        "stageSince" => Cell::moment(Some(row.stage_since)),
        "status" => Cell::text(&row.status),
        "probability" => {
            let book = joins.pipelines().await?;
            let stage = book.stage(row.pipeline_id, &row.stage).map(|stage| stage.probability);
            Cell::number(match row.status.as_str() {
                "WON" => Some(100),
                "LOST" => Some(0),
                _ => row.probability.or(stage),
            })
        }
        "amountNet" => Cell::money(row.amount_net_minor, currency),
        "amountGross" => Cell::money(row.amount_gross_minor, currency),
        "currency" => Cell::maybe(currency),
        "owner" => match row.owner_id {
            Some(id) => Cell::maybe(reading.user(id).await?.and_then(|user| user.name)),
            None => Cell::maybe(row.owner_name.as_deref()),
        },
        "source" => Cell::maybe(row.source.as_deref()),
        "sourceDetail" => Cell::maybe(row.source_detail.as_deref()),
        "product" => Cell::maybe(row.product.as_deref()),
        "competitors" => several(joins.competitors(row.id).await?.into_iter().map(|row| row.name)),
        "tags" => several(joins.tags(row.id).await?.into_iter().map(|row| row.name)),
        "nextStep" => Cell::maybe(row.next_step.as_deref()),
        "openedAt" => Cell::moment(Some(row.opened_at)),
        "expectedClose" => Cell::date(row.expected_close.as_deref()),
        "closedAt" => Cell::moment(row.closed_at),
        "lostReason" => Cell::maybe(row.lost_reason.as_deref()),
        "lostNote" => Cell::maybe(row.lost_note.as_deref()),
        "externalReference" => Cell::maybe(row.external_reference.as_deref()),
        _ => Cell::Empty,
    })
}

fn organization(row: &organizations::Model, column: &str) -> Cell {
    let currency = row.revenue_currency.as_deref();
    match column {
        "id" => Cell::text(row.id),
        "name" => Cell::text(&row.name),
        "siren" => Cell::maybe(row.siren.as_deref()),
        "status" => Cell::text(&row.status),
        "sector" => Cell::maybe(row.sector.as_deref()),
        "country" => Cell::maybe(row.country.as_deref()),
        "employees" => Cell::number(row.employees),
        "annualRevenue" => Cell::money(row.revenue_minor, currency),
        "currency" => Cell::maybe(currency),
        "foundedYear" => Cell::number(row.founded_year),
        "registeredAt" => Cell::moment(Some(row.registered_at)),
        "externalReference" => Cell::maybe(row.external_reference.as_deref()),
        _ => Cell::Empty,
    }
}

/// The tags of some contacts, in order of the alphabet.
async fn contact_tags(reading: &Reading, page: &[contacts::Model]) -> ApiResult<HashMap<Uuid, Vec<String>>> {
    let select = contacts::tags::Entity::find()
        .filter(contacts::tags::Column::ContactId.is_in(page.iter().map(|row| row.id)))
        .order_by_asc(contacts::tags::Column::TagFolded);
    let mut tags: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in select.all(reading.connection()).await? {
        tags.entry(row.contact_id).or_default().push(row.tag);
    }
    Ok(tags)
}

async fn contact(reading: &Reading, row: &contacts::Model, tags: &[String], column: &str) -> ApiResult<Cell> {
    Ok(match column {
        "id" => Cell::text(row.id),
        "name" => Cell::maybe(row.full_name.as_deref()),
        "firstName" => Cell::maybe(row.first_name.as_deref()),
        "lastName" => Cell::maybe(row.last_name.as_deref()),
        "jobTitle" => Cell::maybe(row.job_title.as_deref()),
        "organization" => organization_name(reading, row.organization_id).await?,
        "email" => Cell::maybe(row.email.as_deref()),
        "emails" => several(row.emails().into_iter()),
        "phone" => Cell::maybe(row.phone.as_deref()),
        "phones" => several(row.phones().into_iter()),
        "language" => Cell::maybe(row.language.as_deref()),
        "billing" => Cell::text(row.billing.to_string()),
        "signatory" => Cell::text(row.signatory.to_string()),
        "owner" => user_name(reading, row.owner_id).await?,
        "tags" => several(tags.iter().cloned()),
        "addedAt" => Cell::moment(Some(row.added_at)),
        "archivedAt" => Cell::moment(row.archived_at),
        "externalReference" => Cell::maybe(row.external_reference.as_deref()),
        _ => Cell::Empty,
    })
}

async fn activity(reading: &Reading, row: &activities::Model, persons: bool, column: &str) -> ApiResult<Cell> {
    Ok(match column {
        "id" => Cell::text(row.id),
        "kind" => Cell::text(&row.kind),
        "occurredAt" => Cell::moment(Some(row.occurred_at)),
        "direction" => Cell::maybe(row.direction.as_deref()),
        "outcome" => Cell::maybe(row.outcome.as_deref()),
        "duration" => Cell::number(row.duration),
        "startsAt" => Cell::moment(row.starts_at),
        "endsAt" => Cell::moment(row.ends_at),
        "place" => Cell::maybe(row.place.as_deref()),
        "subject" if persons => Cell::maybe(row.subject.as_deref()),
        "body" if persons => Cell::maybe(row.body.as_deref()),
        "organization" => organization_name(reading, row.organization_id).await?,
        "contact" => match row.contact_id.filter(|_| persons) {
            Some(id) => Cell::maybe(reading.contact(id).await?.and_then(|contact| contact.full_name)),
            None => Cell::Empty,
        },
        "deal" => match row.deal_id {
            Some(id) => Cell::maybe(reading.deal(id).await?.map(|deal| deal.title)),
            None => Cell::Empty,
        },
        "author" => user_name(reading, row.author_id).await?,
        "withdrawnAt" => Cell::moment(row.withdrawn_at),
        "externalReference" => Cell::maybe(row.external_reference.as_deref()),
        _ => Cell::Empty,
    })
}

async fn user_name(reading: &Reading, id: Option<Uuid>) -> ApiResult<Cell> {
    Ok(match id {
        Some(id) => Cell::maybe(reading.user(id).await?.and_then(|user| user.name)),
        None => Cell::Empty,
    })
}

/// The names of some users, in this order.
async fn user_names(reading: &Reading, ids: impl Iterator<Item = Uuid>) -> ApiResult<Cell> {
    let users = try_join_all(ids.map(|id| reading.user(id))).await?;
    Ok(several(users.into_iter().flatten().filter_map(|user| user.name)))
}

async fn task(reading: &Reading, row: &tasks::Model, column: &str) -> ApiResult<Cell> {
    Ok(match column {
        "assignees" => {
            let assignees = reading.task_assignees(row.id).await?;
            user_names(reading, assignees.into_iter().map(|row| row.user_id)).await?
        }
        "watchers" => {
            let watchers = reading.task_watchers(row.id).await?;
            user_names(reading, watchers.into_iter().map(|row| row.user_id)).await?
        }
        "id" => Cell::text(row.id),
        "title" => Cell::text(&row.title),
        "status" => Cell::text(&row.status),
        "priority" => Cell::text(&row.priority),
        "dueDate" => Cell::date(row.due_date.as_deref()),
        "dueAt" => Cell::moment(row.due_at),
        "assigneeName" => Cell::maybe(row.assignee_name.as_deref()),
        "createdAt" => Cell::moment(Some(row.created_at)),
        "startedAt" => Cell::moment(row.started_at),
        "finishedAt" => Cell::moment(row.finished_at),
        _ => Cell::Empty,
    })
}

async fn organization_name(reading: &Reading, id: Option<Uuid>) -> ApiResult<Cell> {
    Ok(match id {
        Some(id) => Cell::maybe(reading.organization(id).await?.map(|organization| organization.name)),
        None => Cell::Empty,
    })
}

fn several(names: impl Iterator<Item = String>) -> Cell {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        return Cell::Empty;
    }
    Cell::text(names.join(", "))
}
