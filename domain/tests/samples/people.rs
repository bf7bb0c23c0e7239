//! Samples of what concerns customers and the people there.

use domain::{
    ActivityEvent, BlobHash, ContactEvent, ContactId, CustomValue, DealId, FileId, OrganizationEvent, OrganizationId,
    PersonId, Personal, PostalAddress, UserId,
    activity::{About, ActivityContent, ActivityDirection, ActivityWords, CallOutcome, GeoPlace},
    company::ReminderLadder,
    contact::{ConsentPurpose, ConsentSource, DetailsChanges, PersonDetails},
    organization::{BankAccount, CustomerReminders},
};

use super::{Sample, full, id, offer, text, time, variant};

fn zoe<T>(value: T) -> Personal<T> {
    Personal::new(PersonId(id(3)), value)
}

fn address() -> PostalAddress {
    PostalAddress {
        lines: vec![text("Bâtiment B"), text("12 quai Rambaud")],
        postcode: Some(text("69002")),
        city: text("Lyon"),
        country: "FR".parse().unwrap(),
    }
}

fn account() -> BankAccount {
    BankAccount {
        iban: "FR1420041010050500013M02606".parse().unwrap(),
        bic: Some("PSSTFRPPPAR".parse().unwrap()),
        holder: Some(text("Ateliers Martin, compte clients")),
    }
}

pub(super) fn organizations() -> Vec<Sample> {
    let fields = [
        ("codeErp", CustomValue::Text(text("C042"))),
        ("remise", CustomValue::Number("12.5".parse().unwrap())),
        ("auditLe", CustomValue::Date("2026-06-30".parse().unwrap())),
        ("bloque", CustomValue::Bool(false)),
    ];
    let tags = vec![text("Grand compte"), text("vip")];
    vec![
        full(OrganizationEvent::OrganizationBankAccountChanged {
            account: Some(account()),
            personal: None,
        }),
        variant(
            "personal",
            OrganizationEvent::OrganizationBankAccountChanged {
                account: None,
                personal: Some(zoe(account())),
            },
        ),
        variant(
            "bare",
            OrganizationEvent::OrganizationBankAccountChanged {
                account: None,
                personal: None,
            },
        ),
        full(OrganizationEvent::OrganizationAddressesChanged {
            billing: Some(address()),
            delivery: Some(PostalAddress {
                postcode: None,
                country: "IE".parse().unwrap(),
                ..address()
            }),
        }),
        variant(
            "bare",
            OrganizationEvent::OrganizationAddressesChanged {
                billing: None,
                delivery: None,
            },
        ),
        full(OrganizationEvent::OrganizationTagged { tags: tags.clone() }),
        full(OrganizationEvent::OrganizationUntagged { tags }),
        full(OrganizationEvent::OrganizationAssigned {
            owner: Some(UserId(id(5))),
        }),
        variant("bare", OrganizationEvent::OrganizationAssigned { owner: None }),
        full(OrganizationEvent::OrganizationRemindersSet {
            reminders: CustomerReminders::Own(ReminderLadder::default()),
        }),
        variant(
            "nothing",
            OrganizationEvent::OrganizationRemindersSet {
                reminders: CustomerReminders::Nothing,
            },
        ),
        variant(
            "company",
            OrganizationEvent::OrganizationRemindersSet {
                reminders: CustomerReminders::AsCompany,
            },
        ),
        full(OrganizationEvent::OrganizationFieldsSet {
            fields: fields.map(|(key, value)| (text(key), value)).into(),
            cleared: vec![text("ancienCode")],
        }),
        full(OrganizationEvent::OrganizationArchived {}),
        full(OrganizationEvent::OrganizationFileAttached(offer())),
        full(OrganizationEvent::OrganizationFileDetached { file: offer().file }),
        full(OrganizationEvent::OrganizationRestored {}),
        full(OrganizationEvent::OrganizationsMerged {
            merged: OrganizationId(id(7)),
        }),
        full(OrganizationEvent::OrganizationMergedInto {
            survivor: OrganizationId(id(1)),
        }),
    ]
}

