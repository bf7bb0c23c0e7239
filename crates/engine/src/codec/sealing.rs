//! Personal values inside a payload: `$personal` (plain), `$sealed` (in the journal), `$erased` (the key is gone).
//!
//! A marker is an object whose only key is the marker's name. Objects may not use keys that start with `$` otherwise.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use memchr::memmem::{self, Finder};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::CodecError;
use crate::keys::{self, NonceSource, SecretKey};

const PERSONAL: &str = "$personal";
const SEALED: &str = "$sealed";
const ERASED: &str = "$erased";
/// Finds the marker's key as `serde_json` writes it. Inside a JSON string the closing quote would be escaped, so what it
/// finds is always a key.
static SEALED_KEY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"$sealed\":"));

/// The markers that name a person whose key is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Personal,
    Sealed,
}

impl Marker {
    fn name(self) -> &'static str {
        match self {
            Self::Personal => PERSONAL,
            Self::Sealed => SEALED,
        }
    }
}

/// How a sealed value of a person reads.
pub(super) enum Opened {
    With(Arc<SecretKey>),
    Erased,
}

/// Whether a key of the payload may start with `$`. A string value that does says yes too, which only costs time.
pub(super) fn may_hold_marker(payload: &[u8]) -> bool {
    memmem::find(payload, b"\"$").is_some()
}

pub(super) fn is_sealed(payload: &[u8]) -> bool {
    SEALED_KEY.find(payload).is_some()
}

/// The persons named by markers of one kind.
pub(super) fn persons(value: &Value, marker: Marker) -> BTreeSet<Uuid> {
    let mut found = BTreeSet::new();
    visit(value, &mut |object| {
        if let Some(person) = object.get(marker.name()).and_then(person_of) {
            found.insert(person);
        }
    });
    found
}

/// Seals every personal value; each person named has a key.
pub(super) fn seal(
    value: &mut Value,
    keys: &HashMap<Uuid, Arc<SecretKey>>,
    journal: Uuid,
    nonces: &dyn NonceSource,
) -> Result<(), CodecError> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| seal(item, keys, journal, nonces)),
        Value::Object(object) => match reserved(object) {
            None => object
                .values_mut()
                .try_for_each(|item| seal(item, keys, journal, nonces)),
            Some(ERASED) if object.len() == 1 && object.get(ERASED).and_then(person_of).is_some() => Ok(()),
            Some(PERSONAL) if object.len() == 1 => {
                *value = seal_one(object, keys, journal, nonces)?;
                Ok(())
            }
            Some(key) => Err(CodecError::ReservedKey { key: key.to_owned() }),
        },
        _ => Ok(()),
    }
}

/// Opens every sealed value, or says whose cannot be opened.
pub(super) fn open(value: &mut Value, keys: &HashMap<Uuid, Opened>, journal: Uuid) -> Result<(), Uuid> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| open(item, keys, journal)),
        Value::Object(object) => {
            if let Some(sealed) = object.get(SEALED).filter(|_| object.len() == 1) {
                let person = person_of(sealed).unwrap_or_default();
                *value = open_one(sealed, person, keys, journal).ok_or(person)?;
                return Ok(());
            }
            object.values_mut().try_for_each(|item| open(item, keys, journal))
        }
        _ => Ok(()),
    }
}

fn seal_one(
    object: &Map<String, Value>,
    keys: &HashMap<Uuid, Arc<SecretKey>>,
    journal: Uuid,
    nonces: &dyn NonceSource,
) -> Result<Value, CodecError> {
    let malformed = || CodecError::ReservedKey {
        key: PERSONAL.to_owned(),
    };
    let personal = object
        .get(PERSONAL)
        .and_then(Value::as_object)
        .filter(|personal| personal.len() == 2);
    let personal = personal.ok_or_else(malformed)?;
    let person = personal.get("person").and_then(uuid_of).ok_or_else(malformed)?;
    let content = personal.get("value").ok_or_else(malformed)?;
    if holds_reserved(content) {
        return Err(CodecError::ReservedKey {
            key: format!("a marker inside {PERSONAL}"),
        });
    }
    let key = keys.get(&person).ok_or(CodecError::PersonErased { person })?;
    let text = zeroize::Zeroizing::new(content.to_string());
    let boxed = keys::seal(key, nonces, text.as_bytes(), &bound_to(journal, person))
        .ok_or_else(|| CodecError::Encode("the personal value is too large".to_owned()))?;
    Ok(json!({ SEALED: { "person": person, "box": BASE64.encode(boxed) } }))
}

fn open_one(sealed: &Value, person: Uuid, keys: &HashMap<Uuid, Opened>, journal: Uuid) -> Option<Value> {
    match keys.get(&person)? {
        Opened::Erased => Some(json!({ ERASED: { "person": person } })),
        Opened::With(key) => {
            let boxed = BASE64.decode(sealed.get("box")?.as_str()?).ok()?;
            let text = keys::open(key, &boxed, &bound_to(journal, person))?;
            let content: Value = serde_json::from_slice(&text).ok()?;
            Some(json!({ PERSONAL: { "person": person, "value": content } }))
        }
    }
}

/// A box moved to another person or journal does not open.
fn bound_to(journal: Uuid, person: Uuid) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(journal.as_bytes());
    bytes[16..].copy_from_slice(person.as_bytes());
    bytes
}

fn reserved(object: &Map<String, Value>) -> Option<&str> {
    object.keys().map(String::as_str).find(|key| key.starts_with('$'))
}

fn holds_reserved(value: &Value) -> bool {
    let mut found = false;
    visit(value, &mut |object| found |= reserved(object).is_some());
    found
}

fn person_of(marked: &Value) -> Option<Uuid> {
    marked.get("person").and_then(uuid_of)
}

fn uuid_of(value: &Value) -> Option<Uuid> {
    value.as_str().and_then(|text| Uuid::parse_str(text).ok())
}

fn visit(value: &Value, see: &mut dyn FnMut(&Map<String, Value>)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, see)),
        Value::Object(object) => {
            see(object);
            object.values().for_each(|item| visit(item, see));
        }
        _ => {}
    }
}
