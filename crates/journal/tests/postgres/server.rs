//! Databases for tests, in the cluster that `scripts/with-postgres` started.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    str::FromStr,
};

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

use crate::backend::Backend;

/// The superuser's URL of the cluster that all tests share.
pub(crate) fn cluster() -> String {
    std::env::var("ALFORIS_TEST_POSTGRES")
        .expect("these tests need PostgreSQL: run them through `scripts/with-postgres cargo nextest run …`")
}

/// A database of one test's own; dropped at the end.
pub(crate) struct Database {
    name: String,
    /// The superuser's URL of this database.
    pub(crate) url: String,
}

impl Database {
    pub(crate) async fn create() -> Self {
        let name = format!("test_{}", Uuid::new_v4().simple());
        let mut connection = PgConnection::connect(&cluster())
            .await
            .expect("the test cluster answers");
        run(&mut connection, format!("CREATE DATABASE {name}")).await;
        let url = PgConnectOptions::from_str(&cluster())
            .expect("a URL")
            .database(&name)
            .to_url_lossy()
            .to_string();
        // `sslmode` and the like are of no interest here.
        let url = url.split('?').next().unwrap_or_default().to_owned();
        Self { name, url }
    }

    /// A superuser's session in this database that sees the journal's tables.
    pub(crate) async fn session(&self) -> PgConnection {
        session(&self.url).await
    }

    /// The same database as another role.
    pub(crate) fn url_as(&self, role: &str) -> String {
        self.url
            .replacen("postgres://postgres@", &format!("postgres://{role}@"), 1)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = self.name.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                // The server may be down: then the whole cluster is thrown away anyhow.
                if let Ok(mut connection) = PgConnection::connect(&cluster()).await {
                    run(&mut connection, format!("DROP DATABASE {name} WITH (FORCE)")).await;
                }
            });
        });
        let _ = dropping.join();
    }
}

/// A cluster of one test's own, to be stopped and killed at will.
pub(crate) struct PrivateServer {
    /// Runs until its standard input ends, then takes the cluster away.
    script: Child,
    pub(crate) url: String,
    control: String,
}

impl PrivateServer {
    pub(crate) fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/with-postgres");
        let wait = "echo $ALFORIS_TEST_POSTGRES; echo $ALFORIS_TEST_POSTGRES_CONTROL; cat";
        let mut script = Command::new(script)
            .args(["sh", "-c", wait])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the script runs");
        let mut lines = BufReader::new(script.stdout.take().expect("piped")).lines();
        let mut line = || lines.next().expect("a line").expect("text");
        let (url, control) = (line(), line());
        Self { script, url, control }
    }

    /// `pg_ctl` with these words.
    pub(crate) fn control(&self, words: &str) {
        let done = Command::new("sh")
            .arg("-c")
            .arg(format!("{} {words}", self.control))
            .status();
        assert!(done.expect("pg_ctl runs").success(), "pg_ctl {words}");
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// A session that sees the journal's tables.
pub(crate) async fn session(url: &str) -> PgConnection {
    let mut session = PgConnection::connect(url).await.expect("the database answers");
    run(&mut session, "SET search_path = alforis").await;
    session
}

pub(crate) async fn run(connection: &mut PgConnection, sql: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(sql.into()))
        .execute(connection)
        .await
        .expect("the statement runs");
}

#[async_trait]
impl Backend for Database {
    async fn start() -> Self {
        Self::create().await
    }

    fn url(&self) -> String {
        self.url.clone()
    }

    async fn execute(&self, sql: &str) -> Result<(), String> {
        let mut session = self.session().await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut session).await;
        done.map(drop).map_err(|error| error.to_string())
    }

    fn forbidden_statements(&self) -> Vec<String> {
        let statements = [
            "UPDATE events SET payload = '' WHERE position = 1",
            "UPDATE subtrees SET hash = ''",
            "DELETE FROM events WHERE position = 1",
            "DELETE FROM subtrees",
            "TRUNCATE events",
            "TRUNCATE events CASCADE",
            "TRUNCATE subtrees",
            "INSERT INTO events SELECT * FROM events WHERE position = 1
             ON CONFLICT (position) DO UPDATE SET payload = ''",
        ];
        statements.map(str::to_owned).into()
    }
}
