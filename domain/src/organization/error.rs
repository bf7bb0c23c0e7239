use crate::{InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why an organization refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganizationError {
    NotRegistered,
    AlreadyRegistered,
    /// A prospect cannot be a former customer.
    NeverACustomer,
    Value(InvalidValue),
}

impl From<InvalidValue> for OrganizationError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(OrganizationError);

impl Refusal for OrganizationError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotRegistered => "ORGANIZATION_NOT_FOUND",
            Self::AlreadyRegistered => "ORGANIZATION_ALREADY_EXISTS",
            Self::NeverACustomer => "ORGANIZATION_NEVER_A_CUSTOMER",
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
            Self::NotRegistered => vec!["Register"],
            Self::AlreadyRegistered => {
                vec![
                    "Rename",
                    "Describe",
                    "Identify",
                    "NameContact",
                    "RemoveContact",
                    "MarkCustomer",
                    "MarkFormer",
                ]
            }
            Self::NeverACustomer => vec!["MarkCustomer"],
            Self::Value(value) => value.allowed(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotRegistered => language.choose(
                "This organization does not exist: register it first.",
                "Cette organisation n'existe pas : enregistrez-la d'abord.",
            ),
            Self::AlreadyRegistered => language.choose(
                "This organization exists already: change it, or register another one under another id.",
                "Cette organisation existe déjà : modifiez-la, ou enregistrez-en une autre sous un autre identifiant.",
            ),
            Self::NeverACustomer => language.choose(
                "This organization was never a customer, so it cannot be a former one.",
                "Cette organisation n'a jamais été cliente : elle ne peut pas être une ancienne cliente.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
