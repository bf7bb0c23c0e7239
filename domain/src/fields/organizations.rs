use super::Changes;
use crate::{OrganizationEvent, organization::OrganizationStatus};

pub(super) fn changes(event: &OrganizationEvent) -> Changes {
    match event {
        OrganizationEvent::OrganizationRegistered {
            name,
            siren,
            external_reference,
            ..
        } => profile(event)
            .set("name", name)
            .set("siren", siren)
            .set("status", OrganizationStatus::Prospect)
            .set("externalReference", external_reference),
        OrganizationEvent::OrganizationRenamed { name } => Changes::new().set("name", name),
        OrganizationEvent::OrganizationDescribed { .. } => profile(event),
        OrganizationEvent::OrganizationIdentified {
            siren,
            siret,
            vat_number,
        } => Changes::new()
            .set("siren", siren)
            .set("siret", siret)
            .set("vatNumber", vat_number),
        OrganizationEvent::OrganizationBankAccountChanged { account, personal } => match (account, personal) {
            (Some(account), _) => Changes::new().set("bankAccount", account),
            (None, personal) => Changes::new().set("bankAccount", personal),
        },
        OrganizationEvent::OrganizationAddressesChanged { billing, delivery } => Changes::new()
            .set("billingAddress", billing)
            .set("deliveryAddress", delivery),
        OrganizationEvent::OrganizationTagged { tags } => Changes::new().add("tags", tags),
        OrganizationEvent::OrganizationUntagged { tags } => Changes::new().remove("tags", tags),
        OrganizationEvent::OrganizationRemindersSet { reminders } => Changes::new().set("reminders", reminders),
        OrganizationEvent::OrganizationAssigned { owner } => Changes::new().set("owner", owner),
        OrganizationEvent::OrganizationFieldsSet { fields, cleared } => {
            let set = fields.iter().fold(Changes::new(), |changes, (key, value)| {
                changes.set(format!("fields.{key}"), value)
            });
            cleared
                .iter()
                .fold(set, |changes, key| changes.clear(format!("fields.{key}")))
        }
        OrganizationEvent::OrganizationContactNamed { contact } => Changes::new().set("contact", contact),
        OrganizationEvent::OrganizationContactRemoved {} => Changes::new().clear("contact"),
        OrganizationEvent::OrganizationStatusChanged { from: _, to } => Changes::new().set("status", to),
        OrganizationEvent::OrganizationArchived {} => Changes::new().set("archived", true),
        OrganizationEvent::OrganizationFileAttached(file) => Changes::new().add("files", [file.file]),
        OrganizationEvent::OrganizationFileDetached { file } => Changes::new().remove("files", [file]),
        OrganizationEvent::OrganizationRestored {} => Changes::new().clear("archived"),
        OrganizationEvent::OrganizationsMerged { merged } => Changes::new().add("merged", [merged]),
        OrganizationEvent::OrganizationMergedInto { survivor } => Changes::new().set("mergedInto", survivor),
    }
}

/// The whole profile: what is absent is not known.
fn profile(event: &OrganizationEvent) -> Changes {
    match event {
        OrganizationEvent::OrganizationRegistered {
            sector,
            country,
            country_name,
            employees,
            annual_revenue,
            founded_year,
            parent,
            kind,
            category,
            region,
            size,
            ..
        }
        | OrganizationEvent::OrganizationDescribed {
            sector,
            country,
            country_name,
            employees,
            annual_revenue,
            founded_year,
            parent,
            kind,
            category,
            region,
            size,
        } => Changes::new()
            .set("sector", sector)
            .set("country", country)
            .set("countryName", country_name)
            .set("employees", employees)
            .set("annualRevenue", annual_revenue)
            .set("foundedYear", founded_year)
            .set("parent", parent)
            .set("kind", kind)
            .set("category", category)
            .set("region", region)
            .set("size", size),
        _ => Changes::new(),
    }
}
