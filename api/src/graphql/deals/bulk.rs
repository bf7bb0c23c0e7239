//! Many deals' commands in one request, each with its own answer, or all or nothing.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use domain::{DealCommand, Decider, Event, InvalidValue, UserId, deal::DealState, pipeline::StageCode};
use engine::{CommandError, UnitOfWork};
use futures::{FutureExt, StreamExt, stream};
use journal::StreamId;
use uuid::Uuid;

use super::{
    Deal,
    inputs::{self, DealAssignInput, DealMoveInput, DealOpenInput},
    mutations::carry_out,
};
use crate::{
    deal_request::{self, DealRefusal, DealRequest},
    graphql::{
        commands::{self, CommandOptions, CommandResult},
        errors::{ApiError, ApiResult, UserError},
        ids::{self, Kind},
        refusals::UserErrorCode,
        scalars::BigInt,
        session::Session,
    },
};

/// Items of one request at most.
pub const MAX_ITEMS: usize = 200;
/// Items in work at a time: the journal commits them in groups.
const IN_FLIGHT: usize = 16;

/// What became of one item.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct DealItemResult {
    /// Its place among the inputs, from 0.
    index: usize,
    #[graphql(flatten)]
    result: CommandResult,
    /// Why the system could not do it; the other items are not touched by that.
    error: Option<ItemError>,
    #[graphql(skip)]
    deal: Uuid,
}

/// A system error of one item, as `errors[].extensions.code` has it elsewhere.
#[derive(Debug, Clone, SimpleObject)]
pub struct ItemError {
    pub code: String,
    pub message: String,
}

#[ComplexObject]
impl DealItemResult {
    /// The deal after the command; null when nothing was done.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Deal::load(&reading, self.deal).await,
            None => Ok(None),
        }
    }
}

/// What became of the items, in the order of the inputs.
#[derive(Debug, Clone, SimpleObject)]
pub struct DealsPayload {
    results: Vec<DealItemResult>,
    succeeded: usize,
    failed: usize,
    /// Position of the journal that shows all of it.
    position: Option<BigInt>,
}

/// An input, ready.
struct Item {
    deal: Uuid,
    options: CommandOptions,
    request: Result<DealRequest, InvalidValue>,
    missing: Option<UserError>,
}

#[derive(Default)]
pub struct DealBulkMutations;

#[Object]
impl DealBulkMutations {
    /// Opens deals, at most 200. With `atomic` all or none; their options then come in `options`.
    #[graphql(complexity = "50 + inputs.len() * (10 + child_complexity)")]
    async fn deals_create(
        &self,
        ctx: &Context<'_>,
        inputs: Vec<DealOpenInput>,
        #[graphql(default = false)] atomic: bool,
        options: Option<CommandOptions>,
    ) -> ApiResult<DealsPayload> {
        few_enough(inputs.len())?;
        let options = options.unwrap_or_default();
        let mut items = Vec::with_capacity(inputs.len());
        for (index, input) in inputs.into_iter().enumerate() {
            let deal = match (atomic, options.command_id) {
                (true, Some(command)) => {
                    let (issuer, index) = (&ctx.viewer()?.issuer, index.to_string());
                    let parts = ["new", DealState::TYPE, issuer, &command.to_string(), &index];
                    ctx.application()?.bus.derived_id(&parts)
                }
                _ => input.options.new_id(ctx, DealState::TYPE)?,
            };
            items.push(Item {
                deal,
                missing: input.missing(ctx).await?,
                request: input.request(ctx.viewer()?.user())?,
                options: input.options,
            });
        }
        perform(ctx, items, atomic, &options).await
    }

    /// Moves deals, at most 200. With `atomic` all or none; their options then come in `options`.
    #[graphql(complexity = "50 + inputs.len() * (10 + child_complexity)")]
    async fn deals_move(
        &self,
        ctx: &Context<'_>,
        inputs: Vec<DealMoveInput>,
        #[graphql(default = false)] atomic: bool,
        options: Option<CommandOptions>,
    ) -> ApiResult<DealsPayload> {
        few_enough(inputs.len())?;
        let item = |input: DealMoveInput| {
            let stage = StageCode::parse("stage", &input.stage);
            Ok(Item {
                deal: ids::parse_as(Kind::Deal, &input.id)?,
                options: input.options,
                request: stage.map(|stage| DealRequest::Move { stage }),
                missing: None,
            })
        };
        let items = inputs.into_iter().map(item).collect::<ApiResult<_>>()?;
        perform(ctx, items, atomic, &options.unwrap_or_default()).await
    }

    /// Gives deals to somebody, at most 200. With `atomic` all or none; their options then come in `options`.
    #[graphql(complexity = "50 + inputs.len() * (10 + child_complexity)")]
    async fn deals_assign(
        &self,
        ctx: &Context<'_>,
        inputs: Vec<DealAssignInput>,
        #[graphql(default = false)] atomic: bool,
        options: Option<CommandOptions>,
    ) -> ApiResult<DealsPayload> {
        few_enough(inputs.len())?;
        let mut items = Vec::with_capacity(inputs.len());
        for input in inputs {
            let owner = inputs::parsed(Kind::User, input.owner.as_ref())?.map(UserId);
            items.push(Item {
                deal: ids::parse_as(Kind::Deal, &input.id)?,
                missing: inputs::missing_user(ctx, "owner", input.owner.as_ref()).await?,
                request: Ok(DealRequest::Plain(DealCommand::Assign { owner })),
                options: input.options,
            });
        }
        perform(ctx, items, atomic, &options.unwrap_or_default()).await
    }
}

