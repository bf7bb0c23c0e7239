use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::{
    Change, Country, Currency, CustomValue, InvalidValue, Money, OrganizationId, PersonId, Personal, PostalAddress,
    Refusal, Tags, UserId, value::Problem,
};

fn given(events: Vec<OrganizationEvent>) -> cqrs_es::test::AggregateTestExecutor<Organization> {
    TestFramework::<Organization>::with(()).given(events)
}

fn register(name: &str, profile: Profile) -> OrganizationCommand {
    OrganizationCommand::Register {
        name: name.to_owned(),
        siren: None,
        profile,
        external_reference: None,
    }
}

fn registered() -> OrganizationEvent {
    OrganizationEvent::OrganizationRegistered {
        name: "Boulangerie Martin".to_owned(),
        siren: None,
        sector: None,
        country: None,
        country_name: None,
        employees: None,
        annual_revenue: None,
        founded_year: None,
        parent: None,
        kind: None,
        category: None,
        region: None,
        size: None,
        external_reference: None,
    }
}

fn described(sector: Option<&str>, employees: Option<u32>) -> OrganizationEvent {
    OrganizationEvent::OrganizationDescribed {
        sector: sector.map(str::to_owned),
        country: None,
        country_name: None,
        employees,
        annual_revenue: None,
        founded_year: None,
        parent: None,
        kind: None,
        category: None,
        region: None,
        size: None,
    }
}

fn status(from: OrganizationStatus, to: OrganizationStatus) -> OrganizationEvent {
    OrganizationEvent::OrganizationStatusChanged { from, to }
}

fn ada(email: Option<&str>, phone: Option<&str>) -> Personal<ContactDetails> {
    let details = ContactDetails {
        name: "Ada Martin".to_owned(),
        email: email.map(str::to_owned),
        phone: phone.map(str::to_owned),
    };
    Personal::new(PersonId(Uuid::from_u128(1)), details)
}

fn invalid(field: &'static str, problem: Problem) -> OrganizationError {
    InvalidValue::new(field, problem).into()
}

use OrganizationStatus::{Customer, Former, Prospect};

#[test]
fn an_organization_is_registered_by_its_name_alone() {
    given(vec![])
        .when(register(" Boulangerie Martin ", Profile::default()))
        .then_expect_events(vec![registered()]);
}

#[test]
fn an_organization_is_registered_once() {
    given(vec![registered()])
        .when(register("Boulangerie Martin", Profile::default()))
        .then_expect_error(OrganizationError::AlreadyRegistered);
}

#[test]
fn a_name_is_required() {
    given(vec![])
        .when(register("  ", Profile::default()))
        .then_expect_error(invalid("name", Problem::Missing));
}

#[test]
fn nothing_can_be_asked_of_an_organization_that_does_not_exist() {
    given(vec![])
        .when(OrganizationCommand::MarkCustomer)
        .then_expect_error(OrganizationError::NotRegistered);
}

#[test]
fn a_profile_holds_possible_figures_only() {
    let profiles = [
        (
            Profile {
                founded_year: Some(20_205),
                ..Profile::default()
            },
            "foundedYear",
            "NUMBER_OUT_OF_RANGE",
        ),
        (
            Profile {
                employees: Some(u32::MAX),
                ..Profile::default()
            },
            "employees",
            "NUMBER_TOO_LARGE",
        ),
        (
            Profile {
                annual_revenue: Some(Money::new(-1, Currency::EUR)),
                ..Profile::default()
            },
            "annualRevenue",
            "NEGATIVE_NUMBER",
        ),
        (
            Profile {
                sector: Some("x".repeat(121)),
                ..Profile::default()
            },
            "sector",
            "FIELD_TOO_LONG",
        ),
    ];
    for (profile, field, code) in profiles {
        let refused = given(vec![])
            .when(register("Martin", profile.clone()))
            .inspect_result()
            .unwrap_err();
        assert_eq!((refused.field(), refused.code()), (Some(field), code));
        let refused = given(vec![registered()])
            .when(OrganizationCommand::Describe { profile })
            .inspect_result();
        assert_eq!(refused.unwrap_err().code(), code);
    }
}

