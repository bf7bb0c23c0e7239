//! What a sale is taxed with: who sells to whom, what, where to, and when.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    rates::{RateClass, Territory, VatRates},
    vat::{VatReason, VatTreatment},
};
use crate::{Country, InvalidValue, VatNumber, organization::OrganizationKind, value::Problem};

/// How the seller stands to VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SellerRegime {
    /// Charges it.
    Taxed,
    /// Franchise en base, CGI art. 293 B: charges none.
    Franchise,
}

/// What is sold: it decides where a supply is taxed, when the tax falls due, and what the invoice has to say
/// (CGI ann. II art. 242 nonies A, 8° bis).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Nature {
    Goods,
    Services,
}

impl Nature {
    pub const ALL: [Self; 2] = [Self::Goods, Self::Services];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Goods => "GOODS",
            Self::Services => "SERVICES",
        }
    }
}

/// What is known of a sale when its tax is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FiscalPosition {
    pub regime: SellerRegime,
    /// Where the seller is established: France or one of its departments overseas.
    pub seller: Country,
    pub buyer_kind: OrganizationKind,
    pub buyer: Country,
    /// A professional of another member state shows by it that it is one.
    pub buyer_vat_number: Option<VatNumber>,
    /// Where goods go to; the buyer's country when nobody says otherwise.
    pub delivery: Option<Country>,
    /// Subcontracted work in construction, on which the customer owes the tax (CGI art. 283, 2 nonies).
    pub construction_subcontract: bool,
    /// When the tax falls due: a rate has to have been in force then.
    pub tax_point: NaiveDate,
    /// The rates that there were.
    pub rates: VatRates,
}

impl FiscalPosition {
    /// The treatment of one line, in this order:
    ///
    /// 1. A seller under the franchise charges nothing (art. 293 B); neither does one in Guyane or Mayotte (art. 294).
    /// 2. A product that is exempt of itself stays so (art. 261 and following).
    /// 3. Goods are taxed where they go (art. 258): at home, or exempt to a professional of another member state who has a
    ///    VAT number (art. 262 ter), or exported (art. 262; the mainland and each department overseas are abroad to each
    ///    other, art. 294, 2). Distance sales to others in the Union are taxed at home, as below the threshold of
    ///    art. 259 D.
    /// 4. Services to a professional are taxed where it is (art. 259, 1°): reverse charge within the Union, out of scope
    ///    beyond. To anybody else, where the seller is (art. 259, 2°).
    ///
    /// Refuses a class that had no rate on that day, under the name of `field`.
    pub fn treatment(
        &self,
        field: &'static str,
        nature: Nature,
        class: RateClass,
        exemption: Option<VatReason>,
    ) -> Result<VatTreatment, InvalidValue> {
        let home = Territory::of(self.seller).unwrap_or(Territory::Mainland);
        if self.regime == SellerRegime::Franchise {
            return Ok(VatTreatment::untaxed(VatReason::Franchise));
        }
        if home == Territory::Untaxed {
            return Ok(VatTreatment::untaxed(VatReason::NotAppliedOverseas));
        }
        if let Some(reason) = exemption {
            return VatReason::OF_PRODUCTS
                .contains(&reason)
                .then(|| VatTreatment::untaxed(reason))
                .ok_or(InvalidValue::new(field, Problem::NotAnExemption));
        }
        let abroad = match nature {
            Nature::Goods => self.goods_abroad(),
            Nature::Services => self.services_abroad(),
        };
        if let Some(reason) = abroad {
            return Ok(VatTreatment::untaxed(reason));
        }
        if self.construction_subcontract && self.buyer_kind == OrganizationKind::Professional {
            return Ok(VatTreatment::untaxed(VatReason::ConstructionSubcontract));
        }
        self.rates
            .on(self.tax_point, home, class)
            .map(VatTreatment::taxed)
            .ok_or(InvalidValue::new(field, Problem::NoSuchRate { on: self.tax_point }))
    }

    /// Why goods that leave carry no tax; `None` when they are taxed at home.
    fn goods_abroad(&self) -> Option<VatReason> {
        let to = self.delivery.unwrap_or(self.buyer);
        if same_tax_area(self.seller, to) {
            return None;
        }
        if Territory::of(to).is_none() && is_member_state(to) {
            return self
                .member_state_professional()
                .then_some(VatReason::IntraCommunitySupply);
        }
        Some(VatReason::Export)
    }

    fn services_abroad(&self) -> Option<VatReason> {
        if self.buyer_kind != OrganizationKind::Professional || Territory::of(self.buyer).is_some() {
            return None;
        }
        if is_member_state(self.buyer) {
            return self
                .member_state_professional()
                .then_some(VatReason::ServicesToMemberState);
        }
        Some(VatReason::ServicesOutsideUnion)
    }

    /// A professional who shows a VAT number of a member state other than France.
    fn member_state_professional(&self) -> bool {
        self.buyer_kind == OrganizationKind::Professional
            && self
                .buyer_vat_number
                .as_ref()
                .is_some_and(|number| !number.as_str().starts_with("FR"))
    }
}

/// The departments overseas are abroad to the mainland and to each other, but Guadeloupe and Martinique are one area
/// (CGI art. 294, 2).
fn same_tax_area(seller: Country, to: Country) -> bool {
    let area = |country: Country| match country.code() {
        "MC" => "FR",
        "MQ" => "GP",
        code => code,
    };
    area(seller) == area(to)
}

