//! One record's past, from its stream alone: how it stood, what each event made of it, and what differs between two
//! points. The API and the command line tell the same.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    Event,
    fields::{FieldDifference, Fields},
};
use engine::{Basis, Codec, LoadError};
use journal::{EventHeader, Journal, Position, RecordedEvent, StreamId, Timestamp, Version};

/// Events read from a stream at a time.
const PAGE: usize = 512;
/// Events between two points at most: whoever compares points further apart than that learns nothing from a list.
pub const MAX_BETWEEN: usize = 1_000;

/// A point in a record's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A moment: what it means depends on the basis.
    Moment(DateTime<Utc>),
    /// As the journal stood at this position.
    Position(Position),
    /// After this event of the record.
    Version(Version),
    Now,
}

impl Point {
    fn admits(self, header: &EventHeader, basis: Basis) -> bool {
        match (self, basis) {
            (Self::Moment(moment), Basis::Effective) => header.occurred_at <= Timestamp::from(moment),
            (Self::Moment(moment), Basis::Recorded) => header.recorded_at <= Timestamp::from(moment),
            (Self::Position(position), _) => header.position <= position,
            (Self::Version(version), _) => header.version <= version,
            (Self::Now, _) => true,
        }
    }
}

/// A record at a point: the last event that counts ([`Version::NONE`]: it did not exist), and its fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    pub version: Version,
    pub fields: Fields,
}

/// Two states, and what lies between them.
#[derive(Debug, Clone)]
pub struct Comparison {
    pub from: State,
    pub to: State,
    pub differences: Vec<Explained>,
    /// The events that count for one of the states only, in order.
    pub events: Vec<RecordedEvent>,
}

/// A difference, and the events (their places in [`Comparison::events`]) that made it.
#[derive(Debug, Clone)]
pub struct Explained {
    pub difference: FieldDifference,
    pub events: Vec<usize>,
}

/// Why two points cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    #[error("more than {MAX_BETWEEN} events lie between the two points: choose nearer ones")]
    TooFarApart,
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// The stream of a record, read from its beginning.
pub struct Past<'j> {
    pub journal: &'j dyn Journal,
    pub codec: &'j Codec<Event>,
    pub stream: &'j StreamId,
}

impl Past<'_> {
    /// How it stood at a point; `None` when nothing had happened to it.
    pub async fn at(&self, point: Point, basis: Basis) -> Result<Option<State>, LoadError> {
        let mut state = State::default();
        self.each(|recorded, event| {
            if point.admits(&recorded.header, basis) {
                state.fields.apply(event);
                state.version = recorded.header.version;
            }
            Ok::<_, LoadError>(())
        })
        .await?;
        Ok((state.version > Version::NONE).then_some(state))
    }

    /// What each event after `after`, up to `last`, made of the record.
    pub async fn steps(
        &self,
        after: Version,
        last: Version,
    ) -> Result<BTreeMap<Version, Vec<FieldDifference>>, LoadError> {
        let (mut fields, mut steps) = (Fields::default(), BTreeMap::new());
        self.each(|recorded, event| {
            let version = recorded.header.version;
            if version <= after {
                fields.apply(event);
            } else if version <= last {
                steps.insert(version, fields.step(event));
            }
            Ok::<_, LoadError>(())
        })
        .await?;
        Ok(steps)
    }

    /// What differs between two points; `None` when nothing ever happened to it.
    pub async fn compare(&self, from: Point, to: Point, basis: Basis) -> Result<Option<Comparison>, CompareError> {
        let (mut before, mut after) = (State::default(), State::default());
        let mut events: Vec<RecordedEvent> = Vec::new();
        let mut makers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut exists = false;
        self.each(|recorded, event| {
            exists = true;
            let mut steps = Vec::with_capacity(2);
            for (point, state) in [(from, &mut before), (to, &mut after)] {
                if point.admits(&recorded.header, basis) {
                    steps.push(state.fields.step(event));
                    state.version = recorded.header.version;
                }
            }
            if let [step] = steps.as_slice() {
                if events.len() == MAX_BETWEEN {
                    return Err(CompareError::TooFarApart);
                }
                for made in step {
                    makers.entry(made.field.clone()).or_default().push(events.len());
                }
                events.push(recorded.clone());
            }
            Ok(())
        })
        .await?;
        let explained = |difference: FieldDifference| Explained {
            events: makers.remove(&difference.field).unwrap_or_default(),
            difference,
        };
        let differences = before.fields.differences(&after.fields).into_iter().map(explained);
        Ok(exists.then(|| Comparison {
            differences: differences.collect(),
            from: before,
            to: after,
            events,
        }))
    }

    async fn each<E: From<LoadError>>(
        &self,
        mut see: impl FnMut(&RecordedEvent, &Event) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = Version::NONE;
        loop {
            let page = self.journal.read_stream(self.stream, after, PAGE).await;
            let page = page.map_err(LoadError::from)?;
            let opened = self.codec.open_all(&page).await.map_err(LoadError::from)?;
            for (recorded, opened) in page.iter().zip(&opened) {
                see(recorded, &opened.event)?;
                after = recorded.header.version;
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }
}
