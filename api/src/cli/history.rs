//! `alforis history`: everything that happened to one thing.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Show every event of a stream
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis history deal:018f3a5e-0000-7000-8000-000000000000 --json")]
pub(super) struct HistoryArgs {
    /// The stream, `category:id`
    #[arg(value_name = "STREAM")]
    stream: String,
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(_args: HistoryArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
