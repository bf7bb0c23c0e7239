use super::{stage::Stage, state::DealStatus};
use crate::{InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why a deal refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DealError {
    NotOpened,
    AlreadyOpened,
    /// It was won or lost.
    Closed {
        status: DealStatus,
    },
    /// Only a closed deal can be reopened.
    NotClosed {
        stage: Stage,
    },
    /// SIGNE and PERDU are reached by winning and losing only.
    ClosingStage {
        stage: Stage,
    },
    Value(InvalidValue),
}

impl From<InvalidValue> for DealError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(DealError);

impl Refusal for DealError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOpened => "DEAL_NOT_FOUND",
            Self::AlreadyOpened => "DEAL_ALREADY_EXISTS",
            Self::Closed { .. } => "DEAL_CLOSED",
            Self::NotClosed { .. } => "DEAL_NOT_CLOSED",
            Self::ClosingStage { .. } => "STAGE_CLOSES_DEAL",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::ClosingStage { .. } => Some("stage"),
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotOpened => vec!["Open"],
            Self::AlreadyOpened => Vec::new(),
            Self::Closed { .. } => vec!["Reopen", "Rename", "Link", "Assign"],
            Self::NotClosed { .. } => {
                vec![
                    "Move",
                    "Win",
                    "Lose",
                    "ChangeAmount",
                    "ExpectClose",
                    "Rename",
                    "Link",
                    "Assign",
                ]
            }
            Self::ClosingStage { .. } => Stage::OPEN.map(Stage::as_str).to_vec(),
            Self::Value(value) => value.allowed(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotOpened => language.choose(
                "This deal does not exist: open it first.",
                "Cette affaire n'existe pas : ouvrez-la d'abord.",
            ),
            Self::AlreadyOpened => language.choose(
                "This deal exists already: open another one under another id.",
                "Cette affaire existe déjà : ouvrez-en une autre sous un autre identifiant.",
            ),
            Self::Closed { status: DealStatus::Lost } => language.choose(
                "This deal was lost: reopen it first.",
                "Cette affaire a été perdue : rouvrez-la d'abord.",
            ),
            Self::Closed { .. } => language.choose(
                "This deal was won: reopen it first.",
                "Cette affaire a été gagnée : rouvrez-la d'abord.",
            ),
            Self::NotClosed { stage } => language.choose(
                format!("This deal is open, in stage {stage}: there is nothing to reopen. Move it instead."),
                format!("Cette affaire est en cours, à l'étape {stage} : il n'y a rien à rouvrir. Déplacez-la plutôt."),
            ),
            Self::ClosingStage { stage: Stage::Perdu } => language.choose(
                "A deal comes to PERDU only by being lost, with a reason: lose it, or name an open stage.",
                "Une affaire n'arrive à PERDU qu'en étant perdue, avec un motif : perdez-la, ou nommez une étape ouverte.",
            ),
            Self::ClosingStage { stage } => language.choose(
                format!("A deal comes to {stage} only by being won: win it, or name an open stage."),
                format!("Une affaire n'arrive à {stage} qu'en étant gagnée : gagnez-la, ou nommez une étape ouverte."),
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
