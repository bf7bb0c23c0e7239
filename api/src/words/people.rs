//! What happened to customers, to the people there, and what passed between us.

use domain::{
    ActivityEvent, ContactEvent, CustomValue, OrganizationEvent, Personal, PostalAddress, Siren, Siret, VatNumber,
    activity::{ActivityContent, ActivityWords},
    contact::{DetailsChanges, PersonDetails},
    custom::CustomFields,
    organization::{BankAccount, ContactDetails, CustomerReminders},
};

use super::{FILE_DETACHED, file_attached, listed, minute};

pub(super) fn organization(event: &OrganizationEvent) -> String {
    match event {
        OrganizationEvent::OrganizationRegistered {
            name,
            siren,
            sector,
            country,
            country_name,
            ..
        } => {
            let siren = siren.as_ref().map(|siren| format!("SIREN {siren}"));
            let country = country.map(|code| code.to_string()).or_else(|| country_name.clone());
            listed(format!("registered as “{name}”"), [siren, sector.clone(), country])
        }
        OrganizationEvent::OrganizationRenamed { name } => format!("renamed to “{name}”"),
        OrganizationEvent::OrganizationDescribed {
            sector,
            country,
            country_name,
            employees,
            annual_revenue,
            kind,
            category,
            region,
            ..
        } => {
            let country = country.map(|code| code.to_string()).or_else(|| country_name.clone());
            let employees = employees.map(|employees| format!("{employees} employees"));
            let revenue = annual_revenue.map(|revenue| format!("revenue {revenue}"));
            let kind = kind.map(|kind| kind.as_str().to_owned());
            let parts = [
                kind,
                sector.clone(),
                category.clone(),
                region.clone(),
                country,
                employees,
                revenue,
            ];
            listed("described".to_owned(), parts)
        }
        OrganizationEvent::OrganizationIdentified {
            siren,
            siret,
            vat_number,
        } => identified(siren.as_ref(), siret.as_ref(), vat_number.as_ref()),
        OrganizationEvent::OrganizationBankAccountChanged { account, personal } => {
            bank_account(account.as_ref(), personal.as_ref())
        }
        OrganizationEvent::OrganizationAddressesChanged { billing, delivery } => listed(
            "addresses".to_owned(),
            [
                billing.as_ref().map(|address| format!("bills to {}", line(address))),
                delivery
                    .as_ref()
                    .map(|address| format!("delivery to {}", line(address))),
            ],
        ),
        OrganizationEvent::OrganizationTagged { tags } => format!("tagged {}", tags.join(", ")),
        OrganizationEvent::OrganizationUntagged { tags } => format!("no longer tagged {}", tags.join(", ")),
        OrganizationEvent::OrganizationRemindersSet { reminders } => match reminders {
            CustomerReminders::AsCompany => "reminded of invoices as everybody".to_owned(),
            CustomerReminders::Nothing => "never reminded of invoices".to_owned(),
            CustomerReminders::Own(ladder) => {
                format!("reminded of invoices by {} steps of its own", ladder.steps.len())
            }
        },
        OrganizationEvent::OrganizationAssigned { owner: Some(owner) } => format!("given to user {owner}"),
        OrganizationEvent::OrganizationAssigned { owner: None } => "given to nobody".to_owned(),
        OrganizationEvent::OrganizationFieldsSet { fields, cleared } => custom(fields, cleared),
        OrganizationEvent::OrganizationContactNamed { contact } => format!("contact is {}", main_contact(contact)),
        OrganizationEvent::OrganizationContactRemoved {} => "contact removed".to_owned(),
        OrganizationEvent::OrganizationStatusChanged { from, to } => {
            format!("status {} → {}", from.as_str(), to.as_str())
        }
        OrganizationEvent::OrganizationArchived {} => "archived".to_owned(),
        OrganizationEvent::OrganizationFileAttached(file) => file_attached(file),
        OrganizationEvent::OrganizationFileDetached { .. } => FILE_DETACHED.to_owned(),
        OrganizationEvent::OrganizationRestored {} => "restored".to_owned(),
        OrganizationEvent::OrganizationsMerged { merged } => format!("organization {merged} merged into this one"),
        OrganizationEvent::OrganizationMergedInto { survivor } => format!("merged into organization {survivor}"),
    }
}

