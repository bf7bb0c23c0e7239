use serde::{Deserialize, Serialize};

use super::event::ContactDetails;
use crate::{Change, Money, OrganizationId, Personal, Siren};

/// What one can ask of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum OrganizationCommand {
    /// Make it known to us. The SIREN, if any, is reserved in the same unit of work.
    Register {
        name: String,
        siren: Option<Siren>,
        profile: Profile,
        external_reference: Option<String>,
    },
    Rename {
        name: String,
    },
    /// Say what it is, all of it: what is left out is no longer known.
    Describe {
        profile: Profile,
    },
    /// Say what has changed about it; the rest stays as it is.
    Amend {
        changes: ProfileChanges,
    },
    /// Give it a SIREN, correct it, or take it away. Reservations move in the same unit of work.
    Identify {
        siren: Option<Siren>,
    },
    /// Name the person we talk to; replaces the one before.
    NameContact {
        contact: Personal<ContactDetails>,
    },
    RemoveContact,
    /// It bought something.
    MarkCustomer,
    /// It no longer buys.
    MarkFormer,
}

/// What is publicly known of a company.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    pub sector: Option<String>,
    /// Name or ISO 3166 code, as the source had it.
    pub country: Option<String>,
    pub employees: Option<u32>,
    pub annual_revenue: Option<Money>,
    pub founded_year: Option<i32>,
    /// The organization that owns this one.
    pub parent: Option<OrganizationId>,
}

/// What becomes of each part of a [`Profile`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ProfileChanges {
    pub sector: Change<String>,
    pub country: Change<String>,
    pub employees: Change<u32>,
    pub annual_revenue: Change<Money>,
    pub founded_year: Change<i32>,
    pub parent: Change<OrganizationId>,
}

impl ProfileChanges {
    pub(super) fn apply(self, profile: &mut Profile) {
        self.sector.apply(&mut profile.sector);
        self.country.apply(&mut profile.country);
        self.employees.apply(&mut profile.employees);
        self.annual_revenue.apply(&mut profile.annual_revenue);
        self.founded_year.apply(&mut profile.founded_year);
        self.parent.apply(&mut profile.parent);
    }
}
