//! Views in PostgreSQL: the same facts as in SQLite, where the two could differ.

use std::{
    str::FromStr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chrono::TimeDelta;
use engine::{AsOf, Basis, ViewsOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

use super::{
    ledger::{Event, Items, Members},
    processes::start_process,
    shelf::{Shelf, Worker, contents, items_in, noon, options},
};

/// A shelf whose views lie in a database of the test's own, dropped at the end.
struct Database {
    shelf: Shelf,
    name: String,
}

impl Database {
    async fn create() -> Self {
        let name = format!("views_{}", Uuid::new_v4().simple());
        run(&cluster(), format!("CREATE DATABASE {name}")).await;
        let url = PgConnectOptions::from_str(&cluster())
            .unwrap()
            .database(&name)
            .to_url_lossy()
            .to_string();
        let shelf = Shelf::at(Arc::new(tempfile::tempdir().unwrap()), url).await;
        Self { shelf, name }
    }

    async fn remove(self) {
        run(&cluster(), format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }

    /// What views in SQLite show of the same journal.
    async fn in_sqlite(&self) -> super::shelf::Contents {
        let url = format!("sqlite:{}", self.shelf.folder.path().join("fresh.db").display());
        let views = Shelf::at(self.shelf.folder.clone(), url).await.views().await;
        let worker = Worker::start(&views);
        let shown = contents(&self.shelf.at_head(&views).await).await;
        worker.stop().await;
        shown
    }
}

fn cluster() -> String {
    std::env::var("ALFORIS_TEST_POSTGRES")
        .expect("these tests need PostgreSQL: run them through `scripts/with-postgres cargo nextest run …`")
}

async fn run(url: &str, text: String) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(text))
        .execute(&mut connection)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn views_in_postgres_show_what_views_in_sqlite_show_live_and_rebuilt() {
    let database = Database::create().await;
    let shelf = &database.shelf;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    shelf.some_history(60).await;
    let live = contents(&shelf.at_head(&views).await).await;
    assert_eq!(live, database.in_sqlite().await);

    let report = views.rebuild(Some("items")).await.unwrap();
    assert_eq!(report.copied, ["members"]);
    let comparison = &report.comparisons[0];
    assert_eq!(comparison.rows_before, comparison.rows_after);
    assert!(
        comparison.sampled > 0 && comparison.different.is_empty(),
        "{comparison:?}"
    );
    assert_eq!(contents(&views.current().await.unwrap()).await, live);

    shelf.some_history(3).await;
    shelf.at_head(&views).await;
    views.purge_files().await.unwrap();
    worker.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_do_not_fit_into_memory_are_loaded_from_postgres() {
    let database = Database::create().await;
    let shelf = &database.shelf;
    shelf.some_history(60).await;
    let cramped = ViewsOptions {
        buffered_rows: 10,
        page: 7,
        ..options()
    };
    let views = shelf
        .views_with(vec![Arc::new(Items::default()), Arc::new(Members::default())], cramped)
        .await;
    let worker = Worker::start(&views);
    shelf.some_history(20).await;
    assert_eq!(contents(&shelf.at_head(&views).await).await, database.in_sqlite().await);
    worker.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_keys_in_postgres_are_kept_and_retried() {
    let database = Database::create().await;
    let shelf = &database.shelf;
    let one = Uuid::from_u128(1);
    shelf
        .append(one, &[Event::opened("a", 1), Event::Odd, Event::Added { amount: 5 }])
        .await;
    let (items, members) = (Items::default(), Members::default());
    let views = shelf
        .views_of(vec![Arc::new(items.clone()), Arc::new(members.clone())])
        .await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    let parked = views.parked().await.unwrap();
    assert_eq!(parked.iter().map(|parked| parked.waiting).collect::<Vec<_>>(), [2, 2]);
    items.mended.store(true, Ordering::SeqCst);
    members.mended.store(true, Ordering::SeqCst);
    assert_eq!(views.retry("items", Some(&one.to_string())).await.unwrap(), None);
    assert_eq!(views.retry("members", None).await.unwrap(), None);
    assert_eq!(views.parked().await.unwrap(), []);
    assert_eq!(items_in(&views.current().await.unwrap()).await[0].amount, 6);
    worker.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_in_postgres_are_exact_however_often_their_process_is_killed() {
    let database = Database::create().await;
    let shelf = &database.shelf;
    shelf.some_history(20).await;
    for round in 0..4_u64 {
        let process = start_process(shelf);
        tokio::time::sleep(Duration::from_millis(950 + round * 37)).await;
        drop(process);
        shelf.some_history(8).await;
    }
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    assert_eq!(contents(&shelf.at_head(&views).await).await, database.in_sqlite().await);
    worker.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_on_postgres_never_write_the_same_events_twice() {
    let database = Database::create().await;
    let shelf = &database.shelf;
    let restless = ViewsOptions {
        lease: Duration::from_millis(5),
        page: 3,
        ..options()
    };
    let one = shelf
        .views_with(
            vec![Arc::new(Items::default()), Arc::new(Members::default())],
            restless.clone(),
        )
        .await;
    let two = shelf
        .views_with(vec![Arc::new(Items::default()), Arc::new(Members::default())], restless)
        .await;
    let workers = [Worker::start(&one), Worker::start(&two)];
    for _ in 0..3 {
        shelf.some_history(10).await;
    }
    assert_eq!(contents(&shelf.at_head(&one).await).await, database.in_sqlite().await);
    for worker in workers {
        worker.stop().await;
    }
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_of_views_in_postgres_is_a_local_copy() {
    let database = Database::create().await;
    let shelf = &database.shelf;
    shelf.some_history(10).await;
    let local = ViewsOptions {
        as_of_folder: Some(shelf.folder.path().join("past")),
        ..options()
    };
    let views = shelf
        .views_with(vec![Arc::new(Items::default()), Arc::new(Members::default())], local)
        .await;
    let moment = noon() + TimeDelta::seconds(4);
    let past = views
        .as_of(AsOf {
            moment,
            basis: Basis::Effective,
        })
        .await
        .unwrap();
    assert_eq!(items_in(&past).await.len(), 4);
    database.remove().await;
}
