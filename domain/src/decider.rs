//! The shape of every aggregate: two pure, synchronous functions, and one newtype that speaks the standard traits.

use std::{fmt::Debug, ops::Deref};

use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Refusal;

/// The core of an aggregate: what it remembers, and the two functions over it.
pub trait Decider: Default + Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Name of the aggregate's streams in the journal; never changed once events exist.
    const TYPE: &'static str;

    type Command: Serialize + Clone + Send;
    type Event: DomainEvent;
    type Error: Refusal;

    /// What a command leads to here: events, none when the wish is already fulfilled, or a refusal.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Error>;

    /// Remembers what happened. Total: an event that is in the journal happened, whatever today's rules say.
    fn evolve(&mut self, event: &Self::Event);
}

/// Any [`Decider`] as a [`cqrs_es::Aggregate`].
///
/// The decision is taken on an unchanging view of the state, and the state moves only by the events of a decision that
/// was taken whole: a refusal leaves it as it was.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Root<D: Decider>(D);

impl<D: Decider> Root<D> {
    /// The state that a history leads to.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a D::Event>) -> Self
    where
        D::Event: 'a,
    {
        let mut state = D::default();
        events.into_iter().for_each(|event| state.evolve(event));
        Self(state)
    }
}

impl<D: Decider> Deref for Root<D> {
    type Target = D;

    fn deref(&self) -> &D {
        &self.0
    }
}

impl<D: Decider> Aggregate for Root<D> {
    const TYPE: &'static str = D::TYPE;

    type Command = D::Command;
    type Event = D::Event;
    type Error = D::Error;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        _services: &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        for event in self.0.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.0.evolve(&event);
    }
}
