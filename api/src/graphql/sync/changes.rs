//! What changed in a replica since the last answer.

use std::collections::{BTreeMap, HashMap};

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use journal::Position;
use projections::{activities, contacts, organizations};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{
    manifest::{self, Cursor, Held, Manifest, Mark},
    selection::{ReplicaScope, ReplicaType, Selection},
};
use crate::graphql::{
    errors::{ApiError, ApiResult, ErrorCode},
    ids::{self, Kind},
    node::Node,
    reading::{self, Reading},
    scalars::BigInt,
    session::Session,
};

/// Changed records of one answer unless the client says otherwise, and at most.
const DEFAULT_PAGE: usize = 200;
const MAX_PAGE: usize = 500;
/// Removed records of one answer at most.
const MAX_REMOVED: usize = 1_000;
/// Ids that one question to the views names.
const IDS: usize = 500;

/// A record in its present state.
#[derive(SimpleObject)]
pub struct ChangedRecord {
    id: ID,
    /// Kind of the record, as in `category:uuid`.
    category: &'static str,
    /// The bare id.
    uuid: Uuid,
    /// Changes whenever the record does. The hash is over it.
    revision: BigInt,
    record: Node,
}

/// Why a record is no longer in the replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum RemovalReason {
    /// It is not for you any more.
    NotVisible,
    /// You see it, but it is not what you asked for any more.
    OutOfScope,
    /// It was archived.
    Archived,
    /// Another record stands for it.
    Merged,
    /// The person's data was erased.
    Erased,
    /// It did not happen.
    Withdrawn,
}

/// A record that the replica must forget.
#[derive(Debug, Clone, SimpleObject)]
pub struct RemovedRecord {
    id: ID,
    category: &'static str,
    uuid: Uuid,
    reason: RemovalReason,
    /// The record that stands for it, when you see that one.
    merged_into: Option<ID>,
}

/// A part of what changed.
#[derive(SimpleObject)]
pub struct ReplicaChanges {
    /// Records that are new or changed, whole: organizations first, then contacts, deals, activities, tasks.
    #[graphql(complexity = "child_complexity")]
    changed: Vec<ChangedRecord>,
    removed: Vec<RemovedRecord>,
    /// Give it as `since` next time.
    cursor: String,
    /// There is more already: ask again at once.
    has_more: bool,
    /// Of the journal: everything up to here is in it, once `hasMore` is false.
    position: BigInt,
    /// Records that the replica holds now.
    count: usize,
    /// Of what the replica holds now: the exclusive or of the first eight bytes of SHA-256 over each record's
    /// `category:uuid@revision`, in hexadecimal.
    hash: String,
}

#[derive(Default)]
pub struct SyncQueries;

#[Object]
impl SyncQueries {
    /// Keeps a partial replica: everything that it is to hold at first, then what changed. Each answer is the difference
    /// between what the replica held after the answer that `since` names and what it is to hold now, so none is lost
    /// and a record that was changed twice comes once. Whatever you lose, for whatever reason, is in `removed`.
    ///
    /// An answer that got lost can be asked for again with the same `since`, until the next one was used. With another
    /// `scope` the replica becomes one of that scope. `FULL_RESYNC_NEEDED`: begin anew, without `since`.
    #[graphql(
        complexity = "first.map_or(DEFAULT_PAGE, |first| usize::try_from(first).unwrap_or(0).min(MAX_PAGE)) * child_complexity / 4 + 100"
    )]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The cursor of the last answer; without it a new replica begins.")] since: Option<String>,
        scope: Option<ReplicaScope>,
        #[graphql(desc = "Changed records of one answer, 500 at most; 200 without it.")] first: Option<i32>,
        #[graphql(desc = "The hash over what the replica holds, if it is to be compared.")] hash: Option<String>,
    ) -> ApiResult<ReplicaChanges> {
        let (application, viewer) = (ctx.application()?, ctx.viewer()?);
        let limit = match first.map(usize::try_from) {
            None => DEFAULT_PAGE,
            Some(Ok(first)) if (1..=MAX_PAGE).contains(&first) => first,
            Some(_) => return Err(ApiError::bad_input(format!("`first` is 1 to {MAX_PAGE}."))),
        };
        let now = application.clock.now();
        let selection = Selection::new(scope.unwrap_or_default(), viewer, now)?;
        let seen = match &since {
            Some(text) => Some(known(ctx, text, hash.as_deref(), now).await?),
            None => None,
        };
        let position = seen.as_ref().map_or(Position::START, |(_, held)| held.position);
        let reading = reading::at_least(ctx, position).await?;
        if let (Some((_, held)), Some(since)) = (&seen, &since)
            && held.complete == Some(selection.mark)
            && held.position == reading.position()
        {
            return Ok(nothing(held, since.clone()));
        }
        // Read before the records are: what changes in between is newer than its mark says, and comes again.
        let position = reading.position();
        let wanted = selection.records(reading.connection()).await?;
        let (cursor, held) = seen.unwrap_or_else(|| (Cursor::first().next(), Manifest::default()));
        let page = Page::new(&held, &wanted, limit);
        let changed = delivered(&reading, &page.changed).await?;
        let removed = explained(&reading, &page.removed).await?;

        let mut now_held = Manifest {
            complete: (!page.more).then_some(selection.mark),
            position,
            records: held.records,
        };
        for gone in &page.removed {
            now_held.records.remove(gone);
        }
        for one in &changed {
            now_held.records.insert(one.held, one.mark);
        }
        // What disappeared while it was read is not held, and not complete either.
        let vanished = changed.len() < page.changed.len();
        if vanished {
            now_held.complete = None;
        }
        let owner = viewer.user().map(|user| user.0).unwrap_or_default();
        if since.is_none() {
            manifest::make_room(application.journal.as_ref(), owner, now).await?;
        }
        let cursor = cursor.next();
        manifest::keep(application.journal.as_ref(), owner, cursor, &now_held, now).await?;
        Ok(ReplicaChanges {
            changed: changed.into_iter().map(ChangedRecord::from).collect(),
            removed,
            cursor: cursor.write(&application.bus, &viewer.issuer),
            has_more: page.more || vanished,
            position: BigInt(position.0),
            count: now_held.records.len(),
            hash: now_held.hash(),
        })
    }
}

