//! What a replica holds, as far as we know: kept from one answer to the next, so that each answer is the difference
//! between that and what it is to hold now, however it came about.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use domain::Event;
use engine::CommandBus;
use journal::{Journal, JournalError, Position, VaultRecord};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::selection::ReplicaType;
use crate::graphql::ids::Kind;

/// The kind of these records of the vault.
const RECORDS: &str = "replica";
/// How long a replica is remembered that nobody asks for.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Replicas of one account at most: whoever makes another one loses the oldest.
const MAX_REPLICAS: usize = 8;
/// First byte of what is stored.
const FORMAT: u8 = 1;
/// Bytes before the records, and of each.
const HEAD: usize = 1 + 16 + 16 + 8;
const ENTRY: usize = 1 + 16 + 4;

/// A record that a replica holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Held {
    pub of: ReplicaType,
    pub id: Uuid,
}

impl Held {
    pub const fn kind(self) -> Kind {
        self.of.kind()
    }
}

/// In which state it holds it: changes whenever the record does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(pub u32);

impl Mark {
    /// A version of the record's stream, with room for what is not told by its events.
    pub fn of(version: i64) -> Self {
        Self(u32::try_from(version).unwrap_or(u32::MAX >> 2) << 2)
    }

    pub const fn raise(&mut self, bit: u32) {
        self.0 |= bit;
    }
}

/// What a replica holds after an answer.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// What was asked for, when everything was delivered.
    pub complete: Option<[u8; 16]>,
    /// The views that it came from.
    pub position: Position,
    pub records: BTreeMap<Held, Mark>,
}

impl Manifest {
    /// The same for the same records in the same states, in whatever order they came: the exclusive or of the first
    /// eight bytes of SHA-256 over each one's `category:uuid@revision`, in hexadecimal.
    pub fn hash(&self) -> String {
        let hashes = self.records.iter().map(|(held, mark)| {
            let text = format!("{}:{}@{}", held.kind().category(), held.id, mark.0);
            let mut first = [0; 8];
            first.copy_from_slice(&Sha256::digest(text)[..8]);
            u64::from_be_bytes(first)
        });
        format!("{:016x}", hashes.fold(0, |all, one| all ^ one))
    }

    fn write(&self, epoch: Uuid) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.records.len() * ENTRY);
        bytes.push(FORMAT);
        bytes.extend_from_slice(epoch.as_bytes());
        bytes.extend_from_slice(&self.complete.unwrap_or_default());
        bytes.extend_from_slice(&self.position.0.to_be_bytes());
        for (held, mark) in &self.records {
            bytes.push(held.of as u8);
            bytes.extend_from_slice(held.id.as_bytes());
            bytes.extend_from_slice(&mark.0.to_be_bytes());
        }
        bytes
    }

    /// `None` when it is of another answer, or of another program.
    fn read(bytes: &[u8], epoch: Uuid) -> Option<Self> {
        let (head, entries) = bytes.split_at_checked(HEAD)?;
        if head[0] != FORMAT || head[1..17] != *epoch.as_bytes() || entries.len() % ENTRY != 0 {
            return None;
        }
        let complete: [u8; 16] = head[17..33].try_into().ok()?;
        let position = u64::from_be_bytes(head[33..41].try_into().ok()?);
        let entry = |entry: &[u8]| {
            let of = *ReplicaType::ALL.get(usize::from(entry[0]))?;
            let id = Uuid::from_slice(&entry[1..17]).ok()?;
            let mark = u32::from_be_bytes(entry[17..21].try_into().ok()?);
            Some((Held { of, id }, Mark(mark)))
        };
        Some(Self {
            complete: (complete != [0; 16]).then_some(complete),
            position: Position(position),
            records: entries.chunks_exact(ENTRY).map(entry).collect::<Option<_>>()?,
        })
    }
}

/// Names an answer to a replica. Its text is opaque, and good for whom it was given to only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    replica: Uuid,
    /// Of the two places that a replica has, so that an answer that gets lost can be given again.
    place: u8,
    epoch: Uuid,
}

impl Cursor {
    pub fn first() -> Self {
        Self {
            replica: Uuid::now_v7(),
            place: 0,
            epoch: Uuid::new_v4(),
        }
    }

    /// Of the answer after this one.
    pub fn next(self) -> Self {
        Self {
            place: 1 - self.place,
            epoch: Uuid::new_v4(),
            ..self
        }
    }

