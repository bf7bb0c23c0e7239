//! Commands in batches: each carried out as its own mutation would, and answered for itself.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock},
};

use async_graphql::{
    Context, Enum, ID, InputObject, Name, Object, Request, ServerError, SimpleObject, Value, Variables,
    indexmap::IndexMap, value,
};
use domain::Language;
use futures::future::BoxFuture;
use journal::{StreamId, Version};
use uuid::Uuid;

use super::command::{Command, Known, Nature, known};
use crate::graphql::{
    ApiSchema, commands,
    errors::{ApiError, ApiResult, ErrorCode, UserError},
    events::{self, Event},
    ids,
    refusals::UserErrorCode,
    scalars::{BigInt, Json, Moment},
    session::{self, Session},
};

/// Commands of one batch at most.
const MAX_COMMANDS: usize = 100;
/// Events that a conflict shows at most.
const MAX_EVENTS: usize = 100;

/// The same schema as everybody's: a command of a batch passes the same gate as one alone.
static SCHEMA: LazyLock<ApiSchema> = LazyLock::new(crate::graphql::schema);

/// What the mutations of a batch need to know of it.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The commands of the batch: what they led to is no news to their client.
    pub own: Arc<[Uuid]>,
    /// The id that the client gave to the record that the command makes.
    pub new_id: Option<Uuid>,
}

/// A command and what comes with it.
#[derive(Debug, Clone, InputObject)]
pub struct CommandInput {
    /// Your name for it, made on the device. Sent again, it is answered DUPLICATE and not done again.
    command_id: Uuid,
    /// The version of the record that the device had. Left out, whatever happened meanwhile is no conflict.
    expected_version: Option<u32>,
    /// When it happened, by the device's clock; at most five minutes ahead of ours. `recordedAt` is when we take it.
    occurred_at: Option<Moment>,
    /// For commands that make a record: its id, made on the device (a UUID of version 4 or 7). Later commands of the
    /// batch name the record by it.
    new_id: Option<Uuid>,
    command: Command,
}

