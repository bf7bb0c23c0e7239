//! One function per thing that reads bytes. Each may refuse, none may panic; what it accepts must be consistent.
//!
//! The workspace's own tests include this file as well, so it uses nothing but the crates it is about.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use domain::Event;
use engine::{Codec, KeyRing, MasterKey};
use journal::{
    EventHeader, OpenOptions, Position, RecordedEvent, StreamId, Timestamp, Version,
    checkpoint::{Note, SignedCheckpoint, TrustedKeys, VerifierKey},
    receipt::verify_receipt,
    tree::{self, Frontier, Hash},
};
use uuid::Uuid;

/// Something that reads bytes, and where examples of them lie.
pub struct Entry {
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// Folder under `fixtures`.
    corpus: &'static str,
}

pub const ENTRIES: [Entry; 6] = [
    Entry {
        name: "receipt",
        run: receipt,
        corpus: "proofs",
    },
    Entry {
        name: "checkpoint",
        run: checkpoint,
        corpus: "proofs",
    },
    Entry {
        name: "tree",
        run: tree,
        corpus: "proofs",
    },
    Entry {
        name: "leaf",
        run: leaf,
        corpus: "proofs",
    },
    Entry {
        name: "event",
        run: event,
        corpus: "events",
    },
    Entry {
        name: "codec",
        run: codec,
        corpus: "events",
    },
];

/// A receipt is believed only if each of its events hashes to what it says.
pub fn receipt(data: &[u8]) {
    static TRUSTED: OnceLock<TrustedKeys> = OnceLock::new();
    let trusted = TRUSTED.get_or_init(|| {
        let key = fs::read_to_string(fixtures().join("proofs/checkpoint.pub")).expect("the fixture");
        key.trim_end().parse::<VerifierKey>().expect("a public key").into()
    });
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(report) = verify_receipt(text, trusted) {
        assert_eq!(report.size, 3, "only one checkpoint was ever signed with this key");
        for event in report.events {
            assert_eq!(
                tree::leaf_hash(&event.header, &event.payload, &event.metadata),
                event.leaf_hash
            );
            assert!(
                (2..=3).contains(&event.header.position.0),
                "no other event was ever proven"
            );
        }
    }
}

/// Notes, checkpoints, keys and chains that are accepted are written back as they were read.
pub fn checkpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(note) = Note::parse(text) {
        assert_eq!(note.to_string(), text);
    }
    if let Ok(signed) = SignedCheckpoint::parse(text) {
        assert_eq!(signed.to_string(), text);
    }
    if let Ok(key) = text.trim_end().parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text.trim_end());
        let _ = TrustedKeys::from(key).follow(text);
    }
    let _ = text.parse::<StreamId>();
}

/// Proofs of any shape, and frontiers of any bytes.
pub fn tree(data: &[u8]) {
    if let Some(frontier) = Frontier::from_bytes(data) {
        assert_eq!(frontier.to_bytes(), data);
        let _ = frontier.root();
    }
    let mut bytes = Reader(data);
    let (leaf, size) = (bytes.number(), bytes.number());
    let (one, other): (Hash, Hash) = (bytes.array(), bytes.array());
    let proof: Vec<Hash> = bytes.0.as_chunks().0.to_vec();
    for size in [size, size % 1_000, leaf.wrapping_add(1)] {
        let _ = tree::verify_inclusion(&one, leaf, size, &proof, &other);
        let _ = tree::verify_consistency(leaf, size, &proof, &one, &other);
    }
}

/// A leaf's data can be read back, so no two events share it.
pub fn leaf(data: &[u8]) {
    let mut bytes = Reader(data);
    let header = EventHeader {
        position: Position(bytes.number()),
        stream: StreamId::new(bytes.text(), bytes.id()),
        version: Version(bytes.number()),
        event_id: bytes.id(),
        event_type: bytes.text().into(),
        schema_version: bytes.number() as u32,
        recorded_at: Timestamp(bytes.number() as i64),
        occurred_at: Timestamp(bytes.number() as i64),
        actor: bytes.text().into(),
        command_id: bytes.id(),
        correlation_id: bytes.id(),
        causation_id: (bytes.number() % 2 == 0).then(|| bytes.id()),
    };
    let (payload, metadata) = bytes.0.split_at(bytes.0.len() / 2);
    let data = tree::leaf_data(&header, payload, metadata);
    assert_eq!(fields(&data), Some((header, payload.to_vec(), metadata.to_vec())));
}

/// A payload that is understood can be written and is understood again, as the same.
pub fn event(data: &[u8]) {
    for category in categories() {
        if let Ok(event) = Event::decode(category, data) {
            let encoded = event.encode().expect("an event can be written");
            assert_eq!(Event::decode(category, &encoded).expect("what was written"), event);
        }
    }
}

