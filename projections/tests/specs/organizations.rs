use domain::{
    Country, Currency, CustomValue, Event, Money, OrganizationEvent, OrganizationId, PersonEvent, PersonId, Personal,
    PostalAddress, UserId,
    organization::{BankAccount, ContactDetails, OrganizationKind, OrganizationSize, OrganizationStatus},
    person::ErasureGround,
};
use engine::projection::spec::Spec;
use projections::organizations::{Model, Organizations, fields, likeness, tags};
use uuid::Uuid;

use super::{ONE, TWO, march, micros};

const ZOE: Uuid = Uuid::from_u128(3);

fn registered(name: &str) -> OrganizationEvent {
    OrganizationEvent::OrganizationRegistered {
        name: name.to_owned(),
        siren: Some("552081317".parse().unwrap()),
        sector: Some("machines".to_owned()),
        country: Some(Country::FRANCE),
        country_name: None,
        employees: Some(120),
        annual_revenue: Some(Money::new(125_000, Currency::EUR)),
        founded_year: Some(1_987),
        parent: Some(OrganizationId(TWO)),
        kind: Some(OrganizationKind::Professional),
        category: Some("grand compte".to_owned()),
        region: Some("Bretagne".to_owned()),
        size: Some(OrganizationSize::Sme),
        external_reference: Some("ACC-1".to_owned()),
    }
}

/// What [`registered`] on the first at noon leads to.
fn row() -> Model {
    Model {
        id: ONE,
        name: "Électricité Martin".to_owned(),
        name_folded: "electricite martin".to_owned(),
        kind: Some("PROFESSIONAL".to_owned()),
        siren: Some("552081317".to_owned()),
        siret: None,
        vat_number: None,
        sector: Some("machines".to_owned()),
        country: Some("FR".to_owned()),
        country_name: None,
        category: Some("grand compte".to_owned()),
        region: Some("Bretagne".to_owned()),
        size: Some("SME".to_owned()),
        employees: Some(120),
        revenue_minor: Some(125_000),
        revenue_currency: Some("EUR".to_owned()),
        founded_year: Some(1_987),
        parent_id: Some(TWO),
        status: "PROSPECT".to_owned(),
        owner_id: None,
        billing_address: None,
        delivery_address: None,
        iban: None,
        bic: None,
        account_holder: None,
        account_person: None,
        contact_person: None,
        contact_name: None,
        contact_email: None,
        contact_phone: None,
        external_reference: Some("ACC-1".to_owned()),
        reminders: None,
        archived_at: None,
        merged_into: None,
        registered_at: micros("01T12:00"),
        updated_at: micros("01T12:00"),
        version: 1,
        position: 1,
    }
}

fn given() -> Spec<Event> {
    Spec::of(Organizations).given_at("organization", ONE, march("01T12:00"), registered("Électricité Martin"))
}

fn after(event: OrganizationEvent) -> Spec<Event> {
    given().given_at("organization", ONE, march("02T12:00"), event)
}

/// The row after one more event on the second at noon.
fn changed() -> Model {
    Model {
        updated_at: micros("02T12:00"),
        version: 2,
        position: 2,
        ..row()
    }
}

fn zoe_named() -> OrganizationEvent {
    let details = ContactDetails {
        name: "Zoé Martin".to_owned(),
        email: Some("zoe@martin.example".to_owned()),
        phone: None,
    };
    OrganizationEvent::OrganizationContactNamed {
        contact: Personal::new(PersonId(ZOE), details),
    }
}

fn zoe_erased() -> PersonEvent {
    PersonEvent::PersonErased {
        person: PersonId(ZOE),
        ground: ErasureGround::Request,
    }
}

fn with_zoe() -> Model {
    Model {
        contact_person: Some(ZOE),
        contact_name: Some("Zoé Martin".to_owned()),
        contact_email: Some("zoe@martin.example".to_owned()),
        ..changed()
    }
}

#[test]
fn a_registered_organization_is_a_row() {
    given().expect([row()]);
}

#[test]
fn a_new_name_is_found_whatever_its_case_and_accents() {
    after(OrganizationEvent::OrganizationRenamed {
        name: "ÉLEC Martin".to_owned(),
    })
    .expect([Model {
        name: "ÉLEC Martin".to_owned(),
        name_folded: "elec martin".to_owned(),
        ..changed()
    }]);
}

#[test]
fn a_description_replaces_the_one_before() {
    let described = OrganizationEvent::OrganizationDescribed {
        sector: None,
        country: None,
        country_name: Some("Atlantis".to_owned()),
        employees: None,
        annual_revenue: None,
        founded_year: None,
        parent: None,
        kind: None,
        category: None,
        region: None,
        size: None,
    };
    after(described).expect([Model {
        kind: None,
        sector: None,
        country: None,
        country_name: Some("Atlantis".to_owned()),
        category: None,
        region: None,
        size: None,
        employees: None,
        revenue_minor: None,
        revenue_currency: None,
        founded_year: None,
        parent_id: None,
        ..changed()
    }]);
}

