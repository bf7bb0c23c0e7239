use super::state::TaskStatus;
use crate::{FileError, InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why a task refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskError {
    NotCreated,
    AlreadyCreated,
    /// It was completed or cancelled.
    Finished {
        status: TaskStatus,
    },
    ReminderAfterDue,
    /// The reminder asked for is not the one that is set now.
    Superseded,
    /// This very reminder was given, or it was too late for it.
    AlreadyDone,
    /// It is one of another series.
    AlreadyRecurring,
    File(FileError),
    Value(InvalidValue),
}

impl From<FileError> for TaskError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<InvalidValue> for TaskError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(TaskError);

impl Refusal for TaskError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotCreated => "TASK_NOT_FOUND",
            Self::AlreadyCreated => "TASK_ALREADY_EXISTS",
            Self::Finished { .. } => "TASK_FINISHED",
            Self::ReminderAfterDue => "REMINDER_AFTER_DUE",
            Self::Superseded => "REMINDER_SUPERSEDED",
            Self::AlreadyDone => "REMINDER_ALREADY_GIVEN",
            Self::AlreadyRecurring => "TASK_ALREADY_RECURRING",
            Self::File(error) => error.code(),
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::ReminderAfterDue => Some("remindAt"),
            Self::Superseded | Self::AlreadyDone => Some("due"),
            Self::File(error) => error.field(),
            Self::Value(value) => value.field(),
            Self::NotCreated | Self::AlreadyCreated | Self::Finished { .. } | Self::AlreadyRecurring => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotCreated => vec!["Create"],
            Self::Superseded | Self::AlreadyDone => vec!["Reschedule", "Complete", "Cancel"],
            Self::File(error) => error.allowed(),
            Self::Value(value) => value.allowed(),
            Self::Finished { .. } => vec!["Reopen"],
            Self::AlreadyCreated | Self::ReminderAfterDue | Self::AlreadyRecurring => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotCreated => language.choose(
                "This task does not exist: create it first.",
                "Cette tâche n'existe pas : créez-la d'abord.",
            ),
            Self::AlreadyCreated => language.choose(
                "This task exists already: create another one under another id.",
                "Cette tâche existe déjà : créez-en une autre sous un autre identifiant.",
            ),
            Self::Finished {
                status: TaskStatus::Cancelled,
            } => language.choose(
                "This task was cancelled: reopen it first.",
                "Cette tâche a été annulée : rouvrez-la d'abord.",
            ),
            Self::Finished { .. } => language.choose(
                "This task is done: reopen it first.",
                "Cette tâche est terminée : rouvrez-la d'abord.",
            ),
            Self::ReminderAfterDue => language.choose(
                "The reminder would come after the task is due: set it earlier, or the due time later.",
                "Le rappel viendrait après l'échéance de la tâche : avancez-le, ou reculez l'échéance.",
            ),
            Self::Superseded => language.choose(
                "This reminder is no longer set: the task was rescheduled.",
                "Ce rappel n'est plus prévu : la tâche a été replanifiée.",
            ),
            Self::AlreadyDone => language.choose("This reminder was given already.", "Ce rappel a déjà été donné."),
            Self::AlreadyRecurring => language.choose(
                "This task recurs already: change its series, or end it.",
                "Cette tâche se répète déjà : modifiez sa série, ou terminez-la.",
            ),
            Self::File(error) => error.message(language),
            Self::Value(value) => value.message(language),
        }
    }
}
