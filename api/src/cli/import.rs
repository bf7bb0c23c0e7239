//! `alforis import`: takes a CSV file of organizations or deals into the journal.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Import a CSV file
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis import organizations.csv --as organizations --map organizations.toml")]
pub(super) struct ImportArgs {}

pub(super) async fn run(_args: ImportArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