#[test]
fn numbers_are_given_and_taken_away() {
    let none = OrganizationEvent::OrganizationIdentified {
        siren: None,
        siret: None,
        vat_number: None,
    };
    after(none).expect([Model {
        siren: None,
        ..changed()
    }]);
    let all = OrganizationEvent::OrganizationIdentified {
        siren: Some("732829320".parse().unwrap()),
        siret: Some("73282932000074".parse().unwrap()),
        vat_number: Some("FR44732829320".parse().unwrap()),
    };
    after(all).expect([Model {
        siren: Some("732829320".to_owned()),
        siret: Some("73282932000074".to_owned()),
        vat_number: Some("FR44732829320".to_owned()),
        ..changed()
    }]);
}

#[test]
fn the_status_is_the_last_one() {
    let (from, to) = (OrganizationStatus::Prospect, OrganizationStatus::Customer);
    after(OrganizationEvent::OrganizationStatusChanged { from, to }).expect([Model {
        status: "CUSTOMER".to_owned(),
        ..changed()
    }]);
}

#[test]
fn a_contact_is_shown_until_removed() {
    after(zoe_named()).expect([with_zoe()]);
    after(zoe_named())
        .given_at(
            "organization",
            ONE,
            march("03T12:00"),
            OrganizationEvent::OrganizationContactRemoved {},
        )
        .expect([Model {
            updated_at: micros("03T12:00"),
            version: 3,
            position: 3,
            ..row()
        }]);
}

#[test]
fn a_contact_without_an_address_does_not_inherit_one() {
    let details = ContactDetails {
        name: "Ada".to_owned(),
        email: None,
        phone: None,
    };
    let ada = OrganizationEvent::OrganizationContactNamed {
        contact: Personal::new(PersonId(TWO), details),
    };
    after(zoe_named())
        .given_at("organization", ONE, march("03T12:00"), ada)
        .expect([Model {
            contact_person: Some(TWO),
            contact_name: Some("Ada".to_owned()),
            updated_at: micros("03T12:00"),
            version: 3,
            position: 3,
            ..row()
        }]);
}

/// The row as it is once Zoé's data is gone: who she was stays known as an id.
fn without_zoe() -> Model {
    Model {
        contact_name: None,
        contact_email: None,
        ..with_zoe()
    }
}

#[test]
fn an_erased_person_is_blanked_wherever_they_stand() {
    let second = |named: Model| Model {
        id: TWO,
        position: 4,
        ..named
    };
    after(zoe_named())
        .given_at("organization", TWO, march("01T12:00"), registered("Électricité Martin"))
        .given_at("organization", TWO, march("02T12:00"), zoe_named())
        .given("person", ZOE, zoe_erased())
        .expect([without_zoe(), second(without_zoe())]);
}

#[test]
fn erased_while_live_equals_erased_when_rebuilt() {
    let erased = OrganizationEvent::OrganizationContactNamed {
        contact: Personal::Erased { person: PersonId(ZOE) },
    };
    let live = after(zoe_named())
        .given("person", ZOE, zoe_erased())
        .rows::<projections::organizations::Entity>();
    let rebuilt = after(erased)
        .given("person", ZOE, zoe_erased())
        .rows::<projections::organizations::Entity>();
    assert_eq!(live, rebuilt);
    assert_eq!(live, [without_zoe()]);
}

#[test]
fn erasing_somebody_else_changes_nothing() {
    let somebody = PersonEvent::PersonErased {
        person: PersonId(TWO),
        ground: ErasureGround::Law,
    };
    after(zoe_named()).given("person", TWO, somebody).expect([with_zoe()]);
}

fn account() -> BankAccount {
    BankAccount {
        iban: "FR7630006000011234567890189".parse().unwrap(),
        bic: Some("AGRIFRPP".parse().unwrap()),
        holder: None,
    }
}

fn of_zoe() -> OrganizationEvent {
    OrganizationEvent::OrganizationBankAccountChanged {
        account: None,
        personal: Some(Personal::new(PersonId(ZOE), account())),
    }
}

#[test]
fn an_account_is_shown_and_a_persons_goes_with_them() {
    let paid = Model {
        iban: Some("FR7630006000011234567890189".to_owned()),
        bic: Some("AGRIFRPP".to_owned()),
        ..changed()
    };
    let own = OrganizationEvent::OrganizationBankAccountChanged {
        account: Some(account()),
        personal: None,
    };
    after(own).expect([paid.clone()]);
    after(of_zoe()).expect([Model {
        account_person: Some(ZOE),
        ..paid
    }]);
    let erased = Model {
        account_person: Some(ZOE),
        ..changed()
    };
    after(of_zoe())
        .given("person", ZOE, zoe_erased())
        .expect([erased.clone()]);
    let rebuilt = OrganizationEvent::OrganizationBankAccountChanged {
        account: None,
        personal: Some(Personal::Erased { person: PersonId(ZOE) }),
    };
    after(rebuilt).given("person", ZOE, zoe_erased()).expect([erased]);
}

