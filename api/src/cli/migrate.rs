//! `alforis migrate`: creates or updates the journal's tables.

use clap::Args;
use journal::OpenOptions;

use super::{Failure, Finish, Output};
use crate::config::Config;

/// Create or update the tables of the journal
///
/// On PostgreSQL, run it with the URL of the role that is to own the tables; `--app-role` lets another role in, which
/// may add and read events and never change them: give that role's URL to `alforis serve`. On SQLite every program
/// updates the file when it opens it, and this does only that. Running it again changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis migrate")]
pub(super) struct MigrateArgs {
    /// PostgreSQL: the role that runs the application; created without a password when it is missing
    #[arg(long, value_name = "ROLE")]
    app_role: Option<String>,
}

pub(super) async fn run(args: MigrateArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let on_postgres = !config.journal.starts_with("sqlite:");
    if on_postgres {
        journal::postgres::migrate(&config.journal, args.app_role.as_deref()).await?;
    } else if args.app_role.is_some() {
        return Err(Failure::new(
            "NO_ROLES",
            "SQLite has no roles: --app-role is for a PostgreSQL journal",
        ));
    }
    let options = OpenOptions {
        create: !on_postgres,
        ..OpenOptions::default()
    };
    let journal = journal::open(&config.journal, options).await?;
    let info = journal.info();
    output.line(format!(
        "journal {} at {}: format {}",
        info.id, info.location, info.format
    ))?;
    Ok(Finish::Done)
}
