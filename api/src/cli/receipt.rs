//! `alforis receipt`: proves a stream's events offline.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Write a receipt that proves a stream's events
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis receipt deal:018f3a5e-0000-7000-8000-000000000000")]
pub(super) struct ReceiptArgs {}

pub(super) async fn run(_args: ReceiptArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