#[derive(Debug, Clone, InputObject)]
pub struct CommandsApplyInput {
    /// In the order in which they were given; 100 at most.
    commands: Vec<CommandInput>,
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum CommandOutcome {
    /// It was done. What others did meanwhile to other fields stands beside it.
    Applied,
    /// It had been done before; this is its first answer.
    Duplicate,
    /// Somebody changed the same fields meanwhile: nothing was done.
    Conflict,
    /// It may not or cannot be done, or depends on a command of the batch that failed: nothing was done.
    Rejected,
}

/// A field that both sides changed.
#[derive(Debug, Clone, SimpleObject)]
pub struct ClashingField {
    field: String,
    /// What the device had.
    base: Json,
    /// What it is now.
    theirs: Json,
    /// What the command would have made of it.
    ours: Json,
}

/// What happened while the device knew nothing of it.
#[derive(Debug, Clone, SimpleObject)]
pub struct CommandConflict {
    current_version: u32,
    /// The fields that both sides changed.
    fields: Vec<ClashingField>,
    /// What happened since the expected version, oldest first, 100 at most. Each says who, when, and which fields.
    #[graphql(complexity = "10 * child_complexity")]
    events: Vec<Event>,
}

/// The answer to one command.
#[derive(Debug, Clone, SimpleObject)]
pub struct CommandAnswer {
    command_id: Uuid,
    outcome: CommandOutcome,
    /// The record that it concerns, or would have made; null where it names none.
    id: Option<ID>,
    /// Shows what it did.
    position: Option<BigInt>,
    /// Of the record afterwards.
    version: Option<u32>,
    /// Why it was rejected.
    errors: Vec<UserError>,
    conflict: Option<CommandConflict>,
    /// The earlier command of the batch that it depends on and that failed.
    depends_on: Option<Uuid>,
}

/// The answers to a batch.
#[derive(Debug, Clone, SimpleObject)]
pub struct CommandsApplyPayload {
    /// One for each command, in order.
    #[graphql(complexity = "child_complexity")]
    answers: Vec<CommandAnswer>,
    /// Position of the journal that shows all of it; null when nothing was done.
    position: Option<BigInt>,
}

#[derive(Default)]
pub struct SyncMutations;

#[Object]
impl SyncMutations {
    /// Takes the commands that a device gave while it was offline, in order. Each has its own answer; one that fails
    /// keeps only those from being done that depend on it: after a conflict, the later commands on the same record, and
    /// where a record could not be made, all that name it. Whoever gets no answer sends the same batch again.
    #[graphql(complexity = "50 * input.commands.len().min(MAX_COMMANDS) + child_complexity")]
    async fn commands_apply(&self, ctx: &Context<'_>, input: CommandsApplyInput) -> ApiResult<CommandsApplyPayload> {
        if input.commands.len() > MAX_COMMANDS {
            return Err(ApiError::bad_input(format!(
                "At most {MAX_COMMANDS} commands at a time."
            )));
        }
        let own: Arc<[Uuid]> = input.commands.iter().map(|command| command.command_id).collect();
        let (mut failed, mut answers) = (Failed::default(), Vec::with_capacity(input.commands.len()));
        for given in input.commands {
            answers.push(answer(ctx, given, &own, &mut failed).await?);
        }
        let position = answers
            .iter()
            .filter_map(|answer| answer.position)
            .max_by_key(|position| position.0);
        Ok(CommandsApplyPayload { answers, position })
    }
}

/// Records that a failed command leaves in doubt, with that command.
#[derive(Default)]
struct Failed {
    /// They were not made: whatever names them fails.
    unmade: HashMap<Uuid, Uuid>,
    /// Somebody else changed them: what the device decided afterwards, it decided on a state that there never was.
    contested: HashMap<Uuid, Uuid>,
}

impl Failed {
    fn behind(&self, subject: Option<Uuid>, named: &HashSet<Uuid>) -> Option<Uuid> {
        let contested = subject.and_then(|subject| self.contested.get(&subject));
        let unmade = named.iter().find_map(|id| self.unmade.get(id));
        contested.or(unmade).copied()
    }
}

async fn answer(
    ctx: &Context<'_>,
    given: CommandInput,
    own: &Arc<[Uuid]>,
    failed: &mut Failed,
) -> ApiResult<CommandAnswer> {
    let command_id = given.command_id;
    let Some(known) = known(&given.command.mutation) else {
        return Err(ApiError::internal("a command is not known", &given.command.mutation));
    };
    let subject = match known.nature {
        Nature::Makes => Some(match given.new_id {
            Some(id) => id,
            None => commands::new_id(ctx, command_id, known.kind.category())?,
        }),
        _ => given.command.input.get("id").and_then(named),
    };
    let blank = CommandAnswer {
        command_id,
        outcome: CommandOutcome::Rejected,
        id: subject.map(|id| ids::global(known.kind, id)),
        position: None,
        version: None,
        errors: Vec::new(),
        conflict: None,
        depends_on: None,
    };
    let mut ids = HashSet::new();
    collect(&Value::Object(given.command.input.clone()), &mut ids);
    let answered = if let Some(cause) = failed.behind(subject, &ids) {
        CommandAnswer {
            depends_on: Some(cause),
            errors: vec![refusal(ctx, Reason::DependsOnFailed)],
            ..blank
        }
    } else if let Some(reason) = ill_formed(&given, &known) {
        CommandAnswer {
            errors: vec![refusal(ctx, reason)],
            ..blank
        }
    } else {
        carry_out(ctx, &given, &known, own, blank).await?
    };
    if let Some(subject) = subject {
        match (answered.outcome, known.nature) {
            (CommandOutcome::Rejected, Nature::Makes) => {
                failed.unmade.insert(subject, command_id);
            }
            (CommandOutcome::Conflict, _) => {
                failed.contested.entry(subject).or_insert(command_id);
            }
            _ => {}
        }
    }
    Ok(answered)
}

/// Every id in an input, wherever it stands.
fn collect(value: &Value, ids: &mut HashSet<Uuid>) {
    match value {
        Value::String(_) => ids.extend(named(value)),
        Value::List(items) => items.iter().for_each(|item| collect(item, ids)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, ids)),
        _ => {}
    }
}

/// The record that a text names, when it is an id.
fn named(value: &Value) -> Option<Uuid> {
    let Value::String(text) = value else { return None };
    let bare = Uuid::parse_str(text).ok();
    bare.or_else(|| ids::parse(&ID(text.clone())).ok().map(|(_, id)| id))
}

/// Why a batch does not take a command that has the form of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    DependsOnFailed,
    /// `commandId`, `expectedVersion` or `occurredAt` within the command's input.
    OptionsInside,
    /// `newId` on a command that makes nothing.
    NothingMade,
    /// `newId` of another version than 4 and 7.
    UnfitId,
}

