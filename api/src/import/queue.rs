//! Imports in the background: one after the other, by one process at a time, from the queue that the journal holds.
//!
//! Whoever holds the lease takes the first import that is not over and carries it out from its first row. Where a process
//! ended in the middle the next one does the same: the rows that the journal has are answered by it, not taken again. The
//! journal hears how far an import is now and then; who asks the process that carries it out hears it at once.
//!
//! What belongs here: whose turn it is, when to stop, what is recorded, and when the bytes of a file have to go. What does
//! not: what becomes of a row ([`super::run`]).

use std::{
    collections::HashMap,
    error::Error,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use blobs::{BlobError, Blobs};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    ApiToken, BlobHash, Event, Import, ImportCommand, User, UserId,
    import::{ImportCounts, ImportError as ImportRefusal, ImportKind, ImportReport, ImportStatus},
};
use engine::{
    Code, CommandBus, CommandContext, CommandError, LoadError, Outcome, Sight, ViewHandle, Views, ViewsError,
    erasure::ErasureHook,
};
use identity::{Bearer, Proof};
use journal::{JournalError, Position};
use projections::{
    attachments,
    imports::{self, Model},
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use tokio::{
    sync::{Notify, watch},
    time,
};
use uuid::Uuid;

use super::{
    ImportError, Kind,
    mapping::Mapping,
    report::Finding,
    run::{Ended, Job, Standing, Watcher, carry_out},
};
use crate::policy::{StreamSight, Viewer, rules};

/// How long the bytes of a file, and of what was said of its rows, are kept after the import is over.
pub const FILES_LIVE: TimeDelta = TimeDelta::days(7);
/// How often a process begins an import at most. What takes its process down with it must not do so for ever.
const ATTEMPTS_MAX: u32 = 25;
/// The journal hears of progress no more often than this, and only when so many rows were read since.
const TOLD_EVERY: Duration = Duration::from_secs(1);
const TOLD_ROWS: u64 = 1_000;
/// What is said of rows is kept up to this many times; the others are counted.
const ENTRIES_MAX: u64 = 100_000;
/// The queue is looked at no more often than this, however much happens, unless somebody here asks for it.
const SHORTEST_WAIT: Duration = Duration::from_millis(500);
/// And no less often than this: the machine's clock may jump.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often a process that stands by asks whether it is its turn.
const STANDBY: Duration = Duration::from_secs(1);
/// How long to leave alone what just failed.
const TROUBLE: Duration = Duration::from_secs(2);
/// How long the views may take to show the journal's end.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a report written at a time.
const CHUNK: usize = 64 * 1024;
/// The name of the lease; never changed, so that an older program and a newer one do not work side by side.
const LEASE: &str = "imports";
/// What is asked of the policy for whoever started an import, for as long as it runs.
pub const OPERATION: &str = "importStart";

/// The imports of a journal.
pub struct Imports {
    bus: Arc<CommandBus<Event>>,
    views: Arc<Views<Event>>,
    blobs: Blobs,
    /// Those that this process carries out, and how far they are.
    under_way: Mutex<HashMap<Uuid, watch::Receiver<ImportCounts>>>,
    /// Somebody here wants the queue, or what is under way, to be looked at.
    nudged: Notify,
}

/// What keeps the queue from going on; it is tried again.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Views(#[from] ViewsError),
    #[error("the views cannot be read: {0}")]
    View(#[from] DbErr),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("a file cannot be kept or removed: {0}")]
    Blob(#[from] BlobError),
    #[error("{0}")]
    Import(ImportError),
    #[error("a step is not recorded: {0}")]
    Step(String),
}

/// What a look at the queue led to.
enum Look {
    /// Something was done: there may be more.
    Worked,
    /// Nothing is to be done until then.
    Idle { until: Option<DateTime<Utc>> },
}

/// Why an import is to stop, where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Halt {
    No = 0,
    /// Somebody asked for it.
    Unwanted = 1,
    /// Whoever started it may no longer.
    Forbidden = 2,
    /// Another process carries it out.
    Superseded = 3,
}

/// An import under way here; when it is dropped it is no longer.
struct UnderWay<'a> {
    imports: &'a Imports,
    id: Uuid,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.imports.under_way().remove(&self.id);
    }
}

impl Imports {
    pub fn new(bus: Arc<CommandBus<Event>>, views: Arc<Views<Event>>, blobs: Blobs) -> Arc<Self> {
        Arc::new(Self {
            bus,
            views,
            blobs,
            under_way: Mutex::default(),
            nudged: Notify::new(),
        })
    }

