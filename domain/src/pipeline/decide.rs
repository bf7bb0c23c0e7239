use std::collections::HashSet;

use super::{
    command::{NewPipeline, NewStage, PipelineCommand},
    error::PipelineError,
    event::PipelineEvent,
    stage::{Names, Probability, StageCode, StageDefinition, StageKind},
    state::{Created, PipelineState, adopted},
};
use crate::Decider;

/// Stages of a pipeline at most: more fit no board.
pub(super) const STAGES_MAX: usize = 30;

type Decision = Result<Vec<PipelineEvent>, PipelineError>;

impl Decider for PipelineState {
    const TYPE: &'static str = "pipeline";

    type Command = PipelineCommand;
    type Event = PipelineEvent;
    type Error = PipelineError;

    fn decide(&self, command: PipelineCommand) -> Decision {
        let pipeline = match (command, &self.created) {
            (PipelineCommand::Adopt, Some(_)) => return Ok(Vec::new()),
            (PipelineCommand::Adopt, None) => return create(&adopted()),
            (PipelineCommand::Create(_), Some(_)) => return Err(PipelineError::AlreadyCreated),
            (PipelineCommand::Create(pipeline), None) => return create(&pipeline),
            (_, None) => return Err(PipelineError::NotCreated),
            (command, Some(pipeline)) => (command, pipeline),
        };
        let (command, pipeline) = pipeline;
        match command {
            PipelineCommand::Create(_) | PipelineCommand::Adopt => Ok(Vec::new()),
            PipelineCommand::Rename { name } => pipeline.rename(&name),
            PipelineCommand::AddStage { stage, before } => pipeline.add_stage(&stage, before.as_ref()),
            PipelineCommand::RenameStage { code, name } => pipeline.rename_stage(code, &name),
            PipelineCommand::ReorderStages { codes } => pipeline.reorder(codes),
            PipelineCommand::ChangeProbability { code, probability } => pipeline.change_probability(code, probability),
            PipelineCommand::RetireStage { code } => pipeline.retire_stage(code),
            PipelineCommand::RestoreStage { code } => pipeline.restore_stage(code),
            PipelineCommand::Archive => Ok(pipeline.archive()),
            PipelineCommand::Restore => Ok(pipeline.restore()),
        }
    }

    fn evolve(&mut self, event: &PipelineEvent) {
        self.apply(event);
    }
}

fn create(pipeline: &NewPipeline) -> Decision {
    if pipeline.stages.len() > STAGES_MAX {
        return Err(PipelineError::TooManyStages);
    }
    let name = pipeline.name.checked()?;
    let stages = pipeline.stages.iter().map(defined).collect::<Result<Vec<_>, _>>()?;
    let mut codes = HashSet::new();
    if let Some(twice) = stages.iter().find(|stage| !codes.insert(&stage.code)) {
        return Err(PipelineError::StageExists {
            code: twice.code.clone(),
        });
    }
    well_ordered(&stages)?;
    Ok(vec![PipelineEvent::PipelineCreated { name, stages }])
}

fn defined(stage: &NewStage) -> Result<StageDefinition, PipelineError> {
    Ok(StageDefinition {
        code: StageCode::parse("code", stage.code.as_str())?,
        name: stage.name.checked()?,
        kind: stage.kind,
        probability: match stage.kind {
            StageKind::Open => stage.probability,
            StageKind::Won => Probability::CERTAIN,
            StageKind::Lost => Probability::NONE,
        },
        retired: false,
    })
}

/// Open stages come first, and deals can be won in exactly one way and lost in one at least.
fn well_ordered(stages: &[StageDefinition]) -> Result<(), PipelineError> {
    let living = |kind| {
        stages
            .iter()
            .filter(move |stage| stage.kind == kind && !stage.retired)
            .count()
    };
    for kind in StageKind::ALL {
        if living(kind) == 0 {
            return Err(PipelineError::LastOfItsKind { kind });
        }
    }
    if stages.iter().filter(|stage| stage.kind == StageKind::Won).count() > 1 {
        return Err(PipelineError::SecondWonStage);
    }
    let first_closing = stages.iter().position(|stage| stage.kind != StageKind::Open);
    let last_open = stages.iter().rposition(|stage| stage.kind == StageKind::Open);
    if first_closing < last_open {
        return Err(PipelineError::OpenAfterClosing);
    }
    Ok(())
}

