use crate::{FileError, InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why an activity refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivityError {
    NotFound,
    AlreadyRecorded,
    Withdrawn,
    /// Nobody would ever find it again.
    AboutNothing,
    /// A call is not made a meeting: withdraw the one and record the other.
    AnotherKind,
    File(FileError),
    Value(InvalidValue),
}

impl From<FileError> for ActivityError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<InvalidValue> for ActivityError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(ActivityError);

impl Refusal for ActivityError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "ACTIVITY_NOT_FOUND",
            Self::AlreadyRecorded => "ACTIVITY_ALREADY_EXISTS",
            Self::Withdrawn => "ACTIVITY_WITHDRAWN",
            Self::AboutNothing => "ACTIVITY_ABOUT_NOTHING",
            Self::AnotherKind => "ACTIVITY_OF_ANOTHER_KIND",
            Self::File(error) => error.code(),
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::File(error) => error.field(),
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotFound => vec!["Record"],
            Self::AlreadyRecorded => vec!["Correct", "Withdraw"],
            Self::AnotherKind => vec!["Withdraw"],
            Self::AboutNothing => vec!["organization", "contact", "deal"],
            Self::File(error) => error.allowed(),
            Self::Withdrawn => Vec::new(),
            Self::Value(value) => value.allowed(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotFound => language.choose(
                "This activity does not exist: record it first.",
                "Cette activité n'existe pas : enregistrez-la d'abord.",
            ),
            Self::AlreadyRecorded => language.choose(
                "This activity is recorded already: correct it, or record another one under another id.",
                "Cette activité est déjà enregistrée : corrigez-la, ou enregistrez-en une autre sous un autre identifiant.",
            ),
            Self::Withdrawn => language.choose(
                "This activity was withdrawn: record it anew.",
                "Cette activité a été retirée : enregistrez-la de nouveau.",
            ),
            Self::AboutNothing => language.choose(
                "An activity is about an organization, a contact or a deal: name one.",
                "Une activité concerne une organisation, un contact ou une affaire : indiquez-en au moins un.",
            ),
            Self::AnotherKind => language.choose(
                "An activity stays of its kind: withdraw it and record another one.",
                "Une activité ne change pas de nature : retirez-la et enregistrez-en une autre.",
            ),
            Self::File(error) => error.message(language),
            Self::Value(value) => value.message(language),
        }
    }
}
