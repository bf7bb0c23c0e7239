//! By which definitions recurring revenue is counted.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FxTable;
use crate::{Currency, Language, Refusal, refusal::prints_in_english};

/// The definitions that a book is made by. Change one, and the whole history follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueSettings {
    pub reporting: Reporting,
    /// When a renewal comes late by so many days at most, the contract before counts until it begins: no churn and no
    /// reactivation. Until it has come there is churn, which is restated then. (ChartMogul, "Reactivation MRR": a gap may
    /// be tolerated; 30 days are usual.)
    pub renewal_grace_days: u16,
    pub pauses: PausePolicy,
}

impl RevenueSettings {
    /// In one currency, without grace, pauses not counted.
    pub const fn of(currency: Currency) -> Self {
        Self {
            reporting: Reporting::Native(currency),
            renewal_grace_days: 0,
            pauses: PausePolicy::Exclude,
        }
    }

    /// The currency of the amounts.
    pub const fn currency(&self) -> Currency {
        match &self.reporting {
            Reporting::Native(currency) => *currency,
            Reporting::Converted { rates, .. } => rates.base(),
        }
    }
}

/// In which currency. Currencies are never added up as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reporting {
    /// The contracts of this currency only.
    Native(Currency),
    /// All of them.
    Converted { rates: FxTable, policy: FxPolicy },
}

/// From when a new rate counts. What it changes is a movement of its own (ChartMogul, "Exchange Rate Impact"). A fixed
/// budget rate is a table with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FxPolicy {
    /// From the beginning of each line's next billing period.
    #[default]
    PeriodStart,
    /// From its own day.
    EachRate,
}

/// What a pause does to revenue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PausePolicy {
    /// It is gone while the pause lasts, as a movement of its own, and the customer is none the less one.
    #[default]
    Exclude,
    /// Nothing.
    Include,
}

/// By which of the two times movements are dated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Basis {
    /// By the day from which they hold. What comes to be known later restates the past.
    #[default]
    Effective,
    /// By the day on which they hold and are known. The past stays as it was; what holds from an earlier month is a
    /// correction on the day on which it became known.
    Recorded,
}

impl Basis {
    pub const ALL: [Self; 2] = [Self::Effective, Self::Recorded];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Effective => "EFFECTIVE",
            Self::Recorded => "RECORDED",
        }
    }
}

/// Why revenue cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevenueError {
    /// No rate of the currency is dated by the day.
    RateMissing {
        currency: Currency,
        on: NaiveDate,
    },
    NotARate {
        currency: Currency,
        from: NaiveDate,
    },
}

prints_in_english!(RevenueError);

impl Refusal for RevenueError {
    fn code(&self) -> &'static str {
        match self {
            Self::RateMissing { .. } => "FX_RATE_MISSING",
            Self::NotARate { .. } => "INVALID_FX_RATE",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("rates")
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::RateMissing { currency, on } => language.choose(
                format!("No rate of {currency} is known for {on}: enter one, or ask for {currency} alone."),
                format!(
                    "Aucun cours du {currency} n'est connu au {} : saisissez-en un, ou demandez le {currency} seul.",
                    on.format("%d/%m/%Y")
                ),
            ),
            Self::NotARate { currency, from } => language.choose(
                format!("The rate of {currency} of {from} is not one: above zero, up to a thousand million."),
                format!(
                    "Le cours du {currency} du {} n'en est pas un : supérieur à zéro, un milliard au plus.",
                    from.format("%d/%m/%Y")
                ),
            ),
        }
    }
}
