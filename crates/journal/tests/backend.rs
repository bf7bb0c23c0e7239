//! Places to put a journal.

use std::sync::Arc;

use async_trait::async_trait;
use journal::{Journal, OpenOptions};

/// A fresh place for one journal, gone when dropped.
#[async_trait]
pub(crate) trait Backend: Send + Sync + Sized + 'static {
    /// An empty place.
    async fn start() -> Self;

    fn url(&self) -> String;

    /// Another handle on the journal, as another process would have; makes the journal the first time.
    async fn open(&self) -> Arc<dyn Journal> {
        journal::open(
            &self.url(),
            OpenOptions {
                create: true,
                ..OpenOptions::default()
            },
        )
        .await
        .unwrap()
    }

    /// Runs SQL behind the journal's back, with the rights that the journal itself has.
    async fn execute(&self, sql: &str) -> Result<(), String>;

    /// Statements that an append-only journal must refuse with those words.
    fn forbidden_statements(&self) -> Vec<String>;

    /// Where its commit can be stopped.
    fn failpoints(&self) -> Vec<&'static str> {
        vec!["head-taken", "planned", "written", "committed"]
    }
}

pub(crate) struct Sqlite {
    folder: tempfile::TempDir,
}

impl Sqlite {
    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("journal.db")
    }
}

#[async_trait]
impl Backend for Sqlite {
    async fn start() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    async fn execute(&self, sql: &str) -> Result<(), String> {
        let connection = rusqlite::Connection::open(self.path()).map_err(|error| error.to_string())?;
        connection.execute_batch(sql).map_err(|error| error.to_string())
    }

    fn forbidden_statements(&self) -> Vec<String> {
        let statements = [
            "UPDATE events SET payload = x'00' WHERE position = 1",
            "UPDATE subtrees SET hash = x'00'",
            "DELETE FROM events WHERE position = 1",
            "DELETE FROM events",
            "DELETE FROM subtrees",
            "INSERT OR REPLACE INTO events SELECT * FROM events WHERE position = 1",
            "INSERT OR REPLACE INTO subtrees SELECT * FROM subtrees",
            "PRAGMA recursive_triggers = ON; REPLACE INTO events SELECT * FROM events WHERE position = 1",
            // Another position, the same place in the stream.
            "CREATE TEMP TABLE copy AS SELECT * FROM events WHERE position = 1;
             UPDATE copy SET position = 1000;
             INSERT OR REPLACE INTO events SELECT * FROM copy",
            "UPDATE commands SET fingerprint = x'00'",
            "DELETE FROM commands",
            "DELETE FROM head",
            "UPDATE head SET position = position - 1",
            "UPDATE head SET recorded_at = 0",
        ];
        statements.map(str::to_owned).into()
    }

    fn failpoints(&self) -> Vec<&'static str> {
        vec!["head-taken", "planned", "events-written", "written", "committed"]
    }
}

/// Makes a test per back end of each fact, an `async fn(impl Backend)`.
macro_rules! conformance {
    ($($fact:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $fact() {
                    let place = <crate::backend::Sqlite as crate::backend::Backend>::start().await;
                    super::$fact(place).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $fact() {
                    let place = <crate::postgres::Database as crate::backend::Backend>::start().await;
                    super::$fact(place).await;
                }
            )*
        }
    };
}
pub(crate) use conformance;
