//! A row that describes an organization.

use chrono::{DateTime, Utc};
use domain::{
    OrganizationCommand, OrganizationId, PersonId, Personal, Siren,
    organization::{ContactDetails, OrganizationStatus, Profile},
};
use uuid::Uuid;

use super::{
    Names, Referred, Refused,
    mapping::{Fields, Row, shown},
};

pub(super) const FIELDS: Fields = Fields {
    required: &["name"],
    optional: &[
        "siren",
        "sector",
        "country",
        "employees",
        "annualRevenue",
        "foundedYear",
        "parent",
        "status",
        "contactName",
        "contactEmail",
        "contactPhone",
        "registeredAt",
        "externalReference",
    ],
};

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
    row.note("UNKNOWN_PARENT", message);
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
            Err(Refused::new("UNKNOWN_VALUE", message))
        }
    }
}
