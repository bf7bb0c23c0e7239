use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::{
    AttachedFile, BlobHash, ContactId, FileDescription, FileError, FileId, OrganizationId, PersonId, Personal, Refusal,
    UserId,
};

const ZOE: PersonId = PersonId(Uuid::from_u128(3));
const INES: UserId = UserId(Uuid::from_u128(5));

fn given(events: Vec<ActivityEvent>) -> cqrs_es::test::AggregateTestExecutor<Activity> {
    TestFramework::<Activity>::with(()).given(events)
}

fn about() -> About {
    About {
        organization: Some(OrganizationId(Uuid::from_u128(1))),
        contact: Some(ContactId(Uuid::from_u128(2))),
        deal: None,
    }
}

fn words(subject: &str) -> ActivityWords {
    ActivityWords {
        subject: Some(subject.to_owned()),
        body: None,
    }
}

fn record(content: ContentInput) -> RecordActivity {
    RecordActivity {
        content,
        about: about(),
        words: words("Prices"),
        person: Some(ZOE),
        author: Some(INES),
        external_reference: None,
    }
}

fn call(duration: u32) -> ContentInput {
    ContentInput::Call {
        direction: ActivityDirection::Inbound,
        outcome: Some(CallOutcome::Reached),
        duration: Some(duration),
    }
}

fn recorded() -> ActivityEvent {
    ActivityEvent::ActivityRecorded {
        content: ActivityContent::Call {
            direction: ActivityDirection::Inbound,
            outcome: Some(CallOutcome::Reached),
            duration: Some(180),
        },
        about: about(),
        words: None,
        personal_words: Some(Personal::new(ZOE, words("Prices"))),
        author: Some(INES),
        external_reference: None,
    }
}

fn refused(command: ActivityCommand, before: Vec<ActivityEvent>) -> ActivityError {
    given(before).when(command).inspect_result().unwrap_err()
}

#[test]
fn a_call_is_recorded_and_what_was_said_about_a_person_is_theirs() {
    given(vec![])
        .when(ActivityCommand::Record(Box::new(record(call(180)))))
        .then_expect_events(vec![recorded()]);
}

#[test]
fn words_about_no_person_are_nobodys() {
    let note = RecordActivity {
        person: None,
        ..record(ContentInput::Note)
    };
    given(vec![])
        .when(ActivityCommand::Record(Box::new(note)))
        .then_expect_events(vec![ActivityEvent::ActivityRecorded {
            content: ActivityContent::Note {},
            about: about(),
            words: Some(words("Prices")),
            personal_words: None,
            author: Some(INES),
            external_reference: None,
        }]);
}

#[test]
fn an_activity_about_nothing_is_refused() {
    let lost = RecordActivity {
        about: About::default(),
        ..record(ContentInput::Note)
    };
    let refusal = refused(ActivityCommand::Record(Box::new(lost)), vec![]);
    assert_eq!(refusal, ActivityError::AboutNothing);
    assert_eq!(refusal.allowed(), ["organization", "contact", "deal"]);
}

#[test]
fn impossible_contents_are_refused() {
    let meeting = |start: &str, end: &str| ContentInput::Meeting {
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
        place: None,
        contacts: Vec::new(),
        users: vec![INES],
    };
    let place = |latitude_e6, accuracy| ContentInput::CheckIn {
        place: GeoPlace {
            latitude_e6,
            longitude_e6: 0,
            accuracy,
        },
        person: ZOE,
    };
    for (content, code) in [
        (call(86_401), "NUMBER_TOO_LARGE"),
        (
            meeting("2026-03-02T10:00:00Z", "2026-03-02T09:00:00Z"),
            "END_BEFORE_START",
        ),
        (
            meeting("2026-03-02T10:00:00Z", "2026-05-02T09:00:00Z"),
            "END_BEFORE_START",
        ),
        (place(90_000_001, 5), "NUMBER_OUT_OF_RANGE"),
        (place(1, u32::MAX), "NUMBER_TOO_LARGE"),
    ] {
        assert_eq!(
            refused(ActivityCommand::Record(Box::new(record(content))), vec![]).code(),
            code
        );
    }
    for (latitude, longitude, accuracy) in [
        (90.1, 0.0, 1.0),
        (0.0, -180.5, 1.0),
        (f64::NAN, 0.0, 1.0),
        (0.0, 0.0, -1.0),
    ] {
        assert!(GeoPlace::from_degrees(latitude, longitude, accuracy).is_err());
    }
    let place = GeoPlace::from_degrees(48.858_37, 2.294_48, 7.2).unwrap();
    assert_eq!(
        (place.latitude_e6, place.longitude_e6, place.accuracy),
        (48_858_370, 2_294_480, 8)
    );
}

