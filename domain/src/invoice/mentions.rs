//! What the law has an invoice say that is not known yet (CGI ann. II art. 242 nonies A; C. com. art. L441-9, R123-237
//! and R123-238).
//!
//! What types already guarantee is not looked for: a line has a name, a quantity, a price and a rate; terms, penalties,
//! the indemnity and the nature of the operations follow from the content. An account to pay to is no mention of the law:
//! without one, papers and files name none.

use crate::{
    Country, Language, PostalAddress,
    billing::{VatBreakdown, VatReason},
    company::VatRegime,
    document::{Buyer, Seller},
    organization::OrganizationKind,
};

/// Something that has to be known before the invoice is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MissingMention {
    SellerIdentity,
    SellerAddress,
    /// Of companies (R123-238).
    SellerCapital,
    /// The register that a company stands in (R123-237).
    SellerRegister,
    /// Unless no tax is charged (242 nonies A, 2°).
    SellerVatNumber,
    BuyerName,
    BuyerAddress,
    /// Of professionals in France (242 nonies A, 1°).
    BuyerSiren,
    /// Where the buyer of another member state owes the tax, or goods go there without (242 nonies A, 3° and 4°).
    BuyerVatNumber,
}

impl MissingMention {
    pub const ALL: [Self; 9] = [
        Self::SellerIdentity,
        Self::SellerAddress,
        Self::SellerCapital,
        Self::SellerRegister,
        Self::SellerVatNumber,
        Self::BuyerName,
        Self::BuyerAddress,
        Self::BuyerSiren,
        Self::BuyerVatNumber,
    ];

    /// Stable, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SellerIdentity => "SELLER_IDENTITY",
            Self::SellerAddress => "SELLER_ADDRESS",
            Self::SellerCapital => "SELLER_CAPITAL",
            Self::SellerRegister => "SELLER_REGISTER",
            Self::SellerVatNumber => "SELLER_VAT_NUMBER",
            Self::BuyerName => "BUYER_NAME",
            Self::BuyerAddress => "BUYER_ADDRESS",
            Self::BuyerSiren => "BUYER_SIREN",
            Self::BuyerVatNumber => "BUYER_VAT_NUMBER",
        }
    }

    /// Of the company or of the organization, in the spelling of the API.
    pub const fn field(self) -> &'static str {
        match self {
            Self::SellerIdentity => "company.identity",
            Self::SellerAddress => "company.address",
            Self::SellerCapital => "company.shareCapital",
            Self::SellerRegister => "company.registration",
            Self::SellerVatNumber => "company.vatNumber",
            Self::BuyerName => "organization.name",
            Self::BuyerAddress => "organization.address",
            Self::BuyerSiren => "organization.siren",
            Self::BuyerVatNumber => "organization.vatNumber",
        }
    }

    pub fn message(self, language: Language) -> String {
        match self {
            Self::SellerIdentity => language.choose(
                "our company's identity (name, legal form, SIREN, address)",
                "l'identité de notre société (nom, forme juridique, SIREN, adresse)",
            ),
            Self::SellerAddress => language.choose("our company's address", "l'adresse de notre société"),
            Self::SellerCapital => language.choose("our company's share capital", "le capital social de notre société"),
            Self::SellerRegister => language.choose(
                "the town of our company's trade register (RCS)",
                "la ville du registre du commerce (RCS) de notre société",
            ),
            Self::SellerVatNumber => language.choose(
                "our company's VAT number",
                "le numéro de TVA intracommunautaire de notre société",
            ),
            Self::BuyerName => language.choose("the customer's name", "le nom du client"),
            Self::BuyerAddress => language.choose("the customer's address", "l'adresse du client"),
            Self::BuyerSiren => language.choose("the customer's SIREN", "le SIREN du client"),
            Self::BuyerVatNumber => language.choose(
                "the customer's VAT number",
                "le numéro de TVA intracommunautaire du client",
            ),
        }
    }
}

/// All that is missing, in the order of [`MissingMention::ALL`].
pub(super) fn missing(seller: Option<&Seller>, buyer: &Buyer, breakdown: &VatBreakdown) -> Vec<MissingMention> {
    let mut missing = Vec::new();
    let mut need = |mention, is_there: bool| {
        if !is_there {
            missing.push(mention);
        }
    };
    match seller {
        None => need(MissingMention::SellerIdentity, false),
        Some(seller) => {
            let identity = &seller.identity;
            let of_a_company = identity.form.has_capital();
            need(MissingMention::SellerIdentity, !identity.name.trim().is_empty());
            need(MissingMention::SellerAddress, is_an_address(&identity.address));
            need(
                MissingMention::SellerCapital,
                !of_a_company || identity.share_capital.is_some(),
            );
            need(
                MissingMention::SellerRegister,
                !of_a_company || identity.registration.is_some(),
            );
            let charges = seller.vat_scheme.regime != VatRegime::Franchise;
            need(
                MissingMention::SellerVatNumber,
                !charges || identity.vat_number.is_some(),
            );
        }
    }
    need(MissingMention::BuyerName, !buyer.name.trim().is_empty());
    need(MissingMention::BuyerAddress, is_an_address(&buyer.address));
    let has_a_siren = buyer.kind == OrganizationKind::Professional && is_french(buyer.address.country);
    need(MissingMention::BuyerSiren, !has_a_siren || buyer.siren.is_some());
    let shows_its_number = breakdown.shares().iter().any(|share| {
        matches!(
            share.treatment.reason,
            Some(VatReason::IntraCommunitySupply | VatReason::ServicesToMemberState)
        )
    });
    need(
        MissingMention::BuyerVatNumber,
        !shows_its_number || buyer.vat_number.is_some(),
    );
    missing
}

fn is_an_address(address: &PostalAddress) -> bool {
    address.lines.iter().any(|line| !line.trim().is_empty()) && !address.city.trim().is_empty()
}

/// Where companies are registered in Sirene: France and its departments overseas, not Monaco.
fn is_french(country: Country) -> bool {
    matches!(country.code(), "FR" | "GP" | "MQ" | "GF" | "RE" | "YT")
}