#[test]
fn a_description_is_the_whole_description() {
    let profile = Profile {
        sector: Some("food".to_owned()),
        employees: Some(12),
        ..Profile::default()
    };
    let described = described(Some("food"), Some(12));
    given(vec![registered()])
        .when(OrganizationCommand::Describe {
            profile: profile.clone(),
        })
        .then_expect_events(vec![described.clone()]);
    given(vec![registered(), described])
        .when(OrganizationCommand::Describe { profile })
        .then_expect_events(vec![]);
}

#[test]
fn an_amendment_leaves_the_rest_as_it_was() {
    let changes = ProfileChanges {
        employees: Change::Set(13),
        ..ProfileChanges::default()
    };
    given(vec![registered(), described(Some("food"), Some(12))])
        .when(OrganizationCommand::Amend {
            changes: changes.clone(),
        })
        .then_expect_events(vec![described(Some("food"), Some(13))]);
    given(vec![registered(), described(Some("food"), Some(13))])
        .when(OrganizationCommand::Amend { changes })
        .then_expect_events(vec![]);
    let changes = ProfileChanges {
        sector: Change::Clear,
        ..ProfileChanges::default()
    };
    given(vec![registered(), described(Some("food"), Some(13))])
        .when(OrganizationCommand::Amend { changes })
        .then_expect_events(vec![described(None, Some(13))]);
}

#[test]
fn renaming_to_its_name_changes_nothing() {
    given(vec![registered()])
        .when(OrganizationCommand::Rename {
            name: "Boulangerie Martin".to_owned(),
        })
        .then_expect_events(vec![]);
}

fn identified(siren: Option<&str>, siret: Option<&str>, vat_number: Option<&str>) -> OrganizationEvent {
    OrganizationEvent::OrganizationIdentified {
        siren: siren.map(|text| text.parse().unwrap()),
        siret: siret.map(|text| text.parse().unwrap()),
        vat_number: vat_number.map(|text| text.parse().unwrap()),
    }
}

fn identify(siren: Change<&str>, siret: Change<&str>, vat_number: Change<&str>) -> OrganizationCommand {
    OrganizationCommand::Identify {
        siren: siren.map(|text| text.parse().unwrap()),
        siret: siret.map(|text| text.parse().unwrap()),
        vat_number: vat_number.map(|text| text.parse().unwrap()),
    }
}

use Change::{Clear, Keep, Set};

#[test]
fn a_siren_is_given_corrected_and_taken_away() {
    given(vec![registered()])
        .when(identify(Set("552081317"), Keep, Keep))
        .then_expect_events(vec![identified(Some("552081317"), None, None)]);
    given(vec![registered(), identified(Some("552081317"), None, None)])
        .when(identify(Clear, Keep, Keep))
        .then_expect_events(vec![identified(None, None, None)]);
    given(vec![registered(), identified(Some("552081317"), None, None)])
        .when(identify(Set("552081317"), Keep, Keep))
        .then_expect_events(vec![]);
}

#[test]
fn an_establishment_names_its_company() {
    given(vec![registered()])
        .when(identify(Keep, Set("73282932000074"), Keep))
        .then_expect_events(vec![identified(Some("732829320"), Some("73282932000074"), None)]);
    let both = identified(Some("732829320"), Some("73282932000074"), None);
    given(vec![registered(), both.clone()])
        .when(identify(Clear, Keep, Keep))
        .then_expect_events(vec![identified(None, None, None)]);
    given(vec![registered(), both])
        .when(identify(Set("552081317"), Keep, Keep))
        .then_expect_error(OrganizationError::SiretOfAnother);
}

#[test]
fn a_french_vat_number_belongs_to_the_same_company() {
    let known = vec![registered(), identified(Some("732829320"), None, None)];
    given(known.clone())
        .when(identify(Keep, Keep, Set("FR44732829320")))
        .then_expect_events(vec![identified(Some("732829320"), None, Some("FR44732829320"))]);
    given(known.clone())
        .when(identify(Keep, Keep, Set("FR96552100554")))
        .then_expect_error(OrganizationError::VatNumberOfAnother);
    given(known)
        .when(identify(Keep, Keep, Set("DE136695976")))
        .then_expect_events(vec![identified(Some("732829320"), None, Some("DE136695976"))]);
}

