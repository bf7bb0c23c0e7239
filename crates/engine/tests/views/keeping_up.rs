use std::time::Duration;

use engine::{ProjectionState, ViewsError};
use journal::Position;
use uuid::Uuid;

use super::{
    ledger::Event,
    shelf::{PATIENCE, Shelf, Worker, contents, naive_items},
};

#[tokio::test(flavor = "multi_thread")]
async fn views_show_what_was_appended_before_and_while_they_run() {
    let shelf = Shelf::new().await;
    let first = shelf.some_history(20).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    let shown = contents(&shelf.at_head(&views).await).await;
    assert_eq!(shown.items.len(), first.len() - 2);

    let late = Uuid::now_v7();
    shelf
        .append(late, &[Event::opened("late", 1), Event::Added { amount: 2 }])
        .await;
    let shown = contents(&shelf.at_head(&views).await).await;
    let head = shelf.head().await.0;
    let expected = naive_items([
        (head - 1, late, &Event::opened("late", 1)),
        (head, late, &Event::Added { amount: 2 }),
    ]);
    assert_eq!(shown.items.iter().find(|item| item.id == late), expected.first());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_were_stopped_go_on_where_they_were() {
    let shelf = Shelf::new().await;
    shelf.some_history(10).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    worker.stop().await;
    shelf.some_history(10).await;

    let again = shelf.views().await;
    let worker = Worker::start(&again);
    let gone_on = contents(&shelf.at_head(&again).await).await;
    worker.stop().await;

    let fresh = Shelf::at(
        shelf.folder.clone(),
        format!("sqlite:{}", shelf.folder.path().join("fresh.db").display()),
    )
    .await;
    let views = fresh.views().await;
    let worker = Worker::start(&views);
    assert_eq!(contents(&shelf.at_head(&views).await).await, gone_on);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_position_ahead_says_how_far_the_views_are_behind() {
    let shelf = Shelf::new().await;
    shelf.append(Uuid::now_v7(), &[Event::opened("a", 1)]).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    let behind = views.wait_for(Position(5), Duration::from_millis(50)).await.err();
    assert!(
        matches!(
            behind,
            Some(ViewsError::Behind {
                position: Position(1),
                wanted: Position(5),
                events: 4,
                ..
            })
        ),
        "{behind:?}"
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_worker_new_views_are_being_built() {
    let shelf = Shelf::new().await;
    let views = shelf.views().await;
    assert!(matches!(views.current().await, Err(ViewsError::Building { .. })));
    let waited = views.wait_for(Position(1), Duration::from_millis(50)).await;
    assert!(matches!(waited, Err(ViewsError::Building { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_tell_position_and_lag() {
    let shelf = Shelf::new().await;
    shelf.some_history(5).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    let head = shelf.at_head(&views).await.position;
    worker.stop().await;
    shelf
        .append(Uuid::now_v7(), &[Event::opened("a", 1), Event::Closed])
        .await;
    shelf.clock.advance(chrono::TimeDelta::seconds(90));

    let statuses = views.statuses().await.unwrap();
    assert_eq!(statuses.len(), 2);
    for status in statuses {
        assert_eq!((status.position, status.lag_events, status.parked), (head, 2, 0));
        assert!((89.9..91.1).contains(&status.lag_seconds), "{}", status.lag_seconds);
        assert_eq!(status.state, ProjectionState::Running);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_wakes_as_soon_as_the_views_show_the_position() {
    let shelf = Shelf::new().await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    views.wait_for(Position::START, PATIENCE).await.unwrap();
    let begun = std::time::Instant::now();
    for _ in 0..20 {
        let position = shelf.append(Uuid::now_v7(), &[Event::opened("a", 1)]).await;
        views.wait_for(position, PATIENCE).await.unwrap();
    }
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "20 round trips took {:?}",
        begun.elapsed()
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_nobody_knows_stops_the_views_before_it_and_is_named() {
    let shelf = Shelf::new().await;
    shelf.append(Uuid::now_v7(), &[Event::opened("a", 1)]).await;
    shelf
        .append_raw(Uuid::now_v7(), "FromTheFuture", br#"{"FromTheFuture":{}}"#)
        .await;
    shelf.append(Uuid::now_v7(), &[Event::opened("b", 1)]).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    let behind = views.wait_for(Position(3), Duration::from_millis(300)).await;
    assert!(matches!(behind, Err(ViewsError::Building { .. })));
    let error = loop {
        let statuses = views.statuses().await.unwrap();
        if let Some(error) = statuses[0].last_error.clone() {
            break error;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(
        error.contains("position 2") && error.contains("FromTheFuture"),
        "{error}"
    );
    worker.stop().await;
}
