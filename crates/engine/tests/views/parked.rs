use std::sync::{Arc, atomic::Ordering};

use engine::{ParkedKey, ProjectionState, ViewsError};
use uuid::Uuid;

use super::{
    ledger::{Event, Items, Members},
    shelf::{Shelf, Worker, contents, items_in},
};

/// Two items; the first had an odd event and another one after it.
async fn with_an_odd_event(shelf: &Shelf) -> (Uuid, Uuid) {
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    shelf.append(one, &[Event::opened("a", 1)]).await;
    shelf.append(two, &[Event::opened("a", 1)]).await;
    shelf.append(one, &[Event::Odd]).await;
    shelf.append(one, &[Event::Added { amount: 5 }]).await;
    shelf.append(two, &[Event::Added { amount: 5 }]).await;
    (one, two)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_event_parks_its_partition_and_the_rest_goes_on() {
    let shelf = Shelf::new().await;
    let (one, two) = with_an_odd_event(&shelf).await;
    let views = shelf.views_of(vec![Arc::new(Items::default())]).await;
    let worker = Worker::start(&views);
    let shown = contents_of_items(&shelf, &views).await;
    assert_eq!(shown, [(one, 1, 0), (two, 6, 1)]);
    let parked = views.parked().await.unwrap();
    let expected = ParkedKey {
        projection: "items".into(),
        partition: Some(one.to_string()),
        position: journal::Position(3),
        waiting: 2,
        error: "that is odd".into(),
    };
    assert_eq!(parked, [expected]);
    let statuses = views.statuses().await.unwrap();
    assert_eq!((statuses[0].parked, statuses[0].state), (1, ProjectionState::Running));
    worker.stop().await;

    // Another process sees the same and goes on holding it back.
    shelf.append(one, &[Event::Added { amount: 100 }]).await;
    let again = shelf.views_of(vec![Arc::new(Items::default())]).await;
    let worker = Worker::start(&again);
    assert_eq!(contents_of_items(&shelf, &again).await, [(one, 1, 0), (two, 6, 1)]);
    assert_eq!(again.parked().await.unwrap()[0].waiting, 3);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_of_a_mended_partition_catches_up_with_what_waited() {
    let shelf = Shelf::new().await;
    let (one, two) = with_an_odd_event(&shelf).await;
    let items = Items::default();
    let views = shelf.views_of(vec![Arc::new(items.clone())]).await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;

    let still = views.retry("items", Some(&one.to_string())).await.unwrap();
    assert_eq!(still.map(|parked| parked.waiting), Some(2));
    items.mended.store(true, Ordering::SeqCst);
    assert_eq!(views.retry("items", Some(&one.to_string())).await.unwrap(), None);
    assert_eq!(contents_of_items(&shelf, &views).await, [(one, 6, 1), (two, 6, 1)]);
    assert!(matches!(
        views.retry("items", Some("nobody")).await,
        Err(ViewsError::NothingParked { .. })
    ));
    assert!(matches!(
        views.retry("nothing", None).await,
        Err(ViewsError::UnknownProjection(_))
    ));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_asked_in_a_process_without_a_worker_is_done_by_the_one_that_works() {
    let shelf = Shelf::new().await;
    let (one, _) = with_an_odd_event(&shelf).await;
    let items = Items::default();
    let views = shelf.views_of(vec![Arc::new(items.clone())]).await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    items.mended.store(true, Ordering::SeqCst);
    let asking = shelf.views_of(vec![Arc::new(Items::default())]).await;
    assert_eq!(asking.retry("items", Some(&one.to_string())).await.unwrap(), None);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_event_is_passed_over_and_what_waited_behind_it_goes_on() {
    let shelf = Shelf::new().await;
    let (one, two) = with_an_odd_event(&shelf).await;
    let views = shelf.views_of(vec![Arc::new(Items::default())]).await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    shelf
        .append(
            Uuid::now_v7(),
            &[Event::Skipped {
                projection: "items".into(),
                position: 3,
            }],
        )
        .await;
    let live = contents_of_items(&shelf, &views).await;
    assert_eq!(live, [(one, 6, 1), (two, 6, 1)]);
    assert_eq!(views.parked().await.unwrap(), []);

    // Even where the event would not fail any more: what was decided stays decided.
    let mended = Items::default();
    mended.mended.store(true, Ordering::SeqCst);
    worker.stop().await;
    let again = shelf.views_of(vec![Arc::new(mended)]).await;
    let report = again.rebuild(None).await.unwrap();
    assert!(
        report
            .comparisons
            .iter()
            .all(|comparison| comparison.different.is_empty()),
        "{report:?}"
    );
    assert_eq!(
        items_in(&again.current().await.unwrap())
            .await
            .iter()
            .filter(|item| item.note.is_some())
            .count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_partition_a_failure_stops_that_projection_only() {
    let shelf = Shelf::new().await;
    let (one, two) = with_an_odd_event(&shelf).await;
    let (items, members) = (Items::default(), Members::default());
    items.mended.store(true, Ordering::SeqCst);
    let views = shelf.views_of(vec![Arc::new(items), Arc::new(members.clone())]).await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    let three = Uuid::from_u128(3);
    shelf.append(three, &[Event::opened("b", 1)]).await;
    let shown = contents(&shelf.at_head(&views).await).await;
    assert_eq!(shown.items.len(), 3);
    assert_eq!(
        shown.members.iter().map(|member| member.id).collect::<Vec<_>>(),
        [one, two]
    );
    let statuses = views.statuses().await.unwrap();
    assert_eq!(
        (statuses[1].state, statuses[1].position.0, statuses[1].lag_events),
        (ProjectionState::Failed, 2, 4)
    );
    assert_eq!(statuses[1].last_error.as_deref(), Some("that is odd for members"));
    assert_eq!(statuses[0].state, ProjectionState::Running);

    members.mended.store(true, Ordering::SeqCst);
    assert_eq!(views.retry("members", None).await.unwrap(), None);
    let shown = contents(&views.current().await.unwrap()).await;
    assert_eq!(
        shown.members.iter().map(|member| member.id).collect::<Vec<_>>(),
        [one, two, three]
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skip_lets_a_stopped_projection_go_on() {
    let shelf = Shelf::new().await;
    with_an_odd_event(&shelf).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    shelf.append(Uuid::from_u128(3), &[Event::opened("b", 1)]).await;
    shelf
        .append(
            Uuid::now_v7(),
            &[Event::Skipped {
                projection: "members".into(),
                position: 3,
            }],
        )
        .await;
    let shown = contents(&shelf.at_head(&views).await).await;
    assert_eq!(shown.members.len(), 3);
    assert_eq!(views.statuses().await.unwrap()[1].state, ProjectionState::Running);
    worker.stop().await;
}

async fn contents_of_items(shelf: &Shelf, views: &engine::Views<Event>) -> Vec<(Uuid, i64, i32)> {
    let shown = items_in(&shelf.at_head(views).await).await;
    shown.iter().map(|item| (item.id, item.amount, item.changes)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_done_also_where_nobody_works() {
    let shelf = Shelf::new().await;
    let (one, _) = with_an_odd_event(&shelf).await;
    let items = Items::default();
    let views = shelf.views_of(vec![Arc::new(items.clone())]).await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    worker.stop().await;
    items.mended.store(true, Ordering::SeqCst);
    assert_eq!(views.retry("items", Some(&one.to_string())).await.unwrap(), None);
}
