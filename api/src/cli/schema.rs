//! `alforis schema`: the GraphQL schema.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::{config::Config, graphql};

/// Print the GraphQL schema (SDL)
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis schema")]
pub(super) struct SchemaArgs {}

pub(super) async fn run(_args: SchemaArgs, _config: Config, output: &mut Output) -> Result<Finish, Failure> {
    output.line(graphql::sdl(&graphql::schema()).trim_end())?;
    Ok(Finish::Done)
}
