use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::{
    Abandonment, Addressee, Content, Delivery, DeliveryCommand, DeliveryError, DeliveryEvent, DeliveryStatus,
    Enclosure, Letter, Link, OnDoubt, QueueDelivery, TokenName,
};
use crate::{BlobHash, FileDescription, InvalidValue, Language, PersonId, Personal, value::Problem};

const ZOE: PersonId = PersonId(Uuid::from_u128(3));
const REASON: &str = "SMTP 451 4.7.1";

fn time(minute: u32) -> DateTime<Utc> {
    format!("2026-03-09T09:{minute:02}:00Z").parse().unwrap()
}

fn letter(email: &str) -> Letter {
    Letter {
        template: "invitation".to_owned(),
        language: Language::French,
        addressee: Personal::new(
            ZOE,
            Addressee {
                name: Some("Zoé Martin".to_owned()),
                email: email.to_owned(),
                variables: BTreeMap::from([("inviter".to_owned(), "Inès".to_owned())]),
            },
        ),
        link: Some(Link {
            path: "/invitation#{token}".to_owned(),
            token: Some(TokenName {
                purpose: "invitation".to_owned(),
                id: Uuid::from_u128(4),
            }),
        }),
        code: None,
        enclosures: vec![Enclosure {
            blob: BlobHash([1; 32]),
            description: FileDescription {
                name: "Offre.pdf".to_owned(),
                media_type: "application/pdf".to_owned(),
            },
        }],
    }
}

fn to_zoe() -> QueueDelivery {
    QueueDelivery::of(Content::letter(letter("zoe@martin.example")))
}

fn queued_with(on_doubt: OnDoubt) -> DeliveryEvent {
    DeliveryEvent::DeliveryQueued {
        content: to_zoe().content,
        subject: None,
        on_doubt,
        expires_at: None,
    }
}

fn queued() -> DeliveryEvent {
    queued_with(OnDoubt::Resend)
}

fn attempted(attempt: u32) -> DeliveryEvent {
    DeliveryEvent::DeliveryAttempted { attempt }
}

fn deferred(attempt: u32, minute: u32) -> DeliveryEvent {
    DeliveryEvent::DeliveryDeferred {
        attempt,
        until: time(minute),
        reason: REASON.to_owned(),
    }
}

fn failed() -> DeliveryEvent {
    DeliveryEvent::DeliveryFailed {
        attempt: 1,
        reason: "SMTP 550 5.1.1".to_owned(),
        permanent: true,
    }
}

fn attempt(attempt: u32, minute: u32) -> DeliveryCommand {
    DeliveryCommand::Attempt {
        attempt,
        at: time(minute),
    }
}

fn defer(attempt: u32) -> DeliveryCommand {
    DeliveryCommand::Defer {
        attempt,
        until: time(30),
        reason: REASON.to_owned(),
    }
}

fn given(events: impl IntoIterator<Item = DeliveryEvent>) -> cqrs_es::test::AggregateTestExecutor<Delivery> {
    TestFramework::<Delivery>::with(()).given(events.into_iter().collect())
}

#[test]
fn a_letter_is_queued() {
    TestFramework::<Delivery>::with(())
        .given_no_previous_events()
        .when(DeliveryCommand::Queue(to_zoe()))
        .then_expect_events(vec![queued()]);
}

#[test]
fn a_letter_needs_an_address() {
    let nowhere = QueueDelivery::of(Content::letter(letter("zoe at home")));
    TestFramework::<Delivery>::with(())
        .given_no_previous_events()
        .when(DeliveryCommand::Queue(nowhere))
        .then_expect_error(InvalidValue::new("email", Problem::NotAnEmail).into());
}

#[test]
fn nobody_writes_to_an_erased_person() {
    let mut to_nobody = letter("zoe@martin.example");
    to_nobody.addressee = Personal::Erased { person: ZOE };
    TestFramework::<Delivery>::with(())
        .given_no_previous_events()
        .when(DeliveryCommand::Queue(QueueDelivery::of(Content::letter(to_nobody))))
        .then_expect_error(InvalidValue::new("addressee", Problem::Erased).into());
}

#[test]
fn a_name_cannot_smuggle_in_a_header() {
    let mut forged = letter("zoe@martin.example");
    forged.addressee = Personal::new(
        ZOE,
        Addressee {
            name: Some("Zoé\r\nBcc: all@martin.example".to_owned()),
            email: "zoe@martin.example".to_owned(),
            variables: BTreeMap::new(),
        },
    );
    TestFramework::<Delivery>::with(())
        .given_no_previous_events()
        .when(DeliveryCommand::Queue(QueueDelivery::of(Content::letter(forged))))
        .then_expect_error(InvalidValue::new("name", Problem::ControlCharacter).into());
}

#[test]
fn an_attempt_is_recorded_before_it_is_made() {
    given([queued()])
        .when(attempt(1, 0))
        .then_expect_events(vec![attempted(1)]);
}

#[test]
fn of_two_workers_one_has_the_attempt() {
    given([queued(), attempted(1), deferred(1, 5)])
        .when(attempt(1, 6))
        .then_expect_error(DeliveryError::Superseded);
    given([queued()])
        .when(attempt(2, 0))
        .then_expect_error(DeliveryError::Superseded);
}

