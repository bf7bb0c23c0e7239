//! Catching up and staying live.

use std::{sync::Arc, time::Duration};

use futures::{Stream, StreamExt};
use journal::{
    Expected, Journal, JournalError, Page, Position, ReadFilter, RecordedEvent, Timestamp, subscription::subscribe,
};

use crate::{
    backend::{Backend, conformance},
    build::{BatchBuilder, append, command, stream},
};

/// Reads on until everything up to `last` was looked at.
pub(crate) async fn until(
    subscription: &mut (impl Stream<Item = Result<Page, JournalError>> + Unpin),
    last: Position,
) -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    loop {
        let page = tokio::time::timeout(Duration::from_secs(20), subscription.next());
        let page = page.await.expect("the subscription stands still").unwrap().unwrap();
        events.extend(page.events);
        if page.last >= last {
            return events;
        }
    }
}

fn positions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.header.position.0).collect()
}

async fn a_subscription_catches_up_and_stays_live(place: impl Backend) {
    let journal = place.open().await;
    let deal = stream("deal");
    journal
        .append(command().write(&deal, Expected::NoStream, 10))
        .await
        .unwrap();
    let mut subscription = Box::pin(subscribe(journal.clone(), Position(4), ReadFilter::default()));
    assert_eq!(
        positions(&until(&mut subscription, Position(10)).await),
        (5..=10).collect::<Vec<_>>()
    );
    for position in 11..=15 {
        journal.append(append(&deal, Expected::Any)).await.unwrap();
        assert_eq!(
            positions(&until(&mut subscription, Position(position)).await),
            [position]
        );
    }
}

async fn appends_of_another_handle_are_noticed_soon(place: impl Backend) {
    let (here, there) = (place.open().await, place.open().await);
    let mut hint = here.head_hint();
    there.append(append(&stream("deal"), Expected::Any)).await.unwrap();
    let noticed = tokio::time::timeout(Duration::from_secs(2), hint.wait_for(|head| *head == Position(1)));
    noticed.await.expect("the other's append was not noticed").unwrap();
}

async fn a_filter_leaves_events_out_but_not_positions(place: impl Backend) {
    let journal = place.open().await;
    let (deal, task) = (stream("deal"), stream("task"));
    for _ in 0..3 {
        let batch = command().write(&deal, Expected::Any, 1).write(&task, Expected::Any, 1);
        journal.append(batch).await.unwrap();
    }
    let mut late = append(&task, Expected::Any);
    late.writes[0].events[0].occurred_at = Timestamp(1_800_000_000_000_000);
    journal.append(late).await.unwrap();

    let read = |filter: ReadFilter| {
        let journal: Arc<dyn Journal> = journal.clone();
        async move {
            let page = journal.read(Position::START, 100, &filter).await.unwrap();
            assert_eq!((page.last, page.head), (Position(7), Position(7)));
            positions(&page.events)
        }
    };
    let deals = ReadFilter {
        categories: vec!["deal".into()],
        occurred_until: None,
    };
    assert_eq!(read(deals.clone()).await, [1, 3, 5]);
    let tasks = ReadFilter {
        categories: vec!["task".into()],
        occurred_until: None,
    };
    assert_eq!(read(tasks.clone()).await, [2, 4, 6, 7]);
    let early = Some(Timestamp(1_700_000_000_000_000));
    assert_eq!(
        read(ReadFilter {
            occurred_until: early,
            ..tasks
        })
        .await,
        [2, 4, 6]
    );
    let both = ReadFilter {
        categories: vec!["person".into(), "deal".into(), "task".into()],
        occurred_until: early,
    };
    assert_eq!(read(both).await, [1, 2, 3, 4, 5, 6]);

    let mut subscription = Box::pin(subscribe(journal.clone(), Position::START, deals));
    assert_eq!(positions(&until(&mut subscription, Position(7)).await), [1, 3, 5]);
}

async fn pages_end_where_they_are_told_to(place: impl Backend) {
    let journal = place.open().await;
    journal
        .append(command().write(&stream("deal"), Expected::Any, 10))
        .await
        .unwrap();
    let page = |after, limit| {
        let journal = journal.clone();
        async move {
            journal
                .read(Position(after), limit, &ReadFilter::default())
                .await
                .unwrap()
        }
    };
    for (after, limit, last, positions_read) in [(0, 3, 3, vec![1, 2, 3]), (8, 3, 10, vec![9, 10]), (10, 3, 10, vec![])]
    {
        let page = page(after, limit).await;
        assert_eq!((page.last, page.head), (Position(last), Position(10)));
        assert_eq!(positions(&page.events), positions_read);
    }
    let beyond = page(99, 3).await;
    assert_eq!((beyond.last, beyond.events.len()), (Position(99), 0));
}

conformance![
    a_subscription_catches_up_and_stays_live,
    appends_of_another_handle_are_noticed_soon,
    a_filter_leaves_events_out_but_not_positions,
    pages_end_where_they_are_told_to,
];
