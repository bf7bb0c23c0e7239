//! Where a test keeps journal and views: a temporary directory, or a database of its own in the cluster that
//! `scripts/with-postgres` started.

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) struct Place {
    /// Files beside the database, and in SQLite everything.
    pub(crate) folder: TempDir,
    database: Option<String>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            database: None,
        }
    }

    pub(crate) async fn postgres() -> Self {
        let cluster = std::env::var("ALFORIS_TEST_POSTGRES")
            .expect("these tests need PostgreSQL: run them through `scripts/with-postgres cargo nextest run …`");
        let name = format!("test_{}", Uuid::new_v4().simple());
        let connection = Database::connect(&cluster).await.unwrap();
        connection
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        connection.close().await.unwrap();
        let (server, _) = cluster.split('?').next().and_then(|url| url.rsplit_once('/')).unwrap();
        Self {
            database: Some(format!("{server}/{name}")),
            ..Self::sqlite()
        }
    }

    pub(crate) fn journal_url(&self) -> String {
        self.url("journal.db")
    }

    pub(crate) fn views_url(&self) -> String {
        self.url("views.db")
    }

    fn url(&self, file: &str) -> String {
        let sqlite = || format!("sqlite:{}", self.folder.path().join(file).display());
        self.database.clone().unwrap_or_else(sqlite)
    }
}

/// Makes a test of each fact for SQLite and for PostgreSQL.
macro_rules! on_both {
    ($($fact:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $fact() {
                    super::$fact(crate::place::Place::sqlite()).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $fact() {
                    super::$fact(crate::place::Place::postgres().await).await;
                }
            )*
        }
    };
}
pub(crate) use on_both;
