//! Carries a file out: two passes, the second with many rows in flight so that the journal commits them in groups.
//!
//! The first pass only collects which objects the rows name, so that each is looked up once. Verdicts come back in the
//! order of the file, whatever the order in which the journal took the rows.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::Event;
use engine::{CommandBus, CommandContext};
use futures::{
    FutureExt, StreamExt,
    future::{self, BoxFuture},
    stream::FuturesOrdered,
};

use super::{
    ImportError, Kind, Names, Refused, activities, contacts, deals,
    known::Known,
    mapping::{Bound, Mapping, Mend},
    organizations,
    reader::{Malformed, Reader, Record},
    report::Report,
    steps::{self, Step, Stopped, Taken, perform, rehearse},
};

/// Rows that wait for the journal together.
const IN_FLIGHT: usize = 64;

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
    /// Rows that led to events, or would have.
    pub taken: u64,
    /// Rows that an earlier import had taken.
    pub known: u64,
    /// Rows of which something was mended; also counted under `taken` or `known`.
    pub mended: u64,
    pub refused: u64,
    pub report: PathBuf,
}

/// Imports the file. `progress` is told (bytes done, bytes in all) now and then.
pub async fn run(
    bus: &Arc<CommandBus<Event>>,
    request: &Request<'_>,
    progress: impl Fn(u64, u64),
) -> Result<Summary, ImportError> {
    let mapping = Mapping::read(request.mapping, request.kind.fields())?;
    let file = Source::open(request.file)?;
    let header = file.header(&mapping)?;
    let bound = Bound::new(&mapping, &header)?;
    let known = Known::collect(bus, request.kind, &bound, &file).await?;
    let path = request.report.map_or_else(|| beside(request.file), Path::to_path_buf);
    let mut run = Run {
        report: Report::create(&path)?,
        summary: Summary {
            report: path,
            ..Summary::default()
        },
        lines: HashMap::new(),
    };
    let mut reader = file.rows(&mapping)?;
    let mut waiting = FuturesOrdered::new();
    loop {
        while waiting.len() < IN_FLIGHT
            && let Some(row) = reader.next_row().map_err(|error| file.unreadable(&error))?
        {
            waiting.push_back(run.start(bus, request, &bound, &known, row));
        }
        progress(reader.bytes(), file.length);
        match waiting.next().await {
            Some(verdict) => run.settle(verdict)?,
            None => break,
        }
    }
    run.report.finish()?;
    Ok(run.summary)
}

fn beside(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".report.csv");
    path.into()
}

/// The file, as far as it is the same for both passes.
pub(super) struct Source {
    path: PathBuf,
    length: u64,
    /// Bytes before the first row: a byte order mark.
    start: u64,
}

impl Source {
    fn open(path: &Path) -> Result<Self, ImportError> {
        let mut source = Self {
            path: path.to_path_buf(),
            length: 0,
            start: 0,
        };
        let mut file = source.file()?;
        source.length = file
            .get_ref()
            .metadata()
            .map_err(|error| source.unreadable(&error))?
            .len();
        let beginning = file.fill_buf().map_err(|error| source.unreadable(&error))?;
        match beginning {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..] => return Err(ImportError::Utf16),
            [0xef, 0xbb, 0xbf, ..] => source.start = 3,
            _ => {}
        }
        Ok(source)
    }

    fn file(&self) -> Result<BufReader<File>, ImportError> {
        let file = File::open(&self.path).map_err(|error| self.unreadable(&error))?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        file.seek(SeekFrom::Start(self.start))
            .map_err(|error| self.unreadable(&error))?;
        Ok(file)
    }

    fn header(&self, mapping: &Mapping) -> Result<Vec<String>, ImportError> {
        let mut reader = Reader::new(self.file()?, mapping.delimiter as u8);
        match reader.next_row().map_err(|error| self.unreadable(&error))? {
            Some(Ok(header)) => Ok(header.cells),
            Some(Err(malformed)) => Err(ImportError::MalformedHeader(malformed.defect)),
            None => Err(ImportError::NoHeader),
        }
    }

    /// A reader that stands after the header.
    pub(super) fn rows(&self, mapping: &Mapping) -> Result<Reader<BufReader<File>>, ImportError> {
        let mut reader = Reader::new(self.file()?, mapping.delimiter as u8);
        reader.next_row().map_err(|error| self.unreadable(&error))?;
        Ok(reader)
    }

    pub(super) fn unreadable(&self, error: &std::io::Error) -> ImportError {
        ImportError::Unreadable {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }
}

