use domain::{
    ActivityEvent, ContactEvent, ContactId, Event, OrganizationEvent, OrganizationId, PersonEvent, PersonId, Personal,
    TaskEvent,
    activity::{About, ActivityContent, ActivityDirection, ActivityWords, GeoPlace},
    contact::{ConsentPurpose, ConsentSource, DetailsChanges, PersonDetails},
    organization::ContactDetails,
    person::ErasureGround,
};
use engine::projection::spec::Spec;
use projections::{
    activities, consents,
    contacts::{self, Contacts, Model, likeness, main_contact_id, tags},
    dossiers, timeline,
};
use uuid::Uuid;

use super::{ONE, TWO, march, micros};

const ZOE: PersonId = PersonId(Uuid::from_u128(3));

fn text(text: &str) -> String {
    text.to_owned()
}

fn details() -> PersonDetails {
    PersonDetails {
        first_name: Some(text("Zoé")),
        last_name: Some(text("Éluard")),
        job_title: Some(text("CFO")),
        emails: vec![text("Zoe@Martin.example"), text("z@home.example")],
        phones: vec![text("+33 1 99 00 12 34")],
        language: Some(text("fr")),
    }
}

fn added(details: Personal<PersonDetails>) -> ContactEvent {
    ContactEvent::ContactAdded {
        organization: Some(OrganizationId(TWO)),
        details,
        billing: true,
        signatory: false,
        owner: None,
        external_reference: None,
    }
}

