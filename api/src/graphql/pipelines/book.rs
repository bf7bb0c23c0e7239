//! All pipelines with their stages, as one reading shows them. The built-in one is among them whether or not somebody
//! has amended it.

use domain::pipeline::{BUILT_IN, PipelineState};
use projections::pipelines::{self, stages};
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};
use uuid::Uuid;

use crate::graphql::errors::ApiResult;

/// A pipeline and its stages in order.
#[derive(Debug, Clone)]
pub struct Entry {
    pub row: pipelines::Model,
    pub stages: Vec<stages::Model>,
}

#[derive(Debug, Clone)]
pub struct Book {
    /// The built-in one first, then in the order in which they were made.
    entries: Vec<Entry>,
}

impl Book {
    pub async fn read(connection: &DatabaseConnection) -> ApiResult<Self> {
        let rows = pipelines::Entity::find()
            .order_by_asc(pipelines::Column::CreatedAt)
            .order_by_asc(pipelines::Column::Id)
            .all(connection)
            .await?;
        let mut all = stages::Entity::find()
            .order_by_asc(stages::Column::Rank)
            .all(connection)
            .await?;
        let mut entries = Vec::with_capacity(rows.len() + 1);
        for row in rows {
            let (own, rest) = all.into_iter().partition(|stage| stage.pipeline_id == row.id);
            all = rest;
            entries.push(Entry { row, stages: own });
        }
        if !entries.iter().any(|entry| entry.row.id == BUILT_IN.0) {
            entries.push(built_in());
        }
        entries.sort_by_key(|entry| entry.row.id != BUILT_IN.0);
        Ok(Self { entries })
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn pipeline(&self, id: Uuid) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.row.id == id)
    }

    pub fn stage(&self, pipeline: Uuid, code: &str) -> Option<&stages::Model> {
        let stages = &self.pipeline(pipeline)?.stages;
        stages.iter().find(|stage| stage.code == code)
    }
}

/// What the rows would be.
fn built_in() -> Entry {
    let pipeline = PipelineState::built_in();
    let (name_fr, name_en) = pipeline
        .name()
        .map(|name| (name.fr.clone(), name.en.clone()))
        .unwrap_or_default();
    Entry {
        row: pipelines::Model {
            id: BUILT_IN.0,
            name_fr,
            name_en,
            archived: false,
            created_at: 0,
            updated_at: 0,
            version: 0,
            position: 0,
        },
        stages: pipeline
            .stages()
            .iter()
            .zip(1..)
            .map(|(stage, rank)| stages::Model::new(BUILT_IN.0, stage, rank))
            .collect(),
    }
}