#[test]
fn a_correction_says_only_what_was_wrong() {
    let correct = ActivityCommand::Correct {
        content: Some(call(240)),
        words: None,
    };
    given(vec![recorded()])
        .when(correct)
        .then_expect_events(vec![ActivityEvent::ActivityCorrected {
            content: Some(ActivityContent::Call {
                direction: ActivityDirection::Inbound,
                outcome: Some(CallOutcome::Reached),
                duration: Some(240),
            }),
            words: None,
            personal_words: None,
        }]);
    let reword = ActivityCommand::Correct {
        content: None,
        words: Some(words("Delays")),
    };
    given(vec![recorded()])
        .when(reword)
        .then_expect_events(vec![ActivityEvent::ActivityCorrected {
            content: None,
            words: None,
            personal_words: Some(Personal::new(ZOE, words("Delays"))),
        }]);
}

#[test]
fn an_activity_stays_of_its_kind() {
    let correct = ActivityCommand::Correct {
        content: Some(ContentInput::Note),
        words: None,
    };
    assert_eq!(refused(correct, vec![recorded()]), ActivityError::AnotherKind);
}

#[test]
fn an_activity_is_withdrawn_once_and_not_corrected_any_more() {
    let withdrawn = ActivityEvent::ActivityWithdrawn {
        reason: Some("Another customer".to_owned()),
    };
    let withdraw = ActivityCommand::Withdraw {
        reason: Some(" Another customer ".to_owned()),
    };
    given(vec![recorded()])
        .when(withdraw.clone())
        .then_expect_events(vec![withdrawn.clone()]);
    given(vec![recorded(), withdrawn.clone()])
        .when(withdraw)
        .then_expect_events(vec![]);
    let correct = ActivityCommand::Correct {
        content: Some(call(1)),
        words: None,
    };
    assert_eq!(refused(correct, vec![recorded(), withdrawn]), ActivityError::Withdrawn);
}

#[test]
fn the_state_remembers_nothing_that_was_said() {
    let state = Activity::replay(&[recorded()]);
    assert!(!serde_json::to_string(&state).unwrap().contains("Prices"));
    assert_eq!(state.author(), Some(INES));
}

const OFFER: FileId = FileId(Uuid::from_u128(40));

fn offer() -> FileDescription {
    FileDescription {
        name: "Offre.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
    }
}

fn attach() -> AttachedFile {
    AttachedFile {
        file: OFFER,
        blob: BlobHash([1; 32]),
        size: 12,
        description: offer(),
    }
}

fn attached() -> ActivityEvent {
    ActivityEvent::ActivityFileAttached {
        file: OFFER,
        blob: BlobHash([1; 32]),
        size: 12,
        description: None,
        personal_description: Some(Personal::new(ZOE, offer())),
    }
}

#[test]
fn what_a_file_is_called_is_sealed_when_the_activity_is_about_a_person() {
    given(vec![recorded()])
        .when(ActivityCommand::AttachFile(attach()))
        .then_expect_events(vec![attached()]);
}

#[test]
fn a_file_is_attached_once_and_detached_once() {
    given(vec![recorded(), attached()])
        .when(ActivityCommand::AttachFile(attach()))
        .then_expect_error(ActivityError::File(FileError::AttachedAlready));
    given(vec![recorded(), attached()])
        .when(ActivityCommand::DetachFile { file: OFFER })
        .then_expect_events(vec![ActivityEvent::ActivityFileDetached { file: OFFER }]);
    given(vec![
        recorded(),
        attached(),
        ActivityEvent::ActivityFileDetached { file: OFFER },
    ])
    .when(ActivityCommand::DetachFile { file: OFFER })
    .then_expect_events(vec![]);
    given(vec![recorded()])
        .when(ActivityCommand::DetachFile { file: OFFER })
        .then_expect_error(ActivityError::File(FileError::NotFound));
}

#[test]
fn nothing_goes_with_a_withdrawn_activity() {
    given(vec![recorded(), ActivityEvent::ActivityWithdrawn { reason: None }])
        .when(ActivityCommand::AttachFile(attach()))
        .then_expect_error(ActivityError::Withdrawn);
}

#[test]
fn an_activity_takes_a_hundred_files_and_no_more() {
    let of = |number: u128| ActivityEvent::ActivityFileAttached {
        file: FileId(Uuid::from_u128(1_000 + number)),
        blob: BlobHash([1; 32]),
        size: 12,
        description: Some(offer()),
        personal_description: None,
    };
    let files = (0..100).map(of);
    given(std::iter::once(recorded()).chain(files).collect())
        .when(ActivityCommand::AttachFile(attach()))
        .then_expect_error(ActivityError::File(FileError::TooMany));
}