fn identified(siren: Option<&Siren>, siret: Option<&Siret>, vat_number: Option<&VatNumber>) -> String {
    let numbers = [
        siren.map(|siren| format!("SIREN is {siren}")),
        siret.map(|siret| format!("SIRET is {siret}")),
        vat_number.map(|number| format!("VAT number is {number}")),
    ];
    let told: Vec<_> = numbers.into_iter().flatten().collect();
    if told.is_empty() {
        "SIREN taken away".to_owned()
    } else {
        told.join(", ")
    }
}

fn bank_account(account: Option<&BankAccount>, personal: Option<&Personal<BankAccount>>) -> String {
    match (account.or_else(|| personal.and_then(Personal::value)), personal) {
        (Some(account), _) => format!("account is {}", account.iban.grouped()),
        (None, Some(personal)) => format!("account is that of person {}, erased", personal.person()),
        (None, None) => "account taken away".to_owned(),
    }
}

fn line(address: &PostalAddress) -> String {
    let town = [address.postcode.as_deref(), Some(address.city.as_str())];
    let town = town.into_iter().flatten().collect::<Vec<_>>().join(" ");
    format!("{}, {town}, {}", address.lines.join(", "), address.country)
}

fn custom(fields: &CustomFields, cleared: &[String]) -> String {
    let set = fields.iter().map(|(key, value)| {
        let value = match value {
            CustomValue::Text(text) => format!("“{text}”"),
            CustomValue::Number(number) => number.to_string(),
            CustomValue::Date(date) => date.to_string(),
            CustomValue::Bool(bool) => bool.to_string(),
        };
        format!("{key} is {value}")
    });
    let cleared = cleared.iter().map(|key| format!("{key} cleared"));
    set.chain(cleared).collect::<Vec<_>>().join(", ")
}

fn main_contact(contact: &Personal<ContactDetails>) -> String {
    told(contact, |details| {
        listed(details.name.clone(), [details.email.clone(), details.phone.clone()])
    })
}

/// What is known of a person, or that it was erased.
fn told<T>(personal: &Personal<T>, tell: impl Fn(&T) -> String) -> String {
    match personal.value() {
        Some(value) => tell(value),
        None => format!("person {}, erased", personal.person()),
    }
}

pub(super) fn contact(event: &ContactEvent) -> String {
    match event {
        ContactEvent::ContactAdded {
            details,
            billing,
            signatory,
            ..
        } => {
            let flags = [
                billing.then(|| "billing".to_owned()),
                signatory.then(|| "signatory".to_owned()),
            ];
            listed(format!("added as {}", told(details, known)), flags)
        }
        ContactEvent::ContactChanged { details } => format!("changed: {}", told(details, changed)),
        ContactEvent::ContactFlagged { billing, signatory } => {
            let is = |flag: &bool| if *flag { "yes" } else { "no" };
            format!("billing: {}, signatory: {}", is(billing), is(signatory))
        }
        ContactEvent::ContactMoved {
            organization: Some(organization),
            ..
        } => format!("is with organization {organization}"),
        ContactEvent::ContactMoved { organization: None, .. } => "is with no organization".to_owned(),
        ContactEvent::ContactAssigned { owner: Some(owner) } => format!("given to user {owner}"),
        ContactEvent::ContactAssigned { owner: None } => "given to nobody".to_owned(),
        ContactEvent::ContactTagged { tags } => format!("tagged {}", tags.join(", ")),
        ContactEvent::ContactUntagged { tags } => format!("no longer tagged {}", tags.join(", ")),
        ContactEvent::ConsentGiven { purpose, source, .. } => {
            format!("allows {}, by {}", purpose.as_str(), source.as_str())
        }
        ContactEvent::ConsentWithdrawn { purpose, source, .. } => {
            format!("does not allow {}, by {}", purpose.as_str(), source.as_str())
        }
        ContactEvent::ContactArchived {} => "archived".to_owned(),
        ContactEvent::ContactRestored {} => "restored".to_owned(),
        ContactEvent::ContactsMerged { merged } => format!("contact {merged} merged into this one"),
        ContactEvent::ContactMergedInto { survivor } => format!("merged into contact {survivor}"),
    }
}

