//! The public keys that a verifier was given, and the files that it checks with them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use journal::{
    Journal,
    checkpoint::{SigningKeyFile, TrustedKeys, VerifierKey},
};

use super::Failure;
use crate::{config::Config, signing};

/// Whom to believe.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// The public key: its file, or its text (`name+id+base64`)
    #[arg(long, value_name = "PUB")]
    key: Option<String>,
    /// Rotations that lead from that key to its successors (`checkpoint.chain`)
    #[arg(long, value_name = "FILE", requires = "key")]
    chain: Option<PathBuf>,
}

impl KeyArgs {
    pub(super) fn trusted(&self) -> Result<TrustedKeys, Failure> {
        let Some(key) = &self.key else {
            return Err(Failure::new(
                "KEY_REQUIRED",
                "say whose signature to believe: --key PUB",
            ));
        };
        let path = Path::new(key);
        let text = if path.exists() { read(path)? } else { key.clone() };
        let key: VerifierKey = text.trim().parse().map_err(|error| {
            Failure::new(
                "INVALID_KEY",
                format!("`{key}` is neither the file nor the text of a public key: {error}"),
            )
        })?;
        let trusted = TrustedKeys::from(key);
        let Some(chain) = &self.chain else { return Ok(trusted) };
        let followed = trusted.follow(&read(chain)?);
        followed.map_err(|error| Failure::new("INVALID_CHAIN", format!("{}: {error}", chain.display())))
    }
}

/// The whole text of a small file.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::new("FILE_UNREADABLE", format!("{} cannot be read: {error}", path.display())))
}

/// Writes a document beside its final name and moves it there, so that nobody reads half of it.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            "OUTPUT_FAILED",
            format!("{} cannot be written: {error}", path.display()),
        )
    };
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    fs::write(&draft, text).map_err(failed)?;
    fs::rename(&draft, path).map_err(failed)
}

/// The key with which this installation signs the journal's checkpoints; made at first use.
pub(super) fn signing_key(journal: &dyn Journal, config: &Config) -> Result<SigningKeyFile, Failure> {
    signing::key(journal, &config.keys).map_err(|error| Failure::new("SIGNING_KEY", error))
}
