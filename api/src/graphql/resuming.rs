//! Where a client stands in what it follows, so that a transport can resume a subscription for it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_graphql::Context;
use futures::{Stream, StreamExt, future};
use journal::Position;

use super::{errors::ApiResult, scalars::BigInt, session::Session};

/// The place of one operation in the journal. What it yields is passed on before it goes on, so the place is that of what
/// was passed on last.
#[derive(Debug, Clone, Default)]
pub struct Place(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    after: Option<Position>,
    /// Zero: nothing came yet.
    reached: AtomicU64,
}

impl Place {
    /// Of a client that has seen everything up to a position, where its transport says so.
    pub fn after(after: Option<Position>) -> Self {
        Self(Arc::new(Inner {
            after,
            reached: AtomicU64::new(0),
        }))
    }

    /// The position of what came last.
    pub fn reached(&self) -> Option<Position> {
        match self.0.reached.load(Ordering::Relaxed) {
            0 => None,
            position => Some(Position(position)),
        }
    }

    fn reach(&self, position: Position) {
        self.0.reached.store(position.0, Ordering::Relaxed);
    }

    /// The same items; each moves the place to its position. After an error there is nothing more: going on could leave
    /// something out.
    pub fn keep<T: Send + 'static>(
        self,
        items: impl Stream<Item = ApiResult<T>> + Send + 'static,
        position: impl Fn(&T) -> Position + Send + 'static,
    ) -> impl Stream<Item = ApiResult<T>> + Send + 'static {
        items.scan(false, move |failed, item| {
            let after_failure = *failed;
            match &item {
                Ok(item) => self.reach(position(item)),
                Err(_) => *failed = true,
            }
            future::ready((!after_failure).then_some(item))
        })
    }
}

/// After which position a subscription begins. What the transport resumes is later than what the operation, which was
/// written before, asks for; without either it is the journal's end.
pub async fn begin(ctx: &Context<'_>, asked: Option<BigInt>) -> ApiResult<(Place, Position)> {
    let place = ctx.data::<Place>().cloned().unwrap_or_default();
    let after = match (place.0.after, asked) {
        (Some(resumed), _) => resumed,
        (None, Some(BigInt(asked))) => Position(asked),
        (None, None) => ctx.application()?.journal.head().await?.position,
    };
    Ok((place, after))
}