fn row() -> Model {
    Model {
        id: ONE,
        person_id: ZOE.0,
        erased: false,
        organization_id: Some(TWO),
        main_of: None,
        first_name: Some(text("Zoé")),
        last_name: Some(text("Éluard")),
        full_name: Some(text("Zoé Éluard")),
        name_folded: Some(text("eluard zoe")),
        job_title: Some(text("CFO")),
        email: Some(text("Zoe@Martin.example")),
        email_folded: Some(text("zoe@martin.example")),
        emails: Some(text(r#"["Zoe@Martin.example","z@home.example"]"#)),
        phone: Some(text("+33 1 99 00 12 34")),
        phones: Some(text(r#"["+33 1 99 00 12 34"]"#)),
        language: Some(text("fr")),
        billing: true,
        signatory: false,
        owner_id: None,
        external_reference: None,
        archived_at: None,
        merged_into: None,
        added_at: micros("01T12:00"),
        updated_at: micros("01T12:00"),
        version: 1,
        position: 1,
    }
}

/// The row as it is once Zoé's data is gone.
fn without_zoe() -> Model {
    Model {
        erased: true,
        first_name: None,
        last_name: None,
        full_name: None,
        name_folded: None,
        job_title: None,
        email: None,
        email_folded: None,
        emails: None,
        phone: None,
        phones: None,
        language: None,
        ..row()
    }
}

fn given() -> Spec<Event> {
    Spec::of(Contacts).given_at("contact", ONE, march("01T12:00"), added(Personal::new(ZOE, details())))
}

fn erased() -> PersonEvent {
    PersonEvent::PersonErased {
        person: ZOE,
        ground: ErasureGround::Request,
    }
}

#[test]
fn a_contact_is_a_row_with_marks() {
    given().expect([row()]);
    let marks: Vec<_> = given()
        .rows::<likeness::Entity>()
        .into_iter()
        .map(|row| row.mark)
        .collect();
    assert_eq!(
        marks,
        [
            text("EMAIL:z@home.example"),
            text("EMAIL:zoe@martin.example"),
            format!("NAME:eluard zoe {TWO}"),
            text("PHONE:0199001234"),
            format!("SIMILAR_NAME:elua zo {TWO}"),
        ]
    );
}

#[test]
fn a_change_leaves_the_rest_as_it_was() {
    let changes = DetailsChanges {
        first_name: Some(None),
        emails: Some(Vec::new()),
        ..DetailsChanges::default()
    };
    let changed = ContactEvent::ContactChanged {
        details: Personal::new(ZOE, changes),
    };
    given()
        .given_at("contact", ONE, march("02T12:00"), changed)
        .expect([Model {
            first_name: None,
            full_name: Some(text("Éluard")),
            name_folded: Some(text("eluard")),
            email: None,
            email_folded: None,
            emails: Some(text("[]")),
            updated_at: micros("02T12:00"),
            version: 2,
            position: 2,
            ..row()
        }]);
}

#[test]
fn an_erased_person_leaves_a_row_that_says_nothing() {
    let live = given().given("person", ZOE.0, erased());
    live.expect([without_zoe()]);
    assert_eq!(live.rows::<likeness::Entity>(), []);
    let rebuilt = Spec::of(Contacts)
        .given_at(
            "contact",
            ONE,
            march("01T12:00"),
            added(Personal::Erased { person: ZOE }),
        )
        .given("person", ZOE.0, erased());
    rebuilt.expect([without_zoe()]);
    assert_eq!(rebuilt.rows::<likeness::Entity>(), []);
}

#[test]
fn tags_are_rows_and_merges_are_followed() {
    let spec = given()
        .given(
            "contact",
            ONE,
            ContactEvent::ContactTagged {
                tags: vec![text("Clé"), text("x")],
            },
        )
        .given("contact", ONE, ContactEvent::ContactUntagged { tags: vec![text("x")] })
        .given(
            "contact",
            ONE,
            ContactEvent::ContactMergedInto {
                survivor: ContactId(TWO),
            },
        );
    assert_eq!(spec.rows::<tags::Entity>()[0].tag_folded, "cle");
    assert_eq!(spec.rows::<contacts::Entity>()[0].merged_into, Some(TWO));
    assert_eq!(spec.rows::<likeness::Entity>(), []);
}

#[test]
fn the_main_contact_of_an_organization_is_among_its_contacts() {
    let named = |person: PersonId, name: &str| OrganizationEvent::OrganizationContactNamed {
        contact: Personal::new(
            person,
            ContactDetails {
                name: text(name),
                email: None,
                phone: None,
            },
        ),
    };
    let ada = PersonId(Uuid::from_u128(4));
    let spec = Spec::of(Contacts)
        .given("organization", ONE, named(ZOE, "Zoé Éluard"))
        .given("organization", TWO, named(ZOE, "Zoé Éluard"))
        .given("organization", ONE, named(ada, "Ada"));
    let shown = |spec: &Spec<Event>| -> Vec<_> {
        let rows = spec.rows::<contacts::Entity>();
        let mut shown: Vec<_> = rows
            .into_iter()
            .map(|row| (row.main_of, row.id, row.full_name))
            .collect();
        shown.sort();
        shown
    };
    let first = (Some(ONE), main_contact_id(ONE, ada.0), Some(text("Ada")));
    assert_eq!(
        shown(&spec),
        [
            first.clone(),
            (Some(TWO), main_contact_id(TWO, ZOE.0), Some(text("Zoé Éluard")))
        ]
    );
    let spec = spec.given("person", ZOE.0, erased());
    assert_eq!(shown(&spec), [first, (Some(TWO), main_contact_id(TWO, ZOE.0), None)]);
    let spec = spec.given("organization", ONE, OrganizationEvent::OrganizationContactRemoved {});
    assert_eq!(shown(&spec).len(), 1);
}

#[test]
fn a_consent_is_the_last_thing_that_was_said() {
    let purpose = ConsentPurpose::Newsletter;
    let yes = ContactEvent::ConsentGiven {
        purpose,
        source: ConsentSource::WebForm,
        text: Some(text("I want it.")),
        evidence: Some(Personal::new(ZOE, text("Form 12"))),
    };
    let no = ContactEvent::ConsentWithdrawn {
        purpose,
        source: ConsentSource::Phone,
        evidence: None,
    };
    let given = consents::Model {
        id: format!("{ONE}/NEWSLETTER"),
        contact_id: ONE,
        purpose: text("NEWSLETTER"),
        given: true,
        since: micros("01T12:00"),
        source: text("WEB_FORM"),
        text: Some(text("I want it.")),
        evidence: Some(text("Form 12")),
        person_id: Some(ZOE.0),
        position: 1,
    };
    let spec = || Spec::of(consents::Consents).given_at("contact", ONE, march("01T12:00"), yes.clone());
    spec().expect([given.clone()]);
    spec().given("person", ZOE.0, erased()).expect([consents::Model {
        evidence: None,
        ..given.clone()
    }]);
    spec()
        .given_at("contact", ONE, march("02T12:00"), no)
        .expect([consents::Model {
            given: false,
            since: micros("02T12:00"),
            source: text("PHONE"),
            text: None,
            evidence: None,
            person_id: None,
            position: 2,
            ..given
        }]);
}

fn about() -> About {
    About {
        contact: Some(ContactId(TWO)),
        ..About::default()
    }
}

fn email() -> ActivityEvent {
    ActivityEvent::ActivityRecorded {
        content: ActivityContent::Email {
            direction: ActivityDirection::Inbound,
        },
        about: about(),
        words: None,
        personal_words: Some(Personal::new(
            ZOE,
            ActivityWords {
                subject: Some(text("Prices")),
                body: Some(text("Too high.")),
            },
        )),
        author: None,
        external_reference: None,
    }
}

#[test]
fn an_activity_is_corrected_withdrawn_and_forgotten() {
    let spec = || Spec::of(activities::Activities).given_at("activity", ONE, march("01T12:00"), email());
    let row = spec().rows::<activities::Entity>().remove(0);
    assert_eq!(
        (
            row.kind.as_str(),
            row.direction.as_deref(),
            row.subject.as_deref(),
            row.contact_id
        ),
        ("EMAIL", Some("INBOUND"), Some("Prices"), Some(TWO))
    );
    let reworded = ActivityEvent::ActivityCorrected {
        content: None,
        words: None,
        personal_words: Some(Personal::new(
            ZOE,
            ActivityWords {
                subject: Some(text("Delays")),
                body: None,
            },
        )),
    };
    let corrected = spec()
        .given("activity", ONE, reworded)
        .rows::<activities::Entity>()
        .remove(0);
    assert_eq!((corrected.subject.as_deref(), corrected.body), (Some("Delays"), None));
    assert_eq!(corrected.direction.as_deref(), Some("INBOUND"));
    let withdrawn = ActivityEvent::ActivityWithdrawn {
        reason: Some(text("Another")),
    };
    let withdrawn = spec()
        .given("activity", ONE, withdrawn)
        .rows::<activities::Entity>()
        .remove(0);
    assert!(withdrawn.withdrawn_at.is_some() && withdrawn.subject.is_none() && withdrawn.body.is_none());
    spec().given("person", ZOE.0, erased()).expect([activities::Model {
        erased: true,
        subject: None,
        body: None,
        ..row
    }]);
}

#[test]
fn the_place_of_a_check_in_goes_with_whoever_was_there() {
    let place = GeoPlace {
        latitude_e6: 45_739_411,
        longitude_e6: 4_815_232,
        accuracy: 12,
    };
    let visit = ActivityEvent::ActivityRecorded {
        content: ActivityContent::CheckIn {
            place: Personal::new(ZOE, place),
        },
        about: about(),
        words: None,
        personal_words: None,
        author: None,
        external_reference: None,
    };
    let spec = Spec::of(activities::Activities).given("activity", ONE, visit);
    let row = spec.rows::<activities::Entity>().remove(0);
    assert_eq!(
        (row.latitude, row.longitude, row.accuracy),
        (Some(45.739_411), Some(4.815_232), Some(12))
    );
    spec.given("person", ZOE.0, erased()).expect([activities::Model {
        latitude: None,
        longitude: None,
        accuracy: None,
        ..row
    }]);
}

#[test]
fn a_timeline_has_a_row_for_each_thing_that_happened() {
    let spec = Spec::of(timeline::Timeline)
        .given_at("contact", ONE, march("01T12:00"), added(Personal::new(ZOE, details())))
        .given("person", ZOE.0, erased())
        .given_at("task", TWO, march("02T12:00"), TaskEvent::TaskCompleted {});
    let rows: Vec<_> = spec
        .rows::<timeline::Entity>()
        .into_iter()
        .map(|row| (row.position, row.category, row.stream_id, row.occurred_at))
        .collect();
    let entry = |position, category: &str, stream_id, time| (position, text(category), stream_id, micros(time));
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0], entry(1, "contact", ONE, "01T12:00"));
    assert_eq!((rows[1].0, rows[1].1.as_str()), (2, "person"));
    assert_eq!(rows[2], entry(3, "task", TWO, "02T12:00"));
}

#[test]
fn a_dossier_says_where_something_is_said_of_a_person() {
    let spec = Spec::of(dossiers::Dossiers)
        .given("contact", ONE, added(Personal::new(ZOE, details())))
        .given("contact", ONE, ContactEvent::ContactArchived {})
        .given("activity", ONE, email())
        .given("person", ZOE.0, erased());
    let rows: Vec<_> = spec
        .rows::<dossiers::Entity>()
        .iter()
        .map(|row| (row.person_id, row.position))
        .collect();
    assert_eq!(rows, [(ZOE.0, 1), (ZOE.0, 3), (ZOE.0, 4)]);
}
