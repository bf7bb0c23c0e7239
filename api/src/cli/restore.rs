//! `alforis restore`: an installation made of a backup.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Finish, Output};
use crate::{backup, config::Config};

/// Make a journal of a backup, where there is none
///
/// Every file of the backup is compared with what was written, the journal is verified, and whoever was erased stays
/// erased: also persons on newer lists, taken by `alforis backup --erasures-only`. Views are built again at the next
/// start; whoever was signed in signs in anew. On PostgreSQL give the URL of the role that is to own the tables, and let
/// the application's role in afterwards by `alforis migrate --app-role`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  $ alforis restore backups/today --journal sqlite:restored/journal.db --views \
                  sqlite:restored/views.db"
)]
pub(super) struct RestoreArgs {
    /// What `alforis backup` has written
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A newer list of who was erased; may be given several times
    #[arg(long, value_name = "FILE")]
    erasures: Vec<PathBuf>,
}

pub(super) async fn run(args: RestoreArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let restored = backup::restore(&config, &args.folder, &args.erasures).await?;
    let manifest = &restored.manifest;
    let (taken, position) = (manifest.taken_at.format("%Y-%m-%dT%H:%M:%SZ"), manifest.position);
    output.line(format_args!("restored: {position} events of {taken}, verified"))?;
    output.line(format_args!("root:  {}", manifest.root))?;
    if restored.with_keys {
        output.line(format_args!("keys:  {}", config.keys.display()))?;
    }
    output.line(format_args!("erased again: {}", restored.erased_again))?;
    output.line(
        "Start the server: it builds the views. `alforis verify --against` compares with a checkpoint of yours.",
    )?;
    Ok(Finish::Done)
}