#[test]
fn a_deferred_delivery_waits() {
    given([queued(), attempted(1), deferred(1, 5)])
        .when(attempt(2, 4))
        .then_expect_error(DeliveryError::NotDue { until: time(5) });
    given([queued(), attempted(1), deferred(1, 5)])
        .when(attempt(2, 5))
        .then_expect_events(vec![attempted(2)]);
}

#[test]
fn an_attempt_without_an_outcome_is_made_again() {
    given([queued(), attempted(1)])
        .when(attempt(2, 1))
        .then_expect_events(vec![attempted(2)]);
}

#[test]
fn what_must_not_be_sent_twice_is_held_for_a_person() {
    let doubtful = || [queued_with(OnDoubt::Hold), attempted(1)];
    given(doubtful())
        .when(attempt(2, 1))
        .then_expect_error(DeliveryError::InDoubt);
    given(doubtful())
        .when(DeliveryCommand::Hold { attempt: 1 })
        .then_expect_events(vec![DeliveryEvent::DeliveryHeld { attempt: 1 }]);
    let held = || {
        doubtful()
            .into_iter()
            .chain([DeliveryEvent::DeliveryHeld { attempt: 1 }])
    };
    given(held())
        .when(DeliveryCommand::Confirm)
        .then_expect_events(vec![DeliveryEvent::DeliveryConfirmed {}]);
    given(held())
        .when(DeliveryCommand::Requeue)
        .then_expect_events(vec![DeliveryEvent::DeliveryRequeued {}]);
    given(held())
        .when(DeliveryCommand::Cancel { reason: None })
        .then_expect_events(vec![DeliveryEvent::DeliveryCancelled { reason: None }]);
    given(held().chain([DeliveryEvent::DeliveryRequeued {}]))
        .when(attempt(2, 2))
        .then_expect_events(vec![attempted(2)]);
}

#[test]
fn an_outcome_belongs_to_its_attempt() {
    given([queued(), attempted(1)])
        .when(defer(1))
        .then_expect_events(vec![deferred(1, 30)]);
    given([queued(), attempted(1), attempted(2)])
        .when(defer(1))
        .then_expect_error(DeliveryError::Superseded);
}

#[test]
fn what_was_sent_was_sent_however_late_we_learn_of_it() {
    let succeeded = || DeliveryEvent::DeliverySucceeded { attempt: 1 };
    let succeed = || DeliveryCommand::Succeed { attempt: 1 };
    let cancelled = DeliveryEvent::DeliveryCancelled { reason: None };
    for history in [
        vec![queued(), attempted(1)],
        vec![queued(), attempted(1), attempted(2)],
        vec![queued(), attempted(1), attempted(2), deferred(2, 5)],
        vec![queued(), attempted(1), failed()],
        vec![queued(), attempted(1), deferred(1, 5), cancelled],
    ] {
        given(history).when(succeed()).then_expect_events(vec![succeeded()]);
    }
    given([queued(), attempted(1), succeeded()])
        .when(succeed())
        .then_expect_events(vec![]);
    given([queued()])
        .when(succeed())
        .then_expect_error(DeliveryError::Superseded);
}

#[test]
fn a_dead_letter_is_tried_again_when_a_person_wants_it() {
    given([queued(), attempted(1), failed()])
        .when(attempt(2, 1))
        .then_expect_error(DeliveryError::Settled {
            status: DeliveryStatus::Dead,
        });
    given([queued(), attempted(1), failed()])
        .when(DeliveryCommand::Requeue)
        .then_expect_events(vec![DeliveryEvent::DeliveryRequeued {}]);
    given([queued(), attempted(1), failed(), DeliveryEvent::DeliveryRequeued {}])
        .when(attempt(2, 1))
        .then_expect_events(vec![attempted(2)]);
}

#[test]
fn what_waits_for_later_is_tried_now_when_a_person_wants_it() {
    let again = [
        queued(),
        attempted(1),
        deferred(1, 30),
        DeliveryEvent::DeliveryRequeued {},
    ];
    given(again).when(attempt(2, 1)).then_expect_events(vec![attempted(2)]);
    given([queued()])
        .when(DeliveryCommand::Requeue)
        .then_expect_events(vec![]);
}

#[test]
fn nothing_is_cancelled_while_it_is_under_way() {
    given([queued(), attempted(1)])
        .when(DeliveryCommand::Cancel { reason: None })
        .then_expect_error(DeliveryError::UnderWay);
    given([queued(), attempted(1), DeliveryEvent::DeliverySucceeded { attempt: 1 }])
        .when(DeliveryCommand::Cancel { reason: None })
        .then_expect_error(DeliveryError::Settled {
            status: DeliveryStatus::Sent,
        });
}

#[test]
fn what_comes_too_late_is_given_up() {
    let cause = Abandonment::Expired;
    given([queued()])
        .when(DeliveryCommand::Abandon { cause })
        .then_expect_events(vec![DeliveryEvent::DeliveryAbandoned { cause }]);
    given([queued(), DeliveryEvent::DeliveryAbandoned { cause }])
        .when(DeliveryCommand::Abandon { cause })
        .then_expect_events(vec![]);
}