fn known(details: &PersonDetails) -> String {
    let first = |ways: &[String]| ways.first().cloned();
    let parts = [
        details.job_title.clone(),
        first(&details.emails),
        first(&details.phones),
    ];
    listed(details.full_name(), parts)
}

fn changed(changes: &DetailsChanges) -> String {
    let text = |name: &str, change: &Option<Option<String>>| {
        let change = change.as_ref()?;
        Some(match change {
            Some(value) => format!("{name} is {value}"),
            None => format!("{name} cleared"),
        })
    };
    let list = |name: &str, change: &Option<Vec<String>>| Some(format!("{name}: {}", change.as_ref()?.join(", ")));
    let parts = [
        text("first name", &changes.first_name),
        text("last name", &changes.last_name),
        text("job title", &changes.job_title),
        list("e-mail", &changes.emails),
        list("telephone", &changes.phones),
        text("language", &changes.language),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn activity(event: &ActivityEvent) -> String {
    match event {
        ActivityEvent::ActivityRecorded {
            content,
            words,
            personal_words,
            ..
        } => listed(content_line(content), [said(words.as_ref(), personal_words.as_ref())]),
        ActivityEvent::ActivityCorrected {
            content,
            words,
            personal_words,
        } => listed(
            "corrected".to_owned(),
            [
                content.as_ref().map(content_line),
                said(words.as_ref(), personal_words.as_ref()),
            ],
        ),
        ActivityEvent::ActivityFileAttached {
            description,
            personal_description,
            ..
        } => {
            let personal = personal_description.as_ref().and_then(Personal::value);
            let named = description.as_ref().or(personal);
            listed("file attached".to_owned(), [named.map(|file| file.name.clone())])
        }
        ActivityEvent::ActivityFileDetached { .. } => FILE_DETACHED.to_owned(),
        ActivityEvent::ActivityWithdrawn { reason } => listed("withdrawn".to_owned(), [reason.clone()]),
    }
}

fn content_line(content: &ActivityContent) -> String {
    match content {
        ActivityContent::Call {
            direction,
            outcome,
            duration,
        } => listed(
            format!("call, {}", direction.as_str()),
            [
                outcome.map(|outcome| outcome.as_str().to_owned()),
                duration.map(|seconds| format!("{seconds} s")),
            ],
        ),
        ActivityContent::Email { direction } => format!("e-mail, {}", direction.as_str()),
        ActivityContent::Meeting { start, end, place, .. } => listed(
            format!("meeting {} to {}", minute(*start), minute(*end)),
            [place.clone()],
        ),
        ActivityContent::Note {} => "note".to_owned(),
        ActivityContent::CheckIn { place } => {
            let place = told(place, |place| {
                format!("{:.5} {:.5}", place.latitude(), place.longitude())
            });
            format!("check-in at {place}")
        }
    }
}

fn said(words: Option<&ActivityWords>, personal: Option<&Personal<ActivityWords>>) -> Option<String> {
    if let Some(words) = words {
        return words.subject.as_ref().map(|subject| format!("“{subject}”"));
    }
    let personal = personal?;
    match personal.value() {
        Some(words) => words.subject.as_ref().map(|subject| format!("“{subject}”")),
        None => Some(format!("words about person {}, erased", personal.person())),
    }
}
