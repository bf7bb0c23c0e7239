use crate::{InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why an account refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserError {
    NotRegistered,
    AlreadyRegistered,
    Deactivated,
    /// An administrator would give away their own role.
    OwnAdministration,
    /// Somebody would deactivate themselves.
    OwnAccount,
    /// What somebody owned would be handed to themselves.
    OwnSuccessor,
    Value(InvalidValue),
}

impl From<InvalidValue> for UserError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(UserError);

impl Refusal for UserError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotRegistered => "USER_NOT_FOUND",
            Self::AlreadyRegistered => "USER_ALREADY_EXISTS",
            Self::Deactivated => "USER_DEACTIVATED",
            Self::OwnAdministration => "OWN_ADMINISTRATION",
            Self::OwnAccount => "OWN_ACCOUNT",
            Self::OwnSuccessor => "OWN_SUCCESSOR",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::OwnAdministration => Some("role"),
            Self::OwnSuccessor => Some("successor"),
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotRegistered => vec!["Register"],
            Self::Deactivated => vec!["Reactivate"],
            Self::Value(value) => value.allowed(),
            Self::AlreadyRegistered | Self::OwnAdministration | Self::OwnAccount | Self::OwnSuccessor => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotRegistered => language.choose(
                "There is no such user: register them first.",
                "Cet utilisateur n'existe pas : enregistrez-le d'abord.",
            ),
            Self::AlreadyRegistered => language.choose(
                "This user exists already: register another one under another id.",
                "Cet utilisateur existe déjà : enregistrez-en un autre sous un autre identifiant.",
            ),
            Self::Deactivated => language.choose(
                "This account is deactivated: reactivate it first.",
                "Ce compte est désactivé : réactivez-le d'abord.",
            ),
            Self::OwnAdministration => language.choose(
                "You cannot take the administrator's role from yourself: ask another administrator.",
                "Vous ne pouvez pas vous retirer le rôle d'administrateur : demandez à un autre administrateur.",
            ),
            Self::OwnAccount => language.choose(
                "You cannot deactivate your own account: ask another administrator.",
                "Vous ne pouvez pas désactiver votre propre compte : demandez à un autre administrateur.",
            ),
            Self::OwnSuccessor => language.choose(
                "Nobody is their own successor: name somebody else, or nobody.",
                "Nul n'est son propre successeur : désignez quelqu'un d'autre, ou personne.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
