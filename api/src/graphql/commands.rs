//! From a mutation to a command and back: the options every command takes, and what every payload tells.

use async_graphql::{Context, InputObject, SimpleObject, Value};
use cqrs_es::Aggregate;
use domain::{Decider, Event, Refusal, Root};
use engine::{Clash, CodecError, CommandContext, CommandError, Outcome};
use journal::{EventHeader, Position, StreamId, Version};
use uuid::Uuid;

use super::{
    errors::{ApiError, ApiResult, ErrorCode, UserError},
    ids::Kind,
    reading::{self, Reading},
    refusals::UserErrorCode,
    scalars::{BigInt, Moment},
    session::Session,
    sync::Batch,
};

/// How far ahead of the clock an event may be said to have happened: clocks differ a little.
const TOLERATED_FUTURE: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// What every command takes besides what it asks for.
#[derive(Debug, Clone, Default, InputObject)]
pub struct CommandOptions {
    /// Your name for this command. Sent again with the same content, it is not done again: the first answer comes back.
    pub command_id: Option<Uuid>,
    /// The version of the object that you have seen; if it has moved on since, the command fails with CONFLICT.
    pub expected_version: Option<u32>,
    /// When it happened in the world, if not now.
    pub occurred_at: Option<Moment>,
}

impl CommandOptions {
    /// The context of the command, and an id for the object that it may create: the same for the same command.
    pub fn context(&self, ctx: &Context<'_>) -> ApiResult<CommandContext> {
        let viewer = ctx.viewer()?;
        let now = ctx.application()?.clock.now();
        if self
            .occurred_at
            .is_some_and(|Moment(time)| time > now + TOLERATED_FUTURE)
        {
            return Err(ApiError::bad_input(
                "`occurredAt` lies in the future: what has not happened cannot be recorded.",
            ));
        }
        let command_id = self.command_id.unwrap_or_else(Uuid::now_v7);
        let mut context = CommandContext::new(viewer.issuer.clone(), command_id, viewer.actor.clone());
        context.correlation_id = ctx.trace().and_then(|trace| Uuid::parse_str(&trace.0).ok());
        context.expected_version = self.expected_version.map(|version| Version(version.into()));
        context.beside = ctx.data_opt::<Batch>().map(|batch| batch.own.clone());
        context.occurred_at = self.occurred_at.map(|Moment(time)| time);
        context.sight = ctx.sight()?.for_commands();
        Ok(context)
    }

    /// The id of the object that this command creates. Derived from a client's command id, so that a repeated command
    /// names the same object; otherwise ordered by time.
    pub fn new_id(&self, ctx: &Context<'_>, category: &str) -> ApiResult<Uuid> {
        if let Some(id) = ctx.data_opt::<Batch>().and_then(|batch| batch.new_id) {
            return Ok(id);
        }
        match self.command_id {
            Some(command_id) => new_id(ctx, command_id, category),
            None => Ok(Uuid::now_v7()),
        }
    }
}

/// The id of the object that a client's command creates.
pub fn new_id(ctx: &Context<'_>, command_id: Uuid, category: &str) -> ApiResult<Uuid> {
    let issuer = &ctx.viewer()?.issuer;
    let bus = &ctx.application()?.bus;
    Ok(bus.derived_id(&["new", category, issuer, &command_id.to_string()]))
}

/// What every payload tells of its command.
#[derive(Debug, Clone, SimpleObject)]
pub struct CommandResult {
    /// Position of the journal that shows what the command did. Give it as `minPosition` to read your writes.
    pub position: Option<BigInt>,
    /// Version of the object after the command.
    pub version: Option<u32>,
    /// Whether this is the answer that the same command got before.
    pub replayed: bool,
    /// Why the business refuses; empty when it does not. A refused command changes nothing.
    pub user_errors: Vec<UserError>,
}

impl CommandResult {
    pub fn refused(error: UserError) -> Self {
        Self {
            position: None,
            version: None,
            replayed: false,
            user_errors: vec![error],
        }
    }

    pub async fn of(ctx: &Context<'_>, outcome: &Outcome, subject: &StreamId) -> ApiResult<Self> {
        let written = outcome.versions.iter().find(|(stream, _)| stream == subject);
        let version = match written {
            Some((_, version)) => *version,
            None => ctx.application()?.journal.stream_version(subject).await?,
        };
        Ok(Self {
            position: Some(BigInt(outcome.position.0)),
            version: u32::try_from(version.0).ok(),
            replayed: outcome.replayed,
            user_errors: Vec::new(),
        })
    }