/// A command that was sent before the other numbers could be given is still the same when it comes again.
#[test]
fn a_siren_is_given_in_the_same_words_as_ever() {
    let words = |command| serde_json::to_value(command).unwrap();
    let old = serde_json::json!({"Identify": {"siren": "552081317"}});
    assert_eq!(words(identify(Set("552081317"), Keep, Keep)), old);
    assert_eq!(
        words(identify(Clear, Keep, Keep)),
        serde_json::json!({"Identify": {"siren": null}})
    );
    let register = words(register("Acme", Profile::default()));
    let profile = register["Register"]["profile"].as_object().unwrap();
    assert_eq!(profile.len(), 6, "{profile:?}");
}

#[test]
fn a_contact_is_named_with_ways_to_reach_them() {
    let contact = ada(Some("ada@martin.example"), Some("+33 1 23 45 67 89"));
    given(vec![registered()])
        .when(OrganizationCommand::NameContact {
            contact: contact.clone(),
        })
        .then_expect_events(vec![OrganizationEvent::OrganizationContactNamed { contact }]);
}

#[test]
fn blank_ways_to_reach_a_contact_are_none() {
    given(vec![registered()])
        .when(OrganizationCommand::NameContact {
            contact: ada(Some(" "), Some("")),
        })
        .then_expect_events(vec![OrganizationEvent::OrganizationContactNamed {
            contact: ada(None, None),
        }]);
}

#[test]
fn impossible_ways_to_reach_a_contact_are_refused() {
    for email in [
        "ada",
        "ada@",
        "@martin.example",
        "ada@martin",
        "a da@martin.example",
        "a@b@c.example",
        "a@.example",
    ] {
        given(vec![registered()])
            .when(OrganizationCommand::NameContact {
                contact: ada(Some(email), None),
            })
            .then_expect_error(invalid("contact.email", Problem::NotAnEmail));
    }
    for phone in ["12", "call me", "=1+1", "123456789012345678901"] {
        given(vec![registered()])
            .when(OrganizationCommand::NameContact {
                contact: ada(None, Some(phone)),
            })
            .then_expect_error(invalid("contact.phone", Problem::NotAPhone));
    }
}

#[test]
fn an_erased_person_cannot_be_named() {
    given(vec![registered()])
        .when(OrganizationCommand::NameContact {
            contact: Personal::Erased {
                person: PersonId(Uuid::nil()),
            },
        })
        .then_expect_error(invalid("contact", Problem::Erased));
}

#[test]
fn a_contact_is_removed_once() {
    let named = OrganizationEvent::OrganizationContactNamed {
        contact: ada(None, None),
    };
    given(vec![registered(), named])
        .when(OrganizationCommand::RemoveContact)
        .then_expect_events(vec![OrganizationEvent::OrganizationContactRemoved {}]);
    given(vec![registered()])
        .when(OrganizationCommand::RemoveContact)
        .then_expect_events(vec![]);
}

#[test]
fn the_state_remembers_who_the_contact_is_but_nothing_about_them() {
    let named = OrganizationEvent::OrganizationContactNamed {
        contact: ada(Some("ada@martin.example"), None),
    };
    let state = Organization::replay(&[registered(), named]);
    assert_eq!(state.contact(), Some(PersonId(Uuid::from_u128(1))));
    assert!(!serde_json::to_string(&state).unwrap().contains("Ada"));
}

#[test]
fn who_buys_becomes_a_customer_again_and_again() {
    given(vec![registered()])
        .when(OrganizationCommand::MarkCustomer)
        .then_expect_events(vec![status(Prospect, Customer)]);
    given(vec![registered(), status(Prospect, Customer)])
        .when(OrganizationCommand::MarkCustomer)
        .then_expect_events(vec![]);
    given(vec![registered(), status(Prospect, Customer), status(Customer, Former)])
        .when(OrganizationCommand::MarkCustomer)
        .then_expect_events(vec![status(Former, Customer)]);
}

