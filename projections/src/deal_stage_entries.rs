//! How long deals were in which stage: one row for each stay.
//!
//! The stay that goes on has the deal's own id, so that the event that ends it finds it; once ended, a stay has an id
//! made of the deal and of the version that began it.

use domain::{DealEvent, Event};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deal_stage_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub deal_id: Uuid,
    pub pipeline_id: Uuid,
    pub stage: String,
    /// The stage's place in its pipeline when the deal came there.
    pub rank: i32,
    /// `OPEN`, `WON` or `LOST`.
    pub status: String,
    pub entered_at: i64,
    /// Null while it goes on.
    pub left_at: Option<i64>,
    /// Version of the deal that began the stay.
    pub entered_version: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct DealStageEntries;

impl Projection<Event> for DealStageEntries {
    fn name(&self) -> &'static str {
        "deal-stage-entries"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::DealId, Column::EnteredVersion])
            .index_on([Column::PipelineId, Column::Stage, Column::EnteredAt]);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Deal(DealEvent::DealOpened { .. }) => {}
            Event::Deal(change) if change.destination().is_some() => {
                needs.row::<Entity>(event.header.stream.id);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let Event::Deal(change) = &event.event else {
            return Ok(());
        };
        let Some(destination) = change.destination() else {
            return Ok(());
        };
        let header = &event.header;
        let deal = header.stream.id;
        let mut pipeline = destination.pipeline.map(Uuid::from);
        if !matches!(change, DealEvent::DealOpened { .. }) {
            let mut ended = rows.require::<Entity>(deal)?.clone();
            pipeline = pipeline.or(Some(ended.pipeline_id));
            ended.id = Uuid::new_v5(&deal, &ended.entered_version.to_be_bytes());
            ended.left_at = Some(header.occurred_at.0);
            rows.put(ended);
        }
        rows.put(Model {
            id: deal,
            deal_id: deal,
            pipeline_id: pipeline.unwrap_or_default(),
            stage: destination.stage.to_string(),
            rank: destination.rank.into(),
            status: destination.status.as_str().to_owned(),
            entered_at: header.occurred_at.0,
            left_at: None,
            entered_version: header.version.0 as i64,
        });
        Ok(())
    }
}
