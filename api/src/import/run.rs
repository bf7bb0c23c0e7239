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

use domain::{Event, import::ImportCounts};
use engine::{CommandBus, CommandContext, Sight};
use futures::{
    FutureExt, StreamExt,
    future::{self, BoxFuture},
    stream::FuturesOrdered,
};
use journal::{Position, failpoint};
use uuid::Uuid;

use super::{
    ImportError, Kind, Names, Refused, Unusable, activities, contacts, deals,
    known::Known,
    mapping::{Bound, Mapping, Mend},
    organizations,
    reader::{Malformed, Reader, Record},
    report::{Finding, Outcome},
    steps::{self, Step, Stopped, Taken, perform, rehearse},
};

/// Rows that wait for the journal together.
const IN_FLIGHT: usize = 64;
/// Rows after which others get their turn on this thread.
pub(super) const TURN: u64 = 256;

/// Whether something is to come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Perform,
    /// Decide everything, append nothing.
    Rehearse,
}

/// A file to carry out, and how.
pub(super) struct Job<'a> {
    pub(super) file: &'a Path,
    pub(super) kind: Kind,
    pub(super) mapping: &'a Mapping,
    pub(super) mode: Mode,
    /// Only so many rows are carried out; all of them are counted.
    pub(super) most: Option<u64>,
    /// Stands in the events' headers; without it, the source.
    pub(super) actor: Option<Arc<str>>,
    /// What the rows' events have in common; without it, each row is on its own.
    pub(super) correlation_id: Option<Uuid>,
    /// What whoever asks may know of; without it, everything.
    pub(super) sight: Option<Sight>,
    /// What the journal took behind this position, this job took: before it was interrupted.
    pub(super) since: Option<Position>,
}

impl<'a> Job<'a> {
    /// The whole file, by the system's operator.
    pub(super) const fn new(file: &'a Path, kind: Kind, mapping: &'a Mapping) -> Self {
        Self {
            file,
            kind,
            mapping,
            mode: Mode::Perform,
            most: None,
            actor: None,
            correlation_id: None,
            sight: None,
            since: None,
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) counts: ImportCounts,
    /// Bytes read.
    pub(super) bytes: u64,
    /// Bytes in all.
    pub(super) length: u64,
}

/// Whoever has a file carried out.
pub(super) trait Watcher: Send {
    /// Is told how far it is. `false`: no further; what is in flight comes to its end.
    fn goes_on(&mut self, standing: &Standing) -> bool;

    /// Is told of a row that was refused, or of something in it that was mended.
    fn found(&mut self, finding: Finding) -> Result<(), ImportError>;
}

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) counts: ImportCounts,
    /// Whether all of it was carried out, as far as it was to be.
    pub(super) whole: bool,
}

/// Carries a file out.
pub(super) async fn carry_out(
    bus: &Arc<CommandBus<Event>>,
    job: &Job<'_>,
    watcher: &mut impl Watcher,
) -> Result<Ended, ImportError> {
    let file = Source::open(job.file)?;
    let header = file.header(job.mapping.delimiter)?;
    let bound = Bound::new(job.mapping, &header)?;
    let known = Known::collect(bus, job, &bound, &file).await?;
    let mut run = Run {
        job,
        watcher,
        standing: Standing {
            counts: ImportCounts {
                total: known.rows,
                ..ImportCounts::default()
            },
            bytes: 0,
            length: file.length,
        },
        lines: HashMap::new(),
    };
    let mut reader = file.rows(job.mapping.delimiter)?;
    let mut waiting = FuturesOrdered::new();
    let (mut started, mut settled) = (0, 0_u64);
    let mut goes_on = run.watcher.goes_on(&run.standing);
    loop {
        while goes_on
            && waiting.len() < IN_FLIGHT
            && job.most.is_none_or(|most| started < most)
            && let Some(row) = reader.next_row().map_err(|error| file.unreadable(&error))?
        {
            waiting.push_back(run.start(bus, &bound, &known, row));
            started += 1;
        }
        let Some(verdict) = waiting.next().await else { break };
        run.settle(verdict)?;
        failpoint::hit("import-row");
        run.standing.bytes = reader.bytes();
        goes_on = goes_on && run.watcher.goes_on(&run.standing);
        settled += 1;
        if settled.is_multiple_of(TURN) {
            tokio::task::yield_now().await;
        }
    }
    Ok(Ended {
        counts: run.standing.counts,
        whole: goes_on,
    })
}

