use std::collections::BTreeMap;

use super::{
    command::OrganizationCommand,
    error::OrganizationError,
    event::{BankAccount, ContactDetails, CustomerReminders, OrganizationEvent},
    profile::{OrganizationKind, Profile},
    state::{Account, OrganizationState, OrganizationStatus, Registered},
};
use crate::{
    Change, CustomValue, Decider, InvalidValue, PersonId, Personal, PostalAddress, Siren, Siret, UserId, VatNumber,
    custom,
    identifiers::AddressFields,
    value::{self, LABEL_MAX, NAME_MAX, Problem},
};

pub(super) type Decision = Result<Vec<OrganizationEvent>, OrganizationError>;

const BILLING: AddressFields = AddressFields {
    lines: "billingAddress.lines",
    postcode: "billingAddress.postcode",
    city: "billingAddress.city",
};
const DELIVERY: AddressFields = AddressFields {
    lines: "deliveryAddress.lines",
    postcode: "deliveryAddress.postcode",
    city: "deliveryAddress.city",
};

impl Decider for OrganizationState {
    const TYPE: &'static str = "organization";

    type Command = OrganizationCommand;
    type Event = OrganizationEvent;
    type Error = OrganizationError;

    fn decide(&self, command: OrganizationCommand) -> Decision {
        if let OrganizationCommand::Register {
            name,
            siren,
            profile,
            external_reference,
        } = command
        {
            return self.register(&name, siren, &profile, external_reference.as_deref());
        }
        let known = self.registered.as_ref().ok_or(OrganizationError::NotRegistered)?;
        known.takes(&command)?;
        match command {
            OrganizationCommand::Register { .. } => Err(OrganizationError::AlreadyRegistered),
            OrganizationCommand::Rename { name } => known.rename(&name),
            OrganizationCommand::Describe { profile } => known.describe(&profile),
            OrganizationCommand::Amend { changes } => {
                let mut profile = known.record.profile.clone();
                changes.apply(&mut profile);
                known.describe(&profile)
            }
            OrganizationCommand::Identify {
                siren,
                siret,
                vat_number,
            } => known.identify(siren, siret, vat_number),
            OrganizationCommand::ChangeBankAccount { account, person } => known.change_account(account, person),
            OrganizationCommand::ChangeAddresses { billing, delivery } => known.change_addresses(billing, delivery),
            OrganizationCommand::Tag { tags } => known.tag(&tags),
            OrganizationCommand::Untag { tags } => Ok(known.untag(&tags)),
            OrganizationCommand::Assign { owner } => Ok(known.assign(owner)),
            OrganizationCommand::SetReminders(reminders) => known.set_reminders(reminders),
            OrganizationCommand::SetFields { fields } => known.set_fields(&fields),
            OrganizationCommand::AttachFile(file) => {
                let attached = known.files.attach(file)?;
                Ok(vec![OrganizationEvent::OrganizationFileAttached(attached)])
            }
            OrganizationCommand::DetachFile { file } => {
                let still = known.files.detach(file)?;
                let detached = still.then_some(OrganizationEvent::OrganizationFileDetached { file });
                Ok(detached.into_iter().collect())
            }
            OrganizationCommand::NameContact { contact } => name_contact(contact),
            OrganizationCommand::RemoveContact => Ok(known.remove_contact()),
            OrganizationCommand::MarkCustomer => Ok(known.become_customer()),
            OrganizationCommand::MarkFormer => known.become_former(),
            OrganizationCommand::Archive => Ok(known.archive()),
            OrganizationCommand::Restore => Ok(known.restore()),
            OrganizationCommand::Absorb { merged, record } => known.absorb(merged, *record),
            OrganizationCommand::MergeInto { survivor } => Ok(known.give_way(survivor)),
        }
    }

    fn evolve(&mut self, event: &OrganizationEvent) {
        self.apply(event);
    }
}

impl OrganizationState {
    fn register(
        &self,
        name: &str,
        siren: Option<Siren>,
        profile: &Profile,
        external_reference: Option<&str>,
    ) -> Decision {
        if self.exists() {
            return Err(OrganizationError::AlreadyRegistered);
        }
        let profile = profile.checked()?;
        let (country, country_name) = profile.country();
        Ok(vec![OrganizationEvent::OrganizationRegistered {
            name: value::line("name", name, NAME_MAX)?,
            siren,
            sector: profile.sector,
            country,
            country_name,
            employees: profile.employees,
            annual_revenue: profile.annual_revenue,
            founded_year: profile.founded_year,
            parent: profile.parent,
            kind: profile.kind,
            category: profile.category,
            region: profile.region,
            size: profile.size,
            external_reference: value::optional_line("externalReference", external_reference, LABEL_MAX)?,
        }])
    }
}

