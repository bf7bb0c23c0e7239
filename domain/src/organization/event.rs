use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    profile::{OrganizationKind, OrganizationSize},
    state::OrganizationStatus,
};
use crate::{
    AttachedFile, Bic, Country, FileId, Iban, Money, OrganizationId, Personal, PostalAddress, Siren, Siret, UserId,
    VatNumber, company::ReminderLadder, custom::CustomFields, event::event_types,
};

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
        country: Option<Country>,
        /// The country in the words of the source, when they are not known to name one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country_name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        employees: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        annual_revenue: Option<Money>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        founded_year: Option<i32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<OrganizationId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<OrganizationKind>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<OrganizationSize>,
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
        country: Option<Country>,
        /// The country in the words of the source, when they are not known to name one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country_name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        employees: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        annual_revenue: Option<Money>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        founded_year: Option<i32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<OrganizationId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<OrganizationKind>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<OrganizationSize>,
    },
    /// All its numbers. Absent: it no longer has one.
    OrganizationIdentified {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        siren: Option<Siren>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        siret: Option<Siret>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vat_number: Option<VatNumber>,
    },
    /// Both absent: it no longer has one.
    OrganizationBankAccountChanged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<BankAccount>,
        /// When it is a person's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        personal: Option<Personal<BankAccount>>,
    },
    /// Both addresses. Absent: it no longer has one.
    OrganizationAddressesChanged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        billing: Option<PostalAddress>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery: Option<PostalAddress>,
    },
    OrganizationTagged {
        tags: Vec<String>,
    },
    OrganizationUntagged {
        tags: Vec<String>,
    },
    /// Absent: nobody looks after it.
    OrganizationAssigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
    },
    /// Fields of the house: those that were set, and the keys of those that were cleared.
    OrganizationFieldsSet {
        fields: CustomFields,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cleared: Vec<String>,
    },
    /// The bytes lie beside the journal, under their hash.
    OrganizationFileAttached(AttachedFile),
    /// The bytes stay: the history says that they were there.
    OrganizationFileDetached {
        file: FileId,
    },
    OrganizationContactNamed {
        contact: Personal<ContactDetails>,
    },
    OrganizationContactRemoved {},
    /// Whether and when it is reminded of invoices.
    OrganizationRemindersSet {
        reminders: CustomerReminders,
    },
    OrganizationStatusChanged {
        from: OrganizationStatus,
        to: OrganizationStatus,
    },
    OrganizationArchived {},
    OrganizationRestored {},
    /// It stands for another record as well from now on.
    OrganizationsMerged {
        merged: OrganizationId,
    },
    /// Another record stands for it from now on.
    OrganizationMergedInto {
        survivor: OrganizationId,
    },
}

event_types!(OrganizationEvent of "organization" {
    OrganizationRegistered = 2,
    OrganizationRenamed = 1,
    OrganizationDescribed = 2,
    OrganizationIdentified = 1,
    OrganizationBankAccountChanged = 1,
    OrganizationAddressesChanged = 1,
    OrganizationTagged = 1,
    OrganizationUntagged = 1,
    OrganizationAssigned = 1,
    OrganizationFieldsSet = 1,
    OrganizationFileAttached = 1,
    OrganizationFileDetached = 1,
    OrganizationContactNamed = 1,
    OrganizationContactRemoved = 1,
    OrganizationRemindersSet = 1,
    OrganizationStatusChanged = 1,
    OrganizationArchived = 1,
    OrganizationRestored = 1,
    OrganizationsMerged = 1,
    OrganizationMergedInto = 1,
});

/// When a customer is reminded of invoices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CustomerReminders {
    /// As the company reminds everybody.
    #[default]
    AsCompany,
    /// Never.
    Nothing,
    /// By a ladder of its own.
    Own(ReminderLadder),
}

impl CustomerReminders {
    /// The ladder that holds; `None` when nobody is reminded.
    pub const fn ladder<'a>(&'a self, company: &'a ReminderLadder) -> Option<&'a ReminderLadder> {
        match self {
            Self::AsCompany => Some(company),
            Self::Nothing => None,
            Self::Own(ladder) => Some(ladder),
        }
    }
}

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

/// An account at a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BankAccount {
    pub iban: Iban,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bic: Option<Bic>,
    /// In whose name it is, when not the organization's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}
