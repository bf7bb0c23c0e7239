//! The master key: from the environment, or a file that only its owner can read.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{KeyError, SecretKey, aead::random_key};

/// Wraps every key of the vault. Whoever loses it loses all personal data of the journal.
#[derive(Clone)]
pub struct MasterKey(pub(crate) SecretKey);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl MasterKey {
    /// The environment variable that takes precedence over the file.
    pub const VARIABLE: &'static str = "ALFORIS_MASTER_KEY";

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key from the environment when it is set, else from the file, which is made when it does not exist.
    pub fn resolve(file: &Path) -> Result<Self, KeyError> {
        match std::env::var(Self::VARIABLE).map(Zeroizing::new) {
            Ok(text) if !text.is_empty() => Self::from_hex(&text, Self::VARIABLE),
            _ => Self::load_or_create(file),
        }
    }

    /// `origin` names the source in the error message.
    pub fn from_hex(text: &str, origin: &str) -> Result<Self, KeyError> {
        let mut key = SecretKey::default();
        hex::decode_to_slice(text.trim(), &mut *key).map_err(|_| KeyError::InvalidHex {
            origin: origin.to_owned(),
        })?;
        Ok(Self(key))
    }

    /// The key in the file; a file that does not exist is made with a random key and mode 600.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match fs::metadata(path) {
            Ok(metadata) => Self::load(path, metadata.permissions().mode() & 0o777),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(unusable(path, &error)),
        }
    }

    fn load(path: &Path, mode: u32) -> Result<Self, KeyError> {
        if mode & 0o077 != 0 {
            return Err(KeyError::TooOpen {
                path: path.to_owned(),
                mode,
            });
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| unusable(path, &error))?);
        Self::from_hex(&text, &path.display().to_string())
    }

    /// The key is written to a file beside and linked into place, so that nobody ever sees half a key and of two
    /// processes starting together one key wins.
    fn create(path: &Path) -> Result<Self, KeyError> {
        let beside = path.with_extension(format!("new-{}", Uuid::new_v4()));
        let written = Self::write_new(path, &beside);
        let _ = fs::remove_file(&beside);
        match written {
            Ok(key) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.exists() => Self::load_or_create(path),
            Err(error) => Err(unusable(path, &error)),
        }
    }

    fn write_new(path: &Path, beside: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let key = random_key();
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(beside)?;
        file.write_all(Zeroizing::new(hex::encode(*key)).as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::hard_link(beside, path)?;
        Ok(Self(key))
    }
}

fn unusable(path: &Path, error: &io::Error) -> KeyError {
    KeyError::Unusable {
        path: path.to_owned(),
        detail: error.to_string(),
    }
}