/// The answer that a cursor names, and what the replica held after it.
async fn known(ctx: &Context<'_>, text: &str, hash: Option<&str>, now: DateTime<Utc>) -> ApiResult<(Cursor, Manifest)> {
    let application = ctx.application()?;
    let cursor = Cursor::read(text, &application.bus, &ctx.viewer()?.issuer)
        .ok_or_else(|| ApiError::bad_input("This is no cursor of a replica of yours."))?;
    let journal = application.journal.as_ref();
    let held = manifest::find(journal, cursor, now).await?.ok_or_else(|| {
        resync(
            "CURSOR_FORGOTTEN",
            "The server does not remember what this replica holds.",
        )
    })?;
    if hash.is_some_and(|hash| !hash.eq_ignore_ascii_case(&held.hash())) {
        return Err(resync("DIVERGED", "The replica does not hold what it was given."));
    }
    if held.position > journal.head().await?.position {
        return Err(resync("JOURNAL_RESTORED", "The replica is ahead of the journal."));
    }
    Ok((cursor, held))
}

fn resync(reason: &'static str, message: &str) -> ApiError {
    ApiError::new(
        ErrorCode::FullResyncNeeded,
        format!("{message} Forget it and begin anew, without `since`."),
    )
    .with("reason", reason)
}

/// The same answer again, without anything.
fn nothing(held: &Manifest, cursor: String) -> ReplicaChanges {
    ReplicaChanges {
        changed: Vec::new(),
        removed: Vec::new(),
        cursor,
        has_more: false,
        position: BigInt(held.position.0),
        count: held.records.len(),
        hash: held.hash(),
    }
}

/// What one answer brings.
struct Page {
    changed: Vec<(Held, Mark)>,
    removed: Vec<Held>,
    more: bool,
}

impl Page {
    /// What is lost first: nobody keeps longer than necessary what is no longer theirs.
    fn new(held: &Manifest, wanted: &BTreeMap<Held, Mark>, limit: usize) -> Self {
        let mut lost = held.records.keys().filter(|one| !wanted.contains_key(one)).copied();
        let removed: Vec<Held> = lost.by_ref().take(MAX_REMOVED).collect();
        let mut differing = wanted
            .iter()
            .filter(|(one, mark)| held.records.get(one) != Some(mark))
            .map(|(one, mark)| (*one, *mark));
        let changed: Vec<_> = differing.by_ref().take(limit).collect();
        Self {
            more: lost.next().is_some() || differing.next().is_some(),
            changed,
            removed,
        }
    }
}

/// A record as it is delivered.
struct Delivered {
    held: Held,
    mark: Mark,
    record: Node,
}

impl From<Delivered> for ChangedRecord {
    fn from(Delivered { held, mark, record }: Delivered) -> Self {
        Self {
            id: ids::global(held.kind(), held.id),
            category: held.kind().category(),
            uuid: held.id,
            revision: BigInt(mark.0.into()),
            record,
        }
    }
}

