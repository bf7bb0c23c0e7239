//! Letters as the rest of the house deals with them: how one is queued, to whom, and what becomes of them when somebody is
//! erased. What they say is the room `mail`'s.

pub mod reminders;

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Decider, Delivery, DeliveryCommand, DeliveryError, Event, User, UserId,
    delivery::{DeliveryState, QueueDelivery},
    user::{UserDetails, person_of},
};
use engine::{CommandBus, CommandContext, CommandError, Outcome, Views, bus::LoadError, erasure::ErasureHook};
use identity::NewLink;
use journal::Position;
use mail::{LetterError, Outbox, To};
use projections::deliveries::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

/// Queues a letter as the effect of a command or of an event: once for each context.
pub async fn queue(
    bus: &CommandBus<Event>,
    context: &CommandContext,
    letter: QueueDelivery,
) -> Result<Outcome, CommandError<DeliveryError>> {
    let id = delivery_of(bus, context);
    bus.execute::<Delivery>(context, id, DeliveryCommand::Queue(letter))
        .await
}

/// The delivery that a command queues; for those who queue it in a unit of work, beside what is the reason for it.
pub fn delivery_of(bus: &CommandBus<Event>, context: &CommandContext) -> Uuid {
    let command = context.command_id.to_string();
    bus.derived_id(&["new", DeliveryState::TYPE, &context.issuer, &command])
}

/// How to write to a colleague; `None` when they are gone, or nobody knows how.
pub async fn colleague(bus: &CommandBus<Event>, user: UserId) -> Result<Option<To>, LoadError> {
    let Some((account, _)) = bus.load::<User>(user.0).await? else {
        return Ok(None);
    };
    let (true, Some(language), Some(time_zone)) = (account.is_active(), account.language(), account.time_zone()) else {
        return Ok(None);
    };
    Ok(identity::details_of(bus, user)
        .await?
        .map(|UserDetails { name, email }| To {
            person: person_of(user),
            name: Some(name),
            email,
            language,
            time_zone,
        }))
}

/// Why a letter is not on its way.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    #[error(transparent)]
    Account(#[from] LoadError),
    #[error(transparent)]
    Letter(#[from] LetterError),
    #[error(transparent)]
    Queue(#[from] CommandError<DeliveryError>),
}

/// Asks a colleague in: the letter holds the link that sets their first password.
pub async fn invite(
    bus: &CommandBus<Event>,
    context: &CommandContext,
    user: UserId,
    inviter: &str,
    link: &NewLink,
) -> Result<(), Unsent> {
    if let Some(to) = colleague(bus, user).await? {
        let letter = mail::invitation(to, user, inviter, link.token, link.expires_at)?;
        queue(bus, &of_its_own(bus, context), letter).await?;
    }
    Ok(())
}

/// Sends a colleague the link that sets another password.
pub async fn reset_password(
    bus: &CommandBus<Event>,
    context: &CommandContext,
    user: UserId,
    link: &NewLink,
) -> Result<(), Unsent> {
    if let Some(to) = colleague(bus, user).await? {
        let letter = mail::password_reset(to, user, link.token, link.expires_at)?;
        queue(bus, &of_its_own(bus, context), letter).await?;
    }
    Ok(())
}

/// The context of the letter that a command leads to beside its own events.
fn of_its_own(bus: &CommandBus<Event>, context: &CommandContext) -> CommandContext {
    let command = context.command_id.to_string();
    CommandContext {
        command_id: bus.derived_id(&["letter", &context.issuer, &command]),
        expected_version: None,
        ..context.clone()
    }
}

/// How long an erasure waits for the views before it is tried again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes the letters to an erased person out of the outbox.
pub struct OutboxCleaning {
    views: Arc<Views<Event>>,
    outbox: Outbox,
}

impl OutboxCleaning {
    pub const fn new(views: Arc<Views<Event>>, outbox: Outbox) -> Self {
        Self { views, outbox }
    }
}

#[async_trait]
impl ErasureHook for OutboxCleaning {
    async fn erased(&self, person: Uuid, position: Position) -> Result<(), Box<dyn Error + Send + Sync>> {
        let view = self.views.wait_for(position, PATIENCE).await?;
        let theirs = Entity::find().filter(Column::PersonId.eq(person));
        for delivery in theirs.all(&view.connection).await? {
            self.outbox.remove(delivery.id)?;
        }
        Ok(())
    }
}
