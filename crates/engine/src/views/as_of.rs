//! Views as of an earlier moment: local SQLite copies, built by the same projections.

use std::{
    collections::HashMap,
    fs::{self, DirBuilder},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use chrono::{DateTime, Utc};
use journal::{Position, ReadFilter, Timestamp};
use sea_orm::DatabaseConnection;
use tokio::{
    sync::{Semaphore, watch},
    time,
};
use uuid::Uuid;

use super::{
    ViewHandle, Views, ViewsError,
    generation::{Generation, note_skips},
    place::{connect_sqlite, file_error, remove_database, with_suffix},
    source::{self, Until},
    store::{Durability, SqliteStore, reading},
    worker::on_thread,
};

/// Connections to one copy.
const CONNECTIONS: u32 = 4;

/// An earlier moment to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AsOf {
    pub moment: DateTime<Utc>,
    pub basis: Basis,
}

/// What "at that moment" means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Basis {
    /// What had happened in the world by then, whenever we learned of it.
    #[default]
    Effective,
    /// What we knew then.
    Recorded,
}

impl Basis {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Effective => "EFFECTIVE",
            Self::Recorded => "RECORDED",
        }
    }

    const fn file_prefix(self) -> &'static str {
        match self {
            Self::Effective => "effective-",
            Self::Recorded => "recorded-",
        }
    }
}

/// The copies of this process, and the one that is being made.
pub(crate) struct Copies {
    /// Where the copies of all programs and journals of this machine are.
    root: PathBuf,
    journal: Uuid,
    folder: PathBuf,
    state: Mutex<CopiesState>,
    /// One build at a time.
    turn: Semaphore,
}

#[derive(Default)]
struct CopiesState {
    ready: HashMap<AsOf, Copy>,
    builds: HashMap<AsOf, watch::Receiver<Progress>>,
    /// Counts the times that all copies were deleted: a build that began before is worth nothing.
    purges: u64,
}

#[derive(Clone)]
struct Copy {
    path: PathBuf,
    connection: DatabaseConnection,
    /// Everything up to here was looked at.
    position: Position,
    used: SystemTime,
}

#[derive(Debug, Clone, Default)]
struct Progress {
    done: u64,
    total: u64,
    /// Why it failed, once it has.
    failed: Option<String>,
}

