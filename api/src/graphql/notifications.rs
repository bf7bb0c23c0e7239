//! What a user is told: the list, what they have seen of it, and the subscription.

use async_graphql::{
    ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject, Subscription,
    connection::{Connection, EmptyFields},
};
use domain::{
    UserId,
    inbox::{InboxCommand, InboxState, NotificationKind as Known},
};
use futures::{FutureExt, Stream, StreamExt};
use journal::Position;
use projections::notifications::{Column, Entity, Model, inboxes};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

use super::{
    commands::{self, CommandOptions, CommandResult},
    deals::known,
    errors::{ApiError, ApiResult, ErrorCode},
    ids::{self, Kind},
    node::Node,
    paging::{self, Direction, Listing, Nulls, PageArguments, SortKey},
    reading::{self, Reading},
    resuming,
    scalars::{BigInt, Moment},
    session::Session,
};
use crate::live::Told;

/// What somebody is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::inbox::NotificationKind")]
pub enum NotificationKind {
    /// A task was given to you.
    TaskAssigned,
    /// You watch a task from now on.
    TaskWatched,
    /// A task of yours is due soon, now, or overdue.
    TaskReminder,
    /// A deal was given to you.
    DealAssigned,
    DealWon,
    DealLost,
    /// A date of a contract of yours comes near, and no task tells you so.
    ContractAlert,
}

/// Something that a user is told.
#[derive(Clone)]
pub struct Notification {
    row: Model,
    reading: Reading,
}

#[Object]
impl Notification {
    /// Its name: the position of the event that it tells of. Subscribe `after` it to go on from here.
    async fn position(&self) -> BigInt {
        BigInt(self.row.position as u64)
    }

    async fn kind(&self) -> ApiResult<NotificationKind> {
        known(&Known::ALL, Known::as_str, &self.row.kind).map(NotificationKind::from)
    }

    /// What it is about, as it stands now.
    #[graphql(complexity = "2 + child_complexity")]
    async fn subject(&self) -> ApiResult<Option<Node>> {
        match Kind::of_category(&self.row.category) {
            Some(kind) => Node::load(&self.reading, kind, self.row.subject_id).await,
            None => Ok(None),
        }
    }

    /// Who did it.
    async fn actor(&self) -> &str {
        &self.row.actor
    }

    async fn created_at(&self) -> Moment {
        Moment::from_micros(self.row.created_at)
    }

    async fn read(&self) -> bool {
        self.row.unread_of.is_none()
    }
}

/// What a list of notifications comes to, over all its pages.
pub struct NotificationTotals {
    select: Select<Entity>,
    unread: Select<Entity>,
    muted: Vec<String>,
    reading: Reading,
}

#[Object]
impl NotificationTotals {
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }

    /// How many the user has not read, whatever the list leaves out.
    #[graphql(complexity = 20)]
    async fn unread_count(&self) -> ApiResult<u64> {
        Ok(self.unread.clone().count(self.reading.connection()).await?)
    }

    /// What the user does not want to be told.
    async fn muted_kinds(&self) -> ApiResult<Vec<NotificationKind>> {
        let kinds = self.muted.iter().map(|kind| known(&Known::ALL, Known::as_str, kind));
        kinds.map(|kind| kind.map(NotificationKind::from)).collect()
    }
}

pub type NotificationConnection = Connection<String, Notification, NotificationTotals, EmptyFields>;

/// Newest first.
const ORDER: SortKey<Column> = SortKey {
    column: Column::Position,
    direction: Direction::Desc,
    nulls: Nulls::Last,
};

#[derive(Default)]
pub struct NotificationQueries;

#[Object]
impl NotificationQueries {
    /// What you were told, newest first; without the kinds that you have muted.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Only what is unread.", default)] unread: bool,
        #[graphql(desc = "Whose; needed when you have no account of your own.")] user: Option<ID>,
        min_position: Option<BigInt>,
    ) -> ApiResult<NotificationConnection> {
        let UserId(user) = whose(ctx, user.as_ref())?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let window = arguments.window()?;
        let reading = reading::reading(ctx, None, min_position).await?;
        let muted = muted(&reading, user).await?;
        let all = shown(user, &muted);
        let select = if unread { only_unread(all, user) } else { all };
        let listing = Listing::new(select, vec![ORDER], Column::Id, &(user, unread));
        let page = listing.page(reading.connection(), &window).await?;
        let totals = NotificationTotals {
            select: listing.select,
            unread: only_unread(shown(user, &muted), user),
            muted,
            reading: reading.clone(),
        };
        Ok(page.connected(totals, |row| Notification {
            row,
            reading: reading.clone(),
        }))
    }
}

/// Whose notifications somebody may see: their own. Who has no account here (the configured token) says whose.
fn whose(ctx: &Context<'_>, asked: Option<&ID>) -> ApiResult<UserId> {
    let asked = asked.map(|id| ids::parse_as(Kind::User, id)).transpose()?.map(UserId);
    match (ctx.viewer()?.user(), asked) {
        (Some(own), None) => Ok(own),
        (Some(own), Some(asked)) if own == asked => Ok(own),
        (Some(_), Some(_)) => Err(ApiError::new(
            ErrorCode::Forbidden,
            "These are somebody else's notifications.",
        )),
        (None, Some(asked)) => Ok(asked),
        (None, None) => Err(ApiError::bad_input("You have no account here: say whose, in `user`.")),
    }
}