/// The member states beside France, as of 2026.
fn is_member_state(country: Country) -> bool {
    const OTHERS: [&str; 26] = [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
        "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    ];
    OTHERS.contains(&country.code())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::vat::VatCategory;

    fn country(code: &str) -> Country {
        code.parse().unwrap()
    }

    fn domestic() -> FiscalPosition {
        FiscalPosition {
            regime: SellerRegime::Taxed,
            seller: Country::FRANCE,
            buyer_kind: OrganizationKind::Professional,
            buyer: Country::FRANCE,
            buyer_vat_number: None,
            delivery: None,
            construction_subcontract: false,
            tax_point: "2026-11-26".parse().unwrap(),
            rates: VatRates::default(),
        }
    }

    fn to(code: &str, number: Option<&str>) -> FiscalPosition {
        FiscalPosition {
            buyer: country(code),
            buyer_vat_number: number.map(|number| VatNumber::parse("vatNumber", number).unwrap()),
            ..domestic()
        }
    }

    fn shown(position: &FiscalPosition, nature: Nature) -> (VatCategory, String, Option<VatReason>) {
        let treatment = position.treatment("line", nature, RateClass::Normal, None).unwrap();
        (treatment.category, treatment.rate.to_string(), treatment.reason)
    }

    #[test]
    fn at_home_a_line_has_the_rate_of_its_class() {
        for nature in Nature::ALL {
            assert_eq!(
                shown(&domestic(), nature),
                (VatCategory::Standard, "20".to_owned(), None)
            );
        }
        let reduced = domestic()
            .treatment("line", Nature::Goods, RateClass::Reduced, None)
            .unwrap();
        assert_eq!(reduced.rate.to_string(), "5.5");
        let zero = domestic()
            .treatment("line", Nature::Goods, RateClass::Zero, None)
            .unwrap();
        assert_eq!(zero.category, VatCategory::ZeroRated);
    }

    #[test]
    fn under_the_franchise_nothing_is_taxed_whoever_buys() {
        for position in [domestic(), to("DE", Some("DE136695976")), to("US", None)] {
            let position = FiscalPosition {
                regime: SellerRegime::Franchise,
                ..position
            };
            assert_eq!(shown(&position, Nature::Services).2, Some(VatReason::Franchise));
        }
    }

    #[test]
    fn goods_are_taxed_where_they_go() {
        assert_eq!(
            shown(&to("DE", Some("DE136695976")), Nature::Goods).2,
            Some(VatReason::IntraCommunitySupply)
        );
        assert_eq!(shown(&to("DE", None), Nature::Goods).2, None, "a distance sale");
        assert_eq!(shown(&to("US", None), Nature::Goods).2, Some(VatReason::Export));
        assert_eq!(shown(&to("RE", None), Nature::Goods).2, Some(VatReason::Export));
        assert_eq!(shown(&to("MC", None), Nature::Goods).2, None);
        let delivered_at_home = FiscalPosition {
            delivery: Some(Country::FRANCE),
            ..to("DE", Some("DE136695976"))
        };
        assert_eq!(shown(&delivered_at_home, Nature::Goods).2, None);
    }

    #[test]
    fn services_to_a_professional_are_taxed_where_it_is() {
        assert_eq!(
            shown(&to("DE", Some("DE136695976")), Nature::Services),
            (
                VatCategory::ReverseCharge,
                "0".to_owned(),
                Some(VatReason::ServicesToMemberState)
            )
        );
        assert_eq!(
            shown(&to("DE", None), Nature::Services).2,
            None,
            "it has not shown that it is one"
        );
        assert_eq!(
            shown(&to("US", None), Nature::Services).2,
            Some(VatReason::ServicesOutsideUnion)
        );
        let consumer = FiscalPosition {
            buyer_kind: OrganizationKind::Consumer,
            ..to("US", None)
        };
        assert_eq!(shown(&consumer, Nature::Services).2, None);
    }

    #[test]
    fn overseas_has_rates_of_its_own() {
        let reunion = FiscalPosition {
            seller: country("RE"),
            ..to("RE", None)
        };
        assert_eq!(shown(&reunion, Nature::Goods).1, "8.5");
        let guyane = FiscalPosition {
            seller: country("GF"),
            ..domestic()
        };
        assert_eq!(shown(&guyane, Nature::Services).2, Some(VatReason::NotAppliedOverseas));
        let martinique_to_guadeloupe = FiscalPosition {
            seller: country("MQ"),
            ..to("GP", None)
        };
        assert_eq!(shown(&martinique_to_guadeloupe, Nature::Goods).1, "8.5");
    }

    #[test]
    fn subcontracted_construction_is_reverse_charged_between_professionals_only() {
        let position = FiscalPosition {
            construction_subcontract: true,
            ..domestic()
        };
        assert_eq!(
            shown(&position, Nature::Services).2,
            Some(VatReason::ConstructionSubcontract)
        );
        let consumer = FiscalPosition {
            buyer_kind: OrganizationKind::Consumer,
            ..position
        };
        assert_eq!(shown(&consumer, Nature::Services).2, None);
    }

    #[test]
    fn a_product_is_exempt_for_reasons_of_products_only() {
        let exempt = |reason| domestic().treatment("line", Nature::Services, RateClass::Normal, Some(reason));
        assert_eq!(exempt(VatReason::Teaching).unwrap().category, VatCategory::Exempt);
        assert_eq!(exempt(VatReason::Export).unwrap_err().problem, Problem::NotAnExemption);
    }

    #[test]
    fn a_rate_that_did_not_exist_that_day_is_refused() {
        let position = FiscalPosition {
            tax_point: "2011-06-30".parse().unwrap(),
            ..domestic()
        };
        let refused = position
            .treatment("lines.0.vatClass", Nature::Goods, RateClass::Intermediate, None)
            .unwrap_err();
        assert_eq!(refused.problem, Problem::NoSuchRate { on: position.tax_point });
    }
}