pub(super) fn contacts() -> Vec<Sample> {
    let organization = Some(OrganizationId(id(1)));
    let owner = Some(UserId(id(5)));
    let details = PersonDetails {
        first_name: Some(text("Zoé")),
        last_name: Some(text("Martin")),
        job_title: Some(text("Directrice financière")),
        emails: vec![text("zoe@martin.example"), text("zoe.martin@home.example")],
        phones: vec![text("+33 1 99 00 12 34")],
        language: Some(text("fr")),
    };
    let changes = DetailsChanges {
        first_name: Some(None),
        last_name: Some(Some(text("Martin-Roy"))),
        job_title: Some(None),
        emails: Some(vec![text("z.roy@martin.example")]),
        phones: Some(Vec::new()),
        language: Some(Some(text("en"))),
    };
    let one = DetailsChanges {
        job_title: Some(Some(text("Présidente"))),
        ..DetailsChanges::default()
    };
    let tags = vec![text("Décideur")];
    vec![
        full(ContactEvent::ContactAdded {
            organization,
            details: zoe(details),
            billing: true,
            signatory: true,
            owner,
            external_reference: Some(text("P-0042")),
        }),
        variant(
            "bare",
            ContactEvent::ContactAdded {
                organization: None,
                details: Personal::Erased {
                    person: PersonId(id(3)),
                },
                billing: false,
                signatory: false,
                owner: None,
                external_reference: None,
            },
        ),
        full(ContactEvent::ContactChanged { details: zoe(changes) }),
        variant("bare", ContactEvent::ContactChanged { details: zoe(one) }),
        variant(
            "erased",
            ContactEvent::ContactChanged {
                details: Personal::Erased {
                    person: PersonId(id(3)),
                },
            },
        ),
        full(ContactEvent::ContactFlagged {
            billing: true,
            signatory: false,
        }),
        full(ContactEvent::ContactMoved {
            from: organization,
            organization: Some(OrganizationId(id(2))),
        }),
        variant(
            "bare",
            ContactEvent::ContactMoved {
                from: None,
                organization: None,
            },
        ),
        full(ContactEvent::ContactAssigned { owner }),
        variant("bare", ContactEvent::ContactAssigned { owner: None }),
        full(ContactEvent::ContactTagged { tags: tags.clone() }),
        full(ContactEvent::ContactUntagged { tags }),
        full(ContactEvent::ConsentGiven {
            purpose: ConsentPurpose::ProspectionEmail,
            source: ConsentSource::WebForm,
            text: Some(text("J'accepte de recevoir des offres par e-mail.")),
            evidence: Some(zoe(text("Formulaire « devis », depuis 192.0.2.7"))),
        }),
        variant(
            "bare",
            ContactEvent::ConsentGiven {
                purpose: ConsentPurpose::Newsletter,
                source: ConsentSource::Import,
                text: None,
                evidence: None,
            },
        ),
        full(ContactEvent::ConsentWithdrawn {
            purpose: ConsentPurpose::ProspectionPhone,
            source: ConsentSource::Phone,
            evidence: Some(zoe(text("Appel du 3 mars"))),
        }),
        variant(
            "bare",
            ContactEvent::ConsentWithdrawn {
                purpose: ConsentPurpose::Profiling,
                source: ConsentSource::Merge,
                evidence: None,
            },
        ),
        full(ContactEvent::ContactArchived {}),
        full(ContactEvent::ContactRestored {}),
        full(ContactEvent::ContactsMerged {
            merged: ContactId(id(8)),
        }),
        full(ContactEvent::ContactMergedInto {
            survivor: ContactId(id(9)),
        }),
    ]
}

