//! Any commands to customers, to the people there, and about what passed between us.

use domain::{
    ActivityCommand, ContactCommand, ContactId, CustomValue, FileId, PostalAddress, UserId,
    activity::{About, ActivityDirection, ActivityWords, ContentInput, GeoPlace, RecordActivity},
    contact::{
        AddContact, Consent, ConsentProof, ConsentPurpose, ConsentSource, ContactRecord, DetailsChanges, PersonDetails,
    },
    organization::{BankAccount, Record},
};

use super::*;

fn change<T: Clone + std::fmt::Debug + 'static>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Change<T>> {
    prop_oneof![1 => Just(Change::Keep), 1 => Just(Change::Clear), 3 => value.prop_map(Change::Set)]
}

pub(super) fn identify(siren: Option<Siren>) -> OrganizationCommand {
    OrganizationCommand::Identify {
        siren: siren.map_or(Change::Clear, Change::Set),
        siret: Change::Keep,
        vat_number: Change::Keep,
    }
}

fn address() -> impl Strategy<Value = PostalAddress> {
    let postcode = option::of(select(vec!["75002", "D02", "x"]).prop_map(str::to_owned));
    let country = select(vec!["FR", "IE"]).prop_map(|code| code.parse().unwrap());
    (vec(text(), 0..7), postcode, text(), country).prop_map(|(lines, postcode, city, country)| PostalAddress {
        lines,
        postcode,
        city,
        country,
    })
}

fn fields() -> impl Strategy<Value = std::collections::BTreeMap<String, Option<CustomValue>>> {
    let value = prop_oneof![
        text().prop_map(CustomValue::Text),
        any::<i64>().prop_map(|number| CustomValue::Number(number.into())),
        date().prop_map(CustomValue::Date),
        any::<bool>().prop_map(CustomValue::Bool),
    ];
    let key = select(vec!["a", "b", "long_one", "1", ""]).prop_map(str::to_owned);
    proptest::collection::btree_map(key, option::of(value), 0..4)
}

fn tags() -> impl Strategy<Value = Vec<String>> {
    let tag = prop_oneof![3 => select(vec!["vip", "VIP", "Clé", "cle"]).prop_map(str::to_owned), 1 => text()];
    vec(tag, 0..4)
}

pub(super) fn organization_command() -> impl Strategy<Value = OrganizationCommand> {
    let siret = || select(vec!["73282932000074", "35600000049837"]).prop_map(|text| text.parse().unwrap());
    let vat = || select(vec!["FR44732829320", "DE136695976"]).prop_map(|text| text.parse().unwrap());
    let account = option::of(text()).prop_map(|holder| BankAccount {
        iban: "FR7630006000011234567890189".parse().unwrap(),
        bic: None,
        holder,
    });
    let record = (tags(), option::of(siret()), profile()).prop_map(|(wish, siret, profile)| {
        let mut tags = domain::Tags::default();
        tags.add(&tags.missing_of(&wish).unwrap_or_default());
        Box::new(Record {
            siret,
            profile,
            tags,
            ..Record::default()
        })
    });
    let organization = || uuid().prop_map(OrganizationId);
    prop_oneof![
        2 => (change(siret()), change(vat())).prop_map(|(siret, vat_number)| OrganizationCommand::Identify {
            siren: Change::Keep,
            siret,
            vat_number,
        }),
        1 => (option::of(account), option::of(uuid())).prop_map(|(account, person)| {
            OrganizationCommand::ChangeBankAccount { account, person: person.map(PersonId) }
        }),
        1 => (change(address()), change(address()))
            .prop_map(|(billing, delivery)| OrganizationCommand::ChangeAddresses { billing, delivery }),
        2 => tags().prop_map(|tags| OrganizationCommand::Tag { tags }),
        1 => file().prop_map(OrganizationCommand::AttachFile),
        1 => uuid().prop_map(|file| OrganizationCommand::DetachFile { file: FileId(file) }),
        1 => tags().prop_map(|tags| OrganizationCommand::Untag { tags }),
        1 => option::of(uuid()).prop_map(|owner| OrganizationCommand::Assign { owner: owner.map(UserId) }),
        1 => fields().prop_map(|fields| OrganizationCommand::SetFields { fields }),
        1 => Just(OrganizationCommand::Archive),
        2 => Just(OrganizationCommand::Restore),
        1 => (organization(), record).prop_map(|(merged, record)| OrganizationCommand::Absorb { merged, record }),
        1 => organization().prop_map(|survivor| OrganizationCommand::MergeInto { survivor }),
    ]
}

fn personal<T: Clone + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Personal<T>> {
    (0_u128..2, value, 0..6).prop_map(|(person, value, erased)| {
        let person = PersonId(Uuid::from_u128(person));
        if erased == 0 {
            Personal::Erased { person }
        } else {
            Personal::new(person, value)
        }
    })
}

fn way() -> impl Strategy<Value = String> {
    prop_oneof![3 => select(vec!["zoe@martin.example", "+33 1 99 00 12 34", ""]).prop_map(str::to_owned), 1 => text()]
}

fn details() -> impl Strategy<Value = PersonDetails> {
    let names = (option::of(text()), option::of(text()), option::of(text()));
    let ways = (vec(way(), 0..3), vec(way(), 0..3));
    (names, ways, option::of(select(vec!["fr", "EN", "french"]))).prop_map(
        |((first_name, last_name, job_title), (emails, phones), language)| PersonDetails {
            first_name,
            last_name,
            job_title,
            emails,
            phones,
            language: language.map(str::to_owned),
        },
    )
}

