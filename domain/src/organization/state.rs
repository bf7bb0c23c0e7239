use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{command::Profile, event::OrganizationEvent};
use crate::{PersonId, Siren};

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

/// What an organization remembers in order to decide. Of its contact it remembers who, never what: nothing personal
/// stays in a cache.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrganizationState {
    pub(super) registered: Option<Registered>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Registered {
    pub(super) name: String,
    pub(super) siren: Option<Siren>,
    pub(super) profile: Profile,
    pub(super) status: OrganizationStatus,
    pub(super) contact: Option<PersonId>,
}

impl OrganizationState {
    pub const fn exists(&self) -> bool {
        self.registered.is_some()
    }

    pub fn name(&self) -> Option<&str> {
        self.registered.as_ref().map(|known| known.name.as_str())
    }

    pub fn siren(&self) -> Option<&Siren> {
        self.registered.as_ref().and_then(|known| known.siren.as_ref())
    }

    pub fn status(&self) -> Option<OrganizationStatus> {
        self.registered.as_ref().map(|known| known.status)
    }

    /// Who the main contact is.
    pub fn contact(&self) -> Option<PersonId> {
        self.registered.as_ref().and_then(|known| known.contact)
    }

    pub(super) fn apply(&mut self, event: &OrganizationEvent) {
        if let OrganizationEvent::OrganizationRegistered {
            name,
            siren,
            sector,
            country,
            employees,
            annual_revenue,
            founded_year,
            parent,
            ..
        } = event
        {
            self.registered = Some(Registered {
                name: name.clone(),
                siren: siren.clone(),
                profile: Profile {
                    sector: sector.clone(),
                    country: country.clone(),
                    employees: *employees,
                    annual_revenue: *annual_revenue,
                    founded_year: *founded_year,
                    parent: *parent,
                },
                status: OrganizationStatus::Prospect,
                contact: None,
            });
        } else if let Some(known) = &mut self.registered {
            known.apply(event);
        }
    }
}

impl Registered {
    fn apply(&mut self, event: &OrganizationEvent) {
        match event {
            OrganizationEvent::OrganizationRegistered { .. } => {}
            OrganizationEvent::OrganizationRenamed { name } => self.name.clone_from(name),
            OrganizationEvent::OrganizationDescribed {
                sector,
                country,
                employees,
                annual_revenue,
                founded_year,
                parent,
            } => {
                self.profile = Profile {
                    sector: sector.clone(),
                    country: country.clone(),
                    employees: *employees,
                    annual_revenue: *annual_revenue,
                    founded_year: *founded_year,
                    parent: *parent,
                };
            }
            OrganizationEvent::OrganizationIdentified { siren } => self.siren.clone_from(siren),
            OrganizationEvent::OrganizationContactNamed { contact } => self.contact = Some(contact.person()),
            OrganizationEvent::OrganizationContactRemoved {} => self.contact = None,
            OrganizationEvent::OrganizationStatusChanged { to, .. } => self.status = *to,
        }
    }
}
