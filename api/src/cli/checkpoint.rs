//! `alforis checkpoint`: a signed statement of size and root of the journal.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Sign the journal's size and root hash
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis checkpoint")]
pub(super) struct CheckpointArgs {}

pub(super) async fn run(_args: CheckpointArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
