use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::{ContactId, OrganizationId, PersonId, Personal, Refusal, UserId};

const ZOE: PersonId = PersonId(Uuid::from_u128(3));
const ACME: OrganizationId = OrganizationId(Uuid::from_u128(1));
const OTHER: ContactId = ContactId(Uuid::from_u128(9));

fn given(events: Vec<ContactEvent>) -> cqrs_es::test::AggregateTestExecutor<Contact> {
    TestFramework::<Contact>::with(()).given(events)
}

fn details() -> PersonDetails {
    PersonDetails {
        first_name: Some("Zoé".to_owned()),
        last_name: Some("Martin".to_owned()),
        emails: vec!["zoe@martin.example".to_owned()],
        ..PersonDetails::default()
    }
}

fn add(details: PersonDetails) -> ContactCommand {
    ContactCommand::Add(Box::new(AddContact {
        organization: Some(ACME),
        ..AddContact::known_by(Personal::new(ZOE, details))
    }))
}

fn added() -> ContactEvent {
    ContactEvent::ContactAdded {
        organization: Some(ACME),
        details: Personal::new(ZOE, details()),
        billing: false,
        signatory: false,
        owner: None,
        external_reference: None,
    }
}

fn proof(source: ConsentSource, text: Option<&str>) -> ConsentProof {
    ConsentProof {
        source,
        text: text.map(str::to_owned),
        evidence: Some("Form 12".to_owned()),
    }
}

fn given_for(purpose: ConsentPurpose, text: &str) -> ContactEvent {
    ContactEvent::ConsentGiven {
        purpose,
        source: ConsentSource::WebForm,
        text: Some(text.to_owned()),
        evidence: Some(Personal::new(ZOE, "Form 12".to_owned())),
    }
}

fn withdrawn(purpose: ConsentPurpose, source: ConsentSource) -> ContactEvent {
    ContactEvent::ConsentWithdrawn {
        purpose,
        source,
        evidence: None,
    }
}

fn refused(command: ContactCommand, before: Vec<ContactEvent>) -> ContactError {
    given(before).when(command).inspect_result().unwrap_err()
}

use ConsentPurpose::{Newsletter, Profiling, ProspectionEmail};

#[test]
fn a_contact_is_added_once_with_at_least_a_name() {
    given(vec![]).when(add(details())).then_expect_events(vec![added()]);
    assert_eq!(refused(add(details()), vec![added()]), ContactError::AlreadyExists);
    let nameless = PersonDetails {
        first_name: Some(" ".to_owned()),
        last_name: None,
        ..details()
    };
    let refusal = refused(add(nameless), vec![]);
    assert_eq!((refusal.code(), refusal.field()), ("FIELD_REQUIRED", Some("lastName")));
}

#[test]
fn ways_to_reach_somebody_are_checked_and_kept_once() {
    let wish = PersonDetails {
        emails: vec![
            " zoe@martin.example ".to_owned(),
            String::new(),
            "zoe@martin.example".to_owned(),
        ],
        language: Some("FR".to_owned()),
        ..details()
    };
    let checked = wish.checked().unwrap();
    assert_eq!(checked.emails, ["zoe@martin.example"]);
    assert_eq!(checked.language.as_deref(), Some("fr"));
    for (wrong, code) in [
        (
            PersonDetails {
                emails: vec!["zoe".to_owned()],
                ..details()
            },
            "INVALID_EMAIL",
        ),
        (
            PersonDetails {
                phones: vec!["call me".to_owned()],
                ..details()
            },
            "INVALID_PHONE",
        ),
        (
            PersonDetails {
                language: Some("french".to_owned()),
                ..details()
            },
            "INVALID_LANGUAGE",
        ),
        (
            PersonDetails {
                emails: (0..11).map(|number| format!("zoe{number}@martin.example")).collect(),
                ..details()
            },
            "TOO_MANY_ITEMS",
        ),
    ] {
        assert_eq!(wrong.checked().unwrap_err().code(), code);
    }
}

#[test]
fn a_change_says_only_what_changes() {
    let changes = DetailsChanges {
        job_title: Some(Some("CFO".to_owned())),
        first_name: Some(None),
        ..DetailsChanges::default()
    };
    let changed = ContactEvent::ContactChanged {
        details: Personal::new(ZOE, changes.clone()),
    };
    let change = |changes| ContactCommand::Change {
        details: Personal::new(ZOE, changes),
    };
    given(vec![added()])
        .when(change(changes.clone()))
        .then_expect_events(vec![changed.clone()]);
    given(vec![added()])
        .when(change(DetailsChanges::default()))
        .then_expect_events(vec![]);
    let mut now = details();
    now.apply(&changes);
    assert_eq!(now.full_name(), "Martin");
    // The last name that is left cannot be taken away.
    let nameless = DetailsChanges {
        last_name: Some(None),
        ..DetailsChanges::default()
    };
    assert_eq!(
        refused(change(nameless), vec![added(), changed]).field(),
        Some("lastName")
    );
}

#[test]
fn a_contact_stays_the_person_it_was_added_as() {
    let change = ContactCommand::Change {
        details: Personal::new(PersonId(Uuid::from_u128(4)), DetailsChanges::default()),
    };
    assert_eq!(refused(change, vec![added()]), ContactError::AnotherPerson);
}