impl Copies {
    /// Copies are not synced to disk: those of an earlier boot of the machine are not trusted.
    pub(crate) fn new(root: &Path, journal: Uuid, fingerprint: &str) -> Self {
        let folder = root.join(format!("{}-{}-{fingerprint}", super::build::boot(), journal.simple()));
        Self {
            root: root.to_owned(),
            journal,
            folder,
            state: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }

    fn state(&self) -> MutexGuard<'_, CopiesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the folder, for nobody else's eyes: it may lie where everybody can look.
    fn make_folder(&self) -> Result<(), ViewsError> {
        let mut folder = DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder
            .create(&self.folder)
            .map_err(|error| file_error(&self.folder, error))
    }

    fn path(&self, as_of: AsOf) -> PathBuf {
        let moment = Timestamp::from(as_of.moment).0;
        self.folder.join(format!("{}{moment}.db", as_of.basis.file_prefix()))
    }

    /// The copy, if it was made and nobody has deleted it since.
    fn ready(&self, as_of: AsOf) -> Option<Copy> {
        let mut state = self.state();
        let copy = state.ready.get_mut(&as_of)?;
        copy.used = SystemTime::now();
        if copy.path.exists() {
            return Some(copy.clone());
        }
        state.ready.remove(&as_of);
        None
    }

    /// Removes the copies that were made for this journal: those of other versions of the program, or `all`.
    fn remove_folders(&self, all: bool) -> Result<(), ViewsError> {
        let entries = match fs::read_dir(&self.root) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|error| file_error(&self.root, error))?,
        };
        let ours = format!("-{}-", self.journal.simple());
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !name.contains(&ours) || (path == self.folder && !all) {
                continue;
            }
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(file_error(&path, error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Forgets what an earlier process has left, for a machine that may have missed an erasure.
    pub(super) fn start_empty(&self) -> Result<(), ViewsError> {
        self.remove_folders(true)
    }

    /// The finished copy of the latest recorded moment before this one.
    fn earlier(&self, as_of: AsOf) -> Option<PathBuf> {
        let state = self.state();
        let earlier = state
            .ready
            .iter()
            .filter(|(key, copy)| key.basis == Basis::Recorded && key.moment < as_of.moment && copy.path.exists());
        earlier
            .max_by_key(|(key, _)| key.moment)
            .map(|(_, copy)| copy.path.clone())
    }

    fn remove(&self, path: &Path) -> Result<(), ViewsError> {
        self.state().ready.retain(|_, copy| copy.path != path);
        remove_database(path)
    }

    /// Deletes the least recently used copies until the others fit.
    fn make_room(&self, bytes: u64, keep: &Path) -> Result<(), ViewsError> {
        let mut files = self.files()?;
        let mut total = files.iter().map(|(_, _, size)| size).sum::<u64>();
        files.sort_by_key(|(_, used, _)| *used);
        for (path, _, size) in files {
            if total <= bytes {
                break;
            }
            if path != keep {
                tracing::info!(path = %path.display(), "removing views as of an earlier moment to make room");
                self.remove(&path)?;
                total -= size;
            }
        }
        Ok(())
    }

    /// Every copy there is with the time of its last use and its size.
    fn files(&self) -> Result<Vec<(PathBuf, SystemTime, u64)>, ViewsError> {
        let mut files = Vec::new();
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(files),
            entries => entries.map_err(|error| file_error(&self.folder, error))?,
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let Some(about) = path
                .metadata()
                .ok()
                .filter(|_| path.extension().is_some_and(|end| end == "db"))
            else {
                continue;
            };
            let log = with_suffix(&path, "-wal").metadata().map_or(0, |log| log.len());
            let used = self
                .state()
                .ready
                .values()
                .find(|copy| copy.path == path)
                .map(|copy| copy.used);
            let used = used.or_else(|| about.modified().ok()).unwrap_or(SystemTime::UNIX_EPOCH);
            files.push((path, used, about.len() + log));
        }
        Ok(files)
    }
}

impl<E: Send + Sync + 'static> Views<E> {
    /// The views as of an earlier moment; [`ViewsError::AsOfBuilding`] while they are being built. The present, when
    /// that is asked.
    pub async fn as_of(self: &Arc<Self>, as_of: AsOf) -> Result<ViewHandle, ViewsError> {
        if as_of.basis == Basis::Recorded && as_of.moment >= self.clock.now() {
            return self.current().await;
        }
        let wanted = self.wanted(as_of).await?;
        if let Some(copy) = self.copies.ready(as_of).filter(|copy| copy.position >= wanted) {
            return Ok(ViewHandle {
                connection: copy.connection,
                position: copy.position,
            });
        }
        let mut progress = self.building_of(as_of)?;
        let ended = progress.wait_for(|progress| progress.failed.is_some());
        // The channel closes when the build is done.
        let _ = time::timeout(self.options.as_of_wait, ended).await;
        if let Some(copy) = self.copies.ready(as_of).filter(|copy| copy.position >= wanted) {
            return Ok(ViewHandle {
                connection: copy.connection,
                position: copy.position,
            });
        }
        let Progress { done, total, failed } = progress.borrow().clone();
        failed.map_or(Err(ViewsError::AsOfBuilding { done, total }), |reason| {
            Err(ViewsError::Database(reason))
        })
    }

    /// Up to where a copy must have looked to be served.
    async fn wanted(&self, as_of: AsOf) -> Result<Position, ViewsError> {
        Ok(match as_of.basis {
            Basis::Effective => self.source.journal.head().await?.position,
            Basis::Recorded => self.source.journal.position_at(as_of.moment.into()).await?,
        })
    }

