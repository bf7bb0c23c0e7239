use domain::{
    Currency, Event, Money, OrganizationEvent, OrganizationId, PersonEvent, PersonId, Personal,
    organization::{ContactDetails, OrganizationStatus},
    person::ErasureGround,
};
use engine::projection::spec::Spec;
use projections::organizations::{Model, Organizations};
use uuid::Uuid;

use super::{ONE, TWO, march, micros};

const ZOE: Uuid = Uuid::from_u128(3);

fn registered(name: &str) -> OrganizationEvent {
    OrganizationEvent::OrganizationRegistered {
        name: name.to_owned(),
        siren: Some("552081317".parse().unwrap()),
        sector: Some("machines".to_owned()),
        country: Some("France".to_owned()),
        employees: Some(120),
        annual_revenue: Some(Money::new(125_000, Currency::EUR)),
        founded_year: Some(1_987),
        parent: Some(OrganizationId(TWO)),
        external_reference: Some("ACC-1".to_owned()),
    }
}

/// What [`registered`] on the first at noon leads to.
fn row() -> Model {
    Model {
        id: ONE,
        name: "Électricité Martin".to_owned(),
        name_folded: "électricité martin".to_owned(),
        siren: Some("552081317".to_owned()),
        sector: Some("machines".to_owned()),
        country: Some("France".to_owned()),
        employees: Some(120),
        revenue_minor: Some(125_000),
        revenue_currency: Some("EUR".to_owned()),
        founded_year: Some(1_987),
        parent_id: Some(TWO),
        status: "PROSPECT".to_owned(),
        contact_person: None,
        contact_name: None,
        contact_email: None,
        contact_phone: None,
        external_reference: Some("ACC-1".to_owned()),
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
fn a_new_name_is_found_in_lower_case() {
    after(OrganizationEvent::OrganizationRenamed {
        name: "ÉLEC Martin".to_owned(),
    })
    .expect([Model {
        name: "ÉLEC Martin".to_owned(),
        name_folded: "élec martin".to_owned(),
        ..changed()
    }]);
}

#[test]
fn a_description_replaces_the_one_before() {
    let described = OrganizationEvent::OrganizationDescribed {
        sector: None,
        country: Some("FR".to_owned()),
        employees: None,
        annual_revenue: None,
        founded_year: None,
        parent: None,
    };
    after(described).expect([Model {
        sector: None,
        country: Some("FR".to_owned()),
        employees: None,
        revenue_minor: None,
        revenue_currency: None,
        founded_year: None,
        parent_id: None,
        ..changed()
    }]);
}

#[test]
fn a_siren_can_be_taken_away() {
    after(OrganizationEvent::OrganizationIdentified { siren: None }).expect([Model {
        siren: None,
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
