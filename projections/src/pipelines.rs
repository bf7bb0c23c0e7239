//! Pipelines, one row each, and a row for each of their stages.
//!
//! The built-in pipeline has rows once somebody has amended it; until then whoever asks takes it from the domain.

use domain::{
    Event, PipelineEvent,
    pipeline::{Names, StageCode, StageDefinition},
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pipelines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name_fr: String,
    /// Where it differs.
    pub name_en: Option<String>,
    /// Takes no new deals.
    pub archived: bool,
    pub created_at: i64,
    pub updated_at: i64,
    /// Of the pipeline's stream.
    pub version: i64,
    /// Of the last event of the pipeline.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The stages.
pub mod stages {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "pipeline_stages")]
    pub struct Model {
        /// Pipeline and code.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub pipeline_id: Uuid,
        pub code: String,
        pub name_fr: String,
        pub name_en: Option<String>,
        /// As in [`domain::pipeline::StageKind::as_str`].
        pub kind: String,
        /// In percent.
        pub probability: i32,
        /// Its place in the pipeline, from 1.
        pub rank: i32,
        pub retired: bool,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Fills the tables.
pub struct Pipelines;

impl Projection<Event> for Pipelines {
    fn name(&self) -> &'static str {
        "pipelines"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<Entity>(),
            TableSpec::of::<stages::Entity>()
                .index(stages::Column::PipelineId)
                .index_on([stages::Column::PipelineId, stages::Column::Code]),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        let id = event.header.stream.id;
        match &event.event {
            Event::Pipeline(PipelineEvent::PipelineCreated { .. }) => {}
            Event::Pipeline(change) => {
                needs.row::<Entity>(id);
                match change {
                    PipelineEvent::PipelineStageAdded { .. } | PipelineEvent::PipelineStagesReordered { .. } => {
                        needs.matching::<stages::Entity>(stages::Column::PipelineId, id);
                    }
                    PipelineEvent::PipelineStageRenamed { code, .. }
                    | PipelineEvent::PipelineStageProbabilityChanged { code, .. }
                    | PipelineEvent::PipelineStageRetired { code }
                    | PipelineEvent::PipelineStageRestored { code } => {
                        needs.row::<stages::Entity>(stage_key(id, code));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let Event::Pipeline(change) = &event.event else {
            return Ok(());
        };
        let header = &event.header;
        let id = header.stream.id;
        if let PipelineEvent::PipelineCreated { name, stages } = change {
            rows.put(Model::new(header, name));
            for (place, stage) in stages.iter().enumerate() {
                rows.put(stages::Model::new(id, stage, place as i32 + 1));
            }
            return Ok(());
        }
        rows.change::<Entity>(id, |row| row.take(header, change))?;
        match change {
            PipelineEvent::PipelineStageAdded { stage, rank } => {
                let rank = i32::from(*rank);
                for mut other in rows.matching::<stages::Entity>(stages::Column::PipelineId, id) {
                    if other.rank >= rank {
                        other.rank += 1;
                        rows.put(other);
                    }
                }
                rows.put(stages::Model::new(id, stage, rank));
                Ok(())
            }
            PipelineEvent::PipelineStagesReordered { codes } => {
                for mut stage in rows.matching::<stages::Entity>(stages::Column::PipelineId, id) {
                    if let Some(place) = codes.iter().position(|code| code.as_str() == stage.code) {
                        stage.rank = place as i32 + 1;
                        rows.put(stage);
                    }
                }
                Ok(())
            }
            PipelineEvent::PipelineStageRenamed { code, name } => {
                rows.change::<stages::Entity>(stage_key(id, code), |stage| stage.call(name))
            }
            PipelineEvent::PipelineStageProbabilityChanged { code, to, .. } => {
                rows.change::<stages::Entity>(stage_key(id, code), |stage| stage.probability = to.get().into())
            }
            PipelineEvent::PipelineStageRetired { code } => {
                rows.change::<stages::Entity>(stage_key(id, code), |stage| stage.retired = true)
            }
            PipelineEvent::PipelineStageRestored { code } => {
                rows.change::<stages::Entity>(stage_key(id, code), |stage| stage.retired = false)
            }
            PipelineEvent::PipelineCreated { .. }
            | PipelineEvent::PipelineRenamed { .. }
            | PipelineEvent::PipelineArchived {}
            | PipelineEvent::PipelineRestored {} => Ok(()),
        }
    }
}

fn stage_key(pipeline: Uuid, code: &StageCode) -> String {
    format!("{pipeline}:{code}")
}

impl Model {
    fn new(header: &EventHeader, name: &Names) -> Self {
        Self {
            id: header.stream.id,
            name_fr: name.fr.clone(),
            name_en: name.en.clone(),
            archived: false,
            created_at: header.occurred_at.0,
            updated_at: header.occurred_at.0,
            version: header.version.0 as i64,
            position: header.position.0 as i64,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &PipelineEvent) {
        match event {
            PipelineEvent::PipelineRenamed { name } => {
                self.name_fr.clone_from(&name.fr);
                self.name_en.clone_from(&name.en);
            }
            PipelineEvent::PipelineArchived {} => self.archived = true,
            PipelineEvent::PipelineRestored {} => self.archived = false,
            _ => {}
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }
}

impl stages::Model {
    /// The row of a stage at a place of its pipeline.
    pub fn new(pipeline: Uuid, stage: &StageDefinition, rank: i32) -> Self {
        Self {
            id: stage_key(pipeline, &stage.code),
            pipeline_id: pipeline,
            code: stage.code.to_string(),
            name_fr: stage.name.fr.clone(),
            name_en: stage.name.en.clone(),
            kind: stage.kind.as_str().to_owned(),
            probability: stage.probability.get().into(),
            rank,
            retired: stage.retired,
        }
    }

    fn call(&mut self, name: &Names) {
        self.name_fr.clone_from(&name.fr);
        self.name_en.clone_from(&name.en);
    }
}
