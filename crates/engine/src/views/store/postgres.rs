//! A generation in a PostgreSQL schema, written with one statement per table: columns travel as arrays.

use std::{str::FromStr, sync::Arc};

use async_trait::async_trait;
use journal::Position;
use sea_orm::{
    DbBackend, SqlxPostgresConnector, Value,
    sea_query::{Alias, Index, PostgresQueryBuilder},
};
use sqlx::{
    AssertSqlSafe, PgConnection, PgPool, Postgres, Row,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::Query,
};
use uuid::Uuid;

use super::{
    Copied, CopyPlan, SAMPLED_ROWS, STATE, Sample, Standing, Store, Write, columns, index_name, insert_or_update,
    notes, reading,
};
use crate::{
    projection::{Buffer, Key, Kind, Projection, TableSpec},
    views::{ViewsError, shape},
};

/// Rows per statement: large enough to make travelling cheap, small enough to keep memory flat.
const ROWS_PER_STATEMENT: usize = 5_000;

pub(crate) struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// The generation in this schema, which exists.
    pub(crate) async fn open(url: &str, schema: &str) -> Result<Self, ViewsError> {
        // What was committed is consistent whatever is lost at a crash of the server: rows and position are one.
        let settings = [("search_path", schema), ("synchronous_commit", "off")];
        let options = PgConnectOptions::from_str(url)?.options(settings);
        let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await?;
        Ok(Self { pool })
    }

    /// Makes all tables, without indexes, unless they are there.
    pub(crate) async fn create<E: 'static>(&self, projections: &[Arc<dyn Projection<E>>]) -> Result<(), ViewsError> {
        let mut transaction = self.pool.begin().await?;
        let made = sqlx::query("SELECT to_regclass('alforis_generation') IS NOT NULL").fetch_one(&mut *transaction);
        if made.await?.try_get::<bool, _>(0)? {
            return Ok(());
        }
        sqlx::raw_sql(STATE).execute(&mut *transaction).await?;
        for projection in projections {
            for table in projection.tables() {
                let text = table.create(DbBackend::Postgres).to_string(PostgresQueryBuilder);
                sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *transaction).await?;
            }
            sqlx::query("INSERT INTO alforis_projection (name, version, shape, folded) VALUES ($1, $2, $3, 0)")
                .bind(projection.name())
                .bind(i64::from(projection.version()))
                .bind(shape(&**projection))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Copies whole projections from another generation's schema, all as of one position.
    pub(crate) async fn copy_from(&self, donor: &str, plan: &CopyPlan) -> Result<Copied, ViewsError> {
        let mut transaction = self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
        let text = format!("SELECT position FROM \"{donor}\".alforis_generation");
        let position: i64 = sqlx::query(AssertSqlSafe(text))
            .fetch_one(&mut *transaction)
            .await?
            .try_get(0)?;
        for (projection, tables) in &plan.copied {
            for table in tables {
                let (name, columns) = (table.name, columns(table));
                let text = format!("INSERT INTO \"{name}\" ({columns}) SELECT {columns} FROM \"{donor}\".\"{name}\"");
                sqlx::query(AssertSqlSafe(text)).execute(&mut *transaction).await?;
            }
            let folded = sqlx::query("UPDATE alforis_projection SET folded = $2 WHERE name = $1");
            folded
                .bind(projection)
                .bind(position)
                .execute(&mut *transaction)
                .await?;
            for state in ["alforis_parked", "alforis_held", "alforis_skip"] {
                let text = format!("INSERT INTO {state} SELECT * FROM \"{donor}\".{state} WHERE projection = $1");
                sqlx::query(AssertSqlSafe(text))
                    .bind(projection)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        let mut samples = Vec::new();
        for table in &plan.sampled {
            samples.push(sample(&mut transaction, donor, table).await?);
        }
        transaction.commit().await?;
        Ok(Copied {
            position: Position(position as u64),
            samples,
        })
    }

    /// Tells the planner what there is now.
    pub(crate) async fn analyze(&self) -> Result<(), ViewsError> {
        self.on_each_table("ANALYZE").await
    }

    /// Rewrites every table, so that nothing of overwritten rows stays in its files.
    pub(crate) async fn rewrite(&self) -> Result<(), ViewsError> {
        self.on_each_table("VACUUM (FULL, ANALYZE)").await
    }

    async fn on_each_table(&self, what: &str) -> Result<(), ViewsError> {
        let text = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()";
        for row in sqlx::query(text).fetch_all(&self.pool).await? {
            let text = format!("{what} \"{}\"", row.try_get::<String, _>(0)?);
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&self.pool).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn standing(&mut self) -> Result<Standing, ViewsError> {
        reading::standing(&SqlxPostgresConnector::from_sqlx_postgres_pool(self.pool.clone())).await
    }

    async fn rows(&mut self, table: &TableSpec, column: &str, values: &[Key]) -> Result<Vec<Vec<Value>>, ViewsError> {
        let select = format!("SELECT {} FROM \"{}\" WHERE \"{column}\"", columns(table), table.name);
        let kind = table
            .columns
            .iter()
            .find(|own| own.name == column)
            .map_or(Kind::Text, |own| own.kind);
        let mut found = Vec::new();
        if values.contains(&Key::Null) {
            let text = AssertSqlSafe(format!("{select} IS NULL"));
            found.extend(sqlx::query(text).fetch_all(&self.pool).await?);
        }
        for values in values.chunks(ROWS_PER_STATEMENT) {
            let text = AssertSqlSafe(format!("{select} = ANY($1)"));
            let mut array = Array::of(kind);
            for value in values {
                array.push_key(value);
            }
            found.extend(array.bind(sqlx::query(text)).fetch_all(&self.pool).await?);
        }
        found.iter().map(|row| row_values(table, row)).collect()
    }

    async fn write(&mut self, write: Write<'_>) -> Result<(), ViewsError> {
        let mut transaction = self.pool.begin().await?;
        let moved = sqlx::query(
            "UPDATE alforis_generation SET position = $1, revision = revision + 1, indexed = $2 \
             WHERE position = $3 AND revision = $4",
        )
        .bind(write.to.0 as i64)
        .bind(i64::from(write.indexed))
        .bind(write.from.0.0 as i64)
        .bind(write.from.1)
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() != 1 {
            return Err(ViewsError::TakenOver);
        }
        for (table, buffer) in write.tables {
            write_rows(&mut transaction, table, buffer).await?;
        }
        for (projection, note) in &write.notes {
            for (text, values) in notes::statements(projection, note) {
                let query = values.into_iter().try_fold(sqlx::query(text), bind_one)?;
                query.execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn all(&mut self, table: &TableSpec) -> Result<Vec<Vec<Value>>, ViewsError> {
        let text = format!(
            "SELECT {} FROM \"{}\" ORDER BY \"{}\"",
            columns(table),
            table.name,
            table.key_column()
        );
        let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(&self.pool).await?;
        rows.iter().map(|row| row_values(table, row)).collect()
    }

    async fn count(&mut self, table: &TableSpec) -> Result<u64, ViewsError> {
        let text = format!("SELECT count(*) FROM \"{}\"", table.name);
        let row = sqlx::query(AssertSqlSafe(text)).fetch_one(&self.pool).await?;
        Ok(row.try_get::<i64, _>(0)? as u64)
    }

    async fn create_index(&mut self, table: &TableSpec, columns: &[&'static str]) -> Result<(), ViewsError> {
        let mut index = Index::create();
        index
            .if_not_exists()
            .name(index_name(table, columns))
            .table(Alias::new(table.name));
        for column in columns {
            index.col(Alias::new(*column));
        }
        sqlx::raw_sql(AssertSqlSafe(index.to_string(PostgresQueryBuilder)))
            .execute(&self.pool)
            .await?;
        let [first, rest @ ..] = columns else { return Ok(()) };
        if rest.is_empty() || !table.is_nullable(first) {
            return Ok(());
        }
        // PostgreSQL reads an index in its own order and in the reverse of it, which has rows without a value at the
        // other end: lists that have them at the end in both directions take a second one. SQLite reads one in each way.
        let rest = rest.join("\", \"");
        let text = format!(
            "CREATE INDEX IF NOT EXISTS \"nulls_first_{}\" ON \"{}\" (\"{first}\" NULLS FIRST, \"{rest}\")",
            index_name(table, columns),
            table.name
        );
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&self.pool).await?;
        Ok(())
    }
}

async fn write_rows(
    connection: &mut PgConnection,
    table: &TableSpec,
    buffer: &mut dyn Buffer,
) -> Result<(), ViewsError> {
    let (written, deleted) = buffer.changed();
    let text = upsert(table);
    let mut row = Vec::with_capacity(table.columns.len());
    for keys in written.chunks(ROWS_PER_STATEMENT) {
        let mut arrays = table
            .columns
            .iter()
            .map(|column| Array::of(column.kind))
            .collect::<Vec<_>>();
        for key in keys {
            buffer.values(key, &mut row);
            for (array, value) in arrays.iter_mut().zip(row.drain(..)) {
                array.push(value)?;
            }
        }
        let query = sqlx::query(AssertSqlSafe(text.clone()));
        arrays
            .into_iter()
            .fold(query, |query, array| array.bind(query))
            .execute(&mut *connection)
            .await?;
    }
    let kind = table.columns.get(table.key).map_or(Kind::Text, |column| column.kind);
    for keys in deleted.chunks(ROWS_PER_STATEMENT) {
        let text = format!(
            "DELETE FROM \"{}\" WHERE \"{}\" = ANY($1)",
            table.name,
            table.key_column()
        );
        let mut array = Array::of(kind);
        for key in keys {
            array.push_key(key);
        }
        array
            .bind(sqlx::query(AssertSqlSafe(text)))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn sample(connection: &mut PgConnection, donor: &str, table: &TableSpec) -> Result<Sample, ViewsError> {
    let from = format!("FROM \"{donor}\".\"{}\"", table.name);
    let count = sqlx::query(AssertSqlSafe(format!("SELECT count(*) {from}")))
        .fetch_one(&mut *connection)
        .await?;
    let text = format!(
        "SELECT {} {from} ORDER BY random() LIMIT {SAMPLED_ROWS}",
        columns(table)
    );
    let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(&mut *connection).await?;
    Ok(Sample {
        table: table.clone(),
        count: count.try_get::<i64, _>(0)? as u64,
        rows: rows
            .iter()
            .map(|row| row_values(table, row))
            .collect::<Result<_, _>>()?,
    })
}

/// One statement for any number of rows, prepared once.
fn upsert(table: &TableSpec) -> String {
    let arrays = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| format!("${}::{}[]", at + 1, type_of(column.kind)));
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    insert_or_update(table, &format!("SELECT * FROM unnest({arrays})"))
}

const fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Integer => "integer",
        Kind::BigInteger => "bigint",
        Kind::Double => "double precision",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
        Kind::Uuid => "uuid",
    }
}

/// One column of many rows.
enum Array {
    Boolean(Vec<Option<bool>>),
    Integer(Vec<Option<i32>>),
    BigInteger(Vec<Option<i64>>),
    Double(Vec<Option<f64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Uuid(Vec<Option<Uuid>>),
}

impl Array {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Boolean => Self::Boolean(Vec::new()),
            Kind::Integer => Self::Integer(Vec::new()),
            Kind::BigInteger => Self::BigInteger(Vec::new()),
            Kind::Double => Self::Double(Vec::new()),
            Kind::Text => Self::Text(Vec::new()),
            Kind::Bytes => Self::Bytes(Vec::new()),
            Kind::Uuid => Self::Uuid(Vec::new()),
        }
    }

    fn push(&mut self, value: Value) -> Result<(), ViewsError> {
        match (self, value) {
            (Self::Boolean(array), Value::Bool(value)) => array.push(value),
            (Self::Integer(array), Value::Int(value)) => array.push(value),
            (Self::BigInteger(array), Value::BigInt(value)) => array.push(value),
            (Self::Double(array), Value::Double(value)) => array.push(value),
            (Self::Text(array), Value::String(value)) => array.push(value),
            (Self::Bytes(array), Value::Bytes(value)) => array.push(value),
            (Self::Uuid(array), Value::Uuid(value)) => array.push(value),
            (_, other) => {
                return Err(ViewsError::Database(format!(
                    "a column got a value of another type: {other:?}"
                )));
            }
        }
        Ok(())
    }

    /// A key of another type than the column's matches no row, so it is left out.
    fn push_key(&mut self, key: &Key) {
        match (self, key) {
            (Self::Boolean(array), Key::Boolean(value)) => array.push(Some(*value)),
            (Self::Integer(array), Key::Integer(value)) => array.extend(i32::try_from(*value).ok().map(Some)),
            (Self::BigInteger(array), Key::Integer(value)) => array.push(Some(*value)),
            (Self::Text(array), Key::Text(value)) => array.push(Some(value.clone())),
            (Self::Uuid(array), Key::Uuid(value)) => array.push(Some(*value)),
            _ => {}
        }
    }

    fn bind(self, query: Query<'_, Postgres, PgArguments>) -> Query<'_, Postgres, PgArguments> {
        match self {
            Self::Boolean(array) => query.bind(array),
            Self::Integer(array) => query.bind(array),
            Self::BigInteger(array) => query.bind(array),
            Self::Double(array) => query.bind(array),
            Self::Text(array) => query.bind(array),
            Self::Bytes(array) => query.bind(array),
            Self::Uuid(array) => query.bind(array),
        }
    }
}

/// Binds a note's value: text or a position.
fn bind_one(
    query: Query<'_, Postgres, PgArguments>,
    value: Value,
) -> Result<Query<'_, Postgres, PgArguments>, ViewsError> {
    match value {
        Value::String(text) => Ok(query.bind(text)),
        Value::BigInt(number) => Ok(query.bind(number)),
        other => Err(ViewsError::Database(format!("a note holds {other:?}"))),
    }
}

fn row_values(table: &TableSpec, row: &PgRow) -> Result<Vec<Value>, ViewsError> {
    let mut values = Vec::with_capacity(table.columns.len());
    for (at, column) in table.columns.iter().enumerate() {
        values.push(match column.kind {
            Kind::Boolean => Value::Bool(row.try_get(at)?),
            Kind::Integer => Value::Int(row.try_get(at)?),
            Kind::BigInteger => Value::BigInt(row.try_get(at)?),
            Kind::Double => Value::Double(row.try_get(at)?),
            Kind::Text => Value::String(row.try_get(at)?),
            Kind::Bytes => Value::Bytes(row.try_get(at)?),
            Kind::Uuid => Value::Uuid(row.try_get(at)?),
        });
    }
    Ok(values)
}
