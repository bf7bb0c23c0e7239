use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    event::{BankAccount, ContactDetails, CustomerReminders},
    profile::{Profile, ProfileChanges},
};
use crate::{
    AttachedFile, Change, CustomValue, FileId, OrganizationId, PersonId, Personal, PostalAddress, Siren, Siret, Tags,
    UserId, VatNumber, change, custom::CustomFields,
};

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
    /// Give it its numbers, correct them, or take them away. Reservations move in the same unit of work.
    Identify {
        #[serde(serialize_with = "change::as_option", skip_serializing_if = "Change::is_keep")]
        siren: Change<Siren>,
        #[serde(skip_serializing_if = "Change::is_keep")]
        siret: Change<Siret>,
        #[serde(skip_serializing_if = "Change::is_keep")]
        vat_number: Change<VatNumber>,
    },
    /// Say where its money goes from and to. The account of a consumer is a person's: say whose.
    ChangeBankAccount {
        account: Option<BankAccount>,
        person: Option<PersonId>,
    },
    ChangeAddresses {
        billing: Change<PostalAddress>,
        delivery: Change<PostalAddress>,
    },
    Tag {
        tags: Vec<String>,
    },
    Untag {
        tags: Vec<String>,
    },
    /// Say who looks after it; that the user exists is checked by whoever puts the command.
    Assign {
        owner: Option<UserId>,
    },
    /// Say whether and when it is reminded of invoices.
    SetReminders(CustomerReminders),
    /// Set fields of our own; `None` clears one.
    SetFields {
        fields: BTreeMap<String, Option<CustomValue>>,
    },
    /// A file goes with it. Its bytes are there already.
    AttachFile(AttachedFile),
    /// A file does not go with it after all.
    DetachFile {
        file: FileId,
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
    Archive,
    Restore,
    /// Take over from another record of the same company, which hands over what it knows in the same unit of work.
    Absorb {
        merged: OrganizationId,
        record: Box<Record>,
    },
    /// Give way to another record of the same company.
    MergeInto {
        survivor: OrganizationId,
    },
}

/// What an organization hands over to the one it is merged into. The survivor's own word stands; what it does not know
/// it takes from here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Record {
    pub siren: Option<Siren>,
    pub siret: Option<Siret>,
    pub vat_number: Option<VatNumber>,
    pub profile: Profile,
    pub billing: Option<PostalAddress>,
    pub delivery: Option<PostalAddress>,
    pub tags: Tags,
    pub fields: CustomFields,
}
