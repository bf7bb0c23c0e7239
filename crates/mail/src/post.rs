//! The carrier of letters: from a delivery in the journal to a message on its way.

use async_trait::async_trait;
use blobs::{BlobError, Blobs};
use chrono::{DateTime, Utc};
use domain::{
    BlobHash, Decider, Delivery, DeliveryCommand, DeliveryEvent, Event,
    delivery::{Abandonment, Content, DeliveryKind, DeliveryState, Enclosure, Letter, Link, OnDoubt},
};
use engine::{
    CommandBus, CommandContext, Recorded,
    deliveries::{Carried, Carrier, Doubt, Due, Outcome},
    policy::ReactionError,
};
use journal::{StreamId, Timestamp, Version};
use lettre::Message;
use projections::deliveries;
use sea_orm::{DatabaseConnection, DbErr};
use uuid::Uuid;

use crate::{
    message::{Attachment, ComposeError, Composer, Parts},
    outbox::Outbox,
    route::Route,
    smtp::{Server, SmtpError},
    template::{Template, TemplateError},
};

/// Where `{token}` stands in a link's path.
const TOKEN: &str = "{token}";

/// Carries letters.
pub struct Post {
    composer: Composer,
    /// Where links lead, without a slash at the end.
    public_url: String,
    /// Where the files lie that letters name.
    blobs: Blobs,
    way: Way,
}

enum Way {
    Outbox(Outbox),
    Server(Box<Server>),
}

/// Why no letter can be sent at all: the settings are wrong.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("`mail-from` is no address: write `Name <address>` or an address alone")]
    From,
    #[error("`mail-from` is not set: a mail server takes no letter from nobody")]
    NoFrom,
    #[error("`mail` cannot be used: {0}")]
    Smtp(#[from] SmtpError),
}

/// Why a letter that was queued cannot be written.
#[derive(Debug, thiserror::Error)]
enum Unwritable {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error("the file {blob} that goes with it: {source}")]
    Enclosure { blob: BlobHash, source: BlobError },
}

/// The outbox may be written in anybody's name; nothing in it goes anywhere.
const NOBODY: &str = "Alforis <alforis@localhost>";

impl Post {
    /// `from`: whom letters come from. `public_url`: where the house is reached, for links.
    pub fn new(route: &Route, from: Option<&str>, public_url: &str, blobs: Blobs) -> Result<Self, PostError> {
        let composer = match (route, from) {
            (_, Some(from)) => Composer::new(from),
            (Route::Outbox(_), None) => Composer::new(NOBODY),
            (Route::Smtp(_), None) => return Err(PostError::NoFrom),
        };
        let composer = composer.map_err(|_| PostError::From)?;
        let way = match route {
            Route::Outbox(folder) => Way::Outbox(Outbox::new(folder)),
            Route::Smtp(smtp) => Way::Server(Box::new(Server::new(smtp, composer.domain())?)),
        };
        Ok(Self {
            composer,
            public_url: public_url.trim_end_matches('/').to_owned(),
            blobs,
            way,
        })
    }

    /// The folder of letters, where that is where they go.
    pub const fn outbox(&self) -> Option<&Outbox> {
        match &self.way {
            Way::Outbox(outbox) => Some(outbox),
            Way::Server(_) => None,
        }
    }

    async fn write(
        &self,
        delivery: Uuid,
        queued_at: DateTime<Utc>,
        letter: &Letter,
        bus: &CommandBus<Event>,
    ) -> Result<Message, Unwritable> {
        let addressee = letter.addressee.value().ok_or(ComposeError::Address)?;
        let link = letter.link.as_ref().map(|link| self.link(link, bus));
        let code = letter.code.as_ref();
        let code = code.map(|code| bus.one_time_code(&code.purpose, code.id));
        let text = Template::named(&letter.template)?.render(
            letter.language,
            addressee.name.as_deref(),
            &addressee.variables,
            link.as_deref(),
            code.as_deref(),
        )?;
        let message = self.composer.compose(Parts {
            delivery,
            date: queued_at,
            name: addressee.name.clone(),
            email: addressee.email.clone(),
            text,
            attachments: self.enclosed(letter).await?,
        })?;
        Ok(message)
    }

    async fn enclosed(&self, letter: &Letter) -> Result<Vec<Attachment>, Unwritable> {
        let mut attachments = Vec::with_capacity(letter.enclosures.len());
        for Enclosure { blob, description } in &letter.enclosures {
            let read = self.blobs.read(&blob.0).await;
            attachments.push(Attachment {
                file_name: description.name.clone(),
                media_type: description.media_type.clone(),
                bytes: read.map_err(|source| Unwritable::Enclosure { blob: *blob, source })?,
            });
        }
        Ok(attachments)
    }

    fn link(&self, link: &Link, bus: &CommandBus<Event>) -> String {
        let token = link.token.as_ref();
        let token = token.map(|token| bus.one_time_token(&token.purpose, token.id));
        format!(
            "{}{}",
            self.public_url,
            link.path.replace(TOKEN, &token.unwrap_or_default())
        )
    }
}

