//! Events as they stand in the journal: one type for the subscription, for histories and for conflicts.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use async_graphql::{ComplexObject, Context, ID, SimpleObject, Subscription, dataloader::DataLoader};
use domain::Event as DomainEvent;
use engine::{Codec, Recorded};
use futures::{Stream, StreamExt};
use journal::{Position, RecordedEvent, Version};
use uuid::Uuid;

use super::{
    causes::{CauseKey, Causes},
    errors::{ApiError, ApiResult},
    history,
    ids::Kind,
    node::Node,
    reading, resuming,
    scalars::{BigInt, Json, Moment},
    session::{Session, missing},
    trail::{FieldChange, Trail},
    users::User,
};
use crate::{
    live::{self, Interest},
    words,
};

/// Something that happened, for ever.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Event {
    /// Place in the whole journal, without gaps from 1. Subscribe `after` it to go on from here.
    position: BigInt,
    /// Id of the event itself.
    #[graphql(name = "eventId")]
    id: Uuid,
    /// What happened, for example `DealMoved`.
    r#type: String,
    /// Version of the data's form, as this answer shows it.
    schema_version: u32,
    /// The stream it belongs to, `category:uuid`.
    stream: String,
    /// Kind of the object it happened to.
    category: String,
    /// Place in its stream, from 1.
    version: u32,
    /// When the journal took it.
    recorded_at: Moment,
    /// When it happened in the world.
    occurred_at: Moment,
    /// Who did it.
    actor: String,
    command_id: Uuid,
    correlation_id: Uuid,
    /// The event that led to it, when one did.
    causation_id: Option<Uuid>,
    /// What happened, in a line for people.
    summary: String,
    /// What happened in detail. Data about a person stands under `$personal`, or as `$erased` once it was erased.
    data: Json,
    /// Leaf of the journal's tree: the hash that proves this event, in hexadecimal.
    leaf_hash: String,
    #[graphql(skip)]
    subject: Option<(Kind, Uuid)>,
    #[graphql(skip)]
    trail: Arc<Trail>,
}

impl Event {
    pub fn new(recorded: &RecordedEvent, event: &DomainEvent) -> ApiResult<Self> {
        let header = &recorded.header;
        Ok(Self {
            position: BigInt(header.position.0),
            id: header.event_id,
            r#type: header.event_type.to_string(),
            schema_version: event.schema_version(),
            stream: header.stream.to_string(),
            category: header.stream.category.to_string(),
            version: u32::try_from(header.version.0).unwrap_or(u32::MAX),
            recorded_at: header.recorded_at.into(),
            occurred_at: header.occurred_at.into(),
            actor: header.actor.to_string(),
            command_id: header.command_id,
            correlation_id: header.correlation_id,
            causation_id: header.causation_id,
            summary: words::describe(event),
            data: Json(data(event)?),
            leaf_hash: hex::encode(AsRef::<[u8]>::as_ref(&recorded.leaf_hash)),
            subject: Kind::of_category(&header.stream.category).map(|kind| (kind, header.stream.id)),
            trail: Arc::new(Trail::of_one(header)),
        })
    }

    /// The same event among others of its stream, whose changes are told together.
    pub fn along(self, trail: &Arc<Trail>) -> Self {
        let trail = trail.clone();
        Self { trail, ..self }
    }
}

impl Event {
    /// As it stands in a document.
    pub fn document(&self) -> serde_json::Value {
        serde_json::json!({
            "position": self.position.0.to_string(),
            "stream": self.stream,
            "type": self.r#type,
            "occurredAt": self.occurred_at.0.to_rfc3339(),
            "recordedAt": self.recorded_at.0.to_rfc3339(),
            "actor": self.actor,
            "summary": self.summary,
            "data": self.data.0,
        })
    }
}

