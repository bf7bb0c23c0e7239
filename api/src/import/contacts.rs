//! A row that describes a person whom we know at a customer's.

use chrono::{DateTime, Utc};
use domain::{
    ContactCommand, OrganizationId, PersonId, Personal,
    contact::{AddContact, PersonDetails},
};
use uuid::Uuid;

use super::{
    Names, Referred, Refused,
    mapping::{Fields, Row, shown},
    referred,
};

/// One of the names must be there, and the rules say so.
pub(super) const FIELDS: Fields = Fields {
    required: &[],
    optional: &[
        "firstName",
        "lastName",
        "organization",
        "jobTitle",
        "email",
        "otherEmail",
        "phone",
        "otherPhone",
        "language",
        "billing",
        "signatory",
        "tags",
        "addedAt",
        "externalReference",
    ],
};

/// What the row asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ContactPlan {
    pub(super) id: Uuid,
    pub(super) commands: Vec<ContactCommand>,
    /// When they became known to us; now when the file does not say.
    pub(super) occurred_at: Option<DateTime<Utc>>,
}

/// The person behind the contact that the source calls `key`.
pub(super) fn person(names: &impl Names, key: &str) -> PersonId {
    PersonId(names.id("person of a contact", key))
}

pub(super) fn plan(row: &mut Row<'_>, names: &impl Names) -> Result<ContactPlan, Refused> {
    let key = row.key()?.to_owned();
    let details = PersonDetails {
        first_name: row.text("firstName")?,
        last_name: row.text("lastName")?,
        job_title: row.text("jobTitle")?,
        emails: both(row, "email", "otherEmail")?,
        phones: both(row, "phone", "otherPhone")?,
        language: row.text("language")?,
    };
    let add = AddContact {
        organization: referred(row, names, "organization", Referred::Organization)?.map(OrganizationId),
        details: Personal::new(person(names, &key), details),
        billing: yes(row, "billing")?,
        signatory: yes(row, "signatory")?,
        owner: None,
        external_reference: row.text("externalReference")?.or_else(|| Some(key.clone())),
    };
    let mut commands = vec![ContactCommand::Add(Box::new(add))];
    if let Some(tags) = row.text("tags")? {
        let tags = tags.split([';', ',']).map(str::trim).filter(|tag| !tag.is_empty());
        let tags: Vec<_> = tags.map(str::to_owned).collect();
        commands.push(ContactCommand::Tag { tags });
    }
    Ok(ContactPlan {
        id: names.id(Referred::Contact.kind(), &key),
        commands,
        occurred_at: row.moment("addedAt")?,
    })
}

fn both(row: &mut Row<'_>, first: &str, second: &str) -> Result<Vec<String>, Refused> {
    Ok([row.text(first)?, row.text(second)?].into_iter().flatten().collect())
}

fn yes(row: &mut Row<'_>, name: &str) -> Result<bool, Refused> {
    let Some(text) = row.text(name)? else { return Ok(false) };
    match text.to_lowercase().as_str() {
        "yes" | "oui" | "true" | "vrai" | "1" | "x" => Ok(true),
        "no" | "non" | "false" | "faux" | "0" => Ok(false),
        _ => {
            let message = format!("`{name}` is yes or no, not `{}`", shown(&text));
            Err(Refused::new("UNKNOWN_VALUE", message))
        }
    }
}
