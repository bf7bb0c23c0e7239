//! `alforis schema`: the GraphQL schema.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Print the GraphQL schema (SDL)
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis schema")]
pub(super) struct SchemaArgs {}

pub(super) async fn run(_args: SchemaArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
