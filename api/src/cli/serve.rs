//! `alforis serve`: the GraphQL server with its workers.

use clap::Args;

use super::{Failure, Finish, Output};
use crate::config::{Config, Flags};

/// Serve the GraphQL API and run the workers
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis serve --listen 127.0.0.1:0 --demo")]
pub(super) struct ServeArgs {
    /// Where to listen: `address:port`, port 0 for any free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Where business time comes from: `real` or `manual` [default: real]
    #[arg(long, value_name = "CLOCK")]
    clock: Option<String>,
    /// Fill the journal with the demo company first, unless it is there already
    #[arg(long)]
    demo: bool,
}

impl ServeArgs {
    pub(super) fn flags(&self) -> Flags {
        [("listen", &self.listen), ("clock", &self.clock)]
            .into_iter()
            .filter_map(|(key, value)| value.clone().map(|value| (key, value)))
            .collect()
    }
}

pub(super) async fn run(_args: ServeArgs, _config: Config, _output: &mut Output) -> Result<Finish, Failure> {
    Err(Failure::new("NOT_AVAILABLE", "this subcommand is not built yet"))
}
