use chrono::NaiveDate;

use super::{Alert, ContractStatus};
use crate::{Currency, InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why a contract refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractError {
    NotDrafted,
    AlreadyDrafted,
    /// It was signed: it changes by amendments.
    Signed,
    /// It is a draft: nothing of it binds.
    NotSigned,
    Discarded,
    /// Terminated, expired or renewed: nothing of it changes any more.
    Ended {
        status: ContractStatus,
    },
    /// Notice was given: withdraw it first.
    NoticeGiven,
    NoNotice,
    /// The end that notice was given for has come.
    NoticeEffective {
        last_day: NaiveDate,
    },
    Paused,
    NotPaused,
    EndBeforeStart {
        field: &'static str,
    },
    /// One thing is owed twice on one day.
    OverlappingTerms {
        field: &'static str,
        /// The line's; empty where it is about steps of prices.
        name: String,
    },
    OutsideTerm {
        field: &'static str,
        from: NaiveDate,
        until: Option<NaiveDate>,
    },
    NoticeTooLate {
        deadline: NaiveDate,
    },
    /// The notice period is not over by that day.
    NoticeTooShort {
        earliest: NaiveDate,
    },
    /// The ground is not one that this contract can end by.
    GroundNotOpen,
    /// What has no end is not renewed.
    NothingToRenew,
    AnotherCurrency {
        expected: Currency,
    },
    NoIndexClause,
    IndexValueMissing {
        index: String,
        /// A value of a later month than this is needed.
        after: NaiveDate,
    },
    /// Prices were revised from a later day already.
    IndexedLater {
        on: NaiveDate,
    },
    RenewalNotTacit,
    RenewalsExhausted {
        max: u16,
    },
    RenewalNotDue {
        on: NaiveDate,
    },
    /// The contract that follows begins before this one ends.
    RenewalOverlaps {
        end: NaiveDate,
    },
    /// Another contract follows it already.
    AlreadyRenewed,
    /// The plan of the renewal is not what the contract comes to now.
    PlanOutdated,
    NotDue {
        on: NaiveDate,
    },
    AlertTaken {
        alert: Alert,
    },
    AlertOutdated {
        alert: Alert,
    },
    AlertOvertaken {
        alert: Alert,
    },
    /// No duty to tell the customer of a renewal.
    NoConsumerNotice,
    OutsideConsumerWindow {
        from: NaiveDate,
        until: NaiveDate,
    },
    NothingToBill,
    InvoiceBilled,
    InvoiceNotBilled,
    TooManyAmendments,
    Value(InvalidValue),
}

impl From<InvalidValue> for ContractError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(ContractError);

impl Refusal for ContractError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotDrafted => "CONTRACT_NOT_FOUND",
            Self::AlreadyDrafted => "CONTRACT_ALREADY_EXISTS",
            Self::Signed => "CONTRACT_SIGNED",
            Self::NotSigned => "CONTRACT_NOT_SIGNED",
            Self::Discarded => "CONTRACT_DISCARDED",
            Self::Ended { .. } => "CONTRACT_ENDED",
            Self::NoticeGiven => "CONTRACT_NOTICE_GIVEN",
            Self::NoNotice => "CONTRACT_NOTICE_NOT_GIVEN",
            Self::NoticeEffective { .. } => "CONTRACT_NOTICE_EFFECTIVE",
            Self::Paused => "CONTRACT_PAUSED",
            Self::NotPaused => "CONTRACT_NOT_PAUSED",
            Self::EndBeforeStart { .. } => "CONTRACT_END_BEFORE_START",
            Self::OverlappingTerms { .. } => "CONTRACT_TERMS_OVERLAP",
            Self::OutsideTerm { .. } => "EFFECTIVE_DATE_OUTSIDE_TERM",
            Self::NoticeTooLate { .. } => "NOTICE_TOO_LATE",
            Self::NoticeTooShort { .. } => "NOTICE_TOO_SHORT",
            Self::GroundNotOpen => "TERMINATION_GROUND_NOT_OPEN",
            Self::NothingToRenew => "CONTRACT_WITHOUT_END",
            Self::AnotherCurrency { .. } => "CONTRACT_IN_OTHER_CURRENCY",
            Self::NoIndexClause => "CONTRACT_NOT_INDEXED",
            Self::IndexValueMissing { .. } => "INDEX_VALUE_MISSING",
            Self::IndexedLater { .. } => "CONTRACT_INDEXED_LATER",
            Self::RenewalNotTacit => "RENEWAL_NOT_TACIT",
            Self::RenewalsExhausted { .. } => "RENEWALS_EXHAUSTED",
            Self::RenewalNotDue { .. } => "RENEWAL_NOT_DUE",
            Self::RenewalOverlaps { .. } => "RENEWAL_OVERLAPS",
            Self::AlreadyRenewed => "CONTRACT_ALREADY_RENEWED",
            Self::PlanOutdated => "RENEWAL_PLAN_OUTDATED",
            Self::NotDue { .. } => "CONTRACT_DATE_NOT_COME",
            Self::AlertTaken { .. } => "CONTRACT_ALERT_TAKEN",
            Self::AlertOutdated { .. } => "CONTRACT_ALERT_OUTDATED",
            Self::AlertOvertaken { .. } => "CONTRACT_ALERT_OVERTAKEN",
            Self::NoConsumerNotice => "CONSUMER_NOTICE_NOT_OWED",
            Self::OutsideConsumerWindow { .. } => "CONSUMER_NOTICE_OUTSIDE_WINDOW",
            Self::NothingToBill => "NOTHING_TO_BILL",
            Self::InvoiceBilled => "INVOICE_OF_CONTRACT_KNOWN",
            Self::InvoiceNotBilled => "INVOICE_NOT_OF_CONTRACT",
            Self::TooManyAmendments => "CONTRACT_AMENDMENTS_EXHAUSTED",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::EndBeforeStart { field } | Self::OverlappingTerms { field, .. } | Self::OutsideTerm { field, .. } => {
                Some(field)
            }
            Self::NoticeTooLate { .. } => Some("receivedOn"),
            Self::NoticeTooShort { .. } => Some("lastDay"),
            Self::GroundNotOpen => Some("ground"),
            Self::NothingToRenew => Some("renewal"),
            Self::AnotherCurrency { .. } => Some("currency"),
            Self::IndexValueMissing { .. } => Some("values"),
            Self::IndexedLater { .. } => Some("effectiveOn"),
            Self::RenewalOverlaps { .. } => Some("startsOn"),
            Self::AlertTaken { .. } | Self::AlertOutdated { .. } | Self::AlertOvertaken { .. } => Some("alert"),
            Self::OutsideConsumerWindow { .. } => Some("sentOn"),
            Self::InvoiceBilled | Self::InvoiceNotBilled => Some("invoice"),
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotDrafted => vec!["Draft"],
            Self::Signed => vec!["Amend", "GiveNotice"],
            Self::NotSigned => vec!["ChangeTerms", "Sign", "Discard"],
            Self::NoticeGiven => vec!["WithdrawNotice"],
            Self::NoNotice => vec!["GiveNotice"],
            Self::Paused => vec!["Resume"],
            Self::NotPaused => vec!["Pause"],
            Self::RenewalNotTacit => vec!["RenewExpressly"],
            Self::Value(value) => value.allowed(),
            _ => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotDrafted => language.choose(
                "There is no such contract: draft it first.",
                "Ce contrat n'existe pas : créez-le d'abord.",
            ),
            Self::AlreadyDrafted => language.choose(
                "This contract exists already: change it, or draft another one under another id.",
                "Ce contrat existe déjà : modifiez-le, ou créez-en un autre sous un autre identifiant.",
            ),
            Self::Signed => language.choose(
                "This contract is signed: change it by an amendment.",
                "Ce contrat est signé : modifiez-le par un avenant.",
            ),
            Self::NotSigned => language.choose(
                "This contract is a draft: sign it first.",
                "Ce contrat est un brouillon : signez-le d'abord.",
            ),
            Self::Discarded => language.choose(
                "This draft was discarded: draft another contract.",
                "Ce brouillon a été abandonné : créez un autre contrat.",
            ),
            Self::Ended { status } => language.choose(
                format!(
                    "This contract is {}: it does not change any more.",
                    status.as_str().to_lowercase()
                ),
                format!(
                    "Ce contrat est {} : il ne change plus.",
                    match status {
                        ContractStatus::Expired => "échu",
                        ContractStatus::Renewed => "reconduit",
                        _ => "résilié",
                    }
                ),
            ),
            Self::NoticeGiven => language.choose(
                "Notice was given for this contract: withdraw it first.",
                "Ce contrat est en préavis : retirez d'abord la résiliation.",
            ),
            Self::NoNotice => language.choose(
                "Nobody gave notice for this contract.",
                "Personne n'a résilié ce contrat.",
            ),
            Self::NoticeEffective { last_day } => language.choose(
                format!("This contract ended on {last_day}: that cannot be withdrawn any more."),
                format!("Ce contrat a pris fin le {} : on ne peut plus y revenir.", written(*last_day)),
            ),
            Self::Paused => language.choose("This contract is paused already.", "Ce contrat est déjà suspendu."),
            Self::NotPaused => language.choose("This contract is not paused.", "Ce contrat n'est pas suspendu."),
            Self::EndBeforeStart { field } => language.choose(
                format!("`{field}` comes before the start: give the start or a later day."),
                format!("« {field} » précède le début : donnez le jour de début ou un jour plus tardif."),
            ),
            Self::OverlappingTerms { name, .. } if name.is_empty() => language.choose(
                "Each step of prices must come after the one before it, and after the first day of its line.",
                "Chaque palier de prix doit suivre le précédent, et le premier jour de sa ligne.",
            ),
            Self::OverlappingTerms { name, .. } => language.choose(
                format!("The line “{name}” is there twice on one day: end the one before, or name them apart."),
                format!("La ligne « {name} » figure deux fois le même jour : terminez la première, ou distinguez leurs noms."),
            ),
            Self::OutsideTerm { field, from, until } => match until {
                Some(until) => language.choose(
                    format!("`{field}` must lie between {from} and {until}."),
                    format!("« {field} » doit être compris entre le {} et le {}.", written(*from), written(*until)),
                ),
                None => language.choose(
                    format!("`{field}` must not lie before {from}."),
                    format!("« {field} » ne peut pas précéder le {}.", written(*from)),
                ),
            },
            Self::NoticeTooLate { deadline } => language.choose(
                format!("Notice had to be given by {deadline}."),
                format!("La résiliation devait parvenir au plus tard le {}.", written(*deadline)),
            ),
            Self::NoticeTooShort { earliest } => language.choose(
                format!("With its notice period this contract ends on {earliest} at the earliest."),
                format!("Avec son préavis, ce contrat prend fin au plus tôt le {}.", written(*earliest)),
            ),
            Self::GroundNotOpen => language.choose(
                "This contract cannot end by that ground.",
                "Ce contrat ne peut pas prendre fin pour ce motif juridique.",
            ),
            Self::NothingToRenew => language.choose(
                "A contract without an end is not renewed: give it an end, or no renewal.",
                "Un contrat sans terme ne se reconduit pas : donnez-lui un terme, ou aucune reconduction.",
            ),
            Self::AnotherCurrency { expected } => language.choose(
                format!("This contract is in {expected}: give prices in {expected}."),
                format!("Ce contrat est en {expected} : donnez les prix en {expected}."),
            ),
            Self::NoIndexClause => language.choose(
                "The prices of this contract follow no index.",
                "Les prix de ce contrat ne suivent aucun indice.",
            ),
            Self::IndexValueMissing { index, after } => language.choose(
                format!("No value of the index {index} later than that of {} is known for that day.", after.format("%Y-%m")),
                format!(
                    "Aucune valeur de l'indice {index} postérieure à celle de {} n'est connue à cette date.",
                    after.format("%m/%Y")
                ),
            ),
            Self::IndexedLater { on } => language.choose(
                format!("Prices were revised as of {on} already: give a later day."),
                format!("Les prix ont déjà été révisés au {} : donnez un jour plus tardif.", written(*on)),
            ),
            Self::RenewalNotTacit => language.choose(
                "This contract is not renewed tacitly.",
                "Ce contrat ne se reconduit pas tacitement.",
            ),
            Self::RenewalsExhausted { max } => language.choose(
                format!("This contract was renewed {max} times, as often as it may be."),
                format!("Ce contrat a été reconduit {max} fois, autant qu'il peut l'être."),
            ),
            Self::RenewalNotDue { on } => language.choose(
                format!("This contract is renewed on {on}, not before."),
                format!("Ce contrat se reconduit le {}, pas avant.", written(*on)),
            ),
            Self::RenewalOverlaps { end } => language.choose(
                format!("This contract runs until {end}: the one that follows begins later."),
                format!("Ce contrat court jusqu'au {} : le suivant commence après.", written(*end)),
            ),
            Self::AlreadyRenewed => language.choose(
                "Another contract follows this one already.",
                "Un autre contrat succède déjà à celui-ci.",
            ),
            Self::PlanOutdated => language.choose(
                "The contract changed since its renewal was planned: plan it again.",
                "Le contrat a changé depuis que sa reconduction a été préparée : préparez-la de nouveau.",
            ),
            Self::NotDue { on } => language.choose(
                format!("That comes on {on}, not before."),
                format!("Cela vient le {}, pas avant.", written(*on)),
            ),
            Self::AlertTaken { alert } => language.choose(
                format!("The alert {} days before {} was raised or skipped already.", alert.days, alert.date),
                format!("L'alerte {} jours avant le {} a déjà été donnée ou écartée.", alert.days, written(alert.date)),
            ),
            Self::AlertOutdated { alert } => language.choose(
                format!("The alert before {} is not one of this contract by now.", alert.date),
                format!("L'alerte avant le {} n'est plus une alerte de ce contrat.", written(alert.date)),
            ),
            Self::AlertOvertaken { alert } => language.choose(
                format!("A later alert than the one {} days before {} has come as well.", alert.days, alert.date),
                format!(
                    "Une alerte plus tardive que celle de {} jours avant le {} est venue aussi.",
                    alert.days,
                    written(alert.date)
                ),
            ),
            Self::NoConsumerNotice => language.choose(
                "The customer of this contract need not be told of a renewal.",
                "Le client de ce contrat n'a pas à être informé d'une reconduction.",
            ),
            Self::OutsideConsumerWindow { from, until } => language.choose(
                format!("The customer has to be told between {from} and {until} (Code de la consommation, art. L215-1)."),
                format!(
                    "Le client doit être informé entre le {} et le {} (art. L215-1 du code de la consommation).",
                    written(*from),
                    written(*until)
                ),
            ),
            Self::NothingToBill => language.choose(
                "Nothing of this contract is to be billed on that day.",
                "Rien de ce contrat n'est à facturer à cette date.",
            ),
            Self::InvoiceBilled => language.choose(
                "This invoice bills periods of this contract already.",
                "Cette facture porte déjà sur des périodes de ce contrat.",
            ),
            Self::InvoiceNotBilled => language.choose(
                "This invoice bills no period of this contract.",
                "Cette facture ne porte sur aucune période de ce contrat.",
            ),
            Self::TooManyAmendments => language.choose(
                "This contract has too many amendments: draft another one.",
                "Ce contrat a trop d'avenants : créez-en un autre.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}

fn written(day: NaiveDate) -> impl std::fmt::Display {
    day.format("%d/%m/%Y")
}