    /// A reading that shows what the command did; `None` when it did nothing.
    pub async fn reading(&self, ctx: &Context<'_>) -> ApiResult<Option<Reading>> {
        match self.position {
            Some(BigInt(position)) => reading::at_least(ctx, Position(position)).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Gives one object one command.
pub async fn execute<D>(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: Uuid,
    command: D::Command,
) -> ApiResult<CommandResult>
where
    D: Decider,
    D::Event: Into<Event>,
    D::Command: Sync,
{
    let context = options.context(ctx)?;
    let answer = ctx.application()?.bus.execute::<Root<D>>(&context, id, command).await;
    settle(ctx, answer, &StreamId::new(D::TYPE, id)).await
}

/// Turns the answer of the bus into a payload's result, or into an error of the system.
pub async fn settle<R: Refusal>(
    ctx: &Context<'_>,
    answer: Result<Outcome, CommandError<R>>,
    subject: &StreamId,
) -> ApiResult<CommandResult> {
    match answer {
        Ok(outcome) => CommandResult::of(ctx, &outcome, subject).await,
        Err(CommandError::Refused(refusal)) => Ok(CommandResult::refused(user_error(ctx, &refusal))),
        Err(CommandError::Codec(CodecError::PersonErased { .. })) => {
            let refusal = domain::InvalidValue::new("person", domain::value::Problem::Erased);
            Ok(CommandResult::refused(user_error(ctx, &refusal)))
        }
        Err(error) => Err(system_error(error)),
    }
}

/// A refusal in the language of the client.
pub fn user_error(ctx: &Context<'_>, refusal: &(impl Refusal + ?Sized)) -> UserError {
    UserError {
        code: UserErrorCode::of(refusal.code()),
        field: refusal.field().map(|field| vec!["input".to_owned(), field.to_owned()]),
        allowed: refusal.allowed_values(),
        message: refusal.message(ctx.language()),
    }
}

/// A field that names an object which does not exist.
pub fn missing(field: &str, code: &str, message: &str) -> UserError {
    UserError {
        code: UserErrorCode::of(code),
        field: Some(vec!["input".to_owned(), field.to_owned()]),
        allowed: Vec::new(),
        message: message.to_owned(),
    }
}

/// Whether an object exists, to whoever asks: what they may not know of does not. Objects do not go away, so what exists
/// now exists when a command is taken.
pub async fn exists(ctx: &Context<'_>, kind: Kind, id: Uuid) -> ApiResult<bool> {
    let stream = StreamId::new(kind.category(), id);
    let there = ctx.application()?.journal.stream_version(&stream).await? > Version::NONE;
    Ok(there && ctx.sight()?.sees(&stream).await?)
}

/// An aggregate as it is, when there is one and whoever asks may know of it.
pub async fn load<A>(ctx: &Context<'_>, id: Uuid) -> ApiResult<Option<A>>
where
    A: Aggregate<Services = ()> + Clone + 'static,
    A::Event: Into<Event>,
{
    let loaded = ctx.application()?.bus.load::<A>(id).await?;
    match loaded {
        Some((aggregate, _)) if ctx.sight()?.sees(&StreamId::new(A::TYPE, id)).await? => Ok(Some(aggregate)),
        _ => Ok(None),
    }
}

/// Every failure of a command but the refusal.
pub fn system_error<R>(error: CommandError<R>) -> ApiError {
    match error {
        CommandError::Conflict {
            stream,
            current,
            between,
            clashes,
            ..
        } => {
            let message =
                format!("Somebody changed {stream} meanwhile: it is at version {current}. Look again, then decide.");
            let between = between.iter().map(between_event).collect::<Vec<_>>();
            let error = ApiError::new(ErrorCode::Conflict, message)
                .with("stream", stream.to_string())
                .with("currentVersion", current.0)
                .with("events", Value::List(between));
            if clashes.is_empty() {
                return error;
            }
            error.with("clashes", Value::List(clashes.into_iter().map(clash).collect()))
        }
        CommandError::NotFound { stream } => ApiError::new(ErrorCode::NotFound, format!("{stream} does not exist.")),
        CommandError::CommandReused { command_id } => {
            let message =
                format!("The command id {command_id} was used before, for another command. Choose a new one.");
            ApiError::new(ErrorCode::CommandReused, message)
        }
        CommandError::Journal(error) => error.into(),
        CommandError::Codec(error) => error.into(),
        CommandError::Invalid(reason) => ApiError::internal("a command makes no sense to the journal", &reason),
        CommandError::NotSynchronous(aggregate) => {
            ApiError::internal("an aggregate did not decide at once", &aggregate)
        }
        CommandError::Refused(_) => ApiError::internal("a refusal was not told", &"no refusal reaches this place"),
    }
}

/// A field that both sides changed, for whoever gives commands in batches.
fn clash(clash: Clash) -> Value {
    let json = |value| Value::from_json(value).unwrap_or_default();
    async_graphql::value!({
        "field": clash.field,
        "base": json(clash.base),
        "theirs": json(clash.theirs),
        "ours": json(clash.ours),
    })
}

/// An event that came in between, as a conflict shows it.
fn between_event(header: &EventHeader) -> Value {
    async_graphql::value!({
        "position": header.position.to_string(),
        "version": header.version.0,
        "type": header.event_type.as_ref(),
        "actor": header.actor.as_ref(),
        "recordedAt": header.recorded_at.to_string(),
    })
}
