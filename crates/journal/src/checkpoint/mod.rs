//! Checkpoints: signed statements of the journal's size and root, in the form of C2SP `tlog-checkpoint.md`.
//!
//! A checkpoint that lies somewhere else is what makes a truncated or rewritten journal visible. The keys, too, lie
//! outside the journal: who can write the journal's database must not be able to sign for it.

mod key_file;
mod note;
mod trust;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

pub use self::{
    key_file::{KeyFileError, SigningKeyFile},
    note::{InvalidKey, Note, NoteError, VerifierKey},
    trust::{TrustError, TrustedKeys},
};
use crate::{
    error::JournalError,
    port::{Journal, JournalInfo},
    tree::Hash,
};

/// Why something cannot be signed, or a checkpoint not be believed.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Signed or not, the text is not a checkpoint.
    #[error("not a checkpoint: {0}")]
    Malformed(&'static str),
    /// It speaks of another journal than the one at hand, or than the key signs for.
    #[error("the checkpoint is of `{origin}`, not of `{wanted}`")]
    OtherOrigin { origin: String, wanted: String },
    /// A key that has been rotated out signed a tree larger than the journal was at the rotation.
    #[error("the checkpoint of {size} events is signed by a key that was replaced at {replaced_at} events")]
    ReplacedKey { size: u64, replaced_at: u64 },
    #[error(transparent)]
    Key(#[from] KeyFileError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// How a journal is called in checkpoints and keys.
pub fn origin(journal: &JournalInfo) -> String {
    format!("alforis.journal/{}", journal.id)
}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    /// Number of events, which is the position of the last.
    pub size: u64,
    pub root: Hash,
}

/// A checkpoint with its signature, as it was written or received. Nothing of it is to be believed before
/// [`TrustedKeys::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

/// Signs the journal's present size and root.
pub async fn sign(journal: &dyn Journal, key: &SigningKeyFile) -> Result<SignedCheckpoint, CheckpointError> {
    let head = journal.head().await?;
    let origin = origin(journal.info());
    Ok(key.sign(Checkpoint {
        origin,
        size: head.position.0,
        root: head.frontier.root(),
    })?)
}

impl Checkpoint {
    fn parse(text: &str) -> Result<Self, CheckpointError> {
        use CheckpointError::Malformed;
        let mut lines = text.split_terminator('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(Malformed("it has fewer than three lines"));
        };
        if !note::is_key_name(origin) {
            return Err(Malformed("its first line is not the name of a journal"));
        }
        let canonical = size == "0" || size.bytes().all(|b| b.is_ascii_digit()) && !size.starts_with('0');
        let size = size
            .parse()
            .ok()
            .filter(|_| canonical)
            .ok_or(Malformed("its second line is not a size"))?;
        let root = BASE64.decode(root).ok().and_then(|root| root.try_into().ok());
        let root = root.ok_or(Malformed("its third line is not a root hash in base64"))?;
        match lines.next() {
            None => Ok(Self {
                origin: origin.to_owned(),
                size,
                root,
            }),
            Some(_) => Err(Malformed("it has more than three lines")),
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, BASE64.encode(self.root))
    }
}

impl SignedCheckpoint {
    /// Reads the form without checking the signature.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let note = Note::parse(text)?;
        Ok(Self {
            checkpoint: Checkpoint::parse(note.text())?,
            note,
        })
    }

    /// What it claims.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

#[cfg(test)]
mod tests;
