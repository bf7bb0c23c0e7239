//! `alforis checkpoint`: a signed statement of size and root of the journal.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Finish, Output, trust, verify};
use crate::config::Config;

/// Sign the journal's size and root hash
///
/// Prints a C2SP checkpoint. Keep it, and the public key (`checkpoint.pub` in the directory of keys), where whoever can
/// write to the journal cannot: `alforis verify --against` compares the journal with it later.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis checkpoint --output journal.checkpoint")]
pub(super) struct CheckpointArgs {
    /// Write it there instead of printing it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the signing key first; the old key signs its successor
    #[arg(long)]
    rotate: bool,
}

pub(super) async fn run(args: CheckpointArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let journal = verify::open(&config).await?;
    let mut key = trust::signing_key(journal.as_ref(), &config)?;
    if args.rotate {
        let size = journal.head().await?.position.0;
        key = key.rotate(size).map_err(|error| Failure::new("SIGNING_KEY", error))?;
    }
    let text = journal::checkpoint::sign(journal.as_ref(), &key).await?.to_string();
    match &args.output {
        None => output.line(text.trim_end_matches('\n'))?,
        Some(path) => {
            trust::write(path, &text)?;
            output.line(format!("checkpoint: {}", path.display()))?;
            output.line(format!("public key: {}", key.public_path().display()))?;
        }
    }
    Ok(Finish::Done)
}
