//! Several aggregates decide, one append carries all their events: all or nothing.

use std::{convert::Infallible, sync::Arc};

use chrono::{DateTime, Utc};
use cqrs_es::{Aggregate, event_sink::EventSink};
use futures::FutureExt as _;
use journal::{
    AppendBatch, AppendError, CommandKey, Expected, Fingerprint, NewEvent, StreamCheck, StreamId, StreamWrite,
    Timestamp, Version,
};
use serde::Serialize;
use tokio::task::unconstrained;
use uuid::Uuid;

use super::{Clash, CommandBus, CommandContext, CommandError, Outcome, cache::AnyAggregate, loading::Loaded};
use crate::recorded::Recorded;

/// Things that stand for each other, one for the next, at most.
const LONGEST_CHAIN: usize = 16;
/// Events of a history read at a time.
const HISTORY_PAGE: usize = 512;

/// A unit of work in progress. Dropping it leaves no trace.
pub struct UnitOfWork<'b, E> {
    bus: &'b CommandBus<E>,
    context: CommandContext,
    fingerprint: Fingerprint,
    staged: Vec<Staged>,
    checks: Vec<StreamCheck>,
    /// Set when it turns out that the command was taken before: everything else is moot.
    first_answer: Option<Outcome>,
    /// How many persons had been erased at the start.
    erasures: u64,
    /// Whether an aggregate that is not warm is taken for one that does not exist until that turns out wrong.
    hopeful: bool,
    /// The version that the client saw of the first aggregate, where more has happened and may be borne.
    outdated: Option<Version>,
    /// Whether everything is decided and nothing written, no key either.
    rehearsal: bool,
}

/// An aggregate as it stands within the unit.
struct Staged {
    stream: StreamId,
    loaded_at: Version,
    warm: bool,
    /// Whoever gives the command may not know of it: it stands here as if it did not exist.
    hidden: bool,
    aggregate: AnyAggregate,
    events: Vec<NewEvent>,
}

/// How an append ended, when nothing failed.
pub(super) enum Committed {
    Yes(Outcome),
    Conflict(Conflict),
}

pub(super) struct Conflict {
    pub(super) stream: StreamId,
    pub(super) expected: Expected,
    pub(super) current: Version,
    pub(super) clashes: Vec<Clash>,
}

/// An aggregate after its decision, and what it decided.
type Decided<A> = (A, Vec<<A as Aggregate>::Event>);

enum Undecided<R> {
    Refused(R),
    NotSynchronous,
}

impl<'b, E> UnitOfWork<'b, E> {
    pub(super) fn new(bus: &'b CommandBus<E>, context: CommandContext, fingerprint: Fingerprint) -> Self {
        let erasures = bus.codec.keys().erasures();
        Self {
            bus,
            context,
            fingerprint,
            staged: Vec::new(),
            checks: Vec::new(),
            first_answer: None,
            erasures,
            hopeful: false,
            outdated: None,
            rehearsal: false,
        }
    }

    /// Lets everything be decided only: what is decided is not sealed, so that nobody gets a key for it, and the unit
    /// cannot be committed.
    pub fn rehearsing(self) -> Self {
        Self {
            rehearsal: true,
            ..self
        }
    }

    /// Spares reading the streams of aggregates that are being made, which is what most commands on a cold aggregate
    /// do. Another one refuses in its empty state, and is then loaded; or its append conflicts, and whoever commits
    /// must be ready to decide again without this.
    pub(super) fn hopeful(self, hopeful: bool) -> Self {
        Self { hopeful, ..self }
    }

    /// Lets an aggregate decide; it sees what was decided in this unit before. Its events happened at the context's
    /// time.
    pub async fn run<A>(&mut self, id: Uuid, command: A::Command) -> Result<(), CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Event: Into<E>,
        A::Command: Serialize + Clone,
    {
        let occurred_at = self.context.occurred_at.unwrap_or_else(|| self.bus.clock.now());
        self.run_at::<A>(id, command, occurred_at).await
    }