#[test]
fn a_consent_is_given_with_its_words_and_renewed_with_other_words() {
    let give = |text| ContactCommand::GiveConsent {
        purpose: Newsletter,
        proof: proof(ConsentSource::WebForm, Some(text)),
    };
    given(vec![added()])
        .when(give("I want it."))
        .then_expect_events(vec![given_for(Newsletter, "I want it.")]);
    given(vec![added(), given_for(Newsletter, "I want it.")])
        .when(give("I want it."))
        .then_expect_events(vec![]);
    given(vec![added(), given_for(Newsletter, "I want it.")])
        .when(give("I want it weekly."))
        .then_expect_events(vec![given_for(Newsletter, "I want it weekly.")]);
}

#[test]
fn a_consent_is_withdrawn_also_when_it_was_never_given_and_of_an_archived_contact() {
    let withdraw = ContactCommand::WithdrawConsent {
        purpose: ProspectionEmail,
        proof: ConsentProof {
            evidence: None,
            ..proof(ConsentSource::Email, None)
        },
    };
    let event = withdrawn(ProspectionEmail, ConsentSource::Email);
    given(vec![added(), ContactEvent::ContactArchived {}])
        .when(withdraw.clone())
        .then_expect_events(vec![event.clone()]);
    given(vec![added(), event]).when(withdraw).then_expect_events(vec![]);
}

#[test]
fn an_archived_contact_takes_nothing_else() {
    let tag = ContactCommand::Tag {
        tags: vec!["vip".to_owned()],
    };
    let refusal = refused(tag.clone(), vec![added(), ContactEvent::ContactArchived {}]);
    assert_eq!(refusal.allowed(), ["Restore", "WithdrawConsent", "Merge"]);
    given(vec![
        added(),
        ContactEvent::ContactArchived {},
        ContactEvent::ContactRestored {},
    ])
    .when(tag)
    .then_expect_events(vec![ContactEvent::ContactTagged {
        tags: vec!["vip".to_owned()],
    }]);
}

#[test]
fn a_contact_moves_is_assigned_and_flagged() {
    given(vec![added()])
        .when(ContactCommand::Move { organization: None })
        .then_expect_events(vec![ContactEvent::ContactMoved {
            from: Some(ACME),
            organization: None,
        }]);
    let owner = Some(UserId(Uuid::from_u128(5)));
    given(vec![added()])
        .when(ContactCommand::Assign { owner })
        .then_expect_events(vec![ContactEvent::ContactAssigned { owner }]);
    let flag = |billing, signatory| ContactCommand::Flag { billing, signatory };
    given(vec![added()])
        .when(flag(Some(true), None))
        .then_expect_events(vec![ContactEvent::ContactFlagged {
            billing: true,
            signatory: false,
        }]);
    given(vec![added()])
        .when(flag(None, Some(false)))
        .then_expect_events(vec![]);
}

#[test]
fn the_survivor_of_a_merge_takes_what_it_lacks_and_a_withdrawal_always_counts() {
    let merged = Contact::replay(&[
        added(),
        given_for(Newsletter, "I want it."),
        withdrawn(ProspectionEmail, ConsentSource::Email),
        given_for(Profiling, "Do."),
        ContactEvent::ContactTagged {
            tags: vec!["Vip".to_owned()],
        },
        ContactEvent::ContactFlagged {
            billing: true,
            signatory: false,
        },
    ]);
    let absorb = ContactCommand::Absorb {
        merged: OTHER,
        record: Box::new(merged.record().unwrap().clone()),
    };
    let survivor = vec![
        added(),
        given_for(ProspectionEmail, "Write."),
        withdrawn(Profiling, ConsentSource::Phone),
    ];
    given(survivor.clone()).when(absorb.clone()).then_expect_events(vec![
        ContactEvent::ContactsMerged { merged: OTHER },
        ContactEvent::ContactFlagged {
            billing: true,
            signatory: false,
        },
        ContactEvent::ContactTagged {
            tags: vec!["Vip".to_owned()],
        },
        ContactEvent::ConsentGiven {
            purpose: Newsletter,
            source: ConsentSource::Merge,
            text: Some("I want it.".to_owned()),
            evidence: None,
        },
        withdrawn(ProspectionEmail, ConsentSource::Merge),
    ]);
    let again = [survivor, vec![ContactEvent::ContactsMerged { merged: OTHER }]].concat();
    given(again).when(absorb).then_expect_events(vec![]);
}

#[test]
fn a_merged_contact_names_the_one_that_stands_for_it() {
    let gone = vec![added(), ContactEvent::ContactMergedInto { survivor: OTHER }];
    assert_eq!(
        refused(ContactCommand::Archive, gone.clone()),
        ContactError::Merged { survivor: OTHER }
    );
    given(gone)
        .when(ContactCommand::MergeInto { survivor: OTHER })
        .then_expect_events(vec![]);
}

#[test]
fn nothing_can_be_asked_of_a_contact_that_does_not_exist() {
    assert_eq!(refused(ContactCommand::Archive, vec![]), ContactError::NotFound);
}

#[test]
fn the_state_remembers_who_it_is_but_nothing_about_them() {
    let state = Contact::replay(&[added(), given_for(Newsletter, "I want it.")]);
    let kept = serde_json::to_string(&state).unwrap();
    assert_eq!(state.person(), Some(ZOE));
    assert!(!kept.contains("Zoé") && !kept.contains("Form 12"), "{kept}");
}
