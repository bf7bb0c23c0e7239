//! Letters as files in a folder, where no server is configured: to look at, and to lose nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use engine::deliveries::Carried;
use uuid::Uuid;

/// A folder of letters, one file each, named by its delivery: sent again, it is the same file.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a letter lies.
    pub fn file(&self, delivery: Uuid) -> PathBuf {
        self.folder.join(format!("{delivery}.eml"))
    }

    pub async fn send(&self, delivery: Uuid, message: Vec<u8>) -> Carried {
        let outbox = self.clone();
        let written = tokio::task::spawn_blocking(move || outbox.write(delivery, &message)).await;
        match written {
            Ok(Ok(())) => Carried::Sent,
            Ok(Err(error)) => {
                tracing::warn!(folder = %self.folder.display(), %error, "a letter cannot be written to the outbox");
                Carried::NotNow {
                    reason: format!("the outbox cannot be written: {}", error.kind()),
                }
            }
            Err(_) => Carried::NotNow {
                reason: "the outbox cannot be written".to_owned(),
            },
        }
    }

    /// Takes a letter away, if it is there.
    pub fn remove(&self, delivery: Uuid) -> io::Result<()> {
        match fs::remove_file(self.file(delivery)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Whole or not at all: under another name until it is on the disk.
    fn write(&self, delivery: Uuid, message: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let unfinished = self.folder.join(format!(".{delivery}.part"));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(message)?;
        file.sync_all()?;
        fs::rename(&unfinished, self.file(delivery))?;
        File::open(&self.folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_letter_is_a_file_of_its_own_that_only_its_owner_reads() {
        let place = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(place.path().join("out"));
        let delivery = Uuid::from_u128(7);
        for text in ["first", "again"] {
            assert_eq!(outbox.send(delivery, text.into()).await, Carried::Sent);
        }
        assert_eq!(fs::read_to_string(outbox.file(delivery)).unwrap(), "again");
        let mode = fs::metadata(outbox.file(delivery)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(outbox.folder()).unwrap().count(), 1);
        outbox.remove(delivery).unwrap();
        outbox.remove(delivery).unwrap();
        assert!(!outbox.file(delivery).exists());
    }

    #[tokio::test]
    async fn a_letter_waits_while_the_outbox_cannot_be_written() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let carried = Outbox::new(file.join("out")).send(Uuid::nil(), Vec::new()).await;
        assert!(matches!(carried, Carried::NotNow { .. }), "{carried:?}");
    }
}
