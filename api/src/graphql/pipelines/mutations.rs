//! What can be asked of a pipeline: one mutation per command.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use domain::{
    Decider, InvalidValue, PipelineCommand, Refusal,
    pipeline::{BUILT_IN, NewPipeline, NewStage, PipelineState, Probability, StageCode},
};
use futures::FutureExt;
use journal::StreamId;
use uuid::Uuid;

use super::{NamesInput, Pipeline, StageKind};
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    ids::{self, Kind},
    session::Session,
};

#[derive(Debug, Clone, InputObject)]
pub struct PipelineStageInput {
    /// Letters A to Z, digits and underscores. Never changed afterwards.
    code: String,
    name: NamesInput,
    #[graphql(default_with = "StageKind::Open")]
    kind: StageKind,
    /// In percent; counts for open stages only.
    #[graphql(default = 0)]
    probability: i32,
}

#[derive(Debug, Clone, InputObject)]
pub struct PipelineCreateInput {
    name: NamesInput,
    /// In order: open ones, exactly one of kind WON, one at least of kind LOST.
    stages: Vec<PipelineStageInput>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PipelineRenameInput {
    id: ID,
    name: NamesInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PipelineStageAddInput {
    id: ID,
    stage: PipelineStageInput,
    /// In front of the stage of this code; without it behind the others of its kind.
    before: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PipelineStageRenameInput {
    id: ID,
    code: String,
    name: NamesInput,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PipelineStagesReorderInput {
    id: ID,
    /// Every stage, retired ones included, in the order they are to have.
    codes: Vec<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PipelineStageChangeProbabilityInput {
    id: ID,
    code: String,
    /// In percent.
    probability: i32,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PipelineStageRetireInput {
    id: ID,
    code: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PipelineStageRestoreInput {
    id: ID,
    code: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PipelineRestoreInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct PipelineArchiveInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a pipeline's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct PipelinePayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    pipeline: Uuid,
}

#[ComplexObject]
impl PipelinePayload {
    /// The pipeline after the command; null when the command was refused.
    async fn pipeline(&self, ctx: &Context<'_>) -> ApiResult<Option<Pipeline>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Pipeline::load(&reading, self.pipeline).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct PipelineMutations;

#[Object]
impl PipelineMutations {
    /// Creates a pipeline with its stages.
    #[graphql(complexity = "50 + child_complexity")]
    async fn pipeline_create(&self, ctx: &Context<'_>, input: PipelineCreateInput) -> ApiResult<PipelinePayload> {
        let id = input.options.new_id(ctx, PipelineState::TYPE)?;
        let stages: Result<Vec<_>, _> = input.stages.iter().map(PipelineStageInput::checked).collect();
        let command = stages.map(|stages| {
            PipelineCommand::Create(NewPipeline {
                name: input.name.clone().into(),
                stages,
            })
        });
        give(ctx, &input.options, id, command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn pipeline_rename(&self, ctx: &Context<'_>, input: PipelineRenameInput) -> ApiResult<PipelinePayload> {
        let command = PipelineCommand::Rename {
            name: input.name.into(),
        };
        amend(ctx, &input.options, &input.id, Ok(command)).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn pipeline_stage_add(&self, ctx: &Context<'_>, input: PipelineStageAddInput) -> ApiResult<PipelinePayload> {
        let before = input.before.as_deref().map(|text| StageCode::parse("before", text));
        let command = match (input.stage.checked(), before.transpose()) {
            (Ok(stage), Ok(before)) => Ok(PipelineCommand::AddStage { stage, before }),
            (Err(refusal), _) | (_, Err(refusal)) => Err(refusal),
        };
        amend(ctx, &input.options, &input.id, command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn pipeline_stage_rename(
        &self,
        ctx: &Context<'_>,
        input: PipelineStageRenameInput,
    ) -> ApiResult<PipelinePayload> {
        let command = code(&input.code).map(|code| PipelineCommand::RenameStage {
            code,
            name: input.name.clone().into(),
        });
        amend(ctx, &input.options, &input.id, command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn pipeline_stages_reorder(
        &self,
        ctx: &Context<'_>,
        input: PipelineStagesReorderInput,
    ) -> ApiResult<PipelinePayload> {
        let codes: Result<Vec<_>, _> = input.codes.iter().map(|text| StageCode::parse("codes", text)).collect();
        let command = codes.map(|codes| PipelineCommand::ReorderStages { codes });
        amend(ctx, &input.options, &input.id, command).await
    }

    /// How many in a hundred deals of a stage are won, where nothing better is known.
    #[graphql(complexity = "50 + child_complexity")]
    async fn pipeline_stage_change_probability(
        &self,
        ctx: &Context<'_>,
        input: PipelineStageChangeProbabilityInput,
    ) -> ApiResult<PipelinePayload> {
        let probability = Probability::percent("probability", input.probability.into());
        let command = match (code(&input.code), probability) {
            (Ok(code), Ok(probability)) => Ok(PipelineCommand::ChangeProbability { code, probability }),
            (Err(refusal), _) | (_, Err(refusal)) => Err(refusal),
        };
        amend(ctx, &input.options, &input.id, command).await
    }

    /// A retired stage takes no deals any more; those in it stay until they are moved.
    #[graphql(complexity = "50 + child_complexity")]
    async fn pipeline_stage_retire(
        &self,
        ctx: &Context<'_>,
        input: PipelineStageRetireInput,
    ) -> ApiResult<PipelinePayload> {
        let command = code(&input.code).map(|code| PipelineCommand::RetireStage { code });
        amend(ctx, &input.options, &input.id, command).await
    }

    /// Takes deals again.
    #[graphql(complexity = "50 + child_complexity")]
    async fn pipeline_stage_restore(
        &self,
        ctx: &Context<'_>,
        input: PipelineStageRestoreInput,
    ) -> ApiResult<PipelinePayload> {
        let command = code(&input.code).map(|code| PipelineCommand::RestoreStage { code });
        amend(ctx, &input.options, &input.id, command).await
    }

    /// An archived pipeline takes no new deals; those in it go on.
    #[graphql(complexity = "50 + child_complexity")]
    async fn pipeline_archive(&self, ctx: &Context<'_>, input: PipelineArchiveInput) -> ApiResult<PipelinePayload> {
        amend(ctx, &input.options, &input.id, Ok(PipelineCommand::Archive)).await
    }

    /// Takes new deals again.
    #[graphql(complexity = "50 + child_complexity")]
    async fn pipeline_restore(&self, ctx: &Context<'_>, input: PipelineRestoreInput) -> ApiResult<PipelinePayload> {
        amend(ctx, &input.options, &input.id, Ok(PipelineCommand::Restore)).await
    }
}

impl PipelineStageInput {
    fn checked(&self) -> Result<NewStage, InvalidValue> {
        Ok(NewStage {
            code: code(&self.code)?,
            name: self.name.clone().into(),
            kind: self.kind.into(),
            probability: Probability::percent("probability", self.probability.into())?,
        })
    }
}

fn code(text: &str) -> Result<StageCode, InvalidValue> {
    StageCode::parse("code", text)
}

fn refused(ctx: &Context<'_>, pipeline: Uuid, refusal: &impl Refusal) -> PipelinePayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    PipelinePayload { result, pipeline }
}

async fn amend(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: &ID,
    command: Result<PipelineCommand, InvalidValue>,
) -> ApiResult<PipelinePayload> {
    give(ctx, options, ids::parse_as(Kind::Pipeline, id)?, command).await
}

/// The first amendment of the built-in pipeline writes it down, in the same append.
async fn give(
    ctx: &Context<'_>,
    options: &CommandOptions,
    pipeline: Uuid,
    command: Result<PipelineCommand, InvalidValue>,
) -> ApiResult<PipelinePayload> {
    let command = match command {
        Ok(command) => command,
        Err(refusal) => return Ok(refused(ctx, pipeline, &refusal)),
    };
    let context = options.context(ctx)?;
    let bus = &ctx.application()?.bus;
    let answer = bus
        .together(&context, &(pipeline, &command), |unit| {
            let command = command.clone();
            async move {
                if pipeline == BUILT_IN.0 {
                    unit.run::<domain::Pipeline>(pipeline, PipelineCommand::Adopt).await?;
                }
                unit.run::<domain::Pipeline>(pipeline, command).await
            }
            .boxed()
        })
        .await;
    let result = commands::settle(ctx, answer, &StreamId::new(PipelineState::TYPE, pipeline)).await?;
    Ok(PipelinePayload { result, pipeline })
}
