//! Which state of the views an operation reads: as they stand, at least as far as some position, or as of an earlier
//! moment. The resolvers are the same for all three; objects carry the reading they came from, so that what is joined
//! to them is of the same moment.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::{Context, Enum, InputObject};
use engine::{AsOf, Basis, ViewHandle};
use journal::Position;
use sea_orm::DatabaseConnection;
use tokio::sync::Mutex;

use super::{
    errors::{ApiError, ApiResult},
    scalars::{BigInt, Moment},
    session::{Session, missing},
};

/// How long a reader waits for the views to come to a position before it is told how far behind they are.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Looks at the past instead of the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, InputObject)]
#[graphql(name = "AsOf")]
pub struct AsOfInput {
    pub moment: Moment,
    #[graphql(default)]
    pub basis: TimeBasis,
}

/// What "at that moment" means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Enum)]
pub enum TimeBasis {
    /// Everything that had happened in the world by then, whenever we learned of it.
    #[default]
    Effective,
    /// Everything we knew then.
    Recorded,
}

impl From<AsOfInput> for AsOf {
    fn from(input: AsOfInput) -> Self {
        let basis = match input.basis {
            TimeBasis::Effective => Basis::Effective,
            TimeBasis::Recorded => Basis::Recorded,
        };
        Self {
            moment: input.moment.0,
            basis,
        }
    }
}

/// One state of the views, with loaders that gather the joins of one operation.
#[derive(Clone)]
pub struct Reading(Arc<Inner>);

struct Inner {
    handle: ViewHandle,
}

impl Reading {
    pub fn new(handle: ViewHandle) -> Self {
        Self(Arc::new(Inner { handle }))
    }

    pub fn connection(&self) -> &DatabaseConnection {
        &self.0.handle.connection
    }

    pub fn position(&self) -> Position {
        self.0.handle.position
    }
}

/// The readings of one operation: fields that ask for the same moment share one.
#[derive(Default)]
pub struct Readings {
    present: Mutex<Option<Reading>>,
    past: Mutex<HashMap<AsOfInput, Reading>>,
}

/// The reading that a field asks for.
pub async fn reading(ctx: &Context<'_>, as_of: Option<AsOfInput>, min_position: Option<BigInt>) -> ApiResult<Reading> {
    match (as_of, min_position) {
        (None, None) => present(ctx).await,
        (None, Some(BigInt(position))) => at_least(ctx, Position(position)).await,
        (Some(as_of), None) => past(ctx, as_of).await,
        (Some(_), Some(_)) => Err(ApiError::bad_input(
            "Give `asOf` or `minPosition`, not both: the past does not move.",
        )),
    }
}

/// The views once they contain everything up to `position`.
pub async fn at_least(ctx: &Context<'_>, position: Position) -> ApiResult<Reading> {
    let readings = readings(ctx)?;
    let mut present = readings.present.lock().await;
    if let Some(reading) = present.as_ref().filter(|reading| reading.position() >= position) {
        return Ok(reading.clone());
    }
    let handle = ctx.application()?.views.wait_for(position, PATIENCE).await?;
    Ok(present.insert(Reading::new(handle)).clone())
}

async fn present(ctx: &Context<'_>) -> ApiResult<Reading> {
    let readings = readings(ctx)?;
    let mut present = readings.present.lock().await;
    if let Some(reading) = present.as_ref() {
        return Ok(reading.clone());
    }
    let handle = ctx.application()?.views.current().await?;
    Ok(present.insert(Reading::new(handle)).clone())
}

async fn past(ctx: &Context<'_>, as_of: AsOfInput) -> ApiResult<Reading> {
    let readings = readings(ctx)?;
    let mut past = readings.past.lock().await;
    if let Some(reading) = past.get(&as_of) {
        return Ok(reading.clone());
    }
    let handle = ctx.application()?.views.as_of(as_of.into()).await?;
    Ok(past.entry(as_of).or_insert_with(|| Reading::new(handle)).clone())
}

fn readings<'a>(ctx: &'a Context<'_>) -> ApiResult<&'a Readings> {
    ctx.data().map_err(|error| missing(&error))
}
