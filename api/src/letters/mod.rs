//! Letters as the rest of the house deals with them: how one is queued, to whom, and what becomes of them when somebody is
//! erased. What they say is the room `mail`'s.

pub mod reminders;

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Decider, Delivery, DeliveryCommand, DeliveryError, Event, User, UserEvent, UserId,
    delivery::{DeliveryState, QueueDelivery},
    user::{UserDetails, UserState, person_of},
};
use engine::{CommandBus, CommandContext, CommandError, Outcome, Views, bus::LoadError, erasure::ErasureHook};
use journal::{Position, StreamId, Version};
use mail::{Outbox, To};
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
    Ok(details(bus, user).await?.map(|UserDetails { name, email }| To {
        person: person_of(user),
        name: Some(name),
        email,
        language,
        time_zone,
    }))
}

/// What is known of a colleague: the last that their stream says, unless it was erased.
async fn details(bus: &CommandBus<Event>, user: UserId) -> Result<Option<UserDetails>, LoadError> {
    let stream = StreamId::new(UserState::TYPE, user.0);
    let mut known = None;
    let mut read = Version::NONE;
    loop {
        let page = bus.history(&stream, read, PAGE).await?;
        let more = page.len() == PAGE;
        for event in page {
            read = event.header.version;
            if let Event::User(UserEvent::UserRegistered { details, .. } | UserEvent::UserDescribed { details }) =
                event.event
            {
                known = details.value().cloned();
            }
        }
        if !more {
            return Ok(known);
        }
    }
}

/// Events read of a colleague's stream at a time.
const PAGE: usize = 256;

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
