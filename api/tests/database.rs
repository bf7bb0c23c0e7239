//! Databases of the private PostgreSQL that `scripts/with-postgres` starts.

use sqlx::{Connection, Executor, PgConnection};

use crate::{server::Server, support::Workplace};

/// A database of one's own; whoever made it drops it in the end.
pub(crate) struct Database {
    administrator: String,
    pub(crate) name: String,
}

impl Database {
    pub(crate) async fn make(name: &str) -> Self {
        let administrator = std::env::var("ALFORIS_TEST_POSTGRES")
            .expect("ALFORIS_TEST_POSTGRES is not set: run this test through scripts/with-postgres");
        let database = Self {
            administrator,
            name: format!("api_{name}_{}", std::process::id()),
        };
        database.execute(&format!("CREATE DATABASE {}", database.name)).await;
        database
    }

    /// Runs a statement as the server's administrator, in another database than this one.
    pub(crate) async fn execute(&self, statement: &str) {
        let mut postgres = PgConnection::connect(&self.administrator).await.unwrap();
        postgres.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    }

    pub(crate) fn url(&self) -> String {
        let (server, _) = self.administrator.rsplit_once('/').expect("a database in the URL");
        format!("{server}/{}", self.name)
    }

    /// A server of its own on the database, which does not outlive it.
    pub(crate) fn serve(&self) -> Server {
        Server::start_in(Workplace::on_database(&self.url()), &[])
    }

    pub(crate) async fn drop(self) {
        self.execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}
