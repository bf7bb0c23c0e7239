use super::{
    decide::STAGES_MAX,
    stage::{StageCode, StageKind},
};
use crate::{InvalidValue, Language, Refusal, refusal::prints_in_english};

/// Why a pipeline refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PipelineError {
    NotCreated,
    AlreadyCreated,
    UnknownStage {
        code: StageCode,
        /// Those it has, without the retired ones.
        known: Vec<StageCode>,
    },
    StageExists {
        code: StageCode,
    },
    TooManyStages,
    /// Without it deals could no longer be worked on, won, or lost.
    LastOfItsKind {
        kind: StageKind,
    },
    SecondWonStage,
    OpenAfterClosing,
    NotEveryStageOnce {
        all: Vec<StageCode>,
    },
    ProbabilityIsFixed {
        code: StageCode,
    },
    Value(InvalidValue),
}

impl From<InvalidValue> for PipelineError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(PipelineError);

impl Refusal for PipelineError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotCreated => "PIPELINE_NOT_FOUND",
            Self::AlreadyCreated => "PIPELINE_ALREADY_EXISTS",
            Self::UnknownStage { .. } => "STAGE_NOT_FOUND",
            Self::StageExists { .. } => "STAGE_ALREADY_EXISTS",
            Self::TooManyStages => "TOO_MANY_STAGES",
            Self::LastOfItsKind { .. } => "STAGE_REQUIRED",
            Self::SecondWonStage => "SECOND_WON_STAGE",
            Self::OpenAfterClosing => "OPEN_STAGE_AFTER_CLOSING",
            Self::NotEveryStageOnce { .. } => "STAGES_INCOMPLETE",
            Self::ProbabilityIsFixed { .. } => "PROBABILITY_FIXED",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::UnknownStage { .. } => Some("stage"),
            Self::StageExists { .. } | Self::ProbabilityIsFixed { .. } => Some("code"),
            Self::TooManyStages | Self::SecondWonStage | Self::OpenAfterClosing | Self::NotEveryStageOnce { .. } => {
                Some("stages")
            }
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotCreated => vec!["Create"],
            Self::Value(value) => value.allowed(),
            _ => Vec::new(),
        }
    }

    fn allowed_values(&self) -> Vec<String> {
        match self {
            Self::UnknownStage { known: codes, .. } | Self::NotEveryStageOnce { all: codes } => {
                codes.iter().map(ToString::to_string).collect()
            }
            _ => self.allowed().into_iter().map(str::to_owned).collect(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotCreated => language.choose(
                "This pipeline does not exist: create it first.",
                "Ce pipeline n'existe pas : créez-le d'abord.",
            ),
            Self::AlreadyCreated => language.choose(
                "This pipeline exists already: create another one under another id.",
                "Ce pipeline existe déjà : créez-en un autre sous un autre identifiant.",
            ),
            Self::UnknownStage { code, .. } => language.choose(
                format!("The pipeline has no stage {code}."),
                format!("Le pipeline n'a pas d'étape {code}."),
            ),
            Self::StageExists { code } => language.choose(
                format!("The pipeline has a stage {code} already: choose another code."),
                format!("Le pipeline a déjà une étape {code} : choisissez un autre code."),
            ),
            Self::TooManyStages => language.choose(
                format!("A pipeline has at most {STAGES_MAX} stages, retired ones included."),
                format!("Un pipeline compte au plus {STAGES_MAX} étapes, étapes retirées comprises."),
            ),
            Self::LastOfItsKind { kind: StageKind::Open } => language.choose(
                "A pipeline needs a stage in which deals are worked on.",
                "Un pipeline a besoin d'une étape où les affaires sont en cours.",
            ),
            Self::LastOfItsKind { kind: StageKind::Won } => language.choose(
                "A pipeline needs the stage that deals come to when they are won.",
                "Un pipeline a besoin de l'étape où arrivent les affaires gagnées.",
            ),
            Self::LastOfItsKind { kind: StageKind::Lost } => language.choose(
                "A pipeline needs a stage that deals come to when they are lost.",
                "Un pipeline a besoin d'une étape où arrivent les affaires perdues.",
            ),
            Self::SecondWonStage => language.choose(
                "Deals are won in one stage only: a pipeline has exactly one of kind WON.",
                "Les affaires ne sont gagnées qu'à une étape : un pipeline en a exactement une de type WON.",
            ),
            Self::OpenAfterClosing => language.choose(
                "Open stages come before those that close a deal.",
                "Les étapes ouvertes précèdent celles qui closent une affaire.",
            ),
            Self::NotEveryStageOnce { .. } => language.choose(
                "Name every stage of the pipeline once, retired ones included.",
                "Nommez chaque étape du pipeline une fois, étapes retirées comprises.",
            ),
            Self::ProbabilityIsFixed { code } => language.choose(
                format!("Stage {code} closes deals: its probability is fixed."),
                format!("L'étape {code} clôt les affaires : sa probabilité est fixe."),
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