    /// [`UnitOfWork::run`] for events that happened at a time of their own.
    pub async fn run_at<A>(
        &mut self,
        id: Uuid,
        command: A::Command,
        occurred_at: DateTime<Utc>,
    ) -> Result<(), CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Event: Into<E>,
        A::Command: Serialize + Clone,
    {
        if self.first_answer.is_some() {
            return Ok(());
        }
        let index = self.stage::<A>(id).await?;
        if index == 0 && !self.meets_expected_version::<A>().await? {
            return Ok(());
        }
        let Some((aggregate, events)) = self.decide::<A>(index, command).await? else {
            return Ok(());
        };
        if index == 0 {
            self.bear_others(&events).await?;
        }
        if self.rehearsal {
            for event in &events {
                self.bus.codec.rehearse(event).await?;
            }
            self.staged[index].aggregate = Arc::new(aggregate);
            return Ok(());
        }
        for event in events {
            let event_id = self.bus.ids.next(self.bus.clock.now());
            let encoded = self
                .bus
                .codec
                .encode(&event, event_id, Timestamp::from(occurred_at))
                .await?;
            self.staged[index].events.push(encoded);
        }
        self.staged[index].aggregate = Arc::new(aggregate);
        Ok(())
    }

    /// [`UnitOfWork::run`]; where the aggregate refuses because another one stands for it, that one decides. Which one
    /// did is the answer. See [`CommandBus::execute_following`].
    pub async fn run_following<A>(
        &mut self,
        id: Uuid,
        command: A::Command,
        successor: &(impl Fn(&A::Error) -> Option<Uuid> + Sync),
    ) -> Result<Uuid, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Event: Into<E>,
        A::Command: Serialize + Clone,
    {
        let mut id = id;
        for _ in 0..LONGEST_CHAIN {
            let refusal = match self.run::<A>(id, command.clone()).await {
                Err(CommandError::Refused(refusal)) => refusal,
                taken => return taken.map(|()| id),
            };
            match successor(&refusal) {
                Some(next) if self.context.expected_version.is_none() => id = next,
                _ => return Err(CommandError::Refused(refusal)),
            }
        }
        self.run::<A>(id, command).await.map(|()| id)
    }

    /// Looks at an aggregate without asking anything of it; the commit depends on how it stands.
    pub async fn see<A>(&mut self, id: Uuid) -> Result<A, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
    {
        let index = self.stage::<A>(id).await?;
        self.staged_as::<A>(index).cloned()
    }

    /// [`UnitOfWork::see`] for rules that hold whoever asks: also what they may not know of.
    pub async fn see_whoever_asks<A>(&mut self, id: Uuid) -> Result<A, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
    {
        let sight = self.context.sight.take();
        let seen = self.see(id).await;
        self.context.sight = sight;
        seen
    }

