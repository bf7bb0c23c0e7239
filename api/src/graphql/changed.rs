//! Records that a client shows: it is told when one of them changed.

use std::collections::HashSet;

use async_graphql::{ComplexObject, Context, ID, SimpleObject, Subscription};
use futures::{Stream, StreamExt, future, stream};
use journal::{Position, StreamId, Version};
use uuid::Uuid;

use super::{
    errors::{ApiError, ApiResult},
    ids::{self, Kind},
    node::Node,
    paging, reading, resuming,
    scalars::BigInt,
    session::Session,
};
use crate::live::{self, Interest};

/// Something happened to a record, or it is not to be seen.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Change {
    /// The record's.
    id: ID,
    /// What it is, for example `Deal`.
    r#type: &'static str,
    /// The record's version since; null when it is gone.
    version: Option<u32>,
    /// Place in the journal: give it as `minPosition` to read the record as it is since.
    position: BigInt,
    /// Whether you may not see the record, or not any more, or there is none. It is said once; what happens to it then is
    /// not for you, until you may see it again.
    gone: bool,
    #[graphql(skip)]
    record: (Kind, Uuid),
}

impl Change {
    fn of(stream: &StreamId, position: Position, version: Option<Version>) -> Option<Self> {
        let kind = Kind::of_category(&stream.category)?;
        Some(Self {
            id: ids::global(kind, stream.id),
            r#type: kind.name(),
            version: version.map(|version| u32::try_from(version.0).unwrap_or(u32::MAX)),
            position: BigInt(position.0),
            gone: version.is_none(),
            record: (kind, stream.id),
        })
    }
}

#[ComplexObject]
impl Change {
    /// The record as it is now; null when it is gone.
    #[graphql(complexity = "5 + child_complexity")]
    async fn node(&self, ctx: &Context<'_>) -> ApiResult<Option<Node>> {
        if self.gone {
            return Ok(None);
        }
        let (kind, id) = self.record;
        let reading = reading::at_least(ctx, Position(self.position.0)).await?;
        Node::load(&reading, kind, id).await
    }
}

#[derive(Default)]
pub struct ChangeSubscription;

#[Subscription]
impl ChangeSubscription {
    /// Tells when something happened to one of these records, each time. First those come that you may not see. To resume,
    /// give the position of the last change you handled.
    async fn changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Up to 250.")] ids: Vec<ID>,
        #[graphql(desc = "Only what changed behind this position.")] after: Option<BigInt>,
    ) -> Result<impl Stream<Item = ApiResult<Change>> + 'static, ApiError> {
        if ids.is_empty() || ids.len() > paging::MAX_PAGE {
            let message = format!("Follow 1 to {} records.", paging::MAX_PAGE);
            return Err(ApiError::bad_input(message));
        }
        let stream_of = |id: &ID| {
            let (kind, id) = ids::parse(id)?;
            Ok(StreamId::new(kind.category(), id))
        };
        let streams: HashSet<StreamId> = ids.iter().map(stream_of).collect::<ApiResult<_>>()?;
        let (place, after) = resuming::begin(ctx, after).await?;
        let application = ctx.application()?;
        let (sight, head) = (ctx.sight()?, application.journal.head().await?.position);
        let mut shown = HashSet::new();
        for stream in sight.seen(&streams, head).await? {
            // Whoever sees everything sees what is not there, too.
            if application.journal.stream_version(&stream).await? > Version::NONE {
                shown.insert(stream);
            }
        }
        let gone: Vec<Change> = streams
            .difference(&shown)
            .filter_map(|stream| Change::of(stream, after, None))
            .collect();
        let interest = Interest {
            streams: Some(streams),
            ..Interest::default()
        };
        let happening = live::follow(application.live.clone(), after, interest);
        let changes = live::seen(happening, sight).filter_map(move |seen| {
            let change = match seen {
                Ok((happened, is_seen)) => {
                    let header = happened.header();
                    // Whoever loses a record is told so, and nothing more.
                    let is_told = if is_seen {
                        shown.insert(header.stream.clone());
                        true
                    } else {
                        shown.remove(&header.stream)
                    };
                    let version = is_seen.then_some(header.version);
                    let change = is_told.then(|| Change::of(&header.stream, header.position, version));
                    change.flatten().map(Ok)
                }
                Err(error) => Some(Err(error)),
            };
            future::ready(change)
        });
        let all = stream::iter(gone.into_iter().map(Ok)).chain(changes);
        Ok(place.keep(all, |change| Position(change.position.0)))
    }
}
