use super::Changes;
use crate::{
    PipelineEvent,
    pipeline::{StageCode, StageDefinition},
};

pub(super) fn changes(event: &PipelineEvent) -> Changes {
    match event {
        PipelineEvent::PipelineCreated { name, stages } => {
            let codes: Vec<_> = stages.iter().map(|stage| &stage.code).collect();
            let created = Changes::new().set("name", name).set("stageOrder", codes);
            stages.iter().fold(created, defined)
        }
        PipelineEvent::PipelineRenamed { name } => Changes::new().set("name", name),
        PipelineEvent::PipelineStageAdded { stage, rank } => {
            let place = usize::from(*rank).saturating_sub(1);
            defined(Changes::new().insert("stageOrder", &stage.code, place), stage)
        }
        PipelineEvent::PipelineStageRenamed { code, name } => Changes::new().set(of(code, "name"), name),
        PipelineEvent::PipelineStagesReordered { codes } => Changes::new().set("stageOrder", codes),
        PipelineEvent::PipelineStageProbabilityChanged { code, from: _, to } => {
            Changes::new().set(of(code, "probability"), to)
        }
        PipelineEvent::PipelineStageRetired { code } => Changes::new().set(of(code, "retired"), true),
        PipelineEvent::PipelineStageRestored { code } => Changes::new().clear(of(code, "retired")),
        PipelineEvent::PipelineArchived {} => Changes::new().set("archived", true),
        PipelineEvent::PipelineRestored {} => Changes::new().clear("archived"),
    }
}

fn defined(changes: Changes, stage: &StageDefinition) -> Changes {
    let changes = changes
        .set(of(&stage.code, "name"), &stage.name)
        .set(of(&stage.code, "kind"), stage.kind)
        .set(of(&stage.code, "probability"), stage.probability);
    if stage.retired {
        changes.set(of(&stage.code, "retired"), true)
    } else {
        changes
    }
}

fn of(code: &StageCode, field: &str) -> String {
    format!("stages.{code}.{field}")
}