/// A row that is ready to be carried out.
struct Planned {
    steps: Vec<Step>,
    mends: Vec<Mend>,
}

/// What became of a row.
struct Verdict {
    line: u64,
    key: String,
    mends: Vec<Mend>,
    outcome: Result<Taken, Stopped>,
}

/// The second pass.
struct Run {
    report: Report,
    summary: Summary,
    /// On which line each key was seen.
    lines: HashMap<String, u64>,
}

impl Run {
    /// Plans the row and begins to carry it out.
    fn start<'f>(
        &mut self,
        bus: &'f Arc<CommandBus<Event>>,
        request: &Request<'_>,
        bound: &Bound<'_>,
        known: &'f Known<'_>,
        row: Result<Record, Malformed>,
    ) -> BoxFuture<'f, Verdict> {
        let record = match row {
            Ok(record) => record,
            Err(Malformed { line, defect }) => {
                let refused = Refused::new(defect.code(), defect.to_string());
                return future::ready(Verdict::refused(line, String::new(), refused)).boxed();
            }
        };
        let line = record.line;
        let key = bound
            .row(&record)
            .ok()
            .and_then(|row| row.key().map(str::to_owned).ok())
            .unwrap_or_default();
        let planned = match self.plan(request.kind, bound, known, &record, &key) {
            Ok(planned) => planned,
            Err(refused) => return future::ready(Verdict::refused(line, key, refused)).boxed(),
        };
        let command_id = known.id(&format!("{:?}", request.kind), &key);
        let actor = format!("import:{}", known.source);
        let context = CommandContext::new("import", command_id, actor);
        let dry_run = request.dry_run;
        async move {
            let Planned { steps, mends } = planned;
            let outcome = if dry_run {
                rehearse(bus, &context, &steps).await
            } else {
                perform(bus, &context, &steps).await
            };
            Verdict {
                line,
                key,
                mends,
                outcome,
            }
        }
        .boxed()
    }

    fn plan(
        &mut self,
        kind: Kind,
        bound: &Bound<'_>,
        known: &Known<'_>,
        record: &Record,
        key: &str,
    ) -> Result<Planned, Refused> {
        let mut row = bound.row(record)?;
        if let Some(line) = self.lines.get(key).filter(|_| !key.is_empty()) {
            return Err(Refused::new("DUPLICATE_KEY", format!("line {line} has the same key")));
        }
        let steps = match kind {
            Kind::Organizations => steps::of_organization(organizations::plan(&mut row, known)?, known.bus),
            Kind::Contacts => steps::of_contact(contacts::plan(&mut row, known)?),
            Kind::Deals => steps::of_deal(deals::plan(&mut row, known)?),
            Kind::Activities => steps::of_activity(activities::plan(&mut row, known)?),
        };
        self.lines.insert(key.to_owned(), record.line);
        Ok(Planned {
            steps,
            mends: row.mends,
        })
    }

    fn settle(&mut self, verdict: Verdict) -> Result<(), ImportError> {
        let Verdict {
            line,
            key,
            mends,
            outcome,
        } = verdict;
        match outcome {
            Ok(Taken::Now) => self.summary.taken += 1,
            Ok(Taken::Before) => self.summary.known += 1,
            Err(Stopped::Refused(refused)) => {
                self.summary.refused += 1;
                return self.report.refused(line, &key, &refused);
            }
            Err(Stopped::All(error)) => return Err(error),
        }
        self.summary.mended += u64::from(!mends.is_empty());
        self.report.mended(line, &key, &mends)
    }
}

impl Verdict {
    fn refused(line: u64, key: String, refused: Refused) -> Self {
        Self {
            line,
            key,
            mends: Vec::new(),
            outcome: Err(Stopped::Refused(refused)),
        }
    }
}
