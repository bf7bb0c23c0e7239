//! What a line is taxed with, and the tax of a document by rate.

use std::fmt;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rounding::half_away_from_zero;
use crate::{InvalidValue, Language, value::Problem};

/// A share in hundred, from 0 to 100 with at most four decimals: `5.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Percentage(#[schemars(with = "String")] Decimal);

impl Percentage {
    pub const ZERO: Self = Self(Decimal::ZERO);
    pub const HUNDRED: Self = Self(Decimal::ONE_HUNDRED);
    const DECIMALS: u32 = 4;

    /// From hundredths of a percent: `550` is 5.5 %.
    pub(super) fn basis_points(points: u32) -> Self {
        Self(Decimal::new(points.into(), 2).normalize())
    }

    pub fn new(field: &'static str, percent: Decimal) -> Result<Self, InvalidValue> {
        if percent.is_sign_negative() && !percent.is_zero() {
            return Err(InvalidValue::new(field, Problem::Negative));
        }
        if percent > Decimal::ONE_HUNDRED {
            return Err(InvalidValue::new(field, Problem::TooLarge { max: 100 }));
        }
        let percent = percent.normalize();
        if percent.scale() > Self::DECIMALS {
            return Err(InvalidValue::new(
                field,
                Problem::TooPrecise {
                    decimals: Self::DECIMALS,
                },
            ));
        }
        Ok(Self(percent))
    }

    pub const fn as_decimal(self) -> Decimal {
        self.0
    }

    /// This share of an amount in minor units, rounded half away from zero. Never larger than the amount.
    pub fn of(self, amount: i64) -> i64 {
        half_away_from_zero(Decimal::from(amount) * self.0 / Decimal::ONE_HUNDRED).unwrap_or(amount)
    }

    /// The tax that an amount including it holds: `amount × rate / (100 + rate)`, rounded half away from zero.
    pub fn within(self, gross: i64) -> i64 {
        half_away_from_zero(Decimal::from(gross) * self.0 / (Decimal::ONE_HUNDRED + self.0)).unwrap_or(gross)
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

/// How a supply stands to VAT, by the codes of EN 16931 (BT-118 and BT-151, UNTDID 5305).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VatCategory {
    /// Taxed, at whatever rate above zero.
    Standard,
    ZeroRated,
    Exempt,
    /// The customer owes the tax.
    ReverseCharge,
    /// Goods to another member state.
    IntraCommunity,
    Export,
    /// Not a supply in France.
    OutOfScope,
}

impl VatCategory {
    pub const ALL: [Self; 7] = [
        Self::Standard,
        Self::ZeroRated,
        Self::Exempt,
        Self::ReverseCharge,
        Self::IntraCommunity,
        Self::Export,
        Self::OutOfScope,
    ];

    /// As it stands in the files of an invoice.
    pub const fn untdid(self) -> &'static str {
        match self {
            Self::Standard => "S",
            Self::ZeroRated => "Z",
            Self::Exempt => "E",
            Self::ReverseCharge => "AE",
            Self::IntraCommunity => "K",
            Self::Export => "G",
            Self::OutOfScope => "O",
        }
    }
}

/// Why no tax is charged (BT-120 and BT-121).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VatReason {
    /// Small business, CGI art. 293 B; the words are those of art. 293 E.
    Franchise,
    /// Services to a professional of another member state, CGI art. 283-2 and directive 2006/112 art. 196.
    ServicesToMemberState,
    /// Work by a subcontractor in construction, CGI art. 283, 2 nonies.
    ConstructionSubcontract,
    /// Goods to another member state, CGI art. 262 ter, I.
    IntraCommunitySupply,
    /// Goods out of the Union, CGI art. 262, I; the overseas departments too, art. 294.
    Export,
    /// Services to a professional outside the Union, CGI art. 259, 1°.
    ServicesOutsideUnion,
    /// Health care and the like, CGI art. 261, 4.
    HealthCare,
    /// Teaching and training, CGI art. 261, 4, 4°.
    Teaching,
    /// Banking, finance, insurance, CGI art. 261 C.
    FinanceAndInsurance,
    /// Letting unfurnished rooms, CGI art. 261 D.
    Letting,
    /// Guyane and Mayotte, where VAT is not applied for the time being, CGI art. 294, 1.
    NotAppliedOverseas,
}

impl VatReason {
    /// The ones that a product can carry of itself, whoever buys it.
    pub const OF_PRODUCTS: [Self; 4] = [
        Self::HealthCare,
        Self::Teaching,
        Self::FinanceAndInsurance,
        Self::Letting,
    ];

    pub const ALL: [Self; 11] = [
        Self::Franchise,
        Self::ServicesToMemberState,
        Self::ConstructionSubcontract,
        Self::IntraCommunitySupply,
        Self::Export,
        Self::ServicesOutsideUnion,
        Self::HealthCare,
        Self::Teaching,
        Self::FinanceAndInsurance,
        Self::Letting,
        Self::NotAppliedOverseas,
    ];