    /// The build of a copy: the one that runs, or a new one.
    fn building_of(self: &Arc<Self>, as_of: AsOf) -> Result<watch::Receiver<Progress>, ViewsError> {
        let mut state = self.copies.state();
        if let Some(progress) = state.builds.get(&as_of) {
            return Ok(progress.clone());
        }
        let (reporting, progress) = watch::channel(Progress::default());
        let purges = state.purges;
        // Nobody waits for the thread itself: its progress says all there is to know.
        drop(on_thread(Arc::clone(self), move |views| async move {
            let built = views.build_copy(as_of, purges, &reporting).await;
            views.copies.state().builds.remove(&as_of);
            if let Err(error) = &built {
                tracing::warn!(moment = %as_of.moment, basis = as_of.basis.as_str(), %error, "no views as of that moment");
                reporting.send_modify(|progress| progress.failed = Some(error.to_string()));
            }
            built
        })?);
        state.builds.insert(as_of, progress.clone());
        Ok(progress)
    }

    async fn build_copy(&self, as_of: AsOf, purges: u64, progress: &watch::Sender<Progress>) -> Result<(), ViewsError> {
        let _turn = self.copies.turn.acquire().await.map_err(|_| ViewsError::Stopped)?;
        let path = self.copies.path(as_of);
        self.copies.make_folder()?;
        let wanted = self.wanted(as_of).await?;
        progress.send_modify(|progress| progress.total = wanted.0);
        if let Some(earlier) = self.copies.earlier(as_of).filter(|_| !path.exists()) {
            SqliteStore::open(&earlier, Durability::Process)?.copy_into(&path)?;
        }
        let mut store = SqliteStore::open(&path, Durability::Process)?;
        store.create(&self.projections)?;
        let mut generation = Generation::open(Box::new(store), &self.projections).await?;
        if generation.position == Position::START {
            note_skips(&mut generation, &self.known_skips(wanted).await?);
        }
        let occurred_until = (as_of.basis == Basis::Effective).then(|| as_of.moment.into());
        let filter = ReadFilter {
            occurred_until,
            ..ReadFilter::default()
        };
        let mut batches = self.source.read(generation.position, Until::Position(wanted), filter);
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            if self.copies.state().purges != purges {
                drop(generation);
                self.copies.remove(&path)?;
                return Err(ViewsError::Stopped);
            }
            generation.offer(&batch.events, batch.last).await?;
            progress.send_modify(|progress| progress.done = batch.last.0);
            if generation.held_rows() > self.options.buffered_rows {
                generation.flush().await?;
                generation.forget_rows();
            }
        }
        generation.finish().await?;
        let position = generation.position;
        drop(generation);
        self.copies.make_room(self.options.as_of_bytes, &path)?;
        let known = self.copies.ready(as_of).map(|copy| copy.connection);
        let connection = match known {
            Some(connection) => connection,
            None => connect_sqlite(&path, CONNECTIONS, true).await?,
        };
        let mut state = self.copies.state();
        if state.purges == purges {
            state.ready.insert(
                as_of,
                Copy {
                    path,
                    connection,
                    position,
                    used: SystemTime::now(),
                },
            );
            return Ok(());
        }
        drop(state);
        self.copies.remove(&path)?;
        Err(ViewsError::Stopped)
    }

    /// The skips up to a position: as the views know them, or read from the journal.
    async fn known_skips(&self, until: Position) -> Result<Vec<(String, Position)>, ViewsError> {
        if let Ok(current) = self.current().await
            && current.position >= until
        {
            return Ok(reading::standing(&current.connection).await?.skips);
        }
        source::skips(&self.source, self.options.oversight_category, until).await
    }

    /// Deletes all copies, also those of other processes, which notice.
    pub(super) async fn purge_copies(&self) -> Result<(), ViewsError> {
        self.copies.state().purges += 1;
        let _turn = self.copies.turn.acquire().await.map_err(|_| ViewsError::Stopped)?;
        self.copies.state().ready.clear();
        for (path, _, _) in self.copies.files()? {
            self.copies.remove(&path)?;
        }
        self.copies.remove_folders(false)
    }
}

/// Deletes what an earlier boot of the machine has left.
pub(super) fn remove_untrusted_copies(folder: &Path) {
    let trusted = super::build::boot();
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(&trusted)
            && let Err(error) = fs::remove_dir_all(&path)
        {
            tracing::warn!(path = %path.display(), %error, "old views as of earlier moments cannot be removed");
        }
    }
}
