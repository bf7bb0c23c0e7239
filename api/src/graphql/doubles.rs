//! Doubles: pairs of records that look like the same company or the same person. They are found by what is equal in both
//! (see the tables of likeness), never by comparing each with each.

use std::{collections::HashMap, marker::PhantomData};

use async_graphql::{
    Context, Enum, Object, SimpleObject,
    connection::{Connection, Edge, EmptyFields},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use projections::{
    contacts::{self, likeness as contact_marks},
    likeness::telling_words,
    organizations::{self, likeness as organization_marks},
};
use sea_orm::{
    EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait, StatementBuilder,
    sea_query::{Alias, Condition, Expr, Order, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    contacts::Contact,
    errors::{ApiError, ApiResult},
    organizations::Organization,
    paging::{self, PageArguments},
    reading::{self, Reading},
};
use crate::policy::Scope;

/// Pairs read at a time, and how often at most before a page is given as it is.
const READ: u64 = 1_000;
const ROUNDS: usize = 20;
/// Names below this likeness are two names.
const SIMILAR: f64 = 0.85;

/// What two records have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
pub enum DuplicateReason {
    /// The same SIREN, of itself or within a French VAT number.
    Siren,
    VatNumber,
    /// The same name but for case, accents, order and legal form; of contacts, at the same organization.
    Name,
    /// Names that differ by little; of contacts, at the same organization.
    SimilarName,
    Email,
    Phone,
}

impl DuplicateReason {
    fn named(text: &str) -> Option<Self> {
        Some(match text {
            "SIREN" => Self::Siren,
            "VAT_NUMBER" => Self::VatNumber,
            "NAME" => Self::Name,
            "SIMILAR_NAME" => Self::SimilarName,
            "EMAIL" => Self::Email,
            "PHONE" => Self::Phone,
            _ => return None,
        })
    }

    /// How sure it alone makes, of a hundred.
    const fn weight(self) -> u32 {
        match self {
            Self::Siren => 100,
            Self::VatNumber | Self::Email => 95,
            Self::Name => 90,
            Self::Phone => 80,
            Self::SimilarName => 70,
        }
    }
}

/// Two organizations that look like one.
#[derive(SimpleObject)]
pub struct OrganizationDuplicate {
    first: Organization,
    second: Organization,
    reasons: Vec<DuplicateReason>,
    /// How sure it is, of a hundred.
    score: u32,
}

/// Two contacts that look like one person.
#[derive(SimpleObject)]
pub struct ContactDuplicate {
    first: Contact,
    second: Contact,
    reasons: Vec<DuplicateReason>,
    /// How sure it is, of a hundred.
    score: u32,
}

#[derive(Debug, Clone)]
struct Pair {
    first: Uuid,
    second: Uuid,
    reasons: Vec<DuplicateReason>,
}

impl Pair {
    fn score(&self) -> u32 {
        let most = self
            .reasons
            .iter()
            .map(|reason| reason.weight())
            .max()
            .unwrap_or_default();
        let more = self.reasons.len().saturating_sub(1) as u32;
        Ord::min(most + 3 * more, 100)
    }

    fn cursor(&self) -> String {
        URL_SAFE_NO_PAD.encode([self.first.into_bytes(), self.second.into_bytes()].concat())
    }
}

fn read_cursor(cursor: &str) -> ApiResult<(Uuid, Uuid)> {
    let stranger = || ApiError::bad_input("This is no cursor of this list.");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| stranger())?;
    let (first, second) = bytes.split_at_checked(16).ok_or_else(stranger)?;
    let id = |bytes| Uuid::from_slice(bytes).map_err(|_| stranger());
    Ok((id(first)?, id(second)?))
}

#[derive(Debug, FromQueryResult)]
struct Row {
    first: Uuid,
    second: Uuid,
    reason: String,
}

/// A table of likeness: its marks, and whose they are.
struct Marks<E: EntityTrait> {
    record: E::Column,
    reason: E::Column,
    mark: E::Column,
    of: Of,
    table: PhantomData<E>,
}

/// What the records are.
#[derive(Debug, Clone, Copy)]
enum Of {
    Organizations,
    Contacts,
}

impl Of {
    /// Ids of those that whoever asks sees.
    fn visible(self, scope: &Scope) -> SelectStatement {
        match self {
            Self::Organizations => organizations::Entity::find()
                .select_only()
                .column(organizations::Column::Id)
                .filter(scope.organizations())
                .into_query(),
            Self::Contacts => contacts::Entity::find()
                .select_only()
                .column(contacts::Column::Id)
                .filter(scope.contacts())
                .into_query(),
        }
    }
}

impl<E: EntityTrait> Marks<E> {
    /// Pairs with an equal mark behind a pair, in order; a row for each reason.
    fn pairs(&self, after: Option<(Uuid, Uuid)>, scope: &Scope) -> SelectStatement {
        let (one, other) = (Alias::new("one"), Alias::new("other"));
        let of = |table: &Alias, column: E::Column| Expr::col((table.clone(), column));
        let (first, second) = (of(&one, self.record), of(&other, self.record));
        let mut select = Query::select();
        select
            .distinct()
            .expr_as(first.clone(), Alias::new("first"))
            .expr_as(second.clone(), Alias::new("second"))
            .expr_as(of(&one, self.reason), Alias::new("reason"))
            .from_as(E::default().table_ref(), one.clone())
            .join_as(
                sea_orm::JoinType::InnerJoin,
                E::default().table_ref(),
                other.clone(),
                Condition::all()
                    .add(of(&one, self.mark).equals((other.clone(), self.mark)))
                    .add(first.clone().lt(second.clone())),
            );
        if !scope.is_everything() {
            let visible = self.of.visible(scope);
            select
                .and_where(first.clone().in_subquery(visible.clone()))
                .and_where(second.clone().in_subquery(visible));
        }
        if let Some((low, high)) = after {
            select.cond_where(
                Condition::any()
                    .add(first.clone().gt(low))
                    .add(Condition::all().add(first.eq(low)).add(second.gt(high))),
            );
        }
        select
            .order_by((one.clone(), self.record), Order::Asc)
            .order_by((other, self.record), Order::Asc)
            .limit(READ);
        select
    }

    async fn names(&self, reading: &Reading, ids: &[Uuid]) -> ApiResult<HashMap<Uuid, String>> {
        let mut names = HashMap::new();
        for id in ids {
            let name = match self.of {
                Of::Organizations => reading.organization(*id).await?.map(|row| row.name),
                Of::Contacts => reading.contact(*id).await?.and_then(|row| row.full_name),
            };
            names.extend(name.map(|name| (*id, name)));
        }
        Ok(names)
    }

    /// The next pairs, whole; and whether there are more.
    async fn read(&self, reading: &Reading, after: Option<(Uuid, Uuid)>) -> ApiResult<(Vec<Pair>, bool)> {
        let statement = self.pairs(after, reading.scope());
        let connection = reading.connection();
        let rows = Row::find_by_statement(StatementBuilder::build(&statement, &connection.get_database_backend()));
        let rows = rows.all(connection).await?;
        let more = rows.len() as u64 == READ;
        let mut pairs: Vec<Pair> = Vec::new();
        for row in rows {
            let reason = DuplicateReason::named(&row.reason);
            match pairs.last_mut() {
                Some(last) if (last.first, last.second) == (row.first, row.second) => last.reasons.extend(reason),
                _ => pairs.push(Pair {
                    first: row.first,
                    second: row.second,
                    reasons: reason.into_iter().collect(),
                }),
            }
        }
        // The last pair may have more reasons than were read.
        if more && pairs.len() > 1 {
            pairs.pop();
        }
        Ok((pairs, more))
    }
}

/// Keeps what is alike: beginnings that are equal are only where to look for similar names.
fn alike(mut pair: Pair, names: &HashMap<Uuid, String>) -> Option<Pair> {
    pair.reasons.sort_unstable();
    let name = |id| names.get(&id).map(|name| telling_words(name)).unwrap_or_default();
    let similar = || strsim::normalized_damerau_levenshtein(&name(pair.first), &name(pair.second)) >= SIMILAR;
    let same = pair.reasons.contains(&DuplicateReason::Name);
    if same || !similar() {
        pair.reasons.retain(|reason| *reason != DuplicateReason::SimilarName);
    }
    (!pair.reasons.is_empty()).then_some(pair)
}

/// Enough pairs for a page, and whether more follow.
async fn page<E: EntityTrait>(
    reading: &Reading,
    marks: &Marks<E>,
    first: Option<i32>,
    after: Option<String>,
) -> ApiResult<(Vec<Pair>, bool)> {
    let window = PageArguments {
        first,
        ..PageArguments::default()
    }
    .window()?;
    let mut after = after.as_deref().map(read_cursor).transpose()?;
    let mut found = Vec::new();
    for _ in 0..ROUNDS {
        let (pairs, more) = marks.read(reading, after).await?;
        let ids: Vec<_> = pairs.iter().flat_map(|pair| [pair.first, pair.second]).collect();
        let names = marks.names(reading, &ids).await?;
        after = pairs.last().map(|pair| (pair.first, pair.second)).or(after);
        found.extend(pairs.into_iter().filter_map(|pair| alike(pair, &names)));
        if found.len() > window.limit {
            found.truncate(window.limit);
            return Ok((found, true));
        }
        if !more {
            return Ok((found, false));
        }
    }
    Ok((found, true))
}

pub type OrganizationDuplicateConnection = Connection<String, OrganizationDuplicate, EmptyFields, EmptyFields>;
pub type ContactDuplicateConnection = Connection<String, ContactDuplicate, EmptyFields, EmptyFields>;

#[derive(Default)]
pub struct DoubleQueries;

#[Object]
impl DoubleQueries {
    /// Pairs of organizations that look like one, to be merged by `organizationsMerge`.
    #[graphql(complexity = "paging::cost(first, None, child_complexity * 2 + 10)")]
    async fn organization_duplicates(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> ApiResult<OrganizationDuplicateConnection> {
        use organization_marks::{Column, Entity};
        let reading = reading::reading(ctx, None, None).await?;
        let marks = Marks::<Entity> {
            record: Column::OrganizationId,
            reason: Column::Reason,
            mark: Column::Mark,
            of: Of::Organizations,
            table: PhantomData,
        };
        let began = after.is_some();
        let (pairs, more) = page(&reading, &marks, first, after).await?;
        let mut connection = Connection::new(began, more);
        for pair in pairs {
            let (Some(first), Some(second)) = (
                Organization::load_record(&reading, pair.first).await?,
                Organization::load_record(&reading, pair.second).await?,
            ) else {
                continue;
            };
            let (cursor, score) = (pair.cursor(), pair.score());
            let duplicate = OrganizationDuplicate {
                first,
                second,
                reasons: pair.reasons,
                score,
            };
            connection.edges.push(Edge::new(cursor, duplicate));
        }
        Ok(connection)
    }

    /// Pairs of contacts that look like one person, to be merged by `contactsMerge`.
    #[graphql(complexity = "paging::cost(first, None, child_complexity * 2 + 10)")]
    async fn contact_duplicates(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> ApiResult<ContactDuplicateConnection> {
        use contact_marks::{Column, Entity};
        let reading = reading::reading(ctx, None, None).await?;
        let marks = Marks::<Entity> {
            record: Column::ContactId,
            reason: Column::Reason,
            mark: Column::Mark,
            of: Of::Contacts,
            table: PhantomData,
        };
        let began = after.is_some();
        let (pairs, more) = page(&reading, &marks, first, after).await?;
        let mut connection = Connection::new(began, more);
        for pair in pairs {
            let (Some(first), Some(second)) = (
                Contact::load_record(&reading, pair.first).await?,
                Contact::load_record(&reading, pair.second).await?,
            ) else {
                continue;
            };
            let (cursor, score) = (pair.cursor(), pair.score());
            let duplicate = ContactDuplicate {
                first,
                second,
                reasons: pair.reasons,
                score,
            };
            connection.edges.push(Edge::new(cursor, duplicate));
        }
        Ok(connection)
    }
}