#[test]
fn only_a_customer_becomes_a_former_one() {
    given(vec![registered(), status(Prospect, Customer)])
        .when(OrganizationCommand::MarkFormer)
        .then_expect_events(vec![status(Customer, Former)]);
    let refused = given(vec![registered()])
        .when(OrganizationCommand::MarkFormer)
        .inspect_result()
        .unwrap_err();
    assert_eq!(refused.code(), "ORGANIZATION_NEVER_A_CUSTOMER");
    assert_eq!(refused.allowed(), ["MarkCustomer"]);
}

#[test]
fn a_country_is_kept_as_its_code_and_other_words_as_they_are() {
    for (words, code, name) in [
        ("France", Some("FR"), None),
        ("de", Some("DE"), None),
        ("Korea", None, Some("Korea")),
    ] {
        let profile = Profile {
            country: Some(words.to_owned()),
            ..Profile::default()
        };
        let events = given(vec![])
            .when(register("Acme", profile.clone()))
            .inspect_result()
            .unwrap();
        let OrganizationEvent::OrganizationRegistered {
            country, country_name, ..
        } = &events[0]
        else {
            panic!("{events:?}");
        };
        assert_eq!(country.map(Country::code), code);
        assert_eq!(country_name.as_deref(), name);
        given(events)
            .when(OrganizationCommand::Describe { profile })
            .then_expect_events(vec![]);
    }
}

fn account(holder: Option<&str>) -> BankAccount {
    BankAccount {
        iban: "FR7630006000011234567890189".parse().unwrap(),
        bic: Some("AGRIFRPP".parse().unwrap()),
        holder: holder.map(str::to_owned),
    }
}

#[test]
fn an_account_is_given_once_and_taken_away() {
    let change = |account| OrganizationCommand::ChangeBankAccount { account, person: None };
    let changed = |account| OrganizationEvent::OrganizationBankAccountChanged {
        account,
        personal: None,
    };
    given(vec![registered()])
        .when(change(Some(account(Some(" ")))))
        .then_expect_events(vec![changed(Some(account(None)))]);
    let given_once = vec![registered(), changed(Some(account(None)))];
    given(given_once.clone())
        .when(change(Some(account(None))))
        .then_expect_events(vec![]);
    given(given_once)
        .when(change(None))
        .then_expect_events(vec![changed(None)]);
    given(vec![registered()]).when(change(None)).then_expect_events(vec![]);
}

#[test]
fn a_consumers_account_is_a_persons() {
    let consumer = OrganizationEvent::OrganizationDescribed {
        kind: Some(OrganizationKind::Consumer),
        sector: None,
        country: None,
        country_name: None,
        employees: None,
        annual_revenue: None,
        founded_year: None,
        parent: None,
        category: None,
        region: None,
        size: None,
    };
    let change = |person| OrganizationCommand::ChangeBankAccount {
        account: Some(account(None)),
        person,
    };
    given(vec![registered(), consumer.clone()])
        .when(change(None))
        .then_expect_error(invalid("person", Problem::Missing));
    let person = PersonId(Uuid::from_u128(1));
    let sealed = OrganizationEvent::OrganizationBankAccountChanged {
        account: None,
        personal: Some(Personal::new(person, account(None))),
    };
    given(vec![registered(), consumer])
        .when(change(Some(person)))
        .then_expect_events(vec![sealed.clone()]);
    let state = Organization::replay(&[registered(), sealed]);
    assert!(!serde_json::to_string(&state).unwrap().contains("FR76"));
}

fn paris(line: &str) -> PostalAddress {
    PostalAddress {
        lines: vec![line.to_owned()],
        postcode: Some("75002".to_owned()),
        city: "Paris".to_owned(),
        country: "FR".parse().unwrap(),
    }
}

#[test]
fn addresses_change_one_by_one() {
    let change = |billing, delivery| OrganizationCommand::ChangeAddresses { billing, delivery };
    let changed = |billing, delivery| OrganizationEvent::OrganizationAddressesChanged { billing, delivery };
    let first = changed(Some(paris("1 rue A")), None);
    given(vec![registered()])
        .when(change(Set(paris(" 1 rue A ")), Keep))
        .then_expect_events(vec![first.clone()]);
    given(vec![registered(), first.clone()])
        .when(change(Keep, Set(paris("2 rue B"))))
        .then_expect_events(vec![changed(Some(paris("1 rue A")), Some(paris("2 rue B")))]);
    given(vec![registered(), first.clone()])
        .when(change(Keep, Clear))
        .then_expect_events(vec![]);
    given(vec![registered(), first])
        .when(change(Set(paris(" ")), Keep))
        .then_expect_error(invalid("billingAddress.lines", Problem::Missing));
}

