//! Building a generation beside those in use: copy what did not change, fold the rest, index, switch.

use std::{collections::BTreeSet, fs, sync::atomic::Ordering};

use journal::{Position, ReadFilter};

use super::{
    Comparison, RebuildReport, Views, ViewsError,
    control::{Listed, State},
    generation::{Generation, note_skips},
    lease::{self, Watchdog},
    source::{self, Until},
    store::{CopyPlan, Sample, reading},
};

/// A generation this close to the end of the journal is indexed and caught up with the rest afterwards.
const NEAR: u64 = 10_000;

impl<E: Send + Sync + 'static> Views<E> {
    /// The generation of this program's projections, built for the first time or gone on with.
    pub(super) async fn build_first(&self, watchdog: &mut Watchdog) -> Result<String, ViewsError> {
        let listed = self.control.generations().await?;
        let begun = listed
            .iter()
            .find(|one| one.fingerprint == self.fingerprint && one.state == State::Building);
        let id = match begun {
            Some(begun) if begun.boot == boot() && self.place.exists(&begun.id).await? => begun.id.clone(),
            begun => {
                if let Some(begun) = begun {
                    self.discard(&begun.id).await?;
                }
                self.begin(State::Building).await?
            }
        };
        let store = self.place.build(&id, &self.projections).await?;
        let mut generation = Generation::open(store, &self.projections).await?;
        if generation.position == Position::START && generation.lanes.iter().all(|lane| lane.folded == Position::START)
        {
            if let Some(donor) = listed
                .iter()
                .find(|one| one.journal == self.journal_id() && one.state != State::Building)
            {
                self.copy_unchanged(&donor.id, &id, &BTreeSet::new()).await?;
                generation.reset().await?;
            }
            let head = self.source.journal.head().await?.position;
            let skips = source::skips(&self.source, self.options.oversight_category, head).await?;
            note_skips(&mut generation, &skips);
        }
        tracing::info!(generation = id, from = %generation.position, "building views");
        self.build_to_head(&mut generation, watchdog).await?;
        self.place.finish(&id, generation.position).await?;
        self.control.activate(&id, &self.fingerprint).await?;
        tracing::info!(generation = id, position = %generation.position, "views built");
        Ok(id)
    }

    /// Builds the named projections again beside the active generation, compares, and switches.
    pub(super) async fn build_again(
        &self,
        rebuilt: &BTreeSet<&'static str>,
        watchdog: &mut Watchdog,
    ) -> Result<RebuildReport, ViewsError> {
        let active = self.control.active(&self.fingerprint).await?;
        let active = active.ok_or(ViewsError::Building { done: 0, total: 0 })?;
        for left in self.control.generations().await? {
            if left.fingerprint == self.fingerprint && left.state == State::Rebuilding {
                self.discard(&left.id).await?;
            }
        }
        let id = self.begin(State::Rebuilding).await?;
        drop(self.place.build(&id, &self.projections).await?);
        let (position, samples) = self.copy_unchanged(&active, &id, rebuilt).await?;
        let mut generation =
            Generation::open(self.place.build(&id, &self.projections).await?, &self.projections).await?;
        let skips = source::skips(&self.source, self.options.oversight_category, position).await?;
        note_skips(&mut generation, &skips);
        self.build_until(&mut generation, position, watchdog).await?;
        generation.flush().await?;
        let comparisons = compare(&mut generation, samples).await?;
        self.build_to_head(&mut generation, watchdog).await?;
        self.place.finish(&id, generation.position).await?;
        self.control.activate(&id, &self.fingerprint).await?;
        let names = self.projections.iter().map(|projection| projection.name());
        let (rebuilt, copied): (Vec<_>, Vec<_>) = names
            .map(str::to_owned)
            .partition(|name| rebuilt.contains(name.as_str()));
        tracing::info!(generation = id, ?rebuilt, %position, "views rebuilt");
        Ok(RebuildReport {
            rebuilt,
            copied,
            position,
            comparisons,
        })
    }

    /// Removes generations that nobody will use again. The one before the active one stays, and one of an older
    /// program, which may be started again.
    pub(super) async fn discard_old(&self, keep: usize) -> Result<(), ViewsError> {
        let (mut kept_own, mut kept_foreign) = (0, 0);
        for one in self.control.generations().await? {
            let own = one.fingerprint == self.fingerprint;
            if self.is_used(&one).await? {
                continue;
            }
            let kept = if own { &mut kept_own } else { &mut kept_foreign };
            if *kept < keep && matches!(one.state, State::Active | State::Retired) {
                *kept += 1;
            } else {
                self.discard(&one.id).await?;
            }
        }
        Ok(())
    }

    /// Whether somebody reads, writes or builds the generation, as far as leases tell.
    async fn is_used(&self, one: &Listed) -> Result<bool, ViewsError> {
        let own = one.fingerprint == self.fingerprint;
        match one.state {
            State::Rebuilding => self.control.is_leased(&lease::rebuild(&one.fingerprint)).await,
            State::Active | State::Building if own => Ok(true),
            State::Retired if own => Ok(false),
            _ => self.control.is_leased(&lease::worker(&one.fingerprint)).await,
        }
    }

    /// Removes every generation of this journal, also those of other programs: what they show is no more.
    pub async fn discard_all(&self) -> Result<(), ViewsError> {
        let journal = self.journal_id();
        for one in self.control.generations().await? {
            if one.journal == journal {
                self.discard(&one.id).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn discard(&self, id: &str) -> Result<(), ViewsError> {
        tracing::info!(generation = id, "removing views");
        self.place.remove(id).await?;
        self.control.unlist(id).await
    }

    /// Lists a new generation.
    async fn begin(&self, state: State) -> Result<String, ViewsError> {
        // Never a name used before: whoever still has that generation open must notice that it is another one.
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let id = format!("{}-{}", self.fingerprint, unique.get(..8).unwrap_or_default());
        let fingerprint = self.fingerprint.clone();
        self.control
            .list(&Listed {
                id: id.clone(),
                fingerprint,
                journal: self.journal_id(),
                state,
                boot: boot(),
            })
            .await?;
        Ok(id)
    }

    /// Copies the projections that are the same in both generations, except those to be built again.
    async fn copy_unchanged(
        &self,
        donor: &str,
        target: &str,
        rebuilt: &BTreeSet<&'static str>,
    ) -> Result<(Position, Vec<Sample>), ViewsError> {
        let theirs = self.place.connect(donor, 1).await?;
        let standing = reading::standing(&theirs).await?;
        theirs.close().await?;
        let mut plan = CopyPlan {
            copied: Vec::new(),
            sampled: Vec::new(),
        };
        for projection in &self.projections {
            let shape = super::shape(&**projection);
            let same = |theirs: &&super::store::LaneStanding| {
                theirs.name == projection.name() && theirs.version == projection.version() && theirs.shape == shape
            };
            if let Some(theirs) = standing.projections.iter().find(same) {
                if rebuilt.contains(projection.name()) {
                    plan.sampled.extend(projection.tables());
                } else if theirs.failed.is_none() {
                    plan.copied.push((projection.name(), projection.tables()));
                }
            }
        }
        if standing.position > self.source.journal.head().await?.position {
            return Ok((Position::START, Vec::new()));
        }
        let copied = self.place.copy(donor, target, &plan).await?;
        Ok((copied.position, copied.samples))
    }

    /// Folds up to the end of the journal and makes the indexes.
    async fn build_to_head(&self, generation: &mut Generation<E>, watchdog: &mut Watchdog) -> Result<(), ViewsError> {
        loop {
            let head = self.source.journal.head().await?.position;
            self.build_until(generation, head, watchdog).await?;
            let head = self.source.journal.head().await?.position;
            if generation.indexed() {
                return generation.flush().await;
            }
            if head.0 - generation.position.0 < NEAR {
                generation.finish().await?;
            }
        }
    }

    /// Folds up to a position, in memory as long as the rows fit.
    async fn build_until(
        &self,
        generation: &mut Generation<E>,
        end: Position,
        watchdog: &mut Watchdog,
    ) -> Result<(), ViewsError> {
        self.building.1.store(end.0, Ordering::Relaxed);
        let mut batches = self
            .source
            .read(generation.position, Until::Position(end), ReadFilter::default());
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            watchdog.check()?;
            generation.offer(&batch.events, batch.last).await?;
            self.building.0.store(batch.last.0, Ordering::Relaxed);
            if generation.held_rows() > self.options.buffered_rows {
                generation.flush().await?;
                generation.forget_rows();
            }
        }
        Ok(())
    }
}

/// How the rows came out, against those that were looked at before.
async fn compare<E: 'static>(
    generation: &mut Generation<E>,
    taken: Vec<Sample>,
) -> Result<Vec<Comparison>, ViewsError> {
    let mut comparisons = Vec::new();
    for Sample { table, count, rows } in taken {
        let mut different = Vec::new();
        let sampled = rows.len() as u64;
        for row in rows {
            let Some(key) = row.get(table.key).and_then(crate::projection::Key::of) else {
                continue;
            };
            let now = generation
                .store
                .rows(&table, table.key_column(), std::slice::from_ref(&key))
                .await?;
            if now.first() != Some(&row) {
                different.push(key.to_string());
            }
        }
        let rows_after = generation.store.count(&table).await?;
        let table = table.name.to_owned();
        comparisons.push(Comparison {
            table,
            rows_before: count,
            rows_after,
            sampled,
            different,
        });
    }
    Ok(comparisons)
}

/// Names the machine's current boot; without one, every start counts as another boot.
pub(super) fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map_or_else(|_| uuid::Uuid::new_v4().to_string(), |boot| boot.trim().to_owned())
}
