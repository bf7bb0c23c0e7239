//! Bringing the index to where the views are.
//!
//! The views' timeline says which streams have gone on, so only their records are written again: those whose rows hold
//! what the stream says, and those that stand aside for one of them. An erased person's records are written again, too,
//! and then every word that was taken out goes from the files.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use ::search::{Document, Index, Kind, SearchError, Writer};
use domain::Event;
use engine::Views;
use projections::{activities, contacts, deals, erased_persons, organizations, tasks, timeline};
use sea_orm::{
    ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};
use tokio::task;
use uuid::Uuid;

use super::{FindError, documents};

/// Events that are looked through at a time; behind by more, the rest comes in the next round.
const EVENTS: u64 = 5_000;
/// Records that are read at a time.
const RECORDS: usize = 500;

/// The index and the right to write it, for the threads that do.
#[derive(Clone)]
pub(super) struct Pen {
    index: Arc<Index>,
    writer: Arc<Mutex<Writer>>,
}

impl Pen {
    pub(super) fn new(index: Arc<Index>, writer: Writer) -> Self {
        Self {
            index,
            writer: Arc::new(Mutex::new(writer)),
        }
    }

    /// Writes on a thread that may wait for the disk.
    async fn write<W>(&self, work: W) -> Result<(), FindError>
    where
        W: FnOnce(&mut Writer, &Index) -> Result<(), SearchError> + Send + 'static,
    {
        let Self { index, writer } = self.clone();
        let writing = task::spawn_blocking(move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut writer, &index)
        });
        writing.await.map_err(|error| FindError::Broken(error.to_string()))??;
        Ok(())
    }

    async fn put(&self, documents: Vec<Document>) -> Result<(), FindError> {
        self.write(move |writer, index| documents.iter().try_for_each(|document| writer.put(index, document)))
            .await
    }
}

/// One round: to where the views are, or as far as a round goes.
pub(super) async fn on(views: &Views<Event>, pen: &Pen) -> Result<(), FindError> {
    let view = views.current().await?;
    let head = view.position.0;
    match pen.index.position() {
        Some(done) if done >= head => Ok(()),
        Some(done) => go_on(&view.connection, pen, done, head).await,
        None => fill(&view.connection, pen, head).await,
    }
}

/// Puts everything in.
async fn fill(connection: &DatabaseConnection, pen: &Pen, position: u64) -> Result<(), FindError> {
    tracing::info!("the search index is filled");
    pen.write(|writer, _| writer.clear()).await?;
    for kind in Kind::ALL {
        let mut after = None;
        loop {
            let ids = next_ids(connection, kind, after).await?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            pen.put(documents::of(connection, kind, &ids).await?).await?;
        }
    }
    pen.write(move |writer, index| writer.commit_and_purge(index, position))
        .await?;
    tracing::info!(position, "the search index is filled up to a position");
    Ok(())
}

async fn next_ids(connection: &DatabaseConnection, kind: Kind, after: Option<Uuid>) -> Result<Vec<Uuid>, FindError> {
    match kind {
        Kind::Organization => page_of::<organizations::Entity>(connection, organizations::Column::Id, after).await,
        Kind::Contact => page_of::<contacts::Entity>(connection, contacts::Column::Id, after).await,
        Kind::Deal => page_of::<deals::Entity>(connection, deals::Column::Id, after).await,
        Kind::Activity => page_of::<activities::Entity>(connection, activities::Column::Id, after).await,
        Kind::Task => page_of::<tasks::Entity>(connection, tasks::Column::Id, after).await,
    }
}

async fn page_of<E: EntityTrait>(
    connection: &DatabaseConnection,
    id: E::Column,
    after: Option<Uuid>,
) -> Result<Vec<Uuid>, FindError>
where
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let mut select = E::find()
        .select_only()
        .column(id)
        .order_by_asc(id)
        .limit(RECORDS as u64);
    if let Some(after) = after {
        select = select.filter(id.gt(after));
    }
    Ok(select.into_tuple().all(connection).await?)
}

/// What has to be written again.
#[derive(Default)]
struct Changed {
    organizations: BTreeSet<Uuid>,
    contacts: BTreeSet<Uuid>,
    deals: BTreeSet<Uuid>,
    activities: BTreeSet<Uuid>,
    tasks: BTreeSet<Uuid>,
    erased: Vec<Uuid>,
}

