//! The journal's tables: whether they are there, and making them.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use uuid::Uuid;

use super::{
    failure::{failure, within},
    target::Target,
};
use crate::error::JournalError;

/// In order; the number of the last one is the journal's format.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../../../migrations/postgres/0001_journal.sql"),
    include_str!("../../../../migrations/postgres/0002_head_goes_forward.sql"),
    include_str!("../../../../migrations/postgres/0003_vault_records.sql"),
];
const APPLICATION_ROLE: &str = include_str!("../../../../migrations/postgres/application_role.sql");
const INSPECT: &str = include_str!("sql/inspect.sql");
/// Names the advisory lock under which schemas are made, so that two processes do not both begin.
const MIGRATION_LOCK: i64 = 0x616c_666f_7269_7300;
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) const FORMAT: u32 = MIGRATIONS.len() as u32;

/// What stands in the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    Journal(Meta),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) id: Uuid,
    pub(crate) format: u32,
}

/// Creates the journal in the URL's database, or brings it to this program's format. Forward only; running it again
/// changes nothing. Run it as the role that is to own the tables.
///
/// With `app_role` that role is created when it is missing (without a password: give it one) and may then run the
/// application: it can add events and read them, and cannot change or remove them.
pub async fn migrate(url: &str, app_role: Option<&str>) -> Result<(), JournalError> {
    let target: Target = url.parse()?;
    let mut connection = target.connect().await?;
    apply(&mut connection, &target).await?;
    if let Some(role) = app_role {
        admit(&mut connection, role).await?;
    }
    connection.close().await.map_err(failure)
}

/// Applies the migrations that are missing, in one transaction.
pub(crate) async fn apply(connection: &mut PgConnection, target: &Target) -> Result<(), JournalError> {
    let mut transaction = connection.begin().await.map_err(failure)?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK);
    within(PATIENCE, lock.execute(&mut *transaction)).await?;
    let applied = match inspect(&mut transaction, target).await? {
        Found::Journal(meta) => meta.format as usize,
        Found::Nothing => {
            make_schema(&mut transaction, &target.schema).await?;
            0
        }
    };
    for migration in MIGRATIONS.iter().skip(applied) {
        sqlx::raw_sql(*migration)
            .execute(&mut *transaction)
            .await
            .map_err(failure)?;
    }
    transaction.commit().await.map_err(failure)?;
    if applied < MIGRATIONS.len() {
        tracing::info!(location = %target.location, from = applied, to = FORMAT, "journal migrated");
    }
    Ok(())
}

/// Whether the session's role may change the journal's tables.
pub(super) async fn is_owner(connection: &mut PgConnection) -> Result<bool, JournalError> {
    let owner = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'head'::regclass";
    sqlx::query_scalar(owner).fetch_one(connection).await.map_err(failure)
}

async fn make_schema(connection: &mut PgConnection, schema: &str) -> Result<(), JournalError> {
    let there = sqlx::query("SELECT FROM pg_namespace WHERE nspname = $1").bind(schema);
    if there.fetch_optional(&mut *connection).await.map_err(failure)?.is_none() {
        // The name was checked to be a plain one when the URL was parsed.
        let create = AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(create).execute(connection).await.map_err(failure)?;
    }
    Ok(())
}

async fn admit(connection: &mut PgConnection, role: &str) -> Result<(), JournalError> {
    sqlx::raw_sql(APPLICATION_ROLE)
        .execute(&mut *connection)
        .await
        .map_err(failure)?;
    sqlx::query("SELECT pg_temp.admit($1)")
        .bind(role)
        .execute(connection)
        .await
        .map_err(failure)?;
    Ok(())
}

/// Looks at what is there without changing it; refuses what is not ours and what is too new for us.
pub(crate) async fn inspect(connection: &mut PgConnection, target: &Target) -> Result<Found, JournalError> {
    let foreign = |reason: &str| JournalError::NotAJournal {
        location: target.location.clone(),
        reason: format!("schema `{}` {reason}", target.schema),
    };
    let look = sqlx::query(INSPECT).bind(&target.schema).fetch_one(&mut *connection);
    let looked = look.await.map_err(not_let_in)?;
    let ours: bool = looked.try_get("ours").map_err(failure)?;
    let occupied: bool = looked.try_get("occupied").map_err(failure)?;
    match (ours, occupied) {
        (true, _) => {}
        (false, true) => return Err(foreign("holds tables of something else")),
        (false, false) => return Ok(Found::Nothing),
    }
    let meta = sqlx::query("SELECT journal_id, format, least_version FROM meta")
        .fetch_optional(connection)
        .await;
    let meta = match meta {
        Ok(Some(row)) => row,
        Ok(None) => return Err(foreign("has an empty table `meta`")),
        // undefined_column
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42703") => {
            return Err(foreign("has another kind of table `meta`"));
        }
        Err(error) => return Err(not_let_in(error)),
    };
    let id = meta
        .try_get("journal_id")
        .map_err(|_| foreign("has another kind of table `meta`"))?;
    let format: i32 = meta
        .try_get("format")
        .map_err(|_| foreign("has another kind of table `meta`"))?;
    let least: String = meta
        .try_get("least_version")
        .map_err(|_| foreign("has another kind of table `meta`"))?;
    let format = format.unsigned_abs();
    if numbers(&least) > numbers(env!("CARGO_PKG_VERSION")) {
        return Err(JournalError::NewerFormat {
            location: target.location.clone(),
            found: format,
            supported: FORMAT,
        });
    }
    Ok(Found::Journal(Meta { id, format }))
}

/// As [`failure`], with advice for a role that the owner did not let in (`insufficient_privilege`).
fn not_let_in(error: sqlx::Error) -> JournalError {
    match error {
        sqlx::Error::Database(error) if error.code().as_deref() == Some("42501") => JournalError::Unavailable {
            detail: format!(
                "{}. Let this role in with `alforis migrate --app-role`",
                error.message()
            ),
        },
        other => failure(other),
    }
}

/// `1.20.3` as something that can be compared.
fn numbers(version: &str) -> Vec<u64> {
    version
        .split(['.', '-', '+'])
        .map_while(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(numbers("0.10.0") > numbers("0.9.12"));
        assert!(numbers("1.0.0") >= numbers("1.0.0"));
    }
}
