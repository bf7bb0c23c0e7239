//! Who may do what to the tables.

use journal::{Expected, Journal, OpenOptions, Position, ReadFilter, Timestamp, WrappedKey, postgres::migrate};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::server::{Database, run, session};
use crate::{
    backend::Backend as _,
    build::{append, stream},
};

/// `insufficient_privilege`
const FORBIDDEN: &str = "42501";
/// `restrict_violation`, as our triggers raise it.
const APPEND_ONLY: &str = "23001";

/// What would change or remove something that was written once.
const CHANGES: [&str; 12] = [
    "UPDATE events SET actor = 'nobody' WHERE position = 1",
    "UPDATE events SET actor = 'nobody' WHERE false",
    "DELETE FROM events WHERE position = 1",
    "TRUNCATE events",
    "TRUNCATE events, subtrees, commands CASCADE",
    "INSERT INTO events SELECT * FROM events ON CONFLICT (position) DO UPDATE SET actor = 'nobody'",
    "UPDATE subtrees SET level = 1",
    "DELETE FROM subtrees",
    "UPDATE commands SET last_position = 1",
    "DELETE FROM commands",
    "DELETE FROM head",
    "TRUNCATE head",
];

/// A role's name is the whole cluster's, so each test takes its own.
struct Role(String);

impl Role {
    fn named() -> Self {
        Self(format!("app_{}", Uuid::new_v4().simple()))
    }

    async fn remove(self, database: &Database) {
        let mut session = database.session().await;
        run(
            &mut session,
            format!("DROP OWNED BY {role}; DROP ROLE {role}", role = self.0),
        )
        .await;
    }
}

/// Runs a statement that must fail, and returns its SQLSTATE.
async fn refusal(session: &mut PgConnection, sql: &str) -> String {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(session).await;
    let error = done.expect_err(sql);
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .unwrap_or_default()
        .into_owned()
}

#[tokio::test]
async fn the_application_role_runs_the_journal_and_can_change_nothing_in_it() {
    let database = Database::create().await;
    let role = Role::named();
    migrate(&database.url, Some(&role.0)).await.unwrap();
    migrate(&database.url, Some(&role.0))
        .await
        .expect("running it again changes nothing");

    let url = database.url_as(&role.0);
    let journal = journal::open(&url, OpenOptions::default()).await.unwrap();
    works(&*journal).await;
    let mut session = session(&url).await;
    for change in CHANGES {
        assert_eq!(refusal(&mut session, change).await, FORBIDDEN, "{change}");
    }
    for change in [
        "UPDATE meta SET format = 7",
        "UPDATE keys SET wrapped = NULL",
        "DELETE FROM keys",
        "DELETE FROM secrets",
        "DROP TABLE events",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "CREATE TABLE alforis.other (n int)",
    ] {
        assert_eq!(refusal(&mut session, change).await, FORBIDDEN, "{change}");
    }
    drop(journal);
    role.remove(&database).await;
}

#[tokio::test]
async fn a_role_that_was_not_let_in_is_told_how_to_get_in() {
    let database = Database::create().await;
    let role = Role::named();
    migrate(&database.url, None).await.unwrap();
    run(&mut database.session().await, format!("CREATE ROLE {} LOGIN", role.0)).await;
    let refused = journal::open(&database.url_as(&role.0), OpenOptions::default())
        .await
        .map(drop);
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("alforis migrate"), "{message}");
    role.remove(&database).await;
}

#[tokio::test]
async fn not_even_the_owner_can_change_what_was_written() {
    let database = Database::create().await;
    let journal = database.open().await;
    journal.append(append(&stream("deal"), Expected::Any)).await.unwrap();
    let mut session = database.session().await;
    for setting in ["SELECT", "SET session_replication_role = replica"] {
        run(&mut session, setting).await;
        for change in CHANGES {
            assert_eq!(
                refusal(&mut session, change).await,
                APPEND_ONLY,
                "{change} after {setting}"
            );
        }
    }
    let page = journal.read(Position::START, 10, &ReadFilter::default()).await.unwrap();
    assert_eq!(&*page.events[0].header.actor, "user:test");
}

/// Everything that the application does.
async fn works(journal: &dyn Journal) {
    let deal = stream("deal");
    let command = append(&deal, Expected::NoStream);
    journal.append(command.clone()).await.unwrap();
    assert!(journal.append(command).await.unwrap().replayed);
    assert_eq!(
        journal
            .read_stream(&deal, journal::Version::NONE, 5)
            .await
            .unwrap()
            .len(),
        1
    );
    let vault = journal.vault();
    let subject = Uuid::new_v4();
    vault.put_key(subject, WrappedKey(vec![1; 40])).await.unwrap();
    vault.destroy_key(subject, Timestamp(1)).await.unwrap();
    assert!(vault.is_destroyed(subject).await.unwrap());
    vault.secret("ids", WrappedKey(vec![1; 40])).await.unwrap();
    assert!(vault.advance_consumer("policy", None, Position(1)).await.unwrap());
    assert!(
        vault
            .advance_consumer("policy", Some(Position(1)), Position(2))
            .await
            .unwrap()
    );
}
