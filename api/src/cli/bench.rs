//! `alforis bench`: how fast this machine runs the journal and the engine.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Measure the journal and the engine on this machine
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis bench --quick --json")]
pub(super) struct BenchArgs {
    /// Small sizes: seconds instead of minutes
    #[arg(long)]
    quick: bool,
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(_args: BenchArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
