//! From a PostgreSQL journal and to one: row by row, in one transaction that sees or makes one moment.

use std::path::Path;

use rusqlite::{Connection, params, params_from_iter, types::Value};
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, Postgres, QueryBuilder, Row as _,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use uuid::Uuid;

use super::{
    occupied,
    sqlite::{empty, settle},
    tables::{Kind, Row, TABLES, Table},
};
use crate::{
    JournalError, Position,
    postgres::{failure::failure, migrate, target::Target},
    sqlite::{error::Translated, reader},
};

/// Rows read or written at a time: their values must stay below what one statement takes.
const PAGE: usize = 2_000;

pub(super) async fn copy(url: &str, to: &Path) -> Result<(), JournalError> {
    let target: Target = url.parse()?;
    let mut server = target.connect().await?;
    if migrate::inspect(&mut server, &target).await? == migrate::Found::Nothing {
        return Err(JournalError::Missing {
            location: target.location.clone(),
        });
    }
    // One snapshot for all tables, which holds up nobody.
    run(&mut server, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let file = empty(to)?;
    for table in &TABLES {
        copy_table(&mut server, &file, table).await?;
    }
    let head = sqlx::query("SELECT journal_id, position, head.recorded_at, frontier FROM head, meta")
        .fetch_one(&mut server)
        .await
        .map_err(failure)?;
    let id: Uuid = head.try_get(0).map_err(failure)?;
    let (position, recorded_at): (i64, i64) = (head.try_get(1).map_err(failure)?, head.try_get(2).map_err(failure)?);
    let frontier: Vec<u8> = head.try_get(3).map_err(failure)?;
    file.execute("UPDATE meta SET journal_id = ?1", [id.as_bytes()])
        .translated()?;
    file.execute(
        "UPDATE head SET position = ?1, recorded_at = ?2, frontier = ?3",
        params![position, recorded_at, frontier],
    )
    .translated()?;
    // As SQLite's own copies are: one file, without a log beside it.
    file.pragma_update(None, "journal_mode", "DELETE").translated()?;
    file.close().map_err(|(_, error)| error).translated()?;
    run(&mut server, "ROLLBACK").await?;
    server.close().await.map_err(failure)?;
    settle(to)
}

async fn copy_table(server: &mut PgConnection, file: &Connection, table: &Table) -> Result<(), JournalError> {
    let places = vec!["?"; table.columns.len()].join(", ");
    let insert = format!("INSERT INTO {} ({}) VALUES ({places})", table.name, table.names());
    let mut after: Option<Row> = None;
    loop {
        let text = table.page(after.is_some(), PAGE, |place| format!("${place}"));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for ((_, kind), value) in table.columns.iter().zip(after.iter().flatten()).take(table.key) {
            query = bind(query, *kind, value)?;
        }
        let rows = query.fetch_all(&mut *server).await.map_err(failure)?;
        file.execute_batch("BEGIN").translated()?;
        let mut statement = file.prepare_cached(&insert).translated()?;
        for row in &rows {
            let values = values(row, table)?;
            statement.execute(params_from_iter(values.iter())).translated()?;
            after = Some(values);
        }
        drop(statement);
        file.execute_batch("COMMIT").translated()?;
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

fn values(row: &PgRow, table: &Table) -> Result<Row, JournalError> {
    let columns = table.columns.iter().enumerate();
    columns.map(|(column, (_, kind))| value(row, column, *kind)).collect()
}

fn value(row: &PgRow, column: usize, kind: Kind) -> Result<Value, JournalError> {
    let value = match kind {
        Kind::Small => row
            .try_get::<Option<i16>, _>(column)
            .map(|value| value.map(|number| Value::Integer(number.into()))),
        Kind::Whole => row
            .try_get::<Option<i32>, _>(column)
            .map(|value| value.map(|number| Value::Integer(number.into()))),
        Kind::Big => row
            .try_get::<Option<i64>, _>(column)
            .map(|value| value.map(Value::Integer)),
        Kind::Text => row
            .try_get::<Option<String>, _>(column)
            .map(|value| value.map(Value::Text)),
        Kind::Bytes => row
            .try_get::<Option<Vec<u8>>, _>(column)
            .map(|value| value.map(Value::Blob)),
        Kind::Id => row
            .try_get::<Option<Uuid>, _>(column)
            .map(|value| value.map(|id| Value::Blob(id.as_bytes().to_vec()))),
    };
    Ok(value.map_err(failure)?.unwrap_or(Value::Null))
}

pub(super) async fn put_back(copy: &Path, url: &str, without: &[&str]) -> Result<(), JournalError> {
    let target: Target = url.parse()?;
    let mut server = target.connect().await?;
    migrate::apply(&mut server, &target).await?;
    let mut transaction = server.begin().await.map_err(failure)?;
    let untouched = "SELECT position = 0 AND NOT EXISTS (SELECT FROM keys) AND NOT EXISTS (SELECT FROM secrets)
                     FROM head FOR UPDATE OF head";
    let untouched: bool = sqlx::query_scalar(untouched)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failure)?;
    if !untouched {
        return Err(occupied(&target.location));
    }
    let file = Connection::open(copy).translated()?;
    for table in &TABLES {
        load_table(&mut transaction, &file, table, without).await?;
    }
    let head = reader::head(&file)?;
    let id: Vec<u8> = file
        .query_row("SELECT journal_id FROM meta", [], |row| row.get(0))
        .translated()?;
    let id = Uuid::from_slice(&id).map_err(|_| corrupt("the journal's id is none"))?;
    sqlx::query("UPDATE meta SET journal_id = $1")
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(failure)?;
    sqlx::query("UPDATE head SET position = $1, recorded_at = $2, frontier = $3")
        .bind(head.position.0 as i64)
        .bind(head.recorded_at.0)
        .bind(head.frontier.to_bytes())
        .execute(&mut *transaction)
        .await
        .map_err(failure)?;
    transaction.commit().await.map_err(failure)?;
    server.close().await.map_err(failure)
}

async fn load_table(
    server: &mut PgConnection,
    file: &Connection,
    table: &Table,
    without: &[&str],
) -> Result<(), JournalError> {
    let mut after: Option<Row> = None;
    loop {
        let page = read(file, table, after.as_deref())?;
        after = page.last().cloned();
        let full = page.len() == PAGE;
        let left_out = |row: &Row| {
            table.name == "vault_records"
                && matches!(row.first(), Some(Value::Text(kind)) if without.contains(&kind.as_str()))
        };
        let rows: Vec<Row> = page.into_iter().filter(|row| !left_out(row)).collect();
        if !rows.is_empty() {
            insert(server, table, &rows).await?;
        }
        if !full {
            return Ok(());
        }
    }
}

fn read(file: &Connection, table: &Table, after: Option<&[Value]>) -> Result<Vec<Row>, JournalError> {
    let text = table.page(after.is_some(), PAGE, |place| format!("?{place}"));
    let mut query = file.prepare_cached(&text).translated()?;
    let key = after.map(|row| &row[..table.key]).unwrap_or_default();
    let rows = query
        .query_map(params_from_iter(key.iter()), |row| {
            (0..table.columns.len()).map(|column| row.get(column)).collect()
        })
        .translated()?;
    rows.collect::<Result<_, _>>().translated()
}

async fn insert(server: &mut PgConnection, table: &Table, rows: &[Row]) -> Result<(), JournalError> {
    let mut query = QueryBuilder::<Postgres>::new(format!("INSERT INTO {} ({}) VALUES ", table.name, table.names()));
    for (number, row) in rows.iter().enumerate() {
        query.push(if number == 0 { "(" } else { ", (" });
        for (column, ((_, kind), value)) in table.columns.iter().zip(row).enumerate() {
            if column > 0 {
                query.push(", ");
            }
            push(&mut query, *kind, value)?;
        }
        query.push(")");
    }
    query.build().execute(server).await.map_err(failure)?;
    Ok(())
}

/// A value as PostgreSQL's column wants it.
enum Given {
    Small(Option<i16>),
    Whole(Option<i32>),
    Big(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Id(Option<Uuid>),
}

fn given(kind: Kind, value: &Value) -> Result<Given, JournalError> {
    let wrong = || corrupt("a column of the copy has an impossible value");
    Ok(match (kind, value) {
        (Kind::Small, Value::Integer(number)) => Given::Small(Some(i16::try_from(*number).map_err(|_| wrong())?)),
        (Kind::Whole, Value::Integer(number)) => Given::Whole(Some(i32::try_from(*number).map_err(|_| wrong())?)),
        (Kind::Big, Value::Integer(number)) => Given::Big(Some(*number)),
        (Kind::Text, Value::Text(text)) => Given::Text(Some(text.clone())),
        (Kind::Bytes, Value::Blob(bytes)) => Given::Bytes(Some(bytes.clone())),
        (Kind::Id, Value::Blob(bytes)) => Given::Id(Some(Uuid::from_slice(bytes).map_err(|_| wrong())?)),
        (Kind::Small, Value::Null) => Given::Small(None),
        (Kind::Whole, Value::Null) => Given::Whole(None),
        (Kind::Big, Value::Null) => Given::Big(None),
        (Kind::Text, Value::Null) => Given::Text(None),
        (Kind::Bytes, Value::Null) => Given::Bytes(None),
        (Kind::Id, Value::Null) => Given::Id(None),
        _ => return Err(wrong()),
    })
}

fn push(query: &mut QueryBuilder<Postgres>, kind: Kind, value: &Value) -> Result<(), JournalError> {
    match given(kind, value)? {
        Given::Small(value) => query.push_bind(value),
        Given::Whole(value) => query.push_bind(value),
        Given::Big(value) => query.push_bind(value),
        Given::Text(value) => query.push_bind(value),
        Given::Bytes(value) => query.push_bind(value),
        Given::Id(value) => query.push_bind(value),
    };
    Ok(())
}

fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    kind: Kind,
    value: &Value,
) -> Result<Query<'q, Postgres, PgArguments>, JournalError> {
    Ok(match given(kind, value)? {
        Given::Small(value) => query.bind(value),
        Given::Whole(value) => query.bind(value),
        Given::Big(value) => query.bind(value),
        Given::Text(value) => query.bind(value),
        Given::Bytes(value) => query.bind(value),
        Given::Id(value) => query.bind(value),
    })
}

fn corrupt(detail: &str) -> JournalError {
    JournalError::Corrupt {
        position: Position::START,
        detail: detail.to_owned(),
    }
}

async fn run(server: &mut PgConnection, text: &'static str) -> Result<(), JournalError> {
    sqlx::raw_sql(text).execute(server).await.map_err(failure)?;
    Ok(())
}
