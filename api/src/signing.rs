//! The key with which this installation signs the journal's checkpoints; made at first use.

use std::{fs, path::Path};

use journal::{
    Journal,
    checkpoint::{self, SigningKeyFile},
};

/// The signing key's name in the directory of keys.
const SIGNING_KEY: &str = "checkpoint.key";

/// Why the key cannot be had, in words for an operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoSigningKey(String);

/// Opens the key in the directory of keys.
pub(crate) fn key(journal: &dyn Journal, keys: &Path) -> Result<SigningKeyFile, NoSigningKey> {
    fs::create_dir_all(keys).map_err(|error| NoSigningKey(format!("{} cannot be made: {error}", keys.display())))?;
    let origin = checkpoint::origin(journal.info());
    SigningKeyFile::open_or_create(&keys.join(SIGNING_KEY), &origin).map_err(|error| NoSigningKey(error.to_string()))
}
