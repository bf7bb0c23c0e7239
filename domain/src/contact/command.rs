use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    consent::{Consent, ConsentProof, ConsentPurpose},
    details::{DetailsChanges, PersonDetails},
};
use crate::{ContactId, OrganizationId, Personal, Tags, UserId};

/// What one can ask of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ContactCommand {
    /// Make them known to us.
    Add(Box<AddContact>),
    /// Say what has changed about them; the rest stays as it is.
    Change {
        details: Personal<DetailsChanges>,
    },
    /// Say whether invoices go to them, and whether they sign.
    Flag {
        billing: Option<bool>,
        signatory: Option<bool>,
    },
    /// They work elsewhere now, or for nobody that we know.
    Move {
        organization: Option<OrganizationId>,
    },
    /// Say who looks after them; that the user exists is checked by whoever puts the command.
    Assign {
        owner: Option<UserId>,
    },
    Tag {
        tags: Vec<String>,
    },
    Untag {
        tags: Vec<String>,
    },
    /// They allow something.
    GiveConsent {
        purpose: ConsentPurpose,
        proof: ConsentProof,
    },
    /// They no longer allow it, or never did.
    WithdrawConsent {
        purpose: ConsentPurpose,
        proof: ConsentProof,
    },
    Archive,
    Restore,
    /// Take over from another record of the same person, which hands over what it knows in the same unit of work.
    Absorb {
        merged: ContactId,
        record: Box<ContactRecord>,
    },
    /// Give way to another record of the same person.
    MergeInto {
        survivor: ContactId,
    },
}

/// What a contact begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddContact {
    pub organization: Option<OrganizationId>,
    pub details: Personal<PersonDetails>,
    pub billing: bool,
    pub signatory: bool,
    pub owner: Option<UserId>,
    pub external_reference: Option<String>,
}

impl AddContact {
    pub const fn known_by(details: Personal<PersonDetails>) -> Self {
        Self {
            organization: None,
            details,
            billing: false,
            signatory: false,
            owner: None,
            external_reference: None,
        }
    }
}

/// What a contact hands over to the one it is merged into.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContactRecord {
    pub organization: Option<OrganizationId>,
    pub billing: bool,
    pub signatory: bool,
    pub owner: Option<UserId>,
    pub tags: Tags,
    pub consents: BTreeMap<ConsentPurpose, Consent>,
}
