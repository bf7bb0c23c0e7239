//! Imports, one row each: what is to be taken in, and how far it came. Whoever carries them out acts on this table;
//! people list it.

use domain::{
    Event, ImportEvent,
    import::{ImportCounts, ImportReport, ImportStatus},
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::{EventHeader, Timestamp};
use sea_orm::{Condition, DatabaseConnection, QueryOrder, QuerySelect, entity::prelude::*};

use crate::erased_persons;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imports")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As in [`domain::import::ImportKind::as_str`].
    pub kind: String,
    /// One of the names of [`ImportStatus`].
    pub status: String,
    /// Whether nothing more comes of it.
    pub over: bool,
    pub cancel_requested: bool,
    /// As it was called.
    pub file_name: String,
    /// The SHA-256 of the file's bytes.
    pub blob: String,
    /// In bytes.
    pub size: i64,
    pub source: String,
    /// Which column fills which field, in JSON.
    pub mapping: String,
    /// Who asked for it. Null: the system's operator.
    pub user_id: Option<Uuid>,
    /// The actor of the event that asked for it; that of every event that a row leads to.
    pub actor: String,
    /// How often a process has begun to carry it out.
    pub attempt: i32,
    /// The event of the first time.
    pub began_position: Option<i64>,
    pub total: i64,
    pub taken: i64,
    pub taken_before: i64,
    pub mended: i64,
    pub refused: i64,
    /// Why it failed.
    pub code: Option<String>,
    pub reason: Option<String>,
    /// The SHA-256 of the report's bytes.
    pub report: Option<String>,
    pub report_size: i64,
    pub report_entries: i64,
    /// Whether the bytes of the file and of the report are gone.
    pub files_removed: bool,
    pub queued_at: i64,
    /// Place in the queue: the event that asked for it.
    pub queued_position: i64,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub updated_at: i64,
    /// Of the import's stream.
    pub version: i64,
    /// Of the last event of the import.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Imports;

impl Projection<Event> for Imports {
    fn name(&self) -> &'static str {
        "imports"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::Over, Column::QueuedPosition])
            .index_on([Column::FilesRemoved, Column::FinishedAt])
            .index_on([Column::QueuedAt, Column::Id])
            .index_on([Column::UserId, Column::QueuedAt])
            .index(Column::Blob);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Import(ImportEvent::ImportQueued { .. }) => {}
            Event::Import(_) => needs.row::<Entity>(event.header.stream.id),
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::Import(
                birth @ ImportEvent::ImportQueued {
                    kind,
                    file,
                    source,
                    mapping,
                    user,
                },
            ) => {
                let mut row = Model::blank(header);
                kind.as_str().clone_into(&mut row.kind);
                row.file_name.clone_from(&file.description.name);
                row.blob = file.blob.to_string();
                row.size = file.size as i64;
                row.source.clone_from(source);
                row.mapping.clone_from(mapping);
                row.user_id = user.map(Uuid::from);
                row.take(header, birth);
                rows.put(row);
                Ok(())
            }
            Event::Import(change) => rows.change::<Entity>(header.stream.id, |row| row.take(header, change)),
            _ => Ok(()),
        }
    }
}

