//! Between typed events and the journal's bytes.
//!
//! Writing: encode, then seal what is personal. Reading: open what is sealed, then upcast, then decode. An event at its
//! current schema version without anything sealed goes straight from bytes to type.

mod error;
mod sealing;
mod upcasting;
#[cfg(test)]
mod vector;

pub use error::CodecError;

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use bytes::Bytes;
use cqrs_es::DomainEvent;
use journal::{NewEvent, Page, RecordedEvent, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use self::{
    sealing::{Marker, Opened},
    upcasting::Upcasting,
};
use crate::{
    keys::{KeyRing, SubjectKey},
    recorded::Recorded,
    vocabulary::{DecodeError, Vocabulary},
};

/// Seals and opens the events of one journal.
pub struct Codec<E> {
    vocabulary: Vocabulary<E>,
    upcasting: Upcasting,
    keys: Arc<KeyRing>,
}

impl<E> Codec<E> {
    pub fn new(vocabulary: Vocabulary<E>, keys: Arc<KeyRing>) -> Self {
        Self {
            vocabulary,
            upcasting: Upcasting::new(vocabulary.upcasters),
            keys,
        }
    }

    pub fn vocabulary(&self) -> &Vocabulary<E> {
        &self.vocabulary
    }

    pub fn keys(&self) -> &Arc<KeyRing> {
        &self.keys
    }

    /// The event as it goes into the journal.
    pub async fn encode<D: DomainEvent>(
        &self,
        event: &D,
        event_id: Uuid,
        occurred_at: Timestamp,
    ) -> Result<NewEvent, CodecError> {
        let event_type = event.event_type();
        let version = event.event_version();
        let schema_version = version.parse().map_err(|_| CodecError::SchemaVersion {
            event_type: event_type.clone(),
            found: version.clone(),
            current: self.upcasting.current(&event_type),
        })?;
        if schema_version != self.upcasting.current(&event_type) {
            let current = self.upcasting.current(&event_type);
            return Err(CodecError::SchemaVersion {
                event_type,
                found: version,
                current,
            });
        }
        let plain = serde_json::to_vec(event).map_err(|error| CodecError::Encode(error.to_string()))?;
        let payload = self.seal(plain).await?;
        Ok(NewEvent {
            event_id,
            event_type: event_type.into(),
            schema_version,
            occurred_at,
            payload,
            metadata: Bytes::new(),
        })
    }

    /// Whether the event could be sealed: everybody whose data it holds has a key, or could be given one. Nobody is.
    pub async fn rehearse<D: DomainEvent>(&self, event: &D) -> Result<(), CodecError> {
        let plain = serde_json::to_value(event).map_err(|error| CodecError::Encode(error.to_string()))?;
        for person in sealing::persons(&plain, Marker::Personal) {
            if let SubjectKey::Destroyed = self.keys.key(person).await? {
                return Err(CodecError::PersonErased { person });
            }
        }
        Ok(())
    }

    /// Replaces each `{"$personal":{"person":…,"value":…}}` in the payload by `{"$sealed":{"person":…,"box":…}}`.
    pub async fn seal(&self, payload: Vec<u8>) -> Result<Bytes, CodecError> {
        if !sealing::may_hold_marker(&payload) {
            return Ok(payload.into());
        }
        let mut value: Value =
            serde_json::from_slice(&payload).map_err(|error| CodecError::Encode(error.to_string()))?;
        let mut keys = HashMap::new();
        for person in sealing::persons(&value, Marker::Personal) {
            match self.keys.key_for_sealing(person).await? {
                SubjectKey::Live(key) => keys.insert(person, key),
                SubjectKey::Destroyed | SubjectKey::Absent => return Err(CodecError::PersonErased { person }),
            };
        }
        sealing::seal(&mut value, &keys, self.keys.journal_id(), self.keys.nonces())?;
        let sealed = serde_json::to_vec(&value).map_err(|error| CodecError::Encode(error.to_string()))?;
        Ok(sealed.into())
    }

    /// The event, typed.
    pub async fn open(&self, event: &RecordedEvent) -> Result<Recorded<E>, CodecError> {
        let plain = match self.plain(event)? {
            Some(plain) => plain,
            None => self.opened(event).await?,
        };
        self.decode(event, &plain)
    }

    /// The page's events, typed and in order; the first that cannot be read ends it.
    pub async fn open_page(&self, page: &Page) -> Result<Vec<Recorded<E>>, CodecError> {
        self.open_all(&page.events).await
    }

    /// [`Codec::open_page`] for any events.
    pub async fn open_all(&self, events: &[RecordedEvent]) -> Result<Vec<Recorded<E>>, CodecError> {
        let mut opened = Vec::with_capacity(events.len());
        for event in events {
            opened.push(self.open(event).await?);
        }
        Ok(opened)
    }

    /// The event as the aggregate that wrote it reads it.
    pub(crate) async fn open_as<D: DeserializeOwned>(&self, event: &RecordedEvent) -> Result<D, CodecError> {
        let plain = match self.plain(event)? {
            Some(plain) => plain,
            None => self.opened(event).await?,
        };
        serde_json::from_slice(&plain).map_err(|error| CodecError::unreadable(event, error.into()))
    }

    /// The payload as a JSON document, opened and upcast: for people who look at an event.
    pub async fn open_json(&self, event: &RecordedEvent) -> Result<Value, CodecError> {
        self.open_as(event).await
    }

    /// The payload when it can be decoded as it stands.
    fn plain<'e>(&self, event: &'e RecordedEvent) -> Result<Option<Cow<'e, [u8]>>, CodecError> {
        let current = self.upcasting.current(&event.header.event_type);
        if event.header.schema_version > current {
            return Err(CodecError::NewerSchema {
                position: event.header.position,
                event_type: event.header.event_type.to_string(),
                found: event.header.schema_version,
                supported: current,
            });
        }
        let ready = event.header.schema_version == current && !sealing::is_sealed(&event.payload);
        Ok(ready.then_some(Cow::Borrowed(&event.payload)))
    }

    async fn opened(&self, event: &RecordedEvent) -> Result<Cow<'static, [u8]>, CodecError> {
        let unreadable = |error: serde_json::Error| CodecError::unreadable(event, error.into());
        let mut value: Value = serde_json::from_slice(&event.payload).map_err(unreadable)?;
        let mut keys = HashMap::new();
        for person in sealing::persons(&value, Marker::Sealed) {
            let opened = match self.keys.key(person).await? {
                SubjectKey::Live(key) => Opened::With(key),
                SubjectKey::Destroyed => Opened::Erased,
                SubjectKey::Absent => {
                    return Err(CodecError::KeyMissing {
                        position: event.header.position,
                        person,
                    });
                }
            };
            keys.insert(person, opened);
        }
        sealing::open(&mut value, &keys, self.keys.journal_id()).map_err(|person| CodecError::SealBroken {
            position: event.header.position,
            person,
        })?;
        let header = &event.header;
        let value = self
            .upcasting
            .apply(&header.event_type, header.schema_version, value)
            .ok_or_else(|| {
                CodecError::unreadable(
                    event,
                    DecodeError::Unreadable("a step between schema versions is missing".into()),
                )
            })?;
        serde_json::to_vec(&value).map(Cow::Owned).map_err(unreadable)
    }

    fn decode(&self, event: &RecordedEvent, plain: &[u8]) -> Result<Recorded<E>, CodecError> {
        let decoded = (self.vocabulary.decode)(&event.header.stream.category, plain)
            .map_err(|error| CodecError::unreadable(event, error))?;
        if let Some(person) = (self.vocabulary.erased)(&decoded) {
            self.keys.forget(person);
        }
        Ok(Recorded {
            header: event.header.clone(),
            event: decoded,
            metadata: event.metadata.clone(),
        })
    }
}
