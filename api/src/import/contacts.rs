//! A row that describes a person whom we know at a customer's.

use chrono::{DateTime, Utc};
use domain::{
    ContactCommand, OrganizationId, PersonId, Personal,
    contact::{AddContact, PersonDetails},
};
use uuid::Uuid;

use super::{
    Names, Referred, Refused,
    fields::{FieldInfo, Reading},
    mapping::{Row, shown},
    referred,
};

/// One of the names must be there, and the rules say so.
pub(super) const FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "firstName",
        required: false,
        reading: Reading::Text,
        english: "Their first name. One of the names must be there.",
        french: "Le prénom. L'un des deux noms est nécessaire.",
        headings: &["first name", "firstname", "given name", "forename", "prenom"],
        words: &[],
    },
    FieldInfo {
        name: "lastName",
        required: false,
        reading: Reading::Text,
        english: "Their last name. One of the names must be there.",
        french: "Le nom de famille. L'un des deux noms est nécessaire.",
        headings: &[
            "last name",
            "lastname",
            "surname",
            "family name",
            "name",
            "nom",
            "nom de famille",
        ],
        words: &[],
    },
    FieldInfo {
        name: "organization",
        required: false,
        reading: Reading::Key,
        english: "The key of the organization where they work.",
        french: "La clé de l'organisation où ils travaillent.",
        headings: &[
            "organization",
            "organisation",
            "company",
            "company id",
            "account",
            "account id",
            "organization id",
            "societe",
            "entreprise",
            "id societe",
            "id entreprise",
            "reference societe",
            "code client",
            "client",
        ],
        words: &[],
    },
    FieldInfo {
        name: "jobTitle",
        required: false,
        reading: Reading::Text,
        english: "What they do there.",
        french: "La fonction.",
        headings: &[
            "job title",
            "title",
            "job",
            "position",
            "role",
            "fonction",
            "poste",
            "titre",
        ],
        words: &[],
    },
    FieldInfo {
        name: "email",
        required: false,
        reading: Reading::Text,
        english: "Their e-mail address.",
        french: "L'adresse électronique.",
        headings: &[
            "email",
            "e mail",
            "email address",
            "e mail address",
            "mail",
            "work email",
            "courriel",
            "adresse email",
            "adresse e mail",
            "adresse mail",
            "adresse electronique",
            "email professionnel",
        ],
        words: &[],
    },
    FieldInfo {
        name: "otherEmail",
        required: false,
        reading: Reading::Text,
        english: "Another e-mail address.",
        french: "Une autre adresse électronique.",
        headings: &[
            "other email",
            "second email",
            "secondary email",
            "personal email",
            "additional email",
            "autre email",
            "autre e mail",
            "autre courriel",
            "email personnel",
            "email 2",
            "e mail 2",
        ],
        words: &[],
    },
    FieldInfo {
        name: "phone",
        required: false,
        reading: Reading::Text,
        english: "Their telephone number.",
        french: "Le téléphone.",
        headings: &[
            "phone",
            "phone number",
            "telephone",
            "work phone",
            "office phone",
            "tel",
            "telephone fixe",
            "telephone professionnel",
            "numero de telephone",
            "fixe",
        ],
        words: &[],
    },
    FieldInfo {
        name: "otherPhone",
        required: false,
        reading: Reading::Text,
        english: "Another telephone number.",
        french: "Un autre téléphone.",
        headings: &[
            "mobile",
            "mobile phone",
            "mobile phone number",
            "cell",
            "cell phone",
            "other phone",
            "portable",
            "telephone portable",
            "tel portable",
            "telephone mobile",
            "gsm",
            "autre telephone",
        ],
        words: &[],
    },
    FieldInfo {
        name: "language",
        required: false,
        reading: Reading::Text,
        english: "The language to speak to them in, as a code: fr.",
        french: "La langue dans laquelle leur parler, en code : fr.",
        headings: &["language", "preferred language", "langue"],
        words: &[],
    },
    FieldInfo {
        name: "billing",
        required: false,
        reading: Reading::Flag,
        english: "Whether invoices go to them: yes or no.",
        french: "S'ils reçoivent les factures : oui ou non.",
        headings: &["billing", "billing contact", "facturation", "contact facturation"],
        words: &[],
    },
    FieldInfo {
        name: "signatory",
        required: false,
        reading: Reading::Flag,
        english: "Whether they may sign: yes or no.",
        french: "S'ils peuvent signer : oui ou non.",
        headings: &["signatory", "signataire"],
        words: &[],
    },
    FieldInfo {
        name: "tags",
        required: false,
        reading: Reading::Text,
        english: "Tags, between commas or semicolons.",
        french: "Des étiquettes, entre virgules ou points-virgules.",
        headings: &["tags", "labels", "etiquettes", "mots cles"],
        words: &[],
    },
    FieldInfo {
        name: "addedAt",
        required: false,
        reading: Reading::Moment,
        english: "Since when you know them; the time of the import when it is not said.",
        french: "Depuis quand vous les connaissez ; sinon la date de l'import.",
        headings: &[
            "created",
            "created at",
            "create date",
            "created on",
            "creation date",
            "added",
            "added on",
            "cree le",
            "date de creation",
            "date d'ajout",
            "connu depuis",
        ],
        words: &[],
    },
    FieldInfo {
        name: "externalReference",
        required: false,
        reading: Reading::Text,
        english: "What another system calls them; the key when it is not said.",
        french: "Leur nom dans un autre système ; sinon la clé.",
        headings: &["external reference", "reference externe"],
        words: &[],
    },
];

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

fn both(row: &mut Row<'_>, first: &'static str, second: &'static str) -> Result<Vec<String>, Refused> {
    Ok([row.text(first)?, row.text(second)?].into_iter().flatten().collect())
}

pub(super) fn yes(row: &mut Row<'_>, name: &'static str) -> Result<bool, Refused> {
    let Some(text) = row.text(name)? else { return Ok(false) };
    match text.to_lowercase().as_str() {
        "yes" | "oui" | "true" | "vrai" | "1" | "x" => Ok(true),
        "no" | "non" | "false" | "faux" | "0" => Ok(false),
        _ => {
            let message = format!("`{name}` is yes or no, not `{}`", shown(&text));
            Err(Refused::new("UNKNOWN_VALUE", message).of(name))
        }
    }
}