impl Reason {
    const fn code(self) -> UserErrorCode {
        match self {
            Self::DependsOnFailed => UserErrorCode::DependsOnFailed,
            Self::OptionsInside => UserErrorCode::OptionsInside,
            Self::NothingMade => UserErrorCode::NothingMade,
            Self::UnfitId => UserErrorCode::UnfitId,
        }
    }

    const fn field(self) -> Option<&'static str> {
        match self {
            Self::DependsOnFailed => None,
            Self::OptionsInside => Some("command"),
            Self::NothingMade | Self::UnfitId => Some("newId"),
        }
    }

    fn message(self, language: Language) -> String {
        match self {
            Self::DependsOnFailed => language.choose(
                "It depends on a command of this batch that failed.",
                "Elle dépend d’une commande de ce lot qui a échoué.",
            ),
            Self::OptionsInside => language.choose(
                "`commandId`, `expectedVersion` and `occurredAt` stand beside the command, not within it.",
                "`commandId`, `expectedVersion` et `occurredAt` se placent à côté de la commande, pas dedans.",
            ),
            Self::NothingMade => language.choose(
                "This command makes no record: it takes no `newId`.",
                "Cette commande ne crée aucun enregistrement : elle ne prend pas de `newId`.",
            ),
            Self::UnfitId => language.choose(
                "An id made on a device is a UUID of version 4 or 7.",
                "Un identifiant créé sur un appareil est un UUID de version 4 ou 7.",
            ),
        }
    }
}

fn refusal(ctx: &Context<'_>, reason: Reason) -> UserError {
    UserError {
        code: reason.code(),
        field: reason.field().map(|field| vec![field.to_owned()]),
        allowed: Vec::new(),
        message: reason.message(ctx.language()),
    }
}

fn ill_formed(given: &CommandInput, known: &Known) -> Option<Reason> {
    let options = ["commandId", "expectedVersion", "occurredAt"];
    if options.iter().any(|name| given.command.input.contains_key(*name)) {
        return Some(Reason::OptionsInside);
    }
    let id = given.new_id?;
    if known.nature != Nature::Makes {
        return Some(Reason::NothingMade);
    }
    (!matches!(id.get_version_num(), 4 | 7)).then_some(Reason::UnfitId)
}

/// Carries a command out as the mutation that it is.
async fn carry_out(
    ctx: &Context<'_>,
    given: &CommandInput,
    known: &Known,
    own: &Arc<[Uuid]>,
    blank: CommandAnswer,
) -> ApiResult<CommandAnswer> {
    let mut input = given.command.input.clone();
    input.insert(Name::new("commandId"), Value::from(given.command_id.to_string()));
    if let Some(Moment(time)) = given.occurred_at {
        input.insert(Name::new("occurredAt"), Value::from(time.to_rfc3339()));
    }
    // What commutes never conflicts, and what is made has no version yet.
    let expected = given.expected_version.filter(|_| known.nature == Nature::Changes);
    if let Some(version) = expected {
        input.insert(Name::new("expectedVersion"), Value::from(version));
    }
    let Known {
        mutation, input: kind, ..
    } = known;
    let operation = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{
            position version replayed userErrors {{ code field allowed message }} }} }}"
    );
    let variables = Variables::from_value(value!({ "input": Value::Object(input) }));
    let request = session::prepare(
        Request::new(operation).variables(variables).data(Batch {
            own: own.clone(),
            new_id: given.new_id,
        }),
        ctx.application()?,
        Some(ctx.viewer()?.clone()),
        Some(ctx.language()),
        ctx.origin()?.clone(),
    );
    // Boxed: an operation within an operation.
    let executed: BoxFuture<'_, async_graphql::Response> = Box::pin(SCHEMA.execute(request));
    let response = executed.await;
    if let Some(error) = response.errors.first() {
        return refused(ctx, error, expected, blank).await;
    }
    let payload = field(&response.data, mutation);
    let errors = user_errors(field(payload, "userErrors"));
    if !errors.is_empty() {
        return Ok(CommandAnswer { errors, ..blank });
    }
    let position = match field(payload, "position") {
        Value::String(text) => text.parse().ok().map(BigInt),
        _ => None,
    };
    Ok(CommandAnswer {
        outcome: if *field(payload, "replayed") == Value::Boolean(true) {
            CommandOutcome::Duplicate
        } else {
            CommandOutcome::Applied
        },
        position,
        version: number(field(payload, "version")),
        ..blank
    })
}

