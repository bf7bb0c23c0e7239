use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    consent::{ConsentPurpose, ConsentSource},
    details::{DetailsChanges, PersonDetails},
};
use crate::{ContactId, OrganizationId, Personal, UserId, event::event_types};

/// What can have happened to a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum ContactEvent {
    ContactAdded {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organization: Option<OrganizationId>,
        details: Personal<PersonDetails>,
        /// Invoices go to them.
        billing: bool,
        /// They sign.
        signatory: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
        /// Their name in the system they were imported from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_reference: Option<String>,
    },
    ContactChanged {
        details: Personal<DetailsChanges>,
    },
    ContactFlagged {
        billing: bool,
        signatory: bool,
    },
    /// Absent: with nobody that we know.
    ContactMoved {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<OrganizationId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organization: Option<OrganizationId>,
    },
    /// Absent: nobody looks after them.
    ContactAssigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
    },
    ContactTagged {
        tags: Vec<String>,
    },
    ContactUntagged {
        tags: Vec<String>,
    },
    ConsentGiven {
        purpose: ConsentPurpose,
        source: ConsentSource,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<Personal<String>>,
    },
    ConsentWithdrawn {
        purpose: ConsentPurpose,
        source: ConsentSource,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<Personal<String>>,
    },
    ContactArchived {},
    ContactRestored {},
    /// It stands for another record as well from now on.
    ContactsMerged {
        merged: ContactId,
    },
    /// Another record stands for it from now on.
    ContactMergedInto {
        survivor: ContactId,
    },
}

event_types!(ContactEvent of "contact" {
    ContactAdded = 1,
    ContactChanged = 1,
    ContactFlagged = 1,
    ContactMoved = 1,
    ContactAssigned = 1,
    ContactTagged = 1,
    ContactUntagged = 1,
    ConsentGiven = 1,
    ConsentWithdrawn = 1,
    ContactArchived = 1,
    ContactRestored = 1,
    ContactsMerged = 1,
    ContactMergedInto = 1,
});
