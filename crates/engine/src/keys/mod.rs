//! Keys: the master key, which lives outside the journal, and everything that is wrapped under it in the vault.

mod aead;
mod master;
mod ring;

pub use aead::{NonceSource, RandomNonces};
pub(crate) use aead::{SecretKey, open, seal};
pub use master::MasterKey;
pub use ring::KeyRing;
pub(crate) use ring::SubjectKey;

use std::path::PathBuf;

use journal::JournalError;

use crate::code::Code;

#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyError {
    /// Another master key wrapped this journal's keys.
    #[error(
        "the master key does not fit the journal `{location}`. Give the key that this journal was made with \
         (ALFORIS_MASTER_KEY or the key file)"
    )]
    WrongMasterKey { location: String },
    /// Not 64 hexadecimal digits.
    #[error("the master key from {origin} is not 64 hexadecimal digits")]
    InvalidHex { origin: String },
    /// Others could read the file.
    #[error("the master key file {} has mode {mode:03o}: only its owner may read it. Run `chmod 600` on it", path.display())]
    TooOpen { path: PathBuf, mode: u32 },
    #[error("the master key file {} cannot be used: {detail}", path.display())]
    Unusable { path: PathBuf, detail: String },
    /// A wrapped key of the vault does not open, although the master key is right.
    #[error("the vault's key `{name}` is damaged")]
    Damaged { name: String },
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl KeyError {
    pub fn code(&self) -> Code {
        match self {
            Self::WrongMasterKey { .. } => Code::WrongMasterKey,
            Self::InvalidHex { .. } | Self::TooOpen { .. } | Self::Unusable { .. } => Code::InvalidMasterKey,
            Self::Damaged { .. } => Code::SealBroken,
            Self::Journal(error) => error.into(),
        }
    }
}