#[test]
fn addresses_are_kept_whole() {
    let address = PostalAddress {
        lines: vec!["1 rue A".to_owned()],
        postcode: Some("75002".to_owned()),
        city: "Paris".to_owned(),
        country: Country::FRANCE,
    };
    let addressed = OrganizationEvent::OrganizationAddressesChanged {
        billing: Some(address),
        delivery: None,
    };
    let json = r#"{"lines":["1 rue A"],"postcode":"75002","city":"Paris","country":"FR"}"#;
    after(addressed).expect([Model {
        billing_address: Some(json.to_owned()),
        ..changed()
    }]);
}

#[test]
fn an_owner_and_the_archive_are_shown() {
    let owner = UserId(TWO);
    after(OrganizationEvent::OrganizationAssigned { owner: Some(owner) }).expect([Model {
        owner_id: Some(TWO),
        ..changed()
    }]);
    after(OrganizationEvent::OrganizationArchived {}).expect([Model {
        archived_at: Some(micros("02T12:00")),
        ..changed()
    }]);
}

#[test]
fn tags_and_fields_have_rows_of_their_own() {
    let text = |text: &str| text.to_owned();
    after(OrganizationEvent::OrganizationTagged {
        tags: vec![text("Clé"), text("VIP")],
    })
    .given(
        "organization",
        ONE,
        OrganizationEvent::OrganizationUntagged {
            tags: vec![text("VIP")],
        },
    )
    .expect([tags::Model {
        id: format!("{ONE}/cle"),
        organization_id: ONE,
        tag: text("Clé"),
        tag_folded: text("cle"),
    }]);
    let set = OrganizationEvent::OrganizationFieldsSet {
        fields: [
            (text("rate"), CustomValue::Number("12.5".parse().unwrap())),
            (text("erp"), CustomValue::Text(text("C042"))),
        ]
        .into(),
        cleared: Vec::new(),
    };
    let clear = OrganizationEvent::OrganizationFieldsSet {
        fields: [].into(),
        cleared: vec![text("erp")],
    };
    after(set).given("organization", ONE, clear).expect([fields::Model {
        id: format!("{ONE}/rate"),
        organization_id: ONE,
        key: text("rate"),
        kind: text("NUMBER"),
        value: text("12.5"),
        number: Some(12.5),
    }]);
}

const THREE: uuid::Uuid = uuid::Uuid::from_u128(33);

fn merged(survivor: Uuid) -> OrganizationEvent {
    OrganizationEvent::OrganizationMergedInto {
        survivor: OrganizationId(survivor),
    }
}

#[test]
fn a_chain_of_merges_ends_at_one_survivor() {
    let rows = given()
        .given("organization", TWO, registered("Martin"))
        .given("organization", THREE, registered("Martin & Cie"))
        .given("organization", ONE, merged(TWO))
        .given("organization", TWO, merged(THREE))
        .rows::<projections::organizations::Entity>();
    let into: Vec<_> = rows.iter().map(|row| (row.id, row.merged_into)).collect();
    assert_eq!(into, [(ONE, Some(THREE)), (TWO, Some(THREE)), (THREE, None)]);
}

#[test]
fn what_is_alike_has_equal_marks_until_it_is_merged() {
    let marks = |spec: &Spec<Event>| -> Vec<(Uuid, String)> {
        let rows = spec.rows::<likeness::Entity>();
        rows.into_iter().map(|row| (row.organization_id, row.mark)).collect()
    };
    let mark = |id, mark: &str| (id, mark.to_owned());
    let spec = given();
    assert_eq!(
        marks(&spec),
        [
            mark(ONE, "NAME:electricite martin"),
            mark(ONE, "SIMILAR_NAME:elec ma"),
            mark(ONE, "SIREN:552081317"),
        ]
    );
    let spec = spec
        .given("organization", TWO, registered("SARL MARTIN Électricité"))
        .given(
            "organization",
            TWO,
            OrganizationEvent::OrganizationRenamed {
                name: "Durand".to_owned(),
            },
        )
        .given("organization", ONE, merged(TWO));
    assert_eq!(
        marks(&spec),
        [
            mark(TWO, "NAME:durand"),
            mark(TWO, "SIMILAR_NAME:dura "),
            mark(TWO, "SIREN:552081317"),
        ]
    );
}
