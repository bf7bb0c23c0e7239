//! The signing key's file: made when missing, refused when others could read it, replaced by rotation.
//!
//! Beside `checkpoint.key` lie `checkpoint.pub`, which is given to whoever verifies, and after a rotation
//! `checkpoint.chain`, by which those who have an older public key find the present one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::SigningKey;
use rand::TryRngCore as _;

use super::{
    Checkpoint, SignedCheckpoint,
    note::{Note, VerifierKey},
    trust::{Rotation, TrustError, rotations},
};

/// How the file begins, before `+name+key id+base64`: the form that `note` tools read.
const PREFIX: &str = "PRIVATE+KEY+";

/// What is wrong with the key's file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("the signing key's file {}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    /// Others than the owner may read or write it.
    #[error("the signing key {} can be read by others (mode {mode:o}). Run `chmod 600` on it, or make a new one", path.display())]
    Permissions { path: PathBuf, mode: u32 },
    #[error("{} is not a signing key: {reason}", path.display())]
    Malformed { path: PathBuf, reason: &'static str },
    /// One key, one journal: a checkpoint must not be mistaken for another journal's.
    #[error("the signing key {} is of `{found}`, not of `{wanted}`", path.display())]
    OtherJournal {
        path: PathBuf,
        found: String,
        wanted: String,
    },
    #[error("the rotations of the signing key {}: {error}", path.display())]
    Chain { path: PathBuf, error: TrustError },
}

/// The key with which this installation signs a journal's checkpoints.
pub struct SigningKeyFile {
    path: PathBuf,
    name: String,
    key: SigningKey,
}

impl SigningKeyFile {
    /// Opens the key, or makes one that signs as `origin` (see [`super::origin`]); writes the public key beside it.
    pub fn open_or_create(path: &Path, origin: &str) -> Result<Self, KeyFileError> {
        if !path.try_exists().map_err(in_file(path))? {
            let key = random_key(path)?;
            write_new(path, &private_text(origin, &key))?;
        }
        finish_rotation(path)?;
        let file = Self::open(path)?;
        if file.name != origin {
            let (path, found, wanted) = (file.path, file.name, origin.to_owned());
            return Err(KeyFileError::OtherJournal { path, found, wanted });
        }
        file.publish()?;
        Ok(file)
    }

    fn open(path: &Path) -> Result<Self, KeyFileError> {
        let mode = fs::metadata(path).map_err(in_file(path))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Permissions {
                path: path.to_owned(),
                mode,
            });
        }
        let text = fs::read_to_string(path).map_err(in_file(path))?;
        let malformed = |reason| KeyFileError::Malformed {
            path: path.to_owned(),
            reason,
        };
        let fields = text
            .trim_end()
            .strip_prefix(PREFIX)
            .ok_or_else(|| malformed("it does not begin like one"))?;
        let mut fields = fields.splitn(3, '+');
        let (Some(name), Some(id), Some(seed)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(malformed("it is cut short"));
        };
        let seed = BASE64
            .decode(seed)
            .ok()
            .and_then(|bytes| <[u8; 33]>::try_from(bytes).ok());
        let Some([1, seed @ ..]) = seed else {
            return Err(malformed("it is not an Ed25519 key"));
        };
        let key = SigningKey::from_bytes(&seed);
        if id != hex::encode(VerifierKey::of(name, &key).id()) {
            return Err(malformed("its id does not fit the key"));
        }
        Ok(Self {
            path: path.to_owned(),
            name: name.to_owned(),
            key,
        })
    }

    /// What a verifier needs.
    pub fn verifier_key(&self) -> VerifierKey {
        VerifierKey::of(&self.name, &self.key)
    }

    /// Where the key is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the public key is.
    pub fn public_path(&self) -> PathBuf {
        self.path.with_extension("pub")
    }

    /// Where the rotations are, once there is one.
    pub fn chain_path(&self) -> PathBuf {
        chain_path(&self.path)
    }

    /// The rotations that led to this key; empty when there were none.
    pub fn chain(&self) -> Result<String, KeyFileError> {
        read_chain(&self.path)
    }

    /// Signs a checkpoint of the journal that the key is for.
    pub fn sign(&self, checkpoint: Checkpoint) -> Result<SignedCheckpoint, KeyFileError> {
        if checkpoint.origin != self.name {
            let (path, found, wanted) = (self.path.clone(), self.name.clone(), checkpoint.origin);
            return Err(KeyFileError::OtherJournal { path, found, wanted });
        }
        let note = Note::sign(checkpoint.to_string(), &self.name, &[&self.key]);
        Ok(SignedCheckpoint { checkpoint, note })
    }

    /// Replaces the key. Both keys sign the rotation; the old one's word counts for checkpoints of up to `size`
    /// events, which is the journal's present size.
    pub fn rotate(self, size: u64) -> Result<Self, KeyFileError> {
        let successor = random_key(&self.path)?;
        // The new key is on disk before the chain announces it, and announced before it takes the old one's place:
        // a crash in between is finished at the next opening.
        let next = next_path(&self.path);
        remove(&next)?;
        write_new(&next, &private_text(&self.name, &successor))?;
        let mut chain = self.chain()?;
        chain.push_str(&Rotation::sign(&self.name, &self.key, &successor, size).to_string());
        write_public(&self.chain_path(), &chain)?;
        finish_rotation(&self.path)?;
        let rotated = Self::open(&self.path)?;
        rotated.publish()?;
        Ok(rotated)
    }

    fn publish(&self) -> Result<(), KeyFileError> {
        write_public(&self.public_path(), &format!("{}\n", self.verifier_key()))
    }
}

