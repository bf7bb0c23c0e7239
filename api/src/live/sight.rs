//! Who may know of what happened.

use std::sync::Arc;

use futures::{Stream, StreamExt, stream};

use super::Happened;
use crate::{graphql::errors::ApiResult, policy::StreamSight};

/// Events that one question about them covers, at most.
const AT_ONCE: usize = 256;

/// The same events, each with whether a viewer may know of it as things stand once it has happened.
pub fn seen(
    happening: impl Stream<Item = ApiResult<Arc<Happened>>> + Send + 'static,
    sight: StreamSight,
) -> impl Stream<Item = ApiResult<(Arc<Happened>, bool)>> + Send + 'static {
    let judged = happening.ready_chunks(AT_ONCE).then(move |happened| {
        let sight = sight.clone();
        async move { judge(&sight, happened).await }
    });
    judged.flat_map(|judged| match judged {
        Ok(judged) => stream::iter(judged).left_stream(),
        Err(error) => stream::iter([Err(error)]).right_stream(),
    })
}

type Judged = ApiResult<(Arc<Happened>, bool)>;

async fn judge(sight: &StreamSight, happened: Vec<ApiResult<Arc<Happened>>>) -> ApiResult<Vec<Judged>> {
    if let [Ok(one)] = happened.as_slice() {
        // It may be on its way to others with the same eyes.
        let seen = one.is_seen(sight).await?;
        return Ok(vec![Ok((one.clone(), seen))]);
    }
    let events = happened.iter().filter_map(|one| one.as_ref().ok());
    let last = events.clone().map(|event| event.position()).max().unwrap_or_default();
    let seen = sight.seen(events.map(|event| &event.header().stream), last).await?;
    let judged = happened.into_iter().map(|one| {
        let event = one?;
        let is_seen = seen.contains(&event.header().stream);
        Ok((event, is_seen))
    });
    Ok(judged.collect())
}
