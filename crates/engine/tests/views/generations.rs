use std::{path::PathBuf, sync::Arc};

use engine::views::{Views, ViewsError};
use uuid::Uuid;

use super::{
    ledger::{Event, Items, Members},
    shelf::{Shelf, Worker, contents, options},
};

/// The generations' files beside the control file.
pub(super) fn generation_files(shelf: &Shelf) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(shelf.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.is_file() && path.extension().is_some_and(|extension| extension == "db"))
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("views-"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_comes_out_like_what_was_kept_up_live() {
    let shelf = Shelf::new().await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    shelf.some_history(60).await;
    let live = contents(&shelf.at_head(&views).await).await;

    let report = views.rebuild(None).await.unwrap();
    assert_eq!((report.rebuilt.len(), report.copied.len()), (2, 0));
    for comparison in &report.comparisons {
        assert_eq!(comparison.rows_before, comparison.rows_after);
        assert!(
            comparison.sampled > 0 && comparison.different.is_empty(),
            "{comparison:?}"
        );
    }
    assert_eq!(contents(&shelf.at_head(&views).await).await, live);

    // The worker has moved over: what comes is shown.
    shelf.some_history(3).await;
    shelf.at_head(&views).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuilding_one_projection_copies_the_others() {
    let shelf = Shelf::new().await;
    shelf.some_history(20).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    let live = contents(&shelf.at_head(&views).await).await;
    let report = views.rebuild(Some("items")).await.unwrap();
    assert_eq!(
        (report.rebuilt, report.copied),
        (vec!["items".to_owned()], vec!["members".to_owned()])
    );
    assert_eq!(contents(&views.current().await.unwrap()).await, live);
    assert!(matches!(
        views.rebuild(Some("nothing")).await,
        Err(ViewsError::UnknownProjection(_))
    ));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_finds_rows_that_were_changed_behind_our_back() {
    let shelf = Shelf::new().await;
    let items = shelf.some_history(20).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    let live = contents(&shelf.at_head(&views).await).await;
    worker.stop().await;
    let [file] = &generation_files(&shelf)[..] else {
        panic!("one generation")
    };
    let intruder = rusqlite::Connection::open(file).unwrap();
    intruder
        .execute("UPDATE items SET amount = 1000000 WHERE id = ?1", [items[1].as_bytes()])
        .unwrap();
    intruder
        .execute("DELETE FROM items WHERE id = ?1", [items[2].as_bytes()])
        .unwrap();
    drop(intruder);

    let report = views.rebuild(Some("items")).await.unwrap();
    let comparison = &report.comparisons[0];
    assert_eq!(comparison.different, [items[1].to_string()]);
    assert_eq!(comparison.rows_before + 1, comparison.rows_after);
    assert_eq!(contents(&views.current().await.unwrap()).await, live);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_is_built_beside_the_old_which_goes_on_being_served() {
    let shelf = Shelf::new().await;
    shelf.some_history(20).await;
    let old = shelf.views().await;
    let old_worker = Worker::start(&old);
    shelf.at_head(&old).await;

    let later = Items {
        later_version: true,
        ..Items::default()
    };
    let new = shelf
        .views_of(vec![Arc::new(later), Arc::new(Members::default())])
        .await;
    assert_ne!(old.fingerprint(), new.fingerprint());
    let new_worker = Worker::start(&new);
    shelf.at_head(&new).await;
    shelf.append(Uuid::now_v7(), &[Event::opened("a", 1)]).await;
    let (from_old, from_new) = (shelf.at_head(&old).await, shelf.at_head(&new).await);
    assert_eq!(contents(&from_old).await, contents(&from_new).await);
    old_worker.stop().await;
    new_worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn generations_nobody_uses_are_removed_but_one() {
    let shelf = Shelf::new().await;
    shelf.some_history(5).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    for _ in 0..4 {
        views.rebuild(None).await.unwrap();
    }
    worker.stop().await;
    let worker = Worker::start(&views);
    shelf.append(Uuid::now_v7(), &[Event::opened("a", 1)]).await;
    shelf.at_head(&views).await;
    worker.stop().await;
    assert_eq!(generation_files(&shelf).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_are_deleted_are_built_again() {
    let shelf = Shelf::new().await;
    shelf.some_history(20).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    let live = contents(&shelf.at_head(&views).await).await;
    worker.stop().await;
    drop(views);
    for entry in std::fs::read_dir(shelf.folder.path()).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("views-") && entry.path().is_file() {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    assert_eq!(contents(&shelf.at_head(&views).await).await, live);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_do_not_fit_into_memory_are_built_all_the_same() {
    let shelf = Shelf::new().await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    shelf.some_history(60).await;
    let live = contents(&shelf.at_head(&views).await).await;
    worker.stop().await;

    let cramped = engine::ViewsOptions {
        buffered_rows: 10,
        page: 7,
        ..options()
    };
    let projections: Vec<Arc<dyn engine::Projection<Event>>> =
        vec![Arc::new(Items::default()), Arc::new(Members::default())];
    let views: Arc<Views<Event>> = shelf.views_with(projections, cramped).await;
    views.rebuild(None).await.unwrap();
    assert_eq!(contents(&views.current().await.unwrap()).await, live);
}

#[tokio::test(flavor = "multi_thread")]
async fn projections_that_would_disturb_each_other_are_refused() {
    let shelf = Shelf::new().await;
    let clock: Arc<dyn engine::Clock> = shelf.clock.clone();
    let projections: Vec<Arc<dyn engine::Projection<Event>>> =
        vec![Arc::new(Items::default()), Arc::new(Items::default())];
    let opened = Views::open(
        &shelf.views_url,
        shelf.journal.clone(),
        shelf.codec.clone(),
        projections,
        clock.clone(),
        options(),
    );
    assert!(matches!(opened.await.err(), Some(ViewsError::Projection { .. })));
    let opened = Views::<Event>::open(
        "mysql://x",
        shelf.journal.clone(),
        shelf.codec.clone(),
        Vec::new(),
        clock,
        options(),
    );
    assert!(matches!(opened.await.err(), Some(ViewsError::Url { .. })));
}
