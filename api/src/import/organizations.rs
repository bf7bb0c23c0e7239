//! A row that describes an organization.

use chrono::{DateTime, Utc};
use domain::{
    OrganizationCommand, OrganizationId, PersonId, Personal, Siren,
    organization::{ContactDetails, OrganizationStatus, Profile},
};
use uuid::Uuid;

use super::{
    Names, Referred, Refused,
    fields::{FieldInfo, Reading},
    mapping::{Row, shown},
};

pub(super) const FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "name",
        required: true,
        reading: Reading::Text,
        english: "What the organization is called.",
        french: "Le nom de l'organisation.",
        headings: &[
            "name",
            "company",
            "company name",
            "organization",
            "organization name",
            "organisation",
            "account",
            "account name",
            "customer",
            "nom",
            "societe",
            "nom de la societe",
            "nom societe",
            "raison sociale",
            "entreprise",
            "nom de l'entreprise",
            "compte",
            "nom du compte",
            "client",
        ],
        words: &[],
    },
    FieldInfo {
        name: "siren",
        required: false,
        reading: Reading::Text,
        english: "Its SIREN, nine digits.",
        french: "Son SIREN, neuf chiffres.",
        headings: &["siren", "siren number", "numero siren", "n siren"],
        words: &[],
    },
    FieldInfo {
        name: "sector",
        required: false,
        reading: Reading::Text,
        english: "The trade it is in.",
        french: "Son secteur d'activité.",
        headings: &[
            "sector",
            "industry",
            "trade",
            "secteur",
            "secteur d'activite",
            "activite",
        ],
        words: &[],
    },
    FieldInfo {
        name: "country",
        required: false,
        reading: Reading::Text,
        english: "Where it is, in words or as a code.",
        french: "Son pays, en toutes lettres ou en code.",
        headings: &["country", "country code", "pays", "code pays"],
        words: &[],
    },
    FieldInfo {
        name: "employees",
        required: false,
        reading: Reading::Whole,
        english: "How many people work there.",
        french: "Son effectif.",
        headings: &[
            "employees",
            "number of employees",
            "employee count",
            "headcount",
            "effectif",
            "effectifs",
            "nombre d'employes",
            "nombre de salaries",
            "salaries",
        ],
        words: &[],
    },
    FieldInfo {
        name: "annualRevenue",
        required: false,
        reading: Reading::Amount,
        english: "Its revenue of a year.",
        french: "Son chiffre d'affaires annuel.",
        headings: &[
            "annual revenue",
            "revenue",
            "turnover",
            "chiffre d'affaires",
            "ca",
            "ca annuel",
        ],
        words: &[],
    },
    FieldInfo {
        name: "foundedYear",
        required: false,
        reading: Reading::Whole,
        english: "The year in which it was founded.",
        french: "L'année de sa création.",
        headings: &[
            "founded",
            "founded year",
            "year founded",
            "creation",
            "annee de creation",
        ],
        words: &[],
    },
    FieldInfo {
        name: "parent",
        required: false,
        reading: Reading::Key,
        english: "The key of the organization that owns it.",
        french: "La clé de l'organisation qui la détient.",
        headings: &[
            "parent",
            "parent company",
            "parent account",
            "subsidiary of",
            "maison mere",
            "societe mere",
            "filiale de",
            "groupe",
        ],
        words: &[],
    },
    FieldInfo {
        name: "status",
        required: false,
        reading: Reading::Choice,
        english: "PROSPECT, CUSTOMER or FORMER.",
        french: "PROSPECT, CUSTOMER ou FORMER.",
        headings: &["status", "lifecycle stage", "statut", "etat"],
        words: &[
            ("prospect", "PROSPECT"),
            ("lead", "PROSPECT"),
            ("piste", "PROSPECT"),
            ("customer", "CUSTOMER"),
            ("client", "CUSTOMER"),
            ("cliente", "CUSTOMER"),
            ("former", "FORMER"),
            ("former customer", "FORMER"),
            ("ancien", "FORMER"),
            ("ancien client", "FORMER"),
        ],
    },
    FieldInfo {
        name: "contactName",
        required: false,
        reading: Reading::Text,
        english: "The person whom one asks for there.",
        french: "La personne à qui s'adresser.",
        headings: &[
            "contact",
            "contact name",
            "main contact",
            "nom du contact",
            "interlocuteur",
            "contact principal",
        ],
        words: &[],
    },
    FieldInfo {
        name: "contactEmail",
        required: false,
        reading: Reading::Text,
        english: "That person's e-mail address.",
        french: "L'adresse électronique de cette personne.",
        headings: &[
            "contact email",
            "contact e mail",
            "email",
            "e mail",
            "mail",
            "courriel",
            "email du contact",
            "e mail du contact",
            "courriel du contact",
        ],
        words: &[],
    },
    FieldInfo {
        name: "contactPhone",
        required: false,
        reading: Reading::Text,
        english: "That person's telephone number.",
        french: "Le téléphone de cette personne.",
        headings: &[
            "contact phone",
            "phone",
            "phone number",
            "telephone",
            "tel",
            "telephone du contact",
        ],
        words: &[],
    },
    FieldInfo {
        name: "registeredAt",
        required: false,
        reading: Reading::Moment,
        english: "Since when it is known to you; the time of the import when it is not said.",
        french: "Depuis quand vous la connaissez ; sinon la date de l'import.",
        headings: &[
            "created",
            "created at",
            "create date",
            "created on",
            "creation date",
            "date de creation",
            "date de l'ajout",
            "cree le",
            "creee le",
            "date d'ajout",
            "date d'enregistrement",
            "connue depuis",
        ],
        words: &[],
    },
    FieldInfo {
        name: "externalReference",
        required: false,
        reading: Reading::Text,
        english: "What another system calls it; the key when it is not said.",
        french: "Son nom dans un autre système ; sinon la clé.",
        headings: &["external reference", "reference externe"],
        words: &[],
    },
];