    /// Has the queue looked at now rather than soon.
    pub fn nudge(&self) {
        self.nudged.notify_one();
    }

    /// How far an import is that this process carries out.
    pub fn progress(&self, id: Uuid) -> Option<ImportCounts> {
        self.under_way().get(&id).map(|counts| *counts.borrow())
    }

    /// What was said of rows, in their order, without the first `skipped`; as many as `most`.
    pub async fn findings(&self, report: &BlobHash, skipped: u64, most: usize) -> Result<Vec<Finding>, BlobError> {
        let path = self.blobs.located(&report.0).await?;
        let read = tokio::task::spawn_blocking(move || read_findings(&File::open(path)?, skipped, most));
        Ok(read.await.map_err(io::Error::other)??)
    }

    /// Carries out what is in the queue, until `shutdown` is ready. Every process may run it: one works, another takes
    /// over when it dies.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let turn = tokio::select! {
                () = &mut shutdown => return,
                turn = self.views.lease_for(LEASE) => turn,
            };
            let pause = match turn {
                Ok(Some(lease)) => {
                    // What is in flight is let go: the journal may take it or not, and whoever goes on finds out.
                    let stopped = tokio::select! {
                        () = &mut shutdown => true,
                        () = lease.lost() => false,
                        () = self.work() => false,
                    };
                    lease.release().await;
                    if stopped {
                        return;
                    }
                    Duration::ZERO
                }
                Ok(None) => STANDBY,
                Err(error) => {
                    tracing::warn!(%error, "imports wait");
                    TROUBLE
                }
            };
            if time::timeout(pause, &mut shutdown).await.is_ok() {
                return;
            }
        }
    }

    /// Looks at the queue, again and again.
    async fn work(&self) {
        let mut hint = self.bus.journal().head_hint();
        loop {
            let seen = *hint.borrow_and_update();
            match self.look().await {
                Ok(Look::Worked) => {}
                Ok(Look::Idle { until }) => self.wait(&mut hint, seen, until).await,
                Err(trouble) => {
                    tracing::warn!(%trouble, "imports wait");
                    time::sleep(TROUBLE).await;
                }
            }
        }
    }

    async fn wait(&self, hint: &mut watch::Receiver<Position>, seen: Position, until: Option<DateTime<Utc>>) {
        let until = until.and_then(|until| (until - self.bus.clock().now()).to_std().ok());
        let longest = until.map_or(LONGEST_WAIT, |until| until.min(LONGEST_WAIT));
        let news = async {
            time::sleep(SHORTEST_WAIT).await;
            let _ = time::timeout(longest, hint.wait_for(|head| *head > seen)).await;
        };
        tokio::select! {
            () = news => {}
            () = self.nudged.notified() => {}
        }
    }

    async fn look(&self) -> Result<Look, Trouble> {
        let head = self.bus.journal().head().await?.position;
        let view = self.views.wait_for(head, PATIENCE).await?;
        if self.remove_one(&view).await?.is_some() {
            return Ok(Look::Worked);
        }
        if let Some(import) = imports::next(&view.connection).await? {
            self.carry(&import).await?;
            return Ok(Look::Worked);
        }
        let oldest = imports::oldest_end(&view.connection).await?;
        let until = oldest.map(|end| DateTime::<Utc>::from(end) + FILES_LIVE);
        Ok(Look::Idle { until })
    }

    /// Carries an import out, or what is left of it.
    async fn carry(&self, import: &Model) -> Result<(), Trouble> {
        let before = u32::try_from(import.attempt).unwrap_or(u32::MAX);
        if before > 0 && import.cancel_requested {
            return self.end(import, before, End::stopped(import.counts())).await;
        }
        if before >= ATTEMPTS_MAX {
            let reason = "the import was interrupted too often";
            return self
                .end(import, before, End::failed("INTERRUPTED", reason, import.counts()))
                .await;
        }
        let attempt = before + 1;
        let began = self
            .step(import.id, attempt, "begin", ImportCommand::Begin { attempt })
            .await?;
        let Some(began) = began else { return Ok(()) };
        let since = import
            .began_position
            .map_or(began.position, |position| Position(position as u64));
        tracing::info!(import = %import.id, attempt, "an import began");
        let Some(starter) = self.starter(import).await? else {
            return self.end(import, attempt, End::forbidden(import.counts())).await;
        };
        let prepared = self.prepare(import).await;
        let (path, kind, mapping) = match prepared {
            Ok(prepared) => prepared,
            Err((code, reason)) => {
                return self
                    .end(import, attempt, End::failed(code, reason, import.counts()))
                    .await;
            }
        };
        let (told, counts) = watch::channel(import.counts());
        self.under_way().insert(import.id, counts.clone());
        let _under_way = UnderWay {
            imports: self,
            id: import.id,
        };
        let halt = AtomicU8::new(Halt::No as u8);
        let mut notes = Notes {
            told,
            halt: &halt,
            file: None,
            entries: 0,
        };
        let job = Job {
            actor: Some(import.actor.as_str().into()),
            correlation_id: Some(import.id),
            sight: starter,
            since: Some(since),
            ..Job::new(&path, kind, &mapping)
        };
        let ended = tokio::select! {
            ended = carry_out(&self.bus, &job, &mut notes) => ended,
            () = self.oversee(import, attempt, counts.clone(), &halt) => return Ok(()),
        };
        let counts = *counts.borrow();
        let end = match (ended, Halt::of(&halt)) {
            (Ok(Ended { counts, whole: true }), _) => End::done(counts),
            (Ok(Ended { counts, whole: false }), Halt::Forbidden) => End::forbidden(counts),
            (Ok(Ended { counts, whole: false }), _) => End::stopped(counts),
            (Err(ImportError::Stopped { code, message }), _) if passes(code) => {
                return Err(Trouble::Import(ImportError::Stopped { code, message }));
            }
            (Err(error), _) => End::failed(error.stable_code(), error.to_string(), counts),
        };
        let report = self.keep(notes).await?;
        self.end(import, attempt, End { report, ..end }).await
    }

    /// What an import needs before its first row; or why it cannot begin.
    async fn prepare(&self, import: &Model) -> Result<(std::path::PathBuf, Kind, Mapping), (&'static str, String)> {
        let kind = ImportKind::ALL.into_iter().find(|kind| kind.as_str() == import.kind);
        let kind = kind.ok_or(("INTERNAL", format!("there is no kind {}", import.kind)))?;
        let mapping = serde_json::from_str(&import.mapping).map_err(|error| ("INVALID_MAPPING", error.to_string()))?;
        let hash: BlobHash = import
            .blob
            .parse()
            .map_err(|error| ("INTERNAL", format!("{}: {error}", import.blob)))?;
        let path = self.blobs.located(&hash.0).await;
        let path = path.map_err(|error| ("FILE_MISSING", format!("the bytes of the file: {error}")))?;
        Ok((path, kind.into(), mapping))
    }

    /// Looks now and then whether the import is still wanted, and tells the journal how far it is. Ends only when the
    /// import is no longer this process's.
    async fn oversee(&self, import: &Model, attempt: u32, counts: watch::Receiver<ImportCounts>, halt: &AtomicU8) {
        let mut told = 0;
        loop {
            let _ = time::timeout(TOLD_EVERY, self.nudged.notified()).await;
            match self.halted(import, attempt).await {
                Ok(Halt::No) => {}
                Ok(Halt::Superseded) => {
                    tracing::warn!(import = %import.id, attempt, "another process carries this import out");
                    return;
                }
                Ok(reason) => {
                    halt.store(reason as u8, Ordering::Relaxed);
                    // What is in flight comes to its end, and then the import.
                    return std::future::pending().await;
                }
                Err(trouble) => {
                    tracing::warn!(import = %import.id, %trouble, "an import goes on unwatched");
                    continue;
                }
            }
            let counts = *counts.borrow();
            if counts.read() < told + TOLD_ROWS {
                continue;
            }
            told = counts.read();
            let step = format!("progress {told}");
            let progress = ImportCommand::Progress { attempt, counts };
            if let Err(trouble) = self.step(import.id, attempt, &step, progress).await {
                tracing::warn!(import = %import.id, %trouble, "progress is not recorded");
            }
        }
    }

    async fn halted(&self, import: &Model, attempt: u32) -> Result<Halt, Trouble> {
        let Some((state, _)) = self.bus.load::<Import>(import.id).await? else {
            return Ok(Halt::Superseded);
        };
        if state.attempt() != attempt || state.status().is_none_or(ImportStatus::is_over) {
            return Ok(Halt::Superseded);
        }
        if state.is_unwanted() {
            return Ok(Halt::Unwanted);
        }
        Ok(match self.starter(import).await? {
            Some(_) => Halt::No,
            None => Halt::Forbidden,
        })
    }

    /// What whoever started an import may know of, as their account stands now; `None` when they may import no longer.
    async fn starter(&self, import: &Model) -> Result<Option<Option<Sight>>, Trouble> {
        let Some(user) = import.user_id else {
            return Ok(Some(None));
        };
        let Some((account, _)) = self.bus.load::<User>(user).await? else {
            return Ok(None);
        };
        let told = (
            account.role(),
            account.visibility(),
            account.language(),
            account.time_zone(),
        );
        let (Some(role), Some(visibility), Some(language), Some(time_zone)) = told else {
            return Ok(None);
        };
        if !account.is_active() {
            return Ok(None);
        }
        let token = import
            .actor
            .strip_prefix("token:")
            .and_then(|id| Uuid::parse_str(id).ok());
        let (role, proof) = if let Some(id) = token {
            let token = self.bus.load::<ApiToken>(id).await?;
            let now = self.bus.clock().now();
            let Some((_, role)) = token.and_then(|(token, _)| token.bearer(now)) else {
                return Ok(None);
            };
            (role, Proof::Token { id })
        } else {
            // Which session it was does not matter: it may have ended since.
            let (id, csrf) = (String::new(), String::new());
            (role, Proof::Session { id, csrf })
        };
        if !rules::of(rules::Operation::Mutation(OPERATION)).is_some_and(|rule| rule.roles.contains(role)) {
            return Ok(None);
        }
        let viewer = Viewer::from(Bearer {
            user: UserId(user),
            role,
            visibility,
            language,
            time_zone,
            proof,
        });
        let sight = StreamSight::of(&viewer, self.views.clone(), self.bus.journal().clone());
        Ok(Some(sight.for_commands()))
    }

    /// Keeps what was said of rows.
    async fn keep(&self, notes: Notes<'_>) -> Result<Option<ImportReport>, BlobError> {
        let entries = notes.entries;
        let Some(file) = notes.file else { return Ok(None) };
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let name = Uuid::new_v4();
        let mut incoming = self.blobs.receive(name, u64::MAX).await?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = file.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            incoming.write(&chunk[..read]).await?;
        }
        let received = incoming.finish().await?;
        self.blobs.keep(name, &received.hash).await?;
        Ok(Some(ImportReport {
            blob: BlobHash(received.hash),
            size: received.size,
            entries,
        }))
    }

    /// Records how an import ended.
    async fn end(&self, import: &Model, attempt: u32, end: End) -> Result<(), Trouble> {
        let End { how, counts, report } = end;
        let command = match how {
            How::Done => ImportCommand::Finish {
                attempt,
                counts,
                report,
            },
            How::Stopped => ImportCommand::Stop {
                attempt,
                counts,
                report,
            },
            How::Failed { code, reason } => ImportCommand::Fail {
                attempt,
                code: code.to_owned(),
                reason: one_line(&reason),
                counts,
                report,
            },
        };
        tracing::info!(import = %import.id, attempt, ?counts, "an import ended");
        self.step(import.id, attempt, "end", command).await?;
        Ok(())
    }

    /// Gives an import a command, once; `None` when it refuses: then somebody else has it.
    async fn step(
        &self,
        id: Uuid,
        attempt: u32,
        step: &str,
        command: ImportCommand,
    ) -> Result<Option<Outcome>, Trouble> {
        let parts = ["import", &id.to_string(), step, &attempt.to_string()];
        let context = CommandContext::system(self.bus.derived_id(&parts), "imports");
        match self.bus.execute::<Import>(&context, id, command).await {
            Ok(outcome) => Ok(Some(outcome)),
            Err(CommandError::Refused(refusal @ ImportRefusal::Value(_))) => Err(Trouble::Step(refusal.to_string())),
            Err(CommandError::Refused(refusal)) => {
                tracing::info!(import = %id, attempt, step, %refusal, "a step does not count");
                Ok(None)
            }
            Err(error) => Err(Trouble::Step(error.to_string())),
        }
    }

    /// Removes the bytes of one import that have to go; where the event stands that says so.
    async fn remove_one(&self, view: &ViewHandle) -> Result<Option<Position>, Trouble> {
        let before = self.bus.clock().now() - FILES_LIVE;
        let stale = imports::stale(&view.connection, before.into()).await?;
        let Some(import) = stale.into_iter().next() else {
            return Ok(None);
        };
        for hash in [Some(&import.blob), import.report.as_ref()].into_iter().flatten() {
            let attached = attachments::Entity::find()
                .filter(attachments::Column::Blob.eq(hash.as_str()))
                .filter(attachments::Column::Erased.eq(false))
                .count(&view.connection);
            if attached.await? == 0 && !imports::needs_bytes(&view.connection, hash, Some(import.id)).await? {
                let hash: BlobHash = hash.parse().map_err(|_| BlobError::Missing)?;
                self.blobs.remove(&hash.0).await?;
            }
        }
        // After the bytes: who dies in between removes them again.
        let removed = self
            .step(import.id, 0, "remove-files", ImportCommand::RemoveFiles)
            .await?;
        tracing::info!(import = %import.id, "the bytes of an import were removed");
        Ok(removed.map(|outcome| outcome.position))
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Uuid, watch::Receiver<ImportCounts>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of imports that are over may tell of an erased person: they go at once. Those of imports that are not go when
/// they are.
#[async_trait]
impl ErasureHook for Imports {
    async fn erased(&self, _person: Uuid, position: Position) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut position = position;
        loop {
            let view = self.views.wait_for(position, PATIENCE).await?;
            match self.remove_one(&view).await? {
                Some(removed) => position = removed,
                None => return Ok(()),
            }
        }
    }
}

