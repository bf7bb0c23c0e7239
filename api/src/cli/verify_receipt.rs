//! `alforis verify-receipt`: checks a receipt without any database.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Check a receipt against a public key
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis verify-receipt receipt.txt --key alforis.pub")]
pub(super) struct VerifyReceiptArgs {}

pub(super) async fn run(_args: VerifyReceiptArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
