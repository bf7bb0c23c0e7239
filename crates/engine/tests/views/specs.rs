use std::collections::BTreeSet;

use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec, projection::spec::Spec};
use proptest::prelude::*;
use uuid::Uuid;

use super::ledger::{Event, Items, Members, items, members};

#[test]
fn a_spec_shows_the_rows_after_its_events() {
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    Spec::of(Items::default())
        .given("item", one, Event::opened("a", 5))
        .given("item", two, Event::opened("a", 7))
        .given("item", one, Event::Added { amount: 10 })
        .given("item", two, Event::Closed)
        .expect([items::Model {
            id: one,
            group: "a".into(),
            amount: 15,
            changes: 1,
            note: None,
            last_position: 3,
        }]);
}

#[test]
fn a_lookup_sees_what_earlier_events_of_the_page_changed() {
    let (one, two, other) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    Spec::of(Members::default())
        .given("item", one, Event::opened("a", 5))
        .given("item", two, Event::opened("b", 5))
        .given("item", one, Event::Moved { group: "b".into() })
        .given("item", other, Event::GroupCleared { group: "b".into() })
        .given("item", two, Event::Moved { group: "a".into() })
        .given("item", other, Event::GroupCleared { group: "c".into() })
        .expect([
            members::Model {
                id: one,
                group: "b".into(),
                cleared: true,
            },
            members::Model {
                id: two,
                group: "a".into(),
                cleared: true,
            },
        ]);
}

#[test]
fn a_failed_event_leaves_no_trace_and_holds_its_partition_back() {
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let spec = Spec::of(Items::default())
        .given("item", one, Event::opened("a", 5))
        .given("item", one, Event::Odd)
        .given("item", two, Event::opened("a", 7))
        .given("item", one, Event::Added { amount: 1 })
        .given("item", two, Event::Added { amount: 1 });
    spec.expect_waiting(&[2, 4]);
}

/// Reads what it has not named: works only as long as the row happens to be in memory.
struct Careless;

impl Projection<Event> for Careless {
    fn name(&self) -> &'static str {
        "careless"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![TableSpec::of::<items::Entity>()]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(event.header.stream.id.to_string())
    }

    fn needs(&self, _: &Recorded<Event>, _: &mut Needs) {}

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        if let Event::Opened { .. } = event.event {
            return Items::default().apply(event, rows);
        }
        // It does not even look whether it got the row.
        let _ = rows.get::<items::Entity>(event.header.stream.id);
        Ok(())
    }
}

#[test]
fn reading_a_row_that_was_not_named_fails_the_event_even_when_it_is_in_memory() {
    let one = Uuid::from_u128(1);
    Spec::of(Careless)
        .given("item", one, Event::opened("a", 5))
        .given("item", one, Event::Added { amount: 1 })
        .expect_waiting(&[2]);
}

#[test]
fn a_projection_that_panics_fails_that_event_only() {
    struct Panics;
    impl Projection<Event> for Panics {
        fn name(&self) -> &'static str {
            "panics"
        }
        fn version(&self) -> u32 {
            1
        }
        fn tables(&self) -> Vec<TableSpec> {
            vec![TableSpec::of::<items::Entity>()]
        }
        fn partition(&self, event: &Recorded<Event>) -> Option<String> {
            Some(event.header.stream.id.to_string())
        }
        fn needs(&self, _: &Recorded<Event>, _: &mut Needs) {}
        fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
            assert!(!matches!(event.event, Event::Odd), "a bug");
            Items::default().apply(event, rows)
        }
    }
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    Spec::of(Panics)
        .given("item", one, Event::opened("a", 5))
        .given("item", one, Event::Odd)
        .given("item", two, Event::opened("a", 5))
        .expect_waiting(&[2]);
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => ("[ab]", 0..100_i64).prop_map(|(group, amount)| Event::Opened { group, amount }),
        5 => (0..100_i64).prop_map(|amount| Event::Added { amount }),
        2 => "[ab]".prop_map(|group| Event::Moved { group }),
        1 => Just(Event::Closed),
        1 => Just(Event::Odd),
        1 => "[ab]".prop_map(|group| Event::GroupCleared { group }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever happens, also what makes no sense: every way of delivering the events comes out alike, and exactly what
    /// failed waits with everything behind it.
    #[test]
    fn any_events_come_out_alike_however_they_are_delivered(
        events in prop::collection::vec((0..6_u128, any_event()), 1..60)
    ) {
        let mut spec = Spec::of(Items::default());
        let (mut present, mut failed, mut waiting) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for (at, (item, event)) in events.into_iter().enumerate() {
            let misses = matches!(event, Event::Added { .. } | Event::Moved { .. }) && !present.contains(&item);
            if failed.contains(&item) || misses || event == Event::Odd {
                failed.insert(item);
                waiting.push(at as u64 + 1);
            } else if event == Event::Closed {
                present.remove(&item);
            } else if matches!(event, Event::Opened { .. }) {
                present.insert(item);
            }
            spec = spec.given("item", Uuid::from_u128(item), event);
        }
        spec.expect_waiting(&waiting);
    }
}