impl Registered {
    /// A merged record takes nothing any more, and gives up none but its own files. An archived one still hears of what ends elsewhere: a deal that is won,
    /// a contact who leaves, a double that is found.
    fn takes(&self, command: &OrganizationCommand) -> Result<(), OrganizationError> {
        if let Some(survivor) = self.merged_into {
            let still = match command {
                OrganizationCommand::MergeInto { survivor: same } => *same == survivor,
                OrganizationCommand::DetachFile { file } => self.files.detach(*file).is_ok(),
                _ => false,
            };
            return if still {
                Ok(())
            } else {
                Err(OrganizationError::Merged { survivor })
            };
        }
        let still = matches!(
            command,
            OrganizationCommand::Archive
                | OrganizationCommand::Restore
                | OrganizationCommand::RemoveContact
                | OrganizationCommand::DetachFile { .. }
                | OrganizationCommand::MarkCustomer
                | OrganizationCommand::MarkFormer
                | OrganizationCommand::MergeInto { .. }
        );
        if self.archived && !still {
            return Err(OrganizationError::Archived);
        }
        Ok(())
    }

    fn rename(&self, name: &str) -> Decision {
        let name = value::line("name", name, NAME_MAX)?;
        if name == self.name {
            return Ok(Vec::new());
        }
        Ok(vec![OrganizationEvent::OrganizationRenamed { name }])
    }

    pub(super) fn describe(&self, profile: &Profile) -> Decision {
        let profile = profile.checked()?;
        if self.record.profile == profile {
            return Ok(Vec::new());
        }
        let (country, country_name) = profile.country();
        Ok(vec![OrganizationEvent::OrganizationDescribed {
            sector: profile.sector,
            country,
            country_name,
            employees: profile.employees,
            annual_revenue: profile.annual_revenue,
            founded_year: profile.founded_year,
            parent: profile.parent,
            kind: profile.kind,
            category: profile.category,
            region: profile.region,
            size: profile.size,
        }])
    }

    fn identify(&self, siren: Change<Siren>, siret: Change<Siret>, vat_number: Change<VatNumber>) -> Decision {
        let record = &self.record;
        let (mut new_siren, mut new_siret, mut new_vat) =
            (record.siren.clone(), record.siret.clone(), record.vat_number.clone());
        // An establishment says which company it belongs to, and one goes with the other.
        if let (Change::Set(siret), Change::Keep, None) = (&siret, &siren, &new_siren) {
            new_siren = Some(siret.siren());
        }
        if matches!(siren, Change::Clear) && siret.is_keep() {
            new_siret = None;
        }
        siren.apply(&mut new_siren);
        siret.apply(&mut new_siret);
        vat_number.apply(&mut new_vat);
        self.number(new_siren, new_siret, new_vat)
    }

    /// All numbers at once: each must belong to the same company.
    pub(super) fn number(&self, siren: Option<Siren>, siret: Option<Siret>, vat_number: Option<VatNumber>) -> Decision {
        if siret.as_ref().is_some_and(|siret| Some(siret.siren()) != siren) {
            return Err(OrganizationError::SiretOfAnother);
        }
        let of_vat_number = vat_number.as_ref().and_then(VatNumber::siren);
        if siren.is_some() && of_vat_number.is_some() && of_vat_number != siren {
            return Err(OrganizationError::VatNumberOfAnother);
        }
        let record = &self.record;
        if (&siren, &siret, &vat_number) == (&record.siren, &record.siret, &record.vat_number) {
            return Ok(Vec::new());
        }
        Ok(vec![OrganizationEvent::OrganizationIdentified {
            siren,
            siret,
            vat_number,
        }])
    }

    /// A consumer's account is a person's, so it is sealed, and not remembered here: to give it is always an event.
    fn change_account(&self, account: Option<BankAccount>, person: Option<PersonId>) -> Decision {
        let Some(account) = account else {
            if self.account == Account::None {
                return Ok(Vec::new());
            }
            return Ok(vec![OrganizationEvent::OrganizationBankAccountChanged {
                account: None,
                personal: None,
            }]);
        };
        let account = BankAccount {
            holder: value::optional_line("bankAccount.holder", account.holder.as_deref(), NAME_MAX)?,
            ..account
        };
        if let Some(person) = person {
            return Ok(vec![OrganizationEvent::OrganizationBankAccountChanged {
                account: None,
                personal: Some(Personal::new(person, account)),
            }]);
        }
        if self.record.profile.kind == Some(OrganizationKind::Consumer) {
            return Err(InvalidValue::new("person", Problem::Missing).into());
        }
        if matches!(&self.account, Account::Own(known) if *known == account) {
            return Ok(Vec::new());
        }
        Ok(vec![OrganizationEvent::OrganizationBankAccountChanged {
            account: Some(account),
            personal: None,
        }])
    }

