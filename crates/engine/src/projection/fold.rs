//! Folding events into the rows of one projection, with what failed events hold back.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use journal::Position;

use super::{Needs, Projection, ProjectionError, Rows, needs::Need};
use crate::Recorded;

/// One projection with its buffered rows and what stands in its way.
pub(crate) struct Lane<E> {
    pub(crate) projection: Arc<dyn Projection<E>>,
    pub(crate) rows: Rows,
    /// Everything up to here is in the rows, or parked, or skipped. Ahead of the generation's position where the rows
    /// were copied from another generation, behind it where the projection has stopped.
    pub(crate) folded: Position,
    pub(crate) stopped: Option<Failure>,
    /// What waits, by partition: in the order of positions, the failed event first.
    pub(crate) parked: HashMap<String, Parked>,
    /// Events to pass over.
    pub(crate) skips: HashSet<Position>,
    /// Every row there is is in `rows`: what is not there need not be looked for.
    pub(crate) complete: bool,
    /// Changes of the above that the store does not know yet.
    pub(crate) notes: Vec<Note>,
}

/// Where and why something failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) position: Position,
    pub(crate) error: String,
}

/// A partition that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parked {
    pub(crate) error: String,
    /// The failed event and everything later of this partition.
    pub(crate) held: BTreeSet<Position>,
}

/// A change of a lane's standing, for the store to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    Stopped(Failure),
    /// No longer stopped.
    Resumed,
    Parked {
        partition: String,
        error: String,
    },
    Held {
        partition: String,
        position: Position,
    },
    /// Nothing of the partition waits any more.
    Released {
        partition: String,
    },
    Skip(Position),
}

/// What a page needs of one projection: the needs, and whose they are.
pub(crate) struct Plan {
    needs: Needs,
    /// By index of the event in the page; `None` where the projection is not to see the event.
    events: Vec<Option<Planned>>,
}

enum Planned {
    Needs(Range<usize>),
    Failed(ProjectionError),
}

impl Plan {
    pub(crate) fn needs(&self) -> &[Need] {
        self.needs.list()
    }
}

