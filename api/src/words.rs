//! What an event changed, in a line for people. One place, so that the command line and the API tell it alike.

mod accounts;
mod deals;
mod deliveries;
mod tasks;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use domain::{
    Event, OrganizationEvent, OversightEvent, PersonEvent, Personal, ReservationEvent, organization::ContactDetails,
};

/// What the event changed.
pub fn describe(event: &Event) -> String {
    match event {
        Event::Organization(event) => organization(event),
        Event::Pipeline(event) => deals::pipeline(event),
        Event::Deal(event) => deals::deal(event),
        Event::Task(event) => tasks::task(event),
        Event::TaskSeries(event) => tasks::series(event),
        Event::Inbox(event) => tasks::inbox(event),
        Event::User(event) => accounts::user(event),
        Event::Team(event) => accounts::team(event),
        Event::ApiToken(event) => accounts::api_token(event),
        Event::Delivery(event) => deliveries::delivery(event),
        Event::Person(PersonEvent::PersonErased { person, .. }) => {
            format!("everything about person {person} was erased")
        }
        Event::Reservation(ReservationEvent::ValueReserved { kind, holder }) => {
            format!("a value of {} reserved for {holder}", kind.as_str())
        }
        Event::Reservation(ReservationEvent::ValueReleased { holder }) => format!("given back by {holder}"),
        Event::Oversight(OversightEvent::EventSkipped {
            projection,
            position,
            reason,
        }) => {
            format!("`{projection}` passes over position {position}: {reason}")
        }
    }
}

fn organization(event: &OrganizationEvent) -> String {
    match event {
        OrganizationEvent::OrganizationRegistered {
            name,
            siren,
            sector,
            country,
            ..
        } => {
            let siren = siren.as_ref().map(|siren| format!("SIREN {siren}"));
            listed(
                format!("registered as “{name}”"),
                [siren, sector.clone(), country.clone()],
            )
        }
        OrganizationEvent::OrganizationRenamed { name } => format!("renamed to “{name}”"),
        OrganizationEvent::OrganizationDescribed {
            sector,
            country,
            employees,
            annual_revenue,
            ..
        } => {
            let employees = employees.map(|employees| format!("{employees} employees"));
            let revenue = annual_revenue.map(|revenue| format!("revenue {revenue}"));
            listed(
                "described".to_owned(),
                [sector.clone(), country.clone(), employees, revenue],
            )
        }
        OrganizationEvent::OrganizationIdentified { siren: Some(siren) } => format!("SIREN is {siren}"),
        OrganizationEvent::OrganizationIdentified { siren: None } => "SIREN taken away".to_owned(),
        OrganizationEvent::OrganizationContactNamed { contact } => format!("contact is {}", person(contact)),
        OrganizationEvent::OrganizationContactRemoved {} => "contact removed".to_owned(),
        OrganizationEvent::OrganizationStatusChanged { from, to } => {
            format!("status {} → {}", from.as_str(), to.as_str())
        }
    }
}

fn person(contact: &Personal<ContactDetails>) -> String {
    match contact.value() {
        Some(details) => listed(details.name.clone(), [details.email.clone(), details.phone.clone()]),
        None => format!("person {}, erased", contact.person()),
    }
}

fn listed<const N: usize>(first: String, more: [Option<String>; N]) -> String {
    more.into_iter().flatten().fold(first, |line, part| line + ", " + &part)
}

fn day(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

fn minute(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use domain::{Currency, DealEvent, Money, deal::Amounts, pipeline::Stage};

    use super::*;

    #[test]
    fn an_event_is_told_in_a_line() {
        let moved = Event::from(DealEvent::DealMoved {
            from: Stage::Prospection.into(),
            to: Stage::Qualification.into(),
            rank: None,
        });
        assert_eq!(describe(&moved), "stage PROSPECTION → QUALIFICATION");
        let won = DealEvent::DealWon {
            from: Stage::Negociation.into(),
            stage: None,
            rank: None,
            amounts: Amounts::net(Money::new(105_400, Currency::EUR)),
        };
        assert_eq!(describe(&won.into()), "won, from NEGOCIATION, 1054.00 EUR");
    }

    #[test]
    fn of_an_erased_person_only_the_name_of_the_key_is_told() {
        let person = domain::PersonId(uuid::Uuid::nil());
        let named = OrganizationEvent::OrganizationContactNamed {
            contact: Personal::Erased { person },
        };
        assert_eq!(
            describe(&named.into()),
            "contact is person 00000000-0000-0000-0000-000000000000, erased"
        );
    }
}