    /// As events and the API spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Franchise => "FRANCHISE",
            Self::ServicesToMemberState => "SERVICES_TO_MEMBER_STATE",
            Self::ConstructionSubcontract => "CONSTRUCTION_SUBCONTRACT",
            Self::IntraCommunitySupply => "INTRA_COMMUNITY_SUPPLY",
            Self::Export => "EXPORT",
            Self::ServicesOutsideUnion => "SERVICES_OUTSIDE_UNION",
            Self::HealthCare => "HEALTH_CARE",
            Self::Teaching => "TEACHING",
            Self::FinanceAndInsurance => "FINANCE_AND_INSURANCE",
            Self::Letting => "LETTING",
            Self::NotAppliedOverseas => "NOT_APPLIED_OVERSEAS",
        }
    }

    pub const fn category(self) -> VatCategory {
        match self {
            Self::ServicesToMemberState | Self::ConstructionSubcontract => VatCategory::ReverseCharge,
            Self::IntraCommunitySupply => VatCategory::IntraCommunity,
            Self::Export => VatCategory::Export,
            Self::ServicesOutsideUnion | Self::NotAppliedOverseas => VatCategory::OutOfScope,
            Self::Franchise | Self::HealthCare | Self::Teaching | Self::FinanceAndInsurance | Self::Letting => {
                VatCategory::Exempt
            }
        }
    }

    /// In the list of exemption reasons of the EN 16931 registry and its French additions (rule G2.32 of the tax
    /// administration's external specifications).
    pub const fn vatex(self) -> &'static str {
        match self {
            Self::Franchise => "VATEX-FR-FRANCHISE",
            Self::ServicesToMemberState => "VATEX-EU-AE",
            Self::ConstructionSubcontract => "VATEX-FR-AE",
            Self::IntraCommunitySupply => "VATEX-EU-IC",
            Self::Export => "VATEX-EU-G",
            Self::ServicesOutsideUnion | Self::NotAppliedOverseas => "VATEX-EU-O",
            Self::HealthCare | Self::Teaching => "VATEX-FR-CGI261-4",
            Self::FinanceAndInsurance => "VATEX-FR-CGI261C-1",
            Self::Letting => "VATEX-FR-CGI261D-2",
        }
    }

    /// What the document says. The French words are the law's where it prescribes them.
    pub const fn wording(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Franchise, Language::French) => "TVA non applicable, article 293 B du CGI",
            (Self::Franchise, Language::English) => "VAT not applicable, article 293 B of the French tax code (CGI)",
            (Self::ServicesToMemberState, Language::French) => {
                "Autoliquidation — article 283-2 du CGI, article 196 de la directive 2006/112/CE"
            }
            (Self::ServicesToMemberState, Language::English) => {
                "Reverse charge — article 283-2 of the CGI, article 196 of directive 2006/112/EC"
            }
            (Self::ConstructionSubcontract, Language::French) => "Autoliquidation — article 283, 2 nonies du CGI",
            (Self::ConstructionSubcontract, Language::English) => "Reverse charge — article 283, 2 nonies of the CGI",
            (Self::IntraCommunitySupply, Language::French) => "Exonération de TVA, article 262 ter, I du CGI",
            (Self::IntraCommunitySupply, Language::English) => "VAT exempt, article 262 ter, I of the CGI",
            (Self::Export, Language::French) => "Exonération de TVA, article 262, I du CGI",
            (Self::Export, Language::English) => "VAT exempt, article 262, I of the CGI",
            (Self::ServicesOutsideUnion, Language::French) => "TVA non applicable en France, article 259, 1° du CGI",
            (Self::ServicesOutsideUnion, Language::English) => {
                "Outside the scope of French VAT, article 259, 1° of the CGI"
            }
            (Self::HealthCare, Language::French) => "Exonération de TVA, article 261, 4 du CGI",
            (Self::HealthCare, Language::English) => "VAT exempt, article 261, 4 of the CGI",
            (Self::Teaching, Language::French) => "Exonération de TVA, article 261, 4, 4° du CGI",
            (Self::Teaching, Language::English) => "VAT exempt, article 261, 4, 4° of the CGI",
            (Self::FinanceAndInsurance, Language::French) => "Exonération de TVA, article 261 C du CGI",
            (Self::FinanceAndInsurance, Language::English) => "VAT exempt, article 261 C of the CGI",
            (Self::Letting, Language::French) => "Exonération de TVA, article 261 D du CGI",
            (Self::Letting, Language::English) => "VAT exempt, article 261 D of the CGI",
            (Self::NotAppliedOverseas, Language::French) => "TVA non applicable, article 294, 1 du CGI",
            (Self::NotAppliedOverseas, Language::English) => "VAT not applicable, article 294, 1 of the CGI",
        }
    }
}

