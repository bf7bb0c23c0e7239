//! Events and read models just large enough to try the views on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use engine::{DecodeError, Needs, Projection, ProjectionError, Recorded, Rows, SkippedEvent, TableSpec, Vocabulary};
use journal::Position;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Opened {
        group: String,
        amount: i64,
    },
    Added {
        amount: i64,
    },
    Moved {
        group: String,
    },
    Closed,
    /// No projection can take it until it is mended.
    Odd,
    GroupCleared {
        group: String,
    },
    Skipped {
        projection: String,
        position: u64,
    },
    Erased {
        person: Uuid,
    },
}

impl Event {
    pub(crate) fn opened(group: &str, amount: i64) -> Self {
        Self::Opened {
            group: group.to_owned(),
            amount,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "Opened",
            Self::Added { .. } => "Added",
            Self::Moved { .. } => "Moved",
            Self::Closed => "Closed",
            Self::Odd => "Odd",
            Self::GroupCleared { .. } => "GroupCleared",
            Self::Skipped { .. } => "Skipped",
            Self::Erased { .. } => "Erased",
        }
    }
}

pub(crate) fn vocabulary() -> Vocabulary<Event> {
    Vocabulary {
        decode,
        upcasters: &[],
        skipped,
        erased,
    }
}

fn decode(_: &str, payload: &[u8]) -> Result<Event, DecodeError> {
    Ok(serde_json::from_slice(payload)?)
}

fn skipped(event: &Event) -> Option<SkippedEvent> {
    match event {
        Event::Skipped { projection, position } => Some(SkippedEvent {
            projection: projection.clone(),
            position: Position(*position),
        }),
        _ => None,
    }
}

fn erased(event: &Event) -> Option<Uuid> {
    match event {
        Event::Erased { person } => Some(*person),
        _ => None,
    }
}

pub(crate) mod items {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "items")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) group: String,
        pub(crate) amount: i64,
        pub(crate) changes: i32,
        pub(crate) note: Option<String>,
        pub(crate) last_position: i64,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod members {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "members")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) group: String,
        pub(crate) cleared: bool,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One row per item; items fail apart from each other.
#[derive(Clone, Default)]
pub(crate) struct Items {
    pub(crate) mended: Arc<AtomicBool>,
    pub(crate) later_version: bool,
}

impl Projection<Event> for Items {
    fn name(&self) -> &'static str {
        "items"
    }

    fn version(&self) -> u32 {
        1 + u32::from(self.later_version)
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![TableSpec::of::<items::Entity>().index(items::Column::Group)]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(event.header.stream.id.to_string())
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        if matches!(event.event, Event::Added { .. } | Event::Moved { .. } | Event::Odd) {
            needs.row::<items::Entity>(event.header.stream.id);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let id = event.header.stream.id;
        let last_position = event.header.position.0 as i64;
        match &event.event {
            Event::Opened { group, amount } => {
                let (group, amount) = (group.clone(), *amount);
                rows.put(items::Model {
                    id,
                    group,
                    amount,
                    changes: 0,
                    note: None,
                    last_position,
                });
                Ok(())
            }
            Event::Added { amount } => rows.change::<items::Entity>(id, |item| {
                item.amount += amount;
                item.changes += 1;
                item.last_position = last_position;
            }),
            Event::Moved { group } => rows.change::<items::Entity>(id, |item| {
                item.group.clone_from(group);
                item.changes += 1;
                item.last_position = last_position;
            }),
            Event::Odd => {
                rows.change::<items::Entity>(id, |item| item.note = Some("odd".to_owned()))?;
                if self.mended.load(Ordering::SeqCst) {
                    return Ok(());
                }
                Err(ProjectionError::other("that is odd"))
            }
            Event::Closed => {
                rows.remove::<items::Entity>(id);
                Ok(())
            }
            Event::GroupCleared { .. } | Event::Skipped { .. } | Event::Erased { .. } => Ok(()),
        }
    }
}

/// Who is in which group: looks rows up by group, and fails as a whole.
#[derive(Clone, Default)]
pub(crate) struct Members {
    pub(crate) mended: Arc<AtomicBool>,
}

impl Projection<Event> for Members {
    fn name(&self) -> &'static str {
        "members"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![TableSpec::of::<members::Entity>().index(members::Column::Group)]
    }

    fn partition(&self, _: &Recorded<Event>) -> Option<String> {
        None
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Moved { .. } => needs.row::<members::Entity>(event.header.stream.id),
            Event::GroupCleared { group } => {
                needs.matching::<members::Entity>(members::Column::Group, group.as_str());
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let id = event.header.stream.id;
        match &event.event {
            Event::Opened { group, .. } => rows.put(members::Model {
                id,
                group: group.clone(),
                cleared: false,
            }),
            Event::Moved { group } => {
                rows.change::<members::Entity>(id, |member| member.group.clone_from(group))?;
            }
            Event::GroupCleared { group } => {
                for member in rows.matching::<members::Entity>(members::Column::Group, group.as_str()) {
                    rows.put(members::Model {
                        cleared: true,
                        ..member
                    });
                }
            }
            Event::Closed => rows.remove::<members::Entity>(id),
            Event::Odd if !self.mended.load(Ordering::SeqCst) => {
                return Err(ProjectionError::other("that is odd for members"));
            }
            _ => {}
        }
        Ok(())
    }
}
