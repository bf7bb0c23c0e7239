//! Relay connections over the views, by keyset: a page starts after a row, not after a number of rows, so that nothing
//! is seen twice or missed when rows come and go between two pages.
//!
//! A cursor holds the sorting values of its row, the row's id, and a mark of the list it belongs to (order and filter),
//! so that a cursor of another list is refused instead of answering nonsense.

use async_graphql::{
    Enum, ObjectType, OutputType,
    connection::{Connection, Edge, EmptyFields},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, EntityTrait, ModelTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select, Value,
    sea_query::{Alias, ExprTrait, NullOrdering, SimpleExpr},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    errors::{ApiError, ApiResult},
    filters::Budget,
};
use crate::policy::Scope;

/// Rows of a page when neither `first` nor `last` is given.
pub const DEFAULT_PAGE: usize = 50;
/// Rows of a page at most.
pub const MAX_PAGE: usize = 250;

/// How many of the first rows in order are tried with a filter, for each row of the page: a filter that leaves one row
/// in forty or more fills its page from them.
const TRIED_PER_ROW: u64 = 40;
const TRIED_MIN: u64 = 500;
const TRIED_MAX: u64 = 4_000;

/// Direction of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum Direction {
    Asc,
    Desc,
}

/// Where rows without a value stand, whatever the direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum Nulls {
    First,
    Last,
}

/// What a client asks of a connection.
#[derive(Debug, Clone, Default)]
pub struct PageArguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// The checked form of [`PageArguments`].
#[derive(Debug, Clone)]
pub struct Window {
    pub limit: usize,
    /// Whether the rows nearest to the end are wanted (`last`).
    pub backward: bool,
    pub after: Option<String>,
    pub before: Option<String>,
}

impl PageArguments {
    pub fn window(self) -> ApiResult<Window> {
        let (limit, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(ApiError::bad_input("Give `first` or `last`, not both.")),
            (None, Some(last)) => (size("last", last)?, true),
            (Some(first), None) => (size("first", first)?, false),
            (None, None) => (DEFAULT_PAGE, false),
        };
        Ok(Window {
            limit,
            backward,
            after: self.after,
            before: self.before,
        })
    }
}

fn size(name: &str, asked: i32) -> ApiResult<usize> {
    match usize::try_from(asked) {
        Ok(size) if size <= MAX_PAGE => Ok(size),
        Ok(_) => Err(ApiError::bad_input(format!(
            "`{name}` is {asked}: a page has at most {MAX_PAGE} rows."
        ))),
        Err(_) => Err(ApiError::bad_input(format!("`{name}` must not be negative."))),
    }
}

/// What a connection costs: its page times what one row costs. Saturating, because the numbers are the client's.
pub fn cost(first: Option<i32>, last: Option<i32>, row: usize) -> usize {
    let rows = first
        .or(last)
        .map_or(DEFAULT_PAGE, |asked| usize::try_from(asked).unwrap_or(0).min(MAX_PAGE));
    rows.saturating_mul(row).saturating_add(2).min(1 << 40)
}

/// One sorting column.
#[derive(Debug, Clone, Copy)]
pub struct SortKey<C> {
    pub column: C,
    pub direction: Direction,
    pub nulls: Nulls,
}

/// Sorting columns at most.
const MAX_SORT: usize = 4;

/// What a client sorts by, as columns.
pub fn sorted<O: Into<SortKey<C>>, C>(order: Vec<O>) -> ApiResult<Vec<SortKey<C>>> {
    if order.len() > MAX_SORT {
        return Err(ApiError::bad_input(format!("Sort by at most {MAX_SORT} fields.")));
    }
    Ok(order.into_iter().map(Into::into).collect())
}

