use crate::{InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why a series refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskSeriesError {
    NotStarted,
    AlreadyStarted,
    Ended,
    /// No task of this series lies there.
    NotInSeries,
    Value(InvalidValue),
}

impl From<InvalidValue> for TaskSeriesError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(TaskSeriesError);

impl Refusal for TaskSeriesError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotStarted => "TASK_SERIES_NOT_FOUND",
            Self::AlreadyStarted => "TASK_SERIES_ALREADY_EXISTS",
            Self::Ended => "TASK_SERIES_ENDED",
            Self::NotInSeries => "DATE_NOT_IN_SERIES",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotInSeries => Some("date"),
            Self::Value(value) => value.field(),
            Self::NotStarted | Self::AlreadyStarted | Self::Ended => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotStarted => vec!["Start"],
            Self::Value(value) => value.allowed(),
            Self::AlreadyStarted | Self::Ended | Self::NotInSeries => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotStarted => language.choose(
                "This series of tasks does not exist: make a task recur first.",
                "Cette série de tâches n'existe pas : rendez d'abord une tâche récurrente.",
            ),
            Self::AlreadyStarted => language.choose(
                "This series of tasks exists already: start another one under another id.",
                "Cette série de tâches existe déjà : commencez-en une autre sous un autre identifiant.",
            ),
            Self::Ended => language.choose(
                "This series of tasks has ended: make a task recur to start another one.",
                "Cette série de tâches est terminée : rendez une tâche récurrente pour en commencer une autre.",
            ),
            Self::NotInSeries => language.choose(
                "No task of this series that is open or still to come lies on that date.",
                "Aucune tâche de cette série, ouverte ou à venir, ne tombe à cette date.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