/// What a line is taxed with and why. Also what the tax of a document is grouped by: EN 16931 has one group per
/// category and rate (BG-23), and one reason per group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VatTreatment {
    pub category: VatCategory,
    pub rate: Percentage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<VatReason>,
}

impl VatTreatment {
    pub fn taxed(rate: Percentage) -> Self {
        let category = if rate == Percentage::ZERO {
            VatCategory::ZeroRated
        } else {
            VatCategory::Standard
        };
        Self {
            category,
            rate,
            reason: None,
        }
    }

    pub const fn untaxed(reason: VatReason) -> Self {
        Self {
            category: reason.category(),
            rate: Percentage::ZERO,
            reason: Some(reason),
        }
    }
}

/// One group of a document's tax: what is taxed, and the tax, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VatShare {
    #[serde(flatten)]
    pub treatment: VatTreatment,
    pub base: i64,
    pub vat: i64,
}

impl VatShare {
    /// The tax of a base: `round(base × rate)` (EN 16931, BR-CO-17).
    pub fn on(treatment: VatTreatment, base: i64) -> Self {
        Self {
            treatment,
            base,
            vat: treatment.rate.of(base),
        }
    }

    pub const fn gross(&self) -> i64 {
        self.base + self.vat
    }
}

/// The tax of a document, one group per treatment, in the order of the treatments.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct VatBreakdown(Vec<VatShare>);

impl VatBreakdown {
    /// Puts groups of one treatment together and the groups in order.
    pub fn of(shares: impl IntoIterator<Item = VatShare>) -> Self {
        let mut groups: Vec<VatShare> = Vec::new();
        for share in shares {
            match groups.binary_search_by_key(&share.treatment, |group| group.treatment) {
                Ok(found) => {
                    groups[found].base += share.base;
                    groups[found].vat += share.vat;
                }
                Err(place) => groups.insert(place, share),
            }
        }
        Self(groups)
    }

    pub fn shares(&self) -> &[VatShare] {
        &self.0
    }

    pub fn get(&self, treatment: VatTreatment) -> Option<&VatShare> {
        self.0.iter().find(|share| share.treatment == treatment)
    }

    pub fn net(&self) -> i64 {
        self.0.iter().map(|share| share.base).sum()
    }

    pub fn vat(&self) -> i64 {
        self.0.iter().map(|share| share.vat).sum()
    }

    pub fn gross(&self) -> i64 {
        self.net() + self.vat()
    }

    /// Group by group, without what others hold. A group that only the others have goes below zero.
    pub fn without<'a>(&self, others: impl IntoIterator<Item = &'a Self>) -> Self {
        let taken = others.into_iter().flat_map(|other| &other.0).map(|share| VatShare {
            treatment: share.treatment,
            base: -share.base,
            vat: -share.vat,
        });
        Self::of(self.0.iter().copied().chain(taken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_bounds_and_at_most_four_decimals() {
        let new = |text: &str| Percentage::new("rate", text.parse().unwrap());
        assert_eq!(new("5.50").unwrap(), Percentage::basis_points(550));
        assert_eq!(new("33.3333").unwrap().to_string(), "33.3333");
        for (text, problem) in [
            ("-1", Problem::Negative),
            ("100.01", Problem::TooLarge { max: 100 }),
            ("0.00001", Problem::TooPrecise { decimals: 4 }),
        ] {
            assert_eq!(new(text).unwrap_err().problem, problem, "{text}");
        }
    }

    #[test]
    fn every_reason_has_words_and_a_code_of_its_kind() {
        for reason in VatReason::ALL {
            assert!(reason.vatex().starts_with("VATEX-"), "{reason:?}");
            for language in [Language::French, Language::English] {
                assert!(!reason.wording(language).is_empty());
            }
            assert_ne!(reason.category(), VatCategory::Standard);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        // CGI art. 293 E, II: these words and no others.
        assert_eq!(
            VatReason::Franchise.wording(Language::French),
            "TVA non applicable, article 293 B du CGI"
        );
    }

    #[test]
    fn groups_of_one_treatment_are_put_together() {
        let (full, reduced) = (
            VatTreatment::taxed(Percentage::basis_points(2_000)),
            VatTreatment::taxed(Percentage::basis_points(550)),
        );
        let breakdown = VatBreakdown::of([
            VatShare::on(full, 100),
            VatShare::on(reduced, 1_000),
            VatShare::on(full, 50),
        ]);
        assert_eq!(
            breakdown
                .shares()
                .iter()
                .map(|share| (share.base, share.vat))
                .collect::<Vec<_>>(),
            [(1_000, 55), (150, 30)]
        );
        assert_eq!(
            (breakdown.net(), breakdown.vat(), breakdown.gross()),
            (1_150, 85, 1_235)
        );
    }
}
