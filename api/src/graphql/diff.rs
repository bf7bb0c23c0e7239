//! Two states of one record, compared field by field.

use async_graphql::{Context, ID, Object, OneofObject, SimpleObject};
use journal::{Position, Version};

use super::{
    errors::{ApiError, ApiResult},
    events::{self, Event},
    history,
    reading::TimeBasis,
    scalars::{BigInt, Json, Moment},
    session::Session,
    trail,
};
use crate::past::{CompareError, Past, Point, State};

/// A point in a record's past.
#[derive(Debug, Clone, Copy, OneofObject)]
pub enum RecordPoint {
    /// A moment, on the basis of the question.
    Moment(Moment),
    /// As the journal stood at this position.
    Position(BigInt),
    /// After the event of this version of the record; 0: before the first.
    Version(u32),
}

impl From<RecordPoint> for Point {
    fn from(point: RecordPoint) -> Self {
        match point {
            RecordPoint::Moment(Moment(moment)) => Self::Moment(moment),
            RecordPoint::Position(BigInt(position)) => Self::Position(Position(position)),
            RecordPoint::Version(version) => Self::Version(Version(version.into())),
        }
    }
}

/// A record at a point.
#[derive(Debug, Clone, SimpleObject)]
pub struct RecordState {
    /// Of the last event that counts; 0: the record did not exist.
    version: u32,
    exists: bool,
}

impl From<&State> for RecordState {
    fn from(state: &State) -> Self {
        Self {
            version: u32::try_from(state.version.0).unwrap_or(u32::MAX),
            exists: state.version > Version::NONE,
        }
    }
}

/// A field that differs.
#[derive(Debug, Clone, SimpleObject)]
pub struct FieldDifference {
    field: String,
    /// Null: it had no value.
    before: Json,
    after: Json,
    /// The events between the two points that touched it, oldest first.
    #[graphql(complexity = "5 * child_complexity")]
    events: Vec<Event>,
}

/// Two states of a record.
#[derive(Debug, Clone, SimpleObject)]
pub struct RecordDiff {
    /// `category:uuid`.
    stream: String,
    from: RecordState,
    to: RecordState,
    /// What differs, in the order of the fields' names.
    #[graphql(complexity = "20 * child_complexity")]
    fields: Vec<FieldDifference>,
    /// Every event that counts for one of the two states only, oldest first.
    #[graphql(complexity = "50 * child_complexity")]
    events: Vec<Event>,
}

#[derive(Default)]
pub struct DiffQueries;

#[Object]
impl DiffQueries {
    /// Two states of a record compared field by field, with the events that made each difference; null when nothing
    /// that you may know of ever happened to it. `id` is an object's id or a stream, `category:uuid`; without `to` the present is meant.
    ///
    /// On the basis EFFECTIVE a moment means everything that had happened by then, whenever we learned of it.
    #[graphql(complexity = "20 + child_complexity")]
    async fn diff(
        &self,
        ctx: &Context<'_>,
        id: ID,
        from: RecordPoint,
        to: Option<RecordPoint>,
        basis: Option<TimeBasis>,
    ) -> ApiResult<Option<RecordDiff>> {
        let application = ctx.application()?;
        let stream = history::stream_named(&id)?;
        if !ctx.sight()?.sees(&stream).await? {
            return Ok(None);
        }
        let past = Past {
            journal: application.journal.as_ref(),
            codec: &application.codec,
            stream: &stream,
        };
        let to = to.map_or(Point::Now, Point::from);
        let Some(comparison) = past.compare(from.into(), to, basis.unwrap_or_default().into()).await? else {
            return Ok(None);
        };
        let sees_persons = ctx.viewer()?.sees_persons();
        let events = events::shown(&application.codec, &comparison.events, sees_persons).await?;
        let fields = comparison.differences.into_iter().map(|explained| FieldDifference {
            field: explained.difference.field,
            before: trail::shown(explained.difference.before, sees_persons),
            after: trail::shown(explained.difference.after, sees_persons),
            events: explained
                .events
                .iter()
                .filter_map(|place| events.get(*place))
                .cloned()
                .collect(),
        });
        Ok(Some(RecordDiff {
            stream: stream.to_string(),
            from: (&comparison.from).into(),
            to: (&comparison.to).into(),
            fields: fields.collect(),
            events,
        }))
    }
}

impl From<CompareError> for ApiError {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::TooFarApart => Self::bad_input(error.to_string()),
            CompareError::Load(error) => error.into(),
        }
    }
}
