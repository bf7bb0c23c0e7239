//! Deals' commands as clients give them: they name a stage by its code, or not at all, and what the code means is looked
//! up in the pipeline.
//!
//! The pipeline's stream is checked by the same append, so that a stage that was retired in between is looked up again.

use domain::{
    Deal, DealCommand, DealError, Decider, Event, InvalidValue, Language, Pipeline, PipelineError, PipelineId, Refusal,
    deal::{AmountChanges, LossReason, OpenDeal},
    pipeline::{BUILT_IN, PipelineState, Stage, StageCode, StageDefinition, StageKind, StageRef},
};
use engine::{CommandBus, CommandContext, CommandError, LoadError, Outcome, UnitOfWork};
use futures::FutureExt;
use journal::{Expected, StreamId, Version};
use serde::Serialize;
use uuid::Uuid;

/// What a client asks of a deal.
#[derive(Debug, Clone, Serialize)]
pub enum DealRequest {
    /// Something that has nothing to do with stages.
    Plain(DealCommand),
    Open(OpenRequest),
    Move {
        stage: StageCode,
    },
    ChangePipeline {
        pipeline: PipelineId,
        /// Without it the first one.
        stage: Option<StageCode>,
    },
    Win {
        amounts: AmountChanges,
    },
    Lose {
        /// Without it the first one for lost deals.
        stage: Option<StageCode>,
        reason: LossReason,
        note: Option<String>,
    },
    Reopen {
        /// Without it the one that the deal was closed from.
        stage: Option<StageCode>,
    },
}

#[derive(Debug, Clone, Serialize)]
pub struct OpenRequest {
    /// Without it the built-in one.
    pub pipeline: Option<PipelineId>,
    /// Without it the first one.
    pub stage: Option<StageCode>,
    /// Everything else; its stage does not count.
    pub deal: OpenDeal,
}

/// Why a request is refused: by the deal, or because the pipeline does not know the stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DealRefusal {
    #[error("{0}")]
    Deal(#[from] DealError),
    #[error("{0}")]
    Pipeline(#[from] PipelineError),
    /// The deal does not go to this stage.
    #[error("{error}")]
    Stage {
        error: DealError,
        /// Those it would go to.
        allowed: Vec<String>,
    },
}

impl DealRefusal {
    /// A refusal of a stage says which stages would be taken.
    fn of(error: DealError, stages: &PipelineState) -> Self {
        let takes = |kind| move |stage: &&StageDefinition| stage.kind == kind && !stage.retired;
        let wanted = match &error {
            DealError::ClosingStage { .. } | DealError::StageRetired { .. } => StageKind::Open,
            DealError::WrongKind { wanted, .. } => *wanted,
            _ => return Self::Deal(error),
        };
        let allowed = stages.stages().iter().filter(takes(wanted));
        Self::Stage {
            allowed: allowed.map(|stage| stage.code.to_string()).collect(),
            error,
        }
    }
}

impl From<InvalidValue> for DealRefusal {
    fn from(value: InvalidValue) -> Self {
        Self::Deal(value.into())
    }
}

impl Refusal for DealRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Deal(refusal) | Self::Stage { error: refusal, .. } => refusal.code(),
            Self::Pipeline(refusal) => refusal.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Deal(refusal) | Self::Stage { error: refusal, .. } => refusal.field(),
            Self::Pipeline(PipelineError::NotCreated) => Some("pipeline"),
            Self::Pipeline(refusal) => refusal.field(),
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::Deal(refusal) | Self::Stage { error: refusal, .. } => refusal.allowed(),
            Self::Pipeline(refusal) => refusal.allowed(),
        }
    }

    fn allowed_values(&self) -> Vec<String> {
        match self {
            Self::Deal(refusal) => refusal.allowed_values(),
            Self::Stage { allowed, .. } => allowed.clone(),
            Self::Pipeline(refusal) => refusal.allowed_values(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::Deal(refusal) | Self::Stage { error: refusal, .. } => refusal.message(language),
            Self::Pipeline(refusal) => refusal.message(language),
        }
    }
}

/// Carries a request out, again from the start when deal or pipeline changed in between.
pub async fn execute(
    bus: &CommandBus<Event>,
    context: &CommandContext,
    deal: Uuid,
    request: &DealRequest,
) -> Result<Outcome, CommandError<DealRefusal>> {
    if let DealRequest::Plain(command) = request {
        let executed = bus.execute::<Deal>(context, deal, command.clone()).await;
        return executed.map_err(|error| error.map_refusal(DealRefusal::from));
    }
    bus.together(context, &(deal, request), |unit| {
        async move { run(bus, unit, deal, request).await }.boxed()
    })
    .await
}