impl Halt {
    /// What whoever oversees an import has said; that another process carries it out ends it at once.
    fn of(halt: &AtomicU8) -> Self {
        match halt.load(Ordering::Relaxed) {
            1 => Self::Unwanted,
            2 => Self::Forbidden,
            _ => Self::No,
        }
    }
}

/// Troubles that pass: the import is tried again.
const fn passes(code: Code) -> bool {
    matches!(
        code,
        Code::JournalUnavailable | Code::JournalFull | Code::ViewsBehind | Code::ViewsFailed | Code::ErasurePending
    )
}

/// How an import ended.
struct End {
    how: How,
    counts: ImportCounts,
    report: Option<ImportReport>,
}

enum How {
    Done,
    Stopped,
    Failed { code: &'static str, reason: String },
}

impl End {
    const fn done(counts: ImportCounts) -> Self {
        Self {
            how: How::Done,
            counts,
            report: None,
        }
    }

    const fn stopped(counts: ImportCounts) -> Self {
        Self {
            how: How::Stopped,
            counts,
            report: None,
        }
    }

    fn failed(code: &'static str, reason: impl Into<String>, counts: ImportCounts) -> Self {
        let reason = reason.into();
        Self {
            how: How::Failed { code, reason },
            counts,
            report: None,
        }
    }