pub(super) fn activities() -> Vec<Sample> {
    let about = About {
        organization: Some(OrganizationId(id(1))),
        contact: Some(ContactId(id(8))),
        deal: Some(DealId(id(4))),
    };
    let of_organization = About {
        contact: None,
        deal: None,
        ..about
    };
    let words = |subject: &str, body: &str| ActivityWords {
        subject: Some(text(subject)),
        body: Some(text(body)),
    };
    let author = Some(UserId(id(5)));
    let recorded = |content, about| ActivityEvent::ActivityRecorded {
        content,
        about,
        words: None,
        personal_words: None,
        author: None,
        external_reference: None,
    };
    let meeting = ActivityContent::Meeting {
        start: time("2026-03-10T09:00:00Z"),
        end: time("2026-03-10T10:30:00Z"),
        place: Some(text("Lyon, salle Rhône")),
        contacts: vec![ContactId(id(8)), ContactId(id(9))],
        users: vec![UserId(id(5))],
    };
    let place = GeoPlace {
        latitude_e6: 45_739_411,
        longitude_e6: 4_815_232,
        accuracy: 12,
    };
    let offer = offer().description;
    vec![
        full(ActivityEvent::ActivityRecorded {
            content: ActivityContent::Call {
                direction: ActivityDirection::Inbound,
                outcome: Some(CallOutcome::Reached),
                duration: Some(754),
            },
            about,
            words: None,
            personal_words: Some(zoe(words(
                "Prix de la presse",
                "Trouve l'offre chère.\nRappeler mardi.",
            ))),
            author,
            external_reference: Some(text("CALL-77")),
        }),
        variant(
            "bare",
            recorded(
                ActivityContent::Call {
                    direction: ActivityDirection::Outbound,
                    outcome: None,
                    duration: None,
                },
                of_organization,
            ),
        ),
        variant(
            "email",
            recorded(
                ActivityContent::Email {
                    direction: ActivityDirection::Inbound,
                },
                of_organization,
            ),
        ),
        variant("meeting", recorded(meeting.clone(), of_organization)),
        variant(
            "note",
            ActivityEvent::ActivityRecorded {
                content: ActivityContent::Note {},
                about: of_organization,
                words: Some(words("Visite", "Deux ateliers, l'un à l'arrêt.")),
                personal_words: None,
                author,
                external_reference: None,
            },
        ),
        variant(
            "place",
            recorded(ActivityContent::CheckIn { place: zoe(place) }, of_organization),
        ),
        variant(
            "erased",
            ActivityEvent::ActivityRecorded {
                content: ActivityContent::CheckIn {
                    place: Personal::Erased {
                        person: PersonId(id(5)),
                    },
                },
                about,
                words: None,
                personal_words: Some(Personal::Erased {
                    person: PersonId(id(3)),
                }),
                author,
                external_reference: None,
            },
        ),
        full(ActivityEvent::ActivityCorrected {
            content: Some(meeting),
            words: Some(words("Réunion", "Décalée.")),
            personal_words: None,
        }),
        variant(
            "personal",
            ActivityEvent::ActivityCorrected {
                content: None,
                words: None,
                personal_words: Some(zoe(ActivityWords::default())),
            },
        ),
        full(ActivityEvent::ActivityFileAttached {
            file: FileId(id(40)),
            blob: BlobHash([0xAB; 32]),
            size: 48_213,
            description: Some(offer.clone()),
            personal_description: None,
        }),
        variant(
            "personal",
            ActivityEvent::ActivityFileAttached {
                file: FileId(id(40)),
                blob: BlobHash([0xAB; 32]),
                size: 48_213,
                description: None,
                personal_description: Some(zoe(offer)),
            },
        ),
        variant(
            "erased",
            ActivityEvent::ActivityFileAttached {
                file: FileId(id(40)),
                blob: BlobHash([0xAB; 32]),
                size: 48_213,
                description: None,
                personal_description: Some(Personal::Erased {
                    person: PersonId(id(3)),
                }),
            },
        ),
        full(ActivityEvent::ActivityFileDetached { file: FileId(id(40)) }),
        full(ActivityEvent::ActivityWithdrawn {
            reason: Some(text("Autre client.")),
        }),
        variant("bare", ActivityEvent::ActivityWithdrawn { reason: None }),
    ]
}
