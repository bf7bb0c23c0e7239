//! The control store: which generations there are, who works on them, what is asked of the worker.
//!
//! It lies at the views' URL itself; generations lie beside it. Its time is the database's.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, ExecResult, QueryResult, Statement, TransactionTrait, Value,
};
use uuid::Uuid;

use super::ViewsError;

const TABLES: &str = include_str!("sql/control.sql");
const TAKE_LEASE: &str = include_str!("sql/take_lease.sql");
const CONTROL_LOCK: &str = "SELECT pg_advisory_xact_lock(7021519131)";
const SQLITE_NOW: &str = "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)";
const POSTGRES_NOW: &str = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";

#[derive(Clone)]
pub(crate) struct Control {
    connection: DatabaseConnection,
}

/// A generation as the control store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) fingerprint: String,
    pub(crate) journal: String,
    pub(crate) state: State,
    /// The machine's boot during which it was built: what was not synced is lost with it.
    pub(crate) boot: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Building,
    /// Like building, by [`super::Views::rebuild`]: beside an active one, and never resumed.
    Rebuilding,
    Active,
    Retired,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Rebuilding => "rebuilding",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "active" => Self::Active,
            "retired" => Self::Retired,
            "rebuilding" => Self::Rebuilding,
            _ => Self::Building,
        }
    }
}

/// Something asked of the worker by whoever cannot do it himself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) projection: String,
    pub(crate) partition: Option<String>,
}

impl Control {
    pub(crate) async fn open(connection: DatabaseConnection) -> Result<Self, ViewsError> {
        // Two processes may open new views at the same time, which `IF NOT EXISTS` alone does not bear in PostgreSQL.
        let transaction = connection.begin().await?;
        if connection.get_database_backend() == DbBackend::Postgres {
            transaction.execute_unprepared(CONTROL_LOCK).await?;
        }
        for statement in TABLES
            .split(';')
            .map(str::trim)
            .filter(|statement| !statement.is_empty())
        {
            transaction.execute_unprepared(statement).await?;
        }
        transaction.commit().await?;
        Ok(Self { connection })
    }

    pub(crate) async fn generations(&self) -> Result<Vec<Listed>, ViewsError> {
        let text =
            "SELECT id, fingerprint, journal, state, boot FROM alforis_generations ORDER BY changed_at DESC, id DESC";
        let rows = self.query(text, Vec::new()).await?;
        rows.iter()
            .map(|row| {
                Ok(Listed {
                    id: row.try_get_by_index(0)?,
                    fingerprint: row.try_get_by_index(1)?,
                    journal: row.try_get_by_index(2)?,
                    state: State::parse(&row.try_get_by_index::<String>(3)?),
                    boot: row.try_get_by_index(4)?,
                })
            })
            .collect()
    }

    pub(crate) async fn active(&self, fingerprint: &str) -> Result<Option<String>, ViewsError> {
        let text = "SELECT id FROM alforis_generations WHERE fingerprint = $1 AND state = 'active'";
        let rows = self.query(text, vec![fingerprint.into()]).await?;
        Ok(rows.first().map(|row| row.try_get_by_index(0)).transpose()?)
    }

    pub(crate) async fn list(&self, listed: &Listed) -> Result<(), ViewsError> {
        let now = self.now();
        let text = format!(
            "INSERT INTO alforis_generations (id, fingerprint, journal, state, boot, changed_at) \
             VALUES ($1, $2, $3, $4, $5, {now})"
        );
        let Listed {
            id,
            fingerprint,
            journal,
            state,
            boot,
        } = listed.clone();
        let values = vec![
            id.into(),
            fingerprint.into(),
            journal.into(),
            state.as_str().into(),
            boot.into(),
        ];
        self.execute(&text, values).await?;
        Ok(())
    }

    pub(crate) async fn unlist(&self, id: &str) -> Result<(), ViewsError> {
        self.execute("DELETE FROM alforis_generations WHERE id = $1", vec![id.into()])
            .await?;
        Ok(())
    }

