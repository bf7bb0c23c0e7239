//! What the engine is told of our events.

use std::collections::BTreeSet;

use domain::{Event, OversightEvent, PersonEvent, PersonId, TaskEvent, person::ErasureGround, upcast::UPCASTERS};
use engine::{DecodeError, SkippedEvent};
use journal::Position;
use projections::vocabulary;
use uuid::Uuid;

#[test]
fn an_erasure_names_the_person() {
    let person = Uuid::from_u128(1);
    let erased = PersonEvent::PersonErased {
        person: PersonId(person),
        ground: ErasureGround::Request,
    };
    assert_eq!((vocabulary().erased)(&erased.into()), Some(person));
    assert_eq!((vocabulary().erased)(&TaskEvent::TaskCompleted {}.into()), None);
}

#[test]
fn a_skip_names_the_projection_and_the_event() {
    let skipped = OversightEvent::EventSkipped {
        projection: "deals".to_owned(),
        position: 7,
        reason: "a duplicate".to_owned(),
    };
    let expected = SkippedEvent {
        projection: "deals".to_owned(),
        position: Position(7),
    };
    assert_eq!((vocabulary().skipped)(&skipped.into()), Some(expected));
    assert_eq!((vocabulary().skipped)(&TaskEvent::TaskCompleted {}.into()), None);
}

#[test]
fn what_is_not_ours_is_told_apart_from_what_cannot_be_read() {
    let decode = vocabulary().decode;
    assert_eq!(
        decode("tombola", b"{}"),
        Err(DecodeError::UnknownCategory("tombola".to_owned()))
    );
    assert!(matches!(decode("task", b"{}"), Err(DecodeError::Unreadable(_))));
    assert_eq!(
        decode("task", br#"{"TaskCompleted":{}}"#),
        Ok(Event::Task(TaskEvent::TaskCompleted {}))
    );
}

#[test]
fn the_steps_are_the_domains() {
    assert_eq!(vocabulary().upcasters.len(), UPCASTERS.len());
}

#[test]
fn projections_have_names_of_their_own() {
    let names: Vec<_> = projections::all().iter().map(|projection| projection.name()).collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), distinct.len(), "{names:?}");
}
