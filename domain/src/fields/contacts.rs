use serde::Serialize;
use serde_json::json;

use super::Changes;
use crate::{
    ContactEvent, PersonId, Personal,
    contact::{ConsentPurpose, DetailsChanges, PersonDetails},
};

pub(super) fn changes(event: &ContactEvent) -> Changes {
    match event {
        ContactEvent::ContactAdded {
            organization,
            details: known,
            billing,
            signatory,
            owner,
            external_reference,
        } => details(known)
            .set("organization", organization)
            .set("billing", billing)
            .set("signatory", signatory)
            .set("owner", owner)
            .set("externalReference", external_reference),
        ContactEvent::ContactChanged { details } => changed(details),
        ContactEvent::ContactFlagged { billing, signatory } => {
            Changes::new().set("billing", billing).set("signatory", signatory)
        }
        ContactEvent::ContactMoved { from: _, organization } => Changes::new().set("organization", organization),
        ContactEvent::ContactAssigned { owner } => Changes::new().set("owner", owner),
        ContactEvent::ContactTagged { tags } => Changes::new().add("tags", tags),
        ContactEvent::ContactUntagged { tags } => Changes::new().remove("tags", tags),
        ContactEvent::ConsentGiven {
            purpose,
            source,
            text,
            evidence,
        } => consent(
            *purpose,
            json!({ "given": true, "source": source, "text": text, "evidence": evidence }),
        ),
        ContactEvent::ConsentWithdrawn {
            purpose,
            source,
            evidence,
        } => consent(
            *purpose,
            json!({ "given": false, "source": source, "evidence": evidence }),
        ),
        ContactEvent::ContactArchived {} => Changes::new().set("archived", true),
        ContactEvent::ContactRestored {} => Changes::new().clear("archived"),
        ContactEvent::ContactsMerged { merged } => Changes::new().add("merged", [merged]),
        ContactEvent::ContactMergedInto { survivor } => Changes::new().set("mergedInto", survivor),
    }
}

/// Everything that an erased person's details could have said is erased, too: nobody knows any more what was there.
fn details(details: &Personal<PersonDetails>) -> Changes {
    let person = details.person();
    let Some(known) = details.value() else {
        let erased = || Personal::<()>::Erased { person };
        let fields = ["firstName", "lastName", "jobTitle", "emails", "phones", "language"];
        return fields
            .into_iter()
            .fold(Changes::new(), |changes, field| changes.set(field, erased()));
    };
    Changes::new()
        .set("firstName", marked(person, known.first_name.as_ref()))
        .set("lastName", marked(person, known.last_name.as_ref()))
        .set("jobTitle", marked(person, known.job_title.as_ref()))
        .set("emails", marked(person, several(&known.emails)))
        .set("phones", marked(person, several(&known.phones)))
        .set("language", marked(person, known.language.as_ref()))
}

/// Of an erased person nothing is told that their first event has not told already.
fn changed(details: &Personal<DetailsChanges>) -> Changes {
    let person = details.person();
    let Some(known) = details.value() else {
        return Changes::new();
    };
    let mut changes = Changes::new();
    for (field, change) in [
        ("firstName", &known.first_name),
        ("lastName", &known.last_name),
        ("jobTitle", &known.job_title),
        ("language", &known.language),
    ] {
        if let Some(value) = change {
            changes = changes.set(field, marked(person, value.as_ref()));
        }
    }
    for (field, change) in [("emails", &known.emails), ("phones", &known.phones)] {
        if let Some(values) = change {
            changes = changes.set(field, marked(person, several(values)));
        }
    }
    changes
}

fn several(values: &[String]) -> Option<&[String]> {
    Some(values).filter(|values| !values.is_empty())
}

fn marked<T: Serialize>(person: PersonId, value: Option<T>) -> Option<Personal<T>> {
    value.map(|value| Personal::new(person, value))
}

fn consent(purpose: ConsentPurpose, value: serde_json::Value) -> Changes {
    Changes::new().set(format!("consents.{}", purpose.as_str()), value)
}