    /// The aggregate as it stands within this unit, when it took part in it.
    pub fn standing<A: Aggregate + 'static>(&self, id: Uuid) -> Option<&A> {
        let same = |staged: &&Staged| staged.stream.id == id && *staged.stream.category == *A::TYPE;
        self.staged.iter().find(same)?.aggregate.downcast_ref()
    }

    /// Makes the commit depend on a stream that this unit does not write.
    pub fn check(&mut self, stream: StreamId, expected: Expected) {
        self.checks.push(StreamCheck { stream, expected });
    }

    /// Appends everything. A unit that led to no event is remembered as taken, too.
    pub async fn commit(self) -> Result<Outcome, CommandError<Infallible>> {
        let bus = self.bus;
        match self.append().await? {
            Committed::Yes(outcome) => Ok(outcome),
            Committed::Conflict(conflict) => Err(bus.conflict(conflict).await),
        }
    }

    pub(super) async fn append<R>(self) -> Result<Committed, CommandError<R>> {
        let Self {
            bus,
            context,
            fingerprint,
            staged,
            checks,
            first_answer,
            erasures,
            hopeful,
            outdated: _,
            rehearsal,
        } = self;
        if rehearsal {
            return Err(CommandError::Invalid("it was rehearsed only".to_owned()));
        }
        if let Some(answer) = first_answer {
            return Ok(Committed::Yes(answer));
        }
        let hidden: Vec<StreamId> = staged
            .iter()
            .filter(|staged| staged.hidden)
            .map(|staged| staged.stream.clone())
            .collect();
        let mut decided = Vec::with_capacity(staged.len());
        let mut batch = AppendBatch {
            command: CommandKey {
                issuer: context.issuer,
                id: context.command_id,
            },
            fingerprint,
            actor: context.actor,
            correlation_id: context.correlation_id.unwrap_or(context.command_id),
            causation_id: context.causation_id,
            now: bus.clock.now().into(),
            writes: Vec::with_capacity(staged.len()),
            checks,
        };
        for Staged {
            stream,
            loaded_at,
            aggregate,
            events,
            ..
        } in staged
        {
            let expected = Expected::Exact(loaded_at);
            if events.is_empty() {
                batch.checks.push(StreamCheck { stream, expected });
            } else {
                decided.push((stream.clone(), aggregate, Version(loaded_at.0 + events.len() as u64)));
                batch.writes.push(StreamWrite {
                    stream,
                    expected,
                    events,
                });
            }
        }
        match bus.journal.append(batch).await {
            Ok(appended) => {
                if !appended.replayed {
                    for (stream, aggregate, version) in decided {
                        bus.warm.put(&stream, aggregate, version, erasures);
                    }
                }
                Ok(Committed::Yes(appended.into()))
            }
            // Neither its version nor what happened to it is for whoever asks.
            Err(AppendError::WrongVersion { stream, .. }) if hidden.contains(&stream) => {
                Err(CommandError::NotFound { stream })
            }
            Err(AppendError::WrongVersion {
                stream,
                expected,
                current,
            }) => {
                if hopeful {
                    bus.warm.forget(&stream);
                } else {
                    bus.warm.contended(&stream);
                }
                Ok(Committed::Conflict(Conflict {
                    stream,
                    expected,
                    current,
                    clashes: Vec::new(),
                }))
            }
            Err(error) => {
                // Whether it was appended may be unknown now.
                for (stream, ..) in &decided {
                    bus.warm.forget(stream);
                }
                Err(CommandError::from_append(error))
            }
        }
    }

    /// The aggregate's place among the staged; loads it the first time.
    async fn stage<A>(&mut self, id: Uuid) -> Result<usize, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
    {
        let same = |staged: &Staged| staged.stream.id == id && *staged.stream.category == *A::TYPE;
        if let Some(index) = self.staged.iter().position(same) {
            return Ok(index);
        }
        let stream = StreamId::new(A::TYPE, id);
        let hidden = self.is_hidden(&stream).await?;
        let Loaded {
            aggregate,
            version,
            warm,
        } = if hidden {
            Loaded::<A>::none()
        } else if self.hopeful {
            self.bus.warm_or_new::<A>(&stream)
        } else {
            self.bus.load_warm::<A>(&stream).await?
        };
        self.staged.push(Staged {
            stream,
            loaded_at: version,
            warm,
            hidden,
            aggregate,
            events: Vec::new(),
        });
        Ok(self.staged.len() - 1)
    }

    async fn is_hidden<R>(&self, stream: &StreamId) -> Result<bool, CommandError<R>> {
        match &self.context.sight {
            Some(sight) => Ok(!sight.sees(stream).await.map_err(CommandError::Invalid)?),
            None => Ok(false),
        }
    }

    /// Decides on a copy. `None` when the command was taken before.
    async fn decide<A>(
        &mut self,
        index: usize,
        command: A::Command,
    ) -> Result<Option<Decided<A>>, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Command: Clone,
    {
        let mut decided = decide(self.staged_as::<A>(index)?, command.clone());
        if decided.is_err() && self.refresh::<A>(index).await? {
            decided = decide(self.staged_as::<A>(index)?, command);
        }
        match decided {
            Ok(decided) => Ok(Some(decided)),
            // Refusals are not remembered; but a command that was taken may be refused now because it was taken.
            Err(_) if self.was_taken_before().await? => Ok(None),
            Err(undecided) => Err(undecided.into_error::<A>()),
        }
    }

    /// Whether the first aggregate is where the client saw it. `false` when that is moot: the command was taken before.
    async fn meets_expected_version<A>(&mut self) -> Result<bool, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
    {
        let Some(expected) = self.context.expected_version else {
            return Ok(true);
        };
        if !self.staged[0].events.is_empty() || self.staged[0].loaded_at == expected {
            return Ok(true);
        }
        if self.was_taken_before().await? {
            return Ok(false);
        }
        self.refresh::<A>(0).await?;
        let Staged { stream, loaded_at, .. } = &self.staged[0];
        let (stream, current) = (stream.clone(), *loaded_at);
        if current == expected {
            return Ok(true);
        }
        if current == Version::NONE {
            return Err(CommandError::NotFound { stream });
        }
        if self.context.beside.is_some() && current > expected {
            self.outdated = Some(expected);
            return Ok(true);
        }
        Err(self
            .bus
            .conflict(Conflict {
                stream,
                expected: Expected::Exact(expected),
                current,
                clashes: Vec::new(),
            })
            .await)
    }

    /// Where the client has not seen all that happened: whether what was decided may stand beside it.
    async fn bear_others<F, R>(&mut self, decided: &[F]) -> Result<(), CommandError<R>>
    where
        F: Into<E> + Clone,
    {
        let Some(expected) = self.outdated else {
            return Ok(());
        };
        let Staged { stream, loaded_at, .. } = &self.staged[0];
        let (stream, current) = (stream.clone(), *loaded_at);
        let own = self.context.beside.clone().unwrap_or_default();
        let (mut seen, mut meanwhile) = (Vec::new(), Vec::new());
        let mut read = Version::NONE;
        while read < current {
            let limit = HISTORY_PAGE.min((current.0 - read.0) as usize);
            let page = self.bus.history(&stream, read, limit).await?;
            let Some(last) = page.last() else { break };
            read = last.header.version;
            for Recorded { header, event, .. } in page {
                if header.version <= expected {
                    seen.push(event);
                } else {
                    meanwhile.push((event, own.contains(&header.command_id)));
                }
            }
        }
        let decided: Vec<E> = decided.iter().cloned().map(Into::into).collect();
        let clashes = self.bus.merging.clashes(&seen, &meanwhile, &decided);
        if clashes.is_empty() {
            return Ok(());
        }
        let expected = Expected::Exact(expected);
        Err(self
            .bus
            .conflict(Conflict {
                stream,
                expected,
                current,
                clashes,
            })
            .await)
    }

    async fn was_taken_before<R>(&mut self) -> Result<bool, CommandError<R>> {
        let key = CommandKey {
            issuer: self.context.issuer.clone(),
            id: self.context.command_id,
        };
        self.first_answer = self.bus.first_answer(&key, self.fingerprint).await?;
        Ok(self.first_answer.is_some())
    }

    /// Brings a warm aggregate up to date; whether it had been stale.
    async fn refresh<A>(&mut self, index: usize) -> Result<bool, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
    {
        let staged = &self.staged[index];
        if !staged.warm || !staged.events.is_empty() {
            return Ok(false);
        }
        let Loaded { aggregate, version, .. } = self.bus.load_current::<A>(&staged.stream).await?;
        let was_stale = version != staged.loaded_at;
        let staged = &mut self.staged[index];
        (staged.aggregate, staged.loaded_at, staged.warm) = (aggregate, version, false);
        Ok(was_stale)
    }

    fn staged_as<A>(&self, index: usize) -> Result<&A, CommandError<A::Error>>
    where
        A: Aggregate + 'static,
    {
        let staged = &self.staged[index];
        let two_types = || CommandError::Invalid(format!("{} is used as two kinds of aggregate", staged.stream));
        staged.aggregate.downcast_ref().ok_or_else(two_types)
    }
}

impl<R> Undecided<R> {
    fn into_error<A: Aggregate<Error = R>>(self) -> CommandError<R> {
        match self {
            Self::Refused(refusal) => CommandError::Refused(refusal),
            Self::NotSynchronous => CommandError::NotSynchronous(A::TYPE),
        }
    }
}

/// A refusal may leave a cqrs-es aggregate half changed, so the copy decides.
fn decide<A>(aggregate: &A, command: A::Command) -> Result<Decided<A>, Undecided<A::Error>>
where
    A: Aggregate<Services = ()> + Clone,
{
    let mut after = aggregate.clone();
    let sink = EventSink::default();
    // The sink's lock is tokio's: in a task that has used up its budget it would ask to yield, though nobody holds it.
    let decided = unconstrained(after.handle(command, &(), &sink))
        .now_or_never()
        .ok_or(Undecided::NotSynchronous)?;
    decided.map_err(Undecided::Refused)?;
    let events = unconstrained(sink.collect())
        .now_or_never()
        .ok_or(Undecided::NotSynchronous)?;
    Ok((after, events))
}
