use chrono::NaiveDate;

use crate::{InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why the books refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountingError {
    /// The day is closed, for good.
    PeriodLocked {
        field: &'static str,
        on: NaiveDate,
        through: NaiveDate,
    },
    /// A day that is still to come cannot be closed.
    PeriodNotOver {
        through: NaiveDate,
        today: NaiveDate,
    },
    /// Another journal is called so.
    JournalCodeTaken,
    Value(InvalidValue),
}

impl From<InvalidValue> for AccountingError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(AccountingError);

impl Refusal for AccountingError {
    fn code(&self) -> &'static str {
        match self {
            Self::PeriodLocked { .. } => "PERIOD_LOCKED",
            Self::PeriodNotOver { .. } => "PERIOD_NOT_OVER",
            Self::JournalCodeTaken => "JOURNAL_CODE_TAKEN",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::PeriodLocked { field, .. } => Some(field),
            Self::PeriodNotOver { .. } => Some("through"),
            Self::JournalCodeTaken => Some("code"),
            Self::Value(value) => value.field(),
        }
    }

    fn message(&self, language: Language) -> String {
        let day = |day: &NaiveDate| day.format("%d/%m/%Y").to_string();
        match self {
            Self::PeriodLocked { on, through, .. } => language.choose(
                format!("The books are closed up to {through}: {on} lies within. Take a later day."),
                format!(
                    "La comptabilité est arrêtée au {} : le {} en fait partie. Prenez une date ultérieure.",
                    day(through),
                    day(on)
                ),
            ),
            Self::PeriodNotOver { through, today } => language.choose(
                format!("The books can be closed up to today ({today}), not up to {through}."),
                format!(
                    "La comptabilité peut être arrêtée au plus tard aujourd'hui ({}), et non au {}.",
                    day(today),
                    day(through)
                ),
            ),
            Self::JournalCodeTaken => language.choose(
                "Another journal has this code: each needs its own.",
                "Un autre journal porte ce code : chacun a le sien.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
