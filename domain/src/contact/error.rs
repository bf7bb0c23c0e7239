use crate::{ContactId, InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why a contact refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactError {
    NotFound,
    AlreadyExists,
    Archived,
    /// Another record stands for this one.
    Merged {
        survivor: ContactId,
    },
    /// What is known of one person is not told of another.
    AnotherPerson,
    Value(InvalidValue),
}

impl From<InvalidValue> for ContactError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(ContactError);

impl Refusal for ContactError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "CONTACT_NOT_FOUND",
            Self::AlreadyExists => "CONTACT_ALREADY_EXISTS",
            Self::Archived => "CONTACT_ARCHIVED",
            Self::Merged { .. } => "CONTACT_MERGED",
            Self::AnotherPerson => "ANOTHER_PERSON",
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
            Self::NotFound => vec!["Add"],
            Self::AlreadyExists => vec![
                "Change",
                "Flag",
                "Move",
                "Assign",
                "Tag",
                "Untag",
                "GiveConsent",
                "WithdrawConsent",
                "Archive",
                "Merge",
            ],
            Self::Archived => vec!["Restore", "WithdrawConsent", "Merge"],
            Self::Merged { .. } | Self::AnotherPerson => Vec::new(),
            Self::Value(value) => value.allowed(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotFound => language.choose(
                "This contact does not exist: add it first.",
                "Ce contact n'existe pas : ajoutez-le d'abord.",
            ),
            Self::AlreadyExists => language.choose(
                "This contact exists already: change it, or add another one under another id.",
                "Ce contact existe déjà : modifiez-le, ou ajoutez-en un autre sous un autre identifiant.",
            ),
            Self::Archived => language.choose(
                "This contact is archived: restore it first.",
                "Ce contact est archivé : restaurez-le d'abord.",
            ),
            Self::Merged { survivor } => language.choose(
                format!("This contact was merged into {survivor}: use that one."),
                format!("Ce contact a été fusionné avec {survivor} : utilisez celui-là."),
            ),
            Self::AnotherPerson => language.choose(
                "This contact is another person: a contact stays the person that it was added as.",
                "Ce contact est une autre personne : un contact reste la personne pour laquelle il a été ajouté.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
