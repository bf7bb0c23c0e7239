//! The views as an operator sees them: how far each is, what waits, and how to let it go on.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use domain::oversight::{OversightCommand, OversightState};

use super::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    scalars::BigInt,
    session::Session,
};

/// How a projection is doing.
#[derive(Debug, SimpleObject)]
pub struct ProjectionStatus {
    name: String,
    version: u32,
    /// Everything up to here is in its rows, parked or skipped.
    position: BigInt,
    lag_events: BigInt,
    lag_seconds: f64,
    state: ProjectionState,
    /// How many keys wait because one of their events failed.
    parked: BigInt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "engine::ProjectionState")]
pub enum ProjectionState {
    /// Built for the first time, or again; not served yet.
    Building,
    Running,
    /// Stands still until it is retried or the event skipped.
    Failed,
}

impl From<engine::ProjectionStatus> for ProjectionStatus {
    fn from(status: engine::ProjectionStatus) -> Self {
        Self {
            name: status.name,
            version: status.version,
            position: BigInt(status.position.0),
            lag_events: BigInt(status.lag_events),
            lag_seconds: status.lag_seconds,
            state: status.state.into(),
            parked: BigInt(status.parked),
        }
    }
}

/// A key that waits because one of its events failed.
#[derive(Debug, SimpleObject)]
pub struct ParkedKey {
    projection: String,
    /// Absent when the whole projection has stopped.
    partition: Option<String>,
    /// The event that failed.
    position: BigInt,
    /// How many events wait, with the one that failed.
    waiting: BigInt,
    error: String,
}

impl From<engine::ParkedKey> for ParkedKey {
    fn from(parked: engine::ParkedKey) -> Self {
        Self {
            projection: parked.projection,
            partition: parked.partition,
            position: BigInt(parked.position.0),
            waiting: BigInt(parked.waiting),
            error: parked.error,
        }
    }
}

#[derive(Default)]
pub struct ProjectionQueries;

#[Object]
impl ProjectionQueries {
    /// How far each projection is.
    async fn projections(&self, ctx: &Context<'_>) -> ApiResult<Vec<ProjectionStatus>> {
        let statuses = ctx.application()?.views.statuses().await?;
        Ok(statuses.into_iter().map(Into::into).collect())
    }

    /// What waits because an event failed.
    async fn projections_parked(&self, ctx: &Context<'_>) -> ApiResult<Vec<ParkedKey>> {
        let parked = ctx.application()?.views.parked().await?;
        Ok(parked.into_iter().map(Into::into).collect())
    }
}

#[derive(Debug, InputObject)]
pub struct ProjectionSkipEventInput {
    projection: String,
    position: BigInt,
    /// Why the event is left out, for whoever audits it.
    reason: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, SimpleObject)]
pub struct ProjectionSkipEventPayload {
    #[graphql(flatten)]
    result: CommandResult,
}

#[derive(Debug, InputObject)]
pub struct ProjectionRetryInput {
    projection: String,
    /// The parked key; absent for a projection that has stopped as a whole.
    partition: Option<String>,
}

#[derive(Debug, SimpleObject)]
pub struct ProjectionRetryPayload {
    /// What still waits; null when all went well.
    parked: Option<ParkedKey>,
}

#[derive(Default)]
pub struct ProjectionMutations;

#[Object]
impl ProjectionMutations {
    /// Leaves an event out of a projection, for a reason that stays in the journal.
    async fn projection_skip_event(
        &self,
        ctx: &Context<'_>,
        input: ProjectionSkipEventInput,
    ) -> ApiResult<ProjectionSkipEventPayload> {
        let application = ctx.application()?;
        let ProjectionSkipEventInput {
            projection,
            position: BigInt(position),
            reason,
            options,
        } = input;
        let statuses = application.views.statuses().await?;
        if !statuses.iter().any(|status| status.name == projection) {
            return Err(engine::ViewsError::UnknownProjection(projection).into());
        }
        let id = application.oversight_id(&projection);
        let command = OversightCommand::Skip {
            projection,
            position,
            reason,
        };
        let result = commands::execute::<OversightState>(ctx, &options, id, command).await?;
        Ok(ProjectionSkipEventPayload { result })
    }

    /// Tries again what waits.
    async fn projection_retry(
        &self,
        ctx: &Context<'_>,
        input: ProjectionRetryInput,
    ) -> ApiResult<ProjectionRetryPayload> {
        let parked = ctx
            .application()?
            .views
            .retry(&input.projection, input.partition.as_deref())
            .await?;
        Ok(ProjectionRetryPayload {
            parked: parked.map(Into::into),
        })
    }
}
