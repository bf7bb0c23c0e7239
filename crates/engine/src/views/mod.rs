//! The views: every read model, kept up to date with the journal.
//!
//! What belongs here: the worker that folds events into rows, generations of views and their rebuild, waiting for a
//! position, views as of an earlier moment. What does not: what any read model contains (see [`crate::projection`]).
//!
//! The views of one set of projection versions are a *generation*: a SQLite file beside the views' URL, or a schema.
//! Its name is the fingerprint of those versions, so an old and a new program each serve their own. The control store
//! at the URL itself says which generation is active and which process works.

mod as_of;
mod build;
mod control;
mod error;
pub(crate) mod generation;
mod handle;
pub(crate) mod lease;
mod options;
mod place;
mod reading;
mod source;
mod status;
pub(crate) mod store;
mod worker;

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use journal::{Journal, Position};
use sea_orm::DatabaseConnection;
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

pub use as_of::{AsOf, Basis};
pub use error::ViewsError;
pub use handle::ViewHandle;
pub use lease::Lease;
pub use options::ViewsOptions;
pub use status::{Comparison, Duty, Held, ParkedKey, ProjectionState, ProjectionStatus, RebuildReport};

use self::{as_of::Copies, control::Control, place::Place, source::Source};
use crate::{Clock, Codec, projection::Projection};

/// All read models of one version of the program, over one journal.
pub struct Views<E> {
    source: Source<E>,
    projections: Vec<Arc<dyn Projection<E>>>,
    clock: Arc<dyn Clock>,
    options: ViewsOptions,
    place: Place,
    control: Control,
    fingerprint: String,
    /// Names this process's work in leases.
    holder: Uuid,
    /// The generation that queries go to, once one is known.
    serving: Mutex<Option<Serving>>,
    /// How far the worker of this process has come; `None` while another process works, or none.
    local: watch::Sender<Option<Position>>,
    /// Progress of a build in this process: done, total.
    building: (AtomicU64, AtomicU64),
    /// What keeps the worker of this process from going on.
    stalled: Mutex<Option<String>>,
    /// Wakes the worker of this process: something is asked of it.
    asked: Notify,
    copies: Copies,
}

#[derive(Clone)]
struct Serving {
    id: String,
    connection: DatabaseConnection,
}

impl<E: Send + Sync + 'static> Views<E> {
    /// Opens the views at `sqlite:PATH` or `postgres://…`; makes them when there are none. Nothing is folded before
    /// [`Views::run`].
    pub async fn open(
        url: &str,
        journal: Arc<dyn Journal>,
        codec: Arc<Codec<E>>,
        projections: Vec<Arc<dyn Projection<E>>>,
        clock: Arc<dyn Clock>,
        options: ViewsOptions,
    ) -> Result<Arc<Self>, ViewsError> {
        check(&projections)?;
        let place = Place::parse(url)?;
        let control = Control::open(place.connect_control().await?).await?;
        let fingerprint = fingerprint(&journal.info().id.to_string(), &projections);
        let source = Source {
            journal,
            codec,
            page: options.page.max(1),
        };
        let folder = options.as_of_folder.clone().unwrap_or_else(|| place.as_of_folder());
        let copies = Copies::new(&folder, source.journal.info().id, &fingerprint);
        as_of::remove_untrusted_copies(&folder);
        if matches!(place, Place::Postgres(_)) {
            // Somebody may have been erased by a process on another machine while none ran on this one.
            copies.start_empty()?;
        }
        Ok(Arc::new(Self {
            source,
            projections,
            clock,
            options,
            place,
            control,
            fingerprint,
            holder: Uuid::new_v4(),
            serving: Mutex::new(None),
            local: watch::Sender::new(None),
            building: (AtomicU64::new(0), AtomicU64::new(0)),
            stalled: Mutex::new(None),
            asked: Notify::new(),
            copies,
        }))
    }

    /// Names the versions of all projections: the generation that this program serves.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Takes a lease beside those of the views, for work that goes by them; `None` when another process has it.
    pub(crate) async fn lease(&self, name: String) -> Result<Option<Lease>, ViewsError> {
        Lease::take(&self.control, name, self.holder, self.options.lease).await
    }

    /// Takes the lease to do some work that one process at a time does; `None` when another process has it.
    pub async fn lease_for(&self, work: &str) -> Result<Option<Lease>, ViewsError> {
        self.lease(lease::work(work)).await
    }

    fn journal_id(&self) -> String {
        self.source.journal.info().id.to_string()
    }

    fn serving(&self) -> Option<Serving> {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The generation with this id, connected; from now on queries go there.
    async fn serve(&self, id: &str) -> Result<Serving, ViewsError> {
        if let Some(serving) = self.serving().filter(|serving| serving.id == id) {
            return Ok(serving);
        }
        let connection = self.place.connect(id, self.options.connections).await?;
        let serving = Serving {
            id: id.to_owned(),
            connection,
        };
        *self.serving.lock().unwrap_or_else(PoisonError::into_inner) = Some(serving.clone());
        Ok(serving)
    }

    fn stalled(&self) -> Option<String> {
        self.stalled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_stalled(&self, reason: Option<String>) {
        *self.stalled.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    fn still_building(&self) -> ViewsError {
        let (done, total) = &self.building;
        ViewsError::Building {
            done: done.load(Ordering::Relaxed),
            total: total.load(Ordering::Relaxed),
        }
    }
}

/// Finds what would make the projections disturb each other, or no read models at all.
fn check<E: 'static>(projections: &[Arc<dyn Projection<E>>]) -> Result<(), ViewsError> {
    let mut names = HashSet::new();
    let mut tables = HashSet::new();
    for projection in projections {
        let refused = |problem: String| ViewsError::Projection {
            projection: projection.name().to_owned(),
            problem,
        };
        if !names.insert(projection.name()) {
            return Err(refused("another projection has the same name".to_owned()));
        }
        for table in projection.tables() {
            if let Some(problem) = &table.problem {
                return Err(refused(format!("table `{}`: {problem}", table.name)));
            }
            if table.name.starts_with("alforis_") || !tables.insert(table.name) {
                return Err(refused(format!("the table name `{}` is taken", table.name)));
            }
        }
    }
    Ok(())
}

/// Digest of everything that decides what a generation's rows look like.
fn fingerprint<E: 'static>(journal: &str, projections: &[Arc<dyn Projection<E>>]) -> String {
    let mut digest = Sha256::new();
    digest.update(journal);
    for projection in projections {
        digest.update(format!(
            "|{} {} {}",
            projection.name(),
            projection.version(),
            shape(&**projection)
        ));
    }
    hex::encode(digest.finalize()).chars().take(16).collect()
}

/// Digest of a projection's tables.
fn shape<E: 'static>(projection: &dyn Projection<E>) -> String {
    let mut digest = Sha256::new();
    for table in projection.tables() {
        digest.update(table.shape());
    }
    hex::encode(digest.finalize()).chars().take(16).collect()
}