/// Puts an announced successor in the key's place, and throws one away that was never announced.
fn finish_rotation(path: &Path) -> Result<(), KeyFileError> {
    let next = next_path(path);
    if !next.try_exists().map_err(in_file(&next))? {
        return Ok(());
    }
    let successor = SigningKeyFile::open(&next)?.verifier_key();
    let chain = read_chain(path)?;
    let announced = match rotations(&chain).enumerate().last() {
        Some((index, note)) => Rotation::parse(index + 1, note).map(|last| last.new == successor),
        None => Ok(false),
    };
    let announced = announced.map_err(|error| KeyFileError::Chain {
        path: path.to_owned(),
        error,
    })?;
    if !announced {
        return remove(&next);
    }
    fs::rename(&next, path)
        .and_then(|()| sync_folder(path))
        .map_err(in_file(path))
}

fn read_chain(path: &Path) -> Result<String, KeyFileError> {
    let path = chain_path(path);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(in_file(&path)),
    }
}

fn chain_path(path: &Path) -> PathBuf {
    path.with_extension("chain")
}

fn next_path(path: &Path) -> PathBuf {
    path.with_extension("key.next")
}

fn private_text(name: &str, key: &SigningKey) -> String {
    let id = hex::encode(VerifierKey::of(name, key).id());
    let seed = BASE64.encode([&[1], key.as_bytes().as_slice()].concat());
    format!("{PREFIX}{name}+{id}+{seed}\n")
}

fn random_key(path: &Path) -> Result<SigningKey, KeyFileError> {
    let mut seed = [0; 32];
    rand::rngs::OsRng
        .try_fill_bytes(&mut seed)
        .map_err(|error| in_file(path)(io::Error::other(error)))?;
    Ok(SigningKey::from_bytes(&seed))
}

/// Writes a file that only its owner can read. It appears whole or not at all; one that is there already stays.
fn write_new(path: &Path, text: &str) -> Result<(), KeyFileError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(in_file(path))?;
    }
    let draft = draft_path(path);
    write(&draft, text, 0o600)?;
    let linked = fs::hard_link(&draft, path);
    remove(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked.and_then(|()| sync_folder(path)).map_err(in_file(path)),
    }
}

/// Writes or replaces a file that anybody may read.
fn write_public(path: &Path, text: &str) -> Result<(), KeyFileError> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    let draft = draft_path(path);
    write(&draft, text, 0o644)?;
    fs::rename(&draft, path)
        .and_then(|()| sync_folder(path))
        .map_err(in_file(path))
}

/// A new name survives a power cut once its folder is on disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), KeyFileError> {
    let write = |mut file: File| file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(write)
        .map_err(in_file(path))
}

/// A name of this process's and moment's own.
fn draft_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", uuid::Uuid::new_v4().simple()));
    path.with_file_name(name)
}

fn remove(path: &Path) -> Result<(), KeyFileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(in_file(path)),
    }
}

fn in_file(path: &Path) -> impl Fn(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |error| KeyFileError::File {
        path: path.clone(),
        error,
    }
}
