//! `alforis backup`: a folder from which an installation can be made again.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Finish, Output, verify};
use crate::{
    application::{OpenError, master_key},
    backup::{self, BackupError},
    config::Config,
};

/// Copy the journal with its vault into a folder, while the server runs
///
/// The copy is of one moment, is read back, and every hash is recomputed before it counts. It can be restored onto either
/// back end. The keys are left out unless you ask for them: without the master key a backup opens nobody's data, so keep
/// the two apart.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis backup backups/today")]
pub(super) struct BackupArgs {
    /// An empty folder, or one that is to be made
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Copy the directory of keys, too
    #[arg(long, conflicts_with = "erasures_only")]
    with_keys: bool,
    /// Only write the list of who was erased anew, into a backup or elsewhere: take it often, it is small
    #[arg(long)]
    erasures_only: bool,
}

pub(super) async fn run(args: BackupArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    if args.erasures_only {
        let journal = verify::open(&config).await?;
        let key = master_key(&config).map_err(OpenError::from)?;
        let keys = engine::KeyRing::open(journal.clone(), key)
            .await
            .map_err(OpenError::from)?;
        let codec = engine::Codec::new(projections::vocabulary(), keys);
        let list = backup::list_erasures(&journal, &codec).await?;
        std::fs::create_dir_all(&args.folder).map_err(|error| Failure::new("BACKUP_FILE", error))?;
        let path = args.folder.join(backup::ERASURES);
        list.write(&path)?;
        output.line(format_args!(
            "{}: {} persons erased",
            path.display(),
            list.persons.len()
        ))?;
        return Ok(Finish::Done);
    }
    let manifest = backup::take(&config, &args.folder, args.with_keys).await?;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let folder = args.folder.display();
    output.line(format_args!(
        "{folder}: {} events, {bytes} bytes, sound",
        manifest.position
    ))?;
    output.line(format_args!("root:  {}", manifest.root))?;
    if args.with_keys {
        output.line("The keys are in it: whoever has this folder can read everything.")?;
    } else {
        output.line("The keys are not in it: keep a copy of the directory of keys elsewhere.")?;
    }
    Ok(Finish::Done)
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Journal(error) => error.into(),
            BackupError::Open(error) => error.into(),
            BackupError::File { .. } => Self::new("BACKUP_FILE", error),
            BackupError::NotEmpty(_) => Self::new("BACKUP_NOT_EMPTY", error),
            BackupError::NotWhole { .. } => Self::new("BACKUP_NOT_WHOLE", error),
            BackupError::Damaged(_) => Self::new("BACKUP_DAMAGED", error),
            BackupError::Erasure(_) => Self::new("BACKUP_ERASURES", error),
        }
    }
}
