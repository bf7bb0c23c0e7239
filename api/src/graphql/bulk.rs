//! Many records, one command each: one that is refused does not keep the others from it.

use async_graphql::{Context, ID, SimpleObject};
use domain::Event;
use uuid::Uuid;

use super::{
    commands::{CommandOptions, CommandResult},
    errors::{ApiError, ApiResult, UserError},
    following::{self, Merged},
    ids::{self, Kind},
    scalars::{BigInt, Moment},
    session::Session,
};

/// Records of one request at most.
pub const MAX_ITEMS: usize = 200;

/// What became of one of many records.
#[derive(Debug, Clone, SimpleObject)]
pub struct BulkItem {
    /// As it was asked for.
    id: ID,
    /// Whether the command was taken; then it was so or is so now.
    done: bool,
    position: Option<BigInt>,
    version: Option<u32>,
    /// Why the business refuses.
    user_errors: Vec<UserError>,
    /// Code of the error when the system refuses: `CONFLICT`, `BAD_USER_INPUT` and the like.
    error: Option<String>,
    error_message: Option<String>,
}

/// What became of many records, in the order of the request.
#[derive(Debug, Clone, SimpleObject)]
pub struct BulkPayload {
    items: Vec<BulkItem>,
    /// How many were done.
    done: u32,
    /// Position of the journal that shows all of it.
    position: Option<BigInt>,
}

/// Gives each record its command. Each has a command id of its own, which follows from that of the request and its id,
/// so that a repeated request finds what it has done.
pub async fn each<D>(
    ctx: &Context<'_>,
    kind: Kind,
    ids: &[ID],
    command_id: Option<Uuid>,
    occurred_at: Option<Moment>,
    command: D::Command,
) -> ApiResult<BulkPayload>
where
    D: Merged,
    D::Event: Into<Event>,
    D::Command: Sync,
{
    if ids.len() > MAX_ITEMS {
        return Err(ApiError::bad_input(format!("At most {MAX_ITEMS} records at a time.")));
    }
    let issuer = ctx.viewer()?.issuer.clone();
    let bus = &ctx.application()?.bus;
    let mut items = Vec::with_capacity(ids.len());
    for id in ids {
        let answer = match ids::parse_as(kind, id) {
            Ok(uuid) => {
                let own = |command: Uuid| bus.derived_id(&["bulk", &issuer, &command.to_string(), &uuid.to_string()]);
                let options = CommandOptions {
                    command_id: command_id.map(own),
                    expected_version: None,
                    occurred_at,
                };
                let answer = following::execute::<D>(ctx, &options, uuid, command.clone()).await;
                answer.map(|(result, _)| result)
            }
            Err(error) => Err(error),
        };
        items.push(BulkItem::of(id.clone(), answer));
    }
    let position = items.iter().filter_map(|item| item.position).max();
    Ok(BulkPayload {
        done: items.iter().filter(|item| item.done).count() as u32,
        items,
        position,
    })
}

impl BulkItem {
    fn of(id: ID, answer: ApiResult<CommandResult>) -> Self {
        match answer {
            Ok(result) => Self {
                id,
                done: result.user_errors.is_empty(),
                position: result.position,
                version: result.version,
                user_errors: result.user_errors,
                error: None,
                error_message: None,
            },
            Err(error) => Self {
                id,
                done: false,
                position: None,
                version: None,
                user_errors: Vec::new(),
                error: Some(error.code.as_str().to_owned()),
                error_message: Some(error.message),
            },
        }
    }
}
