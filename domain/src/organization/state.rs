use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    command::Record,
    event::{BankAccount, CustomerReminders, OrganizationEvent},
    profile::Profile,
};
use crate::{OrganizationId, PersonId, Siren, Tags, UserId, custom::CustomFields, file::Files};

/// Where we stand with an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrganizationStatus {
    #[default]
    Prospect,
    Customer,
    Former,
}

impl OrganizationStatus {
    pub const ALL: [Self; 3] = [Self::Prospect, Self::Customer, Self::Former];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prospect => "PROSPECT",
            Self::Customer => "CUSTOMER",
            Self::Former => "FORMER",
        }
    }
}

/// What an organization remembers in order to decide. Of its contact, and of the person whose account it pays from, it
/// remembers who, never what: nothing personal stays in a cache.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrganizationState {
    pub(super) registered: Option<Registered>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Registered {
    pub(super) name: String,
    pub(super) record: Record,
    pub(super) status: OrganizationStatus,
    pub(super) owner: Option<UserId>,
    pub(super) account: Account,
    pub(super) contact: Option<PersonId>,
    pub(super) archived: bool,
    pub(super) merged: Vec<OrganizationId>,
    pub(super) merged_into: Option<OrganizationId>,
    #[serde(default)]
    pub(super) files: Files,
    #[serde(default)]
    pub(super) reminders: CustomerReminders,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Account {
    #[default]
    None,
    Own(BankAccount),
    Of(PersonId),
}

impl OrganizationState {
    pub const fn exists(&self) -> bool {
        self.registered.is_some()
    }

    pub fn name(&self) -> Option<&str> {
        self.registered.as_ref().map(|known| known.name.as_str())
    }

    pub fn siren(&self) -> Option<&Siren> {
        self.record().and_then(|record| record.siren.as_ref())
    }

    pub fn status(&self) -> Option<OrganizationStatus> {
        self.registered.as_ref().map(|known| known.status)
    }

    /// Who the main contact is.
    pub fn contact(&self) -> Option<PersonId> {
        self.registered.as_ref().and_then(|known| known.contact)
    }

    pub fn owner(&self) -> Option<UserId> {
        self.registered.as_ref().and_then(|known| known.owner)
    }

    pub fn parent(&self) -> Option<OrganizationId> {
        self.record().and_then(|record| record.profile.parent)
    }

    pub fn tags(&self) -> Option<&Tags> {
        self.record().map(|record| &record.tags)
    }

    pub fn fields(&self) -> Option<&CustomFields> {
        self.record().map(|record| &record.fields)
    }

    pub fn is_archived(&self) -> bool {
        self.registered.as_ref().is_some_and(|known| known.archived)
    }

    /// The organization that stands for this one.
    pub fn merged_into(&self) -> Option<OrganizationId> {
        self.registered.as_ref().and_then(|known| known.merged_into)
    }

    /// The organizations that it stands for.
    pub fn stands_for(&self) -> &[OrganizationId] {
        self.registered.as_ref().map_or(&[], |known| &known.merged)
    }

    /// Whether and when it is reminded of invoices.
    pub fn reminders(&self) -> CustomerReminders {
        self.registered
            .as_ref()
            .map(|known| known.reminders.clone())
            .unwrap_or_default()
    }

    /// What it hands over when it is merged into another.
    pub fn record(&self) -> Option<&Record> {
        self.registered.as_ref().map(|known| &known.record)
    }

    pub(super) fn apply(&mut self, event: &OrganizationEvent) {
        if let OrganizationEvent::OrganizationRegistered { name, siren, .. } = event {
            let record = Record {
                siren: siren.clone(),
                profile: Profile::of(event),
                ..Record::default()
            };
            self.registered = Some(Registered {
                name: name.clone(),
                record,
                status: OrganizationStatus::Prospect,
                owner: None,
                account: Account::None,
                contact: None,
                archived: false,
                merged: Vec::new(),
                merged_into: None,
                files: Files::default(),
                reminders: CustomerReminders::default(),
            });
        } else if let Some(known) = &mut self.registered {
            known.apply(event);
        }
    }
}

impl Profile {
    /// The profile that a registration or description gives.
    fn of(event: &OrganizationEvent) -> Self {
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
            } => Self {
                sector: sector.clone(),
                country: country
                    .map(|code| code.code().to_owned())
                    .or_else(|| country_name.clone()),
                employees: *employees,
                annual_revenue: *annual_revenue,
                founded_year: *founded_year,
                parent: *parent,
                kind: *kind,
                category: category.clone(),
                region: region.clone(),
                size: *size,
            },
            _ => Self::default(),
        }
    }
}

impl Registered {
    fn apply(&mut self, event: &OrganizationEvent) {
        match event {
            OrganizationEvent::OrganizationRegistered { .. } => {}
            OrganizationEvent::OrganizationRenamed { name } => self.name.clone_from(name),
            OrganizationEvent::OrganizationDescribed { .. } => self.record.profile = Profile::of(event),
            OrganizationEvent::OrganizationIdentified {
                siren,
                siret,
                vat_number,
            } => {
                self.record.siren.clone_from(siren);
                self.record.siret.clone_from(siret);
                self.record.vat_number.clone_from(vat_number);
            }
            OrganizationEvent::OrganizationBankAccountChanged { account, personal } => {
                self.account = match (account, personal) {
                    (Some(account), _) => Account::Own(account.clone()),
                    (None, Some(personal)) => Account::Of(personal.person()),
                    (None, None) => Account::None,
                };
            }
            OrganizationEvent::OrganizationAddressesChanged { billing, delivery } => {
                self.record.billing.clone_from(billing);
                self.record.delivery.clone_from(delivery);
            }
            OrganizationEvent::OrganizationTagged { tags } => self.record.tags.add(tags),
            OrganizationEvent::OrganizationUntagged { tags } => self.record.tags.remove(tags),
            OrganizationEvent::OrganizationRemindersSet { reminders } => self.reminders = reminders.clone(),
            OrganizationEvent::OrganizationAssigned { owner } => self.owner = *owner,
            OrganizationEvent::OrganizationFieldsSet { fields, cleared } => {
                self.record.fields.extend(fields.clone());
                self.record.fields.retain(|key, _| !cleared.contains(key));
            }
            OrganizationEvent::OrganizationFileAttached(file) => self.files.attached(file.file),
            OrganizationEvent::OrganizationFileDetached { file } => self.files.detached(*file),
            OrganizationEvent::OrganizationContactNamed { contact } => self.contact = Some(contact.person()),
            OrganizationEvent::OrganizationContactRemoved {} => self.contact = None,
            OrganizationEvent::OrganizationStatusChanged { to, .. } => self.status = *to,
            OrganizationEvent::OrganizationArchived {} => self.archived = true,
            OrganizationEvent::OrganizationRestored {} => self.archived = false,
            OrganizationEvent::OrganizationsMerged { merged } => self.merged.push(*merged),
            OrganizationEvent::OrganizationMergedInto { survivor } => self.merged_into = Some(*survivor),
        }
    }
}