fn tags(tags: &[&str]) -> Vec<String> {
    tags.iter().map(|tag| (*tag).to_owned()).collect()
}

#[test]
fn tags_are_hung_on_and_taken_off_once() {
    let tag = |wish: &[&str]| OrganizationCommand::Tag { tags: tags(wish) };
    let tagged = |wish: &[&str]| OrganizationEvent::OrganizationTagged { tags: tags(wish) };
    given(vec![registered(), tagged(&["Clé"])])
        .when(tag(&["cle", "VIP"]))
        .then_expect_events(vec![tagged(&["VIP"])]);
    given(vec![registered(), tagged(&["Clé"])])
        .when(tag(&["CLE"]))
        .then_expect_events(vec![]);
    given(vec![registered(), tagged(&["Clé"])])
        .when(OrganizationCommand::Untag {
            tags: tags(&["cle", "x"]),
        })
        .then_expect_events(vec![OrganizationEvent::OrganizationUntagged { tags: tags(&["Clé"]) }]);
}

#[test]
fn an_owner_is_named_and_taken_away() {
    let owner = Some(UserId(Uuid::from_u128(5)));
    given(vec![registered()])
        .when(OrganizationCommand::Assign { owner })
        .then_expect_events(vec![OrganizationEvent::OrganizationAssigned { owner }]);
    given(vec![registered()])
        .when(OrganizationCommand::Assign { owner: None })
        .then_expect_events(vec![]);
}

#[test]
fn fields_of_the_house_are_set_and_cleared() {
    let set = |key: &str, value| OrganizationCommand::SetFields {
        fields: [(key.to_owned(), value)].into(),
    };
    let value = CustomValue::Text("C042".to_owned());
    let done = OrganizationEvent::OrganizationFieldsSet {
        fields: [("erp".to_owned(), value.clone())].into(),
        cleared: Vec::new(),
    };
    given(vec![registered()])
        .when(set("erp", Some(value)))
        .then_expect_events(vec![done.clone()]);
    given(vec![registered(), done])
        .when(set("erp", None))
        .then_expect_events(vec![OrganizationEvent::OrganizationFieldsSet {
            fields: [].into(),
            cleared: vec!["erp".to_owned()],
        }]);
}

#[test]
fn an_archived_organization_hears_only_of_what_ends_elsewhere() {
    let archived = vec![registered(), OrganizationEvent::OrganizationArchived {}];
    let refused = given(archived.clone())
        .when(OrganizationCommand::Tag { tags: tags(&["x"]) })
        .inspect_result()
        .unwrap_err();
    assert_eq!(refused.code(), "ORGANIZATION_ARCHIVED");
    assert_eq!(refused.allowed()[0], "Restore");
    given(archived.clone())
        .when(OrganizationCommand::MarkCustomer)
        .then_expect_events(vec![status(Prospect, Customer)]);
    given(archived.clone())
        .when(OrganizationCommand::Archive)
        .then_expect_events(vec![]);
    given(archived)
        .when(OrganizationCommand::Restore)
        .then_expect_events(vec![OrganizationEvent::OrganizationRestored {}]);
    given(vec![registered()])
        .when(OrganizationCommand::Restore)
        .then_expect_events(vec![]);
}

const OTHER: OrganizationId = OrganizationId(Uuid::from_u128(9));

fn absorb(record: Record) -> OrganizationCommand {
    OrganizationCommand::Absorb {
        merged: OTHER,
        record: Box::new(record),
    }
}