    pub fn write(self, bus: &CommandBus<Event>, owner: &str) -> String {
        let mut bytes = Vec::with_capacity(49);
        bytes.extend_from_slice(self.replica.as_bytes());
        bytes.push(self.place);
        bytes.extend_from_slice(self.epoch.as_bytes());
        bytes.extend_from_slice(self.seal(bus, owner).as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None`: it is none, or somebody else's.
    pub fn read(text: &str, bus: &CommandBus<Event>, owner: &str) -> Option<Self> {
        // Longer than any: not worth decoding.
        if text.len() > 80 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (named, sealed) = bytes.split_at_checked(33)?;
        let cursor = Self {
            replica: Uuid::from_slice(&named[..16]).ok()?,
            place: named[16],
            epoch: Uuid::from_slice(&named[17..]).ok()?,
        };
        let seal = cursor.seal(bus, owner);
        let sealed = Uuid::from_slice(sealed).ok()?;
        let genuine = identity::is_same_secret(&seal.to_string(), &sealed.to_string());
        (genuine && cursor.place < 2).then_some(cursor)
    }

    fn seal(self, bus: &CommandBus<Event>, owner: &str) -> Uuid {
        let place = self.place.to_string();
        let (replica, epoch) = (self.replica.to_string(), self.epoch.to_string());
        bus.derived_id(&["replica cursor", owner, &replica, &place, &epoch])
    }

    fn key(self) -> Vec<u8> {
        let mut key = self.replica.as_bytes().to_vec();
        key.push(self.place);
        key
    }
}

/// What the replica holds after the answer that the cursor names; `None` when that is forgotten.
pub async fn find(journal: &dyn Journal, cursor: Cursor, now: DateTime<Utc>) -> Result<Option<Manifest>, JournalError> {
    let record = journal.vault().record(RECORDS, &cursor.key(), now.into()).await?;
    Ok(record.and_then(|record| Manifest::read(&record.value, cursor.epoch)))
}

/// Remembers what the replica holds after an answer. The one before it stays, for when this one gets lost.
pub async fn keep(
    journal: &dyn Journal,
    owner: Uuid,
    cursor: Cursor,
    manifest: &Manifest,
    now: DateTime<Utc>,
) -> Result<(), JournalError> {
    let record = VaultRecord {
        kind: RECORDS.to_owned(),
        key: cursor.key(),
        subject: Some(owner),
        value: manifest.write(cursor.epoch),
        expires_at: Some((now + KEPT).into()),
    };
    journal.vault().put_record(record).await
}

/// Makes room for one more replica.
pub async fn make_room(journal: &dyn Journal, owner: Uuid, now: DateTime<Utc>) -> Result<(), JournalError> {
    let vault = journal.vault();
    let kept = vault
        .list_records(RECORDS, Some(owner), None, 4 * MAX_REPLICAS, now.into())
        .await?;
    // The newest first: a replica's id begins with the time at which it was made.
    let mut replicas: Vec<&[u8]> = kept.iter().filter_map(|record| record.key.get(..16)).collect();
    replicas.dedup();
    for old in replicas.iter().skip(MAX_REPLICAS - 1) {
        for record in kept.iter().filter(|record| record.key.starts_with(old)) {
            vault.take_record(RECORDS, &record.key, now.into()).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(number: u128) -> Held {
        Held {
            of: ReplicaType::Deal,
            id: Uuid::from_u128(number),
        }
    }

    fn manifest(numbers: impl IntoIterator<Item = u128>) -> Manifest {
        Manifest {
            complete: Some([7; 16]),
            position: Position(42),
            records: numbers
                .into_iter()
                .map(|number| (held(number), Mark::of(number as i64)))
                .collect(),
        }
    }

    #[test]
    fn what_is_written_reads_back_under_its_own_epoch_only() {
        let (epoch, whole) = (Uuid::from_u128(9), manifest(1..4));
        let bytes = whole.write(epoch);
        let read = Manifest::read(&bytes, epoch).unwrap();
        assert_eq!(read.records, whole.records);
        assert_eq!((read.complete, read.position), (whole.complete, whole.position));
        assert!(Manifest::read(&bytes, Uuid::from_u128(8)).is_none());
        assert!(Manifest::read(&bytes[..bytes.len() - 1], epoch).is_none());
        assert!(Manifest::read(&[], epoch).is_none());
    }

    #[test]
    fn the_hash_is_of_the_records_and_their_states() {
        assert_eq!(manifest([]).hash(), "0000000000000000");
        assert_eq!(manifest([1, 2]).hash(), manifest([2, 1]).hash());
        assert_ne!(manifest([1, 2]).hash(), manifest([1, 3]).hash());
        let mut erased = manifest([1, 2]);
        erased.records.insert(held(2), Mark(Mark::of(2).0 | 1));
        assert_ne!(manifest([1, 2]).hash(), erased.hash());
        // As a client computes it, with nothing but SHA-256.
        assert_eq!(manifest([1]).hash(), "2d759d990c000714");
    }
}