/// A letter on its way to the server.
pub struct Parcel {
    delivery: Uuid,
    message: Result<Message, String>,
}

/// What a delivery is about and when it was queued, from the first event of its stream.
async fn queued(
    delivery: Uuid,
    bus: &CommandBus<Event>,
) -> Result<(Letter, Option<DateTime<Utc>>, Timestamp), ReactionError> {
    let stream = StreamId::new(DeliveryState::TYPE, delivery);
    let first = bus.history(&stream, Version::NONE, 1).await?.into_iter().next();
    match first {
        Some(Recorded {
            header,
            event:
                Event::Delivery(DeliveryEvent::DeliveryQueued {
                    content: Content::Letter(letter),
                    expires_at,
                    ..
                }),
            ..
        }) => Ok((*letter, expires_at, header.occurred_at)),
        _ => Err(ReactionError::trouble(format!("{stream} does not begin as a letter"))),
    }
}

#[async_trait]
impl Carrier<Event> for Post {
    type Parcel = Parcel;

    fn kind(&self) -> &'static str {
        DeliveryKind::Mail.as_str()
    }

    async fn due(
        &self,
        view: &DatabaseConnection,
        now: DateTime<Utc>,
        except: &[Uuid],
        limit: u64,
    ) -> Result<Vec<Due>, DbErr> {
        let rows = deliveries::due(view, DeliveryKind::Mail, now, except, limit).await?;
        Ok(rows.iter().map(due).collect())
    }

    async fn next_due(&self, view: &DatabaseConnection, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, DbErr> {
        deliveries::next_due(view, DeliveryKind::Mail, now).await
    }

    async fn begin(
        &self,
        due: &Due,
        attempt: u32,
        context: CommandContext,
        bus: &CommandBus<Event>,
    ) -> Result<Option<Parcel>, ReactionError> {
        let delivery = due.id;
        let now = bus.clock().now();
        let (letter, expires_at, queued_at) = queued(delivery, bus).await?;
        let pointless = if letter.addressee.value().is_none() {
            Some(Abandonment::AddresseeErased)
        } else if expires_at.is_some_and(|end| end <= now) {
            Some(Abandonment::Expired)
        } else {
            None
        };
        if let Some(cause) = pointless {
            let abandon = DeliveryCommand::Abandon { cause };
            bus.execute::<Delivery>(&context, delivery, abandon).await?;
            return Ok(None);
        }
        let begun = bus
            .execute::<Delivery>(&context, delivery, DeliveryCommand::Attempt { attempt, at: now })
            .await?;
        // The same command again: whoever gave it first makes the attempt.
        if begun.replayed {
            return Ok(None);
        }
        let message = self.write(delivery, queued_at.into(), &letter, bus).await;
        Ok(Some(Parcel {
            delivery,
            message: message.map_err(|error| error.to_string()),
        }))
    }

    async fn carry(&self, parcel: Parcel) -> Carried {
        let Parcel { delivery, message } = parcel;
        let message = match message {
            Ok(message) => message,
            Err(reason) => return Carried::Refused { reason },
        };
        match &self.way {
            Way::Outbox(outbox) => outbox.send(delivery, message.formatted()).await,
            Way::Server(server) => server.send(message).await,
        }
    }

    async fn record(
        &self,
        delivery: Uuid,
        attempt: u32,
        outcome: Outcome,
        context: CommandContext,
        bus: &CommandBus<Event>,
    ) -> Result<(), ReactionError> {
        if let (Way::Outbox(outbox), Outcome::Sent) = (&self.way, &outcome)
            && queued(delivery, bus).await?.0.addressee.value().is_none()
        {
            // They were erased while it was written: whoever cleaned the outbox may not have seen it.
            outbox.remove(delivery).map_err(ReactionError::trouble)?;
        }
        let command = match outcome {
            Outcome::Sent => DeliveryCommand::Succeed { attempt },
            Outcome::Deferred { until, reason } => DeliveryCommand::Defer { attempt, until, reason },
            Outcome::Failed { reason, permanent } => DeliveryCommand::Fail {
                attempt,
                reason,
                permanent,
            },
            Outcome::Held => DeliveryCommand::Hold { attempt },
        };
        bus.execute::<Delivery>(&context, delivery, command).await?;
        Ok(())
    }
}

fn due(row: &deliveries::Model) -> Due {
    let in_doubt = row.status == domain::delivery::DeliveryStatus::Attempting.as_str();
    let doubt = match (in_doubt, row.on_doubt == OnDoubt::Hold.as_str()) {
        (false, _) => Doubt::No,
        (true, false) => Doubt::Resend,
        (true, true) => Doubt::Hold,
    };
    Due {
        id: row.id,
        attempts: u32::try_from(row.attempts).unwrap_or_default(),
        tries: u32::try_from(row.tries).unwrap_or_default(),
        doubt,
    }
}