impl<E: 'static> Lane<E> {
    pub(crate) fn new(projection: Arc<dyn Projection<E>>) -> Self {
        Self {
            rows: Rows::new(projection.tables()),
            projection,
            folded: Position::START,
            stopped: None,
            parked: HashMap::new(),
            skips: HashSet::new(),
            complete: false,
            notes: Vec::new(),
        }
    }

    /// Asks the projection what it needs for those of the events that it is to see.
    pub(crate) fn plan(&self, events: &[Recorded<E>]) -> Plan {
        let mut needs = Needs::default();
        let events = events.iter().map(|event| self.plan_one(event, &mut needs)).collect();
        Plan { needs, events }
    }

    fn plan_one(&self, event: &Recorded<E>, needs: &mut Needs) -> Option<Planned> {
        let position = event.header.position;
        if self.stopped.is_some() || position <= self.folded || self.skips.contains(&position) {
            return None;
        }
        let start = needs.len();
        match guarded(|| self.projection.needs(event, needs)) {
            Ok(()) => Some(Planned::Needs(start..needs.len())),
            Err(error) => {
                needs.truncate(start);
                Some(Planned::Failed(error))
            }
        }
    }

    /// Folds the events of the plan, whose needs are loaded.
    pub(crate) fn fold(&mut self, events: &[Recorded<E>], plan: Plan) {
        let Plan { needs, events: planned } = plan;
        for (event, planned) in events.iter().zip(planned) {
            let Some(planned) = planned else { continue };
            if self.stopped.is_some() {
                return;
            }
            self.fold_one(event, planned, &needs);
        }
    }

    /// Everything up to `position` was offered.
    pub(crate) fn advance(&mut self, position: Position) {
        if self.stopped.is_none() {
            self.folded = self.folded.max(position);
        }
    }

    fn fold_one(&mut self, event: &Recorded<E>, planned: Planned, needs: &Needs) {
        if !self.parked.is_empty()
            && let Some(partition) = self.partition(event)
            && self.parked.contains_key(&partition)
        {
            self.hold(partition, event.header.position);
            return;
        }
        if let Err(error) = self.apply(event, planned, needs) {
            self.fail(event, &error);
        }
    }

    fn apply(&mut self, event: &Recorded<E>, planned: Planned, needs: &Needs) -> Result<(), ProjectionError> {
        let range = match planned {
            Planned::Needs(range) => range,
            Planned::Failed(error) => return Err(error),
        };
        self.rows.begin(needs.list().get(range).unwrap_or_default());
        let Self { projection, rows, .. } = self;
        let outcome = guarded(|| projection.apply(event, rows)).and_then(|outcome| outcome);
        rows.end(outcome)
    }

    fn fail(&mut self, event: &Recorded<E>, error: &ProjectionError) {
        let position = event.header.position;
        let projection = self.projection.name();
        tracing::warn!(projection, %position, stream = %event.header.stream, %error, "a projection could not take an event");
        let error = error.to_string();
        if let Some(partition) = self.partition(event) {
            self.notes.push(Note::Parked {
                partition: partition.clone(),
                error: error.clone(),
            });
            self.parked.insert(
                partition.clone(),
                Parked {
                    error,
                    held: BTreeSet::new(),
                },
            );
            self.hold(partition, position);
        } else {
            // Everything before the failed event is in the rows.
            self.folded = Position(position.0 - 1);
            let failure = Failure { position, error };
            self.notes.push(Note::Stopped(failure.clone()));
            self.stopped = Some(failure);
        }
    }

    fn hold(&mut self, partition: String, position: Position) {
        if let Some(parked) = self.parked.get_mut(&partition) {
            parked.held.insert(position);
        }
        self.notes.push(Note::Held { partition, position });
    }

    /// The event's partition; a projection that panics here has none for this event.
    fn partition(&self, event: &Recorded<E>) -> Option<String> {
        guarded(|| self.projection.partition(event)).unwrap_or(None)
    }

    /// Lets a parked partition go, to be folded again. Returns what waited.
    pub(crate) fn release(&mut self, partition: &str) -> BTreeSet<Position> {
        let Some(parked) = self.parked.remove(partition) else {
            return BTreeSet::new();
        };
        self.notes.push(Note::Released {
            partition: partition.to_owned(),
        });
        parked.held
    }

    /// Lets a stopped projection go on, from the event that stopped it.
    pub(crate) fn resume(&mut self) {
        if self.stopped.take().is_some() {
            self.notes.push(Note::Resumed);
        }
    }

    /// Passes over the event from now on. Returns the partition that waits for it, if one does.
    pub(crate) fn skip(&mut self, position: Position) -> Option<String> {
        if self.skips.insert(position) {
            self.notes.push(Note::Skip(position));
        }
        let waiting = self.parked.iter().find(|(_, parked)| parked.held.contains(&position));
        waiting.map(|(partition, _)| partition.clone())
    }

    /// Folds events that waited, after [`Lane::release`]: their positions lie behind [`Lane::folded`].
    pub(crate) fn plan_released(&self, events: &[Recorded<E>]) -> Plan {
        let mut needs = Needs::default();
        let mut planned = Vec::with_capacity(events.len());
        for event in events {
            if self.skips.contains(&event.header.position) {
                planned.push(None);
                continue;
            }
            let start = needs.len();
            planned.push(Some(match guarded(|| self.projection.needs(event, &mut needs)) {
                Ok(()) => Planned::Needs(start..needs.len()),
                Err(error) => {
                    needs.truncate(start);
                    Planned::Failed(error)
                }
            }));
        }
        Plan { needs, events: planned }
    }
}

/// Runs a projection's code; a panic there is this projection's failure, not the process's.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, ProjectionError> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        ProjectionError::Panicked(text.unwrap_or_else(|| "without a message".to_owned()))
    })
}