/// Lets the deal decide on a request, within a unit of work.
pub async fn run(
    bus: &CommandBus<Event>,
    unit: &mut UnitOfWork<'_, Event>,
    deal: Uuid,
    request: &DealRequest,
) -> Result<(), CommandError<DealRefusal>> {
    if let DealRequest::Plain(command) = request {
        let decided = unit.run::<Deal>(deal, command.clone()).await;
        return decided.map_err(|error| error.map_refusal(DealRefusal::from));
    }
    match resolve(bus, deal, request).await? {
        Ok(Resolved {
            command,
            pipeline,
            stages,
            version,
        }) => {
            let stream = StreamId::new(PipelineState::TYPE, pipeline.0);
            unit.check(stream, Expected::Exact(version));
            let decided = unit.run::<Deal>(deal, command).await;
            decided.map_err(|error| error.map_refusal(|refusal| DealRefusal::of(refusal, &stages)))
        }
        Err(refusal) => {
            // Taken before, it is taken now: the unit looks for the first answer when the deal refuses.
            let nowhere = DealCommand::Move { stage: nowhere() };
            match unit.run::<Deal>(deal, nowhere).await {
                Err(CommandError::Refused(_)) => Err(CommandError::Refused(refusal)),
                other => other.map_err(|error| error.map_refusal(DealRefusal::from)),
            }
        }
    }
}

/// A command, and the pipeline whose word it relies on.
struct Resolved {
    command: DealCommand,
    pipeline: PipelineId,
    stages: Pipeline,
    version: Version,
}

async fn resolve(
    bus: &CommandBus<Event>,
    id: Uuid,
    request: &DealRequest,
) -> Result<Result<Resolved, DealRefusal>, LoadError> {
    let deal = match request {
        DealRequest::Open(_) | DealRequest::ChangePipeline { .. } => None,
        _ => bus.load::<Deal>(id).await?.map(|(deal, _)| deal),
    };
    let pipeline = match request {
        DealRequest::Open(open) => open.pipeline.unwrap_or(BUILT_IN),
        DealRequest::ChangePipeline { pipeline, .. } => *pipeline,
        _ => match deal.as_ref().and_then(|deal| deal.pipeline()) {
            Some(pipeline) => pipeline,
            None => return Ok(Err(DealError::NotOpened.into())),
        },
    };
    let (stages, version) = load(bus, pipeline).await?;
    let named = |code: &StageCode| stages.stage(pipeline, code);
    let named_or = |code: &Option<StageCode>, otherwise: fn(&PipelineState, PipelineId) -> _| match code {
        Some(code) => named(code),
        None => otherwise(&stages, pipeline),
    };
    let command = match request {
        DealRequest::Plain(command) => Ok(command.clone()),
        DealRequest::Open(open) => named_or(&open.stage, PipelineState::beginning).map(|stage| {
            DealCommand::Open(OpenDeal {
                stage,
                ..open.deal.clone()
            })
        }),
        DealRequest::Move { stage } => named(stage).map(|stage| DealCommand::Move { stage }),
        DealRequest::ChangePipeline { stage, .. } => {
            named_or(stage, PipelineState::beginning).map(|stage| DealCommand::ChangePipeline { stage })
        }
        DealRequest::Win { amounts } => stages.won(pipeline).map(|stage| DealCommand::Win {
            stage,
            amounts: *amounts,
        }),
        DealRequest::Lose { stage, reason, note } => {
            named_or(stage, PipelineState::lost).map(|stage| DealCommand::Lose {
                stage,
                reason: *reason,
                note: note.clone(),
            })
        }
        DealRequest::Reopen { stage } => {
            let before = deal.as_ref().and_then(|deal| deal.closed_from().cloned());
            named_or(&stage.clone().or(before), PipelineState::beginning).map(|stage| DealCommand::Reopen { stage })
        }
    };
    Ok(command.map_err(DealRefusal::from).map(|command| Resolved {
        command,
        pipeline,
        stages,
        version,
    }))
}

/// A pipeline as it is, with its version; the built-in one also before anything happened to it.
pub async fn load(bus: &CommandBus<Event>, id: PipelineId) -> Result<(Pipeline, Version), LoadError> {
    Ok(match bus.load::<Pipeline>(id.0).await? {
        Some(found) => found,
        None if id == BUILT_IN => (PipelineState::built_in(), Version::NONE),
        None => (Pipeline::default(), Version::NONE),
    })
}

/// A stage that no deal is ever moved to.
fn nowhere() -> StageRef {
    StageRef {
        pipeline: PipelineId(Uuid::nil()),
        retired: true,
        ..Stage::Prospection.into()
    }
}
