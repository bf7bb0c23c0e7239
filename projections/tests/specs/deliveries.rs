use domain::{
    DeliveryEvent, Event, Language, PersonEvent, PersonId, Personal,
    delivery::{Abandonment, Addressee, Content, DeliveryStatus, Letter, OnDoubt},
    person::ErasureGround,
};
use engine::projection::spec::Spec;
use projections::deliveries::{Deliveries, Model};
use uuid::Uuid;

use super::{ONE, march, micros};

const ZOE: Uuid = Uuid::from_u128(0xE0E);
const EMAIL: &str = "zoe@martin.example";

fn queued() -> DeliveryEvent {
    let addressee = Addressee {
        name: None,
        email: EMAIL.to_owned(),
        variables: std::collections::BTreeMap::new(),
    };
    DeliveryEvent::DeliveryQueued {
        content: Content::letter(Letter {
            template: "invitation".to_owned(),
            language: Language::French,
            addressee: Personal::new(PersonId(ZOE), addressee),
            link: None,
            code: None,
            enclosures: Vec::new(),
        }),
        subject: Some("user:00000000-0000-0000-0000-000000000007".to_owned()),
        on_doubt: OnDoubt::Resend,
        expires_at: None,
    }
}

fn attempted(attempt: u32) -> DeliveryEvent {
    DeliveryEvent::DeliveryAttempted { attempt }
}

fn deferred(attempt: u32) -> DeliveryEvent {
    DeliveryEvent::DeliveryDeferred {
        attempt,
        until: march("09T12:00"),
        reason: "SMTP 451 4.7.1".to_owned(),
    }
}

fn given(events: impl IntoIterator<Item = (&'static str, DeliveryEvent)>) -> Spec<Event> {
    events.into_iter().fold(Spec::of(Deliveries), |spec, (time, event)| {
        spec.given_at("delivery", ONE, march(time), event)
    })
}

/// The row after `version` events, the last of them at `time`.
fn row(status: DeliveryStatus, version: i64, time: &str) -> Model {
    Model {
        id: ONE,
        kind: "MAIL".to_owned(),
        status: status.as_str().to_owned(),
        on_doubt: "RESEND".to_owned(),
        template: Some("invitation".to_owned()),
        subject: Some("user:00000000-0000-0000-0000-000000000007".to_owned()),
        person_id: Some(ZOE),
        recipient: Some(EMAIL.to_owned()),
        attempts: 0,
        tries: 0,
        next_attempt_at: None,
        last_reason: None,
        queued_at: micros("09T09:00"),
        settled_at: None,
        updated_at: micros(time),
        version,
        position: version,
    }
}

#[test]
fn what_is_queued_wants_an_attempt_at_once() {
    given([("09T09:00", queued())]).expect([Model {
        next_attempt_at: Some(micros("09T09:00")),
        ..row(DeliveryStatus::Queued, 1, "09T09:00")
    }]);
}

#[test]
fn an_attempt_without_an_outcome_wants_another_one() {
    given([("09T09:00", queued()), ("09T09:01", attempted(1))]).expect([Model {
        attempts: 1,
        tries: 1,
        next_attempt_at: Some(micros("09T09:01")),
        ..row(DeliveryStatus::Attempting, 2, "09T09:01")
    }]);
}

#[test]
fn what_was_deferred_waits_for_its_time() {
    given([
        ("09T09:00", queued()),
        ("09T09:01", attempted(1)),
        ("09T09:02", deferred(1)),
    ])
    .expect([Model {
        attempts: 1,
        tries: 1,
        next_attempt_at: Some(micros("09T12:00")),
        last_reason: Some("SMTP 451 4.7.1".to_owned()),
        ..row(DeliveryStatus::Deferred, 3, "09T09:02")
    }]);
}

#[test]
fn what_was_sent_wants_nothing() {
    given([
        ("09T09:00", queued()),
        ("09T09:01", attempted(1)),
        ("09T09:02", DeliveryEvent::DeliverySucceeded { attempt: 1 }),
    ])
    .expect([Model {
        attempts: 1,
        tries: 1,
        settled_at: Some(micros("09T09:02")),
        ..row(DeliveryStatus::Sent, 3, "09T09:02")
    }]);
}

#[test]
fn a_dead_letter_says_why_and_begins_anew_when_it_is_queued_again() {
    let failed = DeliveryEvent::DeliveryFailed {
        attempt: 1,
        reason: "SMTP 550 5.1.1".to_owned(),
        permanent: true,
    };
    let history = [("09T09:00", queued()), ("09T09:01", attempted(1)), ("09T09:02", failed)];
    let dead = Model {
        attempts: 1,
        tries: 1,
        last_reason: Some("SMTP 550 5.1.1".to_owned()),
        settled_at: Some(micros("09T09:02")),
        ..row(DeliveryStatus::Dead, 3, "09T09:02")
    };
    given(history.clone()).expect([dead.clone()]);
    given(
        history
            .into_iter()
            .chain([("09T10:00", DeliveryEvent::DeliveryRequeued {})]),
    )
    .expect([Model {
        tries: 0,
        next_attempt_at: Some(micros("09T10:00")),
        settled_at: None,
        attempts: 1,
        last_reason: dead.last_reason,
        ..row(DeliveryStatus::Queued, 4, "09T10:00")
    }]);
}

#[test]
fn what_comes_too_late_is_a_dead_letter() {
    let abandoned = DeliveryEvent::DeliveryAbandoned {
        cause: Abandonment::Expired,
    };
    given([("09T09:00", queued()), ("09T10:00", abandoned)]).expect([Model {
        last_reason: Some("EXPIRED".to_owned()),
        settled_at: Some(micros("09T10:00")),
        ..row(DeliveryStatus::Dead, 2, "09T10:00")
    }]);
}

#[test]
fn what_is_in_doubt_waits_for_a_person() {
    given([
        ("09T09:00", queued()),
        ("09T09:01", attempted(1)),
        ("09T09:02", DeliveryEvent::DeliveryHeld { attempt: 1 }),
    ])
    .expect([Model {
        attempts: 1,
        tries: 1,
        ..row(DeliveryStatus::Unknown, 3, "09T09:02")
    }]);
}

#[test]
fn the_address_of_an_erased_person_is_gone() {
    let erased = PersonEvent::PersonErased {
        person: PersonId(ZOE),
        ground: ErasureGround::Request,
    };
    given([("09T09:00", queued())])
        .given("person", ZOE, erased)
        .expect([Model {
            recipient: None,
            next_attempt_at: Some(micros("09T09:00")),
            ..row(DeliveryStatus::Queued, 1, "09T09:00")
        }]);
}
