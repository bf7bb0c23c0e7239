//! Files that go with records: announced, brought in by a one-time address, attached by a command, and removed with the
//! person whom they are about. Their bytes lie in [`blobs`], by hash.

use std::{error::Error, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use blobs::{BlobError, Blobs, is_of_kind};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{BlobHash, Event, FileDescription, FileId, InvalidValue, UserId, file};
use engine::{CommandBus, Views, erasure::ErasureHook};
use journal::{JournalError, Position, Timestamp, Vault, VaultRecord};
use projections::{
    attachments::{Column, Entity},
    imports,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Kinds of the vault's records. Never changed once records exist.
const ANNOUNCED: &str = "file-upload";
const RECEIVED: &str = "file-received";
/// The purpose of the token in an address.
const PURPOSE: &str = "file-upload";
/// How long an address takes a file.
const ADDRESS_LIVES: TimeDelta = TimeDelta::minutes(15);
/// How long a file waits to be attached.
const FILE_WAITS: TimeDelta = TimeDelta::days(1);
/// After this the bytes of a file that nobody attached are removed: a little after its record.
const CLEARED_AFTER: Duration = Duration::from_hours(25);
/// How long an erasure waits for the views before it is tried again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The house's files.
pub struct Files {
    pub blobs: Blobs,
    bus: Arc<CommandBus<Event>>,
    views: Arc<Views<Event>>,
}

/// A file that somebody is about to send.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Announced {
    pub file: FileId,
    pub size: u64,
    pub description: FileDescription,
    /// What its bytes must hash to, where the sender said so.
    pub hash: Option<BlobHash>,
    pub user: Option<UserId>,
}

/// Where to send it.
#[derive(Debug, Clone)]
pub struct Address {
    /// The path below the server's own address.
    pub path: String,
    pub expires_at: DateTime<Utc>,
}

/// A file that came in and waits to be attached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Waiting {
    pub file: FileId,
    pub blob: BlobHash,
    pub size: u64,
    pub description: FileDescription,
    pub user: Option<UserId>,
}

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The address was never given, or was used, or has expired.
    #[error("this address takes no file")]
    NoAddress,
    #[error("the file has {found} bytes, {announced} were announced")]
    Size { announced: u64, found: u64 },
    #[error("the file does not begin like a file of type {announced}")]
    Kind { announced: String },
    #[error("the file's SHA-256 is {found}, not what was announced")]
    Hash { found: BlobHash },
    /// The sender went away.
    #[error("the file did not arrive: {0}")]
    Broken(String),
    #[error("the file came too slowly")]
    TooSlow,
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Bytes as they come in.
#[async_trait(?Send)]
pub trait Bytes {
    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<bytes::Bytes>, FileError>;
}

impl Files {
    pub fn new(blobs: Blobs, bus: Arc<CommandBus<Event>>, views: Arc<Views<Event>>) -> Arc<Self> {
        Arc::new(Self { blobs, bus, views })
    }

    /// Makes an address for one file.
    pub async fn announce(&self, announced: Announced) -> Result<Address, JournalError> {
        let token = self.bus.one_time_token(PURPOSE, announced.file.0);
        let expires_at = self.bus.clock().now() + ADDRESS_LIVES;
        let record = record(ANNOUNCED, key(&token), &announced, announced.user, expires_at)?;
        self.bus.journal().vault().put_record(record).await?;
        Ok(Address {
            path: format!("/files/uploads/{token}"),
            expires_at,
        })
    }

    /// What the address with this token takes; it takes nothing more.
    pub async fn expected(&self, token: &str) -> Result<Announced, FileError> {
        let taken = self
            .vault()
            .take_record(ANNOUNCED, &key(token), self.now())
            .await?
            .ok_or(FileError::NoAddress)?;
        read(&taken)
    }