/// The list of the rows that a filter leaves. `select` says for both ways of asking for relations which rows those are.
pub fn filtered<E, F>(
    seen: &Scope,
    filter: Option<F>,
    sort: Vec<SortKey<E::Column>>,
    key: E::Column,
    scope: &Condition,
    select: impl Fn(&F, &mut Budget<'_>) -> ApiResult<Select<E>>,
) -> ApiResult<Listing<E>>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Send + Sync,
    F: Default + std::fmt::Debug,
    Select<E>: Send,
{
    let given = filter.is_some();
    let filter = filter.unwrap_or_default();
    let found = select(&filter, &mut Budget::within(seen))?;
    let trying = given
        .then(|| select(&filter, &mut Budget::row_by_row(seen)))
        .transpose()?;
    Ok(Listing {
        trying,
        ..Listing::new(found, sort, key, &(scope, filter))
    })
}

/// A list to page through: the rows that the filter leaves, their order, and the column that breaks ties.
pub struct Listing<E: EntityTrait> {
    pub select: Select<E>,
    /// The same rows, with relations asked for row by row, where a filter was given: the first rows in order are tried
    /// with it before the whole is looked through.
    trying: Option<Select<E>>,
    pub sort: Vec<SortKey<E::Column>>,
    pub key: E::Column,
    /// Names order and filter, so that cursors of other lists are known.
    pub mark: String,
}

impl<E: EntityTrait> Clone for Listing<E> {
    fn clone(&self) -> Self {
        Self {
            select: self.select.clone(),
            trying: self.trying.clone(),
            sort: self.sort.clone(),
            key: self.key,
            mark: self.mark.clone(),
        }
    }
}

/// A page of rows with their cursors.
pub struct Page<M> {
    pub rows: Vec<(String, M)>,
    pub has_previous: bool,
    pub has_next: bool,
}

impl<M> Page<M> {
    /// The page as clients see it: each row as a node under its cursor.
    pub fn connected<N: OutputType, T: ObjectType>(
        self,
        totals: T,
        node: impl Fn(M) -> N,
    ) -> Connection<String, N, T, EmptyFields> {
        let mut connection = Connection::with_additional_fields(self.has_previous, self.has_next, totals);
        let edges = self.rows.into_iter().map(|(cursor, row)| Edge::new(cursor, node(row)));
        connection.edges.extend(edges);
        connection
    }
}

impl<E> Listing<E>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Send + Sync,
    Select<E>: Send,
{
    /// A list in the given order. `filter` is whatever made the selection, for the mark.
    pub fn new(
        select: Select<E>,
        sort: Vec<SortKey<E::Column>>,
        key: E::Column,
        filter: &impl std::fmt::Debug,
    ) -> Self {
        let described = format!("{filter:?} {sort:?}");
        let mark = hex::encode(&Sha256::digest(described.as_bytes())[..6]);
        Self {
            select,
            trying: None,
            sort,
            key,
            mark,
        }
    }

    pub async fn page(&self, connection: &DatabaseConnection, window: &Window) -> ApiResult<Page<E::Model>> {
        let mut rows = if let Some(rows) = self.among_the_first(connection, window).await? {
            rows
        } else {
            let select = self.beyond_cursors(self.select.clone(), window)?;
            let whole = self.in_order(select, window).limit(window.limit as u64 + 1);
            whole.all(connection).await?
        };
        let more = rows.len() > window.limit;
        rows.truncate(window.limit);
        if window.backward {
            rows.reverse();
        }
        let (has_previous, has_next) = if window.backward {
            (more, window.before.is_some())
        } else {
            (window.after.is_some(), more)
        };
        let rows = rows
            .into_iter()
            .map(|row| Ok((self.cursor(&row)?, row)))
            .collect::<ApiResult<_>>()?;
        Ok(Page {
            rows,
            has_previous,
            has_next,
        })
    }

    /// The page, if it is full already with rows among the first ones in order. A filter that leaves many rows is
    /// answered by an index of the order, after a few of its rows; that it leaves few is known after the same few, and
    /// then the database looks for them by what the filter says. Neither database sees by itself which of the two it is.
    async fn among_the_first(
        &self,
        connection: &DatabaseConnection,
        window: &Window,
    ) -> ApiResult<Option<Vec<E::Model>>> {
        let Some(trying) = &self.trying else {
            return Ok(None);
        };
        let wanted = window.limit as u64 + 1;
        let first = self.in_order(self.beyond_cursors(E::find(), window)?, window);
        let first = first.limit((wanted * TRIED_PER_ROW).clamp(TRIED_MIN, TRIED_MAX));
        let mut select = trying.clone();
        QuerySelect::query(&mut select)
            .from_clear()
            .from_subquery(first.into_query(), Alias::new(E::default().table_name()));
        let rows = self.in_order(select, window).limit(wanted).all(connection).await?;
        Ok((rows.len() as u64 == wanted).then_some(rows))
    }

    fn beyond_cursors(&self, mut select: Select<E>, window: &Window) -> ApiResult<Select<E>> {
        if let Some(after) = &window.after {
            select = select.filter(self.beyond(&self.read_cursor(after)?, false));
        }
        if let Some(before) = &window.before {
            select = select.filter(self.beyond(&self.read_cursor(before)?, true));
        }
        Ok(select)
    }

    fn in_order(&self, mut select: Select<E>, window: &Window) -> Select<E> {
        for key in &self.sort {
            let direction = order(key.direction, window.backward);
            if !key.column.def().is_null() {
                select = select.order_by(key.column, direction);
                continue;
            }
            let nulls = if (key.nulls == Nulls::First) == window.backward {
                NullOrdering::Last
            } else {
                NullOrdering::First
            };
            select = select.order_by_with_nulls(key.column, direction, nulls);
        }
        select.order_by(self.key, order(self.tie_break().direction, window.backward))
    }

    /// Rows alike stand in the direction of the last key, so that one index gives the whole order.
    fn tie_break(&self) -> SortKey<E::Column> {
        SortKey {
            column: self.key,
            direction: self.sort.last().map_or(Direction::Asc, |key| key.direction),
            nulls: Nulls::Last,
        }
    }

    fn cursor(&self, row: &E::Model) -> ApiResult<String> {
        let mut parts = vec![serde_json::Value::from(self.mark.as_str())];
        for column in self.sort.iter().map(|key| key.column).chain([self.key]) {
            parts.push(plain(&row.get(column))?);
        }
        Ok(URL_SAFE_NO_PAD.encode(serde_json::Value::from(parts).to_string()))
    }

    /// The sorting values of a cursor's row, the tie-breaking key last.
    fn read_cursor(&self, cursor: &str) -> ApiResult<Vec<Option<Value>>> {
        let stranger = || ApiError::bad_input("This cursor belongs to another list: keep `filter` and `orderBy`.");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| stranger())?;
        let parts: Vec<serde_json::Value> = serde_json::from_slice(&bytes).map_err(|_| stranger())?;
        let [mark, values @ ..] = parts.as_slice() else {
            return Err(stranger());
        };
        if mark != &self.mark || values.len() != self.sort.len() + 1 {
            return Err(stranger());
        }
        values
            .iter()
            .map(|value| unplain(value).map_err(|()| stranger()))
            .collect()
    }

    /// Rows beyond the cursor's row in sorting order, or (`before`) short of it.
    fn beyond(&self, row: &[Option<Value>], before: bool) -> Condition {
        let mut any = Condition::any();
        let mut ties = Condition::all();
        let tie_break = self.tie_break();
        for (key, value) in self.sort.iter().chain([&tie_break]).zip(row) {
            any = any.add(
                Condition::all()
                    .add(ties.clone())
                    .add(past(*key, value.as_ref(), before)),
            );
            ties = ties.add(match value {
                Some(value) => key.column.eq(value.clone()),
                None => key.column.is_null(),
            });
        }
        any
    }
}

