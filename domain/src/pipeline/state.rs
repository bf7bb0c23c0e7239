use serde::{Deserialize, Serialize};

use super::{
    Pipeline, builtin,
    command::PipelineCommand,
    error::PipelineError,
    event::PipelineEvent,
    stage::{Names, StageCode, StageDefinition, StageKind, StageRef},
};
use crate::{Decider, PipelineId};

/// What a pipeline remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PipelineState {
    pub(super) created: Option<Created>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Created {
    pub(super) name: Names,
    /// In order.
    pub(super) stages: Vec<StageDefinition>,
    pub(super) archived: bool,
}

impl PipelineState {
    /// The built-in pipeline as it is while nobody has amended it.
    pub fn built_in() -> Pipeline {
        let written = Self::default().decide(PipelineCommand::Adopt).unwrap_or_default();
        Pipeline::replay(&written)
    }

    pub const fn exists(&self) -> bool {
        self.created.is_some()
    }

    pub fn name(&self) -> Option<&Names> {
        self.created.as_ref().map(|pipeline| &pipeline.name)
    }

    /// All stages in order, also those that are retired.
    pub fn stages(&self) -> &[StageDefinition] {
        self.created.as_ref().map_or(&[], |pipeline| &pipeline.stages)
    }

    pub fn archived(&self) -> bool {
        self.created.as_ref().is_some_and(|pipeline| pipeline.archived)
    }

    /// The stage of this code, as a command names it. `id` is the pipeline's own.
    pub fn stage(&self, id: PipelineId, code: &StageCode) -> Result<StageRef, PipelineError> {
        let pipeline = self.created.as_ref().ok_or(PipelineError::NotCreated)?;
        let place = pipeline.place(code)?;
        Ok(pipeline.reference(id, place))
    }

    /// The stage that deals come to when they are won.
    pub fn won(&self, id: PipelineId) -> Result<StageRef, PipelineError> {
        self.first(id, StageKind::Won)
    }

    /// The stage that deals come to when they are lost and nobody says to which one.
    pub fn lost(&self, id: PipelineId) -> Result<StageRef, PipelineError> {
        self.first(id, StageKind::Lost)
    }

    /// The stage that deals begin in when nobody says in which one.
    pub fn beginning(&self, id: PipelineId) -> Result<StageRef, PipelineError> {
        self.first(id, StageKind::Open)
    }

    fn first(&self, id: PipelineId, kind: StageKind) -> Result<StageRef, PipelineError> {
        let pipeline = self.created.as_ref().ok_or(PipelineError::NotCreated)?;
        let place = pipeline
            .stages
            .iter()
            .position(|stage| stage.kind == kind && !stage.retired);
        // There is always one: neither `Create` nor `RetireStage` leaves a pipeline without.
        let place = place.ok_or(PipelineError::LastOfItsKind { kind })?;
        Ok(pipeline.reference(id, place))
    }

    pub(super) fn apply(&mut self, event: &PipelineEvent) {
        if let PipelineEvent::PipelineCreated { name, stages } = event {
            self.created = Some(Created {
                name: name.clone(),
                stages: stages.clone(),
                archived: false,
            });
        } else if let Some(pipeline) = &mut self.created {
            pipeline.apply(event);
        }
    }
}

impl Created {
    pub(super) fn place(&self, code: &StageCode) -> Result<usize, PipelineError> {
        let place = self.stages.iter().position(|stage| stage.code == *code);
        place.ok_or_else(|| PipelineError::UnknownStage {
            code: code.clone(),
            known: self
                .stages
                .iter()
                .filter(|stage| !stage.retired)
                .map(|stage| stage.code.clone())
                .collect(),
        })
    }

    fn reference(&self, id: PipelineId, place: usize) -> StageRef {
        let stage = &self.stages[place];
        StageRef {
            pipeline: id,
            code: stage.code.clone(),
            kind: stage.kind,
            rank: place as u16 + 1,
            retired: stage.retired,
            archived: self.archived,
        }
    }

    fn stage_mut(&mut self, code: &StageCode) -> Option<&mut StageDefinition> {
        self.stages.iter_mut().find(|stage| stage.code == *code)
    }

    fn apply(&mut self, event: &PipelineEvent) {
        match event {
            PipelineEvent::PipelineCreated { .. } => {}
            PipelineEvent::PipelineRenamed { name } => self.name = name.clone(),
            PipelineEvent::PipelineStageAdded { stage, rank } => {
                let place = usize::from(*rank).saturating_sub(1).min(self.stages.len());
                self.stages.insert(place, stage.clone());
            }
            PipelineEvent::PipelineStageRenamed { code, name } => {
                if let Some(stage) = self.stage_mut(code) {
                    stage.name = name.clone();
                }
            }
            PipelineEvent::PipelineStagesReordered { codes } => {
                self.stages
                    .sort_by_key(|stage| codes.iter().position(|code| *code == stage.code));
            }
            PipelineEvent::PipelineStageProbabilityChanged { code, to, .. } => {
                if let Some(stage) = self.stage_mut(code) {
                    stage.probability = *to;
                }
            }
            PipelineEvent::PipelineStageRetired { code } => self.retire(code, true),
            PipelineEvent::PipelineStageRestored { code } => self.retire(code, false),
            PipelineEvent::PipelineArchived {} => self.archived = true,
            PipelineEvent::PipelineRestored {} => self.archived = false,
        }
    }

    fn retire(&mut self, code: &StageCode, retired: bool) {
        if let Some(stage) = self.stage_mut(code) {
            stage.retired = retired;
        }
    }
}

/// What [`PipelineCommand::Adopt`] writes down.
pub(super) fn adopted() -> super::command::NewPipeline {
    builtin::definition()
}
