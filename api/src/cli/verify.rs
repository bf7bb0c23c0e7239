//! `alforis verify`: recomputes the journal from its bytes.

use std::{path::PathBuf, sync::Arc};

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
    let verdict = match verified {
        Ok(report) => Verdict {
            sound: true,
            report: Some(report),
            first_broken: None,
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
        },
        Err(VerifyError::Checkpoint(error)) => return Err(error.into()),
        Err(VerifyError::Journal(error)) => return Err(error.into()),
    };
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