    fn forbidden(counts: ImportCounts) -> Self {
        Self::failed("FORBIDDEN", "whoever started it may not import any more", counts)
    }
}

/// Characters of a reason at most, as the journal takes it.
const REASON_MAX: usize = 400;

/// A reason as it can stand in the journal: one line.
fn one_line(reason: &str) -> String {
    let line: String = reason
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(REASON_MAX)
        .collect();
    match line.trim() {
        "" => "no reason given".to_owned(),
        line => line.to_owned(),
    }
}

/// Takes down what is said of rows, one JSON text a line, in a file that has no name: it goes with the process.
struct Notes<'a> {
    told: watch::Sender<ImportCounts>,
    halt: &'a AtomicU8,
    file: Option<BufWriter<File>>,
    entries: u64,
}

impl Watcher for Notes<'_> {
    fn goes_on(&mut self, standing: &Standing) -> bool {
        self.told.send_replace(standing.counts);
        Halt::of(self.halt) == Halt::No
    }

    fn found(&mut self, finding: Finding) -> Result<(), ImportError> {
        if self.entries >= ENTRIES_MAX {
            return Ok(());
        }
        let written = (|| {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(BufWriter::new(nameless()?)),
            };
            serde_json::to_writer(&mut *file, &finding)?;
            file.write_all(b"\n")
        })();
        written.map_err(|error: io::Error| ImportError::Report {
            path: std::env::temp_dir(),
            reason: error.to_string(),
        })?;
        self.entries += 1;
        Ok(())
    }
}

fn nameless() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("alforis-import-{}.jsonl", Uuid::new_v4()));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

fn read_findings(file: &File, skipped: u64, most: usize) -> io::Result<Vec<Finding>> {
    let lines = BufReader::new(file).lines();
    let wanted = lines.skip(usize::try_from(skipped).unwrap_or(usize::MAX)).take(most);
    wanted
        .map(|line| serde_json::from_str(&line?).map_err(io::Error::other))
        .collect()
}
