use crate::{InvalidValue, Language, Refusal, refusal::prints_in_english};

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
    FileNotFound,
    FileAttachedAlready,
    TooManyFiles,
    Value(InvalidValue),
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
            Self::FileNotFound => "FILE_NOT_FOUND",
            Self::FileAttachedAlready => "FILE_ALREADY_ATTACHED",
            Self::TooManyFiles => "TOO_MANY_FILES",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
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
            Self::FileNotFound => vec!["AttachFile"],
            Self::FileAttachedAlready => vec!["DetachFile"],
            Self::Withdrawn | Self::TooManyFiles => Vec::new(),
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
            Self::FileNotFound => language.choose(
                "No such file goes with this activity.",
                "Aucun fichier de ce nom n'accompagne cette activité.",
            ),
            Self::FileAttachedAlready => language.choose(
                "This file goes with the activity already.",
                "Ce fichier accompagne déjà l'activité.",
            ),
            Self::TooManyFiles => language.choose(
                "No more files can go with this activity: record another one.",
                "Cette activité n'accepte plus de fichiers : enregistrez-en une autre.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
