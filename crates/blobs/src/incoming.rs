use std::path::PathBuf;

use sha2::{Digest, Sha256};
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
};

use crate::{BlobError, Hash, kind::HEAD};

/// Bytes on their way in. Dropped before it is finished, they are removed when the folder is cleared.
pub struct Incoming {
    path: PathBuf,
    file: File,
    digest: Sha256,
    head: Vec<u8>,
    size: u64,
    most: u64,
}

/// What came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub hash: Hash,
    pub size: u64,
    /// The first bytes, for telling what it is.
    pub head: Vec<u8>,
}

impl Incoming {
    pub(crate) async fn begin(path: PathBuf, most: u64) -> Result<Self, BlobError> {
        let file = fs::OpenOptions::new().write(true).create_new(true).open(&path).await?;
        Ok(Self {
            path,
            file,
            digest: Sha256::new(),
            head: Vec::with_capacity(HEAD),
            size: 0,
            most,
        })
    }

    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.size += bytes.len() as u64;
        if self.size > self.most {
            return Err(BlobError::TooLong);
        }
        let missing = HEAD - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(missing)]);
        self.digest.update(bytes);
        self.file.write_all(bytes).await?;
        Ok(())
    }

    /// On the disk, whole.
    pub async fn finish(mut self) -> Result<Received, BlobError> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        Ok(Received {
            hash: self.digest.finalize().into(),
            size: self.size,
            head: self.head,
        })
    }

    /// Not wanted after all.
    pub async fn abandon(self) -> Result<(), BlobError> {
        drop(self.file);
        Ok(fs::remove_file(self.path).await?)
    }
}