/// Rows whose value comes after `value` in this key's order (before it, when `before`).
fn past<C: ColumnTrait>(key: SortKey<C>, value: Option<&Value>, before: bool) -> Condition {
    // Whether rows without a value lie on the side that is asked for.
    let nulls_beyond = (key.nulls == Nulls::Last) != before;
    let Some(value) = value else {
        let rest = if nulls_beyond {
            never()
        } else {
            key.column.is_not_null()
        };
        return Condition::any().add(rest);
    };
    let greater = (key.direction == Direction::Asc) != before;
    let strictly = if greater {
        key.column.gt(value.clone())
    } else {
        key.column.lt(value.clone())
    };
    let any = Condition::any().add(strictly);
    if nulls_beyond {
        any.add(key.column.is_null())
    } else {
        any
    }
}

fn never() -> SimpleExpr {
    SimpleExpr::val(1).eq(0)
}

fn order(direction: Direction, backward: bool) -> Order {
    if (direction == Direction::Asc) == backward {
        Order::Desc
    } else {
        Order::Asc
    }
}

/// A sorting value as JSON. Views sort by integers, texts and ids only.
fn plain(value: &Value) -> ApiResult<serde_json::Value> {
    let json = match value {
        Value::BigInt(number) => serde_json::json!({ "i": number }),
        Value::Int(number) => serde_json::json!({ "n": number }),
        Value::String(text) => serde_json::json!({ "s": text }),
        Value::Uuid(id) => serde_json::json!({ "u": id }),
        other => {
            return Err(ApiError::internal(
                "a list sorts by a type that cursors do not know",
                &format!("{other:?}"),
            ));
        }
    };
    Ok(json)
}

/// The value of a cursor; `None` where its row had none.
fn unplain(json: &serde_json::Value) -> Result<Option<Value>, ()> {
    let (kind, value) = json.as_object().and_then(|object| object.iter().next()).ok_or(())?;
    if value.is_null() {
        return Ok(None);
    }
    let read = match kind.as_str() {
        "i" => value.as_i64().map(Value::from),
        "n" => value
            .as_i64()
            .and_then(|number| i32::try_from(number).ok())
            .map(Value::from),
        "s" => value.as_str().map(Value::from),
        "u" => value
            .as_str()
            .and_then(|text| Uuid::parse_str(text).ok())
            .map(Value::from),
        _ => None,
    };
    read.map(Some).ok_or(())
}
