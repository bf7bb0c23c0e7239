//! The order hammer: whatever writers do and however they die, every reader sees 1..head once and in order.

use std::{sync::Arc, time::Duration};

use journal::{AppendError, Expected, Journal, Position, ReadFilter, StreamId, subscription::subscribe};
use uuid::Uuid;

use crate::{
    backend::{Backend, conformance},
    build::{BatchBuilder, command},
    child::Appender,
    random::Random,
    sound,
    subscribing::until,
};

const SUBSCRIBERS: usize = 8;
const WRITERS: u64 = 6;
const APPENDS_EACH: u64 = 60;
const KILLS: u64 = 5;

async fn eight_subscribers_see_every_position_once_and_in_order(place: impl Backend) {
    let handles = [place.open().await, place.open().await];
    let (end, ended) = tokio::sync::watch::channel(None);
    let mut subscribers = tokio::task::JoinSet::new();
    for number in 0..SUBSCRIBERS {
        subscribers.spawn(subscriber(
            handles[number % 2].clone(),
            number as u64 * 20,
            ended.clone(),
        ));
    }
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..WRITERS {
        writers.spawn(writer(handles[number as usize % 2].clone(), number));
    }
    let url = place.url();
    writers.spawn_blocking(move || killed_writers(&url));
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    // A server may still be finishing the last commit of a dead client.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let head = handles[0].head().await.unwrap().position;
    end.send(Some(head)).unwrap();
    while let Some(done) = subscribers.join_next().await {
        done.unwrap();
    }
    assert_eq!(sound::all_events(&*handles[1]).await.len() as u64, head.0);
}

/// Subscribes some time after the start, and again from where it was after every few pages.
async fn subscriber(journal: Arc<dyn Journal>, delay: u64, mut ended: tokio::sync::watch::Receiver<Option<Position>>) {
    tokio::time::sleep(Duration::from_millis(delay)).await;
    let mut seen = Position::START;
    loop {
        let mut subscription = Box::pin(subscribe(journal.clone(), seen, ReadFilter::default()));
        for _ in 0..5 {
            let end = *ended.borrow_and_update();
            if end == Some(seen) {
                return;
            }
            let events = tokio::select! {
                events = until(&mut subscription, seen.next()) => events,
                _ = ended.changed() => continue,
            };
            for event in events {
                assert_eq!(
                    event.header.position,
                    seen.next(),
                    "a position is missing, or came twice"
                );
                seen = event.header.position;
            }
        }
    }
}

/// Appends with pauses; about every third append is refused.
async fn writer(journal: Arc<dyn Journal>, number: u64) {
    let mut random = Random::new(number);
    for _ in 0..APPENDS_EACH {
        let stream = |number: u64| StreamId::new("deal", Uuid::from_u128(u128::from(number)));
        let one = random.below(5);
        let mut batch = command()
            .write(&stream(one), Expected::Any, 1 + random.below(3) as usize)
            .write(&stream(one + 1), Expected::Any, 1);
        if random.below(3) == 0 {
            batch = batch
                .check(&stream(one), Expected::NoStream)
                .check(&stream(99), Expected::Exists);
        }
        match journal.append(batch).await {
            Ok(_) | Err(AppendError::WrongVersion { .. }) => {}
            Err(other) => panic!("{other}"),
        }
        tokio::time::sleep(Duration::from_micros(random.below(4_000))).await;
    }
}

/// Processes that append as fast as they can and are killed.
fn killed_writers(url: &str) {
    let mut random = Random::new(99);
    for seed in 100..100 + KILLS {
        let child = Appender::start(url, seed, 0, |command| command);
        child.listen().expect("the child ended by itself");
        std::thread::sleep(Duration::from_micros(random.below(40_000)));
        child.kill();
    }
}

conformance![eight_subscribers_see_every_position_once_and_in_order];
