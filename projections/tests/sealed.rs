//! A vector of a whole journal and its vault: what was once sealed must open for ever with the master key, whatever
//! becomes of keys and codec. (How a value is sealed under a key is the engine's own vector, in `fixtures/events/sealed`.)
//!
//! The file names journal, master key, the person's key as it lies in the vault, and an event as it lies in the
//! journal. It is never rewritten; `ALFORIS_WRITE_GOLDEN=1` makes it when it is missing.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{Event, OrganizationEvent};
use engine::{Codec, CodecError, KeyRing, MasterKey};
use journal::{
    AppendBatch, CommandKey, Expected, Fingerprint, Journal, NewEvent, Position, ReadFilter, StreamId, StreamWrite,
    WrappedKey,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::world::{journal_in, noon};

#[derive(Serialize, Deserialize)]
struct Vector {
    journal_id: Uuid,
    master_key: String,
    person: Uuid,
    wrapped_key: String,
    event_type: String,
    schema_version: u32,
    stored: Value,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/events")
}

fn golden() -> Vec<u8> {
    fs::read(fixtures().join("organization/OrganizationContactNamed.v1.json")).unwrap()
}

fn vector_file() -> PathBuf {
    fixtures().join("../vault/OrganizationContactNamed.v1.json")
}

/// A new journal under an id of our choosing.
async fn journal_called(id: Uuid, folder: &Path) -> Arc<dyn Journal> {
    drop(journal_in(folder).await);
    let database = rusqlite::Connection::open(folder.join("journal.db")).unwrap();
    database
        .execute("UPDATE meta SET journal_id = ?1", [id.as_bytes()])
        .unwrap();
    drop(database);
    let journal = journal_in(folder).await;
    assert_eq!(journal.info().id, id);
    journal
}

async fn codec(journal: &Arc<dyn Journal>, master_key: &str) -> Codec<Event> {
    let master = MasterKey::from_hex(master_key, "the vector").unwrap();
    Codec::new(
        projections::vocabulary(),
        KeyRing::open(journal.clone(), master).await.unwrap(),
    )
}

async fn append(journal: &Arc<dyn Journal>, vector: &Vector) {
    let event = NewEvent {
        event_id: Uuid::from_u128(1),
        event_type: vector.event_type.as_str().into(),
        schema_version: vector.schema_version,
        occurred_at: noon().into(),
        payload: vector.stored.to_string().into(),
        metadata: Vec::new().into(),
    };
    let stream = StreamId::new("organization", Uuid::from_u128(2));
    let batch = AppendBatch {
        command: CommandKey {
            issuer: "test".into(),
            id: Uuid::from_u128(3),
        },
        fingerprint: Fingerprint([0; 32]),
        actor: "test".into(),
        correlation_id: Uuid::from_u128(3),
        causation_id: None,
        now: noon().into(),
        writes: vec![StreamWrite {
            stream,
            expected: Expected::NoStream,
            events: vec![event],
        }],
        checks: Vec::new(),
    };
    journal.append(batch).await.unwrap();
}

async fn make(folder: &Path) -> Vector {
    let journal_id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00aa);
    let master_key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f".to_owned();
    let journal = journal_called(journal_id, folder).await;
    let stored = codec(&journal, &master_key).await.seal(golden()).await.unwrap();
    let stored: Value = serde_json::from_slice(&stored).unwrap();
    let person = &stored["OrganizationContactNamed"]["contact"]["$sealed"]["person"];
    let person = person.as_str().unwrap().parse().unwrap();
    let wrapped = journal.vault().key(person).await.unwrap().unwrap();
    Vector {
        journal_id,
        master_key,
        person,
        wrapped_key: hex::encode(wrapped.0),
        event_type: "OrganizationContactNamed".to_owned(),
        schema_version: 1,
        stored,
    }
}

async fn vector() -> Vector {
    let file = vector_file();
    if !file.exists() && std::env::var_os("ALFORIS_WRITE_GOLDEN").is_some() {
        let folder = tempfile::tempdir().unwrap();
        let made = serde_json::to_string_pretty(&make(folder.path()).await).unwrap() + "\n";
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, made).unwrap();
    }
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

async fn opened(vector: &Vector, folder: &Path) -> Result<Event, CodecError> {
    let journal = journal_called(vector.journal_id, folder).await;
    let wrapped = WrappedKey(hex::decode(&vector.wrapped_key).unwrap());
    journal.vault().put_key(vector.person, wrapped).await.unwrap();
    append(&journal, vector).await;
    let page = journal.read(Position::START, 1, &ReadFilter::default()).await.unwrap();
    let event = codec(&journal, &vector.master_key).await.open(&page.events[0]).await?;
    Ok(event.event)
}

#[tokio::test]
async fn sealed_bytes_of_the_past_open() {
    let folder = tempfile::tempdir().unwrap();
    let vector = vector().await;
    assert!(!vector.stored.to_string().contains("Martin"));
    let event = opened(&vector, folder.path()).await.unwrap();
    assert_eq!(event, Event::decode("organization", &golden()).unwrap());
}

#[tokio::test]
async fn sealed_bytes_open_in_their_own_journal_only() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = Vector {
        journal_id: Uuid::from_u128(1),
        ..vector().await
    };
    assert!(opened(&elsewhere, folder.path()).await.is_err());
}

#[tokio::test]
async fn an_erased_persons_bytes_read_as_erased() {
    let folder = tempfile::tempdir().unwrap();
    let vector = vector().await;
    let journal = journal_called(vector.journal_id, folder.path()).await;
    journal.vault().destroy_key(vector.person, noon().into()).await.unwrap();
    append(&journal, &vector).await;
    let page = journal.read(Position::START, 1, &ReadFilter::default()).await.unwrap();
    let event = codec(&journal, &vector.master_key)
        .await
        .open(&page.events[0])
        .await
        .unwrap()
        .event;
    let Event::Organization(OrganizationEvent::OrganizationContactNamed { contact }) = event else {
        panic!("{event:?}");
    };
    assert_eq!((contact.person().0, contact.value()), (vector.person, None));
}
