//! What can be asked of a deal: one mutation per command.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use domain::{
    DealCommand, Decider, FileId, InvalidValue, OrganizationId, PipelineId, Refusal, UserId,
    deal::DealState,
    pipeline::{Probability, StageCode},
};
use journal::StreamId;
use uuid::Uuid;

use super::{
    Deal,
    inputs::{
        self, DealAssignInput, DealChangeAmountInput, DealChangePipelineInput, DealEstimateProbabilityInput,
        DealExpectCloseInput, DealLinkInput, DealLoseInput, DealMoveInput, DealNameCompetitorsInput,
        DealNameProductsInput, DealOpenInput, DealPlanNextStepInput, DealRenameInput, DealReopenInput,
        DealSetSourceInput, DealShareCreditInput, DealTagInput, DealTagsInput, DealWinInput,
    },
};
use crate::{
    deal_request::{self, DealRequest},
    graphql::{
        commands::{self, CommandOptions, CommandResult},
        errors::{ApiResult, UserError},
        files::{self, RecordFileInput},
        ids::{self, Kind},
        scalars::Date,
        session::Session,
    },
};

/// What became of a deal's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct DealPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    deal: Uuid,
}

#[ComplexObject]
impl DealPayload {
    /// The deal after the command; null when the command was refused.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Deal::load(&reading, self.deal).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct DealMutations;

#[Object]
impl DealMutations {
    /// Opens a deal.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_open(&self, ctx: &Context<'_>, input: DealOpenInput) -> ApiResult<DealPayload> {
        let id = input.options.new_id(ctx, DealState::TYPE)?;
        if let Some(missing) = input.missing(ctx).await? {
            return Ok(impossible(id, missing));
        }
        let request = input.request(ctx.viewer()?.user())?;
        give(ctx, &input.options, id, request).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_rename(&self, ctx: &Context<'_>, input: DealRenameInput) -> ApiResult<DealPayload> {
        plain(
            ctx,
            &input.options,
            &input.id,
            DealCommand::Rename { title: input.title },
        )
        .await
    }

    /// Says with whom, where that was not known or wrong.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_link(&self, ctx: &Context<'_>, input: DealLinkInput) -> ApiResult<DealPayload> {
        if let Some(missing) = inputs::missing_organization(ctx, Some(&input.organization)).await? {
            return Ok(impossible(ids::parse_as(Kind::Deal, &input.id)?, missing));
        }
        let organization = OrganizationId(ids::parse_as(Kind::Organization, &input.organization)?);
        plain(ctx, &input.options, &input.id, DealCommand::Link { organization }).await
    }

