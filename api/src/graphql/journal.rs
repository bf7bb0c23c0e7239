//! The journal as such: how far it goes, and the root of its tree.

use async_graphql::{Context, Object, SimpleObject};

use super::{
    errors::ApiResult,
    scalars::{BigInt, Moment},
    session::Session,
};

/// The end of the journal.
#[derive(Debug, SimpleObject)]
pub struct Journal {
    /// Position of the last event; 0 when there is none.
    position: BigInt,
    /// When the last event was recorded.
    recorded_at: Option<Moment>,
    /// Root of the RFC 6962 tree over all events, in hexadecimal.
    root: String,
}

#[derive(Default)]
pub struct JournalQueries;

#[Object]
impl JournalQueries {
    /// Where the journal ends, and the root of the tree over it.
    async fn journal(&self, ctx: &Context<'_>) -> ApiResult<Journal> {
        let head = ctx.application()?.journal.head().await?;
        let some = head.position > journal::Position::START;
        Ok(Journal {
            position: BigInt(head.position.0),
            recorded_at: some.then(|| head.recorded_at.into()),
            root: hex::encode(AsRef::<[u8]>::as_ref(&head.frontier.root())),
        })
    }
}
