//! A generation being written: events in, rows out.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use journal::Position;

use super::{
    ViewsError,
    store::{Standing, Store, Write},
};
use crate::{
    Recorded,
    projection::{Failure, Key, Lane, Lookup, Need, Note, Parked, Projection, RowsOfTable, What},
};

/// All projections' lanes over one store. Only its writer has one.
pub(crate) struct Generation<E> {
    pub(crate) lanes: Vec<Lane<E>>,
    pub(crate) store: Box<dyn Store>,
    /// Offered to every lane; in memory.
    pub(crate) position: Position,
    /// As the store has it.
    stored: (Position, i64),
    indexed: bool,
    /// Indexes made before all others because a lookup needed them while the generation was being built.
    early: HashSet<(&'static str, &'static str)>,
}

impl<E: 'static> Generation<E> {
    /// Goes on where the store stands.
    pub(crate) async fn open(
        store: Box<dyn Store>,
        projections: &[Arc<dyn Projection<E>>],
    ) -> Result<Self, ViewsError> {
        let lanes = projections.iter().cloned().map(Lane::new).collect();
        let (position, stored) = (Position::START, (Position::START, 0));
        let mut generation = Self {
            lanes,
            store,
            position,
            stored,
            indexed: false,
            early: HashSet::new(),
        };
        generation.reset().await?;
        Ok(generation)
    }

    /// Throws away what is in memory and reads where the store stands.
    pub(crate) async fn reset(&mut self) -> Result<(), ViewsError> {
        let standing = self.store.standing().await?;
        self.position = standing.position;
        self.stored = (standing.position, standing.revision);
        self.indexed = standing.indexed;
        for lane in &mut self.lanes {
            stand(lane, &standing);
        }
        Ok(())
    }

    /// Folds the next events; everything up to `last` was looked at.
    pub(crate) async fn offer(&mut self, events: &[Recorded<E>], last: Position) -> Result<(), ViewsError> {
        for at in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get(at) else { break };
            if lane.stopped.is_none() && lane.folded < last {
                let plan = lane.plan(events);
                self.load(at, plan.needs()).await?;
                if let Some(lane) = self.lanes.get_mut(at) {
                    lane.fold(events, plan);
                    lane.advance(last);
                }
            }
        }
        self.position = self.position.max(last);
        Ok(())
    }

    /// Folds events that waited in one lane, after they were released.
    pub(crate) async fn offer_released(&mut self, at: usize, events: &[Recorded<E>]) -> Result<(), ViewsError> {
        let Some(lane) = self.lanes.get(at) else { return Ok(()) };
        let plan = lane.plan_released(events);
        self.load(at, plan.needs()).await?;
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.fold(events, plan);
        }
        Ok(())
    }

    /// Writes everything that changed. Afterwards nothing is lost whatever happens to this process.
    pub(crate) async fn flush(&mut self) -> Result<(), ViewsError> {
        let mut notes = Vec::new();
        let mut tables = Vec::new();
        for lane in &mut self.lanes {
            let name = lane.projection.name();
            notes.extend(lane.notes.drain(..).map(|note| (name, note)));
            let changed = lane
                .rows
                .tables_mut()
                .iter_mut()
                .filter(|table| table.buffer.dirty() > 0);
            tables.extend(changed.map(|RowsOfTable { spec, buffer }| (&*spec, &mut **buffer)));
        }
        let nothing = notes.is_empty() && tables.is_empty() && self.position == self.stored.0;
        if nothing {
            return Ok(());
        }
        let write = Write {
            from: self.stored,
            to: self.position,
            indexed: self.indexed,
            tables,
            notes,
        };
        self.store.write(write).await?;
        self.stored = (self.position, self.stored.1 + 1);
        for lane in &mut self.lanes {
            lane.rows.settle();
        }
        Ok(())
    }

    /// Number of rows in memory.
    pub(crate) fn held_rows(&self) -> usize {
        self.lanes.iter().map(|lane| lane.rows.len()).sum()
    }

    /// Frees the memory of the rows; call it after [`Generation::flush`].
    pub(crate) fn forget_rows(&mut self) {
        for lane in &mut self.lanes {
            lane.complete = false;
            lane.rows.clear();
        }
    }

    /// Makes all indexes; from now on the generation can be queried.
    pub(crate) async fn finish(&mut self) -> Result<(), ViewsError> {
        self.flush().await?;
        if self.indexed {
            return Ok(());
        }
        for lane in &self.lanes {
            for table in lane.rows.tables() {
                for columns in &table.spec.indexes {
                    self.store.create_index(&table.spec, columns).await?;
                }
            }
        }
        self.indexed = true;
        let write = Write {
            from: self.stored,
            to: self.position,
            indexed: true,
            tables: Vec::new(),
            notes: Vec::new(),
        };
        self.store.write(write).await?;
        self.stored.1 += 1;
        Ok(())
    }

    pub(crate) fn indexed(&self) -> bool {
        self.indexed
    }

    pub(crate) fn lane(&self, projection: &str) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.projection.name() == projection)
    }

    /// Loads what a page needs and the buffers do not hold: one query per table and column.
    async fn load(&mut self, at: usize, needs: &[Need]) -> Result<(), ViewsError> {
        let Some(lane) = self.lanes.get_mut(at) else {
            return Ok(());
        };
        let complete = lane.complete;
        for RowsOfTable { spec, buffer } in lane.rows.tables_mut() {
            let mut keys = BTreeSet::new();
            let mut lookups = BTreeSet::new();
            for need in needs.iter().filter(|need| need.entity == spec.entity) {
                match &need.what {
                    What::Row(key) if !buffer.knows(key) => {
                        keys.insert(key.clone());
                    }
                    What::Matching(column, value) => {
                        let lookup = Lookup {
                            column,
                            value: value.clone(),
                        };
                        if !buffer.knows_lookup(&lookup) {
                            lookups.insert(lookup);
                        }
                    }
                    What::Row(_) => {}
                }
            }
            if !complete && !keys.is_empty() {
                let keys = keys.iter().cloned().collect::<Vec<_>>();
                for row in self.store.rows(spec, spec.key_column(), &keys).await? {
                    buffer.load(row)?;
                }
            }
            for key in keys {
                buffer.asked(key);
            }
            let mut lookups = lookups.into_iter().peekable();
            while let Some(column) = lookups.peek().map(|lookup| lookup.column) {
                let mut values: Vec<Key> = Vec::new();
                while let Some(lookup) = lookups.next_if(|lookup| lookup.column == column) {
                    values.push(lookup.value);
                }
                if !complete {
                    if !self.indexed && self.early.insert((spec.name, column)) {
                        self.store.create_index(spec, &[column]).await?;
                    }
                    for row in self.store.rows(spec, column, &values).await? {
                        buffer.load(row)?;
                    }
                }
                for value in values {
                    buffer.asked_lookup(Lookup { column, value });
                }
            }
        }
        Ok(())
    }
}

