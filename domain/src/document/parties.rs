use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    OrganizationId, PostalAddress, Siren, Siret, VatNumber,
    company::{Appearance, BankAccount, LegalIdentity, VatScheme},
    organization::OrganizationKind,
};

/// Who sells, as the document says it: a copy, so that a company that moves leaves its documents as they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seller {
    pub identity: LegalIdentity,
    pub vat_scheme: VatScheme,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_account: Option<BankAccount>,
    #[serde(default)]
    pub appearance: Appearance,
}

/// Who buys, as the document says it: a copy, as [`Seller`] is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Buyer {
    pub organization: OrganizationId,
    pub name: String,
    pub kind: OrganizationKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub siren: Option<Siren>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub siret: Option<Siret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_number: Option<VatNumber>,
    pub address: PostalAddress,
    /// Where goods go to, when that is elsewhere (CGI ann. II art. 242 nonies A, 7° bis).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_address: Option<PostalAddress>,
    /// To whose attention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where the document is sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}
