//! How far an import is, told as it goes.

use std::{collections::HashSet, sync::Arc, time::Duration};

use async_graphql::{ComplexObject, Context, ID, SimpleObject, Subscription};
use domain::{
    Decider,
    import::{ImportCounts, ImportState as DomainImport, ImportStatus},
};
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use journal::{Position, StreamId};
use uuid::Uuid;

use super::{Import, ImportState};
use crate::{
    application::Application,
    graphql::{
        errors::{ApiError, ApiResult, ErrorCode},
        ids::{self, Kind},
        reading,
        scalars::BigInt,
        session::Session,
    },
    live::{self, Happened, Interest},
};

/// How often an import that runs here is looked at.
const OFTEN: Duration = Duration::from_millis(500);

/// How far an import is.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(complex)]
pub struct ImportProgress {
    /// The import's.
    id: ID,
    state: ImportState,
    /// How many rows the file has; zero until they are counted.
    rows_total: u64,
    /// Rows whose outcome is known.
    rows_read: u64,
    rows_taken: u64,
    rows_taken_before: u64,
    rows_mended: u64,
    rows_refused: u64,
    /// What is told happened up to here in the journal.
    position: BigInt,
    #[graphql(skip)]
    import: Uuid,
}

#[ComplexObject]
impl ImportProgress {
    /// The import as it is now.
    #[graphql(complexity = "5 + child_complexity")]
    async fn import(&self, ctx: &Context<'_>) -> ApiResult<Option<Import>> {
        let reading = reading::at_least(ctx, Position(self.position.0)).await?;
        Import::load(&reading, self.import).await
    }
}

#[derive(Default)]
pub struct ImportSubscription;

#[Subscription]
impl ImportSubscription {
    /// How far an import is: at once, whenever that changes (twice a second at most), and at its end, with which the
    /// subscription ends.
    async fn import_progress(
        &self,
        ctx: &Context<'_>,
        id: ID,
    ) -> Result<impl Stream<Item = ApiResult<ImportProgress>> + 'static, ApiError> {
        let id = ids::parse_as(Kind::Import, &id)?;
        let application = ctx.application()?.clone();
        let stream = StreamId::new(DomainImport::TYPE, id);
        let known = application.bus.load::<domain::Import>(id).await?;
        let nothing = || ApiError::new(ErrorCode::NotFound, "There is no such import of yours.");
        let (state, _) = known.ok_or_else(nothing)?;
        let own = ctx.viewer()?.user().is_some() && state.user() == Some(ctx.viewer()?.user());
        if !own && !ctx.sight()?.sees(&stream).await? {
            return Err(nothing());
        }
        let after = application.journal.head().await?.position;
        let interest = Interest {
            streams: Some(HashSet::from([stream])),
            ..Interest::default()
        };
        let happening = live::follow(application.live.clone(), after, interest).boxed();
        let follower = Follower {
            application,
            id,
            happening,
            position: after,
            told: None,
            over: false,
        };
        Ok(stream::unfold(follower, async |mut follower| {
            let told = follower.next().await?;
            Some((told, follower))
        }))
    }
}

struct Follower {
    application: Arc<Application>,
    id: Uuid,
    happening: BoxStream<'static, ApiResult<Arc<Happened>>>,
    /// Everything up to here is told.
    position: Position,
    told: Option<ImportProgress>,
    over: bool,
}

impl Follower {
    /// What is told next; nothing when all is told.
    async fn next(&mut self) -> Option<ApiResult<ImportProgress>> {
        while !self.over {
            let now = now(&self.application, self.id, self.position).await;
            let (now, over) = match now {
                Ok(now) => now,
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            };
            self.over = over;
            if self.told.as_ref() != Some(&now) {
                self.told = Some(now.clone());
                return Some(Ok(now));
            }
            // Whatever comes first: an event of the import, or the time to look again at what runs here.
            match tokio::time::timeout(OFTEN, self.happening.next()).await {
                Ok(Some(Ok(happened))) => self.position = happened.position(),
                Ok(Some(Err(error))) => {
                    self.over = true;
                    return Some(Err(error));
                }
                Ok(None) => self.over = true,
                Err(_) => {}
            }
        }
        None
    }
}

/// How far an import is, and whether it is over.
async fn now(application: &Application, id: Uuid, position: Position) -> ApiResult<(ImportProgress, bool)> {
    let known = application.bus.load::<domain::Import>(id).await?;
    let (status, told) = known.map_or((ImportStatus::Failed, ImportCounts::default()), |(import, _)| {
        (import.status().unwrap_or(ImportStatus::Failed), import.counts())
    });
    let live = application.imports.progress(id);
    let live = live.filter(|live| !status.is_over() && live.read() >= told.read());
    let counts = live.unwrap_or(told);
    // The end may be known here before the follower hears of it: `import` is to show it, too.
    let position = if status.is_over() {
        application.journal.head().await?.position
    } else {
        position
    };
    let progress = ImportProgress {
        id: ids::global(Kind::Import, id),
        state: status.into(),
        rows_total: counts.total,
        rows_read: counts.read(),
        rows_taken: counts.taken,
        rows_taken_before: counts.taken_before,
        rows_mended: counts.mended,
        rows_refused: counts.refused,
        position: BigInt(position.0),
        import: id,
    };
    Ok((progress, status.is_over()))
}
