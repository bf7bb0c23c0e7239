//! The clock of the business, for those who serve with one that stands still: tests and demonstrations.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{
    errors::{ApiError, ApiResult, ErrorCode},
    scalars::Moment,
    session::Session,
};

/// What time it is for the business.
#[derive(Debug, SimpleObject)]
pub struct Clock {
    now: Moment,
    /// Whether it stands still until it is advanced.
    manual: bool,
}

#[derive(Default)]
pub struct ClockQueries;

#[Object]
impl ClockQueries {
    /// What time it is for the business.
    async fn clock(&self, ctx: &Context<'_>) -> ApiResult<Clock> {
        let application = ctx.application()?;
        Ok(Clock {
            now: Moment(application.clock.now()),
            manual: application.manual_clock.is_some(),
        })
    }
}

#[derive(Debug, InputObject)]
pub struct ClockAdvanceInput {
    /// The time to stop at. What is due until then is done, in order, before the answer comes.
    to: Moment,
}

#[derive(Debug, SimpleObject)]
pub struct ClockAdvancePayload {
    clock: Clock,
}

#[derive(Default)]
pub struct ClockMutations;

#[Object]
impl ClockMutations {
    /// Lets time pass. Only where the server runs with `--clock manual`.
    async fn clock_advance(&self, ctx: &Context<'_>, input: ClockAdvanceInput) -> ApiResult<ClockAdvancePayload> {
        let application = ctx.application()?;
        let Some(clock) = &application.manual_clock else {
            let message = "This server runs on the real clock. Start it with `--clock manual` to set the time.";
            return Err(ApiError::new(ErrorCode::ClockIsReal, message));
        };
        let Moment(to) = input.to;
        if to < application.clock.now() {
            return Err(ApiError::bad_input(
                "Time does not run backwards: `to` lies before now.",
            ));
        }
        application.advance(clock, to).await?;
        Ok(ClockAdvancePayload {
            clock: Clock {
                now: Moment(application.clock.now()),
                manual: true,
            },
        })
    }
}
