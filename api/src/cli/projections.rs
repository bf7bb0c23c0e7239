//! `alforis projections`: the state of the views, and what to do about it.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Inspect and repair the views
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis projections list --json")]
pub(super) struct ProjectionsArgs {}

pub(super) async fn run(_args: ProjectionsArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
