//! Addresses at which papers can be fetched for a while: signed, so that nobody makes one up or makes it last.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{BlobHash, Event};
use engine::CommandBus;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

/// How long an address holds.
pub const ADDRESS_LIVES: TimeDelta = TimeDelta::minutes(15);
/// The purpose of the token in an address.
const PURPOSE: &str = "document";
/// Names what an address is for.
const NAMESPACE: Uuid = Uuid::from_u128(0x1d0c_ad4e_55e5_4000_8000_0000_0000_0002);
/// What a path shows as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// Kinds of papers, by the letter that stands for them in an address.
const KINDS: [(&str, &str); 4] = [
    ("p", "application/pdf"),
    ("x", "application/xml"),
    ("j", "application/json"),
    ("i", "image/png"),
];

/// Where a paper is, below the server's own address.
pub fn address(
    bus: &CommandBus<Event>,
    blob: BlobHash,
    name: &str,
    media_type: &str,
    expires_at: DateTime<Utc>,
) -> String {
    let kind = KINDS
        .iter()
        .find(|(_, known)| *known == media_type)
        .map_or("p", |(kind, _)| *kind);
    let expires = expires_at.timestamp();
    let token = bus.one_time_token(PURPOSE, of(blob, kind, name, expires));
    let name = utf8_percent_encode(name, PLAIN);
    format!("/documents/{blob}/{kind}{expires}/{token}/{name}")
}

/// What an address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub blob: BlobHash,
    pub name: String,
    pub media_type: &'static str,
}

/// Reads an address; `None` when it is not one of ours as it stands, or no longer holds.
pub fn asked(bus: &CommandBus<Event>, blob: &str, until: &str, token: &str, name: &str) -> Option<Asked> {
    let blob: BlobHash = blob.parse().ok()?;
    let (kind, expires) = until.split_at_checked(1)?;
    let (kind, media_type) = KINDS.iter().find(|(known, _)| *known == kind)?;
    let expires: i64 = expires.parse().ok()?;
    let is_ours = bus.is_one_time_token(PURPOSE, of(blob, kind, name, expires), token);
    let holds = bus.clock().now().timestamp() < expires;
    (is_ours && holds).then(|| Asked {
        blob,
        name: name.to_owned(),
        media_type,
    })
}

fn of(blob: BlobHash, kind: &str, name: &str, expires: i64) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{blob} {kind} {expires} {name}").as_bytes())
}