async fn go_on(connection: &DatabaseConnection, pen: &Pen, done: u64, head: u64) -> Result<(), FindError> {
    let to = head.min(done + EVENTS);
    let mut changed = changed(connection, done, to).await?;
    changed.spread(connection).await?;

    let erased = std::mem::take(&mut changed.erased);
    let purge = !erased.is_empty();
    pen.write(move |writer, index| {
        for person in erased {
            writer.take_out_person(index, person);
        }
        Ok(())
    })
    .await?;
    let sets = [
        (Kind::Organization, changed.organizations),
        (Kind::Contact, changed.contacts),
        (Kind::Deal, changed.deals),
        (Kind::Activity, changed.activities),
        (Kind::Task, changed.tasks),
    ];
    for (kind, set) in sets {
        let ids: Vec<Uuid> = set.into_iter().collect();
        for ids in ids.chunks(RECORDS) {
            let documents = documents::of(connection, kind, ids).await?;
            let ids = ids.to_vec();
            pen.write(move |writer, index| {
                for id in ids {
                    writer.take_out(index, id);
                }
                Ok(())
            })
            .await?;
            pen.put(documents).await?;
        }
    }
    pen.write(move |writer, index| {
        if purge {
            writer.commit_and_purge(index, to)
        } else {
            writer.commit(index, to)
        }
    })
    .await
}

/// The streams of the events after `done` up to `to`, and who was erased there.
async fn changed(connection: &DatabaseConnection, done: u64, to: u64) -> Result<Changed, FindError> {
    let streams: Vec<(String, Uuid)> = timeline::Entity::find()
        .select_only()
        .column(timeline::Column::Category)
        .column(timeline::Column::StreamId)
        .filter(timeline::Column::Position.gt(done as i64))
        .filter(timeline::Column::Position.lte(to as i64))
        .into_tuple()
        .all(connection)
        .await?;
    let mut changed = Changed::default();
    for (category, id) in streams {
        match category.as_str() {
            "organization" => changed.organizations.insert(id),
            "contact" => changed.contacts.insert(id),
            "deal" => changed.deals.insert(id),
            "activity" => changed.activities.insert(id),
            "task" => changed.tasks.insert(id),
            _ => false,
        };
    }
    changed.erased = erased_persons::Entity::find()
        .select_only()
        .column(erased_persons::Column::PersonId)
        .filter(erased_persons::Column::Position.gt(done as i64))
        .filter(erased_persons::Column::Position.lte(to as i64))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(changed)
}

impl Changed {
    /// Adds the records that change with these: those of erased persons, and those that stand aside.
    async fn spread(&mut self, connection: &DatabaseConnection) -> Result<(), FindError> {
        let erased = self.erased.clone();
        if !erased.is_empty() {
            let theirs = contacts::Entity::find().filter(contacts::Column::PersonId.is_in(erased.clone()));
            for row in theirs.all(connection).await? {
                match row.main_of {
                    Some(organization) => self.organizations.insert(organization),
                    None => self.contacts.insert(row.id),
                };
            }
            let about = activities::Entity::find().filter(activities::Column::PersonId.is_in(erased.clone()));
            let about = about.select_only().column(activities::Column::Id);
            self.activities.extend(ids(about, connection).await?);
            let at = activities::Entity::find().filter(activities::Column::PlacePerson.is_in(erased));
            let at = at.select_only().column(activities::Column::Id);
            self.activities.extend(ids(at, connection).await?);
        }
        let survivors: Vec<Uuid> = self.organizations.iter().copied().collect();
        for survivors in survivors.chunks(RECORDS) {
            let aside = organizations::Entity::find()
                .select_only()
                .column(organizations::Column::Id)
                .filter(organizations::Column::MergedInto.is_in(survivors.iter().copied()));
            self.organizations.extend(ids(aside, connection).await?);
        }
        let survivors: Vec<Uuid> = self.contacts.iter().copied().collect();
        for survivors in survivors.chunks(RECORDS) {
            let aside = contacts::Entity::find()
                .select_only()
                .column(contacts::Column::Id)
                .filter(contacts::Column::MergedInto.is_in(survivors.iter().copied()));
            self.contacts.extend(ids(aside, connection).await?);
        }
        Ok(())
    }
}

async fn ids<E: EntityTrait>(select: Select<E>, connection: &DatabaseConnection) -> Result<Vec<Uuid>, FindError> {
    Ok(select.into_tuple().all(connection).await?)
}