#[ComplexObject]
impl Event {
    /// The object it happened to, as it stands now.
    #[graphql(complexity = "5 + child_complexity")]
    async fn subject(&self, ctx: &Context<'_>) -> ApiResult<Option<Node>> {
        let Some((kind, id)) = self.subject else {
            return Ok(None);
        };
        let reading = reading::at_least(ctx, Position(self.position.0)).await?;
        Node::load(&reading, kind, id).await
    }

    /// What it changed: each field with its value before and after, in the order of their names.
    #[graphql(complexity = "5 + child_complexity")]
    async fn changes(&self, ctx: &Context<'_>) -> ApiResult<Vec<FieldChange>> {
        self.trail.changes(ctx, Version(self.version.into())).await
    }

    /// The event that led to it; null when none did, and when you may not see what that one happened to.
    #[graphql(complexity = "5 + child_complexity")]
    async fn cause(&self, ctx: &Context<'_>) -> ApiResult<Option<Self>> {
        let Some(event) = self.causation_id else {
            return Ok(None);
        };
        let causes: &DataLoader<Causes> = ctx.data().map_err(|error| missing(&error))?;
        let effect = Position(self.position.0);
        causes.load_one(CauseKey { event, effect }).await
    }

    /// The account that did it; null when it was a program of ours, an import, or the configured token.
    #[graphql(complexity = "5 + child_complexity")]
    async fn user(&self, ctx: &Context<'_>) -> ApiResult<Option<User>> {
        let Some(id) = self.actor.strip_prefix("user:").and_then(|id| Uuid::parse_str(id).ok()) else {
            return Ok(None);
        };
        User::load(&reading::reading(ctx, None, None).await?, id).await
    }
}

/// The event's own fields: the name that the journal wraps them in is [`Event::type`] already.
fn data(event: &DomainEvent) -> ApiResult<serde_json::Value> {
    let unreadable = |error: serde_json::Error| ApiError::internal("an event cannot be shown", &error);
    let bytes = event.encode().map_err(unreadable)?;
    let wrapped: serde_json::Value = serde_json::from_slice(&bytes).map_err(unreadable)?;
    Ok(match wrapped {
        serde_json::Value::Object(object) if object.len() == 1 => object
            .into_iter()
            .next()
            .map_or(serde_json::Value::Null, |(_, inner)| inner),
        other => other,
    })
}

/// Opens events for showing. To whoever may not see data about persons they look as if it had been erased.
pub async fn shown(codec: &Codec<DomainEvent>, events: &[RecordedEvent], sees_persons: bool) -> ApiResult<Vec<Event>> {
    let opened = codec.open_all(events).await?;
    events
        .iter()
        .zip(&opened)
        .map(|(recorded, opened)| one_shown(recorded, opened, sees_persons))
        .collect()
}

/// The event at a position, for showing; `None` when whoever asks may not see its stream, or there is none.
pub async fn at(ctx: &Context<'_>, position: u64) -> ApiResult<Option<Event>> {
    let application = ctx.application()?;
    let before = Position(position.saturating_sub(1));
    let page = application
        .journal
        .read(before, 1, &journal::ReadFilter::default())
        .await?;
    let Some(recorded) = page.events.first() else {
        return Ok(None);
    };
    if !ctx.sight()?.sees(&recorded.header.stream).await? {
        return Ok(None);
    }
    let shown = shown(&application.codec, &page.events[..1], ctx.viewer()?.sees_persons()).await?;
    Ok(shown.into_iter().next())
}

/// One event that was opened, for showing.
pub fn one_shown(recorded: &RecordedEvent, opened: &Recorded<DomainEvent>, sees_persons: bool) -> ApiResult<Event> {
    let event = if sees_persons {
        Cow::Borrowed(&opened.event)
    } else {
        Cow::Owned(without_persons(&opened.event)?)
    };
    Event::new(recorded, &event)
}

