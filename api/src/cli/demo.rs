//! `alforis demo`: fills an empty journal with the demo company.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Fill an empty journal with the demo company
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis demo")]
pub(super) struct DemoArgs {}

pub(super) async fn run(_args: DemoArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
