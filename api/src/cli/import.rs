//! `alforis import`: takes a CSV file of organizations, contacts, deals or activities into the journal.

use std::{path::PathBuf, time::Instant};

use chrono_tz::Tz;
use clap::Args;
use domain::import::ImportCounts;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, Finish, Output};
use crate::{
    application::{Application, Opening},
    config::Config,
    import::{self, ImportError, Kind, Request, Summary},
};

/// Import a CSV file
///
/// A mapping file says which column fills which field and what to mend on the way; dates of the file become the dates
/// on which things happened. Importing a file again takes only what is new in it. A report beside the file has a line
/// for each row that was refused or mended. Exit code 0: every row was taken; 2: some were refused; 1: none was taken.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis import organizations.csv --as organizations --map organizations.toml")]
pub(super) struct ImportArgs {
    /// The CSV file, UTF-8, with a header row
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What its rows are: `organizations`, `contacts`, `deals` or `activities`
    #[arg(long = "as", value_name = "KIND")]
    kind: Kind,
    /// The mapping file
    #[arg(long, value_name = "FILE", required_unless_present = "suggest_mapping")]
    map: Option<PathBuf>,
    /// Print the mapping that the file's headings suggest, and import nothing
    #[arg(long, conflicts_with_all = ["map", "dry_run", "report"])]
    suggest_mapping: bool,
    /// Decide everything, append nothing
    #[arg(long)]
    dry_run: bool,
    /// Where the report goes [default: beside the file, with `.report.csv` added]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub(super) async fn run(args: ImportArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let Some(mapping) = &args.map else {
        return suggest(&args, output).await;
    };
    let application = Application::open(&config, Opening::default()).await?;
    let request = Request {
        file: &args.file,
        kind: args.kind,
        mapping,
        dry_run: args.dry_run,
        report: args.report.as_deref(),
    };
    let started = Instant::now();
    let bar = progress_bar();
    let told = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let imported = import::run(&application.bus, &request, told).await;
    bar.finish_and_clear();
    let summary = imported?;
    tell(&args, &summary, started, output)?;
    Ok(finish(&summary))
}

/// Prints a mapping file.
async fn suggest(args: &ImportArgs, output: &mut Output) -> Result<Finish, Failure> {
    // Named after the file, until somebody names the system that it comes from.
    let source = args
        .file
        .file_stem()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let suggested = import::suggest::suggest(&args.file, args.kind, &source, Tz::Europe__Paris, None).await?;
    let text = toml::to_string(&suggested.mapping);
    let text = text.map_err(|error| Failure::new("INVALID_MAPPING", error))?;
    output.line(text.trim_end())?;
    Ok(Finish::Done)
}

fn tell(args: &ImportArgs, summary: &Summary, started: Instant, output: &mut Output) -> Result<(), Failure> {
    let Summary { counts, report } = summary;
    let ImportCounts {
        taken,
        taken_before,
        mended,
        refused,
        ..
    } = counts;
    let seconds = started.elapsed().as_secs_f64();
    let rows = counts.read();
    let would = if args.dry_run { "would be " } else { "" };
    output.line(format!(
        "{rows} rows in {seconds:.1} s ({:.0} rows/s)",
        rows as f64 / seconds
    ))?;
    output.line(format!("{would}taken:    {taken}"))?;
    output.line(format!("taken before: {taken_before}"))?;
    output.line(format!("{would}mended:   {mended}"))?;
    output.line(format!("{would}refused:  {refused}"))?;
    if mended + refused > 0 {
        output.line(format!("what was mended or refused, row by row: {}", report.display()))?;
    }
    Ok(())
}

fn finish(summary: &Summary) -> Finish {
    let ImportCounts {
        taken,
        taken_before,
        refused,
        ..
    } = summary.counts;
    match (taken + taken_before, refused) {
        (_, 0) => Finish::Done,
        (0, _) => Finish::No,
        _ => Finish::Partly,
    }
}

/// Shown on a terminal only.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}, {eta} left");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Self::new(error.stable_code(), error)
    }
}
