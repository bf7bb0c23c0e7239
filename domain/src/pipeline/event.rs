use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stage::{Names, Probability, StageCode, StageDefinition};
use crate::event::event_types;

/// What can have happened to a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum PipelineEvent {
    /// Also the first event of the built-in pipeline, when it is amended for the first time.
    PipelineCreated {
        name: Names,
        /// In order.
        stages: Vec<StageDefinition>,
    },
    PipelineRenamed {
        name: Names,
    },
    PipelineStageAdded {
        stage: StageDefinition,
        /// Its place from now on, from 1.
        rank: u16,
    },
    PipelineStageRenamed {
        code: StageCode,
        name: Names,
    },
    PipelineStagesReordered {
        /// All stages, in their order from now on.
        codes: Vec<StageCode>,
    },
    PipelineStageProbabilityChanged {
        code: StageCode,
        from: Probability,
        to: Probability,
    },
    PipelineStageRetired {
        code: StageCode,
    },
    PipelineStageRestored {
        code: StageCode,
    },
    PipelineArchived {},
    PipelineRestored {},
}

event_types!(PipelineEvent of "pipeline" {
    PipelineCreated = 1,
    PipelineRenamed = 1,
    PipelineStageAdded = 1,
    PipelineStageRenamed = 1,
    PipelineStagesReordered = 1,
    PipelineStageProbabilityChanged = 1,
    PipelineStageRetired = 1,
    PipelineStageRestored = 1,
    PipelineArchived = 1,
    PipelineRestored = 1,
});
