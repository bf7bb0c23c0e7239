//! Blobs: the bytes of files, in a folder beside the journal, each under the SHA-256 of what it holds.
//!
//! What belongs here: taking bytes in, finding them by their hash, noticing that they are gone or changed. What does not:
//! what a file is called, who may see it, and when it has to go; the journal says so.
//!
//! Bytes come in under a name of their own in `incoming` and are kept only when somebody refers to them: what is never
//! referred to is cleared. Several processes may share the folder.

mod incoming;
mod kind;

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use sha2::{Digest, Sha256};
use tokio::{
    fs::{self, File},
    io::AsyncReadExt,
};
use uuid::Uuid;

pub use incoming::{Incoming, Received};
pub use kind::{HEAD, is_of_kind};

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// The SHA-256 of a blob's bytes.
pub type Hash = [u8; 32];

/// A folder of blobs.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
}

/// Why a blob cannot be taken or given.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Nothing lies under this hash or name.
    #[error("no such blob")]
    Missing,
    /// What lies under this hash is something else.
    #[error("the blob's bytes are not what they were")]
    Changed,
    /// More bytes than were announced.
    #[error("more bytes than were announced")]
    TooLong,
    #[error("the blobs' folder: {0}")]
    Disk(#[from] io::Error),
}

/// How a blob is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Sound,
    Missing,
    Changed,
}

impl Blobs {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A place for bytes to come in, under a name that is given only once; at most `most` of them.
    pub async fn receive(&self, name: Uuid, most: u64) -> Result<Incoming, BlobError> {
        let folder = self.folder.join("incoming");
        make_private(&folder).await?;
        Incoming::begin(self.incoming(name), most).await
    }

    /// Keeps what came in under this name: from now on it lies under its hash. Done again, it changes nothing.
    pub async fn keep(&self, name: Uuid, hash: &Hash) -> Result<(), BlobError> {
        let place = self.place(hash);
        if let Some(folder) = place.parent() {
            make_private(folder).await?;
        }
        match fs::rename(self.incoming(name), &place).await {
            Ok(()) => {
                if let Some(folder) = place.parent() {
                    File::open(folder).await?.sync_all().await?;
                }
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::try_exists(&place).await? => Ok(()),
            Err(error) => Err(missing(error)),
        }
    }

    /// Forgets what came in under this name, if it is still there.
    pub async fn forget(&self, name: Uuid) -> Result<(), BlobError> {
        gone(fs::remove_file(self.incoming(name)).await)
    }

    /// A blob's bytes, to be read piece by piece. Whoever reads compares the hash at the end.
    pub async fn open(&self, hash: &Hash) -> Result<File, BlobError> {
        File::open(self.place(hash)).await.map_err(missing)
    }

    /// All of a blob's bytes, compared with the hash.
    pub async fn read(&self, hash: &Hash) -> Result<Vec<u8>, BlobError> {
        let bytes = fs::read(self.place(hash)).await.map_err(missing)?;
        if Sha256::digest(&bytes).as_slice() == hash {
            Ok(bytes)
        } else {
            Err(BlobError::Changed)
        }
    }

    /// Whether a blob is there and what it was.
    pub async fn check(&self, hash: &Hash) -> Result<Condition, BlobError> {
        let mut file = match self.open(hash).await {
            Ok(file) => file,
            Err(BlobError::Missing) => return Ok(Condition::Missing),
            Err(error) => return Err(error),
        };
        let mut digest = Sha256::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = file.read(&mut chunk).await?;
            if read == 0 {
                break;
            }
            digest.update(&chunk[..read]);
        }
        let same = digest.finalize().as_slice() == hash;
        Ok(if same { Condition::Sound } else { Condition::Changed })
    }

    /// Where the bytes lie that came in under this name and hash to this: under the one, or the other once they are kept.
    pub async fn whereabouts(&self, name: Uuid, hash: &Hash) -> Result<PathBuf, BlobError> {
        for place in [self.incoming(name), self.place(hash)] {
            if fs::try_exists(&place).await? {
                return Ok(place);
            }
        }
        Err(BlobError::Missing)
    }

    /// Where a blob lies, for whoever reads files by themselves.
    pub async fn located(&self, hash: &Hash) -> Result<PathBuf, BlobError> {
        let place = self.place(hash);
        if fs::try_exists(&place).await? {
            Ok(place)
        } else {
            Err(BlobError::Missing)
        }
    }

    /// Removes a blob, if it is there.
    pub async fn remove(&self, hash: &Hash) -> Result<(), BlobError> {
        gone(fs::remove_file(self.place(hash)).await)
    }

    /// Removes what came in and was not kept for longer than `age`; how much that was.
    pub async fn clear(&self, age: Duration) -> Result<usize, BlobError> {
        let mut entries = match fs::read_dir(self.folder.join("incoming")).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let mut cleared = 0;
        while let Some(entry) = entries.next_entry().await? {
            let written = entry.metadata().await.and_then(|metadata| metadata.modified());
            let old = written.is_ok_and(|written| SystemTime::now().duration_since(written).is_ok_and(|old| old > age));
            if old {
                gone(fs::remove_file(entry.path()).await)?;
                cleared += 1;
            }
        }
        Ok(cleared)
    }

    fn incoming(&self, name: Uuid) -> PathBuf {
        self.folder.join("incoming").join(name.simple().to_string())
    }

    /// Two letters of the hash make a folder, so that none holds too many.
    fn place(&self, hash: &Hash) -> PathBuf {
        let name = hex::encode(hash);
        self.folder.join(&name[..2]).join(&name[2..])
    }
}

fn missing(error: io::Error) -> BlobError {
    if error.kind() == io::ErrorKind::NotFound {
        BlobError::Missing
    } else {
        error.into()
    }
}

fn gone(removed: io::Result<()>) -> Result<(), BlobError> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Files tell of persons: the folder is for the program's own user.
async fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await
}
