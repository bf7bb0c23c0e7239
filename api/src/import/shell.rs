//! An import from the shell: a file, a mapping in another one, and a report beside it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{Event, import::ImportCounts};
use engine::CommandBus;

use super::{
    ImportError, Kind,
    mapping::Mapping,
    report::{Finding, Report},
    run::{Job, Mode, Standing, Watcher, carry_out},
};

/// What is to be imported, and how.
#[derive(Debug)]
pub struct Request<'a> {
    pub file: &'a Path,
    pub kind: Kind,
    pub mapping: &'a Path,
    /// Decide everything, append nothing.
    pub dry_run: bool,
    /// Where the report goes; beside the file when it is not said.
    pub report: Option<&'a Path>,
}

/// What became of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub counts: ImportCounts,
    pub report: PathBuf,
}

/// Imports the file. `progress` is told (bytes done, bytes in all) now and then.
pub async fn run(
    bus: &Arc<CommandBus<Event>>,
    request: &Request<'_>,
    progress: impl Fn(u64, u64) + Send,
) -> Result<Summary, ImportError> {
    let mapping = Mapping::read(request.mapping, request.kind.fields())?;
    let path = request.report.map_or_else(|| beside(request.file), Path::to_path_buf);
    let mode = if request.dry_run { Mode::Rehearse } else { Mode::Perform };
    let job = Job {
        mode,
        ..Job::new(request.file, request.kind, &mapping)
    };
    let mut to_file = ToFile {
        report: None,
        path: &path,
        progress,
    };
    let ended = carry_out(bus, &job, &mut to_file).await?;
    // Also where nothing was said: whoever looks for the report finds that there is nothing in it.
    to_file.report()?;
    if let Some(report) = to_file.report {
        report.finish()?;
    }
    Ok(Summary {
        counts: ended.counts,
        report: path,
    })
}

fn beside(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".report.csv");
    path.into()
}

/// Writes what is found into the report, which is made once the file turned out to be one.
struct ToFile<'a, P> {
    report: Option<Report>,
    path: &'a Path,
    progress: P,
}

impl<P> ToFile<'_, P> {
    fn report(&mut self) -> Result<&mut Report, ImportError> {
        match &mut self.report {
            Some(report) => Ok(report),
            none => Ok(none.insert(Report::create(self.path)?)),
        }
    }
}

impl<P: Fn(u64, u64) + Send> Watcher for ToFile<'_, P> {
    fn goes_on(&mut self, standing: &Standing) -> bool {
        (self.progress)(standing.bytes, standing.length);
        true
    }

    fn found(&mut self, finding: Finding) -> Result<(), ImportError> {
        self.report()?.add(&finding)
    }
}
