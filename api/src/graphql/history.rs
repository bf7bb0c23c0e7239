//! The history of one object: every event of its stream, as a connection. A cursor is a version.

use std::sync::Arc;

use async_graphql::{
    Context, ID, Object,
    connection::{Connection, Edge, EmptyFields},
};
use journal::{StreamId, Version};

use super::{
    errors::{ApiError, ApiResult},
    events::{self, Event},
    ids,
    paging::{self, PageArguments, Window},
    scalars::BigInt,
    session::Session,
    trail::Trail,
};

/// The history's size beside its edges.
pub struct HistoryTotals {
    last: Version,
}

#[Object]
impl HistoryTotals {
    /// How many events there are.
    async fn total_count(&self) -> BigInt {
        BigInt(self.last.0)
    }
}

pub type EventConnection = Connection<String, Event, HistoryTotals, EmptyFields>;

#[derive(Default)]
pub struct HistoryQueries;

#[Object]
impl HistoryQueries {
    /// Everything that happened to an object, oldest first. `id` is an object's id or a stream, `category:uuid`.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        id: ID,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> ApiResult<EventConnection> {
        let window = PageArguments {
            first,
            after,
            last,
            before,
        }
        .window()?;
        of_stream(ctx, &stream_named(&id)?, &window).await
    }
}

/// The events of a stream within a window.
pub async fn of_stream(ctx: &Context<'_>, stream: &StreamId, window: &Window) -> ApiResult<EventConnection> {
    let application = ctx.application()?;
    let end = if ctx.sight()?.sees(stream).await? {
        application.journal.stream_version(stream).await?
    } else {
        Version::NONE
    };
    let (skipped, count) = slice(end, window)?;
    let recorded = match count {
        0 => Vec::new(),
        count => application.journal.read_stream(stream, skipped, count).await?,
    };
    let seen = skipped.0 + recorded.len() as u64;
    let more = count > 0 && seen < end.0;
    let mut connection = Connection::with_additional_fields(skipped > Version::NONE, more, HistoryTotals { last: end });
    let shown = events::shown(&application.codec, &recorded, ctx.viewer()?.sees_persons()).await?;
    let trail = Arc::new(Trail::of(stream.clone(), skipped, Version(seen)));
    connection.edges.extend(
        recorded
            .iter()
            .zip(shown)
            .map(|(recorded, event)| Edge::new(recorded.header.version.0.to_string(), event.along(&trail))),
    );
    Ok(connection)
}

/// After which version to read, and how many events.
fn slice(end: Version, window: &Window) -> ApiResult<(Version, usize)> {
    let version = |cursor: &Option<String>| {
        let parsed = cursor.as_ref().map(|cursor| cursor.parse::<u64>());
        parsed
            .transpose()
            .map_err(|_| ApiError::bad_input("This is no cursor of a history."))
    };
    let low = version(&window.after)?.unwrap_or(0).min(end.0);
    let high = version(&window.before)?
        .map_or(end.0, |before| before.saturating_sub(1).min(end.0))
        .max(low);
    let limit = window.limit as u64;
    if window.backward {
        let low = low.max(high.saturating_sub(limit));
        Ok((Version(low), (high - low) as usize))
    } else {
        Ok((Version(low), (high - low).min(limit) as usize))
    }
}

/// The stream that an id names: an object's, or `category:uuid`.
pub fn stream_named(id: &ID) -> ApiResult<StreamId> {
    if let Ok(stream) = id.parse::<StreamId>() {
        return Ok(stream);
    }
    let (kind, uuid) = ids::parse(id)?;
    Ok(StreamId::new(kind.category(), uuid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(first: Option<i32>, after: Option<&str>, last: Option<i32>, before: Option<&str>) -> Window {
        let arguments = PageArguments {
            first,
            after: after.map(str::to_owned),
            last,
            before: before.map(str::to_owned),
        };
        arguments.window().unwrap()
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        let end = Version(5);
        assert_eq!(slice(end, &window(Some(2), None, None, None)).unwrap(), (Version(0), 2));
        assert_eq!(
            slice(end, &window(Some(2), Some("2"), None, None)).unwrap(),
            (Version(2), 2)
        );
        assert_eq!(
            slice(end, &window(Some(2), Some("4"), None, None)).unwrap(),
            (Version(4), 1)
        );
        assert_eq!(
            slice(end, &window(Some(2), Some("9"), None, None)).unwrap(),
            (Version(5), 0)
        );
    }

    #[test]
    fn the_last_events_are_read_from_the_end() {
        let end = Version(5);
        assert_eq!(slice(end, &window(None, None, Some(2), None)).unwrap(), (Version(3), 2));
        assert_eq!(
            slice(end, &window(None, None, Some(2), Some("4"))).unwrap(),
            (Version(1), 2)
        );
        assert_eq!(
            slice(end, &window(None, None, Some(9), Some("1"))).unwrap(),
            (Version(0), 0)
        );
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        assert!(slice(Version(5), &window(Some(2), Some("x"), None, None)).is_err());
        assert!(slice(Version(5), &window(Some(2), Some("-1"), None, None)).is_err());
    }
}