/// What the row asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OrganizationPlan {
    pub(super) id: Uuid,
    /// To be reserved together with the registration.
    pub(super) siren: Option<Siren>,
    pub(super) commands: Vec<OrganizationCommand>,
    /// When all of it happened; now when the file does not say.
    pub(super) occurred_at: Option<DateTime<Utc>>,
}

pub(super) fn plan(row: &mut Row<'_>, names: &impl Names) -> Result<OrganizationPlan, Refused> {
    let key = row.key()?.to_owned();
    let siren = row
        .text("siren")?
        .map(|text| Siren::parse("siren", &text))
        .transpose()
        .map_err(Refused::from_rule)?;
    let register = OrganizationCommand::Register {
        name: row.required("name")?,
        siren: siren.clone(),
        profile: Profile {
            sector: row.text("sector")?,
            country: row.text("country")?,
            employees: number(row, "employees")?,
            annual_revenue: row.money("annualRevenue")?,
            founded_year: number(row, "foundedYear")?,
            parent: parent(row, names)?,
            ..Profile::default()
        },
        external_reference: row.text("externalReference")?.or_else(|| Some(key.clone())),
    };
    let mut commands = vec![register];
    commands.extend(contact(row, names.id("contact", &key))?);
    commands.extend(status(row)?);
    Ok(OrganizationPlan {
        id: names.id("organization", &key),
        siren,
        commands,
        occurred_at: row.moment("registeredAt")?,
    })
}

fn number<N: std::str::FromStr>(row: &mut Row<'_>, name: &'static str) -> Result<Option<N>, Refused> {
    let Some(text) = row.text(name)? else { return Ok(None) };
    let refused = |_| {
        Refused::new(
            "INVALID_NUMBER",
            format!("`{name}` is not a whole number in range: `{}`", shown(&text)),
        )
        .of(name)
    };
    text.parse().map(Some).map_err(refused)
}

/// An owner that nobody knows is left out, not the organization that it owns.
fn parent(row: &mut Row<'_>, names: &impl Names) -> Result<Option<OrganizationId>, Refused> {
    let Some(parent) = row.text("parent")? else {
        return Ok(None);
    };
    if let Some(parent) = names.find(Referred::Organization, &parent) {
        return Ok(Some(OrganizationId(parent)));
    }
    let message = format!(
        "`parent` names `{}`, which is unknown: taken without it",
        shown(&parent)
    );
    row.note("parent", "UNKNOWN_PARENT", message);
    Ok(None)
}

fn contact(row: &mut Row<'_>, person: Uuid) -> Result<Option<OrganizationCommand>, Refused> {
    let Some(name) = row.text("contactName")? else {
        return Ok(None);
    };
    let details = ContactDetails {
        name,
        email: row.text("contactEmail")?,
        phone: row.text("contactPhone")?,
    };
    Ok(Some(OrganizationCommand::NameContact {
        contact: Personal::new(PersonId(person), details),
    }))
}

/// The commands that lead from a prospect to the status.
fn status(row: &mut Row<'_>) -> Result<Vec<OrganizationCommand>, Refused> {
    let Some(text) = row.text("status")? else {
        return Ok(Vec::new());
    };
    match OrganizationStatus::ALL
        .into_iter()
        .find(|status| status.as_str() == text)
    {
        Some(OrganizationStatus::Prospect) => Ok(Vec::new()),
        Some(OrganizationStatus::Customer) => Ok(vec![OrganizationCommand::MarkCustomer]),
        Some(OrganizationStatus::Former) => {
            Ok(vec![OrganizationCommand::MarkCustomer, OrganizationCommand::MarkFormer])
        }
        None => {
            let message = format!("`status` is PROSPECT, CUSTOMER or FORMER, not `{}`", shown(&text));
            Err(Refused::new("UNKNOWN_VALUE", message).of("status"))
        }
    }
}
