//! `alforis migrate`: creates or updates the journal's tables.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Create or update the tables of the journal
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis migrate")]
pub(super) struct MigrateArgs {}

pub(super) async fn run(_args: MigrateArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