    /// Takes the bytes of a file and keeps them until they are attached.
    pub async fn receive(&self, announced: &Announced, bytes: &mut impl Bytes) -> Result<Waiting, FileError> {
        let mut incoming = self.blobs.receive(announced.file.0, announced.size).await?;
        loop {
            let piece = match bytes.next().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(error) => {
                    incoming.abandon().await?;
                    return Err(error);
                }
            };
            match incoming.write(&piece).await {
                Ok(()) => {}
                Err(BlobError::TooLong) => {
                    incoming.abandon().await?;
                    let (announced, found) = (announced.size, announced.size.saturating_add(1));
                    return Err(FileError::Size { announced, found });
                }
                Err(error) => return Err(error.into()),
            }
        }
        let received = incoming.finish().await?;
        let blob = BlobHash(received.hash);
        let wrong = if received.size != announced.size {
            Some(FileError::Size {
                announced: announced.size,
                found: received.size,
            })
        } else if !is_of_kind(&received.head, &announced.description.media_type) {
            Some(FileError::Kind {
                announced: announced.description.media_type.clone(),
            })
        } else if announced.hash.is_some_and(|hash| hash != blob) {
            Some(FileError::Hash { found: blob })
        } else {
            None
        };
        if let Some(error) = wrong {
            self.blobs.forget(announced.file.0).await?;
            return Err(error);
        }
        let waiting = Waiting {
            file: announced.file,
            blob,
            size: received.size,
            description: announced.description.clone(),
            user: announced.user,
        };
        let until = self.bus.clock().now() + FILE_WAITS;
        let record = record(
            RECEIVED,
            announced.file.0.as_bytes().to_vec(),
            &waiting,
            waiting.user,
            until,
        )?;
        self.vault().put_record(record).await?;
        Ok(waiting)
    }

    /// The file that somebody sent and nobody has cleared yet; `None` also when somebody else sent it.
    pub async fn waiting(&self, file: FileId, user: Option<UserId>) -> Result<Option<Waiting>, FileError> {
        let found = self.vault().record(RECEIVED, file.0.as_bytes(), self.now()).await?;
        let waiting: Option<Waiting> = found.as_ref().map(read).transpose()?;
        Ok(waiting.filter(|waiting| waiting.user == user))
    }

    /// Where the bytes lie of a file that came in, for whoever reads it before it is kept, or after.
    pub async fn whereabouts(&self, waiting: &Waiting) -> Result<PathBuf, FileError> {
        Ok(self.blobs.whereabouts(waiting.file.0, &waiting.blob.0).await?)
    }

    /// Keeps the bytes for good, before an event names them.
    pub async fn keep(&self, waiting: &Waiting) -> Result<(), FileError> {
        Ok(self.blobs.keep(waiting.file.0, &waiting.blob.0).await?)
    }

    /// Removes what was never attached.
    pub async fn clear(&self) -> Result<usize, FileError> {
        Ok(self.blobs.clear(CLEARED_AFTER).await?)
    }

    fn vault(&self) -> &dyn Vault {
        self.bus.journal().vault()
    }

    fn now(&self) -> Timestamp {
        self.bus.clock().now().into()
    }
}

/// Checks what is said of a file before its address is given.
pub fn checked(description: &FileDescription, size: u64) -> Result<FileDescription, InvalidValue> {
    file::size(size)?;
    description.checked()
}

fn key(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn record(
    kind: &str,
    key: Vec<u8>,
    value: &impl Serialize,
    user: Option<UserId>,
    until: DateTime<Utc>,
) -> Result<VaultRecord, JournalError> {
    Ok(VaultRecord {
        kind: kind.to_owned(),
        key,
        subject: user.map(|user| user.0),
        value: serde_json::to_vec(value).map_err(|error| JournalError::Database(error.to_string()))?,
        expires_at: Some(until.into()),
    })
}

fn read<T: for<'de> Deserialize<'de>>(record: &VaultRecord) -> Result<T, FileError> {
    let read = serde_json::from_slice(&record.value);
    Ok(read.map_err(|error| JournalError::Database(error.to_string()))?)
}

/// Removes the bytes of files about an erased person, unless the same bytes also go with something else.
#[async_trait]
impl ErasureHook for Files {
    async fn erased(&self, person: Uuid, position: Position) -> Result<(), Box<dyn Error + Send + Sync>> {
        let view = self.views.wait_for(position, PATIENCE).await?;
        let theirs = Entity::find().filter(Column::PersonId.eq(person));
        for row in theirs.all(&view.connection).await? {
            let others = Entity::find()
                .filter(Column::Blob.eq(row.blob.as_str()))
                .filter(Column::Erased.eq(false))
                .count(&view.connection)
                .await?;
            if others == 0 && !imports::needs_bytes(&view.connection, &row.blob, None).await? {
                let hash: BlobHash = row.blob.parse()?;
                self.blobs.remove(&hash.0).await?;
            }
            self.blobs.forget(row.id).await?;
        }
        Ok(())
    }
}