impl Created {
    fn rename(&self, name: &Names) -> Decision {
        let name = name.checked()?;
        if name == self.name {
            return Ok(Vec::new());
        }
        Ok(vec![PipelineEvent::PipelineRenamed { name }])
    }

    fn add_stage(&self, stage: &NewStage, before: Option<&StageCode>) -> Decision {
        let stage = defined(stage)?;
        if self.place(&stage.code).is_ok() {
            return Err(PipelineError::StageExists { code: stage.code });
        }
        if self.stages.len() >= STAGES_MAX {
            return Err(PipelineError::TooManyStages);
        }
        let place = match before {
            Some(code) => self.place(code)?,
            None if stage.kind == StageKind::Open => self
                .stages
                .iter()
                .rposition(|known| known.kind == StageKind::Open)
                .map_or(0, |last| last + 1),
            None => self.stages.len(),
        };
        let mut stages = self.stages.clone();
        stages.insert(place, stage.clone());
        well_ordered(&stages)?;
        let rank = place as u16 + 1;
        Ok(vec![PipelineEvent::PipelineStageAdded { stage, rank }])
    }

    fn rename_stage(&self, code: StageCode, name: &Names) -> Decision {
        let name = name.checked()?;
        if self.stages[self.place(&code)?].name == name {
            return Ok(Vec::new());
        }
        Ok(vec![PipelineEvent::PipelineStageRenamed { code, name }])
    }

    fn reorder(&self, codes: Vec<StageCode>) -> Decision {
        let places = codes
            .iter()
            .map(|code| self.place(code))
            .collect::<Result<Vec<_>, _>>()?;
        let different: HashSet<_> = places.iter().collect();
        if places.len() != self.stages.len() || different.len() != places.len() {
            return Err(PipelineError::NotEveryStageOnce {
                all: self.stages.iter().map(|stage| stage.code.clone()).collect(),
            });
        }
        if places.is_sorted() {
            return Ok(Vec::new());
        }
        let stages: Vec<_> = places.iter().map(|place| self.stages[*place].clone()).collect();
        well_ordered(&stages)?;
        Ok(vec![PipelineEvent::PipelineStagesReordered { codes }])
    }

    fn change_probability(&self, code: StageCode, to: Probability) -> Decision {
        let stage = &self.stages[self.place(&code)?];
        if stage.kind != StageKind::Open {
            return Err(PipelineError::ProbabilityIsFixed { code });
        }
        if stage.probability == to {
            return Ok(Vec::new());
        }
        let from = stage.probability;
        Ok(vec![PipelineEvent::PipelineStageProbabilityChanged { code, from, to }])
    }

    fn retire_stage(&self, code: StageCode) -> Decision {
        let place = self.place(&code)?;
        if self.stages[place].retired {
            return Ok(Vec::new());
        }
        let mut stages = self.stages.clone();
        stages[place].retired = true;
        well_ordered(&stages)?;
        Ok(vec![PipelineEvent::PipelineStageRetired { code }])
    }

    fn restore_stage(&self, code: StageCode) -> Decision {
        if !self.stages[self.place(&code)?].retired {
            return Ok(Vec::new());
        }
        Ok(vec![PipelineEvent::PipelineStageRestored { code }])
    }

    fn archive(&self) -> Vec<PipelineEvent> {
        if self.archived {
            return Vec::new();
        }
        vec![PipelineEvent::PipelineArchived {}]
    }

    fn restore(&self) -> Vec<PipelineEvent> {
        if self.archived {
            return vec![PipelineEvent::PipelineRestored {}];
        }
        Vec::new()
    }
}