    fn change_addresses(&self, billing: Change<PostalAddress>, delivery: Change<PostalAddress>) -> Decision {
        let (mut new_billing, mut new_delivery) = (self.record.billing.clone(), self.record.delivery.clone());
        checked(billing, BILLING)?.apply(&mut new_billing);
        checked(delivery, DELIVERY)?.apply(&mut new_delivery);
        Ok(self.address(new_billing, new_delivery))
    }

    pub(super) fn address(
        &self,
        billing: Option<PostalAddress>,
        delivery: Option<PostalAddress>,
    ) -> Vec<OrganizationEvent> {
        if (&billing, &delivery) == (&self.record.billing, &self.record.delivery) {
            return Vec::new();
        }
        vec![OrganizationEvent::OrganizationAddressesChanged { billing, delivery }]
    }

    fn tag(&self, tags: &[String]) -> Decision {
        let tags = self.record.tags.missing_of(tags)?;
        if tags.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![OrganizationEvent::OrganizationTagged { tags }])
    }

    fn untag(&self, tags: &[String]) -> Vec<OrganizationEvent> {
        let tags = self.record.tags.present_of(tags);
        if tags.is_empty() {
            return Vec::new();
        }
        vec![OrganizationEvent::OrganizationUntagged { tags }]
    }

    fn assign(&self, owner: Option<UserId>) -> Vec<OrganizationEvent> {
        if self.owner == owner {
            return Vec::new();
        }
        vec![OrganizationEvent::OrganizationAssigned { owner }]
    }

    fn set_reminders(&self, reminders: CustomerReminders) -> Decision {
        let reminders = match reminders {
            CustomerReminders::Own(ladder) => CustomerReminders::Own(ladder.checked()?),
            other => other,
        };
        if self.reminders == reminders {
            return Ok(Vec::new());
        }
        Ok(vec![OrganizationEvent::OrganizationRemindersSet { reminders }])
    }

    fn set_fields(&self, wish: &BTreeMap<String, Option<CustomValue>>) -> Decision {
        let (fields, cleared) = custom::changed(&self.record.fields, wish)?;
        if fields.is_empty() && cleared.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![OrganizationEvent::OrganizationFieldsSet { fields, cleared }])
    }

    fn remove_contact(&self) -> Vec<OrganizationEvent> {
        if self.contact.is_none() {
            return Vec::new();
        }
        vec![OrganizationEvent::OrganizationContactRemoved {}]
    }

    /// Whoever buys is a customer, also a former one who comes back.
    fn become_customer(&self) -> Vec<OrganizationEvent> {
        self.change_status(OrganizationStatus::Customer)
    }

    /// Only who was a customer can be a former one.
    fn become_former(&self) -> Decision {
        if self.status == OrganizationStatus::Prospect {
            return Err(OrganizationError::NeverACustomer);
        }
        Ok(self.change_status(OrganizationStatus::Former))
    }

    fn change_status(&self, to: OrganizationStatus) -> Vec<OrganizationEvent> {
        if self.status == to {
            return Vec::new();
        }
        vec![OrganizationEvent::OrganizationStatusChanged { from: self.status, to }]
    }

    fn archive(&self) -> Vec<OrganizationEvent> {
        if self.archived {
            return Vec::new();
        }
        vec![OrganizationEvent::OrganizationArchived {}]
    }

    fn restore(&self) -> Vec<OrganizationEvent> {
        if self.archived {
            return vec![OrganizationEvent::OrganizationRestored {}];
        }
        Vec::new()
    }
}

/// What the contact was is sealed and not remembered here, so naming one is always an event.
fn name_contact(contact: Personal<ContactDetails>) -> Decision {
    let Personal::Known { person, value: details } = contact else {
        return Err(InvalidValue::new("contact", Problem::Erased).into());
    };
    let details = ContactDetails {
        name: value::line("contact.name", &details.name, NAME_MAX)?,
        email: filled(details.email)
            .map(|email| value::email("contact.email", &email))
            .transpose()?,
        phone: filled(details.phone)
            .map(|phone| value::phone("contact.phone", &phone))
            .transpose()?,
    };
    Ok(vec![OrganizationEvent::OrganizationContactNamed {
        contact: Personal::new(person, details),
    }])
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn checked(change: Change<PostalAddress>, fields: AddressFields) -> Result<Change<PostalAddress>, InvalidValue> {
    Ok(match change {
        Change::Set(address) => Change::Set(address.checked(fields)?),
        other => other,
    })
}