fn changes() -> impl Strategy<Value = DetailsChanges> {
    let name = || option::of(option::of(text()));
    (name(), name(), name(), option::of(vec(way(), 0..3))).prop_map(|(first_name, last_name, job_title, emails)| {
        DetailsChanges {
            first_name,
            last_name,
            job_title,
            emails,
            ..DetailsChanges::default()
        }
    })
}

fn purpose() -> impl Strategy<Value = ConsentPurpose> {
    select(ConsentPurpose::ALL.to_vec())
}

fn proof() -> impl Strategy<Value = ConsentProof> {
    (
        select(ConsentSource::ALL.to_vec()),
        option::of(text()),
        option::of(text()),
    )
        .prop_map(|(source, text, evidence)| ConsentProof { source, text, evidence })
}

pub(super) fn contact_command() -> impl Strategy<Value = ContactCommand> {
    let add = (personal(details()), option::of(uuid()), any::<bool>()).prop_map(|(details, organization, billing)| {
        ContactCommand::Add(Box::new(AddContact {
            organization: organization.map(OrganizationId),
            billing,
            ..AddContact::known_by(details)
        }))
    });
    let consent = prop_oneof![
        Just(Consent::Withdrawn),
        Just(Consent::Given {
            source: ConsentSource::Paper,
            text: None
        })
    ];
    let consents = proptest::collection::btree_map(purpose(), consent, 0..3);
    let record = (consents, any::<bool>(), option::of(uuid())).prop_map(|(consents, signatory, organization)| {
        Box::new(ContactRecord {
            consents,
            signatory,
            organization: organization.map(OrganizationId),
            ..ContactRecord::default()
        })
    });
    let other = || uuid().prop_map(ContactId);
    prop_oneof![
        4 => add,
        2 => personal(changes()).prop_map(|details| ContactCommand::Change { details }),
        1 => (option::of(any::<bool>()), option::of(any::<bool>()))
            .prop_map(|(billing, signatory)| ContactCommand::Flag { billing, signatory }),
        1 => option::of(uuid())
            .prop_map(|organization| ContactCommand::Move { organization: organization.map(OrganizationId) }),
        1 => option::of(uuid()).prop_map(|owner| ContactCommand::Assign { owner: owner.map(UserId) }),
        1 => tags().prop_map(|tags| ContactCommand::Tag { tags }),
        1 => tags().prop_map(|tags| ContactCommand::Untag { tags }),
        2 => (purpose(), proof()).prop_map(|(purpose, proof)| ContactCommand::GiveConsent { purpose, proof }),
        2 => (purpose(), proof()).prop_map(|(purpose, proof)| ContactCommand::WithdrawConsent { purpose, proof }),
        1 => Just(ContactCommand::Archive),
        2 => Just(ContactCommand::Restore),
        1 => (other(), record).prop_map(|(merged, record)| ContactCommand::Absorb { merged, record }),
        1 => other().prop_map(|survivor| ContactCommand::MergeInto { survivor }),
    ]
}

fn content() -> impl Strategy<Value = ContentInput> {
    let direction = || select(ActivityDirection::ALL.to_vec());
    let place =
        (any::<i32>(), any::<i32>(), any::<u32>(), uuid()).prop_map(|(latitude_e6, longitude_e6, accuracy, person)| {
            ContentInput::CheckIn {
                place: GeoPlace {
                    latitude_e6,
                    longitude_e6,
                    accuracy,
                },
                person: PersonId(person),
            }
        });
    let meeting = (time(), time(), option::of(text()), vec(uuid(), 0..3)).prop_map(|(start, end, place, contacts)| {
        ContentInput::Meeting {
            start,
            end,
            place,
            contacts: contacts.into_iter().map(ContactId).collect(),
            users: Vec::new(),
        }
    });
    prop_oneof![
        (direction(), option::of(any::<u32>())).prop_map(|(direction, duration)| ContentInput::Call {
            direction,
            outcome: None,
            duration,
        }),
        direction().prop_map(|direction| ContentInput::Email { direction }),
        meeting,
        Just(ContentInput::Note),
        place,
    ]
}

fn words() -> impl Strategy<Value = ActivityWords> {
    (option::of(text()), option::of(text())).prop_map(|(subject, body)| ActivityWords { subject, body })
}

pub(super) fn activity_command() -> impl Strategy<Value = ActivityCommand> {
    let record = (content(), words(), option::of(uuid()), option::of(uuid())).prop_map(
        |(content, words, organization, person)| {
            ActivityCommand::Record(Box::new(RecordActivity {
                content,
                about: About {
                    organization: organization.map(OrganizationId),
                    ..About::default()
                },
                words,
                person: person.map(PersonId),
                author: None,
                external_reference: None,
            }))
        },
    );
    prop_oneof![
        4 => record,
        2 => (option::of(content()), option::of(words()))
            .prop_map(|(content, words)| ActivityCommand::Correct { content, words }),
        2 => file().prop_map(ActivityCommand::AttachFile),
        1 => uuid().prop_map(|file| ActivityCommand::DetachFile { file: FileId(file) }),
        1 => option::of(text()).prop_map(|reason| ActivityCommand::Withdraw { reason }),
    ]
}
