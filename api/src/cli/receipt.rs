//! `alforis receipt`: proves a stream's events offline.

use std::path::PathBuf;

use clap::Args;
use journal::{
    StreamId, Version,
    receipt::{self, ReceiptError},
};

use super::{Failure, Finish, Output, trust, verify};
use crate::config::Config;

/// Write a receipt that proves a stream's events
///
/// A receipt is one JSON document with the events, their proofs and a signed checkpoint. Whoever has the public key
/// checks it with `alforis verify-receipt`, without the journal. Events whose personal data was erased stay provable.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  $ alforis receipt deal:952cd11c-d8ee-55f2-ad72-1337423050eb --output deal.receipt.json"
)]
pub(super) struct ReceiptArgs {
    /// The stream, `category:id`
    #[arg(value_name = "STREAM")]
    stream: StreamId,
    /// Only the event of this version, instead of all from the first
    #[arg(long, value_name = "VERSION")]
    only: Option<u64>,
    /// Write it there instead of printing it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn run(args: ReceiptArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let journal = verify::open(&config).await?;
    let key = trust::signing_key(journal.as_ref(), &config)?;
    let receipt = match args.only {
        None => receipt::issue(journal.as_ref(), &args.stream, &key).await?,
        Some(version) => receipt::issue_event(journal.as_ref(), &args.stream, Version(version), &key).await?,
    };
    let text = receipt.to_json()?;
    match &args.output {
        None => output.line(text)?,
        Some(path) => {
            trust::write(path, &format!("{text}\n"))?;
            output.line(format!("receipt:    {}", path.display()))?;
            output.line(format!("public key: {}", key.public_path().display()))?;
        }
    }
    Ok(Finish::Done)
}

impl From<ReceiptError> for Failure {
    fn from(error: ReceiptError) -> Self {
        match error {
            ReceiptError::Journal(error) => error.into(),
            ReceiptError::Checkpoint(error) => error.into(),
            error @ (ReceiptError::NoSuchStream(_) | ReceiptError::NoSuchVersion { .. }) => {
                Self::new("NOT_FOUND", error)
            }
            error => Self::new("RECEIPT_NOT_BELIEVED", error),
        }
    }
}