/// The records themselves; without those that were lost since they were counted.
async fn delivered(reading: &Reading, changed: &[(Held, Mark)]) -> ApiResult<Vec<Delivered>> {
    let loads = changed.iter().map(async |(held, mark)| {
        let record = Node::load(reading, held.kind(), held.id).await?;
        Ok::<_, ApiError>(record.map(|record| Delivered {
            held: *held,
            mark: *mark,
            record,
        }))
    });
    let loaded = futures::future::try_join_all(loads).await?;
    Ok(loaded.into_iter().flatten().collect())
}

/// Why each is gone. Of what is not visible any more nothing else is told.
async fn explained(reading: &Reading, removed: &[Held]) -> ApiResult<Vec<RemovedRecord>> {
    let mut reasons: HashMap<Held, (RemovalReason, Option<Uuid>)> = HashMap::new();
    for of in ReplicaType::ALL {
        let gone: Vec<Uuid> = removed
            .iter()
            .filter(|held| held.of == of)
            .map(|held| held.id)
            .collect();
        for ids in gone.chunks(IDS) {
            let told = reasons_of(reading, of, ids).await?;
            reasons.extend(told.into_iter().map(|(id, reason)| (Held { of, id }, reason)));
        }
    }
    let survivors: Vec<(Kind, Uuid)> = removed
        .iter()
        .filter_map(|held| Some((held.kind(), reasons.get(held)?.1?)))
        .collect();
    let visible = futures::future::try_join_all(
        survivors
            .iter()
            .map(async |(kind, id)| Ok::<_, ApiError>(Node::load(reading, *kind, *id).await?.map(|_| *id))),
    );
    let visible: Vec<Uuid> = visible.await?.into_iter().flatten().collect();
    let explained = removed.iter().map(|held| {
        let (reason, survivor) = reasons.get(held).copied().unwrap_or((RemovalReason::NotVisible, None));
        let survivor = survivor.filter(|id| visible.contains(id));
        RemovedRecord {
            id: ids::global(held.kind(), held.id),
            category: held.kind().category(),
            uuid: held.id,
            reason,
            merged_into: survivor.map(|id| ids::global(held.kind(), id)),
        }
    });
    Ok(explained.collect())
}

type Reasons = Vec<(Uuid, (RemovalReason, Option<Uuid>))>;

/// Of those that are still visible.
async fn reasons_of(reading: &Reading, of: ReplicaType, ids: &[Uuid]) -> ApiResult<Reasons> {
    let (views, scope) = (reading.connection(), reading.scope());
    let listed = || ids.iter().copied();
    let merged = |survivor: Option<Uuid>, archived: Option<i64>| match (survivor, archived) {
        (Some(survivor), _) => (RemovalReason::Merged, Some(survivor)),
        (None, Some(_)) => (RemovalReason::Archived, None),
        (None, None) => (RemovalReason::OutOfScope, None),
    };
    Ok(match of {
        ReplicaType::Organization => {
            use organizations::{Column, Entity};
            let rows = Entity::find()
                .filter(Column::Id.is_in(listed()))
                .filter(scope.organizations());
            let rows = rows.all(views).await?.into_iter();
            rows.map(|row| (row.id, merged(row.merged_into, row.archived_at)))
                .collect()
        }
        ReplicaType::Contact => {
            use contacts::{Column, Entity};
            let rows = Entity::find()
                .filter(Column::Id.is_in(listed()))
                .filter(scope.contacts());
            let rows = rows.all(views).await?.into_iter();
            rows.map(|row| {
                let reason = if row.erased {
                    (RemovalReason::Erased, None)
                } else {
                    merged(row.merged_into, row.archived_at)
                };
                (row.id, reason)
            })
            .collect()
        }
        ReplicaType::Activity => {
            use activities::{Column, Entity};
            let rows = Entity::find()
                .filter(Column::Id.is_in(listed()))
                .filter(scope.activities());
            let rows = rows.all(views).await?.into_iter();
            let reason = |withdrawn: Option<i64>| match withdrawn {
                Some(_) => RemovalReason::Withdrawn,
                None => RemovalReason::OutOfScope,
            };
            rows.map(|row| (row.id, (reason(row.withdrawn_at), None))).collect()
        }
        ReplicaType::Deal | ReplicaType::Task => {
            let loads = ids
                .iter()
                .map(async |id| Ok::<_, ApiError>(Node::load(reading, of.kind(), *id).await?.map(|_| *id)));
            let visible = futures::future::try_join_all(loads).await?.into_iter().flatten();
            visible.map(|id| (id, (RemovalReason::OutOfScope, None))).collect()
        }
    })
}