#[test]
fn the_survivor_of_a_merge_takes_what_it_lacks() {
    let mut others_tags = Tags::default();
    others_tags.add(&tags(&["Clé", "VIP"]));
    let other = Record {
        siren: Some("732829320".parse().unwrap()),
        profile: Profile {
            sector: Some("bread".to_owned()),
            employees: Some(7),
            ..Profile::default()
        },
        billing: Some(paris("1 rue A")),
        tags: others_tags,
        fields: [("erp".to_owned(), CustomValue::Bool(true))].into(),
        ..Record::default()
    };
    let survivor = vec![
        registered(),
        described(Some("food"), None),
        OrganizationEvent::OrganizationTagged { tags: tags(&["cle"]) },
    ];
    given(survivor.clone())
        .when(absorb(other.clone()))
        .then_expect_events(vec![
            OrganizationEvent::OrganizationsMerged { merged: OTHER },
            described(Some("food"), Some(7)),
            identified(Some("732829320"), None, None),
            OrganizationEvent::OrganizationAddressesChanged {
                billing: Some(paris("1 rue A")),
                delivery: None,
            },
            OrganizationEvent::OrganizationTagged { tags: tags(&["VIP"]) },
            OrganizationEvent::OrganizationFieldsSet {
                fields: [("erp".to_owned(), CustomValue::Bool(true))].into(),
                cleared: Vec::new(),
            },
        ]);
    let again = [survivor, vec![OrganizationEvent::OrganizationsMerged { merged: OTHER }]].concat();
    given(again).when(absorb(other)).then_expect_events(vec![]);
}

#[test]
fn two_sirens_are_two_companies() {
    let other = Record {
        siren: Some("732829320".parse().unwrap()),
        ..Record::default()
    };
    given(vec![registered(), identified(Some("552081317"), None, None)])
        .when(absorb(other))
        .then_expect_error(OrganizationError::TwoCompanies);
}

#[test]
fn a_survivor_does_not_own_itself() {
    let owned = OrganizationEvent::OrganizationDescribed {
        parent: Some(OTHER),
        kind: None,
        sector: None,
        country: None,
        country_name: None,
        employees: None,
        annual_revenue: None,
        founded_year: None,
        category: None,
        region: None,
        size: None,
    };
    given(vec![registered(), owned])
        .when(absorb(Record::default()))
        .then_expect_events(vec![
            OrganizationEvent::OrganizationsMerged { merged: OTHER },
            described(None, None),
        ]);
}

#[test]
fn a_merged_organization_names_the_one_that_stands_for_it() {
    let gone = vec![
        registered(),
        OrganizationEvent::OrganizationMergedInto { survivor: OTHER },
    ];
    given(gone.clone())
        .when(OrganizationCommand::MarkCustomer)
        .then_expect_error(OrganizationError::Merged { survivor: OTHER });
    given(gone)
        .when(OrganizationCommand::MergeInto { survivor: OTHER })
        .then_expect_events(vec![]);
    given(vec![registered(), OrganizationEvent::OrganizationArchived {}])
        .when(OrganizationCommand::MergeInto { survivor: OTHER })
        .then_expect_events(vec![OrganizationEvent::OrganizationMergedInto { survivor: OTHER }]);
}

#[test]
fn a_customer_is_reminded_as_everybody_never_or_by_a_ladder_of_its_own() {
    let own = |days| {
        CustomerReminders::Own(crate::company::ReminderLadder {
            steps: vec![crate::company::LadderStep {
                step: crate::invoice::ReminderStep::Firm,
                days,
            }],
            minimum: 0,
            working_days: true,
        })
    };
    let set = |reminders| OrganizationEvent::OrganizationRemindersSet { reminders };
    given(vec![registered()])
        .when(OrganizationCommand::SetReminders(CustomerReminders::AsCompany))
        .then_expect_events(vec![]);
    for reminders in [CustomerReminders::Nothing, own(15)] {
        given(vec![registered()])
            .when(OrganizationCommand::SetReminders(reminders.clone()))
            .then_expect_events(vec![set(reminders)]);
    }
    given(vec![registered(), set(own(15))])
        .when(OrganizationCommand::SetReminders(own(15)))
        .then_expect_events(vec![]);
    let range = Problem::OutOfRange { min: -365, max: 365 };
    given(vec![registered()])
        .when(OrganizationCommand::SetReminders(own(0)))
        .then_expect_error(InvalidValue::new("steps", range).into());
}
