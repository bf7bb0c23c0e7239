//! `alforis verify`: recomputes the journal from its bytes.

use std::{path::PathBuf, sync::Arc};

use blobs::Blobs;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use journal::{
    Journal, OpenOptions,
    checkpoint::{CheckpointError, SignedCheckpoint},
    verify::{Damage, VerifyError, VerifyReport},
};
use serde::Serialize;

use super::{
    Failure, Finish, Output,
    trust::{self, KeyArgs},
    verify_files::{self as files, FilesReport, LostFile},
};
use crate::config::Config;

/// Check that the journal is what was written
///
/// Reads every event and recomputes every hash. A changed, deleted or swapped row is found, and the first broken
/// position is named. A truncated or wholly rewritten journal is found by comparing it with a checkpoint that was
/// kept elsewhere. Exit code 0: sound; 1: not sound, or it could not be read.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis verify --json")]
pub(super) struct VerifyArgs {
    /// A checkpoint that was kept elsewhere
    #[arg(long, value_name = "CHECKPOINT", requires = "key")]
    against: Option<PathBuf>,
    #[command(flatten)]
    key: KeyArgs,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    sound: bool,
    #[serde(flatten)]
    report: Option<VerifyReport>,
    first_broken: Option<FirstBroken>,
    /// The bytes of the files that events name.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<FilesReport>,
}

#[derive(Serialize)]
struct FirstBroken {
    position: journal::Position,
    damage: Damage,
    detail: String,
}

pub(super) async fn run(args: VerifyArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let journal = open(&config).await?;
    let checkpoint = args.against.as_deref().map(trust::read).transpose()?;
    let checkpoint = checkpoint.as_deref().map(SignedCheckpoint::parse).transpose()?;
    let trusted = checkpoint.is_some().then(|| args.key.trusted()).transpose()?;
    let progress = progress_bar();
    let told = |done: u64, all: u64| {
        progress.set_length(all);
        progress.set_position(done);
    };
    let verified = journal::verify::verify(journal.as_ref(), checkpoint.as_ref().zip(trusted.as_ref()), &told).await;
    progress.finish_and_clear();
    let mut verdict = match verified {
        Ok(report) => Verdict {
            sound: true,
            report: Some(report),
            first_broken: None,
            files: None,
        },
        Err(VerifyError::Broken {
            position,
            damage,
            detail,
        }) => Verdict {
            sound: false,
            report: None,
            first_broken: Some(FirstBroken {
                position,
                damage,
                detail,
            }),
            files: None,
        },
        Err(VerifyError::Checkpoint(error)) => return Err(error.into()),
        Err(VerifyError::Journal(error)) => return Err(error.into()),
    };
    if verdict.sound {
        let files = files::check(journal.as_ref(), &Blobs::new(&config.blobs)).await?;
        verdict.sound = files.missing.is_empty() && files.changed.is_empty();
        verdict.files = Some(files);
    }
    if args.json {
        output.json(&verdict)?;
    } else {
        tell(&verdict, output)?;
    }
    Ok(if verdict.sound { Finish::Done } else { Finish::No })
}

fn tell(verdict: &Verdict, output: &mut Output) -> Result<(), Failure> {
    if let Some(broken) = &verdict.first_broken {
        let FirstBroken {
            position,
            damage,
            detail,
        } = broken;
        output.line(format!("BROKEN at position {position}: {detail} ({damage:?})"))?;
        return output.line("Everything before that position is as it was written. Restore the rest from a backup.");
    }
    let Some(report) = &verdict.report else { return Ok(()) };
    output.line(format!("sound: {} events in {} streams", report.events, report.streams))?;
    output.line(format!("root:  {}", report.root))?;
    if let Some(files) = &verdict.files {
        tell_files(files, output)?;
    }
    match &report.against {
        Some(against) => output.line(format!(
            "agrees with the checkpoint of {} events signed by {}",
            against.size, against.key
        )),
        None => output.line(
            "That nothing was cut off at the end or rewritten as a whole shows only against a checkpoint kept \
             elsewhere: --against CHECKPOINT --key PUB",
        ),
    }
}

fn tell_files(files: &FilesReport, output: &mut Output) -> Result<(), Failure> {
    if files.named > 0 {
        output.line(format!(
            "files: {} named by events, {} sound, {} erased with the person they were about",
            files.named, files.sound, files.erased
        ))?;
    }
    for (what, lost) in [("MISSING", &files.missing), ("CHANGED", &files.changed)] {
        for file in lost {
            let LostFile { position, blob } = file;
            output.line(format!("{what}: the file {blob} of the event at position {position}"))?;
        }
    }
    Ok(())
}

/// The journal as it is; never makes one.
pub(super) async fn open(config: &Config) -> Result<Arc<dyn Journal>, Failure> {
    Ok(journal::open(
        &config.journal,
        OpenOptions {
            create: false,
            ..OpenOptions::default()
        },
    )
    .await?)
}

/// Shown on a terminal only.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} events, {per_sec}, {eta} left");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        match error {
            CheckpointError::Journal(error) => error.into(),
            error => Self::new("CHECKPOINT_NOT_BELIEVED", error),
        }
    }
}
