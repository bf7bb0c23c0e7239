use crate::{InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why a product refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductError {
    NotAdded,
    AlreadyAdded,
    Archived,
    Value(InvalidValue),
}

impl From<InvalidValue> for ProductError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(ProductError);

impl Refusal for ProductError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAdded => "PRODUCT_NOT_FOUND",
            Self::AlreadyAdded => "PRODUCT_ALREADY_EXISTS",
            Self::Archived => "PRODUCT_ARCHIVED",
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
            Self::NotAdded => vec!["Add"],
            Self::Archived => vec!["Restore"],
            Self::AlreadyAdded => vec!["Change", "Archive"],
            Self::Value(value) => value.allowed(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotAdded => language.choose(
                "There is no such product: add it first.",
                "Ce produit n'existe pas : ajoutez-le d'abord.",
            ),
            Self::AlreadyAdded => language.choose(
                "This product exists already: change it, or add another one under another id.",
                "Ce produit existe déjà : modifiez-le, ou ajoutez-en un autre sous un autre identifiant.",
            ),
            Self::Archived => language.choose(
                "This product is archived: restore it first.",
                "Ce produit est archivé : restaurez-le d'abord.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
