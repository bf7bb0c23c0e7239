//! Which keys a verifier believes: the one it was given, and those that this one has named as its successors.
//!
//! A rotation is a note signed by the old key and the new. It states the journal's size at the time: the old key's
//! word counts up to there only, so a key that leaks after it was replaced can sign nothing new.

use ed25519_dalek::SigningKey;

use super::{
    CheckpointError, SignedCheckpoint,
    note::{InvalidKey, Note, NoteError, VerifierKey},
};

/// First line of a rotation, so that it cannot be mistaken for a checkpoint.
const ROTATION: &str = "alforis.key-rotation/1";

/// Why a key chain cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    #[error(transparent)]
    Key(#[from] InvalidKey),
    #[error("key rotation {index}: {error}")]
    Note { index: usize, error: NoteError },
    #[error("key rotation {0} does not have the form of one")]
    Malformed(usize),
    #[error("key rotation {0} starts from a key that was replaced before, or ends with one that was in use before")]
    Forked(usize),
    #[error("key rotation {0} is of an earlier size than the one before it")]
    OutOfOrder(usize),
}

/// The keys that count for one journal, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKeys {
    /// All but the last were replaced, each at a size.
    replaced: Vec<(VerifierKey, u64)>,
    current: VerifierKey,
}

impl From<VerifierKey> for TrustedKeys {
    fn from(current: VerifierKey) -> Self {
        Self {
            replaced: Vec::new(),
            current,
        }
    }
}

impl TrustedKeys {
    /// Follows the rotations that begin with the key that is trusted; those before it do not matter.
    pub fn follow(mut self, chain: &str) -> Result<Self, TrustError> {
        for (index, rotation) in rotations(chain).enumerate() {
            let rotation = Rotation::parse(index + 1, rotation)?;
            if rotation.old == self.current {
                self.advance(index + 1, rotation)?;
            } else if self.knows(&rotation.old) {
                return Err(TrustError::Forked(index + 1));
            }
        }
        Ok(self)
    }

    /// The key in force.
    pub fn current(&self) -> &VerifierKey {
        &self.current
    }

    /// Checks the signature and returns the key that made it.
    pub fn verify(&self, signed: &SignedCheckpoint) -> Result<&VerifierKey, CheckpointError> {
        let checkpoint = &signed.checkpoint;
        if checkpoint.origin != self.current.name() {
            let (origin, wanted) = (checkpoint.origin.clone(), self.current.name().to_owned());
            return Err(CheckpointError::OtherOrigin { origin, wanted });
        }
        let Some((key, replaced_at)) = self.replaced.iter().find(|(key, _)| signed.note.is_signed_by(key)) else {
            signed.note.verify(&self.current)?;
            return Ok(&self.current);
        };
        signed.note.verify(key)?;
        if checkpoint.size <= *replaced_at {
            Ok(key)
        } else {
            Err(CheckpointError::ReplacedKey {
                size: checkpoint.size,
                replaced_at: *replaced_at,
            })
        }
    }

    fn knows(&self, key: &VerifierKey) -> bool {
        *key == self.current || self.replaced.iter().any(|(replaced, _)| replaced == key)
    }

    fn advance(&mut self, index: usize, rotation: Rotation) -> Result<(), TrustError> {
        if self.knows(&rotation.new) {
            return Err(TrustError::Forked(index));
        }
        if self.replaced.last().is_some_and(|(_, size)| rotation.size < *size) {
            return Err(TrustError::OutOfOrder(index));
        }
        let old = std::mem::replace(&mut self.current, rotation.new);
        self.replaced.push((old, rotation.size));
        Ok(())
    }
}

/// One key hands over to the next.
pub(super) struct Rotation {
    old: VerifierKey,
    pub(super) new: VerifierKey,
    /// How many events the journal had.
    size: u64,
}

impl Rotation {
    /// The signed note of a rotation.
    pub(super) fn sign(name: &str, old: &SigningKey, new: &SigningKey, size: u64) -> Note {
        let (old_key, new_key) = (VerifierKey::of(name, old), VerifierKey::of(name, new));
        Note::sign(format!("{ROTATION}\n{size}\n{old_key}\n{new_key}\n"), name, &[old, new])
    }

    pub(super) fn parse(index: usize, note: &str) -> Result<Self, TrustError> {
        let in_note = |error| TrustError::Note { index, error };
        let note = Note::parse(note).map_err(in_note)?;
        let lines: Vec<&str> = note.text().split_terminator('\n').collect();
        let [ROTATION, size, old, new] = lines.as_slice() else {
            return Err(TrustError::Malformed(index));
        };
        let size = size.parse().map_err(|_| TrustError::Malformed(index))?;
        let rotation = Self {
            old: old.parse()?,
            new: new.parse()?,
            size,
        };
        note.verify(&rotation.old).map_err(in_note)?;
        note.verify(&rotation.new).map_err(in_note)?;
        if rotation.old.name() == rotation.new.name() {
            Ok(rotation)
        } else {
            Err(TrustError::Malformed(index))
        }
    }
}

/// The notes of a chain file: each begins with the line that names it.
pub(super) fn rotations(chain: &str) -> impl Iterator<Item = &str> {
    let starts = chain.match_indices(ROTATION).map(|(start, _)| start);
    let starts: Vec<usize> = starts
        .filter(|start| *start == 0 || chain[..*start].ends_with('\n'))
        .collect();
    let first = starts.first().copied().unwrap_or(chain.len());
    // What stands before the first rotation is not one, and must be refused rather than passed over.
    let foreign = chain.get(..first).filter(|text| !text.trim().is_empty());
    let ends = starts.clone().into_iter().skip(1).chain([chain.len()]);
    let notes = starts.into_iter().zip(ends).map(move |(start, end)| &chain[start..end]);
    foreign.into_iter().chain(notes)
}
