use domain::{Language, Refusal};

use crate::password::{PASSWORD_MAX, PASSWORD_MIN};

/// Why an identity is not proven, or a proof not taken.
#[derive(Debug)]
pub enum Refused {
    /// Address and password do not belong together, or the account may not sign in: deliberately not told apart.
    WrongCredentials,
    /// The password is right; the account asks for a code as well.
    SecondFactorRequired,
    /// The code of the second factor is wrong, too old, or was used.
    WrongCode,
    /// Too many attempts.
    Throttled {
        retry_after: u64,
    },
    WeakPassword(Weakness),
    /// A one-time link that was used, has expired, or never was.
    LinkInvalid,
    /// Nothing was begun that could be confirmed.
    NoEnrolment,
    /// Somebody would make a token that may more than they may.
    RoleNotYours,
    /// A rule of the business.
    Rule(Box<dyn Refusal>),
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    TooShort,
    TooLong,
    /// Few different characters.
    Monotonous,
    /// Among those that everybody tries first.
    WellKnown,
    /// It contains the user's own address or name.
    Personal,
}

impl Refused {
    /// A refusal of one of the domain's aggregates.
    pub(crate) fn rule(refusal: impl Refusal) -> Self {
        Self::Rule(Box::new(refusal))
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Language::English))
    }
}

impl std::error::Error for Refused {}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "WRONG_CREDENTIALS",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::WrongCode => "WRONG_CODE",
            Self::Throttled { .. } => "TOO_MANY_ATTEMPTS",
            Self::WeakPassword(_) => "WEAK_PASSWORD",
            Self::LinkInvalid => "LINK_INVALID",
            Self::NoEnrolment => "NO_ENROLMENT",
            Self::RoleNotYours => "ROLE_NOT_YOURS",
            Self::Rule(refusal) => refusal.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::SecondFactorRequired | Self::WrongCode => Some("code"),
            Self::WeakPassword(_) => Some("password"),
            Self::LinkInvalid => Some("link"),
            Self::RoleNotYours => Some("role"),
            Self::Rule(refusal) => refusal.field(),
            Self::WrongCredentials | Self::Throttled { .. } | Self::NoEnrolment => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::Rule(refusal) => refusal.allowed(),
            _ => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::WrongCredentials => language.choose(
                "The address and the password do not belong together.",
                "L'adresse et le mot de passe ne correspondent pas.",
            ),
            Self::SecondFactorRequired => language.choose(
                "Give the code that your authenticator shows, too.",
                "Donnez aussi le code qu'affiche votre application d'authentification.",
            ),
            Self::WrongCode => language.choose(
                "This code is wrong or was used already: give the one that your authenticator shows now.",
                "Ce code est faux ou a déjà servi : donnez celui qu'affiche maintenant votre application.",
            ),
            Self::Throttled { retry_after } => language.choose(
                format!("Too many attempts: try again in {retry_after} seconds."),
                format!("Trop de tentatives : réessayez dans {retry_after} secondes."),
            ),
            Self::WeakPassword(weakness) => weakness.message(language),
            Self::LinkInvalid => language.choose(
                "This link was used or has expired: ask for another one.",
                "Ce lien a déjà servi ou a expiré : demandez-en un autre.",
            ),
            Self::NoEnrolment => language.choose(
                "There is nothing to confirm: begin with a new secret.",
                "Il n'y a rien à confirmer : commencez par un nouveau secret.",
            ),
            Self::RoleNotYours => language.choose(
                "A token may not more than its owner: give it your own role.",
                "Un jeton n'a pas plus de droits que son titulaire : donnez-lui votre propre rôle.",
            ),
            Self::Rule(refusal) => refusal.message(language),
        }
    }
}

impl Weakness {
    fn message(self, language: Language) -> String {
        match self {
            Self::TooShort => language.choose(
                format!("The password has at least {PASSWORD_MIN} characters."),
                format!("Le mot de passe compte au moins {PASSWORD_MIN} caractères."),
            ),
            Self::TooLong => language.choose(
                format!("The password has at most {PASSWORD_MAX} bytes."),
                format!("Le mot de passe compte au plus {PASSWORD_MAX} octets."),
            ),
            Self::Monotonous => language.choose(
                "The password has too few different characters.",
                "Le mot de passe a trop peu de caractères différents.",
            ),
            Self::WellKnown => language.choose(
                "This password is among those that are tried first: choose another one.",
                "Ce mot de passe fait partie de ceux qu'on essaie en premier : choisissez-en un autre.",
            ),
            Self::Personal => language.choose(
                "The password must not contain your address or name.",
                "Le mot de passe ne doit contenir ni votre adresse ni votre nom.",
            ),
        }
    }
}
