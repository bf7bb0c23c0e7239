use domain::{
    ActivityEvent, AttachedFile, BlobHash, DealEvent, Event, FileDescription, FileId, OrganizationEvent, PersonEvent,
    PersonId, Personal, TaskEvent, person::ErasureGround,
};
use engine::projection::spec::Spec;
use projections::attachments::{Attachments, Model};
use uuid::Uuid;

use super::{ONE, TWO, march, micros};

const ZOE: Uuid = Uuid::from_u128(0xE0E);
const OFFER: Uuid = Uuid::from_u128(40);

fn attached(personal: bool) -> ActivityEvent {
    let offer = FileDescription {
        name: "Offre.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
    };
    ActivityEvent::ActivityFileAttached {
        file: FileId(OFFER),
        blob: BlobHash([0xAB; 32]),
        size: 12,
        description: (!personal).then(|| offer.clone()),
        personal_description: personal.then(|| Personal::new(PersonId(ZOE), offer)),
    }
}

fn given(personal: bool) -> Spec<Event> {
    Spec::of(Attachments).given_at("activity", ONE, march("01T12:00"), attached(personal))
}

fn row(person: Option<Uuid>) -> Model {
    Model {
        id: OFFER,
        category: "activity".to_owned(),
        record_id: ONE,
        blob: "ab".repeat(32),
        size: 12,
        name: Some("Offre.pdf".to_owned()),
        media_type: Some("application/pdf".to_owned()),
        person_id: person,
        erased: false,
        attached_by: "user:spec".to_owned(),
        attached_at: micros("01T12:00"),
        detached_at: None,
    }
}

#[test]
fn a_file_is_a_row_also_once_it_was_detached() {
    given(false).expect([row(None)]);
    given(false)
        .given_at(
            "activity",
            ONE,
            march("02T12:00"),
            ActivityEvent::ActivityFileDetached { file: FileId(OFFER) },
        )
        .expect([Model {
            detached_at: Some(micros("02T12:00")),
            ..row(None)
        }]);
}

#[test]
fn a_file_may_go_with_a_deal_an_organization_or_a_task() {
    let offer = || AttachedFile {
        file: FileId(OFFER),
        blob: BlobHash([0xAB; 32]),
        size: 12,
        description: FileDescription {
            name: "Offre.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
        },
    };
    let file = FileId(OFFER);
    let kinds: [(&str, Event, Event); 3] = [
        (
            "deal",
            DealEvent::DealFileAttached(offer()).into(),
            DealEvent::DealFileDetached { file }.into(),
        ),
        (
            "organization",
            OrganizationEvent::OrganizationFileAttached(offer()).into(),
            OrganizationEvent::OrganizationFileDetached { file }.into(),
        ),
        (
            "task",
            TaskEvent::TaskFileAttached(offer()).into(),
            TaskEvent::TaskFileDetached { file }.into(),
        ),
    ];
    for (category, attached, detached) in kinds {
        let row = Model {
            category: category.to_owned(),
            ..row(None)
        };
        let given = || Spec::of(Attachments).given_at(category, ONE, march("01T12:00"), attached.clone());
        given().expect([row.clone()]);
        given()
            .given_at(category, ONE, march("02T12:00"), detached)
            .expect([Model {
                detached_at: Some(micros("02T12:00")),
                ..row
            }]);
    }
}

#[test]
fn nothing_is_said_of_an_erased_persons_file() {
    given(true)
        .given(
            "person",
            TWO,
            PersonEvent::PersonErased {
                person: PersonId(ZOE),
                ground: ErasureGround::Request,
            },
        )
        .expect([Model {
            name: None,
            media_type: None,
            erased: true,
            ..row(Some(ZOE))
        }]);
}
