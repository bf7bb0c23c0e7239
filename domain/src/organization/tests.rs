use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::{Change, Currency, InvalidValue, Money, PersonId, Personal, Refusal, value::Problem};

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
        employees: None,
        annual_revenue: None,
        founded_year: None,
        parent: None,
        external_reference: None,
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
    let described = OrganizationEvent::OrganizationDescribed {
        sector: Some("food".to_owned()),
        country: None,
        employees: Some(12),
        annual_revenue: None,
        founded_year: None,
        parent: None,
    };
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
    let described = |sector: Option<&str>, employees| OrganizationEvent::OrganizationDescribed {
        sector: sector.map(str::to_owned),
        country: None,
        employees,
        annual_revenue: None,
        founded_year: None,
        parent: None,
    };
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

#[test]
fn a_siren_is_given_corrected_and_taken_away() {
    let siren = Some("552081317".parse().unwrap());
    let identified = OrganizationEvent::OrganizationIdentified { siren: siren.clone() };
    given(vec![registered()])
        .when(OrganizationCommand::Identify { siren })
        .then_expect_events(vec![identified.clone()]);
    given(vec![registered(), identified])
        .when(OrganizationCommand::Identify { siren: None })
        .then_expect_events(vec![OrganizationEvent::OrganizationIdentified { siren: None }]);
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
