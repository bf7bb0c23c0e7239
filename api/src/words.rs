//! What an event changed, in a line for people. One place, so that the command line and the API tell it alike.

mod accounts;
mod billing;
mod contracts;
mod deals;
mod deliveries;
mod imports;
mod invoicing;
mod people;
mod quotes;
mod tasks;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use domain::{AttachedFile, Event, Money, OversightEvent, PersonEvent, ReservationEvent};
use serde_json::Value;

/// What the event changed.
pub fn describe(event: &Event) -> String {
    match event {
        Event::Organization(event) => people::organization(event),
        Event::Contact(event) => people::contact(event),
        Event::Activity(event) => people::activity(event),
        Event::Pipeline(event) => deals::pipeline(event),
        Event::Deal(event) => deals::deal(event),
        Event::Task(event) => tasks::task(event),
        Event::TaskSeries(event) => tasks::series(event),
        Event::Inbox(event) => tasks::inbox(event),
        Event::User(event) => accounts::user(event),
        Event::SavedFilter(event) => accounts::saved_filter(event),
        Event::Import(event) => imports::import(event),
        Event::Team(event) => accounts::team(event),
        Event::ApiToken(event) => accounts::api_token(event),
        Event::Delivery(event) => deliveries::delivery(event),
        Event::Company(event) => billing::company(event),
        Event::Product(event) => billing::product(event),
        Event::Accounting(event) => billing::accounting(event),
        Event::NumberSeries(event) => quotes::number_series(event),
        Event::Quote(event) => quotes::quote(event),
        Event::Invoice(event) => invoicing::invoice(event),
        Event::Payment(event) => invoicing::payment(event),
        Event::Contract(event) => contracts::contract(event),
        Event::Person(PersonEvent::PersonErased { person, .. }) => {
            format!("everything about person {person} was erased")
        }
        Event::Person(PersonEvent::PersonUnited { person, with }) => {
            format!("person {person} is the same human being as {with}")
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

/// A field's value, in a few words.
pub fn value(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        // On one line, and nothing that a terminal would obey.
        Value::String(text) => text
            .chars()
            .map(|one| if one.is_control() { ' ' } else { one })
            .collect(),
        Value::Array(items) => items.iter().map(self::value).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            if let Some(personal) = fields.get("$personal") {
                return self::value(&personal["value"]);
            }
            if fields.contains_key("$erased") {
                return "erased".to_owned();
            }
            if let Ok(money) = serde_json::from_value::<Money>(value.clone()) {
                return money.to_string();
            }
            let told = fields.iter().filter(|(_, value)| !value.is_null());
            let told = told.map(|(name, value)| format!("{name} {}", self::value(value)));
            told.collect::<Vec<_>>().join(", ")
        }
    }
}

fn listed<const N: usize>(first: String, more: [Option<String>; N]) -> String {
    more.into_iter().flatten().fold(first, |line, part| line + ", " + &part)
}

const FILE_DETACHED: &str = "file detached";

fn file_attached(file: &AttachedFile) -> String {
    listed("file attached".to_owned(), [Some(file.description.name.clone())])
}

fn day(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

fn minute(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use domain::{Currency, DealEvent, Money, OrganizationEvent, Personal, deal::Amounts, pipeline::Stage};

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
    fn a_value_is_told_in_a_few_words() {
        for (json, told) in [
            (json!(null), "none"),
            (json!({ "minorUnits": 105_400, "currency": "EUR" }), "1054.00 EUR"),
            (
                json!({ "$personal": { "person": uuid::Uuid::nil(), "value": ["a@b.example", "c@d.example"] } }),
                "a@b.example, c@d.example",
            ),
            (json!({ "$erased": { "person": uuid::Uuid::nil() } }), "erased"),
            (json!({ "kind": "REFERRAL", "detail": null }), "kind REFERRAL"),
            (json!("two\nlines\u{1b}[31m"), "two lines [31m"),
        ] {
            assert_eq!(value(&json), told);
        }
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
