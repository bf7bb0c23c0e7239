use serde::Serialize;

use super::event::ContactDetails;
use crate::{Money, OrganizationId, Personal, Siren};

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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
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
