use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::state::OrganizationStatus;
use crate::{Money, OrganizationId, Personal, Siren, event::event_types};

/// What can have happened to an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum OrganizationEvent {
    OrganizationRegistered {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        siren: Option<Siren>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sector: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        employees: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        annual_revenue: Option<Money>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        founded_year: Option<i32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<OrganizationId>,
        /// Its name in the system it was imported from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_reference: Option<String>,
    },
    OrganizationRenamed {
        name: String,
    },
    /// The whole description: what is absent is not known.
    OrganizationDescribed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sector: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        employees: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        annual_revenue: Option<Money>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        founded_year: Option<i32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<OrganizationId>,
    },
    /// Absent: it no longer has one.
    OrganizationIdentified {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        siren: Option<Siren>,
    },
    OrganizationContactNamed {
        contact: Personal<ContactDetails>,
    },
    OrganizationContactRemoved {},
    OrganizationStatusChanged {
        from: OrganizationStatus,
        to: OrganizationStatus,
    },
}

event_types!(OrganizationEvent of "organization" {
    OrganizationRegistered = 1,
    OrganizationRenamed = 1,
    OrganizationDescribed = 1,
    OrganizationIdentified = 1,
    OrganizationContactNamed = 1,
    OrganizationContactRemoved = 1,
    OrganizationStatusChanged = 1,
});

/// How to reach a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactDetails {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}