fn shown(user: Uuid, muted: &[String]) -> Select<Entity> {
    let own = Condition::all().add(Column::UserId.eq(user));
    let select = Entity::find().filter(own);
    if muted.is_empty() {
        select
    } else {
        select.filter(Column::Kind.is_not_in(muted))
    }
}

fn only_unread(select: Select<Entity>, user: Uuid) -> Select<Entity> {
    select.filter(Column::UnreadOf.eq(user))
}

async fn muted(reading: &Reading, user: Uuid) -> ApiResult<Vec<String>> {
    let inbox = inboxes::Entity::find_by_id(user).one(reading.connection()).await?;
    Ok(inbox.map(|inbox| inbox.muted_kinds()).unwrap_or_default())
}

#[derive(Debug, Clone, InputObject)]
pub struct NotificationMarkInput {
    /// The notifications' positions, up to 250.
    positions: Vec<BigInt>,
    /// Whose; needed when you have no account of your own.
    user: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct NotificationMarkAllReadInput {
    /// The last one you have seen.
    up_to: BigInt,
    /// Whose; needed when you have no account of your own.
    user: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct NotificationMuteInput {
    kind: NotificationKind,
    /// Whose; needed when you have no account of your own.
    user: Option<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a command about notifications.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct NotificationPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    user: Uuid,
}

#[ComplexObject]
impl NotificationPayload {
    /// How many are unread afterwards; null when the command was refused.
    #[graphql(complexity = 20)]
    async fn unread_count(&self, ctx: &Context<'_>) -> ApiResult<Option<u64>> {
        let Some(reading) = self.result.reading(ctx).await? else {
            return Ok(None);
        };
        let muted = muted(&reading, self.user).await?;
        let unread = only_unread(shown(self.user, &muted), self.user);
        Ok(Some(unread.count(reading.connection()).await?))
    }
}

#[derive(Default)]
pub struct NotificationMutations;

#[Object]
impl NotificationMutations {
    #[graphql(complexity = "50 + child_complexity")]
    async fn notification_mark_read(
        &self,
        ctx: &Context<'_>,
        input: NotificationMarkInput,
    ) -> ApiResult<NotificationPayload> {
        let positions = input.positions.iter().map(|BigInt(position)| *position).collect();
        let command = InboxCommand::MarkRead { positions };
        execute(ctx, &input.options, input.user.as_ref(), command).await
    }

    /// Keeps notifications for later.
    #[graphql(complexity = "50 + child_complexity")]
    async fn notification_mark_unread(
        &self,
        ctx: &Context<'_>,
        input: NotificationMarkInput,
    ) -> ApiResult<NotificationPayload> {
        let positions = input.positions.iter().map(|BigInt(position)| *position).collect();
        let command = InboxCommand::MarkUnread { positions };
        execute(ctx, &input.options, input.user.as_ref(), command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn notification_mark_all_read(
        &self,
        ctx: &Context<'_>,
        input: NotificationMarkAllReadInput,
    ) -> ApiResult<NotificationPayload> {
        let command = InboxCommand::MarkAllRead { up_to: input.up_to.0 };
        execute(ctx, &input.options, input.user.as_ref(), command).await
    }

    /// Hides notifications of a kind, until it is unmuted.
    #[graphql(complexity = "50 + child_complexity")]
    async fn notification_mute(
        &self,
        ctx: &Context<'_>,
        input: NotificationMuteInput,
    ) -> ApiResult<NotificationPayload> {
        let command = InboxCommand::Mute {
            kind: input.kind.into(),
        };
        execute(ctx, &input.options, input.user.as_ref(), command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn notification_unmute(
        &self,
        ctx: &Context<'_>,
        input: NotificationMuteInput,
    ) -> ApiResult<NotificationPayload> {
        let command = InboxCommand::Unmute {
            kind: input.kind.into(),
        };
        execute(ctx, &input.options, input.user.as_ref(), command).await
    }
}

async fn execute(
    ctx: &Context<'_>,
    options: &CommandOptions,
    user: Option<&ID>,
    command: InboxCommand,
) -> ApiResult<NotificationPayload> {
    let UserId(user) = whose(ctx, user)?;
    let result = commands::execute::<InboxState>(ctx, options, user, command).await?;
    Ok(NotificationPayload { result, user })
}

#[derive(Default)]
pub struct NotificationSubscription;

#[Subscription]
impl NotificationSubscription {
    /// What you are told from now on, or after a position; in order, none lost and none twice. To resume, give the
    /// position of the last one you handled. Kinds that you have muted do not come.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what happened behind this position; 0 for all of it.")] after: Option<BigInt>,
        #[graphql(desc = "Whose; needed when you have no account of your own.")] user: Option<ID>,
    ) -> Result<impl Stream<Item = ApiResult<Notification>> + 'static, ApiError> {
        let UserId(user) = whose(ctx, user.as_ref())?;
        let inboxes = ctx.application()?.inboxes.clone();
        let (place, after) = resuming::begin(ctx, after).await?;
        let scope = ctx.scope();
        let told = inboxes.follow(user, after).filter_map(move |told| {
            let scope = scope.clone();
            let notification = async move {
                let Told { row, handle } = told?;
                let reading = Reading::new(handle, scope);
                let muted = muted(&reading, user).await?;
                Ok((!muted.contains(&row.kind)).then_some(Notification { row, reading }))
            };
            notification.map(Result::transpose)
        });
        Ok(place.keep(told, |notification: &Notification| {
            Position(notification.row.position as u64)
        }))
    }
}
