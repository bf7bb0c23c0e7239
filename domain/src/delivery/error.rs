use chrono::{DateTime, SecondsFormat, Utc};

use super::state::DeliveryStatus;
use crate::{InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why a delivery refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryError {
    NotQueued,
    AlreadyQueued,
    NotDue {
        until: DateTime<Utc>,
    },
    /// Another attempt has this number, or has followed since.
    Superseded,
    /// An attempt is being made.
    UnderWay,
    /// Nobody knows how the last attempt ended.
    InDoubt,
    NotInDoubt,
    /// It was sent, given up or cancelled.
    Settled {
        status: DeliveryStatus,
    },
    Value(InvalidValue),
}

impl From<InvalidValue> for DeliveryError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(DeliveryError);

impl Refusal for DeliveryError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotQueued => "DELIVERY_NOT_FOUND",
            Self::AlreadyQueued => "DELIVERY_ALREADY_EXISTS",
            Self::NotDue { .. } => "DELIVERY_NOT_DUE",
            Self::Superseded => "ATTEMPT_SUPERSEDED",
            Self::UnderWay => "DELIVERY_UNDER_WAY",
            Self::InDoubt => "DELIVERY_IN_DOUBT",
            Self::NotInDoubt => "DELIVERY_NOT_IN_DOUBT",
            Self::Settled { .. } => "DELIVERY_SETTLED",
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
            Self::NotQueued => vec!["Queue"],
            Self::InDoubt => vec!["Requeue", "Confirm", "Cancel"],
            Self::Settled {
                status: DeliveryStatus::Dead,
            } => vec!["Requeue", "Cancel"],
            Self::Value(value) => value.allowed(),
            _ => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotQueued => language.choose(
                "This delivery does not exist: look the id up in the list of deliveries.",
                "Cet envoi n'existe pas : cherchez son identifiant dans la liste des envois.",
            ),
            Self::AlreadyQueued => language.choose(
                "This delivery exists already: queue another one under another id.",
                "Cet envoi existe déjà : préparez-en un autre sous un autre identifiant.",
            ),
            Self::NotDue { until } => {
                let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
                language.choose(
                    format!("This delivery is not due before {until}."),
                    format!("Cet envoi n'est pas à faire avant le {until}."),
                )
            }
            Self::Superseded => language.choose(
                "Another attempt at this delivery has begun since.",
                "Une autre tentative de cet envoi a commencé entre-temps.",
            ),
            Self::UnderWay => language.choose(
                "This delivery is under way: wait until its outcome is known.",
                "Cet envoi est en cours : attendez que son issue soit connue.",
            ),
            Self::InDoubt => language.choose(
                "Nobody knows whether this delivery has arrived: find out, then confirm it, send it again or cancel it.",
                "Personne ne sait si cet envoi est arrivé : renseignez-vous, puis confirmez-le, renvoyez-le ou annulez-le.",
            ),
            Self::NotInDoubt => language.choose(
                "This delivery is not in doubt: there is nothing to confirm.",
                "Cet envoi ne fait pas de doute : il n'y a rien à confirmer.",
            ),
            Self::Settled {
                status: DeliveryStatus::Cancelled,
            } => language.choose(
                "This delivery was cancelled: queue another one.",
                "Cet envoi a été annulé : préparez-en un autre.",
            ),
            Self::Settled {
                status: DeliveryStatus::Dead,
            } => language.choose(
                "This delivery was given up: have it tried again, or cancel it.",
                "Cet envoi a été abandonné : relancez-le ou annulez-le.",
            ),
            Self::Settled { .. } => language.choose(
                "This delivery was sent: it cannot be called back.",
                "Cet envoi est parti : il ne peut plus être rappelé.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
