//! Several processes over one journal and its views; some of them are killed.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use engine::{SystemClock, Views, ViewsOptions};
use uuid::Uuid;

use super::{
    ledger::{Event, Items, Members},
    shelf::{PATIENCE, Shelf, Worker, contents, open_journal, options},
};

const FOLDER: &str = "ALFORIS_TEST_VIEWS_FOLDER";
const URL: &str = "ALFORIS_TEST_VIEWS_URL";
const LEASE: &str = "ALFORIS_TEST_VIEWS_LEASE_MS";

/// Not a test of its own: what [`start_process`] runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_keeps_views_up_to_date() {
    let (Ok(folder), Ok(url)) = (std::env::var(FOLDER), std::env::var(URL)) else {
        return;
    };
    let (journal, codec) = open_journal(Path::new(&folder)).await;
    let lease = std::env::var(LEASE).map_or(Ok(800), |text| text.parse()).unwrap();
    let options = ViewsOptions {
        buffered_rows: 40,
        page: 16,
        lease: Duration::from_millis(lease),
        ..options()
    };
    let projections: Vec<Arc<dyn engine::Projection<Event>>> =
        vec![Arc::new(Items::default()), Arc::new(Members::default())];
    let views = Views::open(&url, journal, codec, projections, Arc::new(SystemClock), options)
        .await
        .unwrap();
    views.run(std::future::pending()).await.unwrap();
}

/// Killed when dropped.
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

pub(crate) fn start_process(shelf: &Shelf) -> Process {
    start_process_with_lease(shelf, 800)
}

fn start_process_with_lease(shelf: &Shelf, milliseconds: u64) -> Process {
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "views::processes::a_process_that_keeps_views_up_to_date",
            "--exact",
            "--nocapture",
        ])
        .env(FOLDER, shelf.folder.path())
        .env(URL, &shelf.views_url)
        .env(LEASE, milliseconds.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Process(child.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_without_a_worker_waits_for_the_process_that_works() {
    let shelf = Shelf::new().await;
    shelf.some_history(5).await;
    let views = shelf.views().await;
    let process = start_process(&shelf);
    shelf.at_head(&views).await;
    let item = Uuid::now_v7();
    let position = shelf.append(item, &[Event::opened("a", 1)]).await;
    let begun = Instant::now();
    let shown = contents(&views.wait_for(position, PATIENCE).await.unwrap()).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(shown.items.iter().any(|shown| shown.id == item));
    drop(process);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_process_that_works_dies_another_takes_over() {
    let shelf = Shelf::new().await;
    shelf.some_history(5).await;
    let views = shelf.views().await;
    let process = start_process(&shelf);
    shelf.at_head(&views).await;
    let worker = Worker::start(&views);
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(process);
    let position = shelf.append(Uuid::now_v7(), &[Event::opened("a", 1)]).await;
    views.wait_for(position, PATIENCE).await.unwrap();
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_exact_however_often_their_process_is_killed() {
    let shelf = Shelf::new().await;
    shelf.some_history(30).await;
    let watching = shelf.views().await;
    for round in 0..8_u64 {
        let process = start_process(&shelf);
        // The lease of the one killed before has to run out; then, somewhere in the middle of the work, it ends.
        tokio::time::sleep(Duration::from_millis(900 + round * 13)).await;
        let _ = watching.current().await;
        drop(process);
        shelf.some_history(12).await;
    }
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    let survived = contents(&shelf.at_head(&views).await).await;
    worker.stop().await;

    let url = format!("sqlite:{}", shelf.folder.path().join("fresh.db").display());
    let fresh = Shelf::at(shelf.folder.clone(), url).await.views().await;
    let worker = Worker::start(&fresh);
    assert_eq!(contents(&shelf.at_head(&fresh).await).await, survived);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_at_once_never_write_the_same_events_twice() {
    let shelf = Shelf::new().await;
    // A lease so short that both think they have lost it now and then, while each goes on writing.
    let restless = ViewsOptions {
        lease: Duration::from_millis(2),
        page: 3,
        ..options()
    };
    let projections = || -> Vec<Arc<dyn engine::Projection<Event>>> {
        vec![Arc::new(Items::default()), Arc::new(Members::default())]
    };
    let one = shelf.views_with(projections(), restless.clone()).await;
    let two = shelf.views_with(projections(), restless).await;
    let workers = [Worker::start(&one), Worker::start(&two)];
    for _ in 0..5 {
        shelf.some_history(10).await;
        shelf.clock.advance(TimeDelta::seconds(1));
    }
    let shown = contents(&shelf.at_head(&one).await).await;
    for worker in workers {
        worker.stop().await;
    }
    let url = format!("sqlite:{}", shelf.folder.path().join("fresh.db").display());
    let fresh = Shelf::at(shelf.folder.clone(), url).await.views().await;
    let worker = Worker::start(&fresh);
    assert_eq!(contents(&shelf.at_head(&fresh).await).await, shown);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_is_killed_again_and_again_ends_like_any_other() {
    let shelf = Shelf::new().await;
    shelf.some_history(400).await;
    // Long enough for the process to start; then it dies a little later each time, somewhere in the build.
    for round in 0..10_u64 {
        let process = start_process_with_lease(&shelf, 40);
        tokio::time::sleep(Duration::from_millis(60 + round * 25)).await;
        drop(process);
    }
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    let survived = contents(&shelf.at_head(&views).await).await;
    worker.stop().await;

    let url = format!("sqlite:{}", shelf.folder.path().join("fresh.db").display());
    let fresh = Shelf::at(shelf.folder.clone(), url).await.views().await;
    let worker = Worker::start(&fresh);
    assert_eq!(contents(&shelf.at_head(&fresh).await).await, survived);
    worker.stop().await;
}