/// The event with each value about a person in its erased form.
fn without_persons(event: &DomainEvent) -> ApiResult<DomainEvent> {
    let unreadable = |error: &dyn std::fmt::Display| ApiError::internal("an event cannot be shown", error);
    let bytes = event.encode().map_err(|error| unreadable(&error))?;
    let mut value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
    if !withhold(&mut value) {
        return Ok(event.clone());
    }
    DomainEvent::decode(event.category(), value.to_string().as_bytes()).map_err(|error| unreadable(&error))
}

/// Replaces every `$personal` by `$erased`; whether there was one.
pub fn withhold(value: &mut serde_json::Value) -> bool {
    match value {
        serde_json::Value::Object(fields) => {
            if let Some(personal) = fields.remove("$personal") {
                let person = personal.get("person").cloned().unwrap_or_default();
                fields.insert("$erased".to_owned(), serde_json::json!({ "person": person }));
                return true;
            }
            withhold_in(fields.values_mut())
        }
        serde_json::Value::Array(items) => withhold_in(items.iter_mut()),
        _ => false,
    }
}

/// In all of them, also once one was found.
fn withhold_in<'v>(values: impl Iterator<Item = &'v mut serde_json::Value>) -> bool {
    values.map(withhold).filter(|found| *found).count() > 0
}

#[derive(Default)]
pub struct EventSubscription;

#[Subscription]
impl EventSubscription {
    /// Every event after a position, and then the new ones as they happen, in order, none lost and none twice.
    ///
    /// Only what happened to what you may see. Without `after` only what happens from now on. To resume, give the position of the last event you handled.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only events behind this position; 0 for all of them.")] after: Option<BigInt>,
        #[graphql(desc = "Only events of these kinds of objects, for example `deal`.")] categories: Option<Vec<String>>,
        #[graphql(desc = "Only events of these types, for example `DealMoved`.")] types: Option<Vec<String>>,
        #[graphql(desc = "Only what happens to this object: its id, or its stream, `category:uuid`.")] stream: Option<
            ID,
        >,
    ) -> Result<impl Stream<Item = ApiResult<Arc<Event>>> + 'static, ApiError> {
        let application = ctx.application()?;
        let types = known("type", types, |name| {
            DomainEvent::types().any(|known| known.name == name)
        })?;
        let categories = known("category", categories, |name| {
            DomainEvent::types().any(|known| known.category == name)
        })?;
        let stream = stream.as_ref().map(history::stream_named).transpose()?;
        let interest = Interest {
            categories: categories.or_else(|| types.as_ref().map(categories_of)),
            types,
            streams: stream.map(|stream| HashSet::from([stream])),
        };
        let (place, after) = resuming::begin(ctx, after).await?;
        let (codec, sees_persons) = (application.codec.clone(), ctx.viewer()?.sees_persons());
        let happening = live::follow(application.live.clone(), after, interest);
        let events = live::seen(happening, ctx.sight()?).filter_map(move |seen| {
            let codec = codec.clone();
            async move {
                match seen {
                    Ok((happened, true)) => Some(happened.shown(&codec, sees_persons).await),
                    Ok((_, false)) => None,
                    Err(error) => Some(Err(error)),
                }
            }
        });
        Ok(place.keep(events, |event| Position(event.position.0)))
    }
}

type Names = HashSet<Arc<str>>;

/// Names that exist, or an error: a misspelt one would wait for ever.
fn known(what: &str, names: Option<Vec<String>>, exists: impl Fn(&str) -> bool) -> ApiResult<Option<Names>> {
    let Some(names) = names.filter(|names| !names.is_empty()) else {
        return Ok(None);
    };
    match names.iter().find(|name| !exists(name)) {
        Some(unknown) => {
            let unknown: String = unknown.chars().take(60).collect();
            Err(ApiError::bad_input(format!("There is no event {what} `{unknown}`.")))
        }
        None => Ok(Some(names.into_iter().map(Into::into).collect())),
    }
}

/// The categories that have the types: no other need be read.
fn categories_of(types: &Names) -> Names {
    let named = DomainEvent::types().filter(|known| types.contains(known.name));
    named.map(|known| known.category.into()).collect()
}