/// A system error of a command: an answer where it concerns this command, else the end of the whole batch.
async fn refused(
    ctx: &Context<'_>,
    error: &ServerError,
    expected: Option<u32>,
    blank: CommandAnswer,
) -> ApiResult<CommandAnswer> {
    let extension = |name: &str| error.extensions.as_ref().and_then(|values| values.get(name)).cloned();
    let code = match extension("code") {
        Some(Value::String(text)) => ErrorCode::ALL.into_iter().find(|code| code.as_str() == text),
        _ => None,
    };
    match code {
        Some(ErrorCode::Conflict) => {
            let conflict = conflict(
                ctx,
                expected,
                extension("stream"),
                extension("currentVersion"),
                extension("clashes"),
            );
            Ok(CommandAnswer {
                outcome: CommandOutcome::Conflict,
                conflict: Some(conflict.await?),
                ..blank
            })
        }
        Some(
            code @ (ErrorCode::Forbidden | ErrorCode::BadUserInput | ErrorCode::NotFound | ErrorCode::CommandReused),
        ) => Ok(CommandAnswer {
            errors: vec![UserError {
                code: UserErrorCode::of(code.as_str()),
                field: None,
                allowed: Vec::new(),
                message: told(code, &error.message, ctx.language()),
            }],
            ..blank
        }),
        Some(code) => Err(ApiError::new(code, error.message.clone())),
        None => Err(ApiError::internal("a command of a batch failed", &error.message)),
    }
}

/// What a system error says, in the language of the client as far as there are words for it.
fn told(code: ErrorCode, message: &str, language: Language) -> String {
    let french = match code {
        ErrorCode::Forbidden => "Vous n’en avez pas le droit.",
        ErrorCode::NotFound => "Cet enregistrement n’existe pas.",
        ErrorCode::CommandReused => "Cet identifiant de commande a déjà servi pour une autre commande.",
        _ => return message.to_owned(),
    };
    language.choose(message, french)
}

async fn conflict(
    ctx: &Context<'_>,
    expected: Option<u32>,
    stream: Option<Value>,
    current: Option<Value>,
    clashes: Option<Value>,
) -> ApiResult<CommandConflict> {
    let sees_persons = ctx.viewer()?.sees_persons();
    let stream = match &stream {
        Some(Value::String(text)) => text.parse::<StreamId>().ok(),
        _ => None,
    };
    let events = match (stream, expected) {
        (Some(stream), Some(expected)) => {
            let application = ctx.application()?;
            let after = Version(expected.into());
            let between = application.journal.read_stream(&stream, after, MAX_EVENTS).await?;
            events::shown(&application.codec, &between, sees_persons).await?
        }
        _ => Vec::new(),
    };
    let clashes = match clashes {
        Some(Value::List(clashes)) => clashes,
        _ => Vec::new(),
    };
    let json = |clash: &Value, name: &str| {
        let value = field(clash, name).clone().into_json().unwrap_or_default();
        crate::graphql::trail::shown(value, sees_persons)
    };
    let fields = clashes.iter().map(|clash| ClashingField {
        field: text(field(clash, "field")),
        base: json(clash, "base"),
        theirs: json(clash, "theirs"),
        ours: json(clash, "ours"),
    });
    Ok(CommandConflict {
        current_version: current.as_ref().and_then(number).unwrap_or_default(),
        fields: fields.collect(),
        events,
    })
}

fn user_errors(value: &Value) -> Vec<UserError> {
    let texts = |value: &Value| match value {
        Value::List(items) => items.iter().map(text).collect(),
        _ => Vec::new(),
    };
    let error = |value: &Value| UserError {
        code: UserErrorCode::of(&text(field(value, "code"))),
        field: match field(value, "field") {
            Value::Null => None,
            path => Some(texts(path)),
        },
        allowed: texts(field(value, "allowed")),
        message: text(field(value, "message")),
    };
    match value {
        Value::List(errors) => errors.iter().map(error).collect(),
        _ => Vec::new(),
    }
}

fn field<'v>(value: &'v Value, name: &str) -> &'v Value {
    const NULL: &Value = &Value::Null;
    match value {
        Value::Object(fields) => find(fields, name).unwrap_or(NULL),
        _ => NULL,
    }
}

fn find<'v>(fields: &'v IndexMap<Name, Value>, name: &str) -> Option<&'v Value> {
    fields.get(name)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Enum(name) => name.to_string(),
        _ => String::new(),
    }
}

fn number(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        _ => None,
    }
}
