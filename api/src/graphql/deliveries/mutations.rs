//! What people decide about a delivery: one mutation per command.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use domain::delivery::{DeliveryCommand, DeliveryState};
use uuid::Uuid;

use super::Delivery;
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    ids::{self, Kind},
};

#[derive(Debug, Clone, InputObject)]
pub struct DeliveryRetryInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DeliveryConfirmInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct DeliveryCancelInput {
    id: ID,
    /// Why, for whoever looks for the letter later.
    reason: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a delivery's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct DeliveryPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    delivery: Uuid,
}

#[ComplexObject]
impl DeliveryPayload {
    /// The delivery after the command; null when the command was refused.
    async fn delivery(&self, ctx: &Context<'_>) -> ApiResult<Option<Delivery>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Delivery::load(&reading, self.delivery).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct DeliveryMutations;

#[Object]
impl DeliveryMutations {
    /// Has it tried again, now: a dead letter, one that waits for later, or one of which nobody knows whether it arrived.
    /// It goes out under the same name as before.
    #[graphql(complexity = "50 + child_complexity")]
    async fn delivery_retry(&self, ctx: &Context<'_>, input: DeliveryRetryInput) -> ApiResult<DeliveryPayload> {
        execute(ctx, &input.options, &input.id, DeliveryCommand::Requeue).await
    }

    /// Says that one of which nobody knew has arrived.
    #[graphql(complexity = "50 + child_complexity")]
    async fn delivery_confirm(&self, ctx: &Context<'_>, input: DeliveryConfirmInput) -> ApiResult<DeliveryPayload> {
        execute(ctx, &input.options, &input.id, DeliveryCommand::Confirm).await
    }

    /// Has it not sent.
    #[graphql(complexity = "50 + child_complexity")]
    async fn delivery_cancel(&self, ctx: &Context<'_>, input: DeliveryCancelInput) -> ApiResult<DeliveryPayload> {
        let command = DeliveryCommand::Cancel { reason: input.reason };
        execute(ctx, &input.options, &input.id, command).await
    }
}

async fn execute(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: &ID,
    command: DeliveryCommand,
) -> ApiResult<DeliveryPayload> {
    let delivery = ids::parse_as(Kind::Delivery, id)?;
    let result = commands::execute::<DeliveryState>(ctx, options, delivery, command).await?;
    Ok(DeliveryPayload { result, delivery })
}