/// Stored events of any type and schema version, with sealed values that nobody sealed.
pub fn codec(data: &[u8]) {
    let world = World::get();
    let text = String::from_utf8_lossy(data);
    let event_type = text.split('"').nth(1).unwrap_or_default();
    for category in categories() {
        for schema_version in [1, 2, 3, u32::MAX] {
            let header = EventHeader {
                position: Position(1),
                stream: StreamId::new(category, Uuid::nil()),
                version: Version(1),
                event_id: Uuid::nil(),
                event_type: event_type.into(),
                schema_version,
                recorded_at: Timestamp(0),
                occurred_at: Timestamp(0),
                actor: "".into(),
                command_id: Uuid::nil(),
                correlation_id: Uuid::nil(),
                causation_id: None,
            };
            let (payload, metadata) = (Bytes::copy_from_slice(data), Bytes::new());
            let event = RecordedEvent {
                header,
                payload,
                metadata,
                leaf_hash: [0; 32],
            };
            let _ = world.runtime.block_on(world.codec.open(&event));
            let _ = world.runtime.block_on(world.codec.open_json(&event));
        }
    }
}

fn categories() -> BTreeSet<&'static str> {
    Event::types().map(|known| known.category).collect()
}

/// A codec over an empty journal.
struct World {
    runtime: tokio::runtime::Runtime,
    codec: Codec<Event>,
    _folder: tempfile::TempDir,
}

impl World {
    fn get() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a folder");
            let url = format!("sqlite:{}", folder.path().join("journal.db").display());
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build();
            let runtime = runtime.expect("a runtime");
            let keys = runtime.block_on(async {
                let options = OpenOptions {
                    create: true,
                    ..OpenOptions::default()
                };
                let journal = journal::open(&url, options).await.expect("a journal");
                KeyRing::open(journal, MasterKey::from_bytes([7; 32]))
                    .await
                    .expect("its keys")
            });
            let codec = Codec::new(projections::vocabulary(), Arc::clone(&keys));
            Self {
                runtime,
                codec,
                _folder: folder,
            }
        })
    }
}

/// Reads a leaf's data by its description in `docs/proofs.md`.
fn fields(data: &[u8]) -> Option<(EventHeader, Vec<u8>, Vec<u8>)> {
    let mut rest = data;
    let mut field = || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (field, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        rest = after;
        Some(field)
    };
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_be_bytes);
    let id = |bytes: &[u8]| Uuid::from_slice(bytes).ok();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    if field()? != b"alforis/event/1" {
        return None;
    }
    let header = EventHeader {
        position: Position(number(field()?)?),
        stream: StreamId::new(text(field()?)?, id(field()?)?),
        version: Version(number(field()?)?),
        event_id: id(field()?)?,
        event_type: text(field()?)?.into(),
        schema_version: field()?.try_into().ok().map(u32::from_be_bytes)?,
        recorded_at: Timestamp(number(field()?)? as i64),
        occurred_at: Timestamp(number(field()?)? as i64),
        actor: text(field()?)?.into(),
        command_id: id(field()?)?,
        correlation_id: id(field()?)?,
        causation_id: match field()? {
            [] => None,
            bytes => Some(id(bytes)?),
        },
    };
    let (payload, metadata) = (field()?.to_vec(), field()?.to_vec());
    rest.is_empty().then_some((header, payload, metadata))
}

/// Takes values off random bytes; zeros when they run out.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let (taken, rest) = self.0.split_at(N.min(self.0.len()));
        array[..taken.len()].copy_from_slice(taken);
        self.0 = rest;
        array
    }

    fn number(&mut self) -> u64 {
        u64::from_be_bytes(self.array())
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_bytes(self.array())
    }

    fn text(&mut self) -> String {
        let [length] = self.array();
        let (taken, rest) = self.0.split_at(usize::from(length).min(self.0.len()));
        self.0 = rest;
        String::from_utf8_lossy(taken).into_owned()
    }
}

/// The examples from which inputs are made.
pub fn corpus(entry: &Entry) -> Vec<Vec<u8>> {
    let mut folders = vec![fixtures().join(entry.corpus)];
    let mut corpus = vec![Vec::new()];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).expect("the fixtures") {
            let path = file.expect("a file").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                corpus.push(fs::read(path).expect("a file"));
            }
        }
    }
    corpus.sort();
    corpus
}

/// Changes an example: each step replaces, inserts, removes or repeats some bytes.
pub fn mutate(input: &mut Vec<u8>, steps: &[(u8, u16, u8)]) {
    for (kind, place, value) in steps {
        let place = usize::from(*place) % (input.len() + 1);
        let end = (place + usize::from(*value)).min(input.len());
        match kind % 5 {
            0 => input.insert(place, *value),
            1 => drop(input.drain(place..end)),
            2 => input.extend_from_within(place..end),
            3 => input.truncate(input.len().max(1) - 1),
            _ => {
                if let Some(byte) = input.get_mut(place) {
                    *byte = *value;
                }
            }
        }
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}
