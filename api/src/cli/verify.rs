//! `alforis verify`: recomputes the journal from its bytes.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Check that the journal is what was written
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis verify --json")]
pub(super) struct VerifyArgs {}

pub(super) async fn run(_args: VerifyArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