fn few_enough(items: usize) -> ApiResult<()> {
    if items > MAX_ITEMS {
        return Err(ApiError::bad_input(format!(
            "At most {MAX_ITEMS} inputs at a time; here are {items}."
        )));
    }
    Ok(())
}

async fn perform(
    ctx: &Context<'_>,
    items: Vec<Item>,
    atomic: bool,
    options: &CommandOptions,
) -> ApiResult<DealsPayload> {
    let results = if atomic {
        together(ctx, items, options).await?
    } else {
        stream::iter(items.into_iter().enumerate())
            .map(|(index, item)| async move { alone(ctx, index, item).await })
            .buffered(IN_FLIGHT)
            .collect()
            .await
    };
    let done = |result: &DealItemResult| result.result.position.is_some();
    let succeeded = results.iter().filter(|result| done(result)).count();
    Ok(DealsPayload {
        succeeded,
        failed: results.len() - succeeded,
        position: results.iter().filter_map(|result| result.result.position).max(),
        results,
    })
}

/// One item by itself: whatever becomes of it, the others go on.
async fn alone(ctx: &Context<'_>, index: usize, item: Item) -> DealItemResult {
    let deal = item.deal;
    let answer = match item.missing {
        Some(missing) => Ok(CommandResult::refused(missing)),
        None => carry_out(ctx, &item.options, deal, item.request).await,
    };
    let (result, error) = match answer {
        Ok(result) => (result, None),
        Err(error) => (
            nothing(Vec::new()),
            Some(ItemError {
                code: error.code.as_str().to_owned(),
                message: error.message,
            }),
        ),
    };
    DealItemResult {
        index,
        result,
        error,
        deal,
    }
}

/// The first item that is refused, and why.
#[derive(Debug)]
struct FirstRefused {
    index: usize,
    refusal: DealRefusal,
}

/// All items in one append.
async fn together(ctx: &Context<'_>, items: Vec<Item>, options: &CommandOptions) -> ApiResult<Vec<DealItemResult>> {
    let mut requests = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let own = &item.options;
        if own.command_id.is_some() || own.expected_version.is_some() || own.occurred_at.is_some() {
            return Err(ApiError::bad_input(
                "An atomic batch is one command: give its options in `options`, not with the inputs.",
            ));
        }
        match (&item.missing, &item.request) {
            (Some(missing), _) => return Ok(none(&items, index, missing.clone())),
            (None, Err(refusal)) => return Ok(none(&items, index, commands::user_error(ctx, refusal))),
            (None, Ok(request)) => requests.push((item.deal, request.clone())),
        }
    }
    let context = options.context(ctx)?;
    let bus = &ctx.application()?.bus;
    let requests = &requests;
    let answer = bus
        .together(&context, requests, |unit: &mut UnitOfWork<'_, Event>| {
            async move {
                for (index, (deal, request)) in requests.iter().enumerate() {
                    let decided = deal_request::run(bus, unit, *deal, request).await;
                    decided.map_err(|error| error.map_refusal(|refusal| FirstRefused { index, refusal }))?;
                }
                Ok(())
            }
            .boxed()
        })
        .await;
    let outcome = match answer {
        Ok(outcome) => outcome,
        Err(CommandError::Refused(FirstRefused { index, refusal })) => {
            return Ok(none(&items, index, commands::user_error(ctx, &refusal)));
        }
        Err(error) => {
            let error = error.map_refusal(|FirstRefused { refusal, .. }| refusal);
            let subject = StreamId::new(DealState::TYPE, Uuid::nil());
            commands::settle::<DealRefusal>(ctx, Err(error), &subject).await?;
            return Ok(Vec::new());
        }
    };
    let mut results = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let subject = StreamId::new(DealState::TYPE, item.deal);
        results.push(DealItemResult {
            index,
            result: CommandResult::of(ctx, &outcome, &subject).await?,
            error: None,
            deal: item.deal,
        });
    }
    Ok(results)
}

/// Nothing was done because of one item; the others say so.
fn none(items: &[Item], guilty: usize, error: UserError) -> Vec<DealItemResult> {
    let others = UserError {
        code: UserErrorCode::BatchRefused,
        field: None,
        allowed: Vec::new(),
        message: error.message.clone(),
    };
    let result = |(index, item): (usize, &Item)| DealItemResult {
        index,
        result: nothing(vec![if index == guilty { error.clone() } else { others.clone() }]),
        error: None,
        deal: item.deal,
    };
    items.iter().enumerate().map(result).collect()
}

fn nothing(user_errors: Vec<UserError>) -> CommandResult {
    CommandResult {
        position: None,
        version: None,
        replayed: false,
        user_errors,
    }
}
