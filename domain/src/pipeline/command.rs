use serde::Serialize;

use super::stage::{Names, Probability, StageCode, StageKind};

/// What one can ask of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum PipelineCommand {
    Create(NewPipeline),
    /// Write the built-in pipeline down, so that it can be amended. Once written down: no event.
    Adopt,
    Rename {
        name: Names,
    },
    AddStage {
        stage: NewStage,
        /// In front of this stage; without it behind the others of its kind.
        before: Option<StageCode>,
    },
    RenameStage {
        code: StageCode,
        name: Names,
    },
    /// All stages, in the order they are to have.
    ReorderStages {
        codes: Vec<StageCode>,
    },
    /// Of an open stage: a won one is certain, a lost one is not.
    ChangeProbability {
        code: StageCode,
        probability: Probability,
    },
    /// It takes no deals any more; those in it stay until they are moved.
    RetireStage {
        code: StageCode,
    },
    RestoreStage {
        code: StageCode,
    },
    /// It takes no new deals any more.
    Archive,
    Restore,
}

/// What a pipeline begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewPipeline {
    pub name: Names,
    /// In order: open ones, one that means won, those that mean lost.
    pub stages: Vec<NewStage>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewStage {
    pub code: StageCode,
    pub name: Names,
    pub kind: StageKind,
    /// Counts for open stages only.
    pub probability: Probability,
}