impl Model {
    /// A row with nothing in it yet.
    fn blank(header: &EventHeader) -> Self {
        Self {
            id: header.stream.id,
            kind: String::new(),
            status: ImportStatus::Queued.as_str().to_owned(),
            over: false,
            cancel_requested: false,
            file_name: String::new(),
            blob: String::new(),
            size: 0,
            source: String::new(),
            mapping: String::new(),
            user_id: None,
            actor: header.actor.as_ref().to_owned(),
            attempt: 0,
            began_position: None,
            total: 0,
            taken: 0,
            taken_before: 0,
            mended: 0,
            refused: 0,
            code: None,
            reason: None,
            report: None,
            report_size: 0,
            report_entries: 0,
            files_removed: false,
            queued_at: header.occurred_at.0,
            queued_position: header.position.0 as i64,
            started_at: None,
            finished_at: None,
            updated_at: 0,
            version: 0,
            position: 0,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &ImportEvent) {
        let now = header.occurred_at.0;
        match event {
            ImportEvent::ImportQueued { .. } => {}
            ImportEvent::ImportBegan { attempt } => {
                ImportStatus::Running.as_str().clone_into(&mut self.status);
                self.attempt = i32::try_from(*attempt).unwrap_or(i32::MAX);
                self.began_position = self.began_position.or(Some(header.position.0 as i64));
                self.started_at = self.started_at.or(Some(now));
            }
            ImportEvent::ImportProgressed { counts, .. } => self.count(*counts),
            ImportEvent::ImportCancelRequested {} => self.cancel_requested = true,
            ImportEvent::ImportFinished { counts, report, .. } => {
                self.end(ImportStatus::Done, now, *counts, report.as_ref());
            }
            ImportEvent::ImportFailed {
                code,
                reason,
                counts,
                report,
                ..
            } => {
                self.code = Some(code.clone());
                self.reason = Some(reason.clone());
                self.end(ImportStatus::Failed, now, *counts, report.as_ref());
            }
            ImportEvent::ImportCancelled { counts, report } => {
                self.end(ImportStatus::Cancelled, now, *counts, report.as_ref());
            }
            ImportEvent::ImportFilesRemoved {} => self.files_removed = true,
        }
        self.updated_at = now;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }

    fn count(&mut self, counts: ImportCounts) {
        let ImportCounts {
            total,
            taken,
            taken_before,
            mended,
            refused,
        } = counts;
        self.total = total as i64;
        self.taken = taken as i64;
        self.taken_before = taken_before as i64;
        self.mended = mended as i64;
        self.refused = refused as i64;
    }

    fn end(&mut self, status: ImportStatus, now: i64, counts: ImportCounts, report: Option<&ImportReport>) {
        status.as_str().clone_into(&mut self.status);
        self.over = true;
        self.finished_at = Some(now);
        self.count(counts);
        if let Some(report) = report {
            self.report = Some(report.blob.to_string());
            self.report_size = report.size as i64;
            self.report_entries = report.entries as i64;
        }
    }

    /// How many rows came to what, as far as the journal knows.
    pub const fn counts(&self) -> ImportCounts {
        ImportCounts {
            total: self.total as u64,
            taken: self.taken as u64,
            taken_before: self.taken_before as u64,
            mended: self.mended as u64,
            refused: self.refused as u64,
        }
    }
}

/// The import whose turn it is: the first that is not over.
pub async fn next(view: &DatabaseConnection) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::Over.eq(false))
        .order_by_asc(Column::QueuedPosition)
        .limit(1)
        .one(view)
        .await
}

/// Imports whose bytes have to go: those that ended by `before`, and those that may tell of somebody who was erased
/// since they were asked for.
pub async fn stale(view: &DatabaseConnection, before: Timestamp) -> Result<Vec<Model>, DbErr> {
    let last_erased = erased_persons::Entity::find()
        .order_by_desc(erased_persons::Column::Position)
        .limit(1)
        .one(view)
        .await?;
    let told_before = last_erased.map(|erased| Column::QueuedPosition.lt(erased.position));
    let reasons = Condition::any()
        .add(Column::FinishedAt.lte(before.0))
        .add_option(told_before);
    Entity::find()
        .filter(Column::FilesRemoved.eq(false))
        .filter(Column::FinishedAt.is_not_null())
        .filter(reasons)
        .order_by_asc(Column::QueuedPosition)
        .all(view)
        .await
}

/// When the next file becomes stale by its age: the end of the import that ended first of those whose bytes are there.
pub async fn oldest_end(view: &DatabaseConnection) -> Result<Option<Timestamp>, DbErr> {
    let first = Entity::find()
        .filter(Column::FilesRemoved.eq(false))
        .filter(Column::FinishedAt.is_not_null())
        .order_by_asc(Column::FinishedAt)
        .limit(1)
        .one(view)
        .await?;
    Ok(first.and_then(|row| row.finished_at).map(Timestamp))
}

/// Whether the bytes under a hash belong to an import other than `except` that still needs them.
pub async fn needs_bytes(view: &DatabaseConnection, hash: &str, except: Option<Uuid>) -> Result<bool, DbErr> {
    let of_it = Condition::any().add(Column::Blob.eq(hash)).add(Column::Report.eq(hash));
    let mut others = Entity::find().filter(Column::FilesRemoved.eq(false)).filter(of_it);
    if let Some(except) = except {
        others = others.filter(Column::Id.ne(except));
    }
    Ok(others.count(view).await? > 0)
}