    /// Gives a deal to somebody, or to nobody.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_assign(&self, ctx: &Context<'_>, input: DealAssignInput) -> ApiResult<DealPayload> {
        if let Some(missing) = inputs::missing_user(ctx, "owner", input.owner.as_ref()).await? {
            return Ok(impossible(ids::parse_as(Kind::Deal, &input.id)?, missing));
        }
        let owner = inputs::parsed(Kind::User, input.owner.as_ref())?.map(UserId);
        plain(ctx, &input.options, &input.id, DealCommand::Assign { owner }).await
    }

    /// Says whose sale it is and in which parts.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_share_credit(&self, ctx: &Context<'_>, input: DealShareCreditInput) -> ApiResult<DealPayload> {
        let id = ids::parse_as(Kind::Deal, &input.id)?;
        if let Some(missing) = input.missing(ctx).await? {
            return Ok(impossible(id, missing));
        }
        give(ctx, &input.options, id, Ok(input.request()?)).await
    }

    /// Changes what a deal is worth. The amount that is left out stays.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_change_amount(&self, ctx: &Context<'_>, input: DealChangeAmountInput) -> ApiResult<DealPayload> {
        execute(ctx, &input.options, &input.id, input.request()).await
    }

    /// Says when a deal is expected to close.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_expect_close(&self, ctx: &Context<'_>, input: DealExpectCloseInput) -> ApiResult<DealPayload> {
        let date = input.date.map(|Date(date)| date);
        plain(ctx, &input.options, &input.id, DealCommand::ExpectClose { date }).await
    }

    /// Says how likely a deal is, against its stage's own word.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_estimate_probability(
        &self,
        ctx: &Context<'_>,
        input: DealEstimateProbabilityInput,
    ) -> ApiResult<DealPayload> {
        let percent = |percent: i32| Probability::percent("probability", percent.into());
        let probability = input.probability.map(percent).transpose();
        let request =
            probability.map(|probability| DealRequest::Plain(DealCommand::EstimateProbability { probability }));
        execute(ctx, &input.options, &input.id, request).await
    }

    /// Says what the customer may buy.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_name_products(&self, ctx: &Context<'_>, input: DealNameProductsInput) -> ApiResult<DealPayload> {
        let request = inputs::products(&input.products)
            .map(|products| DealRequest::Plain(DealCommand::NameProducts { products }));
        execute(ctx, &input.options, &input.id, request).await
    }

    /// Says who sells against us.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_name_competitors(
        &self,
        ctx: &Context<'_>,
        input: DealNameCompetitorsInput,
    ) -> ApiResult<DealPayload> {
        let command = DealCommand::NameCompetitors {
            competitors: input.competitors,
        };
        plain(ctx, &input.options, &input.id, command).await
    }

    /// Says where a deal comes from.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_set_source(&self, ctx: &Context<'_>, input: DealSetSourceInput) -> ApiResult<DealPayload> {
        let source = input.source.map(Into::into);
        plain(ctx, &input.options, &input.id, DealCommand::SetSource { source }).await
    }

    /// Says what is to be done next.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_plan_next_step(&self, ctx: &Context<'_>, input: DealPlanNextStepInput) -> ApiResult<DealPayload> {
        let command = DealCommand::PlanNextStep { text: input.text };
        plain(ctx, &input.options, &input.id, command).await
    }

    /// Says which tags a deal has, all of them. Two people who do this at once undo each other: `dealAddTags` and
    /// `dealRemoveTags` do not.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_tag(&self, ctx: &Context<'_>, input: DealTagInput) -> ApiResult<DealPayload> {
        plain(ctx, &input.options, &input.id, DealCommand::Tag { tags: input.tags }).await
    }

    /// Hangs tags on a deal, besides those that it has.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_add_tags(&self, ctx: &Context<'_>, input: DealTagsInput) -> ApiResult<DealPayload> {
        plain(
            ctx,
            &input.options,
            &input.id,
            DealCommand::AddTags { tags: input.tags },
        )
        .await
    }

    /// Takes tags off a deal; one that it does not have is no mistake.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_remove_tags(&self, ctx: &Context<'_>, input: DealTagsInput) -> ApiResult<DealPayload> {
        let command = DealCommand::RemoveTags { tags: input.tags };
        plain(ctx, &input.options, &input.id, command).await
    }

    /// A file that was sent goes with it from now on.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_attach_file(&self, ctx: &Context<'_>, input: RecordFileInput) -> ApiResult<DealPayload> {
        let deal = ids::parse_as(Kind::Deal, &input.id)?;
        let there = commands::exists(ctx, Kind::Deal, deal).await?;
        match files::sent(ctx, input.file, there).await? {
            Ok(file) => plain(ctx, &input.options, &input.id, DealCommand::AttachFile(file)).await,
            Err(missing) => {
                let result = refused(ctx, &missing);
                Ok(DealPayload { result, deal })
            }
        }
    }

    /// A file does not go with it after all. The history keeps that it did, and the bytes.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_detach_file(&self, ctx: &Context<'_>, input: RecordFileInput) -> ApiResult<DealPayload> {
        let file = FileId(input.file);
        plain(ctx, &input.options, &input.id, DealCommand::DetachFile { file }).await
    }

    /// Moves a deal to another open stage of its pipeline, forwards or backwards.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_move(&self, ctx: &Context<'_>, input: DealMoveInput) -> ApiResult<DealPayload> {
        let stage = StageCode::parse("stage", &input.stage);
        let request = stage.map(|stage| DealRequest::Move { stage });
        execute(ctx, &input.options, &input.id, request).await
    }

    /// Moves a deal to an open stage of another pipeline.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_change_pipeline(&self, ctx: &Context<'_>, input: DealChangePipelineInput) -> ApiResult<DealPayload> {
        let pipeline = PipelineId(ids::parse_as(Kind::Pipeline, &input.pipeline)?);
        let stage = inputs::stage(input.stage.as_deref());
        let request = stage.map(|stage| DealRequest::ChangePipeline { pipeline, stage });
        execute(ctx, &input.options, &input.id, request).await
    }

    /// Signed.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_win(&self, ctx: &Context<'_>, input: DealWinInput) -> ApiResult<DealPayload> {
        execute(ctx, &input.options, &input.id, input.request()).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_lose(&self, ctx: &Context<'_>, input: DealLoseInput) -> ApiResult<DealPayload> {
        let request = inputs::stage(input.stage.as_deref()).map(|stage| DealRequest::Lose {
            stage,
            reason: input.reason.into(),
            note: input.note.clone(),
        });
        execute(ctx, &input.options, &input.id, request).await
    }

    /// Takes up again a deal that was won or lost.
    #[graphql(complexity = "50 + child_complexity")]
    async fn deal_reopen(&self, ctx: &Context<'_>, input: DealReopenInput) -> ApiResult<DealPayload> {
        let stage = inputs::stage(input.stage.as_deref());
        execute(
            ctx,
            &input.options,
            &input.id,
            stage.map(|stage| DealRequest::Reopen { stage }),
        )
        .await
    }
}

fn impossible(deal: Uuid, error: UserError) -> DealPayload {
    let result = CommandResult::refused(error);
    DealPayload { result, deal }
}

async fn plain(ctx: &Context<'_>, options: &CommandOptions, id: &ID, command: DealCommand) -> ApiResult<DealPayload> {
    execute(ctx, options, id, Ok(DealRequest::Plain(command))).await
}

async fn execute(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: &ID,
    request: Result<DealRequest, InvalidValue>,
) -> ApiResult<DealPayload> {
    give(ctx, options, ids::parse_as(Kind::Deal, id)?, request).await
}

async fn give(
    ctx: &Context<'_>,
    options: &CommandOptions,
    deal: Uuid,
    request: Result<DealRequest, InvalidValue>,
) -> ApiResult<DealPayload> {
    let result = carry_out(ctx, options, deal, request).await?;
    Ok(DealPayload { result, deal })
}

/// What became of a request, as a payload tells it.
pub(super) async fn carry_out(
    ctx: &Context<'_>,
    options: &CommandOptions,
    deal: Uuid,
    request: Result<DealRequest, InvalidValue>,
) -> ApiResult<CommandResult> {
    let request = match request {
        Ok(request) => request,
        Err(refusal) => return Ok(refused(ctx, &refusal)),
    };
    let context = options.context(ctx)?;
    let answer = deal_request::execute(&ctx.application()?.bus, &context, deal, &request).await;
    commands::settle(ctx, answer, &StreamId::new(DealState::TYPE, deal)).await
}

fn refused(ctx: &Context<'_>, refusal: &impl Refusal) -> CommandResult {
    CommandResult::refused(commands::user_error(ctx, refusal))
}