/// The file, as far as it is the same for both passes.
pub(super) struct Source {
    path: PathBuf,
    length: u64,
    /// Bytes before the first row: a byte order mark.
    start: u64,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, ImportError> {
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
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..] => return Err(Unusable::Utf16.into()),
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

    pub(super) fn header(&self, delimiter: char) -> Result<Vec<String>, ImportError> {
        let mut reader = Reader::new(self.file()?, delimiter as u8);
        match reader.next_row().map_err(|error| self.unreadable(&error))? {
            Some(Ok(header)) => Ok(header.cells),
            Some(Err(malformed)) => Err(Unusable::MalformedHeader(malformed.defect).into()),
            None => Err(Unusable::NoHeader.into()),
        }
    }

    /// A reader that stands after the header.
    pub(super) fn rows(&self, delimiter: char) -> Result<Reader<BufReader<File>>, ImportError> {
        let mut reader = Reader::new(self.file()?, delimiter as u8);
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
struct Run<'j, W> {
    job: &'j Job<'j>,
    watcher: &'j mut W,
    standing: Standing,
    /// On which line each key was seen.
    lines: HashMap<String, u64>,
}

impl<W: Watcher> Run<'_, W> {
    /// Plans the row and begins to carry it out.
    fn start<'f>(
        &mut self,
        bus: &'f Arc<CommandBus<Event>>,
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
        let planned = match self.plan(bound, known, &record, &key) {
            Ok(planned) => planned,
            Err(refused) => return future::ready(Verdict::refused(line, key, refused)).boxed(),
        };
        let context = self.context(known, &key);
        let (mode, since) = (self.job.mode, self.job.since);
        async move {
            let Planned { steps, mends } = planned;
            let outcome = match mode {
                Mode::Rehearse => rehearse(bus, &context, &steps).await,
                Mode::Perform => perform(bus, &context, &steps, since).await,
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

    fn context(&self, known: &Known<'_>, key: &str) -> CommandContext {
        let command_id = known.id(&format!("{:?}", self.job.kind), key);
        let actor = match &self.job.actor {
            Some(actor) => actor.clone(),
            None => format!("import:{}", known.source).into(),
        };
        let mut context = CommandContext::new("import", command_id, actor);
        context.correlation_id = self.job.correlation_id;
        context.sight.clone_from(&self.job.sight);
        context
    }

    fn plan(&mut self, bound: &Bound<'_>, known: &Known<'_>, record: &Record, key: &str) -> Result<Planned, Refused> {
        let mut row = bound.row(record)?;
        if let Some(line) = self.lines.get(key).filter(|_| !key.is_empty()) {
            return Err(Refused::new("DUPLICATE_KEY", format!("line {line} has the same key")));
        }
        let steps = match self.job.kind {
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
        let counts = &mut self.standing.counts;
        match outcome {
            Ok(Taken::Now) => counts.taken += 1,
            Ok(Taken::Before) => counts.taken_before += 1,
            Err(Stopped::Refused(refused)) => {
                counts.refused += 1;
                let Refused { code, message, field } = refused;
                let column = field.as_deref().and_then(|field| self.column(field));
                return self.watcher.found(Finding {
                    line,
                    key,
                    outcome: Outcome::Refused,
                    code: code.into(),
                    field,
                    column,
                    reason: message,
                });
            }
            Err(Stopped::All(error)) => return Err(error),
        }
        counts.mended += u64::from(!mends.is_empty());
        for Mend { code, field, message } in mends {
            let column = self.column(field);
            self.watcher.found(Finding {
                line,
                key: key.clone(),
                outcome: Outcome::Mended,
                code: code.into(),
                field: Some(field.into()),
                column,
                reason: message.into(),
            })?;
        }
        Ok(())
    }

    fn column(&self, field: &str) -> Option<String> {
        self.job.mapping.column_of(field).map(str::to_owned)
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
