use super::state::DealStatus;
use crate::{
    Currency, FileError, InvalidValue, Language, Refusal,
    pipeline::{StageCode, StageKind},
    refusal::prints_in_english,
};

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
        stage: StageCode,
    },
    /// Stages that close a deal are reached by winning and losing only.
    ClosingStage {
        stage: StageCode,
        kind: StageKind,
    },
    /// The stage does not mean what the command does.
    WrongKind {
        stage: StageCode,
        wanted: StageKind,
    },
    StageRetired {
        stage: StageCode,
    },
    PipelineArchived,
    /// The stage is not one of the deal's own pipeline.
    OtherPipeline {
        stage: StageCode,
    },
    TwoCurrencies {
        net: Currency,
        gross: Currency,
    },
    /// The parts of a credit do not make the whole, or one is nothing.
    CreditIncomplete {
        /// In basis points.
        sum: u64,
    },
    File(FileError),
    Value(InvalidValue),
}

impl From<FileError> for DealError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<InvalidValue> for DealError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(DealError);

/// What can be asked of a deal whether it is open or closed.
const ALWAYS: [&str; 11] = [
    "Rename",
    "Link",
    "Assign",
    "ShareCredit",
    "NameCompetitors",
    "SetSource",
    "Tag",
    "AddTags",
    "RemoveTags",
    "AttachFile",
    "DetachFile",
];
/// What can be asked of an open one besides.
const WHILE_OPEN: [&str; 9] = [
    "Move",
    "ChangePipeline",
    "Win",
    "Lose",
    "ChangeAmounts",
    "ExpectClose",
    "EstimateProbability",
    "NameProducts",
    "PlanNextStep",
];

impl Refusal for DealError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOpened => "DEAL_NOT_FOUND",
            Self::AlreadyOpened => "DEAL_ALREADY_EXISTS",
            Self::Closed { .. } => "DEAL_CLOSED",
            Self::NotClosed { .. } => "DEAL_NOT_CLOSED",
            Self::ClosingStage { .. } => "STAGE_CLOSES_DEAL",
            Self::WrongKind { .. } => "STAGE_OF_OTHER_KIND",
            Self::StageRetired { .. } => "STAGE_RETIRED",
            Self::PipelineArchived => "PIPELINE_ARCHIVED",
            Self::OtherPipeline { .. } => "STAGE_OF_OTHER_PIPELINE",
            Self::TwoCurrencies { .. } => "TWO_CURRENCIES",
            Self::CreditIncomplete { .. } => "CREDIT_INCOMPLETE",
            Self::File(error) => error.code(),
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::ClosingStage { .. }
            | Self::WrongKind { .. }
            | Self::StageRetired { .. }
            | Self::OtherPipeline { .. } => Some("stage"),
            Self::PipelineArchived => Some("pipeline"),
            Self::TwoCurrencies { .. } => Some("amountGross"),
            Self::CreditIncomplete { .. } => Some("shares"),
            Self::File(error) => error.field(),
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotOpened => vec!["Open"],
            Self::Closed { .. } => ["Reopen"].into_iter().chain(ALWAYS).collect(),
            Self::NotClosed { .. } => WHILE_OPEN.into_iter().chain(ALWAYS).collect(),
            Self::ClosingStage {
                kind: StageKind::Lost, ..
            } => vec!["Lose"],
            Self::ClosingStage { .. } => vec!["Win"],
            Self::OtherPipeline { .. } => vec!["ChangePipeline"],
            Self::File(error) => error.allowed(),
            Self::Value(value) => value.allowed(),
            _ => Vec::new(),
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
            Self::ClosingStage { stage, kind: StageKind::Lost } => language.choose(
                format!("A deal comes to {stage} only by being lost, with a reason: lose it, or name an open stage."),
                format!("Une affaire n'arrive à {stage} qu'en étant perdue, avec un motif : perdez-la, ou nommez une étape ouverte."),
            ),
            Self::ClosingStage { stage, .. } => language.choose(
                format!("A deal comes to {stage} only by being won: win it, or name an open stage."),
                format!("Une affaire n'arrive à {stage} qu'en étant gagnée : gagnez-la, ou nommez une étape ouverte."),
            ),
            Self::WrongKind { stage, wanted: StageKind::Lost } => language.choose(
                format!("{stage} is not a stage of lost deals: name one that is."),
                format!("{stage} n'est pas une étape d'affaires perdues : nommez-en une qui l'est."),
            ),
            Self::WrongKind { stage, .. } => language.choose(
                format!("{stage} is not the stage of won deals: name the one that is."),
                format!("{stage} n'est pas l'étape des affaires gagnées : nommez celle qui l'est."),
            ),
            Self::StageRetired { stage } => language.choose(
                format!("Stage {stage} was retired and takes no deals any more: name another one."),
                format!("L'étape {stage} a été retirée et ne prend plus d'affaires : nommez-en une autre."),
            ),
            Self::PipelineArchived => language.choose(
                "This pipeline is archived and takes no new deals: restore it, or name another one.",
                "Ce pipeline est archivé et ne prend plus de nouvelles affaires : restaurez-le, ou nommez-en un autre.",
            ),
            Self::OtherPipeline { stage } => language.choose(
                format!("Stage {stage} belongs to another pipeline than the deal: move the deal there first."),
                format!("L'étape {stage} appartient à un autre pipeline que l'affaire : changez d'abord l'affaire de pipeline."),
            ),
            Self::TwoCurrencies { net, gross } => language.choose(
                format!("The amount without tax is in {net}, the one with tax in {gross}: give both in one currency."),
                format!("Le montant hors taxes est en {net}, le montant TTC en {gross} : donnez les deux dans une même monnaie."),
            ),
            Self::CreditIncomplete { sum } => language.choose(
                format!("The shares come to {sum} basis points: each must be more than nothing, and together 10000."),
                format!("Les parts totalisent {sum} points de base : chacune doit être positive, et leur somme 10000."),
            ),
            Self::File(error) => error.message(language),
            Self::Value(value) => value.message(language),
        }
    }
}