    /// Makes the generation the one its fingerprint is served from; the one before retires.
    pub(crate) async fn activate(&self, id: &str, fingerprint: &str) -> Result<(), ViewsError> {
        let now = self.now();
        let retire = format!(
            "UPDATE alforis_generations SET state = 'retired', changed_at = {now} \
             WHERE fingerprint = $1 AND state = 'active' AND id <> $2"
        );
        let activate = format!("UPDATE alforis_generations SET state = 'active', changed_at = {now} WHERE id = $1");
        let transaction = self.connection.begin().await?;
        let backend = self.connection.get_database_backend();
        let retire = Statement::from_sql_and_values(backend, retire, [fingerprint.into(), id.into()]);
        transaction.execute_raw(retire).await?;
        transaction
            .execute_raw(Statement::from_sql_and_values(backend, activate, [id.into()]))
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes or renews a lease; `false` when another holds it.
    pub(crate) async fn take_lease(&self, name: &str, holder: Uuid, length: Duration) -> Result<bool, ViewsError> {
        let text = TAKE_LEASE.replace("{now}", self.now());
        let values = vec![
            name.into(),
            holder.to_string().into(),
            (length.as_micros() as i64).into(),
        ];
        Ok(self.execute(&text, values).await?.rows_affected() == 1)
    }

    pub(crate) async fn release_lease(&self, name: &str, holder: Uuid) -> Result<(), ViewsError> {
        let text = "DELETE FROM alforis_leases WHERE name = $1 AND holder = $2";
        self.execute(text, vec![name.into(), holder.to_string().into()]).await?;
        Ok(())
    }

    pub(crate) async fn is_leased(&self, name: &str) -> Result<bool, ViewsError> {
        let text = format!(
            "SELECT 1 FROM alforis_leases WHERE name = $1 AND expires_at > {}",
            self.now()
        );
        Ok(!self.query(&text, vec![name.into()]).await?.is_empty())
    }

    /// Leases that somebody holds: name and holder.
    pub(crate) async fn leases(&self) -> Result<Vec<(String, String)>, ViewsError> {
        let text = format!(
            "SELECT name, holder FROM alforis_leases WHERE expires_at > {}",
            self.now()
        );
        let rows = self.query(&text, Vec::new()).await?;
        rows.iter()
            .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
            .collect()
    }

    pub(crate) async fn ask(&self, fingerprint: &str, request: &Request) -> Result<(), ViewsError> {
        let Request {
            id,
            projection,
            partition,
        } = request.clone();
        let text = "INSERT INTO alforis_requests (id, fingerprint, projection, part) VALUES ($1, $2, $3, $4)";
        self.execute(
            text,
            vec![id.into(), fingerprint.into(), projection.into(), partition.into()],
        )
        .await?;
        Ok(())
    }

    pub(crate) async fn requests(&self, fingerprint: &str) -> Result<Vec<Request>, ViewsError> {
        let text = "SELECT id, projection, part FROM alforis_requests WHERE fingerprint = $1";
        let rows = self.query(text, vec![fingerprint.into()]).await?;
        rows.iter()
            .map(|row| {
                let (id, projection) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
                Ok(Request {
                    id,
                    projection,
                    partition: row.try_get_by_index(2)?,
                })
            })
            .collect()
    }

    /// The request is done with: its row goes.
    pub(crate) async fn answer(&self, request: &str) -> Result<(), ViewsError> {
        self.execute("DELETE FROM alforis_requests WHERE id = $1", vec![request.into()])
            .await?;
        Ok(())
    }

    pub(crate) async fn is_open(&self, request: &str) -> Result<bool, ViewsError> {
        let text = "SELECT 1 FROM alforis_requests WHERE id = $1";
        Ok(!self.query(text, vec![request.into()]).await?.is_empty())
    }

    fn now(&self) -> &'static str {
        if self.connection.get_database_backend() == DbBackend::Postgres {
            POSTGRES_NOW
        } else {
            SQLITE_NOW
        }
    }

    async fn execute(&self, text: &str, values: Vec<Value>) -> Result<ExecResult, ViewsError> {
        let statement = Statement::from_sql_and_values(self.connection.get_database_backend(), text, values);
        Ok(self.connection.execute_raw(statement).await?)
    }

    async fn query(&self, text: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, ViewsError> {
        let statement = Statement::from_sql_and_values(self.connection.get_database_backend(), text, values);
        Ok(self.connection.query_all_raw(statement).await?)
    }
}
