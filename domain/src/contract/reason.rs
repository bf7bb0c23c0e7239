//! Why a contract ends: a tree of two levels. The second one is what is recorded; the first follows from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Language;

/// Why, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReasonCategory {
    Price,
    Dissatisfaction,
    Competition,
    NeedGone,
    Insolvency,
    /// We ended it because nobody paid: involuntary churn.
    NonPayment,
    /// We do not offer it any more.
    Withdrawn,
    Other,
}

impl ReasonCategory {
    pub const ALL: [Self; 8] = [
        Self::Price,
        Self::Dissatisfaction,
        Self::Competition,
        Self::NeedGone,
        Self::Insolvency,
        Self::NonPayment,
        Self::Withdrawn,
        Self::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Price => "PRICE",
            Self::Dissatisfaction => "DISSATISFACTION",
            Self::Competition => "COMPETITION",
            Self::NeedGone => "NEED_GONE",
            Self::Insolvency => "INSOLVENCY",
            Self::NonPayment => "NON_PAYMENT",
            Self::Withdrawn => "WITHDRAWN",
            Self::Other => "OTHER",
        }
    }

    /// For people.
    pub const fn name(self, language: Language) -> &'static str {
        let (english, french) = match self {
            Self::Price => ("Price", "Prix"),
            Self::Dissatisfaction => ("Dissatisfaction", "Insatisfaction"),
            Self::Competition => ("Competition", "Concurrence"),
            Self::NeedGone => ("The need is gone", "Disparition du besoin"),
            Self::Insolvency => ("Insolvency", "Défaillance du client"),
            Self::NonPayment => ("Non-payment", "Impayés"),
            Self::Withdrawn => ("Offer withdrawn", "Arrêt de l'offre"),
            Self::Other => ("Other", "Autre"),
        };
        of(language, english, french)
    }

    /// What can stand below it.
    pub fn reasons(self) -> impl Iterator<Item = TerminationReason> {
        TerminationReason::ALL
            .into_iter()
            .filter(move |reason| reason.category() == self)
    }

    /// Whether the customer did not choose to leave.
    pub const fn is_involuntary(self) -> bool {
        matches!(self, Self::Insolvency | Self::NonPayment | Self::Withdrawn)
    }
}

/// Why, as far as it is known: the leaves of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TerminationReason {
    TooExpensive,
    BudgetCut,
    PriceIncrease,
    Quality,
    Support,
    MissingFeature,
    Delays,
    CheaperOffer,
    BetterOffer,
    GroupAgreement,
    ProjectEnded,
    DoneInHouse,
    ActivityCeased,
    Receivership,
    Liquidation,
    Unpaid,
    OfferDiscontinued,
    /// Asks for a note.
    Other,
}

impl TerminationReason {
    pub const ALL: [Self; 18] = [
        Self::TooExpensive,
        Self::BudgetCut,
        Self::PriceIncrease,
        Self::Quality,
        Self::Support,
        Self::MissingFeature,
        Self::Delays,
        Self::CheaperOffer,
        Self::BetterOffer,
        Self::GroupAgreement,
        Self::ProjectEnded,
        Self::DoneInHouse,
        Self::ActivityCeased,
        Self::Receivership,
        Self::Liquidation,
        Self::Unpaid,
        Self::OfferDiscontinued,
        Self::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooExpensive => "TOO_EXPENSIVE",
            Self::BudgetCut => "BUDGET_CUT",
            Self::PriceIncrease => "PRICE_INCREASE",
            Self::Quality => "QUALITY",
            Self::Support => "SUPPORT",
            Self::MissingFeature => "MISSING_FEATURE",
            Self::Delays => "DELAYS",
            Self::CheaperOffer => "CHEAPER_OFFER",
            Self::BetterOffer => "BETTER_OFFER",
            Self::GroupAgreement => "GROUP_AGREEMENT",
            Self::ProjectEnded => "PROJECT_ENDED",
            Self::DoneInHouse => "DONE_IN_HOUSE",
            Self::ActivityCeased => "ACTIVITY_CEASED",
            Self::Receivership => "RECEIVERSHIP",
            Self::Liquidation => "LIQUIDATION",
            Self::Unpaid => "UNPAID",
            Self::OfferDiscontinued => "OFFER_DISCONTINUED",
            Self::Other => "OTHER",
        }
    }

    /// For people.
    pub const fn name(self, language: Language) -> &'static str {
        let (english, french) = match self {
            Self::TooExpensive => ("Too expensive", "Trop cher"),
            Self::BudgetCut => ("Budget cut", "Réduction de budget"),
            Self::PriceIncrease => ("Price increase", "Hausse de prix"),
            Self::Quality => ("Quality of the service", "Qualité du service"),
            Self::Support => ("Support", "Assistance"),
            Self::MissingFeature => ("Missing feature", "Fonction manquante"),
            Self::Delays => ("Delays", "Retards"),
            Self::CheaperOffer => ("Cheaper offer elsewhere", "Offre concurrente moins chère"),
            Self::BetterOffer => ("Better offer elsewhere", "Offre concurrente mieux adaptée"),
            Self::GroupAgreement => ("Agreement of the group", "Accord-cadre du groupe"),
            Self::ProjectEnded => ("The project ended", "Fin du projet"),
            Self::DoneInHouse => ("Done in house", "Reprise en interne"),
            Self::ActivityCeased => ("The activity ceased", "Cessation d'activité"),
            Self::Receivership => ("Receivership", "Redressement judiciaire"),
            Self::Liquidation => ("Liquidation", "Liquidation judiciaire"),
            Self::Unpaid => ("Unpaid invoices", "Factures impayées"),
            Self::OfferDiscontinued => ("The offer is discontinued", "Offre arrêtée"),
            Self::Other => ("Other", "Autre"),
        };
        of(language, english, french)
    }

    pub const fn category(self) -> ReasonCategory {
        match self {
            Self::TooExpensive | Self::BudgetCut | Self::PriceIncrease => ReasonCategory::Price,
            Self::Quality | Self::Support | Self::MissingFeature | Self::Delays => ReasonCategory::Dissatisfaction,
            Self::CheaperOffer | Self::BetterOffer | Self::GroupAgreement => ReasonCategory::Competition,
            Self::ProjectEnded | Self::DoneInHouse | Self::ActivityCeased => ReasonCategory::NeedGone,
            Self::Receivership | Self::Liquidation => ReasonCategory::Insolvency,
            Self::Unpaid => ReasonCategory::NonPayment,
            Self::OfferDiscontinued => ReasonCategory::Withdrawn,
            Self::Other => ReasonCategory::Other,
        }
    }
}

const fn of(language: Language, english: &'static str, french: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::French => french,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_a_reason_below_it_and_every_reason_one_category() {
        let below: Vec<_> = ReasonCategory::ALL
            .into_iter()
            .flat_map(ReasonCategory::reasons)
            .collect();
        assert_eq!(below.len(), TerminationReason::ALL.len());
        assert!(
            ReasonCategory::ALL
                .into_iter()
                .all(|category| category.reasons().next().is_some())
        );
    }
}
