//! A process is killed in the middle of its work: what it was told is kept, nothing is half written, and asking again
//! gives the first answer.

use std::time::{Duration, Instant};

use journal::{AppendError, Journal, Position, ReadFilter};

use crate::{
    backend::{Backend, conformance},
    child::{self, Appender, IN_FLIGHT, Said},
    random::Random,
    sound,
};

/// Checks the commands `from..` of a killed child against what it had been told, by sending each again. Returns the
/// first number that the child cannot have come to, and how many had been taken without the child being told.
pub(crate) async fn check(journal: &dyn Journal, seed: u64, from: u64, said: &[Said]) -> (u64, usize) {
    let told = |number: u64| {
        said.iter().find_map(|said| match said {
            Said::Acked {
                number: acked,
                first,
                last,
            } if *acked == number => Some((*first, *last)),
            _ => None,
        })
    };
    let numbers = said.iter().filter_map(|said| match said {
        Said::Acked { number, .. } | Said::Refused { number, .. } => Some(*number),
        Said::Failpoint => None,
    });
    let end = numbers.max().map_or(from, |last| last + 1) + IN_FLIGHT;
    let mut untold = 0;
    for number in from..end {
        let batch = child::batch(seed, number);
        match (journal.append(batch.clone()).await, told(number)) {
            (Ok(again), Some(told)) => {
                assert!(
                    again.replayed,
                    "command {number} of seed {seed} was acknowledged and is lost"
                );
                assert_eq!((again.first, again.last), told);
            }
            // Whether it had been taken or is taken now: a server may finish a commit whose client is dead.
            (Ok(again), None) => untold += usize::from(again.replayed),
            (Err(AppendError::WrongVersion { .. }), None) => {}
            (Err(error), told) => panic!("command {number} of seed {seed}, told {told:?}: {error}"),
        }
    }
    (end, untold)
}

/// All of a command's events are there, together, or none. Returns the journal's end.
async fn check_whole(journal: &dyn Journal, seed: u64, numbers: std::ops::Range<u64>, after: Position) -> Position {
    let page = journal
        .read(after, usize::MAX >> 1, &ReadFilter::default())
        .await
        .unwrap();
    for number in numbers {
        let batch = child::batch(seed, number);
        let events = sound::events_of(&page.events, batch.command.id);
        assert!(
            events.is_empty() || events.len() == child::event_count(&batch),
            "command {number} is half written"
        );
    }
    page.last
}

async fn a_kill_at_any_failpoint_loses_and_halves_nothing(place: impl Backend) {
    let journal = place.open().await;
    let seed = 4_711;
    let mut from = 0;
    for failpoint in place.failpoints() {
        let child = Appender::start(&place.url(), seed, from, |mut command| {
            command.env("ALFORIS_FAILPOINT", format!("{failpoint}:4"));
            command
        });
        let mut said = Vec::new();
        loop {
            match child.listen() {
                Some(Said::Failpoint) => break,
                Some(other) => said.push(other),
                None => panic!("the child ended before {failpoint}: {said:?}"),
            }
        }
        assert!(!said.is_empty(), "nothing was acknowledged before {failpoint}");
        // Readers are not held up by a writer that stands still in its transaction.
        let reading = tokio::time::timeout(Duration::from_secs(5), sound::all_events(&*journal));
        let after = Position(reading.await.expect("a reader waits for a writer").len() as u64);
        said.extend(child.kill());
        let (end, untold) = check(&*journal, seed, from, &said).await;
        assert!(failpoint != "committed" || untold > 0, "what was committed is lost");
        check_whole(&*journal, seed, from..end, Position::START).await;
        assert!(journal.head().await.unwrap().position >= after);
        from = end;
    }
    sound::all_events(&*journal).await;
}

/// Kills fifty children at random moments, each going on where the one before was killed.
async fn fifty_random_kills(place: impl Backend, seed: u64) {
    let journal = place.open().await;
    let mut random = Random::new(seed);
    let (mut from, mut after) = (0, Position::START);
    for _ in 0..50 {
        let child = Appender::start(&place.url(), seed, from, |command| command);
        let mut said = vec![child.listen().expect("the child ended by itself")];
        let end = Instant::now() + Duration::from_micros(random.below(12_000));
        while Instant::now() < end {
            std::thread::sleep(Duration::from_micros(100));
        }
        said.extend(child.kill());
        let (end, _) = check(&*journal, seed, from, &said).await;
        after = check_whole(&*journal, seed, from..end, after).await;
        from = end;
    }
    let events = sound::all_events(&*journal).await;
    assert_eq!(events.len() as u64, after.0);
    check_whole(&*journal, seed, 0..from, Position::START).await;
}

async fn random_kills_lose_and_halve_nothing_first_fifty(place: impl Backend) {
    fifty_random_kills(place, 1).await;
}

async fn random_kills_lose_and_halve_nothing_second_fifty(place: impl Backend) {
    fifty_random_kills(place, 2).await;
}

async fn random_kills_lose_and_halve_nothing_third_fifty(place: impl Backend) {
    fifty_random_kills(place, 3).await;
}

async fn random_kills_lose_and_halve_nothing_fourth_fifty(place: impl Backend) {
    fifty_random_kills(place, 4).await;
}

conformance![
    a_kill_at_any_failpoint_loses_and_halves_nothing,
    random_kills_lose_and_halve_nothing_first_fifty,
    random_kills_lose_and_halve_nothing_second_fifty,
    random_kills_lose_and_halve_nothing_third_fifty,
    random_kills_lose_and_halve_nothing_fourth_fifty,
];