/// Sets a lane to where the store stands.
fn stand<E: 'static>(lane: &mut Lane<E>, standing: &Standing) {
    let name = lane.projection.name();
    let stored = standing.projections.iter().find(|stored| stored.name == name);
    let failed = stored.and_then(|stored| stored.failed.clone());
    lane.rows.clear();
    lane.notes.clear();
    lane.parked.clear();
    lane.folded = standing
        .position
        .max(stored.map_or(Position::START, |stored| stored.folded));
    lane.complete = standing.position == Position::START && lane.folded == Position::START;
    lane.stopped = failed.map(|(position, error)| {
        lane.folded = Position(position.0.saturating_sub(1));
        Failure { position, error }
    });
    for held in standing.parked.iter().filter(|held| held.projection == name) {
        let parked = lane.parked.entry(held.partition.clone());
        let parked = parked.or_insert_with(|| Parked {
            error: held.error.clone(),
            held: BTreeSet::new(),
        });
        parked.held.insert(held.position);
    }
    let skips = standing.skips.iter().filter(|(projection, _)| projection == name);
    lane.skips = skips.map(|(_, position)| *position).collect();
}

/// Notes skips that were decided before the generation's position reached the events.
pub(crate) fn note_skips<E: 'static>(generation: &mut Generation<E>, skips: &[(String, Position)]) {
    for (projection, position) in skips {
        if let Some(at) = generation.lane(projection)
            && let Some(lane) = generation.lanes.get_mut(at)
            && lane.skips.insert(*position)
        {
            lane.notes.push(Note::Skip(*position));
        }
    }
}
